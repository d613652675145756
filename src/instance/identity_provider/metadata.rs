//! Where the provider's endpoints are (OpenID Connect Discovery 3), for clients that look.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use crate::instance::InstanceState;

/// `GET /.well-known/openid-configuration`
pub async fn show(State(state): State<Arc<InstanceState>>) -> Json<Value> {
    Json(json!({
        "issuer": state.provider_issuer(),
        "authorization_endpoint": state.provider_url("authorize"),
        "token_endpoint": state.provider_url("token"),
        "userinfo_endpoint": state.provider_url("userinfo"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "scopes_supported": ["openid", "email", "profile"],
        "subject_types_supported": ["public"],
        "claims_supported": ["sub", "name", "given_name", "family_name", "email", "email_verified"],
        "authorization_response_iss_parameter_supported": true,
    }))
}
