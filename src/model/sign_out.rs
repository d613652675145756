//! Why signing out did not work.

use serde::{Deserialize, Serialize};

/// The visitor is still signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignOutError {
    /// Clerk could not be reached, or refused to end the session.
    ClerkFailed,
    /// The request did not come through as it should.
    Transport,
}
