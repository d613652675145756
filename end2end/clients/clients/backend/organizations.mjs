// Organizations: who is in them, who is invited, and which domains are theirs.

import assert from "node:assert/strict";

import { ADA_ID, GRACE, newcomer } from "../../lib/people.mjs";
import { isServed, picture } from "../../lib/pictures.mjs";
import { refused } from "../../lib/refused.mjs";

export async function organizations(clerk, check) {
  const { organizations } = clerk;
  let organizationId;
  await check("organizations: create, show, update, list, metadata", async () => {
    const { id, slug } = await organizations.createOrganization({ name: "Analytical", createdBy: GRACE.id });
    organizationId = id;
    assert.equal((await organizations.getOrganization({ slug })).id, id);
    const renamed = await organizations.updateOrganization(id, { name: "Analytical Engines" });
    assert.equal(renamed.name, "Analytical Engines");
    const listed = await organizations.getOrganizationList({ query: "Analytical" });
    assert.ok(listed.data.some((organization) => organization.id === id));
    await organizations.updateOrganizationMetadata(id, { publicMetadata: { a: 1, b: { c: 2 } } });
    const merged = await organizations.updateOrganizationMetadata(id, { publicMetadata: { b: { d: 3 } } });
    assert.deepEqual(merged.publicMetadata, { a: 1, b: { c: 2, d: 3 } });
    const replaced = await organizations.replaceOrganizationMetadata(id, { publicMetadata: { e: 4 } });
    assert.deepEqual(replaced.publicMetadata, { e: 4 });
  });
  await check("organizations: logo, served", async () => {
    const file = picture(1);
    const { imageUrl } = await organizations.updateOrganizationLogo(organizationId, { file, uploaderUserId: GRACE.id });
    await isServed(imageUrl, file);
    const bare = await organizations.deleteOrganizationLogo(organizationId);
    assert.deepEqual([bare.hasImage, bare.imageUrl], [false, ""]);
    await refused(organizations.deleteOrganizationLogo(organizationId), 404);
  });
  await check("memberships: create, list, update, metadata, delete", () => memberships(clerk, organizationId));
  await check("invitations: create, several, show, list, revoke", () => invitations(organizations, organizationId));
  await check("domains: create, list, update, delete", () => domains(organizations, organizationId));
  await check("organizations: delete", async () => {
    assert.equal((await organizations.deleteOrganization(organizationId)).deleted, true);
    await refused(organizations.getOrganization({ organizationId }), 404);
  });
}

async function memberships({ organizations, users }, organizationId) {
  const ada = { organizationId, userId: ADA_ID };
  await organizations.createOrganizationMembership({ ...ada, role: "org:member" });
  assert.equal((await organizations.getOrganizationMembershipList({ organizationId })).data.length, 2);
  const changed = await organizations.updateOrganizationMembership({ ...ada, role: "org:admin" });
  assert.equal(changed.role, "org:admin");
  const noted = await organizations.updateOrganizationMembershipMetadata({ ...ada, publicMetadata: { desk: 3 } });
  assert.deepEqual(noted.publicMetadata, { desk: 3 });
  const inOrganization = ({ organization }) => organization.id === organizationId;
  assert.ok((await users.getOrganizationMembershipList({ userId: ADA_ID })).data.some(inOrganization));
  assert.ok((await organizations.getInstanceOrganizationMembershipList({ limit: 100 })).data.some(inOrganization));
  await organizations.deleteOrganizationMembership(ada);
  assert.equal((await organizations.getOrganizationMembershipList({ organizationId })).totalCount, 1);
}

async function invitations(organizations, organizationId) {
  const invited = () => ({ emailAddress: newcomer().email, role: "org:member", inviterUserId: GRACE.id });
  const invitation = await organizations.createOrganizationInvitation({ organizationId, ...invited() });
  assert.equal(invitation.status, "pending");
  const { data: several } = await organizations.createOrganizationInvitationBulk(organizationId, [invited(), invited()]);
  assert.equal(several.length, 2);
  const one = { organizationId, invitationId: invitation.id };
  assert.equal((await organizations.getOrganizationInvitation(one)).emailAddress, invitation.emailAddress);
  const revoked = await organizations.revokeOrganizationInvitation({ ...one, requestingUserId: GRACE.id });
  assert.equal(revoked.status, "revoked");
  const pending = await organizations.getOrganizationInvitationList({ organizationId, status: ["pending"] });
  assert.deepEqual(pending.data.map(({ id }) => id).sort(), several.map(({ id }) => id).sort());
}

async function domains(organizations, organizationId) {
  const name = `${newcomer().email.split(/[-+]/)[1]}.example`;
  const domain = await organizations.createOrganizationDomain({ organizationId, name, enrollmentMode: "manual_invitation" });
  // Clerk's client hands domains on as they came.
  assert.deepEqual([domain.name, domain.enrollment_mode], [name, "manual_invitation"]);
  const one = { organizationId, domainId: domain.id };
  const updated = await organizations.updateOrganizationDomain({ ...one, enrollmentMode: "automatic_suggestion" });
  assert.equal(updated.enrollment_mode, "automatic_suggestion");
  const { data } = await organizations.getOrganizationDomainList({ organizationId });
  assert.deepEqual(data.map(({ id }) => id), [domain.id]);
  assert.equal((await organizations.deleteOrganizationDomain(one)).deleted, true);
}
