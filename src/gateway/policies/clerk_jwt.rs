//! `clerk-jwt-auth-inbound`: lets requests with a valid Clerk token pass and says who they come from.
//!
//! Options: `frontendApiUrl` (required: the issuer, to the letter), and those of `jwt_options`.
//!
//! Options of our own: `authorizedParties` (default: any), `audience` (default: not looked at), `jwtKey` (the instance's
//! public key: nothing is fetched), `jwksFile` and `jwks` (see `key_options`), `issuers` (more instances, each with these
//! five and its `frontendApiUrl`), `rejectPendingSessions`, `acceptSessionCookie` (see `session_cookie`).
//! `removeAuthorizationHeader` removes Clerk's cookies, too.

use std::sync::Arc;

use serde::Deserialize;

use super::{
    Policy, PolicySite,
    jwt_auth::of_several_issuers,
    jwt_options::{JwtOptions, names},
    key_options::{WrittenTimes, key_times, keys_in_file, refuse_times},
};
use crate::{
    gateway::project::{LoadError, Options, TextList},
    jwt::{Algorithm, KeySet, Rules, Verifier, parse_issuer, public_key_from_pem},
};

const URL: &str = "frontendApiUrl";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ClerkIssuer {
    frontend_api_url: Option<String>,
    authorized_parties: Option<Vec<String>>,
    audience: Option<TextList>,
    jwt_key: Option<String>,
    jwks_file: Option<String>,
    jwks: Option<WrittenTimes>,
}

/// Makes the policy from its options.
pub fn build(options: &Options<'_>, site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    let (mut shared, own) = JwtOptions::read(options, &["acceptSessionCookie", "rejectPendingSessions"])?;
    shared.remove_clerk_cookies = shared.remove_token;
    shared.claim_rules.of_clerk = true;
    of_several_issuers(shared, &own, site, |issuer, shared| verifier(issuer, shared, site))
}

fn verifier(options: &Options<'_>, shared: &JwtOptions, site: &PolicySite<'_>) -> Result<Verifier, LoadError> {
    let read: ClerkIssuer = options.read()?;
    let url = read.frontend_api_url.ok_or_else(|| {
        let expected = "the Frontend API URL of the Clerk instance, such as https://verb-noun-00.clerk.accounts.dev";
        options.error(URL, expected)
    })?;
    let issuer = parse_issuer(&url).map_err(|error| options.error(URL, &error.to_string()))?;
    let keys = keys(&issuer, (read.jwt_key, read.jwks_file, read.jwks), options, site)?;
    let parties = read.authorized_parties.map(|parties| names(TextList(parties), "authorizedParties", options));
    let mut rules = shared.rules(Rules::clerk(issuer, parties.transpose()?.unwrap_or_default()));
    if let Some(audience) = read.audience {
        rules.audiences = names(audience, "audience", options)?;
        rules.audience_required = true;
    }
    Ok(Verifier::new(keys, rules))
}

fn keys(
    issuer: &str,
    written: (Option<String>, Option<String>, Option<WrittenTimes>),
    options: &Options<'_>,
    site: &PolicySite<'_>,
) -> Result<Arc<KeySet>, LoadError> {
    match written {
        (Some(_), Some(_), _) => Err(options.error("jwksFile", "`jwtKey` or `jwksFile`, not both")),
        (Some(pem), None, times) => {
            refuse_times(times.as_ref(), "jwtKey", options)?;
            let key =
                public_key_from_pem(&pem).map_err(|_| options.error("jwtKey", "an RSA public key in PEM form"))?;
            Ok(Arc::new(KeySet::fixed(key)))
        }
        (None, Some(file), times) => {
            refuse_times(times.as_ref(), "jwksFile", options)?;
            keys_in_file(&file, &[Algorithm::Rs256], options, site)
        }
        (None, None, times) => {
            let keys = site.dependencies.key_sets.with_times(issuer, key_times(times, options)?);
            keys.map_err(|error| options.error(URL, &format!("an issuer whose keys can be had ({error})")))
        }
    }
}

#[cfg(test)]
#[path = "clerk_jwt_tests.rs"]
mod tests;
