//! `/v1/clients` (`@clerk/backend`, `api/endpoints/ClientApi.ts`).

use serde::Deserialize;

use super::{
    BackendError,
    call::{Call, Query, Queue},
    transport::Transport,
};

#[derive(Deserialize)]
struct HandshakePayload {
    directives: Vec<String>,
}

/// The calls about clients: browsers and devices.
#[derive(Debug, Clone, Copy)]
pub struct ClientApi<'a>(pub(super) &'a Transport);

impl ClientApi<'_> {
    /// The `Set-Cookie` values that a handshake left under `nonce`. They can be had once, so the call is made again only
    /// if it was never sent.
    ///
    /// # Errors
    /// [`BackendError`]; [`BackendError::is_not_found`] if they were had before.
    pub async fn get_handshake_payload(&self, nonce: &str) -> Result<Vec<String>, BackendError> {
        let query = Query::default().texts("nonce", [nonce]);
        let call = Call::take(&["clients", "handshake_payload"]).query(query).queue(Queue::Handshakes);
        let payload: HandshakePayload = self.0.json(call).await?;
        Ok(payload.directives)
    }
}
