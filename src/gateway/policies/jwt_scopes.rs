//! `jwt-scopes-inbound`: lets callers pass whose token holds every scope that is asked for. Otherwise the answer is 403
//! with the challenge of RFC 6750, section 3.1.
//!
//! Options: `scopes` (required: all of them). A token says its scopes as `scope` (with spaces, RFC 8693), as `scp` (a
//! list), or, as Clerk's do, as permissions of the active organisation: `org_permissions` (version 1), or `o` with `fea`
//! (version 2), which read as `org:feature:permission`.

use axum::extract::Request;
use serde::Deserialize;
use serde_json::Value;

use super::{InboundPolicy, Policy, PolicySite, Verdict, bearer::refuse_caller, ready, user_lists::unknown_caller};
use crate::gateway::{
    context::Context,
    project::{LoadError, Options},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeOptions {
    scopes: Vec<String>,
}

struct JwtScopes {
    scopes: Vec<String>,
}

/// Makes the policy from its options.
pub fn build(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    let scopes = options.read::<ScopeOptions>()?.scopes;
    let is_scope = |scope: &String| {
        !scope.is_empty() && scope.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
    };
    if scopes.is_empty() || !scopes.iter().all(is_scope) {
        return Err(options.error("scopes", "scopes (RFC 6749, section 3.3)"));
    }
    Ok(Policy::inbound(JwtScopes { scopes }))
}

/// Every scope that the claims hold.
fn granted(claims: &Value) -> Vec<String> {
    let mut all = Vec::new();
    for claim in ["scope", "scp", "org_permissions"] {
        match claims.get(claim) {
            Some(Value::String(text)) => all.extend(text.split_whitespace().map(str::to_owned)),
            Some(Value::Array(items)) => all.extend(items.iter().filter_map(Value::as_str).map(str::to_owned)),
            _ => {}
        }
    }
    all.extend(organisation_permissions(claims).unwrap_or_default());
    all
}

/// Version 2 of Clerk's claims: `fea` lists features, `o:` or `uo:` before those of the organisation; `o.per` lists
/// permissions; `o.fpm` has one number per organisation feature, whose bits say which permissions hold there.
fn organisation_permissions(claims: &Value) -> Option<Vec<String>> {
    let organisation = claims.get("o")?;
    let list = |value: Option<&Value>| -> Option<Vec<String>> {
        Some(value?.as_str()?.split(',').map(|entry| entry.trim().to_owned()).collect())
    };
    let permissions = list(organisation.get("per"))?;
    let masks = list(organisation.get("fpm"))?;
    let features = list(claims.get("fea"))?;
    let features = features.iter().filter_map(|feature| {
        let (scope, name) = feature.split_once(':')?;
        scope.contains('o').then_some(name)
    });
    let mut all = Vec::new();
    for (feature, mask) in features.zip(masks) {
        let mask: u64 = mask.parse().ok()?;
        let held = permissions
            .iter()
            .enumerate()
            .filter(|(bit, _)| mask.checked_shr(u32::try_from(*bit).unwrap_or(64)).unwrap_or(0) & 1 == 1);
        all.extend(held.map(|(_, permission)| format!("org:{feature}:{permission}")));
    }
    Some(all)
}

impl InboundPolicy for JwtScopes {
    fn apply<'a>(&'a self, request: Request, context: &'a mut Context) -> Verdict<'a> {
        let Some(user) = &context.user else { return ready(Err(unknown_caller().into())) };
        let granted = granted(&user.data);
        if self.scopes.iter().all(|scope| granted.contains(scope)) {
            return ready(Ok(request));
        }
        let detail = "The token does not hold every scope that is needed.";
        ready(Err(refuse_caller("insufficient_scope", detail, Some(&self.scopes.join(" "))).into()))
    }

    fn requires_user(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::{
        User,
        testing::{fault, inbound, request},
    };

    #[tokio::test]
    async fn every_scope_is_needed_however_the_token_says_it() {
        let clerk = json!({ "fea": "u:x,o:docs,uo:teams", "o": { "per": "read,manage", "fpm": "1,3" } });
        for (scopes, claims, status) in [
            (vec!["a", "b"], json!({ "scope": "b c a" }), 200),
            (vec!["a", "b"], json!({ "scp": ["a", "b"] }), 200),
            (vec!["a", "b"], json!({ "scope": "a", "scp": "b" }), 200),
            (vec!["a", "b"], json!({ "scope": "a" }), 403),
            (vec!["a"], json!({ "scope": "ab" }), 403),
            (vec!["a"], json!({ "scope": ["a"] }), 200),
            (vec!["org:docs:read"], json!({ "org_permissions": ["org:docs:read"] }), 200),
            (vec!["org:docs:read", "org:teams:manage", "org:teams:read"], clerk.clone(), 200),
            (vec!["org:docs:manage"], clerk.clone(), 403),
            (vec!["org:x:read"], clerk.clone(), 403),
            (vec!["read"], clerk, 403),
            (vec!["a"], Value::Null, 403),
        ] {
            let mut policy = inbound("jwt-scopes-inbound", &json!({ "scopes": scopes }));
            policy.context.user = Some(User::new("user_1", claims));
            assert_eq!(policy.status(request(&[])).await, status, "{scopes:?}");
        }
    }

    #[tokio::test]
    async fn the_challenge_names_what_is_needed() {
        let mut policy = inbound("jwt-scopes-inbound", &json!({ "scopes": ["a", "b"] }));
        assert_eq!(policy.refuses(request(&[])).await.status(), 401);
        policy.context.user = Some(User::new("user_1", Value::Null));
        let refusal = policy.refuses(request(&[])).await;
        assert_eq!(
            refusal.header("www-authenticate"),
            r#"Bearer realm="gatehouse", error="insufficient_scope", scope="a b""#
        );
        for scopes in [json!([]), json!(["a b"]), json!(["\""])] {
            assert!(fault("jwt-scopes-inbound", &json!({ "scopes": scopes })).contains("at /scopes: expected scopes"));
        }
    }
}
