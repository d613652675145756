//! A small identity provider for social sign-in, served by the instance itself, so that the way there and back is a real
//! one without an account anywhere: an OAuth 2.0 authorization server (RFC 6749) for the authorization code grant with
//! PKCE (RFC 7636), and a userinfo endpoint. Its people are made up and nobody needs a password: never for production.
//!
//! - `authorize`: the page on which one of them is chosen, or nobody
//! - `token`, `userinfo`, `metadata`: what its client's server asks; `people`: who there is
//! - `grants`: codes and tokens that are worth something
//!
//! It gives no ID tokens: whoever has an access token asks the userinfo endpoint. It knows one client, the instance it is
//! part of, and shares nothing with it but the client's secret, which is made anew at every start.

mod authorize;
mod grants;
mod metadata;
mod people;
mod token;
mod userinfo;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Router,
    routing::{get, post},
};
use secrecy::SecretString;

use super::{
    InstanceState, Settings,
    ids::new_secret,
    social::{Endpoints, Provider, SocialProvider},
};
use grants::Grants;

/// What people call it.
pub const NAME: &str = "Local ID";
/// The id of its one client.
const CLIENT_ID: &str = "gatehouse";
/// Where it is, below the instance.
const PATH: &str = "provider";

/// What it remembers. All of it is gone with the program, and whoever was on the way begins again.
pub struct IdentityProvider {
    client_secret: SecretString,
    grants: Mutex<Grants>,
}

impl IdentityProvider {
    /// One that nobody has asked yet.
    pub fn new() -> Self {
        Self { client_secret: new_secret().into(), grants: Mutex::default() }
    }

    fn grants(&self) -> MutexGuard<'_, Grants> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Its pages and endpoints, to be mounted at the instance's path.
pub fn router() -> Router<Arc<InstanceState>> {
    Router::new()
        .route("/provider/.well-known/openid-configuration", get(metadata::show))
        .route("/provider/authorize", get(authorize::show).post(authorize::decide))
        .route("/provider/token", post(token::exchange))
        .route("/provider/userinfo", get(userinfo::show))
}

/// The provider, as its one client knows it: browsers are sent to it where people reach it, and this program asks itself.
pub fn as_client(settings: &Settings, provider: &IdentityProvider) -> reqwest::Result<Provider> {
    let known = SocialProvider {
        issuer: settings.page_url(PATH),
        client_id: CLIENT_ID.to_owned(),
        client_secret: provider.client_secret.clone(),
        name: NAME.to_owned(),
    };
    let own = |endpoint: &str| {
        let mut url = settings.own_url.clone();
        url.set_path(&settings.path(&format!("{PATH}/{endpoint}")));
        url
    };
    let endpoints = Endpoints {
        issuer: known.issuer.to_string(),
        authorization: settings.page_url(&format!("{PATH}/authorize")),
        token: own("token"),
        userinfo: own("userinfo"),
        secret_in_form: false,
    };
    Provider::known(&known, endpoints)
}

impl InstanceState {
    /// One of its endpoints, where people and other programs reach it.
    fn provider_url(&self, endpoint: &str) -> String {
        self.settings.page_url(&format!("{PATH}/{endpoint}")).into()
    }

    /// As it names itself.
    fn provider_issuer(&self) -> String {
        self.settings.page_url(PATH).into()
    }
}
