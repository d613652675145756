// The page of the embedded gateway's routes: what is served, in which order, and nothing secret.

import { SECRETS } from "../fixtures/gateway-project";
import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";

test.use({ project: "tests" });
test.describe.configure({ mode: "serial" });

test("the header leads there, and visitors sign in first", async ({ homePage, gatewayRoutesPage, signInPage }) => {
  await homePage.goto();
  await homePage.header.gatewayRoutesLink.click();
  await expect(signInPage.heading).toBeVisible();
  await signInPage.signIn(GRACE);
  await expect(gatewayRoutesPage.heading).toBeVisible();
});

test("shows every route with what its requests pass through", async ({ page, gatewayRoutesPage, signInPage }) => {
  await signInPage.enterAs(GRACE);
  await gatewayRoutesPage.goto();
  const { routes, warnings } = gatewayRoutesPage;
  await expect(routes.getByRole("heading")).toHaveText([
    "GET /orders/{id}",
    "POST /orders/{id}",
    "GET /status",
    "GET /orders/latest",
    "GET /hello",
  ]);
  await expect(routes.nth(0).locator(".step-name strong")).toHaveText([
    "clerk",
    "ten-a-minute",
    "upstream-secret",
    "urlForwardHandler",
    "no-server-name",
  ]);
  await expect(routes.nth(0)).toContainText("CORS: anything-goes");
  await expect(routes.nth(0)).toContainText("$env(CLERK_FRONTEND_API_URL)");
  await expect(routes.nth(0)).toContainText("requestsAllowed");
  await expect(routes.nth(0)).not.toContainText("open to everybody");
  await expect(routes.nth(2)).toContainText("open to everybody");
  await expect(routes.nth(3)).toContainText("never reached: /orders/{id} is before it");
  await expect(warnings.getByRole("listitem")).toHaveCount(3);
  const html = await page.content();
  for (const secret of Object.values(SECRETS)) {
    expect(html).not.toContain(secret);
  }
  expect(html).not.toContain(".wasm");
});

test("fits on a small telephone", async ({ page, gatewayRoutesPage, signInPage }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await signInPage.enterAs(GRACE);
  await gatewayRoutesPage.goto();
  await expect(gatewayRoutesPage.heading).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
});

test("says why a change does not count", async ({ gatewayProject, gatewayRoutesPage, signInPage }) => {
  await signInPage.enterAs(GRACE);
  gatewayProject.breakIt();
  try {
    await expect(async () => {
      await gatewayRoutesPage.goto();
      await expect(gatewayRoutesPage.refusal).toBeVisible({ timeout: 500 });
    }).toPass();
    await expect(gatewayRoutesPage.refusal).toContainText("/paths/~1status/get/x-zuplo-route: expected an object");
    await expect(gatewayRoutesPage.routes, "what was there before is served").toHaveCount(5);
  } finally {
    gatewayProject.serve();
  }
  await expect(async () => {
    await gatewayRoutesPage.goto();
    await expect(gatewayRoutesPage.refusal).toBeHidden({ timeout: 500 });
  }).toPass();
});
