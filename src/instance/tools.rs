//! What tests and demonstrations ask of an instance: a token, a user, a browser that is signed in. Never served by an
//! instance with real keys, because there is none: this is the embedded one.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{ConnectInfo, FromRequestParts, State, rejection::JsonRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Instance, InstanceState,
    accounts::{AccountError, Browser, SignUp},
    clerk_error::ClerkError,
    signing_key::SigningKeyError,
    store::{CallError, FindUserError, Finished, Session, StoreError},
    templates::is_reserved,
};

/// It could not be done.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// Nobody is called so.
    #[error("there is no such user: name an id, an email address or what stands before its @")]
    UnknownUser,
    /// Several are called so.
    #[error("several users are called so: name an id or an email address")]
    Ambiguous,
    /// The account is banned, and gets no sessions.
    #[error("this user is banned")]
    Banned,
    /// The user does not belong to the organization.
    #[error("this user belongs to no such organization")]
    NotAMember,
    /// The token has this claim by itself.
    #[error("the claim {0} is the token's own")]
    ReservedClaim(String),
    /// The account cannot be made.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The file cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The token cannot be signed.
    #[error(transparent)]
    SigningKey(#[from] SigningKeyError),
}

impl From<FindUserError> for ToolError {
    fn from(error: FindUserError) -> Self {
        match error {
            FindUserError::Unknown => Self::UnknownUser,
            FindUserError::Ambiguous => Self::Ambiguous,
            FindUserError::Store(error) => Self::Store(error),
        }
    }
}

/// Somebody new.
#[derive(Debug, Clone, Default)]
pub struct NewAccount {
    /// Their email address, which counts as verified.
    pub email: String,
    /// Given name; may be empty.
    pub first_name: String,
    /// Family name; may be empty.
    pub last_name: String,
    /// What they sign in with.
    pub password: String,
}

impl std::fmt::Display for super::accounts::Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::WrongCredentials => "the address or the password is not right",
            Self::WrongCode | Self::CodeOver => "the code is not right",
            Self::Ticket(_) => "the sign-in token signs nobody in",
            Self::Banned => "the account is banned",
            Self::Locked => "the account is locked",
            Self::EmailInvalid => "this is no email address",
            Self::EmailTaken => "the email address belongs to somebody",
            Self::PasswordTooShort | Self::PasswordTooLong => "a password has 8 to 72 characters",
            Self::PasswordIsEmail => "the password is the email address",
            Self::NameTooLong(_) => "a name has at most 100 characters",
        })
    }
}

impl Instance {
    /// Signs somebody in, and returns a session token for the application's own origin with `claims` added to it. `who`
    /// is an id, an email address or what stands before its `@`.
    ///
    /// # Errors
    /// When nobody is called so, or the claims are the token's own.
    pub async fn token(&self, who: &str, lifetime: Duration, claims: Map<String, Value>) -> Result<String, ToolError> {
        if let Some(name) = claims.keys().find(|name| is_reserved(name) || is_of_session(name)) {
            return Err(ToolError::ReservedClaim(name.clone()));
        }
        let state = &self.state;
        let user = state.store.find_user(who.to_owned()).await?;
        if user.banned {
            return Err(ToolError::Banned);
        }
        let (active, _) = state.store.start_session(user.id, None, String::new(), state.now()).await?;
        let origin = state.public_origin();
        Ok(state.mint.session_token_with(&active.session, &origin, lifetime, claims, state.now())?)
    }

    /// A session token of a session that there is not: what making one costs, the store apart. None if it cannot be
    /// signed.
    #[must_use]
    pub fn token_for_the_bench(&self) -> Option<String> {
        let state = &self.state;
        let session = Session {
            id: "sess_000000000000000000000000000".to_owned(),
            user_id: "user_000000000000000000000000000".to_owned(),
            verified_at: state.now(),
            ..Session::default()
        };
        state.mint.session_token(&session, &state.public_origin(), None, state.now()).ok()
    }

    /// Makes an account, also while another program serves the instance. Returns the user's id.
    ///
    /// # Errors
    /// When there cannot be such an account.
    pub async fn add_user(&self, new: NewAccount) -> Result<String, ToolError> {
        let NewAccount { email, first_name, last_name, password } = new;
        Ok(self.state.create_account(SignUp { first_name, last_name, email, password }).await?)
    }
}

/// What a session's token says of the session.
fn is_of_session(claim: &str) -> bool {
    matches!(claim, "fva" | "sts" | "o" | "act")
}

/// Who is to be signed in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInAs {
    /// An id, an email address or what stands before its `@`.
    pub user: String,
    /// The organization that the session is in, by id or slug.
    pub organization: Option<String>,
}

/// That a request came from this machine, wherever the instance is served. Others are refused.
pub struct FromThisMachine;

impl<S: Sync> FromRequestParts<S> for FromThisMachine {
    type Rejection = ClerkError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ClerkError> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        if peer.is_some_and(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback()) {
            return Ok(Self);
        }
        Err(ClerkError::new(StatusCode::FORBIDDEN, "not_allowed_access", "This is for this machine only."))
    }
}

/// `POST /test/sign_in` with `{"user": "ada"}`: a browser that is signed in, as its cookies (`Set-Cookie`) and as
/// Playwright's storage state. For this machine only, wherever the instance is served. A form cannot ask: other sites
/// can make browsers send those, but no JSON.
pub async fn sign_in(
    State(state): State<Arc<InstanceState>>,
    _: FromThisMachine,
    headers: HeaderMap,
    body: Result<Json<SignInAs>, JsonRejection>,
) -> Result<Response, ClerkError> {
    let Ok(Json(wanted)) = body else {
        let message = "The body must be JSON: {\"user\": \"ada\"}.";
        return Err(ClerkError::new(StatusCode::BAD_REQUEST, "request_body_invalid", message));
    };
    let cookies = state.sign_in_as(&wanted, &Browser::read(&headers)).await?;
    let host = state.settings.public_url.host_str().unwrap_or_default().to_owned();
    let jar: Vec<Value> = cookies.iter().map(|cookie| stored_cookie(cookie, &host, state.now())).collect();
    let mut response = Json(json!({ "cookies": jar, "origins": [] })).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for cookie in &cookies {
        if let Ok(value) = HeaderValue::from_str(cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    Ok(response)
}

impl InstanceState {
    pub(super) async fn sign_in_as(&self, wanted: &SignInAs, browser: &Browser) -> Result<Vec<String>, ToolError> {
        let id = self.store.find_user(wanted.user.clone()).await?.id;
        let (token, user_agent) = (browser.client_token.clone(), browser.user_agent.clone());
        let organization = wanted.organization.clone();
        let signing_in = self.store.call(token, self.now(), move |call| {
            let user = call.user(&id)?.ok_or(CallError::Refused(ToolError::UnknownUser))?;
            if user.banned {
                return Err(CallError::Refused(ToolError::Banned));
            }
            // Before the browser's session ends.
            if let Some(wanted) = &organization
                && call.active_organization(wanted, &id)?.is_none()
            {
                return Err(CallError::Refused(ToolError::NotAMember));
            }
            let session = call.start_session(&id, &user_agent)?;
            if organization.is_some() {
                call.set_active_organization(&session.id, organization.as_deref())?;
            }
            tracing::info!(user.id = id, session.id = session.id, "signed in by a tool");
            Ok(())
        });
        let Finished { outcome, client, cookies } = signing_in.await?;
        outcome?;
        Ok(self.cookies_now(client, &cookies, browser)?)
    }
}

impl From<ToolError> for ClerkError {
    fn from(error: ToolError) -> Self {
        match error {
            ToolError::UnknownUser => Self::not_found("There is no such user."),
            ToolError::NotAMember => Self::not_found("This user belongs to no such organization."),
            ToolError::Ambiguous => Self::form("form_param_value_invalid", "user", "is what several are called"),
            ToolError::Banned => Self::new(StatusCode::FORBIDDEN, "user_banned", "This user is banned."),
            ToolError::ReservedClaim(_) | ToolError::Account(_) => {
                Self::form("form_param_value_invalid", "user", "cannot be signed in")
            }
            ToolError::Store(error) => error.into(),
            ToolError::SigningKey(error) => error.into(),
        }
    }
}

/// A `Set-Cookie` value of ours, as Playwright keeps cookies.
fn stored_cookie(cookie: &str, host: &str, now: Duration) -> Value {
    let mut parts = cookie.split("; ");
    let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).unwrap_or_default();
    let attributes: Vec<&str> = parts.collect();
    let lifetime = attributes.iter().find_map(|attribute| attribute.strip_prefix("Max-Age=")?.parse::<u64>().ok());
    json!({
        "name": name,
        "value": value,
        "domain": host,
        "path": "/",
        "expires": now.as_secs() + lifetime.unwrap_or_default(),
        "httpOnly": attributes.contains(&"HttpOnly"),
        "secure": attributes.contains(&"Secure"),
        "sameSite": "Lax",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_kept_as_playwright_keeps_it() {
        let cookie = "__client=t=; Path=/; Max-Age=60; SameSite=Lax; Secure; HttpOnly";
        let expected = json!({
            "name": "__client", "value": "t=", "domain": "localhost", "path": "/", "expires": 160, "httpOnly": true,
            "secure": true, "sameSite": "Lax",
        });
        assert_eq!(stored_cookie(cookie, "localhost", Duration::from_secs(100)), expected);
        let readable = stored_cookie("a=b; Path=/; Max-Age=60; SameSite=Lax", "localhost", Duration::ZERO);
        assert_eq!((&readable["httpOnly"], &readable["secure"]), (&json!(false), &json!(false)));
    }
}
