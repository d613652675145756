//! What a code is worth: an access token, for the client it was given to, once (RFC 6749 4.1.3, RFC 7636 4.5).

use std::{borrow::Cow, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    Form, Json,
    extract::State,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::json;
use subtle::ConstantTimeEq;

use super::{
    CLIENT_ID, IdentityProvider,
    grants::{Authorization, TOKEN_LIFETIME},
};
use crate::instance::InstanceState;

/// RFC 7636 4.1.
const VERIFIER_CHARS: std::ops::RangeInclusive<usize> = 43..=128;

/// What a client's server sends.
#[derive(Default, Deserialize)]
pub struct TokenRequest {
    #[serde(default)]
    grant_type: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    redirect_uri: String,
    #[serde(default)]
    code_verifier: String,
    /// Where it is not in the header.
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// Why there is no token, with the RFC's codes.
enum TokenError {
    InvalidClient,
    UnsupportedGrantType,
    InvalidGrant,
    TooMany,
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let (status, code) = match self {
            Self::InvalidClient => (StatusCode::UNAUTHORIZED, "invalid_client"),
            Self::UnsupportedGrantType => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
            Self::InvalidGrant => (StatusCode::BAD_REQUEST, "invalid_grant"),
            Self::TooMany => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
        };
        let mut response = (status, Json(json!({ "error": code }))).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
        }
        response
    }
}

/// `POST /token`
pub async fn exchange(
    State(state): State<Arc<InstanceState>>,
    headers: HeaderMap,
    Form(request): Form<TokenRequest>,
) -> Response {
    let mut response = match answer(&state, &headers, &request) {
        Ok(token) => Json(json!({
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFETIME.as_secs(),
            "scope": "openid email profile",
        }))
        .into_response(),
        Err(error) => error.into_response(),
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn answer(state: &InstanceState, headers: &HeaderMap, request: &TokenRequest) -> Result<String, TokenError> {
    let provider = &state.identity_provider;
    if !is_client(provider, headers, request) {
        return Err(TokenError::InvalidClient);
    }
    if request.grant_type != "authorization_code" {
        return Err(TokenError::UnsupportedGrantType);
    }
    let (mut grants, now) = (provider.grants(), state.now());
    let authorization = grants.use_code(&request.code, now).filter(|it| fits(it, request));
    let authorization = authorization.ok_or(TokenError::InvalidGrant)?;
    grants.issue_token(&authorization, &request.code, now).ok_or(TokenError::TooMany)
}

/// Whether the one client asks: its id and secret stand in the header or in the form.
fn is_client(provider: &IdentityProvider, headers: &HeaderMap, request: &TokenRequest) -> bool {
    let named = match headers.get(AUTHORIZATION) {
        Some(header) => header.to_str().ok().and_then(basic),
        None => request.client_id.clone().zip(request.client_secret.clone()),
    };
    let expected = provider.client_secret.expose_secret().as_bytes();
    named.is_some_and(|(id, secret)| id == CLIENT_ID && bool::from(secret.as_bytes().ct_eq(expected)))
}

/// Id and secret in an `Authorization: Basic` header, each encoded as in a form (RFC 6749 2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    let decoded = String::from_utf8(STANDARD.decode(header.strip_prefix("Basic ")?).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((form_decoded(id)?, form_decoded(secret)?))
}

fn form_decoded(text: &str) -> Option<String> {
    let spaced: Cow<'_, str> = text.replace('+', " ").into();
    percent_encoding::percent_decode_str(&spaced).decode_utf8().ok().map(Cow::into_owned)
}

/// Whether a code was given for this request.
fn fits(authorization: &Authorization, request: &TokenRequest) -> bool {
    let verifier = &request.code_verifier;
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    authorization.client_id == CLIENT_ID
        && authorization.redirect_uri == request.redirect_uri
        && VERIFIER_CHARS.contains(&verifier.len())
        && bool::from(authorization.code_challenge.as_bytes().ct_eq(challenge.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{super::people::PEOPLE, *};

    #[test]
    fn a_code_fits_whoever_asked_for_it() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let authorization = Authorization {
            person: &PEOPLE[0],
            client_id: CLIENT_ID.to_owned(),
            redirect_uri: "http://localhost:3000/back".to_owned(),
            code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned(),
        };
        let fits = |redirect_uri: &str, code_verifier: &str| {
            let (redirect_uri, code_verifier) = (redirect_uri.to_owned(), code_verifier.to_owned());
            fits(&authorization, &TokenRequest { redirect_uri, code_verifier, ..TokenRequest::default() })
        };
        assert!(fits("http://localhost:3000/back", verifier));
        assert!(!fits("http://localhost:3001/back", verifier), "the address is part of it");
        assert!(!fits("http://localhost:3000/back", &verifier.replace('d', "e")), "a stolen code is worth nothing");
        assert!(!fits("http://localhost:3000/back", ""));
    }

    #[test]
    fn id_and_secret_are_read_from_the_header() {
        let header = |text: &str| format!("Basic {}", STANDARD.encode(text));
        assert_eq!(basic(&header("a%3Ab:c+d%25")), Some(("a:b".to_owned(), "c d%".to_owned())));
        for wrong in [header("no colon"), "Bearer x".to_owned(), "Basic ?".to_owned()] {
            assert_eq!(basic(&wrong), None, "{wrong}");
        }
    }
}
