// What Clerk's components ask of the Frontend API.

import type { Page, Response } from "@playwright/test";

/** Where the components find it. */
export const FRONTEND_API = "/__clerk/v1/";

/** Does something that makes a component send something to an address that ends so, and returns the answer to it. */
export async function callClerk(page: Page, path: RegExp, act: () => Promise<void>): Promise<Response> {
  const answer = page.waitForResponse((response) => {
    const { pathname } = new URL(response.url());
    return response.request().method() === "POST" && pathname.startsWith(FRONTEND_API) && path.test(pathname);
  });
  await act();
  return answer;
}
