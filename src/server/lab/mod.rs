//! The lab: sends what an attacker or a bad clock would, for real, and returns what came back. The embedded Clerk signs
//! the tokens, for a user that does not exist; so they may be shown, unlike any other token.

use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Client;
use serde_json::{Value, json};
use url::Url;

use super::gateway_client::{telling, view};
use crate::{
    gateway::{TRACE_HEADER, Tracer},
    instance::Instance,
    jwt::{Clock, describe_failure, http_client, read_body},
    model::{Experiment, Finding, LabError},
};

/// Nobody has these.
const NOBODY: &str = "user_lab0000000000000000000Nobody";
const NO_SESSION: &str = "sess_lab0000000000000000000Nobody";
/// Somebody else's origin.
const ELSEWHERE: &str = "https://evil.example";
/// Clerk's categories of tokens: sessions', and machines'.
const SESSION_CATEGORY: &str = "cl_B7d4PD111AAA";
const MACHINE_CATEGORY: &str = "cl_B7d4PD333AAA";
const MAX_ANSWER_BYTES: usize = 16 * 1024;
const TELLING: [&str; 6] =
    ["content-type", "www-authenticate", "retry-after", "x-clerk-auth-status", "x-clerk-auth-reason", "zp-rid"];

/// Where experiments are made.
pub struct Lab {
    client: Client,
    instance: Instance,
    tracer: Tracer,
    clock: Clock,
    own_url: Url,
    public_url: Url,
}

/// What to send, and where.
struct Letter {
    path: &'static str,
    headers: Vec<(&'static str, String)>,
}

impl Lab {
    /// A lab for the program that answers at `own_url`, and that people know as `public_url`.
    ///
    /// # Errors
    /// When no HTTP client can be set up.
    pub fn new(
        instance: Instance,
        tracer: Tracer,
        clock: &Clock,
        own_url: Url,
        public_url: Url,
    ) -> reqwest::Result<Self> {
        let client = http_client(&own_url)?;
        Ok(Self { client, instance, tracer, clock: Arc::clone(clock), own_url, public_url })
    }

    /// Sends what the experiment is about.
    ///
    /// # Errors
    /// When it could not be made, or no answer came. The cause is logged here.
    pub async fn run(&self, experiment: Experiment) -> Result<Finding, LabError> {
        let letter = self.letter(experiment).ok_or(LabError::Failed)?;
        let curl = self.curl(&letter);
        let url = self.own_url.join(letter.path).map_err(|_| LabError::Failed)?;
        let ticket = self.tracer.ticket();
        let mut request = self.client.get(url).header(TRACE_HEADER, ticket.number());
        for (name, value) in &letter.headers {
            request = request.header(*name, value);
        }
        let answer = request.send().await.map_err(failed)?;
        let (status, headers) = (answer.status().as_u16(), telling(answer.headers(), &TELLING));
        let body = read_body(answer, MAX_ANSWER_BYTES).await.map_err(failed)?.unwrap_or_default();
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok(Finding { experiment, curl, status, headers, body, seen: ticket.trace().map(view) })
    }

    fn letter(&self, experiment: Experiment) -> Option<Letter> {
        use Experiment as E;
        let bearer = |token: String| vec![("authorization", format!("Bearer {token}"))];
        let good = || self.token(&json!({}), &json!({}));
        let headers = match experiment {
            E::NoToken => Vec::new(),
            E::NotAToken => bearer("not-a-token".to_owned()),
            E::TwoTokens => [bearer(good()?), bearer(good()?)].concat(),
            E::ForgedIdentity => vec![("x-user-id", "user_admin".to_owned()), ("x-forwarded-user", "admin".to_owned())],
            E::Tampered => bearer(tampered(&good()?)?),
            E::AlgorithmNone => bearer(unsigned(&good()?)?),
            E::PublicKeyAsSecret => bearer(self.signed_with_public_key(&good()?)?),
            _ => {
                let (header, claims) = self.changes(experiment);
                bearer(self.token(&header, &claims)?)
            }
        };
        let path = if experiment == E::ForeignPartyAtApp { "/api/route" } else { "/gateway/hello" };
        Some(Letter { path, headers })
    }

    /// What differs from a good token, in header and claims, for those that are signed as they should be.
    fn changes(&self, experiment: Experiment) -> (Value, Value) {
        use Experiment as E;
        let now = (self.clock)().as_secs();
        let nothing = json!({});
        match experiment {
            E::ExpiredFourSeconds => (nothing, json!({ "iat": now - 64, "nbf": now - 74, "exp": now - 4 })),
            E::ExpiredSixSeconds => (nothing, json!({ "iat": now - 66, "nbf": now - 76, "exp": now - 6 })),
            E::NotYetValid => (nothing, json!({ "nbf": now + 60, "exp": now + 120 })),
            E::IssuedInFuture => (nothing, json!({ "iat": now + 60, "exp": now + 120 })),
            E::UnknownKey => (json!({ "kid": "ins_lab00000000000000000000Other" }), nothing),
            E::WrongIssuer => (nothing, json!({ "iss": ELSEWHERE })),
            E::ForeignParty | E::ForeignPartyAtApp => (nothing, json!({ "azp": ELSEWHERE })),
            E::MachineToken => (json!({ "cat": MACHINE_CATEGORY }), nothing),
            _ => (nothing.clone(), nothing),
        }
    }

    /// A session token as the embedded Clerk makes it, with these members changed.
    fn token(&self, header_changes: &Value, claim_changes: &Value) -> Option<String> {
        let now = (self.clock)().as_secs();
        let mut header =
            json!({ "alg": "RS256", "cat": SESSION_CATEGORY, "kid": self.instance.key_id(), "typ": "JWT" });
        let mut claims = json!({
            "azp": self.public_url.origin().ascii_serialization(), "exp": now + 60, "fva": [0, -1], "iat": now,
            "iss": self.instance.issuer(), "nbf": now - 10, "sid": NO_SESSION, "sts": "active", "sub": NOBODY, "v": 2,
        });
        change(&mut header, header_changes);
        change(&mut claims, claim_changes);
        self.instance.sign_for_the_lab(&header, &claims)
    }

    /// The oldest confusion: the public key, which everybody has, as the secret of a symmetric algorithm.
    fn signed_with_public_key(&self, token: &str) -> Option<String> {
        let key_set = self.instance.key_set();
        let public_key = key_set["keys"][0]["n"].as_str()?;
        let (mut header, payload) = parts(token)?;
        change(&mut header, &json!({ "alg": "HS256" }));
        let signed = format!("{}.{payload}", encode(&header));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, public_key.as_bytes()), signed.as_bytes());
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag)))
    }

    /// The request as a line for a shell, for whoever wants to send it again.
    fn curl(&self, letter: &Letter) -> String {
        let origin = self.public_url.origin().ascii_serialization();
        let headers: String = letter.headers.iter().map(|(name, value)| format!(" -H '{name}: {value}'")).collect();
        format!("curl -i {origin}{}{headers}", letter.path)
    }
}

fn change(value: &mut Value, changes: &Value) {
    if let (Some(value), Some(changes)) = (value.as_object_mut(), changes.as_object()) {
        value.extend(changes.clone());
    }
}

/// The header, read, and the payload as it stands.
fn parts(token: &str) -> Option<(Value, &str)> {
    let (signed, _) = token.rsplit_once('.')?;
    let (header, payload) = signed.split_once('.')?;
    Some((decode(header)?, payload))
}

/// Another user under an old signature.
fn tampered(token: &str) -> Option<String> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, payload) = signed.split_once('.')?;
    let mut payload = decode(payload)?;
    change(&mut payload, &json!({ "sub": "user_admin" }));
    Some(format!("{header}.{}.{signature}", encode(&payload)))
}

fn unsigned(token: &str) -> Option<String> {
    let (mut header, payload) = parts(token)?;
    change(&mut header, &json!({ "alg": "none" }));
    Some(format!("{}.{payload}.", encode(&header)))
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn decode(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn failed(error: reqwest::Error) -> LabError {
    tracing::warn!(error = describe_failure(error), "an experiment failed");
    LabError::Failed
}
