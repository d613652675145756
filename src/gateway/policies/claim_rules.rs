//! What a policy may ask of a token beyond what makes it valid. All of it is ours, but `requiredClaims` for Supabase.
//!
//! Options: `rejectPendingSessions` (default false: true refuses sessions with unfinished tasks), `requiredClaims`
//! (`{ "claim": [values] }`: each claim must hold one of its values, or the caller may not do this: 403).
//!
//! Clerk's tokens say the active organisation as `o`, those of version 1 as `org_…`. For its policy, `requiredClaims` may
//! name `o.id`, `o.rol`, `o.slg` and `o.per` whatever the version; a permission of version 1 is whole, as in
//! `org:docs:read`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::bearer::{refuse_caller, refuse_token};
use crate::gateway::problem::Problem;

/// The rules of one policy.
#[derive(Debug, Clone, Default)]
pub struct ClaimRules {
    pub reject_pending_sessions: bool,
    pub required_claims: BTreeMap<String, Vec<Value>>,
    /// The claims are Clerk's.
    pub of_clerk: bool,
}

impl ClaimRules {
    /// Whether verified claims keep to the rules.
    ///
    /// # Errors
    /// 401 for a token that is not meant for here, 403 for a caller who may not do this.
    pub fn check(&self, claims: &Value) -> Result<(), Problem> {
        if self.reject_pending_sessions && claims["sts"] == "pending" {
            return Err(refuse_token("session_pending", "The session has unfinished tasks."));
        }
        if self.required_claims.is_empty() {
            return Ok(());
        }
        let organisation = if self.of_clerk { organisation_of_version_1(claims) } else { None };
        let claim_of = |name: &str| find(claims, name).or_else(|| find(organisation.as_ref()?, name));
        let holds_one = |(claim, values): (&String, &Vec<Value>)| {
            claim_of(claim).is_some_and(|claim| values.iter().any(|value| holds(claim, value)))
        };
        if self.required_claims.iter().all(holds_one) {
            return Ok(());
        }
        Err(refuse_caller("required_claims", "The token does not hold every claim that is needed.", None))
    }
}

/// What version 1 of Clerk's claims says of the active organisation, as version 2 would. Tokens of version 2 say their
/// version: an `org_role` in them is a claim of the application's own.
fn organisation_of_version_1(claims: &Value) -> Option<Value> {
    if claims.get("o").is_some() || claims.get("v").is_some_and(|version| *version != 1) {
        return None;
    }
    let role = claims.get("org_role").and_then(Value::as_str);
    let role = role.map(|role| Value::from(role.strip_prefix("org:").unwrap_or(role)));
    let plain = |name: &str| claims.get(name).cloned();
    let members =
        [("id", plain("org_id")), ("rol", role), ("slg", plain("org_slug")), ("per", plain("org_permissions"))];
    let members: Map<String, Value> =
        members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    Some(Value::from(Map::from_iter([("o".to_owned(), Value::Object(members))])))
}

/// Whether a claim is this value, or a list with it.
fn holds(claim: &Value, value: &Value) -> bool {
    match claim {
        Value::Array(items) => items.contains(value),
        other => other == value,
    }
}

/// A claim of this very name (they may hold dots), or one inside another, written `outer.inner`.
pub fn find<'v>(claims: &'v Value, name: &str) -> Option<&'v Value> {
    claims.get(name).or_else(|| {
        let (outer, inner) = name.split_once('.')?;
        find(claims.get(outer)?, inner)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::testing::arrival;

    #[expect(clippy::needless_pass_by_value, reason = "reads better in tables")]
    fn status(rules: Value, claims: &Value) -> u16 {
        let read = |name: &str| rules.get(name).cloned();
        let rules = ClaimRules {
            reject_pending_sessions: read("rejectPendingSessions").is_some(),
            required_claims: read("requiredClaims").map(|map| serde_json::from_value(map).unwrap()).unwrap_or_default(),
            of_clerk: read("ofClerk").is_some(),
        };
        rules.check(claims).map_or_else(|problem| problem.into_response(&arrival()).status().as_u16(), |()| 200)
    }

    #[test]
    fn pending_sessions_pass_unless_they_must_not() {
        let pending = json!({ "sts": "pending" });
        assert_eq!(status(json!({}), &pending), 200);
        assert_eq!(status(json!({ "rejectPendingSessions": true }), &pending), 401);
        assert_eq!(status(json!({ "rejectPendingSessions": true }), &json!({ "sts": "active" })), 200);
    }

    #[test]
    fn clerks_first_version_says_the_organisation_in_claims_of_its_own() {
        let first = json!({
            "org_id": "org_1", "org_role": "org:admin", "org_slug": "acme", "org_permissions": ["org:docs:read"],
        });
        let with = |name: &str, value: Value| {
            let mut claims = first.clone();
            claims[name] = value;
            claims
        };
        for (required, claims, expected) in [
            (json!({ "o.rol": ["admin"] }), first.clone(), 200),
            (json!({ "o.rol": ["admin"] }), with("v", json!(1)), 200),
            (json!({ "o.rol": ["admin"] }), with("org_role", json!("admin")), 200),
            (json!({ "o.rol": ["org:admin"] }), first.clone(), 403),
            (json!({ "org_role": ["org:admin"] }), first.clone(), 200),
            (json!({ "o.rol": ["admin"] }), with("org_role", json!("org:member")), 403),
            (json!({ "o.id": ["org_1"], "o.slg": ["acme"], "o.per": ["org:docs:read"] }), first.clone(), 200),
            (json!({ "o.id": ["org_2"] }), first.clone(), 403),
            (json!({ "o.rol": ["admin"] }), with("v", json!(2)), 403),
            (json!({ "o.rol": ["admin"] }), with("v", json!("2")), 403),
            (json!({ "o.rol": ["admin"] }), with("o", json!({ "rol": "member" })), 403),
            (json!({ "o.rol": ["admin"] }), with("o", Value::Null), 403),
            (json!({ "o.rol": [null] }), json!({ "sub": "user_1" }), 403),
        ] {
            let rules = json!({ "requiredClaims": required, "ofClerk": true });
            assert_eq!(status(rules, &claims), expected, "{required} {claims}");
        }
        assert_eq!(status(json!({ "requiredClaims": { "o.rol": ["admin"] } }), &first), 403, "not Clerk's");
    }

    #[test]
    fn every_required_claim_holds_one_of_its_values() {
        let rules = json!({ "requiredClaims": { "o.rol": ["admin", "owner"], "v": [2], "roles": ["x"] } });
        for (claims, expected) in [
            (json!({ "o": { "rol": "owner" }, "v": 2, "roles": ["y", "x"] }), 200),
            (json!({ "o.rol": "admin", "v": 2, "roles": "x" }), 200),
            (json!({ "o": { "rol": "member" }, "v": 2, "roles": ["x"] }), 403),
            (json!({ "o": { "rol": "admin" }, "v": "2", "roles": ["x"] }), 403),
            (json!({ "o": { "rol": "admin" }, "v": 2 }), 403),
        ] {
            assert_eq!(status(rules.clone(), &claims), expected, "{claims}");
        }
        assert_eq!(status(json!({ "requiredClaims": { "missing": [null] } }), &json!({})), 403, "nothing is no value");
    }
}
