//! What the account page shows, and every way in which it cannot.

use serde::{Deserialize, Serialize};

use super::Journey;

/// The account page's data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// `user_…`
    pub user_id: String,
    /// `sess_…`
    pub session_id: String,
    /// When the session token that was used expires, in seconds since the Unix epoch.
    pub token_expires_at: u64,
    /// Who the user is; none where Clerk did not say.
    pub person: Option<Person>,
    /// The organization that is active in the session: its name, or how addresses call it, or its id.
    pub organization: Option<String>,
    /// What the gateway answered.
    pub greeting: Result<String, AccountError>,
    /// How the answer came about.
    pub journey: Journey,
}

/// Somebody, as a page names them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Person {
    /// What they are called.
    pub name: Option<String>,
    /// Where mail reaches them.
    pub email: Option<String>,
    /// Where their picture is, on this origin.
    pub picture: Option<String>,
}

/// Why the account page cannot show what it should. Closed, and with nothing inside that a page must not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountError {
    /// Nobody is signed in.
    SignedOut,
    /// Clerk's keys cannot be had, so nobody can be recognised.
    Unverifiable,
    /// Clerk did not hand out a token for the session.
    NoToken,
    /// The gateway did not accept the session token.
    GatewayRefused,
    /// The gateway knows the user and does not let them in.
    GatewayForbids,
    /// The gateway wants fewer requests.
    GatewayLimited,
    /// The gateway cannot check tokens now, or says it is overloaded.
    GatewayNotReady,
    /// Nothing answers at the gateway's address.
    GatewayDown,
    /// The gateway did not answer in time.
    GatewaySlow,
    /// The gateway answered something that is not the greeting.
    GatewayNonsense,
    /// The request did not come through as it should.
    Transport,
}

impl AccountError {
    /// The status of a page that has to say this.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::SignedOut => 401,
            Self::GatewayForbids => 403,
            Self::GatewayLimited => 429,
            Self::Transport => 500,
            Self::NoToken | Self::GatewayRefused | Self::GatewayDown | Self::GatewayNonsense => 502,
            Self::Unverifiable | Self::GatewayNotReady => 503,
            Self::GatewaySlow => 504,
        }
    }
}
