//! `getToken()`: a token to send on (Clerk, "getToken()"): the request's own, or a fresh one from the Backend API.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::OnceCell;

use super::{BackendError, Clerk, SessionToken, SignedIn};

/// A token with less time left than this may be gone before it arrives.
const MIN_TIME_LEFT: Duration = Duration::from_secs(5);

/// Which token is wanted. The default is the session token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TokenOptions {
    /// A JWT template's name.
    pub template: Option<String>,
    /// How long a new token should live.
    pub expires_in_seconds: Option<u64>,
    /// Whether the request's own token is of no use: the receiver refused it.
    pub skip_cache: bool,
}

impl TokenOptions {
    /// A token from a JWT template.
    #[must_use]
    pub fn template(name: impl Into<String>) -> Self {
        Self { template: Some(name.into()), ..Self::default() }
    }

    /// A session token that was just made.
    #[must_use]
    pub fn fresh() -> Self {
        Self { skip_cache: true, ..Self::default() }
    }
}

/// There is no token.
#[derive(Debug, thiserror::Error)]
pub enum GetTokenError {
    /// No session stands behind the request's token, so no other can be made.
    #[error("the token names no session")]
    NoSession,
    /// The Backend API did not make one.
    #[error(transparent)]
    Backend(#[from] Arc<BackendError>),
}

/// Session, template, lifetime.
type Wanted = (String, Option<String>, Option<u64>);
type Outcome = Result<SessionToken, Arc<BackendError>>;

/// The calls under way: whoever wants the same token waits for the same call, and shares its outcome.
#[derive(Debug, Default)]
pub struct Flights(Mutex<HashMap<Wanted, Arc<OnceCell<Outcome>>>>);

/// A seat in a call under way. Whoever leaves first takes the call off the board: the next one makes a new token.
struct Seat<'a> {
    flights: &'a Flights,
    wanted: Wanted,
    outcome: Arc<OnceCell<Outcome>>,
}

impl Clerk {
    /// A token for the user's session. The request's own, unless it has 5 s left or less; a template's token, or one of
    /// another lifetime, is made by the Backend API.
    ///
    /// # Errors
    /// [`GetTokenError`]
    pub async fn get_token(
        &self,
        user: &SignedIn,
        options: &TokenOptions,
        now: Duration,
    ) -> Result<SessionToken, GetTokenError> {
        if *options == TokenOptions::default() && has_time_left(user, now) {
            return Ok(user.session_token().clone());
        }
        let session_id = user.session_id().ok_or(GetTokenError::NoSession)?.to_owned();
        let seat = self.flights.join((session_id, options.template.clone(), options.expires_in_seconds));
        Ok(seat.outcome.get_or_init(|| self.new_token(&seat.wanted)).await.clone()?)
    }

    async fn new_token(&self, (session_id, template, lifetime): &Wanted) -> Outcome {
        let token = self.backend.sessions().get_token(session_id, template.as_deref(), *lifetime).await;
        Ok(token.map_err(Arc::new)?.into())
    }
}

fn has_time_left(user: &SignedIn, now: Duration) -> bool {
    let ends = user.claims().seconds("exp").unwrap_or_default();
    ends - now.as_secs_f64() > MIN_TIME_LEFT.as_secs_f64()
}

impl Flights {
    fn join(&self, wanted: Wanted) -> Seat<'_> {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = Arc::clone(flights.entry(wanted.clone()).or_default());
        drop(flights);
        Seat { flights: self, wanted, outcome }
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut flights = self.flights.0.lock().unwrap_or_else(PoisonError::into_inner);
        if flights.get(&self.wanted).is_some_and(|current| Arc::ptr_eq(current, &self.outcome)) {
            flights.remove(&self.wanted);
        }
    }
}

#[cfg(test)]
#[path = "get_token_tests.rs"]
mod tests;
