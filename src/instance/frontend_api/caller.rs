//! Who asks, and the envelope they are answered in: what they asked for, and the browser as it is now.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Json,
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{errors::UNAUTHENTICATED, origin, resources};
use crate::instance::{
    InstanceState,
    accounts::Browser,
    clerk_error::ClerkError,
    store::{Call, CallError, CookieChanges, Session, User},
};

/// Who asks.
pub struct Caller {
    /// The browser.
    pub browser: Browser,
    /// The origin of its page, which tokens are for.
    pub origin: String,
    /// The session that it means, if it says so.
    session_id: Option<String>,
}

impl FromRequestParts<Arc<InstanceState>> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<InstanceState>) -> Result<Self, Infallible> {
        let mut query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let session_id = query.find(|(name, _)| name == "_clerk_session_id").map(|(_, value)| value.into_owned());
        let (browser, origin) = (Browser::read(&parts.headers), origin::of_page(state, &parts.headers));
        Ok(Self { browser, origin, session_id: session_id.filter(|id| !id.is_empty()) })
    }
}

/// The session that a call is about.
pub struct SessionChoice(Option<String>);

impl SessionChoice {
    /// The session with this id.
    pub const fn id(id: String) -> Self {
        Self(Some(id))
    }

    /// That session of the browser, and whose it is.
    pub fn find(&self, call: &Call<'_>) -> Result<(Session, User), CallError<ClerkError>> {
        let found = call.session()?.filter(|(session, _)| self.0.as_ref().is_none_or(|id| *id == session.id));
        Ok(found.ok_or(UNAUTHENTICATED)?)
    }
}

impl Caller {
    /// The session that the caller means: the one named, or the browser's.
    pub fn session(&self) -> SessionChoice {
        SessionChoice(self.session_id.clone())
    }
}

/// What a call is answered with.
pub enum Reply {
    /// This.
    Resource(Value),
    /// The browser's session, as it is now.
    Session,
    /// The browser, as it is now.
    Client,
}

impl InstanceState {
    /// Makes a call, in one transaction, and answers it.
    pub async fn answer(
        &self,
        caller: &Caller,
        work: impl FnOnce(&mut Call<'_>) -> Result<Reply, CallError<ClerkError>> + Send + 'static,
    ) -> Result<Response, ClerkError> {
        let finished = self.store.call(caller.browser.client_token.clone(), self.now(), work).await?;
        let mut response = match finished.outcome {
            Ok(reply) => {
                let client = finished.client.map(|view| resources::client(self, &view, &caller.origin));
                envelope(reply, &client.transpose()?.unwrap_or_default()).into_response()
            }
            Err(refusal) => refusal.into_response(),
        };
        self.set_cookies(response.headers_mut(), &finished.cookies);
        Ok(response)
    }

    /// Reads something of the browser, in one transaction.
    pub async fn ask<T: Send + 'static>(
        &self,
        caller: &Caller,
        work: impl FnOnce(&mut Call<'_>) -> Result<T, CallError<ClerkError>> + Send + 'static,
    ) -> Result<T, ClerkError> {
        self.store.call(caller.browser.client_token.clone(), self.now(), work).await?.outcome
    }

    /// Tells the browser what becomes of its cookies.
    pub fn set_cookies(&self, headers: &mut HeaderMap, changes: &CookieChanges) {
        for cookie in self.cookies().changes(changes) {
            if let Ok(value) = HeaderValue::from_str(&cookie) {
                headers.append(header::SET_COOKIE, value);
            }
        }
    }
}

fn envelope(reply: Reply, client: &Value) -> Json<Value> {
    let response = match reply {
        Reply::Resource(resource) => resource,
        Reply::Session => client["sessions"][0].clone(),
        Reply::Client => client.clone(),
    };
    Json(json!({ "response": response, "client": client }))
}
