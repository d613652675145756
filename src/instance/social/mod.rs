//! Signing in with an account elsewhere, as the relying party: sending a browser to an identity provider and finding out
//! whom it comes back as (OAuth 2.0, the authorization code grant with PKCE).
//!
//! - `provider`: one identity provider; `http`: how it is asked
//! - `identity`: who somebody is, as a provider tells; `external_error`: why nobody
//!
//! An identity is what the provider's userinfo endpoint answers, asked over TLS (or on this machine) with the access
//! token that the code was worth. ID tokens are not looked at, so there is none to trust without verifying it.

mod external_error;
mod http;
mod identity;
mod provider;

use secrecy::SecretString;
use url::Url;

use super::InstanceState;

pub use external_error::ExternalError;
pub use identity::Identity;
pub use provider::{Departure, Endpoints, Provider, ProviderError, Targets};

/// The path, below the Frontend API, that providers send browsers back to.
const CALLBACK_PATH: &str = "v1/oauth_callback";
/// What the strategy of every provider here begins with: Clerk's components show those that they do not know by it.
const STRATEGY_PREFIX: &str = "oauth_custom_";

/// An identity provider that the instance is a client of.
#[derive(Debug, Clone)]
pub struct SocialProvider {
    /// Its issuer, from where its endpoints are discovered.
    pub issuer: Url,
    /// The client's id there.
    pub client_id: String,
    /// The client's secret there.
    pub client_secret: SecretString,
    /// What people call it.
    pub name: String,
}

/// The strategy of a provider with this name; none for a name without letters and digits.
#[must_use]
pub fn strategy_of(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    let words = lower.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("_");
    (!slug.is_empty()).then(|| format!("{STRATEGY_PREFIX}{slug}"))
}

/// The providers of an instance.
pub struct Providers(Vec<Provider>);

impl Providers {
    /// These, in the order in which people see them.
    pub const fn new(providers: Vec<Provider>) -> Self {
        Self(providers)
    }

    /// The provider with this strategy.
    pub fn find(&self, strategy: &str) -> Option<&Provider> {
        self.iter().find(|provider| provider.strategy == strategy)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.0.iter()
    }
}

impl InstanceState {
    /// A way to a provider.
    pub async fn depart(&self, provider: &Provider, targets: Targets) -> Result<Departure, ProviderError> {
        let departure = provider.depart(&self.oauth_callback(), targets).await;
        if let Err(error) = &departure {
            tracing::warn!(strategy = provider.strategy, %error, "the identity provider failed");
        }
        departure
    }

    /// Where providers send browsers back to.
    pub fn oauth_callback(&self) -> String {
        self.settings.page_url(CALLBACK_PATH).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strategy_is_made_of_the_name() {
        assert_eq!(strategy_of("Acme & Sons, Ltd.").as_deref(), Some("oauth_custom_acme_sons_ltd"));
        assert_eq!(strategy_of("Google").as_deref(), Some("oauth_custom_google"));
        assert_eq!(strategy_of("…"), None);
    }
}
