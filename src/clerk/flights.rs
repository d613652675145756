//! Calls under way: whoever wants the same thing waits for the same call, and shares its outcome. What ended is not kept.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OnceCell;

/// The calls under way, by what is wanted. Prints neither that nor what comes of it, which may be a token.
pub struct Flights<K, T>(Mutex<HashMap<K, Flight<T>>>);

struct Flight<T> {
    outcome: Arc<OnceCell<T>>,
    /// How many wait for it.
    seats: usize,
}

/// A seat in a call under way. Whoever leaves first after it ended takes it off the board, so that the next one makes a
/// new call; before that, whoever leaves last.
struct Seat<'a, K: Eq + Hash, T> {
    flights: &'a Flights<K, T>,
    wanted: K,
    outcome: Arc<OnceCell<T>>,
}

impl<K, T> fmt::Debug for Flights<K, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Flights")
    }
}

impl<K, T> Default for Flights<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash, T: Clone> Flights<K, T> {
    /// The outcome of the call for `wanted` that is under way, or of `call`. If whoever made the call goes away, one of
    /// those who wait makes theirs.
    pub async fn share<F: Future<Output = T>>(&self, wanted: K, call: impl FnOnce() -> F) -> T {
        let seat = self.join(wanted);
        seat.outcome.get_or_init(call).await.clone()
    }

    fn join(&self, wanted: K) -> Seat<'_, K, T> {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let flight = flights.entry(wanted.clone()).or_insert_with(|| Flight { outcome: Arc::default(), seats: 0 });
        flight.seats += 1;
        let outcome = Arc::clone(&flight.outcome);
        drop(flights);
        Seat { flights: self, wanted, outcome }
    }

    /// How many seats are taken in the call for `wanted`.
    #[cfg(test)]
    pub fn seats(&self, wanted: &K) -> usize {
        self.0.lock().unwrap().get(wanted).map_or(0, |flight| flight.seats)
    }
}

impl<K: Eq + Hash, T> Drop for Seat<'_, K, T> {
    fn drop(&mut self) {
        let mut flights = self.flights.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Another call for the same may have begun after this one ended.
        let own = flights.get_mut(&self.wanted).filter(|flight| Arc::ptr_eq(&flight.outcome, &self.outcome));
        let is_over = own.is_some_and(|flight| {
            flight.seats -= 1;
            flight.seats == 0 || flight.outcome.initialized()
        });
        if is_over {
            flights.remove(&self.wanted);
        }
    }
}
