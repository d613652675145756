//! What the page of the embedded gateway's routes shows, and every way in which it cannot.

use serde::{Deserialize, Serialize};

use super::AccountError;

/// What the gateway serves, and how its project was last loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayRoutes {
    /// Every route, in the order that decides.
    pub routes: Vec<GatewayRoute>,
    /// What somebody should look at.
    pub warnings: Vec<String>,
    /// When the project was loaded that counts, such as `2026-01-01 12:00:00 UTC`.
    pub loaded_at: String,
    /// The newest change, if it is not right and does not count.
    pub refused: Option<RefusedChange>,
}

/// One route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayRoute {
    /// The method it answers.
    pub method: String,
    /// The path as the file has it.
    pub path: String,
    /// The name of its CORS policy.
    pub cors: String,
    /// The policies before the handler, in order.
    pub inbound: Vec<GatewayStep>,
    /// What answers.
    pub handler: GatewayStep,
    /// The policies after the handler, in order.
    pub outbound: Vec<GatewayStep>,
    /// Whether anybody may use it.
    pub is_open: bool,
    /// The earlier route that takes all of its requests.
    pub shadowed_by: Option<String>,
}

/// A policy or a handler.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayStep {
    /// What the project calls it.
    pub name: String,
    /// The type of a policy; empty for a handler.
    pub kind: String,
    /// Its options by name, without secrets.
    pub options: Vec<(String, String)>,
}

/// A change of the project that does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedChange {
    /// When it was refused.
    pub at: String,
    /// What is wrong with it.
    pub faults: Vec<String>,
}

/// Why the page cannot show the routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum GatewayRoutesError {
    /// Nobody is signed in.
    SignedOut,
    /// Clerk's keys cannot be had, so nobody can be recognised.
    Unverifiable,
    /// The gateway is elsewhere, or its routes are nobody's business here.
    NotShown,
    /// The request did not come through as it should.
    Transport,
}

impl GatewayRoutesError {
    /// The status of a page that has to say this.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::SignedOut => 401,
            Self::NotShown => 404,
            Self::Transport => 500,
            Self::Unverifiable => 503,
        }
    }
}

impl From<AccountError> for GatewayRoutesError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::SignedOut => Self::SignedOut,
            AccountError::Unverifiable => Self::Unverifiable,
            _ => Self::Transport,
        }
    }
}
