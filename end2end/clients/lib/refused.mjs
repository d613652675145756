// What the Backend API refuses.

import assert from "node:assert/strict";

/** Fails unless a call is answered with this status. */
export async function refused(call, status) {
  await assert.rejects(call, (error) => assert.equal(error.status, status) ?? true);
}
