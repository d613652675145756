//! A browser with Clerk's own client in it: cookies, the query of every call, forms with `_method`.

use reqwest::Method;
use serde_json::Value;

use super::{App, Page};

/// A browser that is open at a page of the application.
pub struct Browser<'a> {
    app: &'a App,
    /// As it would send them.
    pub cookies: String,
    /// The origin of its page.
    pub origin: String,
    pub dev_browser: String,
}

/// A call's status and its body.
pub type Answer = (u16, Value);

impl<'a> Browser<'a> {
    /// Opens a page that loads Clerk's client.
    pub async fn open(app: &'a App) -> Self {
        let mut browser = Self { app, cookies: String::new(), origin: app.origin.clone(), dev_browser: String::new() };
        let (status, answer) = browser.post("/dev_browser", &[]).await;
        assert_eq!(status, 200, "{answer}");
        browser.dev_browser = answer["id"].as_str().unwrap().to_owned();
        browser
    }

    /// A call, answered with JSON.
    pub async fn call(&mut self, method: Method, path: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.send(method, path, fields).await;
        assert_eq!(page.header("content-type"), "application/json", "{path}: {}", page.body);
        (page.status, serde_json::from_str(&page.body).unwrap())
    }

    /// Sends a call as Clerk's client does: everything but reading is a form that is posted.
    pub async fn send(&mut self, method: Method, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("__clerk_api_version", "2026-08-20").append_pair("_clerk_js_version", "6.40.0");
        query.append_pair("__clerk_db_jwt", &self.dev_browser);
        let get = method == Method::GET;
        if !get && method != Method::POST {
            query.append_pair("_method", method.as_str());
        }
        let separator = if path.contains('?') { '&' } else { '?' };
        let url = format!("/__clerk/v1{path}{separator}{}", query.finish());
        let request = self.app.request(if get { Method::GET } else { Method::POST }, &url);
        let request = request.header("cookie", &self.cookies).header("user-agent", "Mozilla/5.0 Chrome/150.0");
        let request = if get {
            request.header("referer", format!("{}/sign-in", self.origin))
        } else {
            let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            let request = request.header("origin", &self.origin).body(body);
            request.header("content-type", "application/x-www-form-urlencoded;charset=UTF-8")
        };
        let page = Page::read(request.send().await.unwrap()).await;
        self.cookies = page.cookies_after(&self.cookies);
        page
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.call(Method::GET, path, &[]).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.call(Method::POST, path, fields).await
    }

    pub async fn patch(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.call(Method::PATCH, path, fields).await
    }

    pub async fn delete(&mut self, path: &str) -> Answer {
        self.call(Method::DELETE, path, &[]).await
    }

    /// The code that was last sent to an address.
    pub async fn code_sent_to(&self, address: &str) -> String {
        let page = self.app.get("/__clerk/outbox.json", &[]).await;
        let outbox: Value = serde_json::from_str(&page.body).unwrap();
        let mut mails = outbox["data"].as_array().unwrap().iter();
        let mail = mails.find(|mail| mail["to"] == address).unwrap_or_else(|| panic!("no mail to {address}: {outbox}"));
        mail["code"].as_str().unwrap().to_owned()
    }

    /// Signs in with a password, in one go. Returns the session's id.
    pub async fn sign_in(&mut self, email: &str, password: &str) -> String {
        let fields = [("strategy", "password"), ("identifier", email), ("password", password)];
        let answer = ok(self.post("/client/sign_ins", &fields).await);
        answer["response"]["created_session_id"].as_str().unwrap().to_owned()
    }
}

/// A call to the Backend API of a running program. Its secret key is read where it is kept: nothing serves it.
pub async fn backend(app: &App, method: Method, path: &str, body: &Value) -> Answer {
    let file = rusqlite::Connection::open(app.database()).unwrap();
    let secret_key: String = file.query_row("SELECT secret_key FROM instance", [], |row| row.get(0)).unwrap();
    let request = app.request(method, &format!("/__clerk/api{path}")).bearer_auth(secret_key);
    let page = Page::read(request.body(body.to_string()).send().await.unwrap()).await;
    (page.status, serde_json::from_str(&page.body).unwrap())
}

/// The body of a call that worked.
pub fn ok((status, body): Answer) -> Value {
    assert_eq!(status, 200, "{body}");
    body
}

/// The status, the code and the field of a refusal, which is in Clerk's envelope.
pub fn refusal((status, body): Answer) -> (u16, String, String) {
    let error = &body["errors"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    assert!(!text(&error["message"]).is_empty() && !text(&error["long_message"]).is_empty(), "{body}");
    assert!(text(&body["clerk_trace_id"]).starts_with("trace_"), "{body}");
    (status, text(&error["code"]), text(&error["meta"]["param_name"]))
}

/// What [`refusal`] is compared with.
pub fn refused(status: u16, code: &str, param_name: &str) -> (u16, String, String) {
    (status, code.to_owned(), param_name.to_owned())
}
