//! `/v1/sign_in_tokens` (`@clerk/backend`, `api/endpoints/SignInTokenApi.ts`).

use secrecy::SecretString;
use serde::Deserialize;

use super::{
    BackendError,
    call::{Body, Call},
    json::{or_default, secret},
    transport::Transport,
};

/// A ticket that signs a user in, once. All times are milliseconds since the Unix epoch.
#[derive(Debug, Clone, Deserialize)]
pub struct SignInToken {
    /// `sit_…`
    pub id: String,
    /// `user_…`
    pub user_id: Option<String>,
    /// `pending`, `accepted` or `revoked`.
    #[serde(default, deserialize_with = "or_default")]
    pub status: String,
    /// The ticket.
    #[serde(default, deserialize_with = "secret")]
    pub token: Option<SecretString>,
    /// A page that takes the ticket, which is part of the address.
    #[serde(default, deserialize_with = "secret")]
    pub url: Option<SecretString>,
    /// When it was made.
    pub created_at: Option<u64>,
    /// When anything changed.
    pub updated_at: Option<u64>,
}

/// The calls about sign-in tokens.
#[derive(Debug, Clone, Copy)]
pub struct SignInTokenApi<'a>(pub(super) &'a Transport);

impl SignInTokenApi<'_> {
    /// Makes a sign-in token. Clerk lets it live for 30 days unless `expires_in_seconds` says otherwise.
    ///
    /// # Errors
    /// [`BackendError`]; [`BackendError::is_not_found`] if there is no such user.
    pub async fn create_sign_in_token(
        &self,
        user_id: &str,
        expires_in_seconds: Option<u64>,
    ) -> Result<SignInToken, BackendError> {
        let body = Body::default().set("user_id", Some(user_id)).set("expires_in_seconds", expires_in_seconds);
        self.0.json(Call::post(&["sign_in_tokens"]).body(body)).await
    }

    /// Makes a sign-in token useless.
    ///
    /// # Errors
    /// [`BackendError`]; [`BackendError::is_not_found`] if there is no such token.
    pub async fn revoke_sign_in_token(&self, sign_in_token_id: &str) -> Result<SignInToken, BackendError> {
        self.0.json(Call::post(&["sign_in_tokens", sign_in_token_id, "revoke"])).await
    }
}
