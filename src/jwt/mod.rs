//! Key sets and token verification, shared by [`crate::clerk`] and [`crate::gateway`].
//!
//! This module knows nothing of HTTP servers, cookies or policies: a token and the current time go in, verified claims
//! or one [`TokenError`] come out. It never reads a clock, and it trusts nothing in a token before its signature held.
//!
//! - `key_set`: one issuer's public keys, fetched, cached and refreshed without ever storming the issuer
//! - `key_sets`: which issuer's keys are where; the composition root may point an issuer elsewhere
//! - `keys`: the keys of one set; `backoff`: when a key server that failed is asked again
//! - `fetch`: one HTTP request for a key set, bounded in time and size; `http`: the clients for it; `fetch_counts`: how
//!   often that happened
//! - `verifying_key`: a public key or a secret, made ready once; `pem`: one given as text instead of an address
//! - `algorithm`: what public keys may be used with
//! - `token`: a token taken apart, unverified
//! - `verify`: the checks, in order; `verified_tokens`: whose signature need not be checked again
//! - `verifiers`: one of several issuers, chosen by the token, which is then held to that one's rules
//! - `issuer`: which URLs may be one
//! - `error`: why a token was refused

mod algorithm;
mod backoff;
mod claims;
mod error;
mod fetch;
mod fetch_counts;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod http;
mod issuer;
mod key_set;
mod key_sets;
mod keys;
mod pem;
mod token;
mod verified_tokens;
mod verifiers;
mod verify;
mod verifying_key;

#[cfg(test)]
#[path = "test_ec_key_tests.rs"]
pub(crate) mod test_ec_key;

use std::{sync::Arc, time::Duration};

pub use algorithm::Algorithm;
pub use claims::Claims;
pub use error::TokenError;
pub use fetch::{KeyServer, KeyTimes};
pub use fetch_counts::FetchCounts;
#[cfg(fuzzing)]
pub use fuzz::token as fuzz_token;
pub use http::{describe_failure, http_client, read_body};
pub use issuer::{IssuerError, is_loopback, parse_issuer};
#[cfg(test)]
pub(crate) use key_set::test_server;
pub use key_set::{KeySet, KeySetStatus};
pub use key_sets::{KeySets, KeySetsError, KeySource};
pub use pem::{PemError, public_key_from_pem};
pub use token::{Header, UnverifiedToken};
pub use verifiers::Verifiers;
pub use verify::{Rules, VerifiedToken, Verifier};

/// Reads the current time as the time passed since the Unix epoch. Handed in, so that tests decide what time it is.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;
