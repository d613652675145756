//! Clerk's own test cases, run through the code. What the files hold is in `README.md`; here is how they are read.

mod address_tests;
mod backend_api_tests;
mod claims_tests;
mod request_tests;
mod token_tests;

use std::{collections::BTreeSet, fmt::Debug, path::Path, time::Duration};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use url::Url;

use super::{ClerkOptions, Domains, PublishableKey};
use crate::testing::TestKey;

/// The origin that tokens are for unless they say otherwise.
const ORIGIN: &str = "http://localhost:3000";

/// A file of cases: counts which were run, and gathers how they failed.
struct Vectors {
    file: &'static str,
    document: Map<String, Value>,
    run: BTreeSet<String>,
    failures: Vec<String>,
}

impl Vectors {
    fn open(file: &'static str) -> Self {
        let document = serde_json::from_str(&text_of(file)).unwrap();
        Self { file, document, run: BTreeSet::new(), failures: Vec::new() }
    }

    /// The time that the file's cases happen at.
    fn now(&self) -> u64 {
        self.document["now"].as_u64().unwrap()
    }

    /// The tokens that the file's cases name.
    fn tokens(&self) -> Vec<(String, Token)> {
        let tokens = self.document["tokens"].as_object().unwrap();
        tokens.iter().map(|(name, token)| (name.clone(), serde_json::from_value(token.clone()).unwrap())).collect()
    }

    /// The cases of a list, with what this server answers where that differs.
    fn take<T: DeserializeOwned>(&mut self, list: &str) -> Vec<T> {
        let Some(Value::Array(cases)) = self.document.remove(list) else { panic!("no list {list} in {}", self.file) };
        cases.into_iter().map(|case| read_case(list, case)).collect()
    }

    /// Notes that a case was run, and whether it went as it should.
    fn check<T: PartialEq + Debug>(&mut self, case: &str, actual: &T, expected: &T) {
        self.run.insert(case.to_owned());
        if actual != expected {
            self.failures.push(format!("{case}\n    is     {actual:?}\n    should {expected:?}"));
        }
    }

    /// # Panics
    /// When a case failed, or when not as many were run as the README says there are.
    fn finish(self) {
        assert!(self.failures.is_empty(), "{}: {}", self.file, self.failures.join("\n"));
        let left: Vec<&String> =
            self.document.keys().filter(|key| !["now", "tokens"].contains(&key.as_str())).collect();
        assert!(left.is_empty(), "{}: lists that were not run: {left:?}", self.file);
        assert_eq!(self.run.len(), promised(self.file), "{}: the README's count", self.file);
    }
}

/// A case's `ours` takes the place of what it says of Clerk's SDK; members that it does not name stay.
fn read_case<T: DeserializeOwned>(list: &str, mut case: Value) -> T {
    let members = case.as_object_mut().unwrap();
    let name = format!("{list}: {}", members["name"].as_str().unwrap());
    if let Some(ours) = members.remove("ours") {
        let why = members.remove("why");
        assert!(why.is_some_and(|why| !why.as_str().unwrap().is_empty()), "{name}: no reason is given");
        let expected = members.get_mut("expect").unwrap();
        let before = expected.clone();
        match (expected, ours) {
            (Value::Object(expected), Value::Object(ours)) => expected.extend(ours),
            (expected, ours) => *expected = ours,
        }
        assert_ne!(members["expect"], before, "{name}: nothing differs");
    }
    members["name"] = json!(name);
    serde_json::from_value(case).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn text_of(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/clerk/vectors").join(file)).unwrap()
}

/// How many cases the README says a file has.
fn promised(file: &str) -> usize {
    let readme = text_of("README.md");
    let row = readme.lines().find(|line| line.starts_with(&format!("| `{file}` |"))).unwrap();
    row.trim_end_matches(" |").rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn the_readme_counts_every_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/clerk/vectors");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let sum: usize = names.filter(|name| name.ends_with(".json")).map(|name| promised(&name)).sum();
    let readme = text_of("README.md");
    assert!(readme.contains(&format!("| all | | {sum} |")), "the files have {sum} cases in all");
}

/// Which of the two instances a case is about.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Instance {
    Production,
    #[default]
    Development,
}

impl Instance {
    fn key(self) -> PublishableKey {
        PublishableKey::parse(match self {
            Self::Production => "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k",
            Self::Development => "pk_test_bG9jYWwtZGV2LTEuY2xlcmsuYWNjb3VudHMuZGV2JA",
        })
        .unwrap()
    }

    fn issuer(self) -> String {
        format!("https://{}", self.key().host())
    }
}

/// A token, described.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Token {
    Text(String),
    Made(MadeToken),
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct MadeToken {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    payload: Option<Value>,
    key: Signer,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Signer {
    #[default]
    Instance,
    Stranger,
}

impl Signer {
    const fn name(&self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Stranger => "stranger",
        }
    }
}

impl Token {
    fn sign(&self, issuer: &str, now: u64) -> String {
        let token = match self {
            Self::Text(text) => return text.clone(),
            Self::Made(token) => token,
        };
        let header = changed(json!({ "alg": "RS256", "kid": "instance", "typ": "JWT" }), &token.header, now);
        let claims = json!({
            "azp": ORIGIN, "exp": now + 60, "iat": now, "iss": issuer, "nbf": now - 10, "sid": "sess_1", "sub": "user_1",
        });
        let payload = token.payload.clone().unwrap_or_else(|| changed(claims, &token.claims, now));
        TestKey::named(token.key.name()).sign_with_header(&header, &payload)
    }
}

fn changed(mut value: Value, changes: &Map<String, Value>, now: u64) -> Value {
    let members = value.as_object_mut().unwrap();
    for (name, change) in changes {
        match change {
            Value::Null => drop(members.remove(name)),
            change => drop(members.insert(name.clone(), at(change, now))),
        }
    }
    value
}

/// `{"now": n}` is a time, n seconds from now; any other value is itself.
fn at(value: &Value, now: u64) -> Value {
    match value.get("now").and_then(Value::as_i64) {
        Some(seconds) => json!(now.checked_add_signed(seconds).unwrap()),
        None => value.clone(),
    }
}

/// The tokens of a file, signed for one instance, and text that names them.
struct Words(Vec<(String, String)>);

impl Words {
    /// A token may carry those that stand before it in the file.
    fn sign(tokens: &[(String, Token)], instance: Instance, now: u64) -> Self {
        let mut words = Self(Vec::new());
        for (name, token) in tokens {
            let mut token = token.clone();
            if let Token::Made(MadeToken { payload: Some(payload), .. }) = &mut token {
                *payload = words.fill_value(payload);
            }
            words.0.push((name.clone(), token.sign(&instance.issuer(), now)));
        }
        words
    }

    /// The text with every `{name}` replaced by the token of that name.
    fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, token)| text.replace(&format!("{{{name}}}"), token))
    }

    fn fill_value(&self, value: &Value) -> Value {
        serde_json::from_str(&self.fill(&value.to_string())).unwrap()
    }

    /// What the token is called.
    fn name_of(&self, token: &str) -> &str {
        self.0.iter().find(|(_, known)| known == token).map_or("unknown", |(name, _)| name)
    }
}

/// An application of its own at the origin of `url`, with nothing special to it.
fn application(publishable_key: PublishableKey, url: &Url) -> ClerkOptions {
    let frontend_api_url = self::url(&format!("https://{}", publishable_key.host()));
    ClerkOptions::new(publishable_key, frontend_api_url, self::url(&url.origin().ascii_serialization()))
}

/// The application's place among its domains, as Clerk's SDK is told of it.
fn domains(is_satellite: Option<bool>, domain: Option<&String>, auto_sync: bool) -> Domains {
    match is_satellite {
        None => Domains::Single,
        Some(false) => Domains::Primary,
        Some(true) => Domains::Satellite { domain: domain.cloned(), auto_sync },
    }
}

const fn seconds(now: u64) -> Duration {
    Duration::from_secs(now)
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}
