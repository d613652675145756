//! `api-key-inbound`: lets requests with a key of the project's `api-keys.json` pass, and says whose it is: `sub` is the
//! consumer's name, `data` the key's metadata.
//!
//! Options: `authHeader` (default `Authorization`), `authScheme` (default `Bearer`; empty: the header holds the key
//! alone), `bucketName` (default: keys without a bucket), `allowUnauthenticatedRequests` (default false),
//! `disableAutomaticallyAddingKeyHeaderToOpenApi` (default false: served documents say how to send the key),
//! `cacheTtlSeconds` (read, and without effect: a changed file counts at once).

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
};
use serde::Deserialize;

use super::{InboundPolicy, Policy, PolicySite, SecurityScheme, Verdict, let_pass, ready};
use crate::gateway::{
    api_keys::{ApiKeys, BadKey},
    context::{Context, User},
    problem::Problem,
    project::{LoadError, Options},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KeyOptions {
    auth_header: Option<String>,
    auth_scheme: Option<String>,
    bucket_name: Option<String>,
    #[serde(default)]
    allow_unauthenticated_requests: bool,
    #[serde(default)]
    disable_automatically_adding_key_header_to_open_api: bool,
    #[serde(rename = "cacheTtlSeconds")]
    _cache_ttl_seconds: Option<u64>,
}

struct ApiKey {
    keys: Arc<ApiKeys>,
    header: HeaderName,
    scheme: String,
    bucket: Option<String>,
    authority: Arc<str>,
    challenge: HeaderValue,
    allow_unauthenticated: bool,
    /// Served documents do not speak of it.
    unmentioned: bool,
}

/// Makes the policy from its options.
pub fn build(options: &Options<'_>, site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    let read: KeyOptions = options.read()?;
    let name = read.auth_header.unwrap_or_else(|| header::AUTHORIZATION.to_string());
    let header = HeaderName::try_from(name).map_err(|_| options.error("authHeader", "the name of a header"))?;
    let scheme = read.auth_scheme.unwrap_or_else(|| "Bearer".to_owned());
    let is_scheme = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let challenge = if scheme.is_empty() { "ApiKey" } else { &scheme };
    let challenge = HeaderValue::try_from(format!("{challenge} realm=\"gatehouse\"")).ok().filter(|_| is_scheme);
    Ok(Policy::inbound(ApiKey {
        keys: Arc::clone(site.api_keys),
        header,
        challenge: challenge.ok_or_else(|| options.error("authScheme", "the name of a scheme, such as Bearer"))?,
        scheme,
        authority: read.bucket_name.as_ref().map_or("API keys".into(), |name| format!("API keys of {name}").into()),
        bucket: read.bucket_name,
        allow_unauthenticated: read.allow_unauthenticated_requests,
        unmentioned: read.disable_automatically_adding_key_header_to_open_api,
    }))
}

impl ApiKey {
    fn user(&self, headers: &HeaderMap, now: std::time::Duration) -> Result<&User, Problem> {
        let refuse = |reason, detail| {
            Problem::unauthorized(reason, detail).with_header(header::WWW_AUTHENTICATE, self.challenge.clone())
        };
        let mut values = headers.get_all(&self.header).iter();
        let value = values.next().ok_or_else(|| refuse("missing", "No API key was sent."))?;
        if values.next().is_some() {
            return Err(refuse("malformed", "More than one API key was sent."));
        }
        let key = self.key_in(value).ok_or_else(|| refuse("missing", "No API key was sent."))?;
        self.keys.find(key, self.bucket.as_deref(), now).map_err(|bad| match bad {
            BadKey::Malformed => refuse("malformed", "This is no API key. Was it mistyped?"),
            BadKey::Unknown => refuse("unknown_key", "The API key is not valid."),
            BadKey::Expired => refuse("expired", "The API key has expired."),
        })
    }

    fn key_in<'h>(&self, value: &'h HeaderValue) -> Option<&'h str> {
        let text = value.to_str().ok()?.trim();
        if self.scheme.is_empty() {
            return Some(text);
        }
        let (scheme, key) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case(&self.scheme).then(|| key.trim())
    }
}

impl InboundPolicy for ApiKey {
    fn apply<'a>(&'a self, request: Request, context: &'a mut Context) -> Verdict<'a> {
        match self.user(request.headers(), context.arrival.now) {
            Ok(user) => context.identify(user.clone(), &self.authority),
            Err(problem) if self.allow_unauthenticated => {
                let_pass(context, problem.reason());
            }
            Err(problem) => return ready(Err(problem.into())),
        }
        ready(Ok(request))
    }

    fn identifies(&self) -> bool {
        true
    }

    fn authorities(&self) -> Vec<String> {
        vec![self.authority.to_string()]
    }

    fn security_scheme(&self) -> Option<SecurityScheme> {
        (!self.unmentioned).then(|| SecurityScheme::of(&self.header, &self.scheme))
    }

    fn requires_user(&self) -> bool {
        !self.allow_unauthenticated
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::{Value, json};

    use super::*;
    use crate::gateway::{
        api_keys::make_key,
        testing::{Applied, fault, inbound_with_keys, request},
    };

    fn policy(options: &Value) -> (Applied<Arc<dyn InboundPolicy>>, String) {
        let (key, hash) = make_key([1; 24]);
        let file = json!({ "keys": [{ "consumer": "acme", "hash": hash, "metadata": { "plan": 1 } }] });
        (inbound_with_keys("api-key-inbound", options, ApiKeys::read(Path::new("api-keys.json"), &file).unwrap()), key)
    }

    #[tokio::test]
    async fn a_key_says_whose_request_it_is() {
        for (options, header, scheme) in [
            (json!({}), "authorization", "Bearer "),
            (json!({ "authHeader": "X-Api-Key", "authScheme": "" }), "x-api-key", ""),
            (json!({ "authScheme": "Key", "cacheTtlSeconds": 5 }), "authorization", "key "),
        ] {
            let (mut policy, key) = policy(&options);
            policy.passes(request(&[(header, &format!("{scheme}{key}"))])).await;
            let user = policy.context.user.unwrap();
            assert_eq!((user.sub.as_str(), &*user.data), ("acme", &json!({ "plan": 1 })));
        }
    }

    #[tokio::test]
    async fn everything_else_is_refused_in_words_of_its_own() {
        let stranger = make_key([2; 24]).0;
        for (value, detail) in [
            (None, "No API key was sent."),
            (Some("Basic x".to_owned()), "No API key was sent."),
            (Some("Bearer x".to_owned()), "This is no API key. Was it mistyped?"),
            (Some(format!("Bearer {stranger}")), "The API key is not valid."),
        ] {
            let headers: Vec<(&str, &str)> = value.iter().map(|value| ("authorization", value.as_str())).collect();
            let refusal = policy(&json!({})).0.refuses(request(&headers)).await;
            assert_eq!((refusal.status().as_u16(), refusal.detail()), (401, detail));
            assert_eq!(refusal.header("www-authenticate"), "Bearer realm=\"gatehouse\"");
            let mut lenient = policy(&json!({ "allowUnauthenticatedRequests": true })).0;
            lenient.passes(request(&headers)).await;
            assert!(lenient.context.user.is_none());
        }
        let (mut policy, key) = policy(&json!({}));
        let bearer = format!("Bearer {key}");
        let twice = request(&[("authorization", &bearer), ("authorization", &bearer)]);
        assert_eq!(policy.refuses(twice).await.status(), 401);
        assert!(
            fault("api-key-inbound", &json!({ "authScheme": "a b" })).contains("at /authScheme: expected the name")
        );
    }
}
