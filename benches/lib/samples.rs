//! Times of one thing that is measured.

use std::time::{Duration, Instant};

/// Samples of one thing that is measured, in nanoseconds.
#[derive(Default)]
pub struct Samples(Vec<u64>);

impl Samples {
    /// Measures `work`.
    pub fn take<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        self.note(start);
        done
    }

    /// Notes what began at `start` and has just ended.
    pub fn note(&mut self, start: Instant) {
        self.add(start.elapsed());
    }

    /// Adds what was measured elsewhere.
    pub fn add(&mut self, time: Duration) {
        self.0.push(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// The time that `share` of the samples stay below, in microseconds.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "small numbers"
    )]
    pub fn quantile(&mut self, share: f64) -> f64 {
        self.0.sort_unstable();
        let index = ((self.0.len() - 1) as f64 * share) as usize;
        self.0[index] as f64 / 1000.0
    }
}
