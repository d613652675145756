//! The options that policies share which check tokens.
//!
//! Of all: `allowUnauthenticatedRequests` (default false), `oAuthResourceMetadataEnabled` (default false: see
//! `resource_metadata`); and
//! of our own: `clockSkewSeconds` (default 5, at most 60), `onInvalidToken` (`continue`, the default, or `reject`: what
//! `allowUnauthenticatedRequests` means for a token that is there and not good), `claimsToHeaders` (default: none),
//! `removeAuthorizationHeader` (default false: the upstream gets the token, too), `requiredClaims` (see `claim_rules`).
//!
//! Of some: `rejectPendingSessions` (see `claim_rules`), `acceptSessionCookie` (default false: true takes Clerk's cookie
//! for a token in requests from the gateway's own origin, which all but GET and HEAD must say: see `session_cookie`),
//! `authHeader` (default `Authorization`: where the token is), `subPropertyName` (default `sub`: the claim that names the
//! caller).

use std::{collections::BTreeMap, time::Duration};

use axum::http::{HeaderName, header};
use serde::Deserialize;
use serde_json::Value;

use super::{claim_rules::ClaimRules, claims_to_headers::ClaimsToHeaders};
use crate::{
    gateway::project::{LoadError, Options, TextList},
    jwt::Rules,
};

/// The options of every policy that checks tokens.
const OF_ALL: &[&str] = &[
    "allowUnauthenticatedRequests",
    "oAuthResourceMetadataEnabled",
    "clockSkewSeconds",
    "onInvalidToken",
    "claimsToHeaders",
    "removeAuthorizationHeader",
    "requiredClaims",
];

/// More would let tokens live on that ended long ago.
const MAX_SKEW_SECONDS: u64 = 60;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    #[serde(default)]
    allow_unauthenticated_requests: bool,
    #[serde(default)]
    o_auth_resource_metadata_enabled: bool,
    clock_skew_seconds: Option<u64>,
    #[serde(default)]
    on_invalid_token: OnInvalidToken,
    #[serde(default)]
    claims_to_headers: ClaimsToHeaders,
    #[serde(default)]
    remove_authorization_header: bool,
    #[serde(default)]
    required_claims: BTreeMap<String, Vec<Value>>,
    #[serde(default)]
    reject_pending_sessions: bool,
    #[serde(default)]
    accept_session_cookie: bool,
    auth_header: Option<String>,
    sub_property_name: Option<String>,
}

/// What becomes of a token that is there and not good, where nobody needs one.
#[derive(Debug, Default, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum OnInvalidToken {
    #[default]
    Continue,
    Reject,
}

/// The shared options of one policy.
#[derive(Debug)]
pub struct JwtOptions {
    pub allow_unauthenticated: bool,
    pub on_invalid_token: OnInvalidToken,
    pub claim_rules: ClaimRules,
    pub claims_to_headers: ClaimsToHeaders,
    pub token_header: HeaderName,
    pub remove_token: bool,
    /// Clerk's cookies go with the token.
    pub remove_clerk_cookies: bool,
    /// Clerk's session cookie counts as a token: see `session_cookie` for which requests.
    pub accept_session_cookie: bool,
    /// Refusals say where to find who gives tokens.
    pub resource_metadata: bool,
    pub subject_claim: String,
    clock_skew: Option<Duration>,
}

impl JwtOptions {
    /// Reads the shared options: those of all policies, and those that `of_some` names. Returns them and the rest.
    pub fn read<'a>(options: &Options<'a>, of_some: &[&str]) -> Result<(Self, Options<'a>), LoadError> {
        let names = [OF_ALL, of_some].concat();
        let read: Written = options.only(&names).read()?;
        if read.clock_skew_seconds.is_some_and(|seconds| seconds > MAX_SKEW_SECONDS) {
            return Err(options.error("clockSkewSeconds", "at most 60"));
        }
        let token_header = read.auth_header.map_or(Ok(header::AUTHORIZATION), HeaderName::try_from);
        let shared = Self {
            allow_unauthenticated: read.allow_unauthenticated_requests,
            on_invalid_token: read.on_invalid_token,
            claim_rules: ClaimRules {
                reject_pending_sessions: read.reject_pending_sessions,
                required_claims: read.required_claims,
                of_clerk: false,
            },
            claims_to_headers: read.claims_to_headers,
            token_header: token_header.map_err(|_| options.error("authHeader", "the name of a header"))?,
            remove_token: read.remove_authorization_header,
            remove_clerk_cookies: false,
            accept_session_cookie: read.accept_session_cookie,
            resource_metadata: read.o_auth_resource_metadata_enabled,
            subject_claim: read.sub_property_name.unwrap_or_else(|| "sub".to_owned()),
            clock_skew: read.clock_skew_seconds.map(Duration::from_secs),
        };
        Ok((shared, options.without(&names)))
    }

    /// `rules`, with what these options say of them.
    pub fn rules(&self, rules: Rules) -> Rules {
        let clock_skew = self.clock_skew.unwrap_or(rules.clock_skew);
        Rules { clock_skew, subject_claim: self.subject_claim.clone(), ..rules }
    }
}

/// The names in a list that decides who gets in: without any, or with one that is empty, it would decide nothing.
pub fn names(list: TextList, option: &str, options: &Options<'_>) -> Result<Vec<String>, LoadError> {
    if list.0.is_empty() || list.0.iter().any(String::is_empty) {
        return Err(options.error(option, "at least one name, and none that is empty"));
    }
    Ok(list.0)
}

/// A text that decides who gets in, and must be there.
pub fn required(
    text: Option<String>,
    option: &str,
    expected: &str,
    options: &Options<'_>,
) -> Result<String, LoadError> {
    text.filter(|text| !text.is_empty()).ok_or_else(|| options.error(option, expected))
}
