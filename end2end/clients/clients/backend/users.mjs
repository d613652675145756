// Users and their email addresses.

import assert from "node:assert/strict";

import { newcomer } from "../../lib/people.mjs";
import { refused } from "../../lib/refused.mjs";

export async function users({ users, emailAddresses }, check) {
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
  await check("users: verify password", async () => {
    assert.equal((await users.verifyPassword({ userId: user.id, password })).verified, true);
    await refused(users.verifyPassword({ userId: user.id, password: "something else" }), 422);
  });
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
  assert.equal((await emailAddresses.deleteEmailAddress(first.id)).deleted, true);
  await refused(emailAddresses.getEmailAddress(first.id), 404);
}
