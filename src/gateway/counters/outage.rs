//! Something that cannot be had for a while: the log says so once, and once when that is over.

use std::{
    fmt::Display,
    sync::atomic::{AtomicBool, Ordering},
};

/// Whether something cannot be had.
#[derive(Debug, Default)]
pub struct Outage(AtomicBool);

impl Outage {
    /// Whether it cannot be had.
    pub fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// It cannot be had.
    pub fn goes_on(&self, cause: impl Display) {
        if !self.0.swap(true, Ordering::Relaxed) {
            tracing::warn!(%cause, "requests cannot be counted: until they can, `throwOnFailure` decides");
        }
    }

    /// It can be had.
    pub fn is_over(&self) {
        // Read first: writing would make processors fight over it.
        if self.is_on() && self.0.swap(false, Ordering::Relaxed) {
            tracing::info!("requests are counted again");
        }
    }
}
