//! What checking a session costs, beside a bare RSA-2048 verification by aws-lc-rs in the same run: the machine's noise
//! meets both alike, so the ratios mean something and the times do not.
//!
//! aws-lc-rs verifies with a key that it reads every time, or with one that was read before, as ours are. The bounds are
//! held to the first, its usual way; the ratio to the second, which is quicker, stands beside it.
//!
//! `cargo bench --bench verification` measures; as a test (`cargo test --bench verification`) it only shows that all of
//! it runs.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on should stop, and is read on a terminal"
)]

#[expect(dead_code, reason = "shared with the tests")]
#[path = "../src/testing.rs"]
mod testing;

#[path = "lib/samples.rs"]
mod samples;

use std::{
    hint::black_box,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gatehouse::{
    clerk::{BackendClient, Clerk, ClerkOptions, PublishableKey, RequestState},
    jwt::{KeySet, Rules, Verifier, public_key_from_pem},
};
use http::{Request, request::Parts};
use samples::Samples;
use serde_json::json;
use testing::{TestKey, session_claims, with};
use tokio::runtime::Runtime;
use url::Url;

const ORIGIN: &str = "http://localhost:3000";
const ISSUER: &str = "https://local-dev-1.clerk.accounts.dev";
const PUBLISHABLE_KEY: &str = "pk_test_bG9jYWwtZGV2LTEuY2xlcmsuYWNjb3VudHMuZGV2JA";
const NOW: Duration = Duration::from_secs(1_666_648_250);

/// What all else is compared with.
const BARE: &str = "RSA-2048, bare";
const READY: &str = "RSA-2048, bare, key read before";

/// A bound that a measurement must keep.
enum Bound {
    None,
    TimesBare(f64),
    Micros(f64),
}

fn main() -> ExitCode {
    let measure = std::env::args().any(|argument| argument == "--bench");
    let rounds = if measure { 20_000 } else { 20 };
    let runtime = Runtime::new().expect("a runtime");
    let bench = Bench::new(rounds);
    let rows = bench.run(&runtime);
    report(rows, measure)
}

struct Bench {
    key: UnparsedPublicKey<Vec<u8>>,
    ready: ParsedPublicKey,
    tokens: Vec<String>,
    verifier: Verifier,
    clerk: Clerk,
}

impl Bench {
    /// A different token for every round, so that none is known from before.
    fn new(rounds: usize) -> Self {
        let key = TestKey::named("bench");
        let claims = |number: usize| with(session_claims(ISSUER, ORIGIN, NOW.as_secs_f64()), "jti", json!(number));
        let tokens = (0..rounds).map(|number| key.sign(&claims(number))).collect();
        let pem = key.public_pem();
        let public = || Arc::new(KeySet::fixed(public_key_from_pem(&pem).expect("a key")));
        let rules = || Rules::clerk(ISSUER, vec![ORIGIN.to_owned()]);
        Self {
            key: UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_der()),
            ready: ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_der()).expect("a key"),
            tokens,
            verifier: Verifier::new(public(), rules()),
            clerk: clerk(Verifier::new(public(), rules())),
        }
    }

    fn run(&self, runtime: &Runtime) -> Vec<(&'static str, Samples, Bound)> {
        let [mut bare, mut ready, mut new, mut known, mut request, mut request_known] =
            [(); 6].map(|()| Samples::default());
        runtime.block_on(async {
            for token in &self.tokens {
                let (signed, signature) = token.rsplit_once('.').expect("a token");
                let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
                bare.take(|| self.key.verify(signed.as_bytes(), &signature).expect("valid"));
                ready.take(|| self.ready.verify_sig(signed.as_bytes(), &signature).expect("valid"));
                let parts = parts(token);
                for samples in [&mut new, &mut known] {
                    let start = Instant::now();
                    black_box(self.verifier.verify(token, NOW).await.expect("valid"));
                    samples.note(start);
                }
                for samples in [&mut request, &mut request_known] {
                    let start = Instant::now();
                    let state = self.clerk.authenticate_request(&parts, NOW).await;
                    samples.note(start);
                    assert!(matches!(state, Ok(RequestState::SignedIn { .. })));
                }
            }
        });
        vec![
            (BARE, bare, Bound::None),
            (READY, ready, Bound::None),
            ("verify, new token", new, Bound::TimesBare(1.25)),
            ("verify, token seen before", known, Bound::Micros(3.0)),
            ("authenticate_request, new token", request, Bound::TimesBare(1.5)),
            ("authenticate_request, token seen before", request_known, Bound::None),
        ]
    }
}

fn clerk(verifier: Verifier) -> Clerk {
    let url = |text: &str| Url::parse(text).expect("a URL");
    let publishable_key = PublishableKey::parse(PUBLISHABLE_KEY).expect("a key");
    let options = ClerkOptions::new(publishable_key, url(ISSUER), url(ORIGIN));
    let backend = BackendClient::new(url("http://127.0.0.1:9"), "sk_test_bench".into()).expect("a client");
    Clerk::new(options, verifier, backend).expect("options that fit together")
}

/// What a browser sends for a page, all of Clerk's cookies included.
fn parts(token: &str) -> Parts {
    let suffix = "3_AN3zpR";
    let cookies = format!(
        "__clerk_db_jwt=dvb_1; __clerk_db_jwt_{suffix}=dvb_1; __client_uat=1666648200; __client_uat_{suffix}=1666648200; \
         __session={token}; __session_{suffix}={token}"
    );
    let request = Request::get("/account?tab=security")
        .header("host", "localhost:3000")
        .header("accept", "text/html,application/xhtml+xml")
        .header("sec-fetch-dest", "document")
        .header("cookie", cookies);
    request.body(()).expect("a request").into_parts().0
}

fn report(mut rows: Vec<(&'static str, Samples, Bound)>, measured: bool) -> ExitCode {
    let mut median_of = |wanted: &str| {
        let row = rows.iter_mut().find(|(name, ..)| *name == wanted);
        row.map_or(f64::NAN, |(_, samples, _)| samples.quantile(0.5))
    };
    let (bare, ready) = (median_of(BARE), median_of(READY));
    let mut kept = true;
    println!("{:<42} {:>9} {:>9} {:>8} {:>11}  bound", "", "p50 µs", "p99 µs", "× bare", "× key read");
    for (name, mut samples, bound) in rows {
        let (median, tail) = (samples.quantile(0.5), samples.quantile(0.99));
        let (ratio, to_ready) = (median / bare, median / ready);
        let (text, holds) = match bound {
            Bound::None => (String::new(), true),
            Bound::TimesBare(times) => (format!("{times} × bare"), ratio <= times),
            Bound::Micros(micros) => (format!("{micros} µs"), median <= micros),
        };
        kept &= holds || !measured;
        let verdict = if holds || !measured { "" } else { "  EXCEEDED" };
        println!("{name:<42} {median:>9.2} {tail:>9.2} {ratio:>8.2} {to_ready:>11.2}  {text}{verdict}");
    }
    if !measured {
        println!("run as a test: everything runs, and nothing of it is judged in an unoptimised build");
    }
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
