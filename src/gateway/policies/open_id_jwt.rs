//! `open-id-jwt-auth-inbound`: lets requests pass with a token of any OpenID provider, or of whoever shares a secret.
//!
//! Options: `issuer` (required: `iss`, to the letter), `audience` (required: one name or several, of which `aud` must
//! hold one), `jwkUrl` or `secret` (one of them: where the keys are, or what HS256 was made with), `headers` (sent with
//! the request for keys), `authHeader`, `subPropertyName`, and those of `jwt_options`.
//!
//! Options of our own: `acceptAnyAudience` (true instead of an `audience`: for providers that name none), `jwksFile`
//! (instead of `jwkUrl`) and `jwks` (see `key_options`), `algorithms` (of public keys; default `["RS256"]`; also RS384, RS512,
//! PS256, ES256), `issuers` (more of them, each with the options above up to `headers` and these four).

use std::{collections::BTreeMap, sync::Arc};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::{
    Policy, PolicySite,
    jwt_auth::of_several_issuers,
    jwt_options::{JwtOptions, names, required},
    key_options::{WrittenTimes, key_times, keys_in_file, refuse_times},
};
use crate::{
    gateway::project::{LoadError, Options, TextList},
    jwt::{Algorithm, KeyServer, KeySet, Rules, Verifier, is_loopback},
};

const KEYS: &str = "jwkUrl";
const SECRET: &str = "secret";
const ALGORITHMS: &str = "algorithms";

/// 256 bits (RFC 7518, section 3.2): a shorter one can be guessed from any token.
const MIN_SECRET_BYTES: usize = 32;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OpenIdIssuer {
    issuer: Option<String>,
    audience: Option<TextList>,
    #[serde(default)]
    accept_any_audience: bool,
    jwk_url: Option<String>,
    secret: Option<String>,
    headers: Option<BTreeMap<String, String>>,
    algorithms: Option<Vec<Algorithm>>,
    jwks_file: Option<String>,
    jwks: Option<WrittenTimes>,
}

/// Makes the policy from its options.
pub fn build(options: &Options<'_>, site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    let (shared, own) = JwtOptions::read(options, &["authHeader", "subPropertyName"])?;
    of_several_issuers(shared, &own, site, |issuer, shared| verifier(issuer, shared, site))
}

fn verifier(options: &Options<'_>, shared: &JwtOptions, site: &PolicySite<'_>) -> Result<Verifier, LoadError> {
    let read: OpenIdIssuer = options.read()?;
    let issuer = required(read.issuer.clone(), "issuer", "the issuer, as it stands in `iss`", options)?;
    let audiences = audiences(read.audience.clone(), read.accept_any_audience, options)?;
    let keys = keys(&issuer, read, options, site)?;
    Ok(Verifier::new(keys, shared.rules(Rules::open_id(Some(issuer), audiences))))
}

fn keys(
    issuer: &str,
    read: OpenIdIssuer,
    options: &Options<'_>,
    site: &PolicySite<'_>,
) -> Result<Arc<KeySet>, LoadError> {
    match (read.jwk_url, read.jwks_file, read.secret) {
        (Some(url), None, None) => {
            let server = KeyServer {
                headers: headers(read.headers.unwrap_or_default(), options)?,
                algorithms: algorithms(read.algorithms, options)?,
                times: key_times(read.jwks, options)?,
                ..KeyServer::from(key_url(&url, options)?)
            };
            keys_at(issuer, &server, KEYS, options, site)
        }
        (None, None, Some(_)) if read.algorithms.is_some() => {
            Err(options.error(ALGORITHMS, "no algorithms beside `secret`, which is for HS256"))
        }
        (None, _, _) if read.headers.is_some() => {
            Err(options.error("headers", "no headers without `jwkUrl`: nothing is fetched"))
        }
        (None, Some(file), None) => {
            refuse_times(read.jwks.as_ref(), "jwksFile", options)?;
            keys_in_file(&file, &algorithms(read.algorithms, options)?, options, site)
        }
        (None, None, Some(secret)) => {
            refuse_times(read.jwks.as_ref(), SECRET, options)?;
            shared_secret(secret, options)
        }
        (None, None, None) => Err(options.error(KEYS, "`jwkUrl`, `jwksFile` or `secret`")),
        _ => Err(options.error(KEYS, "one of `jwkUrl`, `jwksFile` and `secret`")),
    }
}

/// The audiences of an issuer; none at all only if the project says so.
pub fn audiences(
    audience: Option<TextList>,
    accept_any: bool,
    options: &Options<'_>,
) -> Result<Vec<String>, LoadError> {
    match (audience, accept_any) {
        (Some(list), false) => names(list, "audience", options),
        (None, true) => Ok(Vec::new()),
        (Some(_), true) => Err(options.error("acceptAnyAudience", "`audience` or `acceptAnyAudience`, not both")),
        (None, false) => {
            let expected =
                "the audience of the tokens: without one (`acceptAnyAudience`) those for other applications pass, too";
            Err(options.error("audience", expected))
        }
    }
}

/// The key set of `issuer` at `server`, which `option` led to.
pub fn keys_at(
    issuer: &str,
    server: &KeyServer,
    option: &str,
    options: &Options<'_>,
    site: &PolicySite<'_>,
) -> Result<Arc<KeySet>, LoadError> {
    let keys = site.dependencies.key_sets.at(issuer, server);
    keys.map_err(|error| options.error(option, &format!("an issuer whose keys can be had ({error})")))
}

/// The key set of whoever has the secret.
pub fn shared_secret(secret: String, options: &Options<'_>) -> Result<Arc<KeySet>, LoadError> {
    if secret.contains("-----BEGIN") {
        return Err(options.error_in_secret(SECRET, "a secret: a key in PEM form is none"));
    }
    if secret.len() < MIN_SECRET_BYTES {
        return Err(options.error_in_secret(SECRET, "at least 32 bytes (RFC 7518, section 3.2)"));
    }
    Ok(Arc::new(KeySet::secret(&SecretString::from(secret))))
}

fn key_url(text: &str, options: &Options<'_>) -> Result<Url, LoadError> {
    let url =
        Url::parse(text).ok().filter(|url| url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url)));
    url.ok_or_else(|| options.error(KEYS, "an https URL of a key set (http on loopback only)"))
}

fn algorithms(list: Option<Vec<Algorithm>>, options: &Options<'_>) -> Result<Vec<Algorithm>, LoadError> {
    let algorithms = list.unwrap_or_else(|| vec![Algorithm::Rs256]);
    if algorithms.is_empty() {
        return Err(options.error(ALGORITHMS, "at least one algorithm"));
    }
    Ok(algorithms)
}

fn headers(written: BTreeMap<String, String>, options: &Options<'_>) -> Result<HeaderMap, LoadError> {
    let read = |(name, value): (String, String)| {
        let mut value = HeaderValue::from_str(&value).ok()?;
        value.set_sensitive(true);
        Some((HeaderName::try_from(name).ok()?, value))
    };
    let headers: Option<HeaderMap> = written.into_iter().map(read).collect();
    headers.ok_or_else(|| options.error_in_secret("headers", "header names and what they hold"))
}
