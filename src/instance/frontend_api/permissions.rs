//! What members of an organization may do there: what their role's permissions say, whatever the page shows them.

use axum::http::StatusCode;

use super::caller::SessionChoice;
use crate::instance::{
    clerk_error::ClerkError,
    organization_errors::{NOT_A_MEMBER, UNKNOWN_ORGANIZATION},
    store::{Call, CallError, User},
};

pub const READ_MEMBERS: &str = "org:sys_memberships:read";
pub const MANAGE_MEMBERS: &str = "org:sys_memberships:manage";
pub const READ_DOMAINS: &str = "org:sys_domains:read";
pub const MANAGE_DOMAINS: &str = "org:sys_domains:manage";
pub const MANAGE_PROFILE: &str = "org:sys_profile:manage";
pub const DELETE_PROFILE: &str = "org:sys_profile:delete";

const MISSING: ClerkError = ClerkError::new(
    StatusCode::FORBIDDEN,
    "missing_organization_permission",
    "Your role in this organization does not permit this.",
);
const LAST_MANAGER: ClerkError = ClerkError::new(
    StatusCode::BAD_REQUEST,
    "organization_minimum_permissions_needed",
    "Somebody else must be able to manage the organization's members first.",
);

/// Whoever asks, if their role has one of these permissions. Who does not belong to the organization does not learn
/// that there is one.
pub fn require(
    call: &Call<'_>,
    session: &SessionChoice,
    organization_id: &str,
    permissions: &[&str],
) -> Result<User, CallError<ClerkError>> {
    let (_, user) = session.find(call)?;
    let mut memberships = user.memberships.iter();
    let own = memberships.find(|it| it.organization.id == organization_id).ok_or(UNKNOWN_ORGANIZATION)?;
    if permissions.iter().any(|permission| own.role.permits(permission)) {
        return Ok(user);
    }
    Err(MISSING.into())
}

/// Refuses to take away a member, or their role, if nobody else could manage the members then.
pub fn keep_a_manager(call: &Call<'_>, organization_id: &str, user_id: &str) -> Result<(), CallError<ClerkError>> {
    let member = call.membership(organization_id, user_id)?.ok_or(NOT_A_MEMBER)?;
    if member.role.permits(MANAGE_MEMBERS) && !call.others_have_permission(organization_id, user_id, MANAGE_MEMBERS)? {
        return Err(LAST_MANAGER.into());
    }
    Ok(())
}
