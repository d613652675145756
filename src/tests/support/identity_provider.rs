//! An identity provider on another port, and the way of a browser to one and back.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};
use url::Url;

use super::{App, Browser, Page};

/// The strategy of the embedded provider.
pub const LOCAL_ID: &str = "oauth_custom_local_id";
/// The strategy of [`FakeProvider`].
pub const ACME: &str = "oauth_custom_acme_id";
/// The one code that [`FakeProvider`] knows.
pub const CODE: &str = "code-of-acme-that-nobody-may-log";
const ACCESS_TOKEN: &str = "token-of-acme-that-nobody-may-log";

/// A provider that an application is configured with.
pub struct FakeProvider {
    pub url: String,
    address: SocketAddr,
    server: Option<JoinHandle<()>>,
    pub answers: Arc<Answers>,
}

/// What it answers.
#[derive(Default)]
pub struct Answers {
    /// Of whoever signs in.
    pub claims: Mutex<Value>,
    /// What its metadata says instead of the truth.
    pub metadata: Mutex<HashMap<String, Value>>,
    /// What the token endpoint says instead of the truth.
    pub token: Mutex<Option<(u16, String)>>,
    /// What the token endpoint was asked: `Authorization` and the form.
    pub asked: Mutex<Vec<(String, HashMap<String, String>)>>,
    url: Mutex<String>,
}

impl FakeProvider {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("http://{address}");
        let answers = Arc::new(Answers { url: Mutex::new(url.clone()), ..Answers::default() });
        let mut provider = Self { url, address, server: None, answers };
        provider.serve(listener);
        provider
    }

    /// Somebody with these claims signs in from now on.
    pub fn now_is(&self, claims: Value) {
        *self.answers.claims.lock().unwrap() = claims;
    }

    /// Says this in its metadata.
    pub fn pretend(&self, name: &str, value: Value) {
        self.answers.metadata.lock().unwrap().insert(name.to_owned(), value);
    }

    fn serve(&mut self, listener: TcpListener) {
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .with_state(Arc::clone(&self.answers));
        self.server = Some(tokio::spawn(async move { axum::serve(listener, app).await.unwrap() }));
    }

    /// Takes it away: connections are refused.
    pub async fn go_down(&mut self) {
        if let Some(server) = self.server.take() {
            server.abort();
            let _aborted = server.await;
        }
    }

    /// Brings it back at the same address.
    pub async fn come_up(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serve(listener);
    }

    /// A program that is its client.
    pub async fn app(&self) -> App {
        App::start(&[
            ("GATEHOUSE_OAUTH_ISSUER", self.url.as_str()),
            ("GATEHOUSE_OAUTH_CLIENT_ID", "client:1"),
            ("GATEHOUSE_OAUTH_CLIENT_SECRET", "secret of acme"),
            ("GATEHOUSE_OAUTH_NAME", "Acme ID"),
        ])
        .await
    }
}

/// Without a lasting connection, going down is noticed at once.
const CLOSE: [(&str, &str); 1] = [("connection", "close")];

async fn metadata(State(answers): State<Arc<Answers>>) -> ([(&'static str, &'static str); 1], Json<Value>) {
    let url = answers.url.lock().unwrap().clone();
    let mut truth = json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize?tenant=a"),
        "token_endpoint": format!("{url}/token"),
        "userinfo_endpoint": format!("{url}/userinfo"),
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    for (name, value) in answers.metadata.lock().unwrap().iter() {
        truth[name] = value.clone();
    }
    (CLOSE, Json(truth))
}

async fn token(
    State(answers): State<Arc<Answers>>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, [(&'static str, &'static str); 1], String) {
    let form: HashMap<String, String> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let good = form.get("code").is_some_and(|code| code == CODE);
    answers.asked.lock().unwrap().push((authorization.unwrap_or_default(), form));
    let truth = || {
        let (status, body) = if good {
            (200, json!({ "access_token": ACCESS_TOKEN, "token_type": "bearer", "id_token": "not.looked.at" }))
        } else {
            (400, json!({ "error": "invalid_grant" }))
        };
        (status, body.to_string())
    };
    let (status, body) = answers.token.lock().unwrap().clone().unwrap_or_else(truth);
    (StatusCode::from_u16(status).unwrap(), CLOSE, body)
}

async fn userinfo(State(answers): State<Arc<Answers>>, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    let bearer = format!("Bearer {ACCESS_TOKEN}");
    if headers.get("authorization").is_none_or(|value| value.to_str().unwrap() != bearer) {
        return (StatusCode::UNAUTHORIZED, Json(json!({})));
    }
    (StatusCode::OK, Json(answers.claims.lock().unwrap().clone()))
}

/// A parameter in the query of a URL.
pub fn parameter(url: &str, name: &str) -> String {
    let url = Url::parse(url).unwrap();
    let found = url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned());
    found.unwrap_or_else(|| panic!("{url} has no {name}"))
}

/// Chooses somebody, or nobody, at the embedded provider. Returns where the browser goes then.
pub async fn choose(app: &App, authorization_url: &str, person: Option<&str>) -> String {
    let page = app.navigate(authorization_url, "").await;
    assert_eq!(page.status, 200, "{}", page.body);
    let url = Url::parse(authorization_url).unwrap();
    let mut fields: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    fields.extend(person.map(|person| ("person".to_owned(), person.to_owned())));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let page = app.post_form("/__clerk/provider/authorize", "", &fields).await;
    assert_eq!(page.status, 303, "{}", page.body);
    page.header("location").to_owned()
}

/// Where [`FakeProvider`] sends a browser that it was sent.
pub fn answer_of_acme(app: &App, authorization_url: &str) -> String {
    let state = parameter(authorization_url, "state");
    format!("{}/__clerk/v1/oauth_callback?code={CODE}&state={state}", app.origin)
}

impl Browser<'_> {
    /// Goes to a page, and keeps the cookies that it gets.
    pub async fn visit(&mut self, app: &App, url: &str) -> Page {
        let page = app.navigate(url, &self.cookies).await;
        self.cookies = page.cookies_after(&self.cookies);
        page
    }

    /// Goes to a page and on, as far as it leads.
    pub async fn follow(&mut self, app: &App, url: &str) -> (String, Page) {
        let mut url = Url::parse(&app.origin).unwrap().join(url).unwrap();
        for _ in 0..8 {
            let page = self.visit(app, url.as_str()).await;
            if !(300..400).contains(&page.status) {
                return (url.into(), page);
            }
            url = url.join(page.header("location")).unwrap();
        }
        panic!("{url} leads on and on");
    }
}
