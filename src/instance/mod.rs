//! The embedded Clerk: a small identity service that speaks Clerk's wire format, for development, demonstrations and
//! tests without an account and without a network. Never for production.
//!
//! - `frontend_api`: what browsers ask, as Clerk's own client and components do
//! - `backend_api`: what servers ask, with the secret key
//! - `bundles`: Clerk's own scripts for browsers
//! - `social`: signing in with an account elsewhere; `identity_provider`: an elsewhere of its own
//! - `portal`: the pages where people sign up, in and out; plain HTML forms
//! - `accounts`: what signing up, in and out means; `email_flows`: the parts of it that need a code from a mail; `tickets`:
//!   those that need a link
//! - `user_resource`: a user as both APIs show them; `images`: pictures and logos
//! - `session_cookies`, `tokens`, `signing_key`: what a session looks like outside
//! - `templates`: the claims of tokens for third parties; `metadata`: what applications keep with a user
//! - `organization_…`: what organizations look like outside; `tools`: what tests and demonstrations ask; `faults`: what they
//!   make go wrong
//! - `store`: one SQLite file; `seed`: who and what is in it from the start
//!
//! It shares no code with `jwt` or `clerk`: an issuer that shares code with its verifier proves nothing about either.

mod accounts;
mod backend_api;
mod bundles;
mod clerk_error;
mod email_flows;
mod faults;
mod frontend_api;
mod identity_provider;
mod ids;
mod images;
mod metadata;
mod organization_claims;
mod organization_errors;
mod organization_resources;
mod password;
mod portal;
mod publishable_key;
mod redirect;
mod request_name;
mod request_parts;
mod seed;
mod session_cookies;
mod signing_key;
mod social;
mod store;
mod templates;
mod tickets;
mod tokens;
mod tools;
mod user_resource;

use std::{path::PathBuf, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::Response,
    routing::{get, post},
};
use secrecy::SecretString;
use url::Url;

pub use faults::{FaultError, Faults, OldKeys, OutOfBounds};
pub use identity_provider::NAME as EMBEDDED_PROVIDER;
pub use request_name::RequestName;
pub use seed::{Person, SEED_PASSWORD, SEED_USERS, SeedError, SeedUser};
pub use signing_key::SigningKeyError;
pub use social::{SocialProvider, strategy_of};
pub use store::{Lockout, StoreError};
pub use tools::{NewAccount, ToolError};

use bundles::Bundles;
use clerk_error::ClerkError;
use faults::FaultSwitch;
use frontend_api::Throttle;
use identity_provider::IdentityProvider;
use password::PasswordHasher;
use publishable_key::{ISSUER_HOST, PUBLISHABLE_KEY};
use seed::Seed;
use social::{Provider, Providers};
use store::Store;
use tokens::TokenMint;

/// Reads the current time as the time passed since the Unix epoch.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// How an instance is set up.
#[derive(Clone)]
pub struct Settings {
    /// The SQLite file that holds keys, users and sessions. Without one they are gone with the instance.
    pub database: Option<PathBuf>,
    /// A TOML file that says who and what is in it from the start, instead of the default.
    pub seed: Option<PathBuf>,
    /// The origin people use.
    pub public_url: Url,
    /// How this program reaches itself.
    pub own_url: Url,
    /// An identity provider to sign in with, beside the embedded one.
    pub social_provider: Option<SocialProvider>,
    /// Where it is mounted on that origin, such as `/__clerk`.
    pub base_path: &'static str,
    /// Whether it answers whoever reaches it, under whatever name.
    pub allow_non_loopback: bool,
    /// How long a session token lives. Clerk's live 60 s.
    pub token_lifetime: Duration,
    /// When an account is locked, and for how long.
    pub lockout: Lockout,
    /// How often one address may try to sign in or up in ten seconds.
    pub attempts_per_window: u32,
    /// The stylesheets of the pages: paths on the public origin, in order.
    pub stylesheets: [&'static str; 2],
    /// The font that they use.
    pub font: &'static str,
    /// Where npm may have installed Clerk's browser bundles.
    pub node_modules: PathBuf,
    /// Tells the time.
    pub clock: Clock,
}

impl Settings {
    /// A page of the instance, as a path.
    fn path(&self, page: &str) -> String {
        format!("{}/{page}", self.base_path)
    }

    /// A page of the instance, where people reach it.
    fn page_url(&self, page: &str) -> Url {
        let mut url = self.public_url.clone();
        url.set_path(&self.path(page));
        url
    }
}

/// The instance cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its file cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its seed cannot be used.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// Identity providers cannot be asked.
    #[error("cannot make an HTTP client: {0}")]
    Http(#[from] reqwest::Error),
}

/// A running instance.
#[derive(Clone)]
pub struct Instance {
    state: Arc<InstanceState>,
}

struct InstanceState {
    settings: Settings,
    store: Store,
    mint: TokenMint,
    faults: Arc<FaultSwitch>,
    passwords: PasswordHasher,
    throttle: Throttle,
    providers: Providers,
    identity_provider: IdentityProvider,
    secret_key: SecretString,
    people: Vec<Person>,
    bundles: Option<Bundles>,
}

impl Instance {
    /// Opens the instance's file, or makes it: signing key, secret key and seeded users included.
    ///
    /// # Errors
    /// When the file or the seed cannot be used.
    pub fn open(settings: Settings) -> Result<Self, OpenError> {
        let now = (settings.clock)();
        let passwords = PasswordHasher::default();
        let seed = Seed::read(settings.seed.as_ref())?;
        let (store, identity) = Store::open(settings.database.as_deref(), &seed, now, &passwords)?;
        let faults = Arc::<FaultSwitch>::default();
        let (key, lifetime) = (identity.signing_key, settings.token_lifetime);
        let mint = TokenMint::new(key, identity.instance_id, lifetime, Arc::clone(&faults));
        let bundles = Bundles::find(&settings.node_modules);
        if bundles.is_none() {
            tracing::info!(
                folder = %settings.node_modules.display(),
                "Clerk's browser components are not installed, the portal's pages serve alone: `npm ci` in end2end installs them"
            );
        }
        let throttle = Throttle::new(settings.attempts_per_window);
        let identity_provider = IdentityProvider::new();
        let embedded = identity_provider::as_client(&settings, &identity_provider)?;
        let configured = settings.social_provider.as_ref().map(Provider::discovered).transpose()?;
        let state = InstanceState {
            providers: Providers::new(configured.into_iter().chain([embedded]).collect()),
            identity_provider,
            settings,
            store,
            mint,
            faults,
            passwords,
            throttle,
            secret_key: identity.secret_key,
            people: seed.users,
            bundles,
        };
        Ok(Self { state: Arc::new(state) })
    }

    /// Another instance at another place and time, with the same seed and nothing else in common, and without a file. For
    /// experiments that break things.
    ///
    /// # Errors
    /// When the seed cannot be used.
    pub fn sibling(&self, public_url: Url, clock: Clock) -> Result<Self, OpenError> {
        Self::open(Settings { database: None, public_url, clock, ..self.state.settings.clone() })
    }

    /// The publishable key: a development key whose host is never contacted.
    #[must_use]
    pub const fn publishable_key(&self) -> &'static str {
        PUBLISHABLE_KEY
    }

    /// The issuer of its tokens: `https://` and the publishable key's host.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("https://{ISSUER_HOST}")
    }

    /// The secret key of its Backend API, made at random with the file.
    #[must_use]
    pub fn secret_key(&self) -> SecretString {
        self.state.secret_key.clone()
    }

    /// Whom one can sign in as from the start.
    #[must_use]
    pub fn people(&self) -> &[Person] {
        &self.state.people
    }

    /// The public key of its tokens: what stands between the lines of a PEM file, as `CLERK_JWT_KEY` takes it.
    ///
    /// # Errors
    /// When the key has no such form.
    pub fn public_key(&self) -> Result<String, SigningKeyError> {
        self.state.mint.public_key()
    }

    /// The key that signs its tokens, as tokens name it.
    #[must_use]
    pub fn key_id(&self) -> &str {
        self.state.mint.key_id()
    }

    /// The public keys (RFC 7517), as everybody can get them.
    #[must_use]
    pub fn key_set(&self) -> serde_json::Value {
        self.state.mint.jwks(self.state.now())
    }

    /// Signs a token, whatever it says; none if that fails. For the lab, whose tokens are there to be refused: nobody's
    /// session depends on them.
    #[must_use]
    pub fn sign_for_the_lab(&self, header: &serde_json::Value, claims: &serde_json::Value) -> Option<String> {
        self.state.mint.sign(header, claims).ok()
    }

    /// The portal's first page.
    #[must_use]
    pub fn portal_path(&self) -> String {
        self.state.path("sign-in")
    }

    /// Whether Clerk's own components can be shown: their scripts are installed.
    #[must_use]
    pub fn has_components(&self) -> bool {
        self.state.bundles.is_some()
    }

    /// Whether the instance's file can be used.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.state.store.check().await
    }

    /// What browsers ask of the instance, to be mounted at the base path.
    pub fn router(&self) -> Router {
        let router = Router::new()
            .route("/.well-known/jwks.json", get(frontend_api::jwks))
            .route("/test/sign_in", post(tools::sign_in))
            .route("/test/faults", get(faults::show).put(faults::set).delete(faults::clear))
            .route("/test/revoke", post(faults::revoke))
            .route("/images/{id}", get(images::show))
            .route("/npm/@clerk/{package}/dist/{file}", get(bundles::show))
            // What follows is for people, who get a page.
            .method_not_allowed_fallback(clerk_error::method_not_allowed)
            .merge(portal::router(&self.state))
            .merge(identity_provider::router())
            .fallback(clerk_error::not_found);
        self.serve(router)
    }

    /// What Clerk's own client asks, to be mounted at `/v1` below the base path. It decides itself which pages may ask.
    pub fn frontend_api(&self) -> Router {
        self.serve(frontend_api::router(&self.state))
    }

    /// What applications' servers ask of it, to be mounted wherever they are told. It knows no cookies.
    pub fn backend_api(&self) -> Router {
        self.serve(backend_api::router(&self.state))
    }

    fn serve(&self, router: Router<Arc<InstanceState>>) -> Router {
        let state = Arc::clone(&self.state);
        let named = router.layer(from_fn(request_name::keep_request_name));
        named.layer(from_fn_with_state(Arc::clone(&state), refuse_foreign_names)).with_state(state)
    }
}

/// Answers only what was addressed to this machine or to the application's own origin.
async fn refuse_foreign_names(
    State(state): State<Arc<InstanceState>>,
    request: Request,
    next: Next,
) -> Result<Response, ClerkError> {
    let settings = &state.settings;
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if settings.allow_non_loopback || redirect::is_addressed_here(host, &settings.public_url) {
        return Ok(next.run(request).await);
    }
    Err(ClerkError::new(
        StatusCode::MISDIRECTED_REQUEST,
        "host_invalid",
        "The embedded Clerk answers to localhost and to GATEHOUSE_PUBLIC_URL only.",
    ))
}

impl InstanceState {
    fn now(&self) -> Duration {
        (self.settings.clock)()
    }

    /// The origin people use.
    fn public_origin(&self) -> String {
        self.settings.public_url.origin().ascii_serialization()
    }

    /// A page of the portal, as a path.
    fn path(&self, page: &str) -> String {
        self.settings.path(page)
    }
}
