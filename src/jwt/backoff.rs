//! How long a key server is left alone after failures: longer after each, and not equally long by every program.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// After one failure.
const FIRST: Duration = Duration::from_secs(2);
/// However many there were.
const LONGEST: Duration = Duration::from_secs(30);
/// One more than the largest `u32`.
const TWO_TO_THE_32ND: f64 = 4_294_967_296.0;

/// Where the share of a wait that is left out comes from: numbers from 0 up to 1.
pub type Jitter = fn() -> f64;

/// A number from 0 up to 1 that no two programs share.
pub fn random() -> f64 {
    // A hasher of random keys, the only randomness that needs no other crate.
    let bits = u32::try_from(RandomState::new().hash_one(()) >> 32).unwrap_or_default();
    f64::from(bits) / TWO_TO_THE_32ND
}

/// How long nobody asks after the last of so many `failures` in a row. Up to half of it is left out, as `jitter` says, so
/// that programs which lost the same issuer at once do not all come back at once.
pub fn wait(failures: u32, jitter: f64) -> Duration {
    let doublings = failures.saturating_sub(1).min(4);
    (FIRST * 2_u32.pow(doublings)).min(LONGEST).mul_f64(1.0 - jitter / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_doubles_the_wait_up_to_half_a_minute() {
        let waits = [1, 2, 3, 4, 5, 6, 1000, u32::MAX].map(|failures| wait(failures, 0.0).as_secs());
        assert_eq!(waits, [2, 4, 8, 16, 30, 30, 30, 30]);
        let shorter = [1, 2, 3, 4, 5, 1000].map(|failures| wait(failures, 0.5).as_millis());
        assert_eq!(shorter, [1500, 3000, 6000, 12_000, 22_500, 22_500], "a quarter is left out");
    }

    #[test]
    fn jitter_differs_from_time_to_time() {
        let numbers: Vec<f64> = (0..1000).map(|_| random()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)), "{numbers:?}");
        for at_least in [0.1, 0.5, 0.9] {
            let above = numbers.iter().filter(|number| **number >= at_least).count();
            assert!((1..1000).contains(&above), "{above} of 1000 are at least {at_least}");
        }
    }
}
