//! Verifying tokens: claims, key sets, and which tokens stand for a session.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::Value;

use super::{
    Instance, ORIGIN, Signer, Token, Vectors, application,
    backend_api_tests::{Answer, BackendApi, KEYS, key_set},
    domains, seconds, url,
};
use crate::{
    clerk::{
        AuthErrorReason, ClerkOptions, InstanceType, PublishableKey, constants::SESSION, sent_token::stands_for_session,
    },
    jwt::{KeySet, Rules, TokenError, UnverifiedToken, Verifier, public_key_from_pem},
    testing::TestKey,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Verification {
    name: String,
    token: Token,
    #[serde(default)]
    rules: Expectations,
    expect: String,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Expectations {
    authorized_parties: Vec<String>,
    clock_skew_ms: Option<u64>,
    /// A text, or a list of them.
    audience: Option<Value>,
    /// Not read: only session tokens are verified, and their type is fixed.
    types: Option<Vec<String>>,
    key_form: KeyForm,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeyForm {
    #[default]
    Jwk,
    BareJwk,
    Pem,
}

#[tokio::test]
async fn claims_and_headers() {
    run_verifications("assertions.json").await;
}

#[tokio::test]
async fn whole_tokens() {
    run_verifications("verify_jwt.json").await;
}

async fn run_verifications(file: &'static str) {
    let mut vectors = Vectors::open(file);
    let now = vectors.now();
    let backend = BackendApi::start().await;
    let (fetched, given) = (Arc::new(backend.keys()), Arc::new(KeySet::fixed(public_key("instance"))));
    for case in vectors.take::<Verification>("cases") {
        let keys = Arc::clone(if matches!(case.rules.key_form, KeyForm::Pem) { &given } else { &fetched });
        let mut rules = Rules::clerk(Instance::Development.issuer(), case.rules.authorized_parties);
        rules.audiences = texts(case.rules.audience.as_ref());
        rules.clock_skew = case.rules.clock_skew_ms.map_or(rules.clock_skew, Duration::from_millis);
        let token = case.token.sign(&Instance::Development.issuer(), now);
        let outcome = Verifier::new(keys, rules).verify(&token, seconds(now)).await;
        vectors.check(
            &case.name,
            &outcome.map_or_else(|error| reason(&error), |_| "accepted".to_owned()),
            &case.expect,
        );
    }
    vectors.finish();
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let texts = match value {
        Some(Value::Array(texts)) => texts.as_slice(),
        Some(text) => std::slice::from_ref(text),
        None => &[],
    };
    texts.iter().filter_map(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

fn public_key(name: &str) -> jsonwebtoken::DecodingKey {
    public_key_from_pem(&TestKey::named(name).public_pem()).unwrap()
}

/// The reason as the SDK's verification gives it, before a request is decided by it.
fn reason(error: &TokenError) -> String {
    match error {
        TokenError::Expired(_) => "token-expired".to_owned(),
        TokenError::NotYetValid(_) => "token-not-active-yet".to_owned(),
        TokenError::IssuedInFuture(_) => "token-iat-in-the-future".to_owned(),
        error => AuthErrorReason::of_refusal(error).to_string(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    name: String,
    key: String,
    #[serde(default)]
    options: Place,
    expect: Option<NamedInstance>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Place {
    is_satellite: Option<bool>,
    domain: Option<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedInstance {
    instance_type: String,
    frontend_api: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Suffix {
    name: String,
    key: String,
    expect: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pem {
    name: String,
    form: PemForm,
    key: Signer,
    kid: String,
    expect: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum PemForm {
    Body,
    Pem,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fetching {
    name: String,
    scopes: BTreeMap<String, Served>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Served {
    #[serde(default)]
    kids: Vec<String>,
    status: Option<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    at: u64,
    scope: String,
    kid: String,
    expect: String,
    #[serde(default)]
    fetches: BTreeMap<String, usize>,
    hides: Option<String>,
}

#[tokio::test]
async fn keys() {
    let mut vectors = Vectors::open("keys.json");
    for case in vectors.take::<Key>("publishable_keys") {
        let instance = PublishableKey::parse(&case.key).ok().map(|key| named_instance(key, &case.options));
        vectors.check(&case.name, &instance, &case.expect);
    }
    for case in vectors.take::<Suffix>("cookie_suffixes") {
        let cookie = PublishableKey::parse(&case.key).unwrap().cookie(SESSION);
        vectors.check(&case.name, &cookie, &format!("{SESSION}_{}", case.expect));
    }
    for case in vectors.take::<Pem>("pem") {
        let outcome = verify_with_pem(&case, vectors.now()).await;
        vectors.check(&case.name, &outcome, &case.expect);
    }
    for case in vectors.take::<Fetching>("jwks") {
        fetch_keys(&mut vectors, &case).await;
    }
    vectors.finish();
}

fn named_instance(key: PublishableKey, place: &Place) -> NamedInstance {
    let instance_type = match key.instance_type() {
        InstanceType::Production => "production".to_owned(),
        InstanceType::Development => "development".to_owned(),
    };
    let domains = domains(place.is_satellite, place.domain.as_ref(), false);
    let options = ClerkOptions { domains, ..application(key, &url(ORIGIN)) };
    NamedInstance { instance_type, frontend_api: options.issuer_host().into_owned() }
}

/// A token of the instance against a public key that the configuration holds.
async fn verify_with_pem(case: &Pem, now: u64) -> String {
    let pem = TestKey::named(case.key.name()).public_pem();
    let text = match case.form {
        PemForm::Pem => pem,
        PemForm::Body => pem.lines().filter(|line| !line.starts_with('-')).collect(),
    };
    let rules = Rules::clerk(Instance::Development.issuer(), vec![ORIGIN.to_owned()]);
    let verifier = Verifier::new(Arc::new(KeySet::fixed(public_key_from_pem(&text).unwrap())), rules);
    let token = serde_json::from_value::<Token>(serde_json::json!({ "header": { "kid": case.kid } })).unwrap();
    let outcome = verifier.verify(&token.sign(&Instance::Development.issuer(), now), seconds(now)).await;
    outcome.map_or_else(|error| reason(&error), |_| "accepted".to_owned())
}

async fn fetch_keys(vectors: &mut Vectors, case: &Fetching) {
    let mut scopes = BTreeMap::new();
    for (name, served) in &case.scopes {
        let backend = BackendApi::start().await;
        let kids: Vec<&str> = served.kids.iter().map(String::as_str).collect();
        let answer = Answer { status: served.status.unwrap_or(200), json: key_set(&kids) };
        backend.answers(BTreeMap::from([(KEYS.to_owned(), answer)]));
        let rules = Rules::clerk(Instance::Development.issuer(), Vec::new());
        let verifier = Verifier::new(Arc::new(backend.keys()), rules);
        scopes.insert(name.as_str(), (backend, verifier));
    }
    for step in &case.steps {
        let now = seconds(vectors.now() + step.at);
        let token = TestKey::named(&step.kid).sign(&serde_json::json!({}));
        let verified = scopes[step.scope.as_str()].1.verify_signature(&token, now).await;
        let error = verified.as_ref().err().map(ToString::to_string).unwrap_or_default();
        let outcome = verified.map_or_else(|error| reason(&error), |_| "found".to_owned());
        vectors.check(&case.name, &outcome, &step.expect);
        for (scope, expected) in &step.fetches {
            vectors.check(&case.name, &scopes[scope.as_str()].0.calls().len(), expected);
        }
        let told = step.hides.as_ref().is_some_and(|hidden| error.contains(hidden));
        vectors.check(&case.name, &told, &false);
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Detection {
    name: String,
    token: Token,
    expect: Kind,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kind {
    #[serde(rename = "type")]
    machine_type: Option<String>,
    jwt: bool,
}

/// Whichever kind of machine sent a token, it must not stand for a session.
#[test]
fn machines() {
    let mut vectors = Vectors::open("machine.json");
    for case in vectors.take::<Detection>("cases") {
        let token = case.token.sign(&Instance::Development.issuer(), vectors.now());
        let stands = UnverifiedToken::parse(&token).map(|token| stands_for_session(&token));
        vectors.check(&case.name, &matches!(stands, Ok(false)), &case.expect.jwt);
        vectors.check(&case.name, &(matches!(stands, Ok(true)) && case.expect.machine_type.is_some()), &false);
    }
    vectors.finish();
}
