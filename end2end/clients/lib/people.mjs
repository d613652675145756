// Who signs in and up.

import { randomUUID } from "node:crypto";

/** Everybody new has this code mailed, as on Clerk's development instances; nothing is sent. */
export const CODE = "424242";

/** Administers what Grace is a member of. */
export const ADA_ID = "user_seed00000000000000000000Ada";

export const GRACE = {
  id: "user_seed000000000000000000Grace",
  email: "grace@example.com",
  password: "gatehouse-demo",
};

/** Somebody nobody has seen before, with an address that takes the fixed code. */
export function newcomer() {
  const id = randomUUID().slice(0, 8);
  return { email: `hedy-${id}+clerk_test@example.com`, password: `correct horse ${id}` };
}
