// The article's Next.js app: its account page calls our gateway with the session token.

import { build, installed, serve } from "../lib/app.mjs";
import { signIn, signOut } from "../lib/components.mjs";
import { GRACE } from "../lib/people.mjs";

export const title = "The article's Next.js app";
export const packages = ["@clerk/nextjs", "next"];

const NEXT = installed("next/dist/bin/next");

export async function run({ instance, browser, check }) {
  const settings = {
    ...instance.settingsFor("next"),
    NEXT_PUBLIC_CLERK_SIGN_IN_URL: "/sign-in",
    GATEWAY_URL: `${instance.origin}/gateway`,
  };
  await build("nextjs", [NEXT, "build"], settings);
  const app = await serve("nextjs", [NEXT, "start", "--hostname", "localhost", "--port", "0"], settings);
  try {
    const page = await browser.page(app.origin);
    await check("a visitor of the account page is sent to sign in", async () => {
      await page.goto("/account");
      await page.waitForURL(/\/sign-in\?redirect_url=/);
    });
    await check("sign-in, and the account page prints Hello World through the gateway", async () => {
      await signIn(page, GRACE);
      await page.waitForURL(`${app.origin}/account`);
      await page.getByText("The gateway says: Hello World").waitFor();
    });
    await check("currentUser()", async () => {
      await page.getByText(`You are ${GRACE.email}`).waitFor();
    });
    await check("sign-out", async () => {
      await signOut(page);
      await page.getByRole("link", { name: "Your account" }).waitFor();
      await page.goto("/account");
      await page.waitForURL(/\/sign-in\?redirect_url=/);
    });
  } finally {
    await app.stop();
  }
}
