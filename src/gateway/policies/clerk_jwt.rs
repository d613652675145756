//! `clerk-jwt-auth-inbound`: lets requests with a valid Clerk token pass and says who they come from.
//!
//! Options: `frontendApiUrl` (required: the issuer, to the letter), `allowUnauthenticatedRequests` (default false),
//! `oAuthResourceMetadataEnabled` (only false is supported).
//!
//! Options of our own: `authorizedParties` (default: any), `clockSkewSeconds` (default 5, at most 60), `onInvalidToken`
//! (`continue`, the default, or `reject`: what `allowUnauthenticatedRequests` means for a token that is there and not
//! good), `jwtKey` (the instance's public key: nothing is fetched), `claimsToHeaders` (default: none),
//! `removeAuthorizationHeader` (default false: the upstream gets the token, too), and those of `claim_rules`.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, header},
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    InboundPolicy, Policy, PolicySite, Verdict,
    bearer::{MISSING, bearer_token, refuse, refuse_missing},
    claim_rules::ClaimRules,
    claims_to_headers::ClaimsToHeaders,
};
use crate::{
    gateway::{
        context::{Context, User},
        problem::Problem,
        project::{LoadError, Options, TextList},
    },
    jwt::{KeySet, Rules, Verifier, parse_issuer, public_key_from_pem},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ClerkOptions {
    frontend_api_url: Option<String>,
    #[serde(default)]
    allow_unauthenticated_requests: bool,
    #[serde(default)]
    o_auth_resource_metadata_enabled: bool,
    #[serde(default)]
    authorized_parties: Vec<String>,
    clock_skew_seconds: Option<u64>,
    #[serde(default)]
    on_invalid_token: OnInvalidToken,
    jwt_key: Option<String>,
    audience: Option<TextList>,
    #[serde(default)]
    reject_pending_sessions: bool,
    #[serde(default)]
    required_claims: BTreeMap<String, Vec<Value>>,
    #[serde(default)]
    claims_to_headers: ClaimsToHeaders,
    #[serde(default)]
    remove_authorization_header: bool,
}

#[derive(Default, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum OnInvalidToken {
    #[default]
    Continue,
    Reject,
}

struct ClerkJwt {
    verifier: Verifier,
    claim_rules: ClaimRules,
    claims_to_headers: ClaimsToHeaders,
    remove_authorization: bool,
    allow_unauthenticated: bool,
    on_invalid_token: OnInvalidToken,
}

/// More would let tokens live on that ended long ago.
const MAX_SKEW_SECONDS: u64 = 60;

/// Makes the policy from its options.
pub fn build(options: &Options<'_>, site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    const URL: &str = "frontendApiUrl";
    let read: ClerkOptions = options.read()?;
    let url = read.frontend_api_url.ok_or_else(|| {
        let expected = "the Frontend API URL of the Clerk instance, such as https://verb-noun-00.clerk.accounts.dev";
        options.error(URL, expected)
    })?;
    let issuer = parse_issuer(&url).map_err(|error| options.error(URL, &error.to_string()))?;
    if read.o_auth_resource_metadata_enabled {
        let expected = "false: protected-resource metadata is not supported";
        return Err(options.error("oAuthResourceMetadataEnabled", expected));
    }
    let keys = keys(&issuer, read.jwt_key.as_deref(), options, site)?;
    let mut rules = Rules::clerk(issuer, read.authorized_parties);
    if let Some(seconds) = read.clock_skew_seconds {
        if seconds > MAX_SKEW_SECONDS {
            return Err(options.error("clockSkewSeconds", "at most 60"));
        }
        rules.clock_skew = Duration::from_secs(seconds);
    }
    Ok(Policy::inbound(ClerkJwt {
        verifier: Verifier::new(keys, rules),
        claim_rules: ClaimRules {
            audience: read.audience,
            reject_pending_sessions: read.reject_pending_sessions,
            required_claims: read.required_claims,
        },
        claims_to_headers: read.claims_to_headers,
        remove_authorization: read.remove_authorization_header,
        allow_unauthenticated: read.allow_unauthenticated_requests,
        on_invalid_token: read.on_invalid_token,
    }))
}

fn keys(
    issuer: &str,
    jwt_key: Option<&str>,
    options: &Options<'_>,
    site: &PolicySite<'_>,
) -> Result<Arc<KeySet>, LoadError> {
    if let Some(pem) = jwt_key {
        let key = public_key_from_pem(pem).map_err(|_| options.error("jwtKey", "an RSA public key in PEM form"))?;
        return Ok(Arc::new(KeySet::fixed(key)));
    }
    let keys = site.dependencies.key_sets.of(issuer);
    keys.map_err(|error| options.error("frontendApiUrl", &format!("an issuer whose keys can be had ({error})")))
}

impl ClerkJwt {
    async fn authenticate(&self, headers: &HeaderMap, context: &Context) -> Result<User, Problem> {
        let token = bearer_token(headers).map_err(refuse_missing)?;
        let verified = self.verifier.verify(token, context.arrival.now).await.map_err(|error| {
            tracing::debug!(gateway.request_id = %context.arrival.request_id, %error, "token refused");
            refuse(&error)
        })?;
        let data = Value::Object(verified.claims.as_map().clone());
        self.claim_rules.check(&data)?;
        Ok(User { sub: verified.claims.subject().to_owned(), data })
    }
}

impl ClerkJwt {
    /// Nobody is somebody else: no token, and a token that is not good, are two cases.
    fn lets_pass(&self, problem: &Problem) -> bool {
        self.allow_unauthenticated && (self.on_invalid_token == OnInvalidToken::Continue || problem.reason() == MISSING)
    }
}

impl InboundPolicy for ClerkJwt {
    fn apply<'a>(&'a self, mut request: Request, context: &'a mut Context) -> Verdict<'a> {
        Box::pin(async move {
            match self.authenticate(request.headers(), context).await {
                Ok(user) => {
                    self.claims_to_headers.set(&user.data, request.headers_mut());
                    context.user = Some(user);
                }
                Err(problem) if self.lets_pass(&problem) => {
                    tracing::info!(gateway.request_id = %context.arrival.request_id, reason = problem.reason(), "let pass unauthenticated");
                }
                Err(problem) => return Err(problem.into()),
            }
            if self.remove_authorization {
                request.headers_mut().remove(header::AUTHORIZATION);
            }
            Ok(request)
        })
    }

    fn identifies(&self) -> bool {
        true
    }

    fn requires_user(&self) -> bool {
        !self.allow_unauthenticated
    }

    fn identity_headers(&self) -> Vec<HeaderName> {
        self.claims_to_headers.headers()
    }
}

#[cfg(test)]
#[path = "clerk_jwt_tests.rs"]
mod tests;
