//! What an application knows of its Clerk instance.

use std::borrow::Cow;

use url::Url;

use super::{InstanceType, OrganizationSync, PublishableKey};

/// Options that do not fit together (`@clerk/backend`, `tokens/request.ts`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClerkOptionsError {
    /// The primary's Frontend API sets no cookies for another domain.
    #[error("a satellite needs a domain or a proxy URL")]
    SatelliteWithoutDomain,
    /// In development the primary is asked by way of its sign-in page.
    #[error("a satellite of a development instance needs a sign-in URL")]
    SatelliteWithoutSignInUrl,
}

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

    /// What cannot work is said once, and not to every visitor. As in Clerk's SDK it is the secret key that says whether a
    /// satellite is one of a development instance.
    pub(super) fn check(&self, has_development_key: bool) -> Result<(), ClerkOptionsError> {
        let Domains::Satellite { domain, .. } = &self.domains else { return Ok(()) };
        let has_own_frontend_api = self.frontend_api_url.authority() != self.publishable_key.host();
        if domain.is_none() && !has_own_frontend_api {
            return Err(ClerkOptionsError::SatelliteWithoutDomain);
        }
        if has_development_key && self.sign_in_url.is_none() {
            return Err(ClerkOptionsError::SatelliteWithoutSignInUrl);
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_satellite_has_a_domain_of_its_own_and_in_development_a_page_to_sign_in() {
        use ClerkOptionsError::{SatelliteWithoutDomain, SatelliteWithoutSignInUrl};
        let url = |text: &str| Url::parse(text).unwrap();
        let (own, proxy) = ("https://clerk.example.com", "https://satellite.example.net/__clerk");
        let (domain, page) = (Some("satellite.example.net"), Some("https://example.com/sign-in"));
        for (satellite, frontend_api, domain, sign_in, has_development_key, expected) in [
            (false, own, None, None, true, Ok(())),
            (true, own, None, page, false, Err(SatelliteWithoutDomain)),
            (true, own, None, None, true, Err(SatelliteWithoutDomain)),
            (true, own, domain, None, false, Ok(())),
            (true, proxy, None, None, false, Ok(())),
            (true, own, domain, None, true, Err(SatelliteWithoutSignInUrl)),
            (true, proxy, None, None, true, Err(SatelliteWithoutSignInUrl)),
            (true, proxy, None, page, true, Ok(())),
        ] {
            let key = PublishableKey::parse("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").unwrap();
            let domains = match satellite {
                true => Domains::Satellite { domain: domain.map(str::to_owned), auto_sync: false },
                false => Domains::Primary,
            };
            let plain = ClerkOptions::new(key, url(frontend_api), url("https://satellite.example.net"));
            let options = ClerkOptions { sign_in_url: sign_in.map(url), domains, ..plain };
            assert_eq!(options.check(has_development_key), expected, "{options:?} {has_development_key}");
        }
    }
}
