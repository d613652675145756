//! Faults on demand: what can be made to go wrong with an instance, to see what becomes of those who rely on it. They are
//! kept in memory, bounded, and end by themselves.
//!
//! - `calls`: how tests switch them over HTTP; `keys`: the keys that a rotation brings

mod calls;
mod keys;

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{Instance, InstanceState, signing_key::SigningKeyError, store::StoreError, user_resource::whole_seconds};

pub use calls::{clear, revoke, set, show};
pub use keys::{KeyRing, NamedKey};

/// The longest a fault lasts.
const MAX_LIFETIME: Duration = Duration::from_secs(600);
const DEFAULT_LIFETIME_SECONDS: u64 = 60;
/// Longer than anybody waits for keys, and shorter than the program's own time limit is by default.
const MAX_DELAY_MILLIS: u64 = 10_000;
/// How far the clock can be off, either way.
const MAX_OFFSET_SECONDS: i64 = 3600;

/// What goes wrong. What is left out goes right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// The key server answers with this status, 400 to 599, and no keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_status: Option<u16>,
    /// The key server answers this much later, up to ten seconds.
    #[serde(skip_serializing_if = "is_zero")]
    pub jwks_delay_ms: u64,
    /// Tokens are signed with a key that is new; this becomes of the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotated_key: Option<OldKeys>,
    /// Tokens are made by a clock that is ahead by so much, or behind; up to an hour.
    #[serde(skip_serializing_if = "is_zero")]
    pub clock_offset_seconds: i64,
    /// How long all this lasts, up to ten minutes. A minute unless said otherwise.
    pub for_seconds: u64,
}

/// What becomes of the keys before a rotation, while it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OldKeys {
    /// They are still published, as Clerk does until every token of theirs has expired.
    Published,
    /// They are gone at once, as after a leak.
    Withdrawn,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            jwks_status: None,
            jwks_delay_ms: 0,
            rotated_key: None,
            clock_offset_seconds: 0,
            for_seconds: DEFAULT_LIFETIME_SECONDS,
        }
    }
}

fn is_zero<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}

/// A fault that cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} must be {expected}")]
pub struct OutOfBounds {
    field: &'static str,
    expected: &'static str,
}

/// The faults could not be switched on.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    /// More than there can be.
    #[error(transparent)]
    OutOfBounds(#[from] OutOfBounds),
    /// There is no key to change to.
    #[error(transparent)]
    SigningKey(#[from] SigningKeyError),
}

impl Faults {
    fn check(&self) -> Result<(), OutOfBounds> {
        let bounds = [
            ("jwks_status", "400 to 599", self.jwks_status.is_none_or(|status| (400..600).contains(&status))),
            ("jwks_delay_ms", "at most 10000", self.jwks_delay_ms <= MAX_DELAY_MILLIS),
            (
                "clock_offset_seconds",
                "-3600 to 3600",
                self.clock_offset_seconds.unsigned_abs() <= MAX_OFFSET_SECONDS.unsigned_abs(),
            ),
            ("for_seconds", "1 to 600", (1..=MAX_LIFETIME.as_secs()).contains(&self.for_seconds)),
        ];
        match bounds.into_iter().find(|(.., is_within)| !is_within) {
            Some((field, expected, _)) => Err(OutOfBounds { field, expected }),
            None => Ok(()),
        }
    }

    /// The time by the clock that tokens are made by.
    pub fn time_of_tokens(&self, now: Duration) -> Duration {
        let offset = Duration::from_secs(self.clock_offset_seconds.unsigned_abs());
        if self.clock_offset_seconds < 0 { now.saturating_sub(offset) } else { now.saturating_add(offset) }
    }
}

/// In a sentence's middle, for people.
impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.clock_offset_seconds.unsigned_abs();
        let texts = [
            self.jwks_status.map(|status| format!("the key server answers {status}")),
            (self.jwks_delay_ms > 0).then(|| format!("the key server is {} ms late", self.jwks_delay_ms)),
            self.rotated_key.map(|old| match old {
                OldKeys::Published => "tokens are signed with a new key".to_owned(),
                OldKeys::Withdrawn => "tokens are signed with a new key, and the old one is withdrawn".to_owned(),
            }),
            (self.clock_offset_seconds > 0).then(|| format!("the clock is {seconds} s ahead")),
            (self.clock_offset_seconds < 0).then(|| format!("the clock is {seconds} s behind")),
        ];
        formatter.write_str(&texts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

/// Whether anything goes wrong now.
#[derive(Debug, Default)]
pub struct FaultSwitch(Mutex<Option<(Faults, Duration)>>);

impl FaultSwitch {
    /// What goes wrong at `now`, and how long still; none if all goes right.
    pub fn on(&self, now: Duration) -> Option<(Faults, Duration)> {
        let switched = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (faults, until) = switched?;
        // A clock that is set back lengthens nothing.
        let left = until.checked_sub(now).filter(|left| !left.is_zero() && *left <= MAX_LIFETIME)?;
        Some((faults, left))
    }

    /// What goes wrong at `now`, which may be nothing.
    pub fn at(&self, now: Duration) -> Faults {
        self.on(now).map(|(faults, _)| faults).unwrap_or_default()
    }

    fn set(&self, faults: Option<(Faults, Duration)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }
}

impl Instance {
    /// Lets this go wrong from now on, and nothing else.
    ///
    /// # Errors
    /// When that is more than there can be, or there is no key to change to. Then all stays as it is.
    pub async fn set_faults(&self, faults: Faults) -> Result<(), FaultError> {
        self.state.set_faults(faults).await
    }

    /// Ends every fault.
    pub fn clear_faults(&self) {
        self.state.clear_faults();
    }

    /// What goes wrong now; none if all goes right.
    #[must_use]
    pub fn faults(&self) -> Option<Faults> {
        self.state.faults.on(self.state.now()).map(|(faults, _)| faults)
    }

    /// What goes wrong now and for how long still, as a banner says it.
    #[must_use]
    pub fn fault_in_words(&self) -> Option<String> {
        self.state.fault_in_words()
    }

    /// Revokes a session, as an administrator does.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub async fn revoke_session(&self, id: &str) -> Result<(), StoreError> {
        self.state.store.revoke_session(id.to_owned(), self.state.now()).await.map(drop)
    }
}

impl InstanceState {
    async fn set_faults(&self, faults: Faults) -> Result<(), FaultError> {
        faults.check()?;
        if faults.rotated_key.is_some() {
            self.mint.keys().rotate().await?;
        }
        let now = self.now();
        self.faults.set(Some((faults, now.saturating_add(Duration::from_secs(faults.for_seconds)))));
        tracing::warn!(%faults, seconds = faults.for_seconds, "faults are on");
        Ok(())
    }

    /// As [`Instance::fault_in_words`].
    pub fn fault_in_words(&self) -> Option<String> {
        let (faults, left) = self.faults.on(self.now())?;
        Some(format!("For {} more seconds {faults}.", whole_seconds(left)))
    }

    fn clear_faults(&self) {
        self.faults.set(None);
        tracing::info!("all faults are off");
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
