// Users, their email addresses and pictures.

import assert from "node:assert/strict";

import { GRACE, newcomer } from "../../lib/people.mjs";
import { isServed, picture } from "../../lib/pictures.mjs";
import { refused } from "../../lib/refused.mjs";
import { listFilters } from "./user_list.mjs";

export async function users({ users, emailAddresses }, instance, check) {
  const { email, password } = newcomer();
  let user;
  await check("users: create, show, list, count", async () => {
    user = await users.createUser({ emailAddress: [email], password, firstName: "Hedy" });
    assert.equal((await users.getUser(user.id)).primaryEmailAddress.emailAddress, email);
    const { data, totalCount } = await users.getUserList({ emailAddress: [email] });
    assert.deepEqual([data.map(({ id }) => id), totalCount], [[user.id], 1]);
    assert.ok((await users.getCount()) >= 4);
    await refused(users.getUser("user_nobody"), 404);
    await refused(users.createUser({ emailAddress: [email], password }), 422);
  });
  await check("users: update, metadata", async () => {
    assert.equal((await users.updateUser(user.id, { lastName: "Lamarr" })).lastName, "Lamarr");
    await users.updateUserMetadata(user.id, { publicMetadata: { a: 1, b: { c: 2 } } });
    const { publicMetadata } = await users.updateUserMetadata(user.id, { publicMetadata: { b: { d: 3 } } });
    assert.deepEqual(publicMetadata, { a: 1, b: { c: 2, d: 3 } });
    const replaced = await users.replaceUserMetadata(user.id, { publicMetadata: { e: 4 } });
    assert.deepEqual(replaced.publicMetadata, { e: 4 });
  });
  await check("users: external_id, username, locale, and the list's filters", () => listFilters(users, user.id));
  await check("users: verify and replace password", () => passwords(users, user.id, password));
  await check("users: authenticator codes and providers' tokens: there are none", async () => {
    await refused(users.verifyTOTP({ userId: user.id, code: "123456" }), 422);
    const { data, totalCount } = await users.getUserOauthAccessToken(user.id, "custom_local_id");
    assert.deepEqual([data, totalCount], [[], 0]);
  });
  await check("users: picture, served", async () => {
    const { imageUrl } = await users.updateUserProfileImage(user.id, { file: picture(1) });
    await isServed(imageUrl, picture(1));
    const bare = await users.deleteUserProfileImage(user.id);
    assert.deepEqual([bare.hasImage, bare.imageUrl], [false, ""]);
    await refused(users.deleteUserProfileImage(user.id), 404);
    await refused(users.updateUserProfileImage(user.id, { file: new Blob(["<svg/>"]) }), 400);
  });
  await check("users: an account elsewhere, deleted", () => externalAccount(users, instance));
  await check("email addresses: create, show, update, delete", () => addresses(emailAddresses, users, user.id));
  await check("users: ban, unban, lock, unlock, delete", async () => {
    assert.equal((await users.banUser(user.id)).banned, true);
    assert.equal((await users.unbanUser(user.id)).banned, false);
    assert.equal((await users.lockUser(user.id)).locked, true);
    assert.equal((await users.unlockUser(user.id)).locked, false);
    assert.equal((await users.deleteUser(user.id)).deleted, true);
    await refused(users.getUser(user.id), 404);
  });
}

async function passwords(users, userId, password) {
  assert.equal((await users.verifyPassword({ userId, password })).verified, true);
  await refused(users.verifyPassword({ userId, password: "something else" }), 422);
  await users.updateUser(userId, { password: `${password} 2`, signOutOfOtherSessions: true });
  assert.equal((await users.verifyPassword({ userId, password: `${password} 2` })).verified, true);
  await refused(users.updateUser(userId, { password: "short" }), 422);
  await users.updateUser(userId, { password: "short", skipPasswordChecks: true });
}

async function addresses(emailAddresses, users, userId) {
  const { email: emailAddress } = newcomer();
  const address = await emailAddresses.createEmailAddress({ userId, emailAddress, verified: false });
  assert.notEqual(address.verification?.status, "verified");
  assert.equal((await emailAddresses.getEmailAddress(address.id)).emailAddress, emailAddress);
  const verified = await emailAddresses.updateEmailAddress(address.id, { verified: true, primary: true });
  assert.equal(verified.verification.status, "verified");
  const { emailAddresses: both, primaryEmailAddressId } = await users.getUser(userId);
  assert.deepEqual([both.length, primaryEmailAddressId], [2, address.id]);
  const first = both.find(({ id }) => id !== address.id);
  const back = await users.updateUser(userId, { primaryEmailAddressID: first.id });
  assert.equal(back.primaryEmailAddressId, first.id);
  assert.equal((await emailAddresses.deleteEmailAddress(address.id)).deleted, true);
  await refused(emailAddresses.getEmailAddress(address.id), 404);
}

/** Somebody new at the embedded provider signs in to the portal, without a browser. */
async function externalAccount(users, { frontendApi, origin }) {
  const cookies = new Map();
  const form = async (address, fields) => {
    const headers = { cookie: [...cookies].map((pair) => pair.join("=")).join("; "), origin };
    const body = fields && new URLSearchParams(fields);
    const answer = await fetch(address, { method: fields ? "POST" : "GET", headers, body, redirect: "manual" });
    for (const cookie of answer.headers.getSetCookie()) {
      cookies.set(...cookie.split(";")[0].split(/=(.*)/s, 2));
    }
    return answer;
  };
  const left = await form(`${frontendApi}/continue-with`, { strategy: "oauth_custom_local_id", redirect_url: "/" });
  const [, away] = /content="0;url=([^"]+)"/.exec(await left.text());
  const asked = new URL(away.replaceAll("&amp;", "&")).searchParams;
  const chosen = await form(`${frontendApi}/provider/authorize`, { ...Object.fromEntries(asked), person: "local-robin" });
  await form(chosen.headers.get("location"));

  const { data } = await users.getUserList({ emailAddress: ["robin@people.example"] });
  const [{ id: userId, externalAccounts }] = data;
  const [{ id: externalAccountId, provider }] = externalAccounts;
  assert.equal(provider, "oauth_custom_local_id");
  await refused(users.deleteUserExternalAccount({ userId: GRACE.id, externalAccountId }), 404);
  assert.equal((await users.deleteUserExternalAccount({ userId, externalAccountId })).deleted, true);
  assert.deepEqual((await users.getUser(userId)).externalAccounts, []);
  await users.deleteUser(userId);
}
