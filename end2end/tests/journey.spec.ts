// The journey on the account page tells what happened to this request.

import type { Page } from "@playwright/test";

import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";

const VERDICTS: readonly (readonly [station: string, verdict: RegExp])[] = [
  ["Browser", /^\d+ cookies$/],
  ["Clerk session", /^signed in$/],
  ["Server function", /^call answered$/],
  ["Gateway policies", /^1 passed$/],
  ["Handler", /^answered 200$/],
  ["Page", /^ready$/],
];

test("every station tells what it saw", async ({ page, signInPage, server }) => {
  await signInPage.enterAs(GRACE);
  const answer = await page.reload();
  const journey = page.getByRole("region", { name: "The journey of this request" });
  const picture = journey.getByRole("img", { name: "The stations of this request" });
  await expect(picture).toHaveAccessibleDescription(
    /^Browser: \d+ cookies\. Clerk session: signed in · .*Gateway policies: 1 passed · .*Handler: answered 200 · .*Page: ready · /,
  );

  await expect(station(page, "Browser")).toContainText("__session");
  await expect(station(page, "Clerk session")).toContainText(`sub${GRACE.id}Subject: the user.`);
  await expect(station(page, "Clerk session")).toContainText(/It lives 60 seconds; \d+ were left\./);
  await expect(station(page, "Server function")).toContainText("/gateway/hello");
  await expect(station(page, "Gateway policies")).toContainText("clerk-jwt-auth-inboundpassed");

  await expect(station(page, "Handler")).toContainText("hello-worldanswered");
  for (const [name, verdict] of VERDICTS) {
    await expect(station(page, name).locator(".stop-head .tag"), name).toHaveText(verdict);
  }

  // The log and the answer know both requests by the same names.
  await expect(station(page, "Page")).toContainText(answer?.headers()["x-request-id"] ?? "no request id");
  const session = (await page.context().cookies()).filter(({ name }) => name.startsWith("__session"));
  const html = await page.content();
  expect(session.length).toBeGreaterThan(0);
  session.forEach(({ value }) => expect(html).not.toContain(value.slice(-40)));
  expect(server.log).toContain(answer?.headers()["x-request-id"]);
});

test("another request has another journey", async ({ page, signInPage }) => {
  await signInPage.enterAs(GRACE);
  const first = await station(page, "Page").innerText();
  await page.reload();
  expect(await station(page, "Page").innerText()).not.toBe(first);
});

function station(page: Page, name: string) {
  return page.getByRole("listitem").filter({ has: page.getByRole("heading", { name, exact: true, level: 3 }) });
}
