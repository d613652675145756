// Other sites cannot act for a user, nor sign somebody in.

import type { Page } from "@playwright/test";

import { leave } from "../fixtures/navigation";
import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";

const SITES = [
  { who: "another site", origin: "http://elsewhere.example" },
  // Same-site as far as cookies are concerned.
  { who: "another program on this machine", origin: "http://localhost:81" },
];

for (const { who, origin } of SITES) {
  test(`a form on ${who} signs nobody out`, async ({
    page,
    accountPage,
    javaScriptEnabled,
    server,
    signInPage,
    watch,
  }) => {
    watch.expectOrigin(origin);
    watch.expectStatus(403);
    await signInPage.enterAs(GRACE);
    await accountPage.settle(javaScriptEnabled !== false);
    await leave(page);
    await prize(page, origin, `<form method="post" action="${server.url}/rpc/sign_out"><button>Win a prize</button></form>`);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(/came from elsewhere/);

    await leave(page);
    await accountPage.goto();
    await expect(accountPage.greeting).toBeVisible();
  });

  test(`a form on ${who} signs nobody in`, async ({ page, context, server, watch }) => {
    watch.expectOrigin(origin);
    watch.expectStatus(403);
    const form = `
      <form method="post" action="${server.url}/__clerk/sign-in">
        <input name="identifier" value="${GRACE.email}"><input name="password" value="${GRACE.password}">
        <button>Win a prize</button>
      </form>`;
    await prize(page, origin, form);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(/came from elsewhere/);
    expect((await context.cookies(server.url)).map((cookie) => cookie.name)).not.toContain("__session");
  });

  test(`a request that names ${who} as its origin is refused`, async ({ page, accountPage, signInPage }) => {
    await signInPage.enterAs(GRACE);
    const answer = await page.request.post("/rpc/sign_out", { headers: { origin }, maxRedirects: 0 });
    expect(answer.status()).toBe(403);
    await accountPage.goto();
    await expect(accountPage.greeting).toBeVisible();
  });
}

/** Sends a form of that origin, whose page has nothing else to load. */
async function prize(page: Page, origin: string, form: string): Promise<void> {
  const body = `<!doctype html><link rel="icon" href="data:,">${form}`;
  await page.route(`${origin}/`, (route) => route.fulfill({ contentType: "text/html", body }));
  await page.goto(`${origin}/`);
  await page.getByRole("button").click();
}
