//! What organizations may be called, and Clerk's answers where something about them cannot be done.

use axum::http::StatusCode;

use super::{
    clerk_error::ClerkError,
    metadata::MAX_METADATA_BYTES,
    store::{DomainError, InvitationError, MergeError, OrganizationError},
};

/// There is no such organization.
pub const UNKNOWN_ORGANIZATION: ClerkError = ClerkError::not_found("There is no organization with this id.");
/// There is no such membership.
pub const NOT_A_MEMBER: ClerkError = ClerkError::not_found("The user does not belong to this organization.");
/// There is no such invitation.
pub const UNKNOWN_INVITATION: ClerkError = ClerkError::not_found("There is no invitation with this id.");
/// There is no such domain.
pub const UNKNOWN_DOMAIN: ClerkError = ClerkError::not_found("The organization has no domain with this id.");

const MAX_NAME_CHARS: usize = 256;

/// The name of an organization.
pub fn organization_name(text: &str) -> Result<String, ClerkError> {
    let text = text.trim();
    if (1..=MAX_NAME_CHARS).contains(&text.chars().count()) {
        return Ok(text.to_owned());
    }
    let complaint = format!("must have 1 to {MAX_NAME_CHARS} characters");
    Err(ClerkError::form("form_param_value_invalid", "name", &complaint))
}

/// A slug stands in addresses.
pub fn slug(text: &str) -> Result<String, ClerkError> {
    let plain = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-';
    if (1..=MAX_NAME_CHARS).contains(&text.len()) && text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    Err(ClerkError::form("form_param_value_invalid", "slug", "must have small letters, digits and - only"))
}

impl From<OrganizationError> for ClerkError {
    fn from(error: OrganizationError) -> Self {
        match error {
            OrganizationError::UnknownOrganization => UNKNOWN_ORGANIZATION,
            OrganizationError::UnknownUser => Self::not_found("There is no user with this id."),
            OrganizationError::UnknownRole => Self::form("form_param_value_invalid", "role", "must be a role's key"),
            OrganizationError::NotAMember => NOT_A_MEMBER,
            OrganizationError::AlreadyAMember => Self::new(
                StatusCode::BAD_REQUEST,
                "already_a_member_in_organization",
                "The user is already a member of the organization.",
            ),
            OrganizationError::Full => Self::new(
                StatusCode::FORBIDDEN,
                "organization_membership_quota_exceeded",
                "The organization has as many members as it may have.",
            ),
            OrganizationError::SlugTaken => {
                Self::form("form_identifier_exists", "slug", "belongs to another organization")
            }
            OrganizationError::TooLarge(name) => {
                let complaint = format!("would have more than {MAX_METADATA_BYTES} bytes");
                Self::form("form_param_exceeds_allowed_size", name, &complaint)
            }
            OrganizationError::Store(error) => error.into(),
        }
    }
}

impl From<MergeError> for ClerkError {
    fn from(error: MergeError) -> Self {
        match error {
            MergeError::UnknownUser => Self::not_found("There is no user with this id."),
            MergeError::TooLarge(name) => {
                let complaint = format!("would have more than {MAX_METADATA_BYTES} bytes");
                Self::form("form_param_exceeds_allowed_size", name, &complaint)
            }
            MergeError::Store(error) => error.into(),
        }
    }
}

impl From<InvitationError> for ClerkError {
    fn from(error: InvitationError) -> Self {
        match error {
            InvitationError::Organization(error) => error.into(),
            InvitationError::UnknownInvitation => UNKNOWN_INVITATION,
            InvitationError::AlreadyInvited => Self::new(
                StatusCode::BAD_REQUEST,
                "duplicate_record",
                "The address belongs to a member, or has a pending invitation.",
            ),
            InvitationError::NotPending => Self::new(
                StatusCode::BAD_REQUEST,
                "organization_invitation_not_pending",
                "The invitation is not pending any more.",
            ),
            InvitationError::Store(error) => error.into(),
        }
    }
}

impl From<DomainError> for ClerkError {
    fn from(error: DomainError) -> Self {
        match error {
            DomainError::Organization(error) => error.into(),
            DomainError::UnknownDomain => UNKNOWN_DOMAIN,
            DomainError::NameTaken => Self::form("form_identifier_exists", "name", "belongs to an organization"),
            DomainError::Store(error) => error.into(),
        }
    }
}
