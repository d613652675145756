// The lab sends each fault for real, and the page shows what came of it.

import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";

const EXPERIMENTS: readonly (readonly [button: string, status: string, verdict: RegExp])[] = [
  ["A good token", "200", /clerk-jwt-auth-inboundpassed.*Hello World/s],
  ["No token", "401", /refused: missing/],
  ["Not a token", "401", /refused: malformed/],
  ["Two Authorization headers", "401", /refused: malformed/],
  ["Expired 4 s ago", "200", /clerk-jwt-auth-inboundpassed/],
  ["Expired 6 s ago", "401", /refused: expired/],
  ["Not valid for another minute", "401", /refused: not_yet_valid/],
  ["Issuer's clock a minute ahead", "401", /refused: issued_in_future/],
  ["Payload changed", "401", /refused: bad_signature/],
  ["alg: none", "401", /refused: unsupported_alg/],
  ["HS256 with the public key", "401", /refused: unsupported_alg/],
  ["A key nobody publishes", "401", /refused: unknown_key/],
  ["Another issuer", "401", /refused: wrong_issuer/],
  ["Foreign azp, to the gateway", "200", /clerk-jwt-auth-inboundpassed/],
  ["Foreign azp, to the app", "401", /x-clerk-auth-reason/],
  ["A machine's token", "401", /refused: malformed/],
];

test("each experiment ends as it should", async ({ page, server }) => {
  test.slow();
  await page.goto("/lab");
  for (const [name, status, verdict] of EXPERIMENTS) {
    await page.getByRole("button", { name, exact: true }).click();
    const finding = page.getByRole("region", { name, exact: true });
    await expect(finding.locator(".tag").first(), name).toHaveText(status);
    await expect(finding, name).toContainText(verdict);
    await expect(finding.getByText(`curl -i ${server.url}`), name).toBeVisible();
    await expect(finding.getByRole("region", { name: /^src\/.*, lines \d+ to \d+$/ }), name).toBeVisible();
  }
});

const BAD_DAYS: readonly (readonly [button: string, statuses: readonly string[], verdict: RegExp])[] = [
  ["A forged identity header", ["200", "200"], /"x-user-id": "user_lab/],
  ["Key server down", ["200", "200", "200", "503"], /retry-after/],
  ["Key rotation", ["200", "200", "200", "200", "200"], /"keys": 2/],
  ["Revoked session", ["200", "200", "200", "200", "401", "401"], /refused: expired/],
  ["Issuer's clock off", ["200", "200", "200", "401", "200", "200", "200", "401"], /refused: issued_in_future/],
];

test("on a bad day each step ends as it should, and nobody is signed out", async ({ page, signInPage, accountPage }) => {
  test.slow();
  await signInPage.enterAs(GRACE);
  await page.goto("/lab");
  for (const [name, statuses, verdict] of BAD_DAYS) {
    await page.getByRole("button", { name, exact: true }).click();
    const finding = page.getByRole("region", { name, exact: true });
    await expect(finding.locator(".exchanges > li > .stop-head .tag"), name).toHaveText(statuses);
    await expect(finding, name).toContainText(verdict);
    await expect(finding.getByRole("region", { name: /^src\/.*, lines \d+ to \d+$/ }), name).toBeVisible();
  }
  await accountPage.goto();
  await expect(accountPage.greeting).toBeVisible();
  await expect(page.getByText("A fault is on.")).toHaveCount(0);
});

test("the reason on the page is the reason in the gateway's log", async ({ page, server }) => {
  await page.goto("/lab?run=tampered");
  const finding = page.getByRole("region", { name: "Payload changed" });
  const id = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(await finding.innerText())?.[0] ?? "no id";
  const step = finding.locator(".steps li");
  const policy = await step.locator("code").innerText();
  const reason = /^refused: (\w+)$/.exec(await step.locator(".tag").innerText())?.[1];
  expect(reason).toBeDefined();
  await expect
    .poll(() => server.log.split("\n").find((line) => line.includes(id) && line.includes("refused")))
    .toMatch(new RegExp(`policy="?${policy}"? reason="?${reason}"?(?!\\w)`));
});

test("what is no experiment is no page", async ({ page, watch }) => {
  watch.expectStatus(404);
  expect((await page.goto("/lab?run=everything"))?.status()).toBe(404);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("There is no page here");
});
