//! What an application knows of its Clerk instance.

use std::borrow::Cow;

use url::Url;

use super::{InstanceType, OrganizationSync, PublishableKey};

/// What an application knows of its Clerk instance.
#[derive(Debug, Clone)]
pub struct ClerkOptions {
    /// `CLERK_PUBLISHABLE_KEY`, which also names the instance's Frontend API host.
    pub publishable_key: PublishableKey,
    /// Where browsers reach the Frontend API: its own URL, or a proxy path on the application's origin.
    pub frontend_api_url: Url,
    /// The origin people use. Pinned: headers such as `X-Forwarded-Host` never decide where a browser is sent.
    pub public_url: Url,
    /// `CLERK_SIGN_IN_URL`; Clerk's account portal where absent.
    pub sign_in_url: Option<Url>,
    /// `CLERK_SIGN_UP_URL`; Clerk's account portal where absent.
    pub sign_up_url: Option<Url>,
    /// Whether several domains share one session.
    pub domains: Domains,
    /// Which paths belong to an organization.
    pub organization_sync: OrganizationSync,
}

impl ClerkOptions {
    /// An application of one domain, whose people sign in at Clerk's account portal.
    #[must_use]
    pub fn new(publishable_key: PublishableKey, frontend_api_url: Url, public_url: Url) -> Self {
        Self {
            publishable_key,
            frontend_api_url,
            public_url,
            sign_in_url: None,
            sign_up_url: None,
            domains: Domains::default(),
            organization_sync: OrganizationSync::default(),
        }
    }

    pub(super) fn is_development(&self) -> bool {
        self.publishable_key.instance_type() == InstanceType::Development
    }

    /// The host that issues this application's tokens: the one in the publishable key, also when the Frontend API is
    /// reached through a proxy.
    pub(super) fn issuer_host(&self) -> Cow<'_, str> {
        match &self.domains {
            Domains::Satellite { domain: Some(domain), .. } if !self.is_development() => {
                format!("clerk.{domain}").into()
            }
            _ => self.publishable_key.host().into(),
        }
    }
}

/// The application's place among the domains that share its sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Domains {
    /// The only one. Such an application sends no browser to a URL that a link names, which
    /// [`Domains::Primary`] must do in development.
    #[default]
    Single,
    /// The one where people sign in.
    Primary,
    /// One that gets its sessions from the primary.
    Satellite {
        /// The satellite's own domain, where it has a Frontend API of its own: `clerk.` and this.
        domain: Option<String>,
        /// Whether to ask the primary on the first visit, too, when there are no cookies yet.
        auto_sync: bool,
    },
}

impl Domains {
    pub(super) const fn is_satellite(&self) -> bool {
        matches!(self, Self::Satellite { .. })
    }
}
