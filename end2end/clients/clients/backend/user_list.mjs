// Users, by what an application calls them and by everything else that a list of them can be asked for.

import assert from "node:assert/strict";

import { GRACE } from "../../lib/people.mjs";
import { refused } from "../../lib/refused.mjs";

const GLOBEX = "org_seed00000000000000000Globex";

/** Names a user, finds them by each filter, and not by its opposite. */
export async function listFilters(users, userId) {
  const mark = userId.slice(-8).toLowerCase();
  const named = await users.updateUser(userId, { externalId: `crm-${mark}`, username: `Hedy_${mark}`, locale: "de-AT" });
  assert.deepEqual([named.externalId, named.username, named.locale], [`crm-${mark}`, `hedy_${mark}`, "de-AT"]);
  await refused(users.updateUser(GRACE.id, { externalId: `crm-${mark}` }), 422);
  await refused(users.updateUser(GRACE.id, { username: `hedy_${mark}` }), 422);

  const { createdAt } = named;
  const [before, after] = [createdAt - 1, createdAt + 1];
  const found = async (params) => {
    const { data, totalCount } = await users.getUserList({ limit: 500, ...params });
    assert.equal(totalCount, data.length, JSON.stringify(params));
    return data.some(({ id }) => id === userId);
  };
  for (const params of [
    { externalId: [`crm-${mark}`, "crm-nobody"] },
    { username: [`HEDY_${mark}`] },
    { userId: [userId] },
    { query: `hedy_${mark}` },
    { createdAtAfter: before, createdAtBefore: after },
  ]) {
    assert.ok(await found(params), `not found: ${JSON.stringify(params)}`);
  }
  for (const params of [
    { externalId: ["crm-nobody"] },
    { username: ["nobody"] },
    { userId: [GRACE.id] },
    { query: "nobody at all" },
    { organizationId: [GLOBEX] },
    { createdAtAfter: after },
    { createdAtBefore: before },
    { lastSignInAtAfter: 1 },
    { lastActiveAtAfter: 1 },
    { last_active_at_since: 1 },
  ]) {
    assert.ok(!(await found(params)), `found: ${JSON.stringify(params)}`);
  }
  await orders(users);
}

async function orders(users) {
  const ids = async (params) => (await users.getUserList(params)).data.map(({ id }) => id);
  const members = { organizationId: [GLOBEX], orderBy: "+first_name" };
  const all = await ids(members);
  assert.ok(all.includes(GRACE.id), "she is in it");
  assert.deepEqual(await ids({ ...members, orderBy: "-first_name" }), all.toReversed());
  assert.deepEqual(await ids({ ...members, limit: 1, offset: 1 }), all.slice(1, 2));
}
