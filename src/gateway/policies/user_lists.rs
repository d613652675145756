//! `rbac-policy-inbound` and `acl-policy-inbound`, which Zuplo publishes as samples: let known callers pass by role, or
//! by name. Nobody known is 401, somebody else 403.
//!
//! Options: of the first `allowedRoles` (required: one of them must be in the caller's `roles`), of the second `users`
//! (required: values of `sub`, whoever vouches for them: the load warns where more than one may).

use axum::{
    extract::Request,
    http::{HeaderValue, header},
};
use serde::Deserialize;
use serde_json::Value;

use super::{InboundPolicy, Policy, PolicySite, Verdict, bearer::refuse_caller, ready};
use crate::gateway::{
    context::{Context, User},
    problem::Problem,
    project::{LoadError, Options},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Roles {
    allowed_roles: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Users {
    users: Vec<String>,
}

/// Makes `rbac-policy-inbound`.
pub fn build_roles(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    Ok(Policy::inbound(options.read::<Roles>()?))
}

/// Makes `acl-policy-inbound`.
pub fn build_users(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    Ok(Policy::inbound(options.read::<Users>()?))
}

/// The refusal for a caller whom nobody knows.
pub fn unknown_caller() -> Problem {
    let challenge = HeaderValue::from_static("Bearer realm=\"gatehouse\"");
    Problem::unauthorized("no_user", "Nobody knows who sent this request.")
        .with_header(header::WWW_AUTHENTICATE, challenge)
}

fn decide(request: Request, context: &Context, allows: impl Fn(&User) -> bool) -> Verdict<'static> {
    ready(match &context.user {
        None => Err(unknown_caller().into()),
        Some(user) if allows(user) => Ok(request),
        Some(_) => Err(refuse_caller("not_listed", "You may not do this.", None).into()),
    })
}

/// `roles` of the caller: a list, or one of them.
fn roles(user: &User) -> Vec<&str> {
    match user.data.get("roles") {
        Some(Value::Array(roles)) => roles.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(role)) => vec![role],
        _ => Vec::new(),
    }
}

impl InboundPolicy for Roles {
    fn apply<'a>(&'a self, request: Request, context: &'a mut Context) -> Verdict<'a> {
        decide(request, context, |user| roles(user).iter().any(|role| self.allowed_roles.iter().any(|own| own == role)))
    }

    fn requires_user(&self) -> bool {
        true
    }
}

impl InboundPolicy for Users {
    fn apply<'a>(&'a self, request: Request, context: &'a mut Context) -> Verdict<'a> {
        decide(request, context, |user| self.users.contains(&user.sub))
    }

    fn knows_names_only(&self) -> bool {
        true
    }

    fn requires_user(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::testing::{inbound, request};

    async fn status(policy: &str, options: Value, user: Option<(&str, Value)>) -> u16 {
        let mut policy = inbound(policy, &options);
        policy.context.user = user.map(|(sub, data)| User::new(sub, data));
        policy.status(request(&[])).await
    }

    #[tokio::test]
    async fn one_role_of_many_is_enough() {
        let options = json!({ "allowedRoles": ["admin", "editor"] });
        for (user, expected) in [
            (None, 401),
            (Some(("a", json!({ "roles": ["reader", "editor"] }))), 200),
            (Some(("a", json!({ "roles": "admin" }))), 200),
            (Some(("a", json!({ "roles": ["reader"] }))), 403),
            (Some(("a", json!({ "roles": 7 }))), 403),
            (Some(("admin", json!(null))), 403),
        ] {
            assert_eq!(status("rbac-policy-inbound", options.clone(), user).await, expected);
        }
        assert_eq!(
            status("rbac-policy-inbound", json!({ "allowedRoles": [] }), Some(("a", json!({ "roles": [] })))).await,
            403
        );
    }

    #[tokio::test]
    async fn only_listed_callers_pass() {
        let options = json!({ "users": ["user_1"] });
        for (user, expected) in
            [(None, 401), (Some(("user_1", json!(null))), 200), (Some(("user_2", json!(null))), 403)]
        {
            assert_eq!(status("acl-policy-inbound", options.clone(), user).await, expected);
        }
    }
}
