//! One identity provider: where browsers are sent, and what the code that they bring back is worth.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::OnceCell;
use url::{Url, form_urlencoded};

use super::{
    Identity, SocialProvider,
    http::{self, json},
    identity::Claims,
    strategy_of,
};
use crate::instance::{ids::new_secret, redirect};

const SCOPE: &str = "openid email profile";

/// An identity provider did not do what it is asked for. For the log: it names no code and no token.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error("it cannot be reached: {0}")]
    Unreachable(#[source] reqwest::Error),
    #[error("it answered with status {0}")]
    Status(u16),
    #[error("its answer is larger than 64 KiB")]
    TooLarge,
    #[error("its answer {0}")]
    Unfit(&'static str),
}

/// Where a browser goes when it is back: pages that were checked before.
#[derive(Clone)]
pub struct Targets {
    /// If something is left to do there.
    pub redirect_url: String,
    /// If nothing is.
    pub complete_url: String,
}

/// A browser about to be sent to a provider.
pub struct Departure {
    /// The provider's.
    pub strategy: String,
    /// Comes back with the browser.
    pub state: String,
    /// Shows the provider that whoever brings the code is who asked for it (RFC 7636).
    pub code_verifier: String,
    /// Where the browser is sent.
    pub authorization_url: String,
    /// Where it goes afterwards.
    pub targets: Targets,
}

/// Where a provider is asked.
pub struct Endpoints {
    /// As it names itself.
    pub issuer: String,
    pub authorization: Url,
    pub token: Url,
    pub userinfo: Url,
    /// Whether the client's secret stands in the form, because the provider takes it nowhere else.
    pub secret_in_form: bool,
}

/// A provider's metadata (OpenID Connect Discovery 3), as far as it is of use here.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    token_type: String,
}

/// An identity provider, and the instance as its client.
pub struct Provider {
    /// `oauth_custom_…`
    pub strategy: String,
    /// What people call it.
    pub name: String,
    issuer: String,
    client_id: String,
    client_secret: SecretString,
    /// Once they are known.
    endpoints: OnceCell<Endpoints>,
    client: Client,
}

impl Provider {
    /// A provider whose endpoints are discovered when they are first needed.
    pub fn discovered(settings: &SocialProvider) -> reqwest::Result<Self> {
        Self::new(settings, OnceCell::new(), &settings.issuer)
    }

    /// A provider whose endpoints are known.
    pub fn known(settings: &SocialProvider, endpoints: Endpoints) -> reqwest::Result<Self> {
        let asked = endpoints.token.clone();
        Self::new(settings, OnceCell::new_with(Some(endpoints)), &asked)
    }

    fn new(settings: &SocialProvider, endpoints: OnceCell<Endpoints>, asked: &Url) -> reqwest::Result<Self> {
        Ok(Self {
            strategy: strategy_of(&settings.name).unwrap_or_default(),
            name: settings.name.clone(),
            issuer: settings.issuer.as_str().trim_end_matches('/').to_owned(),
            client_id: settings.client_id.clone(),
            client_secret: settings.client_secret.clone(),
            endpoints,
            client: http::client(asked)?,
        })
    }

    /// Whether an answer that names this issuer is this provider's.
    pub fn is_issuer(&self, issuer: &str) -> bool {
        issuer.trim_end_matches('/') == self.issuer
    }

    /// A way there, which ends at `callback`.
    pub async fn depart(&self, callback: &str, targets: Targets) -> Result<Departure, ProviderError> {
        let (state, code_verifier) = (new_secret(), new_secret());
        let mut url = self.endpoints().await?.authorization.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", callback)
            .append_pair("scope", SCOPE)
            .append_pair("state", &state)
            .append_pair("code_challenge", &challenge(&code_verifier))
            .append_pair("code_challenge_method", "S256");
        Ok(Departure { strategy: self.strategy.clone(), state, code_verifier, authorization_url: url.into(), targets })
    }

    /// The access token that a code is worth.
    pub async fn exchange(
        &self,
        code: &str,
        code_verifier: &str,
        callback: &str,
    ) -> Result<SecretString, ProviderError> {
        let endpoints = self.endpoints().await?;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", callback),
            ("code_verifier", code_verifier),
        ];
        let (id, secret) = (self.client_id.as_str(), self.client_secret.expose_secret());
        let question = self.client.post(endpoints.token.clone());
        let question = if endpoints.secret_in_form {
            form.extend([("client_id", id), ("client_secret", secret)]);
            question
        } else {
            question.basic_auth(encoded(id), Some(encoded(secret)))
        };
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let question = question.header("content-type", "application/x-www-form-urlencoded").body(body);
        let answer: TokenAnswer = json(question).await?;
        if !answer.token_type.eq_ignore_ascii_case("bearer") {
            return Err(ProviderError::Unfit("holds no bearer token"));
        }
        Ok(answer.access_token.into())
    }

    /// Whose an access token is.
    pub async fn identity(&self, access_token: &SecretString) -> Result<Identity, ProviderError> {
        let endpoints = self.endpoints().await?;
        let question = self.client.get(endpoints.userinfo.clone()).bearer_auth(access_token.expose_secret());
        let claims: Claims = json(question).await?;
        Identity::read(&self.strategy, &endpoints.issuer, claims).ok_or(ProviderError::Unfit("names nobody"))
    }

    async fn endpoints(&self) -> Result<&Endpoints, ProviderError> {
        self.endpoints.get_or_try_init(|| self.discover()).await
    }

    async fn discover(&self) -> Result<Endpoints, ProviderError> {
        let question = self.client.get(format!("{}/.well-known/openid-configuration", self.issuer));
        let metadata: Metadata = json(question).await?;
        if !self.is_issuer(&metadata.issuer) {
            return Err(ProviderError::Unfit("names another issuer"));
        }
        // Without a list it is the one that every provider must know (RFC 6749 2.3.1).
        let methods = metadata.token_endpoint_auth_methods_supported;
        let basic = methods.is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic"));
        Ok(Endpoints {
            issuer: metadata.issuer,
            authorization: endpoint(&metadata.authorization_endpoint)?,
            token: endpoint(&metadata.token_endpoint)?,
            userinfo: endpoint(&metadata.userinfo_endpoint)?,
            secret_in_form: !basic,
        })
    }
}

fn endpoint(text: &str) -> Result<Url, ProviderError> {
    let url = Url::parse(text).ok().filter(redirect::is_safe_for_secrets);
    url.ok_or(ProviderError::Unfit("has an endpoint that is neither https nor on this machine"))
}

/// RFC 7636 4.2, `S256`.
fn challenge(code_verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, code_verifier.as_bytes()))
}

/// RFC 6749 2.3.1: id and secret are encoded as in a form before they are put together.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
