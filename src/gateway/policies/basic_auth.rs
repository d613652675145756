//! `basic-auth-inbound`: lets requests pass with the name and password of an account (RFC 7617).
//!
//! Options: `accounts` (required: `username`, `password`, `data`), `allowUnauthenticatedRequests` (default false).
//! Passwords are kept as hashes, and compared so that time says nothing of them.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::Value;
use subtle::ConstantTimeEq;

use super::{InboundPolicy, Policy, PolicySite, SecurityScheme, Verdict, let_pass, ready};
use crate::gateway::{
    context::{Context, User},
    problem::Problem,
    project::{LoadError, Options},
};

/// No credentials, or none that fit: nobody learns which.
const REASON: &str = "basic";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BasicOptions {
    accounts: Vec<AccountOptions>,
    #[serde(default)]
    allow_unauthenticated_requests: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountOptions {
    username: String,
    password: String,
    #[serde(default)]
    data: Value,
}

struct Account {
    /// Of name and password together.
    hash: Vec<u8>,
    user: User,
}

struct BasicAuth {
    accounts: Vec<Account>,
    authority: Arc<str>,
    allow_unauthenticated: bool,
}

/// Makes the policy from its options.
pub fn build(options: &Options<'_>, site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    let read: BasicOptions = options.read()?;
    let usable = |account: &AccountOptions| {
        !account.username.is_empty() && !account.username.contains(':') && !account.password.is_empty()
    };
    if read.accounts.is_empty() || !read.accounts.iter().all(usable) {
        return Err(options.error("accounts", "accounts with a name (without a colon) and a password"));
    }
    let account = |account: AccountOptions| Account {
        hash: hash(format!("{}:{}", account.username, account.password).as_bytes()),
        user: User::new(account.username, account.data),
    };
    let accounts = read.accounts.into_iter().map(account).collect();
    let authority = format!("accounts of {}", site.name).into();
    Ok(Policy::inbound(BasicAuth { accounts, authority, allow_unauthenticated: read.allow_unauthenticated_requests }))
}

fn hash(credentials: &[u8]) -> Vec<u8> {
    digest(&SHA256, credentials).as_ref().to_vec()
}

/// Name and password as the client sent them, with the colon between.
fn credentials(headers: &HeaderMap) -> Option<Vec<u8>> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (scheme, encoded) = values.next()?.to_str().ok()?.split_once(' ')?;
    let only = values.next().is_none() && scheme.eq_ignore_ascii_case("basic");
    STANDARD.decode(encoded.trim()).ok().filter(|_| only)
}

impl BasicAuth {
    /// Looks at every account, whichever fits.
    fn user(&self, headers: &HeaderMap) -> Option<&User> {
        let hash = hash(&credentials(headers)?);
        let fits = |account: &&Account| bool::from(account.hash.ct_eq(&hash));
        self.accounts.iter().filter(fits).fold(None, |found, account| found.or(Some(&account.user)))
    }
}

impl InboundPolicy for BasicAuth {
    fn apply<'a>(&'a self, request: Request, context: &'a mut Context) -> Verdict<'a> {
        match self.user(request.headers()) {
            Some(user) => context.identify(user.clone(), &self.authority),
            None if self.allow_unauthenticated => let_pass(context, REASON),
            None => {
                let challenge = HeaderValue::from_static("Basic realm=\"gatehouse\", charset=\"UTF-8\"");
                let problem = Problem::unauthorized(REASON, "A name and a password are needed, and must fit.");
                return ready(Err(problem.with_header(header::WWW_AUTHENTICATE, challenge).into()));
            }
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
        Some(SecurityScheme::of(&header::AUTHORIZATION, "basic"))
    }

    fn requires_user(&self) -> bool {
        !self.allow_unauthenticated
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::testing::{fault, inbound, request};

    fn options(allow: bool) -> Value {
        json!({
            "accounts": [
                { "username": "ada", "password": "a:b", "data": { "role": "admin" } },
                { "username": "bob", "password": "ü" },
            ],
            "allowUnauthenticatedRequests": allow,
        })
    }

    fn basic(credentials: &str) -> String {
        format!("Basic {}", STANDARD.encode(credentials))
    }

    #[tokio::test]
    async fn an_account_passes_with_its_data() {
        let mut policy = inbound("basic-auth-inbound", &options(false));
        policy.passes(request(&[("authorization", &basic("ada:a:b"))])).await;
        let user = policy.context.user.take().unwrap();
        assert_eq!((user.sub.as_str(), &*user.data), ("ada", &json!({ "role": "admin" })));
        policy.passes(request(&[("authorization", &basic("bob:ü").replace("Basic", "basic"))])).await;
        assert_eq!(policy.context.user.unwrap().sub, "bob");
    }

    #[tokio::test]
    async fn everything_else_is_refused_with_a_challenge() {
        let twice = [("authorization", &*basic("ada:a:b")), ("authorization", &*basic("ada:a:b"))];
        let wrong = [basic("ada:b"), basic("ada"), basic("bob:a:b"), basic(""), "Basic *".into(), "Bearer x".into()];
        let mut requests: Vec<Request> = wrong.iter().map(|value| request(&[("authorization", value)])).collect();
        requests.extend([request(&[]), request(&twice)]);
        for refused in requests {
            let mut policy = inbound("basic-auth-inbound", &options(false));
            let refusal = policy.refuses(refused).await;
            assert_eq!(
                (refusal.status().as_u16(), refusal.header("www-authenticate")),
                (401, "Basic realm=\"gatehouse\", charset=\"UTF-8\"")
            );
            assert!(policy.context.user.is_none());
        }
        let mut policy = inbound("basic-auth-inbound", &options(true));
        policy.passes(request(&[("authorization", &basic("ada:b"))])).await;
        assert!(policy.context.user.is_none());
        assert!(fault("basic-auth-inbound", &json!({ "accounts": [] })).contains("at /accounts: expected accounts"));
        assert!(
            fault("basic-auth-inbound", &json!({ "accounts": [{ "username": "a:b", "password": "c" }] }))
                .contains("at /accounts")
        );
    }
}
