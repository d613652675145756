//! `/v1/sessions` (`@clerk/backend`, `api/endpoints/SessionApi.ts`).

use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    BackendError, Page, Paging, Session,
    call::{Body, Call, Query, Queue},
    transport::Transport,
};

/// Which sessions. Clerk wants a user or a client.
#[derive(Debug, Clone, Default)]
pub struct SessionListParams {
    /// `user_…`
    pub user_id: Option<String>,
    /// `client_…`
    pub client_id: Option<String>,
    /// Such as `active`; see [`Session::status`].
    pub status: Option<String>,
    /// Which page.
    pub paging: Paging,
}

/// What renews a session without sending the browser away. All of it is secret, so none of it prints.
pub struct RefreshSession<'a> {
    /// `sess_…`: the `sid` of `expired_token`.
    pub session_id: &'a str,
    /// The session token that expired.
    pub expired_token: &'a SecretString,
    /// The cookie `__refresh`.
    pub refresh_token: &'a SecretString,
    /// The origin that people see.
    pub request_origin: &'a str,
    /// All headers of the browser's request, cookies too.
    pub request_headers: &'a HeaderMap,
    /// Whether the browser has the application's cookies under suffixed names.
    pub suffixed_cookies: bool,
}

impl RefreshSession<'_> {
    fn body(&self) -> Body {
        Body::default()
            .set("format", Some("cookie"))
            .set("expired_token", Some(self.expired_token.expose_secret()))
            .set("refresh_token", Some(self.refresh_token.expose_secret()))
            .set("request_origin", Some(self.request_origin))
            .set("request_headers", Some(self.headers()))
    }

    fn headers(&self) -> Map<String, Value> {
        let values = |name| {
            let values = self.request_headers.get_all(name).iter();
            values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect::<Vec<_>>()
        };
        self.request_headers.keys().map(|name| (name.as_str().to_owned(), values(name).into())).collect()
    }
}

#[derive(Deserialize)]
struct Token {
    jwt: String,
}

#[derive(Deserialize)]
struct Cookies {
    cookies: Vec<String>,
}

/// The calls about sessions.
#[derive(Debug, Clone, Copy)]
pub struct SessionApi<'a>(pub(super) &'a Transport);

impl SessionApi<'_> {
    /// One session.
    ///
    /// # Errors
    /// [`BackendError`]; [`BackendError::is_not_found`] if there is no such session.
    pub async fn get_session(&self, session_id: &str) -> Result<Session, BackendError> {
        self.0.json(Call::get(&["sessions", session_id])).await
    }

    /// A page of sessions.
    ///
    /// # Errors
    /// [`BackendError`]
    pub async fn get_session_list(&self, params: &SessionListParams) -> Result<Page<Session>, BackendError> {
        let query = params.paging.query().flag("paginated", true);
        let query = query.texts("user_id", &params.user_id).texts("client_id", &params.client_id);
        self.0.json(Call::get(&["sessions"]).query(query.texts("status", &params.status))).await
    }

    /// Ends a session. Tokens that it gave out stay good until they expire.
    ///
    /// # Errors
    /// [`BackendError`]; [`BackendError::is_not_found`] if there is no such session.
    pub async fn revoke_session(&self, session_id: &str) -> Result<Session, BackendError> {
        self.0.json(Call::post(&["sessions", session_id, "revoke"])).await
    }

    /// A new token of a session: a session token, or one with the claims of a template. It is good for as long as the
    /// instance or the template says, unless `expires_in_seconds` says otherwise.
    ///
    /// # Errors
    /// [`BackendError`]; [`BackendError::is_not_found`] if there is no such session or template.
    pub async fn get_token(
        &self,
        session_id: &str,
        template: Option<&str>,
        expires_in_seconds: Option<u64>,
    ) -> Result<SecretString, BackendError> {
        let mut path = vec!["sessions", session_id, "tokens"];
        path.extend(template);
        let body = Body::default().set("expires_in_seconds", expires_in_seconds);
        let token: Token = self.0.json(Call::post(&path).body(body)).await?;
        Ok(token.jwt.into())
    }

    /// Renews an expired session token: the `Set-Cookie` values that give the browser a new one.
    ///
    /// # Errors
    /// [`BackendError`]; its code is the reason why the browser has to be sent to Clerk instead.
    pub async fn refresh_session(&self, refresh: &RefreshSession<'_>) -> Result<Vec<String>, BackendError> {
        let path = ["sessions", refresh.session_id, "refresh"];
        let call = Call::post(&path).body(refresh.body()).queue(Queue::Renewals);
        let query = Query::default().flag("suffixed_cookies", refresh.suffixed_cookies);
        let answer: Cookies = self.0.json(call.query(query)).await?;
        Ok(answer.cookies)
    }
}
