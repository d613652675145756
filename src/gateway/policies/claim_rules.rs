//! What a policy may ask of a token beyond what makes it valid. All of it is ours, but `requiredClaims` for Supabase.
//!
//! Options: `rejectPendingSessions` (default false: true refuses sessions with unfinished tasks), `requiredClaims`
//! (`{ "claim": [values] }`: each claim must hold one of its values, or the caller may not do this: 403).

use std::collections::BTreeMap;

use serde_json::Value;

use super::bearer::{refuse_caller, refuse_token};
use crate::gateway::problem::Problem;

/// The rules of one policy.
#[derive(Debug, Clone, Default)]
pub struct ClaimRules {
    pub reject_pending_sessions: bool,
    pub required_claims: BTreeMap<String, Vec<Value>>,
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
        let holds_one = |(claim, values): (&String, &Vec<Value>)| {
            find(claims, claim).is_some_and(|claim| values.iter().any(|value| holds(claim, value)))
        };
        if self.required_claims.iter().all(holds_one) {
            return Ok(());
        }
        Err(refuse_caller("required_claims", "The token does not hold every claim that is needed.", None))
    }
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
