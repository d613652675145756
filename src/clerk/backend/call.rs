//! One call, before it is sent: its path, query and body, as the Backend API wants them (`@clerk/backend`,
//! `api/request.ts`).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::{Map, Value};
use url::Url;

use super::{BackendError, retry::Repeat};

/// All but what RFC 3986, section 2.3, calls unreserved.
const NOT_IN_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What calls wait in for their turn: each queue has slots of its own, and nobody waits for those in another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Queue {
    /// What the application does.
    Application,
    /// Anybody can cause such a call, with a handshake parameter of their own making.
    Handshakes,
    /// Everybody who once had a session can cause such a call, with a refresh token of their own making.
    Renewals,
}

/// A call below `/v1`.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) body: Body,
    pub(super) repeat: Repeat,
    pub(super) queue: Queue,
    path: &'a [&'a str],
    query: Query,
}

impl<'a> Call<'a> {
    fn new(method: Method, path: &'a [&'a str], repeat: Repeat) -> Self {
        Self { method, body: Body::default(), repeat, queue: Queue::Application, path, query: Query::default() }
    }

    /// Reads, and may do so again.
    pub(super) fn get(path: &'a [&'a str]) -> Self {
        Self::new(Method::GET, path, Repeat::Always)
    }

    /// Reads what can be read once.
    pub(super) fn take(path: &'a [&'a str]) -> Self {
        Self::new(Method::GET, path, Repeat::IfUnsent)
    }

    pub(super) fn post(path: &'a [&'a str]) -> Self {
        Self::new(Method::POST, path, Repeat::Never)
    }

    pub(super) fn patch(path: &'a [&'a str]) -> Self {
        Self::new(Method::PATCH, path, Repeat::Never)
    }

    pub(super) fn delete(path: &'a [&'a str]) -> Self {
        Self::new(Method::DELETE, path, Repeat::Never)
    }

    pub(super) fn query(self, query: Query) -> Self {
        Self { query, ..self }
    }

    pub(super) fn body(self, body: Body) -> Self {
        Self { body, ..self }
    }

    pub(super) fn queue(self, queue: Queue) -> Self {
        Self { queue, ..self }
    }

    /// Where to send it. Each part of the path stays one segment, so that an id cannot leave its place.
    pub(super) fn url(&self, api_url: &Url) -> Result<Url, BackendError> {
        let mut path = format!("{}/v1", api_url.path().trim_end_matches('/'));
        for segment in self.path {
            // No encoding keeps dots from being understood as a way up (URL standard, "double-dot URL path segment").
            if matches!(*segment, "" | "." | "..") {
                return Err(BackendError::InvalidId);
            }
            path.push('/');
            path.extend(utf8_percent_encode(segment, NOT_IN_SEGMENT));
        }
        let mut url = api_url.clone();
        url.set_path(&path);
        if !self.query.0.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query.0);
        }
        Ok(url)
    }
}

/// Query parameters. Lists repeat their name; what is empty, zero or false is left out, as Clerk's SDK has it.
#[derive(Default)]
pub(super) struct Query(Vec<(&'static str, String)>);

impl Query {
    /// A list of texts, or the one of an `Option`.
    pub(super) fn texts(mut self, name: &'static str, values: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let values = values.into_iter().map(|value| value.as_ref().to_owned());
        self.0.extend(values.filter(|value| !value.is_empty()).map(|value| (name, value)));
        self
    }

    pub(super) fn number(mut self, name: &'static str, value: Option<impl Into<u64>>) -> Self {
        let value = value.map(Into::into).filter(|value| *value != 0);
        self.0.extend(value.map(|value| (name, value.to_string())));
        self
    }

    pub(super) fn flag(mut self, name: &'static str, value: bool) -> Self {
        self.0.extend(value.then(|| (name, "true".to_owned())));
        self
    }
}

/// A JSON object of the fields that were given.
#[derive(Default)]
pub(super) struct Body(Map<String, Value>);

impl Body {
    pub(super) fn set(mut self, name: &str, value: Option<impl Into<Value>>) -> Self {
        self.0.extend(value.map(|value| (name.to_owned(), value.into())));
        self
    }

    pub(super) fn list(self, name: &str, values: &[String]) -> Self {
        self.set(name, (!values.is_empty()).then_some(values))
    }

    pub(super) fn flag(self, name: &str, value: bool) -> Self {
        self.set(name, value.then_some(true))
    }

    /// The fields; none if there is nothing to send.
    pub(super) fn fields(&self) -> Option<&Map<String, Value>> {
        (!self.0.is_empty()).then_some(&self.0)
    }
}
