//! Every check, alone, at a fixed time.

use serde_json::{Value, json};

use super::*;
use crate::{
    jwt::{
        key_set::test_server::{TestServer, jwks},
        public_key_from_pem,
    },
    testing::{TestKey, hs256, session_claims, unsigned, with},
};

const ISSUER: &str = "https://local-dev-1.clerk.accounts.dev";
const ORIGIN: &str = "http://localhost:3000";
const NOW: f64 = 1_666_648_250.0;

fn verifier() -> Verifier {
    let key = public_key_from_pem(&TestKey::named("one").public_pem()).unwrap();
    Verifier::new(Arc::new(KeySet::fixed(key)), Rules::clerk(ISSUER, vec![ORIGIN.to_owned()]))
}

async fn verify(token: &str) -> Result<VerifiedToken, TokenError> {
    verifier().verify(token, Duration::from_secs_f64(NOW)).await
}

/// The outcome for fresh session claims with one of them changed.
async fn with_claim(name: &str, value: Value) -> Result<VerifiedToken, TokenError> {
    verify(&TestKey::named("one").sign(&with(session_claims(ISSUER, ORIGIN, NOW), name, value))).await
}

fn reason(outcome: Result<VerifiedToken, TokenError>) -> &'static str {
    outcome.map_or_else(|error| error.reason(), |_| "valid")
}

#[tokio::test]
async fn a_fresh_token_is_valid() {
    let token = with_claim("x", json!(1)).await.unwrap();
    assert_eq!((token.claims.subject(), token.claims.expires_at()), ("user_1", 1_666_648_310));
}

#[tokio::test]
async fn clocks_may_differ_by_five_seconds() {
    for (claim, value, expected) in [
        ("exp", NOW - 4.0, "valid"),
        ("exp", NOW - 4.999, "valid"),
        // Clerk: a token exactly 5 s past its end has expired.
        ("exp", NOW - 5.0, "expired"),
        ("exp", NOW - 6.0, "expired"),
        ("nbf", NOW + 5.0, "valid"),
        ("nbf", NOW + 5.5, "not_yet_valid"),
        ("iat", NOW + 5.0, "valid"),
        ("iat", NOW + 6.0, "issued_in_future"),
    ] {
        assert_eq!(reason(with_claim(claim, json!(value)).await), expected, "{claim} {value}");
    }
}

#[tokio::test]
async fn every_claim_that_decides_is_checked() {
    for (claim, value, expected) in [
        ("iss", json!("https://other.clerk.accounts.dev"), "wrong_issuer"),
        ("iss", json!("https://local-dev-1.clerk.accounts.dev/"), "wrong_issuer"),
        ("iss", json!([ISSUER]), "wrong_issuer"),
        ("iss", Value::Null, "wrong_issuer"),
        ("azp", json!("http://localhost:3001"), "wrong_azp"),
        ("azp", json!(""), "wrong_azp"),
        ("azp", Value::Null, "wrong_azp"),
        ("exp", Value::Null, "malformed"),
        ("exp", json!("1666648310"), "malformed"),
        ("nbf", Value::Null, "valid"),
        ("nbf", json!("soon"), "malformed"),
        ("iat", Value::Null, "valid"),
        ("iat", json!(false), "malformed"),
        ("sub", Value::Null, "malformed"),
        ("sub", json!(""), "malformed"),
        ("sub", json!(7), "malformed"),
        // An audience is only looked at where one is expected; jsonwebtoken's default would refuse this one.
        ("aud", json!("somebody"), "valid"),
    ] {
        assert_eq!(reason(with_claim(claim, value.clone()).await), expected, "{claim} {value}");
    }
}

#[tokio::test]
async fn without_authorized_parties_any_azp_will_do() {
    let key = public_key_from_pem(&TestKey::named("one").public_pem()).unwrap();
    let verifier = Verifier::new(Arc::new(KeySet::fixed(key)), Rules::clerk(ISSUER, Vec::new()));
    for azp in [json!("https://elsewhere.example"), Value::Null] {
        let token = TestKey::named("one").sign(&with(session_claims(ISSUER, ORIGIN, NOW), "azp", azp));
        assert!(verifier.verify(&token, Duration::from_secs_f64(NOW)).await.is_ok());
    }
}

#[tokio::test]
async fn a_token_for_another_audience_is_refused() {
    let key = public_key_from_pem(&TestKey::named("one").public_pem()).unwrap();
    let rules = Rules { audiences: vec!["one".to_owned(), "two".to_owned()], ..Rules::clerk(ISSUER, Vec::new()) };
    let verifier = Verifier::new(Arc::new(KeySet::fixed(key)), rules);
    for (audience, expected) in [
        (json!("one"), "valid"),
        (json!(["three", "two"]), "valid"),
        (json!("three"), "wrong_audience"),
        (json!(["three"]), "wrong_audience"),
        // As Clerk's SDK has it: such a token names nobody in particular.
        (Value::Null, "valid"),
        (json!(""), "valid"),
        (json!([]), "valid"),
        (json!(7), "valid"),
    ] {
        let token = TestKey::named("one").sign(&with(session_claims(ISSUER, ORIGIN, NOW), "aud", audience.clone()));
        let outcome = verifier.verify(&token, Duration::from_secs_f64(NOW)).await;
        assert_eq!(reason(outcome), expected, "{audience}");
    }
}

#[tokio::test]
async fn an_openid_token_names_its_audience() {
    let key = public_key_from_pem(&TestKey::named("one").public_pem()).unwrap();
    let rules = Rules::open_id(Some(ISSUER.to_owned()), vec!["one".to_owned(), "two".to_owned()]);
    let verifier = Verifier::new(Arc::new(KeySet::fixed(key)), rules);
    for (audience, expected) in [
        (json!("one"), "valid"),
        (json!(["three", "two"]), "valid"),
        (json!(["two", 3]), "valid"),
        (json!("three"), "wrong_audience"),
        (json!(["three"]), "wrong_audience"),
        (Value::Null, "wrong_audience"),
        (json!(""), "wrong_audience"),
        (json!([]), "wrong_audience"),
        (json!(["", ""]), "wrong_audience"),
        (json!(7), "wrong_audience"),
        (json!({ "one": "one" }), "wrong_audience"),
    ] {
        let token = TestKey::named("one").sign(&with(session_claims(ISSUER, ORIGIN, NOW), "aud", audience.clone()));
        let outcome = verifier.verify(&token, Duration::from_secs_f64(NOW)).await;
        assert_eq!(reason(outcome), expected, "{audience}");
    }
}

#[tokio::test]
async fn rules_may_name_another_subject_and_other_types() {
    let key = public_key_from_pem(&TestKey::named("one").public_pem()).unwrap();
    let keys = Arc::new(KeySet::fixed(key));
    let open_id = || Rules::open_id(Some(ISSUER.to_owned()), Vec::new());
    let by_sub = Verifier::new(Arc::clone(&keys), open_id());
    let by_email = Verifier::new(Arc::clone(&keys), Rules { subject_claim: "email".to_owned(), ..open_id() });
    let clerk = Verifier::new(keys, Rules::clerk(ISSUER, Vec::new()));
    let claims = with(with(session_claims(ISSUER, ORIGIN, NOW), "sub", Value::Null), "email", json!("a@b.c"));
    let now = Duration::from_secs_f64(NOW);
    let token = TestKey::named("one").sign(&claims);
    assert_eq!(reason(by_email.verify(&token, now).await), "valid");
    assert_eq!(reason(by_sub.verify(&token, now).await), "malformed");
    for (typ, expected) in [("at+jwt", "valid"), ("application/at+jwt", "valid"), ("dpop+jwt", "malformed")] {
        let header = json!({ "alg": "RS256", "kid": "one", "typ": typ });
        let token = TestKey::named("one").sign_with_header(&header, &session_claims(ISSUER, ORIGIN, NOW));
        assert_eq!(reason(by_sub.verify(&token, now).await), expected, "{typ}");
        assert_eq!(reason(clerk.verify(&token, now).await), "malformed", "{typ}, even if its signature is remembered");
    }
}

#[tokio::test]
async fn the_algorithm_is_not_the_tokens_to_choose() {
    let key = TestKey::named("one");
    let claims = session_claims(ISSUER, ORIGIN, NOW);
    assert_eq!(reason(verify(&unsigned("none", "one", &claims)).await), "unsupported_alg");
    assert_eq!(reason(verify(&unsigned("RS256", "one", &claims)).await), "bad_signature");
    assert_eq!(reason(verify(&hs256(&key.public_pem(), "one", &claims)).await), "unsupported_alg");
    for (member, value, expected) in [
        ("alg", json!("RS512"), "unsupported_alg"),
        ("alg", json!("rs256"), "unsupported_alg"),
        ("crit", json!(["exp"]), "unsupported_alg"),
        ("typ", json!("at+jwt"), "malformed"),
        ("typ", Value::Null, "valid"),
        ("cat", json!("cl_B7d4PD333AAA"), "malformed"),
        ("cat", json!("cl_B7d4PD222AAA"), "valid"),
        ("unknown", json!({}), "valid"),
    ] {
        let header = with(json!({ "alg": "RS256", "kid": "one", "typ": "JWT" }), member, value.clone());
        assert_eq!(reason(verify(&key.sign_with_header(&header, &claims)).await), expected, "{member} {value}");
    }
}

#[tokio::test]
async fn a_changed_token_does_not_verify() {
    let claims = session_claims(ISSUER, ORIGIN, NOW);
    let token = TestKey::named("one").sign(&claims);
    let forged = TestKey::named("other").sign(&claims);
    assert_eq!(reason(verify(&forged).await), "bad_signature");
    let admin = TestKey::named("one").sign(&with(claims, "sub", json!("user_admin")));
    let (payload, signature) = (admin.split('.').nth(1).unwrap(), token.rsplit('.').next().unwrap());
    let spliced = format!("{}.{payload}.{signature}", token.split('.').next().unwrap());
    assert_eq!(reason(verify(&spliced).await), "bad_signature");
}

#[tokio::test]
async fn rubbish_is_malformed() {
    let long = format!("{}.e30.AA", "A".repeat(9000));
    for token in ["", "a", "a.b", "..", "e30.e30.AA.AA", "bnVsbA.bnVsbA.AA", "e30.bnVsbA.AA", "ü.ü.ü", long.as_str()]
    {
        assert_eq!(reason(verify(token).await), "malformed", "{token}");
    }
}

#[tokio::test]
async fn a_signature_is_checked_once_and_everything_else_every_time() {
    let key = public_key_from_pem(&TestKey::named("one").public_pem()).unwrap();
    let keys = Arc::new(KeySet::fixed(key));
    let verifier = |party: &str| Verifier::new(Arc::clone(&keys), Rules::clerk(ISSUER, vec![party.to_owned()]));
    let token = TestKey::named("one").sign(&session_claims(ISSUER, ORIGIN, NOW));
    let at = |seconds: f64| Duration::from_secs_f64(NOW + seconds);
    assert!(keys.verified().get(&hash(&token)).is_none());
    for seen_before in [false, true] {
        assert_eq!(verifier(ORIGIN).verify(&token, at(0.0)).await.unwrap().seen_before, seen_before);
    }
    assert!(keys.verified().get(&hash(&token)).is_some());
    assert_eq!(reason(verifier("https://elsewhere.example").verify(&token, at(1.0)).await), "wrong_azp");
    assert!(verifier(ORIGIN).verify(&token, at(64.0)).await.is_ok());
    assert_eq!(reason(verifier(ORIGIN).verify(&token, at(65.0)).await), "expired");
    assert!(keys.verified().get(&hash(&token)).is_none(), "a token that ended is not kept");

    let known = TestKey::named("one").sign(&session_claims(ISSUER, ORIGIN, NOW));
    let verified = verifier(ORIGIN).verify(&known, at(0.0)).await.unwrap();
    let forged = TestKey::named("other").sign(&session_claims(ISSUER, ORIGIN, NOW));
    assert_eq!(reason(verifier(ORIGIN).verify(&forged, at(0.0)).await), "bad_signature");
    keys.verified().insert(hash(&forged), forged.len(), verified, 0);
    assert!(verifier(ORIGIN).verify(&forged, at(0.0)).await.is_ok(), "what is kept is believed");
}

#[tokio::test]
async fn a_token_does_not_outlive_its_key() {
    let server = TestServer::start(&["one", "two"]).await;
    let keys = server.key_set();
    let verifier = Verifier::new(Arc::clone(&keys), Rules::clerk(ISSUER, Vec::new()));
    let token =
        |kid: &str| TestKey::named(kid).sign(&with(session_claims(ISSUER, ORIGIN, NOW), "exp", json!(NOW + 9999.0)));
    let (one, two) = (token("one"), token("two"));
    let at = |seconds: f64| Duration::from_secs_f64(NOW + seconds);
    for token in [&one, &two] {
        assert!(verifier.verify(token, at(0.0)).await.is_ok());
    }
    server.answers(200, jwks(&["two", "three"]));
    assert!(verifier.verify(&token("three"), at(11.0)).await.is_ok());
    assert_eq!(reason(verifier.verify(&one, at(11.0)).await), "unknown_key", "its key is gone");
    assert!(verifier.verify(&two, at(11.0)).await.is_ok(), "a key that stayed still counts");
    let generations: Vec<u64> =
        [&one, &two].into_iter().filter_map(|token| keys.verified().get(&hash(token))).map(|(_, at)| at).collect();
    assert_eq!(generations, [1], "all that the old set had verified was dropped");

    server.answers(500, String::new());
    assert_eq!(
        reason(verifier.verify(&two, at(3700.0)).await),
        "no_keys",
        "keys that nobody vouches for verify nothing"
    );
}

#[tokio::test]
async fn a_key_that_changes_under_its_name_takes_its_tokens_along() {
    let server = TestServer::start(&["one"]).await;
    let verifier = Verifier::new(server.key_set(), Rules::clerk(ISSUER, Vec::new()));
    let token = |kid: &str| TestKey::named(kid).sign(&session_claims(ISSUER, ORIGIN, NOW));
    let (known, now) = (token("one"), Duration::from_secs_f64(NOW));
    assert!(verifier.verify(&known, now).await.is_ok());
    let other = with(TestKey::named("two").jwk(), "kid", json!("one"));
    server.answers(200, json!({ "keys": [other] }).to_string());
    assert_eq!(reason(verifier.verify(&token("three"), now).await), "unknown_key", "the keys are fetched again");
    assert_eq!(reason(verifier.verify(&known, now).await), "bad_signature");
}

#[tokio::test]
async fn a_token_that_names_no_key_is_held_to_the_one_without_a_name() {
    let server = TestServer::start(&["one"]).await;
    server.answers(200, json!({ "keys": [with(TestKey::named("one").jwk(), "kid", json!(null))] }).to_string());
    let verifier = Verifier::new(server.key_set(), Rules::clerk(ISSUER, Vec::new()));
    let claims = session_claims(ISSUER, ORIGIN, NOW);
    let of = |key: &str, header: Value| TestKey::named(key).sign_with_header(&header, &claims);
    for (token, expected) in [
        (of("one", json!({ "alg": "RS256" })), "valid"),
        (of("two", json!({ "alg": "RS256" })), "bad_signature"),
        (of("one", json!({ "alg": "RS256", "kid": "one" })), "unknown_key"),
        (of("one", json!({ "alg": "RS256", "kid": 5 })), "unknown_key"),
        (of("one", json!({ "alg": "RS256", "kid": null })), "unknown_key"),
    ] {
        // Once it is known, too.
        for _ in 0..2 {
            assert_eq!(reason(verifier.verify(&token, Duration::from_secs_f64(NOW)).await), expected, "{token}");
        }
    }
}

#[tokio::test]
async fn a_handshake_is_not_kept() {
    let key = public_key_from_pem(&TestKey::named("one").public_pem()).unwrap();
    let keys = Arc::new(KeySet::fixed(key));
    let verifier = Verifier::new(Arc::clone(&keys), Rules::clerk(ISSUER, Vec::new()));
    let payload = TestKey::named("one").sign(&json!({ "handshake": ["__session=secret"] }));
    assert!(verifier.verify_signature(&payload, Duration::from_secs_f64(NOW)).await.is_ok());
    assert!(keys.verified().get(&hash(&payload)).is_none());
}

#[tokio::test]
async fn padding_is_allowed_and_a_payload_may_be_large() {
    let token = TestKey::named("one").sign(&session_claims(ISSUER, ORIGIN, NOW));
    assert_eq!(reason(verify(&format!("{token}==")).await), "valid");
    let payload = |bytes: usize| TestKey::named("one").sign(&json!({ "handshake": ["x".repeat(bytes)] }));
    let now = Duration::from_secs_f64(NOW);
    assert!(verifier().verify_signature(&payload(10_000), now).await.is_ok());
    assert_eq!(reason(verifier().verify_signature(&payload(30_000), now).await), "malformed");
}

#[tokio::test]
async fn the_log_says_by_how_much_a_clock_is_off() {
    let seconds = Duration::from_secs;
    for (claim, value, expected) in [
        ("exp", NOW - 6.0, TokenError::Expired(seconds(6))),
        ("nbf", NOW + 30.0, TokenError::NotYetValid(seconds(30))),
        ("iat", NOW + 40.0, TokenError::IssuedInFuture(seconds(40))),
    ] {
        assert_eq!(with_claim(claim, json!(value)).await.unwrap_err(), expected);
    }
}

/// A signed token of exactly this length.
fn of_length(length: usize) -> String {
    let claims = |fill: usize| with(session_claims(ISSUER, ORIGIN, NOW), "x", json!("x".repeat(fill)));
    let sign = |fill: usize| TestKey::named("one").sign(&claims(fill));
    let about = (length - sign(0).len()) * 3 / 4;
    (about - 2..about + 3).map(sign).find(|token| token.len() == length).unwrap()
}

#[tokio::test]
async fn a_token_may_have_8_kilobytes_and_a_payload_32() {
    let now = Duration::from_secs_f64(NOW);
    for (length, expected) in [(2_000, "valid"), (8_192, "valid"), (8_194, "malformed")] {
        assert_eq!(reason(verify(&of_length(length)).await), expected, "{length}");
    }
    for (length, expected) in [(8_194, "valid"), (32_768, "valid"), (32_770, "malformed")] {
        assert_eq!(reason(verifier().verify_signature(&of_length(length), now).await), expected, "{length}");
    }
}

#[test]
fn public_keys_are_read_as_people_paste_them() {
    let pem = TestKey::named("one").public_pem();
    let bare: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    for text in [pem.clone(), pem.replace('\n', "\\n"), pem.replace('\n', " "), bare] {
        assert!(public_key_from_pem(&text).is_ok(), "{text}");
    }
    for text in ["", "AAAA", "-----BEGIN PUBLIC KEY-----\nnope\n-----END PUBLIC KEY-----"] {
        assert!(public_key_from_pem(text).is_err(), "{text}");
    }
}
