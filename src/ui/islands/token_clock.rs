//! Counts down the life of the session token that made the page. Knows when the token expires, and nothing else of it.

use std::time::Duration;

use leptos::prelude::*;

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// How long the session token lives on. `expires_at` is in seconds since the Unix epoch.
#[island]
pub fn TokenClock(expires_at: u64) -> impl IntoView {
    let remaining = RwSignal::new(None);
    Effect::new(move |_| {
        let tick = move || remaining.set(Some(expires_at.saturating_sub(browser_seconds())));
        tick();
        if let Ok(timer) = set_interval_with_handle(tick, Duration::from_secs(1)) {
            on_cleanup(move || timer.clear());
        }
    });
    view! { <span class="token-clock">{move || describe(remaining.get(), expires_at)}</span> }
}

/// The browser's clock. Runs in effects only, so never on the server.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a browser's date is a positive whole number"
)]
fn browser_seconds() -> u64 {
    (js_sys::Date::now() / 1000.0) as u64
}

fn describe(remaining: Option<u64>, expires_at: u64) -> String {
    match remaining {
        None => {
            let second = expires_at % SECONDS_PER_DAY;
            format!("valid until {:02}:{:02}:{:02} UTC", second / 3600, second / 60 % 60, second % 60)
        }
        Some(0) => "expired; the next page load renews it".to_owned(),
        Some(1) => "valid for 1 more second".to_owned(),
        Some(seconds) => format!("valid for {seconds} more seconds"),
    }
}
