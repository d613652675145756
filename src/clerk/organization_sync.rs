//! Which paths belong to an organization, so that the session follows the address (`@clerk/backend`,
//! `organizationMatcher.ts`).

use super::{
    ActiveOrganization, AuthErrorReason, Clerk, RequestState, SignedIn, context::AuthenticateContext,
    handshake::MAX_REDIRECTS, path_pattern::PathPattern,
};

/// The paths of organizations and of the personal account.
#[derive(Debug, Clone, Default)]
pub struct OrganizationSync {
    organizations: Vec<PathPattern>,
    personal_account: Vec<PathPattern>,
}

/// What a path asks to be active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncTarget {
    /// An organization, by `org_…`.
    Id(String),
    /// An organization, by its slug.
    Slug(String),
    /// No organization.
    PersonalAccount,
}

impl OrganizationSync {
    /// Compiles both lists. A pattern that cannot be is left out and logged, as Clerk does.
    #[must_use]
    pub fn new(organizations: &[String], personal_account: &[String]) -> Self {
        Self { organizations: compile(organizations), personal_account: compile(personal_account) }
    }

    /// What a path asks for: the first pattern that matches decides.
    #[must_use]
    pub fn target(&self, path: &str) -> Option<SyncTarget> {
        let organization = self.organizations.iter().find_map(|pattern| pattern.matches(path));
        if let Some(parameters) = organization {
            let value =
                |wanted: &str| parameters.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.clone());
            if let Some(target) = value("id").map(SyncTarget::Id).or_else(|| value("slug").map(SyncTarget::Slug)) {
                return Some(target);
            }
        }
        self.personal_account
            .iter()
            .any(|pattern| pattern.matches(path).is_some())
            .then_some(SyncTarget::PersonalAccount)
    }
}

impl SyncTarget {
    /// The value of `organization_id` in a handshake; empty for the personal account.
    pub(super) fn parameter(&self) -> &str {
        match self {
            Self::Id(value) | Self::Slug(value) => value,
            Self::PersonalAccount => "",
        }
    }

    fn is_active(&self, organization: Option<&ActiveOrganization>) -> bool {
        match self {
            Self::Id(id) => organization.is_some_and(|organization| organization.id == *id),
            Self::Slug(slug) => organization.and_then(|organization| organization.slug.as_ref()) == Some(slug),
            Self::PersonalAccount => organization.is_none(),
        }
    }
}

impl Clerk {
    /// A handshake that makes the path's organization the active one; none where it is, or where trying again is of no
    /// use: then the page itself has to say that the user is no member.
    pub(super) fn synchronise_organization(
        &self,
        user: &SignedIn,
        context: &AuthenticateContext<'_>,
    ) -> Option<RequestState> {
        let target = self.options.organization_sync.target(context.url.path())?;
        if user.is_pending() || target.is_active(user.organization().as_ref()) {
            return None;
        }
        if context.redirect_count >= MAX_REDIRECTS {
            tracing::warn!("the organization that the path names cannot be made the active one");
            return None;
        }
        let state = self.handshake_or_signed_out(context, AuthErrorReason::ActiveOrganizationMismatch);
        matches!(state, RequestState::Handshake { .. }).then_some(state)
    }
}

/// Adds what the path asks for to a handshake.
pub(super) fn add_target(url: &mut url::Url, context: &AuthenticateContext<'_>, sync: &OrganizationSync) {
    if let Some(target) = sync.target(context.url.path()) {
        url.query_pairs_mut().append_pair(super::constants::ORGANIZATION_ID, target.parameter());
    }
}

fn compile(patterns: &[String]) -> Vec<PathPattern> {
    let compile = |pattern: &String| {
        PathPattern::parse(pattern)
            .inspect_err(|error| tracing::warn!(pattern, %error, "ignored a path pattern of organization sync"))
            .ok()
    };
    patterns.iter().filter_map(compile).collect()
}
