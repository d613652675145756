//! Which algorithm verifies what: configuration, key and token must all agree.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::{
    hmac,
    signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256},
};
use serde_json::{Value, json};

use super::{Algorithm::*, *};
use crate::{
    jwt::{
        KeyServer, KeySet, Rules, Verifier,
        fetch::usable_keys,
        test_ec_key::TestEcKey,
        test_server::TestServer,
        verifying_key::{SecretKey, VerifyingKey},
    },
    testing::{TestKey, hs256, session_claims, unsigned, with},
};

const NOW: f64 = 1_666_648_250.0;
const SECRET: &str = "a secret of thirty-two characters";

fn claims() -> Value {
    session_claims("https://issuer", "", NOW)
}

async fn reason(keys: KeySet, token: &str) -> &'static str {
    let verifier = Verifier::new(Arc::new(keys), Rules::open_id(None, Vec::new()));
    let outcome = verifier.verify(token, Duration::from_secs_f64(NOW)).await;
    outcome.map_or_else(|error| error.reason(), |_| "valid")
}

/// An RSA key that says nothing of its algorithm, one that says RS256, and a P-256 key.
async fn server(ec: &TestEcKey) -> TestServer {
    let server = TestServer::start(&[]).await;
    let open = with(TestKey::named("open").jwk(), "alg", Value::Null);
    server.answers(200, json!({ "keys": [open, TestKey::named("bound").jwk(), ec.jwk()] }).to_string());
    server
}

#[tokio::test]
async fn configuration_key_and_token_must_agree() {
    let ec = TestEcKey::new("ec");
    let server = server(&ec).await;
    let (open, bound) = (TestKey::named("open"), TestKey::named("bound"));
    let rsa = |key: &TestKey, encoding, alg: &str| {
        key.sign_as(encoding, &json!({ "alg": alg, "kid": key.kid, "typ": "JWT" }), &claims())
    };
    let all = vec![Rs256, Rs384, Rs512, Ps256, Es256];
    for (allowed, token, expected) in [
        (vec![Rs256], rsa(&open, &RSA_PKCS1_SHA256, "RS256"), "valid"),
        (vec![Rs384], rsa(&open, &RSA_PKCS1_SHA384, "RS384"), "valid"),
        (vec![Rs512], rsa(&open, &RSA_PKCS1_SHA512, "RS512"), "valid"),
        (vec![Ps256], rsa(&open, &RSA_PSS_SHA256, "PS256"), "valid"),
        (vec![Es256], ec.sign("ES256", &claims()), "valid"),
        (all.clone(), ec.sign("ES256", &claims()), "valid"),
        (all.clone(), rsa(&open, &RSA_PSS_SHA256, "PS256"), "valid"),
        // What the token says is not what is configured.
        (vec![Rs256], rsa(&open, &RSA_PKCS1_SHA384, "RS384"), "unsupported_alg"),
        (vec![Rs384], rsa(&open, &RSA_PKCS1_SHA256, "RS256"), "unsupported_alg"),
        (vec![Rs256], rsa(&open, &RSA_PSS_SHA256, "PS256"), "unsupported_alg"),
        (vec![Rs256], ec.sign("ES256", &claims()), "unsupported_alg"),
        (all.clone(), unsigned("none", "open", &claims()), "unsupported_alg"),
        (all.clone(), hs256(&open.public_pem(), "open", &claims()), "unsupported_alg"),
        // What the token says is not how it was signed.
        (all.clone(), rsa(&open, &RSA_PSS_SHA256, "RS256"), "bad_signature"),
        (all.clone(), rsa(&open, &RSA_PKCS1_SHA256, "PS256"), "bad_signature"),
        (all.clone(), rsa(&open, &RSA_PKCS1_SHA256, "RS512"), "bad_signature"),
        // What the token says is not what its key is for.
        (all.clone(), rsa(&bound, &RSA_PKCS1_SHA512, "RS512"), "bad_signature"),
        (all.clone(), rsa(&open, &RSA_PKCS1_SHA256, "ES256"), "bad_signature"),
        (all, ec.sign("RS256", &claims()), "bad_signature"),
    ] {
        let keys = KeySet::remote(KeyServer { algorithms: allowed.clone(), ..server.url.clone().into() }).unwrap();
        assert_eq!(reason(keys, &token).await, expected, "{allowed:?} {token}");
    }
}

#[tokio::test]
async fn a_secret_is_for_hs256_and_nothing_else() {
    let token = TestKey::named("one").sign(&claims());
    for (token, expected) in [
        (hs256(SECRET, "any", &claims()), "valid"),
        (hs256("another secret", "any", &claims()), "bad_signature"),
        (unsigned("HS256", "any", &claims()), "bad_signature"),
        (unsigned("none", "any", &claims()), "unsupported_alg"),
        (token, "unsupported_alg"),
        (TestEcKey::new("ec").sign("ES256", &claims()), "unsupported_alg"),
    ] {
        assert_eq!(reason(KeySet::secret(&SECRET.into()), &token).await, expected, "{token}");
    }
}

#[test]
fn a_key_verifies_under_its_own_algorithms_name_only() {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let (message, signature) = (b"message", hmac::sign(&key, b"message"));
    let secret = VerifyingKey::Secret(Arc::new(SecretKey::new(&SECRET.into())));
    assert!(secret.verifies("HS256", message, signature.as_ref()));
    for algorithm in ["RS256", "HS512", "none", ""] {
        assert!(!secret.verifies(algorithm, message, signature.as_ref()), "{algorithm}");
    }
}

#[test]
fn a_key_fits_by_kind_curve_use_and_algorithm() {
    let (ec, rsa) = (TestEcKey::new("ec").jwk(), TestKey::named("one").jwk());
    let usable = |jwk: &Value, allowed: &[Algorithm]| {
        usable_keys(json!({ "keys": [jwk] }).to_string().as_bytes(), allowed).is_ok()
    };
    assert!(usable(&ec, &[Es256]) && usable(&with(ec.clone(), "alg", Value::Null), &[Rs256, Es256]));
    assert!(usable(&rsa, &[Es256, Rs256]));
    assert!(!usable(&ec, &[Rs256, Rs384, Rs512, Ps256]) && !usable(&rsa, &[Es256]) && !usable(&rsa, &[Rs512]));
    for (member, value) in [
        ("crv", json!("P-384")),
        ("crv", json!(null)),
        ("kty", json!("OKP")),
        ("kty", json!("RSA")),
        ("alg", json!("ES384")),
        ("use", json!("enc")),
        ("kid", json!(5)),
        ("x", ec["y"].clone()),
        ("x", json!("")),
        ("y", json!(null)),
    ] {
        assert!(!usable(&with(ec.clone(), member, value.clone()), &[Es256]), "{member} {value}");
    }
}
