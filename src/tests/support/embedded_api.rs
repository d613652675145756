//! The embedded Clerk's Backend API, and a browser that signs in to it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::{App, Page};

/// A seeded user.
pub const ADA: &str = "user_seed00000000000000000000Ada";
/// A seeded user.
pub const GRACE: &str = "user_seed000000000000000000Grace";

/// The Backend API of a running program, with its secret key.
pub struct Api<'a> {
    app: &'a App,
    pub secret_key: String,
}

impl<'a> Api<'a> {
    /// Reads the secret key where it is kept: nothing serves it.
    pub fn of(app: &'a App) -> Self {
        let file = rusqlite::Connection::open(app.database()).unwrap();
        let secret_key = file.query_row("SELECT secret_key FROM instance", [], |row| row.get(0)).unwrap();
        Self { app, secret_key }
    }

    pub async fn send(&self, method: Method, path: &str, body: &str) -> Page {
        let request = self
            .app
            .request(method, &format!("/__clerk/api{path}"))
            .bearer_auth(&self.secret_key)
            .header("Content-Type", "application/json")
            .body(body.to_owned());
        Page::read(request.send().await.unwrap()).await
    }

    /// Sends a picture, and reads the answer.
    pub async fn upload(&self, method: Method, path: &str, bytes: &[u8]) -> (u16, Value) {
        let request = self.app.request(method, &format!("/__clerk/api{path}")).bearer_auth(&self.secret_key);
        let page = Page::read(with_file(request, bytes).send().await.unwrap()).await;
        assert_eq!(page.header("content-type"), "application/json", "{path}: {}", page.body);
        (page.status, serde_json::from_str(&page.body).unwrap())
    }

    /// The status and the body of an answer, which is JSON for Clerk's SDK.
    pub async fn call(&self, method: Method, path: &str, body: &str) -> (u16, Value) {
        let page = self.send(method, path, body).await;
        assert_eq!(page.header("content-type"), "application/json", "{path}: {}", page.body);
        (page.status, serde_json::from_str(&page.body).unwrap())
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, "").await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let (status, body) = self.call(Method::POST, path, &body.to_string()).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub async fn delete(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::DELETE, path, "").await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Value {
        let (status, body) = self.call(Method::PATCH, path, &body.to_string()).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// The status, the code and the parameter of a refusal, which is in Clerk's envelope.
    pub async fn refusal(&self, method: Method, path: &str, body: &str) -> (u16, String, String) {
        let (status, body) = self.call(method, path, body).await;
        let error = &body["errors"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        assert!(!text(&error["message"]).is_empty() && !text(&error["long_message"]).is_empty(), "{path}: {body}");
        assert!(text(&body["clerk_trace_id"]).starts_with("trace_"), "{path}: {body}");
        (status, text(&error["code"]), text(&error["meta"]["param_name"]))
    }

    /// Ada's only session.
    pub async fn session(&self) -> Value {
        let mut page = self.get(&format!("/v1/sessions?user_id={ADA}&paginated=true")).await;
        assert_eq!(page["total_count"], 1, "{page}");
        page["data"][0].take()
    }
}

/// A PNG, as far as its first bytes go, of this many bytes and some.
pub fn picture(size: usize) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n".as_slice(), &vec![7; size]].concat()
}

/// The request, with a file in a multipart form, as Clerk's clients send pictures.
pub fn with_file(request: RequestBuilder, bytes: &[u8]) -> RequestBuilder {
    let head = b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"me.png\"\r\n\r\n".as_slice();
    let request = request.header("content-type", "multipart/form-data; boundary=b");
    request.body([head, bytes, b"\r\n--b--\r\n"].concat())
}

/// The cookies of a browser in which Ada just signed in.
pub async fn sign_in(app: &App) -> String {
    let fields = [("identifier", "ada@example.com"), ("password", "gatehouse-demo")];
    let page = app.post_form("/__clerk/sign-in", "", &fields).await;
    assert_eq!(page.status, 303, "{}", page.body);
    page.cookies_after("")
}

/// Signs up in the portal with one of Clerk's test addresses, whose code is known. Returns the last answer, with the
/// cookies of both.
pub async fn sign_up(app: &App, email: &str, password: &str) -> Page {
    assert!(email.contains("+clerk_test@"), "{email}");
    let fields = [("email_address", email), ("password", password)];
    let begun = app.post_form("/__clerk/sign-up", "", &fields).await;
    assert_eq!(begun.status, 303, "{}", begun.body);
    app.post_form("/__clerk/sign-up/verify", &begun.cookies_after(""), &[("code", "424242")]).await
}

/// The value of a cookie.
pub fn cookie(cookies: &str, name: &str) -> String {
    let pairs = cookies.split("; ").filter_map(|pair| pair.split_once('='));
    pairs.filter(|(found, _)| *found == name).map(|(_, value)| value.to_owned()).next().unwrap()
}

/// A part of a token: 0 is the header, 1 are the claims.
pub fn part(jwt: &Value, index: usize) -> Value {
    let part = jwt.as_str().unwrap().split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
