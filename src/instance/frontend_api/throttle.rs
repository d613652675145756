//! How often one address may try to sign in or up: so many times in ten seconds. What is counted is forgotten with the
//! program, and an address is that of the connection: behind a proxy, all its visitors count as one.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::instance::{InstanceState, clerk_error::ClerkError, user_resource::whole_seconds};

const WINDOW: Duration = Duration::from_secs(10);
/// Above this, addresses whose window is over are forgotten.
const MANY_ADDRESSES: usize = 10_000;
const TOO_MANY: ClerkError =
    ClerkError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many attempts. Try again in a moment.");

/// Counts attempts.
pub struct Throttle {
    limit: u32,
    seen: Mutex<HashMap<IpAddr, Window>>,
}

#[derive(Clone, Copy)]
struct Window {
    began: Duration,
    attempts: u32,
}

impl Throttle {
    /// Lets so many attempts of an address pass in ten seconds.
    pub fn new(limit: u32) -> Self {
        Self { limit, seen: Mutex::default() }
    }

    /// Counts an attempt. Returns how long to wait, if it is one too many.
    fn admit(&self, address: IpAddr, now: Duration) -> Result<(), Duration> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MANY_ADDRESSES {
            seen.retain(|_, window| now < window.began + WINDOW);
        }
        let window = seen.entry(address).or_insert(Window { began: now, attempts: 0 });
        if now >= window.began + WINDOW {
            *window = Window { began: now, attempts: 0 };
        }
        if window.attempts >= self.limit {
            return Err((window.began + WINDOW).saturating_sub(now));
        }
        window.attempts += 1;
        Ok(())
    }
}

/// Refuses attempts beyond the limit, and says when to come back.
pub async fn limit_attempts(State(state): State<Arc<InstanceState>>, request: Request, next: Next) -> Response {
    match state.admit(&request) {
        Ok(()) => next.run(request).await,
        Err(seconds) => ([(header::RETRY_AFTER, seconds)], TOO_MANY).into_response(),
    }
}

impl InstanceState {
    /// Counts an attempt; looking is none. Returns how many seconds to wait, if it is one too many.
    pub fn admit(&self, request: &Request) -> Result<(), HeaderValue> {
        if request.method() == Method::GET {
            return Ok(());
        }
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_canonical());
        let admitted = self.throttle.admit(peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), self.now());
        admitted.map_err(|wait| HeaderValue::from(whole_seconds(wait)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(1_000 + seconds)
    }

    #[test]
    fn each_address_has_so_many_attempts_in_ten_seconds() {
        let throttle = Throttle::new(2);
        assert_eq!(throttle.admit(ONE, at(0)), Ok(()));
        assert_eq!(throttle.admit(ONE, at(1)), Ok(()));
        assert_eq!(throttle.admit(ONE, at(3)), Err(Duration::from_secs(7)));
        assert_eq!(throttle.admit(OTHER, at(3)), Ok(()));
        assert_eq!(throttle.admit(ONE, at(9)), Err(Duration::from_secs(1)));
        assert_eq!(throttle.admit(ONE, at(10)), Ok(()));
    }

    #[test]
    fn addresses_that_went_away_are_forgotten() {
        let throttle = Throttle::new(1);
        for number in 0..u32::try_from(MANY_ADDRESSES).unwrap() {
            assert_eq!(throttle.admit(IpAddr::V4(Ipv4Addr::from_bits(number)), at(0)), Ok(()));
        }
        assert_eq!(throttle.admit(ONE, at(10)), Ok(()));
        assert_eq!(throttle.seen.lock().unwrap().len(), 1);
    }
}
