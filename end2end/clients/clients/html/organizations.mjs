// Organizations in Clerk's own components: made, active in the token, left again, and who is in them.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { signIn } from "../../lib/components.mjs";
import { GRACE, newcomer } from "../../lib/people.mjs";

export async function organizations(browser, origin, check) {
  const page = await browser.page(origin);
  const name = `Analytical ${randomUUID().slice(0, 8)}`;
  const [first, second] = [newcomer().email, newcomer().email];
  await page.goto("/sign-in");
  await signIn(page, GRACE);
  await page.getByText(`Signed in as ${GRACE.email}`, { exact: true }).waitFor();
  await page.goto("/organizations");
  await isActive(page, "Personal account");
  assert.equal(await activeOrganization(page), undefined);

  await check("an organization made in the switcher, with somebody invited, is active in the token", async () => {
    await choose(page, "Create organization");
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByRole("button", { name: "Create organization" }).click();
    await invite(page, first);
    await page.getByRole("button", { name: "Finish" }).click();
    await isActive(page, name);
    const { rol, slg } = await activeOrganization(page);
    assert.deepEqual([rol, slg], ["admin", name.toLowerCase().replaceAll(" ", "-")]);
  });
  await check("the switcher leads to another organization, and back to the personal account", async () => {
    await choose(page, "Globex");
    await isActive(page, "Globex");
    const { id, rol } = await activeOrganization(page);
    assert.deepEqual([id, rol], ["org_seed00000000000000000Globex", "admin"]);
    await choose(page, "Personal account");
    await isActive(page, "Personal account");
    assert.equal(await activeOrganization(page), undefined);
  });
  await check("an organization's profile: its members, one more invited", async () => {
    await choose(page, name);
    await isActive(page, name);
    await choose(page, "Manage");
    await page.getByRole("button", { name: "Members" }).click();
    await page.getByRole("cell", { name: GRACE.email }).waitFor();
    await page.getByRole("button", { name: "Invite" }).click();
    await invite(page, second);
    await page.getByRole("tab", { name: "Invitations" }).click();
    for (const email of [first, second]) await page.getByRole("cell", { name: email }).waitFor();
  });
}

/** Chooses something in the menu of `<OrganizationSwitcher/>`. */
async function choose(page, name) {
  await page.getByRole("button", { name: "Open organization switcher" }).click();
  await page.getByRole("button", { name }).click();
}

/** Waits until the switcher shows this organization, or the personal account. */
async function isActive(page, name) {
  await page.getByRole("button", { name: "Open organization switcher" }).getByText(name, { exact: true }).waitFor();
}

/** Invites somebody as a member. */
async function invite(page, email) {
  await page.getByPlaceholder("example@email.com, example2@email.com").fill(`${email},`);
  await page.getByRole("button", { name: "Select role" }).click();
  await page.getByRole("option", { name: "Member" }).click();
  await page.getByRole("button", { name: "Send invitations" }).click();
}

/** What the session token says about the active organization: the claim `o`. */
async function activeOrganization(page) {
  const token = await page.evaluate(() => window.Clerk.session.getToken());
  return JSON.parse(Buffer.from(token.split(".")[1], "base64url")).o;
}
