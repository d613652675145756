//! `CLERK_*`: a hosted Clerk instance, or none of it for the embedded one.

use std::{path::PathBuf, time::Duration};

use jsonwebtoken::DecodingKey;
use secrecy::SecretString;
use url::Url;

use super::{ConfigError, Variables};
use crate::{
    clerk::{InstanceType, PublishableKey},
    instance::{EMBEDDED_PROVIDER, Lockout, SocialProvider, strategy_of},
    jwt::{parse_issuer, public_key_from_pem},
};

const HOSTED_API: &str = "https://api.clerk.com";
/// Variables that mean nothing without the keys.
const NEEDS_KEYS: [&str; 4] = ["CLERK_FRONTEND_API_URL", "CLERK_PROXY_URL", "CLERK_API_URL", "CLERK_JWT_KEY"];

/// Which Clerk the application uses.
#[derive(Debug, Clone)]
pub enum ClerkConfig {
    /// The one in this program.
    Embedded(Box<EmbeddedClerk>),
    /// One that was made in Clerk's dashboard.
    Hosted(Box<HostedClerk>),
}

/// The embedded Clerk.
#[derive(Debug, Clone)]
pub struct EmbeddedClerk {
    /// `GATEHOUSE_INSTANCE_DB`. Default `.gatehouse/instance.db`.
    pub database: PathBuf,
    /// `GATEHOUSE_SEED`: who and what is in it from the start. Default: Ada, Grace, Mallory and two organizations.
    pub seed: Option<PathBuf>,
    /// `GATEHOUSE_EMBEDDED_CLERK=allow-non-loopback`: whether others than this machine may use it.
    pub allow_non_loopback: bool,
    /// `GATEHOUSE_SESSION_TOKEN_SECONDS`. Default 60, as Clerk's.
    pub token_lifetime: Duration,
    /// `GATEHOUSE_LOCKOUT_ATTEMPTS`, default 100, and `GATEHOUSE_LOCKOUT_SECONDS`, default 3600, as Clerk's.
    pub lockout: Lockout,
    /// `GATEHOUSE_SIGN_IN_RATE`: so many attempts to sign in or up per address in ten seconds. Default 1000.
    pub attempts_per_window: u32,
    /// `GATEHOUSE_NODE_MODULES`: where npm installed Clerk's browser bundles. Default `end2end/node_modules`.
    pub node_modules: PathBuf,
    /// `GATEHOUSE_OAUTH_ISSUER` and so on: an identity provider to sign in with. Default: the embedded one alone.
    pub social_provider: Option<SocialProvider>,
    /// `CLERK_SIGN_IN_URL`, as of a hosted Clerk.
    pub sign_in_url: Option<String>,
    /// `CLERK_SIGN_UP_URL`, as of a hosted Clerk.
    pub sign_up_url: Option<String>,
}

/// A hosted Clerk.
#[derive(Clone)]
pub struct HostedClerk {
    /// `CLERK_PUBLISHABLE_KEY`
    pub publishable_key: PublishableKey,
    /// `CLERK_SECRET_KEY`
    pub secret_key: SecretString,
    /// `CLERK_FRONTEND_API_URL`. Default: `https://` and the host in the publishable key. Without a slash at the end.
    pub frontend_api_url: String,
    /// `CLERK_PROXY_URL`: where browsers reach the Frontend API, absolute, or a path of this application. Default: the
    /// Frontend API itself.
    pub proxy_url: Option<String>,
    /// `CLERK_API_URL`. Default `https://api.clerk.com`.
    pub api_url: Url,
    /// `CLERK_JWT_KEY`
    pub jwt_key: Option<DecodingKey>,
    /// `CLERK_SIGN_IN_URL`: absolute, or a path of this application.
    pub sign_in_url: Option<String>,
    /// `CLERK_SIGN_UP_URL`: absolute, or a path of this application.
    pub sign_up_url: Option<String>,
}

impl std::fmt::Debug for HostedClerk {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "HostedClerk({})", self.publishable_key)
    }
}

impl ClerkConfig {
    pub(super) fn read(variables: &Variables) -> Result<Self, ConfigError> {
        match (variables.get("CLERK_PUBLISHABLE_KEY"), variables.get("CLERK_SECRET_KEY")) {
            (Some(publishable), Some(secret)) => {
                HostedClerk::read(variables, publishable, secret).map(Box::new).map(Self::Hosted)
            }
            (Some(_), None) => Err(half_set("CLERK_PUBLISHABLE_KEY", "CLERK_SECRET_KEY")),
            (None, Some(_)) => Err(half_set("CLERK_SECRET_KEY", "CLERK_PUBLISHABLE_KEY")),
            (None, None) => match NEEDS_KEYS.into_iter().find(|name| variables.get(name).is_some()) {
                Some(name) => Err(half_set(name, "CLERK_PUBLISHABLE_KEY")),
                None => EmbeddedClerk::read(variables).map(Box::new).map(Self::Embedded),
            },
        }
    }
}

const fn half_set(set: &'static str, missing: &'static str) -> ConfigError {
    ConfigError::HalfSet { set, missing }
}

impl EmbeddedClerk {
    fn read(variables: &Variables) -> Result<Self, ConfigError> {
        let allow_non_loopback = match variables.get("GATEHOUSE_EMBEDDED_CLERK") {
            None => false,
            Some("allow-non-loopback") => true,
            Some(_) => return Err(variables.error("GATEHOUSE_EMBEDDED_CLERK", "allow-non-loopback, or nothing")),
        };
        let seconds = variables.number("GATEHOUSE_SESSION_TOKEN_SECONDS", "seconds", 1..=3600)?.unwrap_or(60);
        let attempts = variables.number("GATEHOUSE_LOCKOUT_ATTEMPTS", "attempts", 1..=1_000_000)?.unwrap_or(100);
        let locked = variables.number("GATEHOUSE_LOCKOUT_SECONDS", "seconds", 1..=31_536_000)?.unwrap_or(3600);
        let path = |name: &str, default: &str| PathBuf::from(variables.get(name).unwrap_or(default));
        Ok(Self {
            database: path("GATEHOUSE_INSTANCE_DB", ".gatehouse/instance.db"),
            seed: variables.get("GATEHOUSE_SEED").map(PathBuf::from),
            allow_non_loopback,
            token_lifetime: Duration::from_secs(seconds.into()),
            attempts_per_window: variables.number("GATEHOUSE_SIGN_IN_RATE", "attempts", 1..=1_000_000)?.unwrap_or(1000),
            lockout: Lockout { attempts, duration: Duration::from_secs(locked.into()) },
            node_modules: path("GATEHOUSE_NODE_MODULES", "end2end/node_modules"),
            social_provider: social_provider(variables)?,
            sign_in_url: page(variables, "CLERK_SIGN_IN_URL")?,
            sign_up_url: page(variables, "CLERK_SIGN_UP_URL")?,
        })
    }
}

impl HostedClerk {
    fn read(variables: &Variables, publishable: &str, secret: &str) -> Result<Self, ConfigError> {
        let publishable_key = PublishableKey::parse(publishable)
            .map_err(|error| variables.error("CLERK_PUBLISHABLE_KEY", error.to_string().replace("expected ", "")))?;
        check_secret(variables, secret, publishable_key.instance_type())?;
        let api_url =
            variables.secure_url("CLERK_API_URL", "the URL of a Backend API, such as https://api.clerk.com")?;
        let jwt_key = variables.get("CLERK_JWT_KEY").map(public_key_from_pem).transpose();
        Ok(Self {
            frontend_api_url: frontend_api_url(variables, publishable_key.host())?,
            api_url: match api_url {
                Some(url) => url,
                None => Url::parse(HOSTED_API).map_err(|_| variables.error("CLERK_API_URL", HOSTED_API))?,
            },
            jwt_key: jwt_key.map_err(|error| {
                variables.error("CLERK_JWT_KEY", format!("the instance's public key, this is {error}"))
            })?,
            proxy_url: page(variables, "CLERK_PROXY_URL")?,
            sign_in_url: page(variables, "CLERK_SIGN_IN_URL")?,
            sign_up_url: page(variables, "CLERK_SIGN_UP_URL")?,
            secret_key: secret.into(),
            publishable_key,
        })
    }
}

/// All of it or nothing, but for the name.
fn social_provider(variables: &Variables) -> Result<Option<SocialProvider>, ConfigError> {
    let expected = "the issuer of an identity provider, such as https://accounts.google.com";
    let Some(issuer) = variables.secure_url("GATEHOUSE_OAUTH_ISSUER", expected)? else {
        let rest = ["GATEHOUSE_OAUTH_CLIENT_ID", "GATEHOUSE_OAUTH_CLIENT_SECRET", "GATEHOUSE_OAUTH_NAME"];
        return match rest.into_iter().find(|name| variables.get(name).is_some()) {
            Some(name) => Err(variables.error("GATEHOUSE_OAUTH_ISSUER", format!("{expected}, because {name} is set"))),
            None => Ok(None),
        };
    };
    let needed = |name: &str, what: &str| {
        let missing = || variables.error(name, format!("{what} at the identity provider of GATEHOUSE_OAUTH_ISSUER"));
        variables.get(name).map(str::to_owned).ok_or_else(missing)
    };
    let name = variables.get("GATEHOUSE_OAUTH_NAME").or(issuer.host_str()).unwrap_or_default().to_owned();
    let is_free = |strategy: &String| Some(strategy) != strategy_of(EMBEDDED_PROVIDER).as_ref();
    if strategy_of(&name).filter(is_free).is_none() || name.chars().count() > 40 {
        let expected = format!("a name with letters or digits, at most 40 characters, other than {EMBEDDED_PROVIDER}");
        return Err(variables.error("GATEHOUSE_OAUTH_NAME", expected));
    }
    Ok(Some(SocialProvider {
        client_id: needed("GATEHOUSE_OAUTH_CLIENT_ID", "the id of a client")?,
        client_secret: needed("GATEHOUSE_OAUTH_CLIENT_SECRET", "the secret of a client")?.into(),
        issuer,
        name,
    }))
}

fn check_secret(variables: &Variables, secret: &str, instance_type: InstanceType) -> Result<(), ConfigError> {
    let (prefix, kind) = match instance_type {
        InstanceType::Development => ("sk_test_", "development"),
        InstanceType::Production => ("sk_live_", "production"),
    };
    if secret.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()) {
        return Ok(());
    }
    Err(variables.error("CLERK_SECRET_KEY", format!("{prefix}…: CLERK_PUBLISHABLE_KEY is that of a {kind} instance")))
}

/// The issuer of the instance's tokens.
fn frontend_api_url(variables: &Variables, host: &str) -> Result<String, ConfigError> {
    const NAME: &str = "CLERK_FRONTEND_API_URL";
    match variables.get(NAME) {
        Some(text) => parse_issuer(text).map_err(|error| variables.error(NAME, error.to_string())),
        None => Ok(format!("https://{host}")),
    }
}

fn page(variables: &Variables, name: &'static str) -> Result<Option<String>, ConfigError> {
    let Some(value) = variables.get(name) else { return Ok(None) };
    let own = value.starts_with('/') && !value.starts_with("//");
    let absolute = Url::parse(value).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if own || absolute {
        return Ok(Some(value.to_owned()));
    }
    Err(variables.error(name, "an absolute URL, or a path of this application such as /sign-in"))
}
