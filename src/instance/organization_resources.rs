//! Organizations and who belongs to them, as Clerk's APIs answer them. Times are in milliseconds since the Unix epoch.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    InstanceState,
    ids::id_of,
    images::{image_url, profile_image_url},
    store::{Domain, Invitation, Membership, Organization, Role},
};

/// Who reads an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// An application's server, which may see private metadata.
    Server,
    /// A browser, which may not.
    Browser,
}

/// An organization. Where it has no logo, Clerk's components make one of its name.
pub fn organization(state: &InstanceState, organization: &Organization, reader: Reader) -> Value {
    let mut value = json!({
        "object": "organization",
        "id": organization.id,
        "name": organization.name,
        "slug": organization.slug,
        "image_url": logo_url(state, organization),
        "has_image": organization.logo_id.is_some(),
        "max_allowed_memberships": organization.max_allowed_memberships,
        "admin_delete_enabled": organization.admin_delete_enabled,
        "public_metadata": organization.public_metadata,
        "created_by": organization.created_by,
        "created_at": millis(organization.created_at),
        "updated_at": millis(organization.updated_at),
    });
    if reader == Reader::Server {
        value["private_metadata"] = organization.private_metadata.clone().into();
    }
    value
}

/// An organization, with how many belong to it and are invited.
pub fn counted_organization(
    state: &InstanceState,
    found: &Organization,
    (members, invited): (u32, u32),
    reader: Reader,
) -> Value {
    let mut value = organization(state, found, reader);
    value["members_count"] = members.into();
    value["pending_invitations_count"] = invited.into();
    value
}

/// A membership.
pub fn membership(state: &InstanceState, membership: &Membership, reader: Reader) -> Value {
    let user = &membership.user;
    let names = [user.first_name.as_deref(), user.last_name.as_deref()];
    let mut value = json!({
        "object": "organization_membership",
        "id": membership.id,
        "role": membership.role.key,
        "role_name": membership.role.name,
        "permissions": membership.role.permissions,
        "public_metadata": membership.public_metadata,
        "organization": organization(state, &membership.organization, reader),
        "public_user_data": {
            "user_id": user.id,
            "identifier": user.identifier,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "image_url": profile_image_url(state, user.profile_image_id.as_deref(), names),
            "has_image": user.profile_image_id.is_some(),
        },
        "created_at": millis(membership.created_at),
        "updated_at": millis(membership.updated_at),
    });
    if reader == Reader::Server {
        value["private_metadata"] = membership.private_metadata.clone().into();
    }
    value
}

/// A role.
pub fn role(role: &Role) -> Value {
    let permission = |key: &String| json!({ "object": "permission", "id": id_of("perm", key), "key": key, "name": key, "description": "" });
    json!({
        "object": "role",
        "id": id_of("role", &role.key),
        "key": role.key,
        "name": role.name,
        "description": "",
        "permissions": role.permissions.iter().map(permission).collect::<Value>(),
    })
}

/// An invitation. It leads nowhere by itself: the invited see it once they are signed in.
pub fn invitation(state: &InstanceState, invitation: &Invitation, reader: Reader) -> Value {
    let organization = &invitation.organization;
    let mut value = json!({
        "object": "organization_invitation",
        "id": invitation.id,
        "email_address": invitation.email_address,
        "role": invitation.role.key,
        "role_name": invitation.role.name,
        "organization_id": organization.id,
        "public_organization_data": {
            "id": organization.id,
            "name": organization.name,
            "slug": organization.slug,
            "image_url": logo_url(state, organization),
            "has_image": organization.logo_id.is_some(),
        },
        "status": invitation.status,
        "public_metadata": invitation.public_metadata,
        "url": null,
        "created_at": millis(invitation.created_at),
        "updated_at": millis(invitation.updated_at),
        "expires_at": millis(invitation.expire_at),
    });
    if reader == Reader::Server {
        value["private_metadata"] = invitation.private_metadata.clone().into();
    }
    value
}

/// A domain. Nobody was ever invited or let in because of one.
pub fn domain(domain: &Domain) -> Value {
    let status = if domain.verified { "verified" } else { "unverified" };
    json!({
        "object": "organization_domain",
        "id": domain.id,
        "name": domain.name,
        "organization_id": domain.organization_id,
        "enrollment_mode": domain.enrollment_mode,
        "verification": {
            "status": status,
            "strategy": "affiliation_email_code",
            "attempts": 0,
            "expires_at": null,
        },
        "affiliation_email_address": null,
        "total_pending_invitations": 0,
        "total_pending_suggestions": 0,
        "created_at": millis(domain.created_at),
        "updated_at": millis(domain.updated_at),
    })
}

fn logo_url(state: &InstanceState, organization: &Organization) -> String {
    organization.logo_id.as_deref().map(|id| image_url(state, id)).unwrap_or_default()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
