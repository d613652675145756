//! What must hold of every text that arrives in the place of a token, whoever wrote it. Fuzzed (`make fuzz`), and tried
//! on what fuzzing found worth keeping.
#![expect(clippy::unwrap_used, reason = "a fault is to be seen")]

use std::{
    future::Future,
    pin::pin,
    sync::{Arc, LazyLock},
    task::{Context, Poll, Waker},
    time::Duration,
};

use super::{KeySet, Rules, UnverifiedToken, Verifier, public_key_from_pem};

const ISSUER: &str = "https://fuzz.clerk.accounts.dev";
const NOW: Duration = Duration::from_secs(1_666_648_250);
const PUBLIC_KEY: &str = include_str!("../../fuzz/public_key.pem");
/// The one token that was ever signed with that key.
const SIGNED: &str = include_str!("../../fuzz/corpus/token/signed");

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    let keys = KeySet::fixed(public_key_from_pem(PUBLIC_KEY).unwrap());
    Verifier::new(Arc::new(keys), Rules::clerk(ISSUER, Vec::new()))
});

/// Whatever is read is read the same way again, and nothing verifies that the key's owner did not sign.
pub fn token(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let verified = at_once(VERIFIER.verify(text, NOW));
    let Ok(token) = UnverifiedToken::parse(text) else { return assert!(verified.is_err()) };
    assert_eq!(token.text(), text);
    assert!(text.as_bytes().starts_with(token.signed()) && text.as_bytes()[token.signed().len()] == b'.');
    if verified.is_ok() {
        assert_eq!(token.signed(), UnverifiedToken::parse(SIGNED).unwrap().signed());
    }
}

/// A fixed key is never waited for.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => unreachable!("a fixed key is there"),
    }
}

/// Tries every input that fuzzing found worth keeping for one of its targets.
#[cfg(test)]
pub fn each_kept_input(target: &str, check: impl Fn(&[u8])) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let inputs: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!inputs.is_empty(), "{target}");
    for input in inputs {
        check(&std::fs::read(input).unwrap());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_worth_keeping_holds() {
        each_kept_input("token", token);
        assert!(at_once(VERIFIER.verify(SIGNED, NOW)).is_ok());
    }
}
