// Clerk's Backend API, by Clerk's own client: one call for each row of it.

import assert from "node:assert/strict";

import { createClerkClient, verifyToken } from "@clerk/backend";

import { GRACE, newcomer } from "../lib/people.mjs";

export const title = "A server's script";
export const packages = ["@clerk/backend"];

export async function run({ instance, check }) {
  const { CLERK_SECRET_KEY: secretKey, CLERK_API_URL: apiUrl } = instance.settingsFor("express");
  const clerk = createClerkClient({ secretKey, apiUrl });
  const status = (call, expected) =>
    assert.rejects(call, (error) => assert.equal(error.status, expected) ?? true);

  await check("the secret key is asked for", async () => {
    await status(createClerkClient({ secretKey: "sk_test_wrong", apiUrl }).users.getUser(GRACE.id), 401);
  });
  await users(clerk, check, status);
  await sessions(clerk, { secretKey, apiUrl }, check, status);
  await organizations(clerk, check, status);
  await templates(clerk, check, status);
}

async function users(clerk, check, status) {
  const { email, password } = newcomer();
  const { users } = clerk;
  let user;
  await check("users: create, show, list, count", async () => {
    user = await users.createUser({ emailAddress: [email], password, firstName: "Hedy" });
    assert.equal((await users.getUser(user.id)).primaryEmailAddress.emailAddress, email);
    const { data, totalCount } = await users.getUserList({ emailAddress: [email] });
    assert.deepEqual([data.map(({ id }) => id), totalCount], [[user.id], 1]);
    assert.ok((await users.getCount()) >= 4);
    await status(users.getUser("user_nobody"), 404);
    await status(users.createUser({ emailAddress: [email], password }), 422);
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
    await status(users.verifyPassword({ userId: user.id, password: "something else" }), 422);
  });
  await check("users: ban, unban, lock, unlock, delete", async () => {
    assert.equal((await users.banUser(user.id)).banned, true);
    assert.equal((await users.unbanUser(user.id)).banned, false);
    assert.equal((await users.lockUser(user.id)).locked, true);
    assert.equal((await users.unlockUser(user.id)).locked, false);
    assert.equal((await users.deleteUser(user.id)).deleted, true);
    await status(users.getUser(user.id), 404);
  });
}

async function sessions(clerk, keys, check, status) {
  const { sessions, clients } = clerk;
  let session;
  await check("sessions: create, show, list, token, revoke", async () => {
    session = await sessions.createSession({ userId: GRACE.id });
    assert.equal((await sessions.getSession(session.id)).userId, GRACE.id);
    const { data } = await sessions.getSessionList({ userId: GRACE.id, status: "active" });
    assert.ok(data.some(({ id }) => id === session.id));
    const { jwt } = await sessions.getToken(session.id);
    const claims = await verifyToken(jwt, keys);
    assert.deepEqual([claims.sub, claims.sid], [GRACE.id, session.id]);
    const template = await verifyToken((await sessions.getToken(session.id, "supabase")).jwt, keys);
    assert.deepEqual([template.sub, template.sid], [GRACE.id, undefined]);
    await status(sessions.getToken(session.id, "missing"), 404);
  });
  await check("clients: show, list", async () => {
    const client = await clients.getClient(session.clientId);
    assert.deepEqual(client.sessionIds, [session.id]);
    assert.ok((await clients.getClientList()).totalCount > 0);
    assert.equal((await sessions.revokeSession(session.id)).status, "revoked");
  });
  await check("sign-in tokens: create, revoke; testing tokens", async () => {
    const token = await clerk.signInTokens.createSignInToken({ userId: GRACE.id, expiresInSeconds: 60 });
    assert.equal(token.status, "pending");
    assert.equal((await clerk.signInTokens.revokeSignInToken(token.id)).status, "revoked");
    assert.ok((await clerk.testingTokens.createTestingToken()).token.length > 10);
  });
}

async function organizations(clerk, check, status) {
  const { organizations } = clerk;
  await check("organizations: create, show, update, list, metadata", async () => {
    const organization = await organizations.createOrganization({ name: "Analytical", createdBy: GRACE.id });
    assert.equal((await organizations.getOrganization({ slug: organization.slug })).id, organization.id);
    const renamed = await organizations.updateOrganization(organization.id, { name: "Analytical Engines" });
    assert.equal(renamed.name, "Analytical Engines");
    const listed = await organizations.getOrganizationList({ query: "Analytical" });
    assert.ok(listed.data.some(({ id }) => id === organization.id));
    await memberships(clerk, organization.id);
    assert.equal((await organizations.deleteOrganization(organization.id)).deleted, true);
    await status(organizations.getOrganization({ organizationId: organization.id }), 404);
  });
}

async function memberships({ organizations, users }, organizationId) {
  const ada = "user_seed00000000000000000000Ada";
  await organizations.createOrganizationMembership({ organizationId, userId: ada, role: "org:member" });
  const { data } = await organizations.getOrganizationMembershipList({ organizationId });
  assert.equal(data.length, 2);
  const changed = await organizations.updateOrganizationMembership({ organizationId, userId: ada, role: "org:admin" });
  assert.equal(changed.role, "org:admin");
  const own = await users.getOrganizationMembershipList({ userId: ada });
  assert.ok(own.data.some(({ organization }) => organization.id === organizationId));
  await organizations.deleteOrganizationMembership({ organizationId, userId: ada });
}

async function templates({ jwtTemplates }, check, status) {
  await check("JWT templates: create, show, list, update, delete", async () => {
    const template = await jwtTemplates.create({ name: "hasura", claims: { user: "{{user.id}}" }, lifetime: 60 });
    assert.equal((await jwtTemplates.get(template.id)).name, "hasura");
    assert.ok((await jwtTemplates.list()).data.some(({ name }) => name === "supabase"));
    const updated = await jwtTemplates.update({ templateId: template.id, name: "hasura", claims: {}, lifetime: 120 });
    assert.equal(updated.lifetime, 120);
    assert.equal((await jwtTemplates.delete(template.id)).deleted, true);
    await status(jwtTemplates.get(template.id), 404);
  });
}
