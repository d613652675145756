//! Whole requests: what is read of them, and what is decided.

use std::{collections::BTreeMap, sync::Arc};

use http::{HeaderMap, Request, header, request::Parts};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::{
    Instance, MadeToken, ORIGIN, Token, Vectors, Words, application,
    backend_api_tests::{Answer, BackendApi, KEYS},
    domains, seconds, url,
};
use crate::{
    clerk::{
        Auth, BackendClient, Clerk, ClerkOptions, OrganizationSync, RequestState, SignedIn,
        context::{AuthenticateContext, public_url},
        cookies::Cookies,
    },
    jwt::{KeySet, Rules, Verifier},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    options: Options,
    request: Sent,
    #[serde(default)]
    backend: BTreeMap<String, Answer>,
    expect: Map<String, Value>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    key: Instance,
    authorized_parties: Option<Vec<String>>,
    proxy_url: Option<String>,
    sign_in_url: Option<String>,
    domain: Option<String>,
    /// Absent: the only domain there is.
    is_satellite: Option<bool>,
    satellite_auto_sync: bool,
    organization_sync: Patterns,
    /// Not read: only session tokens are accepted, whatever a case asks for.
    accepts_token: Value,
    /// Not read: no machine tokens are verified.
    machine_secret_key: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Patterns {
    organization_patterns: Vec<String>,
    personal_account_patterns: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    #[serde(default)]
    method: Option<String>,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

impl Sent {
    fn parts(&self) -> Parts {
        let url = url(&self.url);
        let authority = url.authority();
        let mut request = Request::builder().method(self.method.as_deref().unwrap_or("GET")).uri(path_and_query(&url));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let mut parts = request.body(()).unwrap().into_parts().0;
        parts.headers.entry(header::HOST).or_insert(authority.parse().unwrap());
        parts
    }
}

fn path_and_query(url: &Url) -> String {
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}

/// An application at the origin of `url`.
fn options(asked: &Options, url: &Url) -> ClerkOptions {
    let plain = application(asked.key.key(), url);
    let domains = domains(asked.is_satellite, asked.domain.as_ref(), asked.satellite_auto_sync);
    let Patterns { organization_patterns, personal_account_patterns } = &asked.organization_sync;
    let options = ClerkOptions {
        sign_in_url: asked.sign_in_url.as_deref().map(self::url),
        organization_sync: OrganizationSync::new(organization_patterns, personal_account_patterns),
        domains,
        ..plain
    };
    let frontend_api_url = asked.proxy_url.clone().unwrap_or_else(|| format!("https://{}", options.issuer_host()));
    ClerkOptions { frontend_api_url: self::url(&frontend_api_url), ..options }
}

/// What the applications of all cases share: setting up a client takes its time.
struct Stage {
    backend: BackendApi,
    client: BackendClient,
    keys: Arc<KeySet>,
}

impl Stage {
    async fn set() -> Self {
        let backend = BackendApi::start().await;
        let client = BackendClient::new(backend.url.clone(), "a secret".into()).unwrap();
        Self { client, keys: Arc::new(backend.keys()), backend }
    }

    fn clerk(&self, asked: &Options, request: &Sent) -> Clerk {
        let parties = asked.authorized_parties.clone().unwrap_or_else(|| vec![ORIGIN.to_owned()]);
        let rules = Rules::clerk(asked.key.issuer(), parties);
        // Where the key set is not the usual one, it must not be known from before.
        let keys = if self.backend.has_answer(KEYS) { Arc::new(self.backend.keys()) } else { Arc::clone(&self.keys) };
        let options = options(asked, &url(&request.url));
        Clerk::new(options, Verifier::new(keys, rules), self.client.clone()).unwrap()
    }
}

#[tokio::test]
async fn requests() {
    run_requests("request.json").await;
}

#[tokio::test]
async fn handshakes() {
    run_requests("handshake.json").await;
}

async fn run_requests(file: &'static str) {
    let mut vectors = Vectors::open(file);
    let (now, tokens, stage) = (vectors.now(), vectors.tokens(), Stage::set().await);
    for case in vectors.take::<Value>("cases") {
        let key = case.pointer("/options/key").cloned().unwrap_or_else(|| json!("development"));
        let words = Words::sign(&tokens, serde_json::from_value(key).unwrap(), now);
        let case: Case = serde_json::from_value(words.fill_value(&case)).unwrap();
        stage.backend.answers(case.backend);
        let clerk = stage.clerk(&case.options, &case.request);
        let state = clerk.authenticate_request(&case.request.parts(), seconds(now)).await;
        let mut outcome = describe(state.ok(), &stage.backend);
        let asked = case.expect.keys().map(|name| outcome.remove_entry(name).unwrap()).collect();
        vectors.check(&case.name, &asked, &case.expect);
    }
    vectors.finish();
}

/// All that a case may ask about the outcome; none is a request that failed.
fn describe(state: Option<RequestState>, backend: &BackendApi) -> Map<String, Value> {
    let status = state.as_ref().map_or("failed", RequestState::status);
    let reason = state.as_ref().and_then(RequestState::reason).map(|reason| reason.code.to_string());
    let (auth, headers) = state.map(RequestState::into_auth).unzip();
    let (user, headers) = (auth.as_ref().and_then(Auth::signed_in).map(SignedIn::user_id), headers.unwrap_or_default());
    let (calls, secrets): (Vec<_>, Vec<_>) =
        backend.calls().into_iter().filter(|call| call.request != KEYS).map(|call| (call.request, call.secret)).unzip();
    let outcome = json!({
        "status": status, "reason": reason, "user_id": user, "token_type": "session_token",
        "location": one(&headers, "location"), "cache_control": one(&headers, "cache-control"),
        "set_cookies": every(&headers, "set-cookie"), "calls": calls, "secrets": secrets,
    });
    outcome.as_object().unwrap().clone()
}

fn one(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| value.to_str().unwrap().to_owned())
}

fn every(headers: &HeaderMap, name: &str) -> Vec<String> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CookieCase {
    name: String,
    key: Instance,
    cookie: String,
    expect: Chosen,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    suffixed: bool,
    session: Option<String>,
    client_uat: u64,
    dev_browser: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReferrerCase {
    name: String,
    key: Instance,
    url: String,
    referer: Option<String>,
    expect: Referrer,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Referrer {
    cross_origin: bool,
    known: bool,
}

#[tokio::test]
async fn contexts() {
    let mut vectors = Vectors::open("authenticate_context.json");
    for case in vectors.take::<CookieCase>("cookies") {
        let chosen = choose_cookies(&case, &vectors);
        vectors.check(&case.name, &chosen, &case.expect);
    }
    let stage = Stage::set().await;
    for case in vectors.take::<ReferrerCase>("referrers") {
        let referrer = judge_referrer(&case, &stage, vectors.now()).await;
        vectors.check(&case.name, &referrer, &case.expect);
    }
    vectors.finish();
}

fn choose_cookies(case: &CookieCase, vectors: &Vectors) -> Chosen {
    let words = Words::sign(&vectors.tokens(), case.key, vectors.now());
    let cookies = BTreeMap::from([("cookie".to_owned(), words.fill(&case.cookie))]);
    let parts = Sent { method: None, url: ORIGIN.to_owned(), headers: cookies }.parts();
    let options = application(case.key.key(), &url(ORIGIN));
    let context = AuthenticateContext::read(&parts, &options, seconds(vectors.now()));
    Chosen {
        suffixed: context.suffixed_cookies,
        session: context.cookie_token.map(|token| words.name_of(token.text.expose()).to_owned()),
        client_uat: context.client_uat,
        dev_browser: context.dev_browser,
    }
}

/// A signed-in page that a link led to: only a foreign page costs a handshake.
async fn judge_referrer(case: &ReferrerCase, stage: &Stage, now: u64) -> Referrer {
    let token = Token::Made(MadeToken::default()).sign(&case.key.issuer(), now);
    let cookies = format!("__session={token}; __client_uat=1; __clerk_db_jwt=dvb_1");
    let mut headers =
        BTreeMap::from([("sec-fetch-dest".to_owned(), "document".to_owned()), ("cookie".to_owned(), cookies)]);
    headers.extend(case.referer.clone().map(|referer| ("referer".to_owned(), referer)));
    let request = Sent { method: None, url: case.url.clone(), headers };
    let (parts, clerk) = (request.parts(), stage.clerk(&Options { key: case.key, ..Options::default() }, &request));
    let context = AuthenticateContext::read(&parts, &clerk.options, seconds(now));
    let cross_origin = context.cross_origin_referer().is_some();
    let state = clerk.authenticate_request(&parts, seconds(now)).await.unwrap();
    Referrer { cross_origin, known: cross_origin && state.status() == "signed-in" }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UrlCase {
    name: String,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    expect: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderCase {
    name: String,
    cookie: Option<String>,
    expect: BTreeMap<String, Option<String>>,
}

#[test]
fn urls_and_cookies() {
    let mut vectors = Vectors::open("clerk_request.json");
    for case in vectors.take::<UrlCase>("urls") {
        let parts = Sent { method: None, url: case.url.clone(), headers: case.headers }.parts();
        let options = application(Instance::Development.key(), &url(&case.url));
        vectors.check(&case.name, &public_url(&parts, &options).to_string(), &case.expect);
    }
    for case in vectors.take::<HeaderCase>("cookies") {
        let value = |cookie: String| (header::COOKIE, cookie.parse().unwrap());
        let headers = case.cookie.map(value).into_iter().collect();
        let cookies = Cookies::read(&headers);
        let read = case.expect.keys().map(|name| (name.clone(), cookies.get(name).map(str::to_owned))).collect();
        vectors.check(&case.name, &read, &case.expect);
    }
    vectors.finish();
}
