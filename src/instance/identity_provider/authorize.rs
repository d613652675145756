//! The page on which one of the made-up people is chosen, or nobody (RFC 6749 4.1.1, RFC 7636 4.3). Whoever asks under a
//! wrong name, or wants to be answered elsewhere than the client lets, gets a page and no redirect.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Query, State},
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY},
    },
    response::{Html, IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;
use url::Url;

use super::{
    CLIENT_ID, NAME,
    grants::Authorization,
    people::{self, MadeUpPerson, PEOPLE},
};
use crate::instance::{
    InstanceState,
    portal::{self, address},
};

/// As everywhere here, but the answer to the form may lead on to another application on this machine. (A policy cannot
/// name `[::1]`.)
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                      form-action 'self' http://localhost:* https://localhost:* http://127.0.0.1:* https://127.0.0.1:*; \
                      base-uri 'none'; frame-ancestors 'none'";

/// What a client asks for.
#[derive(Deserialize)]
pub struct AuthorizationRequest {
    #[serde(default)]
    response_type: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    redirect_uri: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    code_challenge: String,
    #[serde(default)]
    code_challenge_method: String,
}

/// What was asked for, and the choice.
#[derive(Deserialize)]
pub struct Decision {
    #[serde(flatten)]
    request: AuthorizationRequest,
    /// A subject; none stands for nobody.
    person: Option<String>,
}

/// `GET /authorize`
pub async fn show(State(state): State<Arc<InstanceState>>, Query(request): Query<AuthorizationRequest>) -> Response {
    let Some(client) = client_of(&state, &request) else { return stranger(&state) };
    if let Some(error) = fault(&request) {
        return back(&state, client, &request, "error", error);
    }
    page(StatusCode::OK, choice(&state, &request))
}

/// `POST /authorize`: the choice.
pub async fn decide(State(state): State<Arc<InstanceState>>, Form(decision): Form<Decision>) -> Response {
    let request = decision.request;
    let Some(client) = client_of(&state, &request) else { return stranger(&state) };
    if let Some(error) = fault(&request) {
        return back(&state, client, &request, "error", error);
    }
    let Some(person) = decision.person.as_deref().and_then(people::find) else {
        return back(&state, client, &request, "error", "access_denied");
    };
    let authorization = Authorization {
        person,
        client_id: request.client_id.clone(),
        redirect_uri: request.redirect_uri.clone(),
        code_challenge: request.code_challenge.clone(),
    };
    let code = state.identity_provider.grants().issue_code(authorization, state.now());
    match code {
        Some(code) => back(&state, client, &request, "code", &code),
        None => back(&state, client, &request, "error", "temporarily_unavailable"),
    }
}

/// Where the client is answered, if there is such a client and it lets itself be answered there.
fn client_of(state: &InstanceState, request: &AuthorizationRequest) -> Option<Url> {
    let callback = state.oauth_callback();
    let known = request.client_id == CLIENT_ID && request.redirect_uri == callback;
    Url::parse(&callback).ok().filter(|_| known)
}

/// What is wrong with a known client's request, with the RFC's codes.
fn fault(request: &AuthorizationRequest) -> Option<&'static str> {
    if request.response_type != "code" {
        return Some("unsupported_response_type");
    }
    let proven = request.code_challenge_method == "S256" && request.code_challenge.len() == 43;
    (!proven).then_some("invalid_request")
}

/// Back to the client, with its state and who answers (RFC 9207).
fn back(state: &InstanceState, mut client: Url, request: &AuthorizationRequest, name: &str, value: &str) -> Response {
    client
        .query_pairs_mut()
        .append_pair(name, value)
        .append_pair("state", &request.state)
        .append_pair("iss", &state.provider_issuer());
    let mut response = Redirect::to(client.as_str()).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn stranger(state: &InstanceState) -> Response {
    let title = "This link is not one of the application";
    let text = "The identity provider knows no such client, or not at the address that is to be answered.";
    page(StatusCode::BAD_REQUEST, portal::error_page(state, title, text))
}

fn page(status: StatusCode, page: Markup) -> Response {
    let mut response = (status, Html(page.into_string())).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

fn choice(state: &InstanceState, request: &AuthorizationRequest) -> Markup {
    let card = html! {
        h1 #title { "Who are you at " (NAME) "?" }
        p.notice {
            strong { (NAME) " is local and made up." }
            " It is part of this program, nobody needs a password, and nothing leaves this machine."
        }
        p { strong { "Gatehouse" } " wants to know your name and your email address." }
        form method="post" action=(state.path("provider/authorize")) {
            @for (name, value) in request.fields() { input type="hidden" name=(name) value=(value); }
            div.people-to-be {
                @for person in &PEOPLE { (button(person)) }
            }
            button.button.button-wide type="submit" { "Refuse" }
        }
    };
    portal::page(state, NAME, &card)
}

fn button(person: &MadeUpPerson) -> Markup {
    html! {
        button.button type="submit" name="person" value=(person.subject) {
            span { (person.given_name) " " (person.family_name) }
            @if let Some(email) = person.email { span.about { (address(email)) } }
            span.about { (person.about) }
        }
    }
}

impl AuthorizationRequest {
    /// As they were sent.
    fn fields(&self) -> [(&'static str, &str); 6] {
        [
            ("response_type", &self.response_type),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect_uri),
            ("state", &self.state),
            ("code_challenge", &self.code_challenge),
            ("code_challenge_method", &self.code_challenge_method),
        ]
    }
}
