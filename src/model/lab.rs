//! The lab: what an attacker or a bad clock would send, and what becomes of it.

use serde::{Deserialize, Serialize};

use super::{AccountError, GatewayView};

/// Something to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Experiment {
    /// A token as Clerk makes it, to compare with.
    GoodToken,
    /// No token at all.
    NoToken,
    /// Text that is no token.
    NotAToken,
    /// Two `Authorization` headers.
    TwoTokens,
    /// A good token, and headers that say one is somebody else.
    ForgedIdentity,
    /// Expired, but within the clock tolerance.
    ExpiredFourSeconds,
    /// Expired, just outside the clock tolerance.
    ExpiredSixSeconds,
    /// `nbf` is a minute ahead.
    NotYetValid,
    /// The issuer's clock is a minute ahead.
    IssuedInFuture,
    /// The payload was changed after signing.
    Tampered,
    /// `alg` is `none`, and there is no signature.
    AlgorithmNone,
    /// HS256, with the public key as the secret.
    PublicKeyAsSecret,
    /// A key that the issuer does not publish.
    UnknownKey,
    /// Another issuer.
    WrongIssuer,
    /// Made for another site; sent to the gateway.
    ForeignParty,
    /// Made for another site; sent to the application.
    ForeignPartyAtApp,
    /// A machine's token.
    MachineToken,
    /// The issuer's keys cannot be fetched.
    KeyServerDown,
    /// The issuer changes its key.
    KeyRotation,
    /// A session ends while its token lives.
    RevokedSession,
    /// The issuer's clock is off, more and less than is tolerated.
    ClockOffset,
}

impl Experiment {
    /// All of them, in the order the lab shows them.
    pub const ALL: [Self; 21] = [
        Self::GoodToken,
        Self::NoToken,
        Self::NotAToken,
        Self::TwoTokens,
        Self::ForgedIdentity,
        Self::ExpiredFourSeconds,
        Self::ExpiredSixSeconds,
        Self::NotYetValid,
        Self::IssuedInFuture,
        Self::Tampered,
        Self::AlgorithmNone,
        Self::PublicKeyAsSecret,
        Self::UnknownKey,
        Self::WrongIssuer,
        Self::ForeignParty,
        Self::ForeignPartyAtApp,
        Self::MachineToken,
        Self::KeyServerDown,
        Self::KeyRotation,
        Self::RevokedSession,
        Self::ClockOffset,
    ];

    /// Its name in addresses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GoodToken => "good-token",
            Self::NoToken => "no-token",
            Self::NotAToken => "not-a-token",
            Self::TwoTokens => "two-tokens",
            Self::ForgedIdentity => "forged-identity",
            Self::ExpiredFourSeconds => "expired-4s",
            Self::ExpiredSixSeconds => "expired-6s",
            Self::NotYetValid => "not-yet-valid",
            Self::IssuedInFuture => "issued-in-future",
            Self::Tampered => "tampered",
            Self::AlgorithmNone => "alg-none",
            Self::PublicKeyAsSecret => "public-key-as-secret",
            Self::UnknownKey => "unknown-key",
            Self::WrongIssuer => "wrong-issuer",
            Self::ForeignParty => "foreign-azp",
            Self::ForeignPartyAtApp => "foreign-azp-app",
            Self::MachineToken => "machine-token",
            Self::KeyServerDown => "key-server-down",
            Self::KeyRotation => "key-rotation",
            Self::RevokedSession => "revoked-session",
            Self::ClockOffset => "clock-offset",
        }
    }

    /// Whether it has a gateway and a Clerk of its own: it needs something broken, or an API behind the gateway.
    #[must_use]
    pub const fn has_rig(self) -> bool {
        matches!(
            self,
            Self::ForgedIdentity | Self::KeyServerDown | Self::KeyRotation | Self::RevokedSession | Self::ClockOffset
        )
    }

    /// The experiment with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|experiment| experiment.name() == name)
    }
}

/// What became of an experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it was.
    pub experiment: Experiment,
    /// What was sent and answered, in order.
    pub exchanges: Vec<Exchange>,
}

/// One request of an experiment, and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What it is, of several; empty where there is but one.
    pub step: String,
    /// The request, as a line for a shell.
    pub curl: String,
    /// The answer's status.
    pub status: u16,
    /// Some of its headers.
    pub headers: Vec<(String, String)>,
    /// Its body; JSON with a line for each member.
    pub body: String,
    /// What it says of itself, where it is a problem document (RFC 9457).
    pub detail: Option<String>,
    /// What the gateway saw, if it was asked.
    pub seen: Option<GatewayView>,
}

/// Why the lab shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LabError {
    /// There is a lab with the embedded Clerk only, and it knows its experiments by name.
    NotHere,
    /// The request did not come through.
    Failed,
}

impl LabError {
    /// The status of a page that has to say this.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::NotHere => 404,
            Self::Failed => AccountError::GatewayDown.status(),
        }
    }
}
