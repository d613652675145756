//! What the embedded Clerk costs: making a token beside a bare RSA-2048 signature with the same key, signing in with a
//! hundred and with a hundred thousand users, and every other call at 50 requests a second, over loopback HTTP.
//!
//! `cargo bench --bench instance` measures, with `-- --short` for less than a minute; as a test (`cargo test --bench
//! instance`) it only shows that all of it runs. The ratios are of one run, in which both sides take turns, and decide
//! how it ends. Times depend on the machine and what else it does; they are judged in words only.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on should stop, and is read on a terminal"
)]

#[path = "lib/embedded.rs"]
mod embedded;
#[path = "lib/samples.rs"]
mod samples;
#[expect(dead_code, reason = "shared with the tests")]
#[path = "../src/testing.rs"]
mod testing;

use std::{
    hint::black_box,
    process::ExitCode,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use embedded::{Embedded, Hash, SignedIn};
use reqwest::Method;
use samples::Samples;
use testing::TempFolder;
use tokio::{runtime::Runtime, sync::mpsc, task::JoinSet};

const PER_SECOND: u32 = 50;
const MAX_CALL_MICROS: f64 = 2_000.0;
const MAX_MINT_RATIO: f64 = 1.3;
/// A search through all users would make it a hundred times as long.
const MAX_GROWTH: f64 = 2.0;
const FEW_USERS: u32 = 100;
/// The slugs are those of [`embedded::ORGANIZATIONS`].
const SWITCHES: [&str; 2] =
    ["active_organization_id=bench-a&intent=select_org", "active_organization_id=bench-b&intent=select_org"];

/// How much is measured.
struct Extent {
    tokens: usize,
    sign_ins: u32,
    slow_sign_ins: u32,
    many_users: u32,
    /// Of each call.
    seconds: f64,
    /// Whether it counts.
    judged: bool,
}

impl Extent {
    fn read() -> Self {
        let asked = |wanted: &str| std::env::args().any(|argument| argument == wanted);
        match (asked("--bench"), asked("--short")) {
            (false, _) => {
                Self { tokens: 20, sign_ins: 4, slow_sign_ins: 1, many_users: 1_000, seconds: 0.1, judged: false }
            }
            (true, true) => Self {
                tokens: 2_000,
                sign_ins: 300,
                slow_sign_ins: 50,
                many_users: 100_000,
                seconds: 2.0,
                judged: true,
            },
            (true, false) => Self {
                tokens: 10_000,
                sign_ins: 2_000,
                slow_sign_ins: 300,
                many_users: 100_000,
                seconds: 20.0,
                judged: true,
            },
        }
    }
}

fn main() -> ExitCode {
    let extent = Extent::read();
    let folder = TempFolder::new();
    let few = Embedded::start(folder.path().join("few.db"), FEW_USERS);
    let many = Arc::new(Embedded::start(folder.path().join("many.db"), extent.many_users));
    let runtime = Runtime::new().expect("a runtime");
    let mut report = Report { judged: extent.judged, kept: true };
    report.mint(&few, &extent);
    println!("\nSigning in, in a new browser. Passwords are hashed with {}.", few.password_parameters());
    for (what, hash, times) in
        [("without argon2id", Hash::Least, extent.sign_ins), ("with argon2id", Hash::Argon2id, extent.slow_sign_ins)]
    {
        let (mut short, mut long) =
            runtime.block_on(sign_ins((&few, FEW_USERS), (&many, extent.many_users), hash, times));
        let growth = report.ratio("p99", long.quantile(0.99) / short.quantile(0.99), MAX_GROWTH);
        Report::line(&format!("{what}, {FEW_USERS} users"), &mut short, "");
        Report::line(&format!("{what}, {} users", extent.many_users), &mut long, &growth);
    }
    println!("\nOther calls, {PER_SECOND} a second, {} users.", extent.many_users);
    let browser = Arc::new(runtime.block_on(many.sign_in(0, Hash::Least)).0);
    let address = runtime.block_on(many.add_address(&browser));
    for (name, method, path, forms) in calls(&browser, &address) {
        let mut samples = runtime.block_on(at_a_rate(&many, &browser, &method, &path, forms, extent.seconds));
        let bound = report.bound(samples.quantile(0.99), MAX_CALL_MICROS);
        Report::line(name, &mut samples, &bound);
    }
    if !extent.judged {
        println!("run as a test: everything runs, and nothing of it is judged in an unoptimised build");
    }
    if report.kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Signs in here and there in turn: what else the machine does meets both alike. Everybody comes at most once, if there
/// are enough of them; those who follow each other are far apart in the store.
async fn sign_ins(few: (&Embedded, u32), many: (&Embedded, u32), hash: Hash, times: u32) -> (Samples, Samples) {
    let (mut short, mut long) = (Samples::default(), Samples::default());
    for number in 0..times {
        for ((embedded, users), samples) in [(few, &mut short), (many, &mut long)] {
            samples.add(embedded.sign_in(number * 7_919 % (users / 2), hash).await.1);
        }
    }
    (short, long)
}

/// Name, method and path of a call, and its forms, which take turns: a second one that asks for something else makes every
/// call write.
type BenchCall = (&'static str, Method, String, [&'static str; 2]);

fn calls(browser: &SignedIn, address: &str) -> [BenchCall; 10] {
    let session = format!("/client/sessions/{}", browser.session_id);
    let reading = |name, path: &str| (name, Method::GET, path.to_owned(), [""; 2]);
    let posting = |name, path: String, forms| (name, Method::POST, path, forms);
    [
        reading("environment", "/environment"),
        reading("client", "/client"),
        posting("touch", format!("{session}/touch"), ["active_organization_id=&intent=focus"; 2]),
        posting("touch, another organization each time", format!("{session}/touch"), SWITCHES),
        posting("tokens", format!("{session}/tokens"), ["organization_id=&tab_state=focused"; 2]),
        reading("me", "/me"),
        ("me, changed", Method::PATCH, "/me".to_owned(), ["first_name=Ada", "first_name=Augusta"]),
        posting("a code for an address of me", format!("/me/email_addresses/{address}/prepare_verification"), [""; 2]),
        reading("sessions of me", "/me/sessions/active"),
        reading("organizations of me", "/me/organization_memberships"),
    ]
}

/// Calls at a fixed rate, whether or not what was called before is answered. A time counts from when the call was due.
async fn at_a_rate(
    embedded: &Arc<Embedded>,
    browser: &Arc<SignedIn>,
    method: &Method,
    path: &str,
    forms: [&'static str; 2],
    seconds: f64,
) -> Samples {
    // The first one opens the connection.
    embedded.call(browser, method.clone(), path, forms[1], Instant::now()).await;
    let (mut due_times, mut calls, mut forms) = (due_times(seconds), JoinSet::new(), forms.into_iter().cycle());
    while let (Some(due), Some(form)) = (due_times.recv().await, forms.next()) {
        let (embedded, browser) = (Arc::clone(embedded), Arc::clone(browser));
        let (method, path) = (method.clone(), path.to_owned());
        calls.spawn(async move { embedded.call(&browser, method, &path, form, due).await });
    }
    let mut samples = Samples::default();
    calls.join_all().await.into_iter().for_each(|time| samples.add(time));
    samples
}

/// When calls are due, each said at that time. A thread of its own waits: the runtime's timer counts whole milliseconds.
fn due_times(seconds: f64) -> mpsc::UnboundedReceiver<Instant> {
    let (say, said) = mpsc::unbounded_channel();
    let (start, length) = (Instant::now(), Duration::from_secs_f64(seconds));
    let times = (0..).map(|number| Duration::from_secs(1) * number / PER_SECOND).take_while(move |time| *time < length);
    #[expect(clippy::disallowed_methods, reason = "the thread serves nobody")]
    thread::spawn(move || {
        for due in times.map(|time| start + time) {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if say.send(due).is_err() {
                break;
            }
        }
    });
    said
}

/// What is printed, and whether every ratio kept its bound.
struct Report {
    judged: bool,
    kept: bool,
}

impl Report {
    fn mint(&mut self, embedded: &Embedded, extent: &Extent) {
        let key = RsaKeyPair::from_pkcs8(&embedded.signing_key()).expect("a key");
        let sample = embedded.instance.token_for_the_bench().expect("a token");
        let (signed, _) = sample.rsplit_once('.').expect("a token");
        let (mut bare, mut mint) = (Samples::default(), Samples::default());
        for _ in 0..extent.tokens {
            bare.take(|| {
                let mut signature = vec![0; key.public_modulus_len()];
                let signing = key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature);
                signing.expect("signed");
                black_box(signature)
            });
            mint.take(|| black_box(embedded.instance.token_for_the_bench().expect("a token")));
        }
        println!("{:<44} {:>10} {:>10}", "Making a token.", "p50 µs", "p99 µs");
        let ratio = self.ratio("p50", mint.quantile(0.5) / bare.quantile(0.5), MAX_MINT_RATIO);
        Self::line("RSA-2048 signature, bare", &mut bare, "");
        Self::line("session token", &mut mint, &ratio);
    }

    fn line(name: &str, samples: &mut Samples, verdict: &str) {
        println!("{name:<44} {:>10.1} {:>10.1}  {verdict}", samples.quantile(0.5), samples.quantile(0.99));
    }

    /// Two times of one run, by each other: a bound that must be kept.
    fn ratio(&mut self, what: &str, ratio: f64, most: f64) -> String {
        let holds = ratio <= most;
        self.kept &= holds || !self.judged;
        format!("{ratio:.2} times by {what}, at most {most}: {}", self.verdict(holds))
    }

    /// A time, which says as much of the machine.
    fn bound(&self, micros: f64, most: f64) -> String {
        format!("p99 at most {most} µs: {}", self.verdict(micros <= most))
    }

    const fn verdict(&self, holds: bool) -> &'static str {
        match (self.judged, holds) {
            (false, _) => "not judged",
            (true, true) => "ok",
            (true, false) => "missed",
        }
    }
}
