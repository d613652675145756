//! The lab: sends what an attacker or a bad clock would, for real, and returns what came back. The embedded Clerk signs
//! the tokens, for a user that does not exist, or a Clerk that exists for one experiment only; so they may be shown, unlike
//! any other token.
//!
//! - `post`: letters and what came back
//! - `rig`: a gateway and a Clerk for one experiment; `bad_days`: what is broken there; `forged_identity`: what gets through

mod bad_days;
mod forged_identity;
mod post;
mod rig;

use std::{path::PathBuf, sync::Arc, time::Duration};

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::{sync::Mutex, time::timeout};
use url::Url;

use super::{Config, config::Variables};
use crate::{
    gateway::{Registry, Tracer},
    instance::Instance,
    jwt::{Clock, http_client},
    model::{Exchange, Experiment, Finding, LabError},
};
use post::{Letter, Post};
use rig::{Project, Rig};

/// Nobody has these.
const NOBODY: &str = "user_lab0000000000000000000Nobody";
const NO_SESSION: &str = "sess_lab0000000000000000000Nobody";
/// Somebody else's origin.
const ELSEWHERE: &str = "https://evil.example";
/// Clerk's categories of tokens: sessions', and machines'.
const SESSION_CATEGORY: &str = "cl_B7d4PD111AAA";
const MACHINE_CATEGORY: &str = "cl_B7d4PD333AAA";

/// There is one rig at a time; whoever waits longer for a turn is not served.
const TURN: Duration = Duration::from_secs(8);

/// Where experiments are made.
pub struct Lab {
    client: Client,
    instance: Instance,
    tracer: Tracer,
    clock: Clock,
    own_url: Url,
    public_url: Url,
    /// The embedded gateway's project, and what it can name.
    project: PathBuf,
    variables: Variables,
    registry: Arc<Registry>,
    /// Held by whoever has a rig.
    turn: Mutex<()>,
}

impl Lab {
    /// A lab for the program that answers at the first URL, and that people know by the second.
    ///
    /// # Errors
    /// When no HTTP client can be set up.
    pub fn new(
        config: &Config,
        registry: Arc<Registry>,
        instance: Instance,
        tracer: Tracer,
        clock: &Clock,
        (own_url, public_url): (Url, Url),
    ) -> reqwest::Result<Self> {
        Ok(Self {
            client: http_client(&own_url)?,
            instance,
            tracer,
            clock: Arc::clone(clock),
            own_url,
            public_url,
            project: config.config_dir.clone(),
            variables: config.variables.clone(),
            registry,
            turn: Mutex::default(),
        })
    }

    /// Sends what the experiment is about.
    ///
    /// # Errors
    /// When it could not be made, or no answer came. The cause is logged here.
    pub async fn run(&self, experiment: Experiment) -> Result<Finding, LabError> {
        if experiment.has_rig() {
            return Ok(Finding { experiment, exchanges: self.run_on_rig(experiment).await? });
        }
        let letter = self.letter(experiment).ok_or(LabError::Failed)?;
        let origin = self.public_url.origin().ascii_serialization();
        let post = Post { client: &self.client, url: &self.own_url, origin, tracer: &self.tracer };
        Ok(Finding { experiment, exchanges: vec![post.send(&letter).await?] })
    }

    async fn run_on_rig(&self, experiment: Experiment) -> Result<Vec<Exchange>, LabError> {
        let is_forgery = experiment == Experiment::ForgedIdentity;
        let _turn = timeout(TURN, self.turn.lock()).await.map_err(|_| LabError::Failed)?;
        let project = if is_forgery { Project::WithApi } else { Project::Own };
        let rig = Rig::set_up(self, project).await.map_err(|error| {
            tracing::warn!(%error, "there is no rig for an experiment");
            LabError::Failed
        })?;
        if is_forgery { forged_identity::run(&rig).await } else { bad_days::run(&rig, experiment).await }
    }

    fn letter(&self, experiment: Experiment) -> Option<Letter> {
        use Experiment as E;
        let good = || self.token(&json!({}), &json!({}));
        let headers = match experiment {
            E::NoToken => Vec::new(),
            E::NotAToken => bearer("not-a-token"),
            E::TwoTokens => [bearer(&good()?), bearer(&good()?)].concat(),
            E::Tampered => bearer(&tampered(&good()?)?),
            E::AlgorithmNone => bearer(&unsigned(&good()?)?),
            E::PublicKeyAsSecret => bearer(&self.signed_with_public_key(&good()?)?),
            _ => {
                let (header, claims) = self.changes(experiment);
                bearer(&self.token(&header, &claims)?)
            }
        };
        let path = if experiment == E::ForeignPartyAtApp { "/api/route" } else { "/gateway/hello" };
        Some(Letter::get(path, headers))
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

    /// A session token for nobody, with these members changed.
    fn token(&self, header_changes: &Value, claim_changes: &Value) -> Option<String> {
        let origin = self.public_url.origin().ascii_serialization();
        made_for_nobody(&self.instance, &origin, (self.clock)(), header_changes, claim_changes)
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
}

/// A session token as the embedded Clerk makes it, for a user and a session that do not exist, with these members changed.
fn made_for_nobody(
    instance: &Instance,
    origin: &str,
    now: Duration,
    header_changes: &Value,
    claim_changes: &Value,
) -> Option<String> {
    let now = now.as_secs();
    let mut header = json!({ "alg": "RS256", "cat": SESSION_CATEGORY, "kid": instance.key_id(), "typ": "JWT" });
    let mut claims = json!({
        "azp": origin, "exp": now + 60, "fva": [0, -1], "iat": now, "iss": instance.issuer(), "nbf": now - 10,
        "sid": NO_SESSION, "sts": "active", "sub": NOBODY, "v": 2,
    });
    change(&mut header, header_changes);
    change(&mut claims, claim_changes);
    instance.sign_for_the_lab(&header, &claims)
}

fn bearer(token: &str) -> Vec<(&'static str, String)> {
    vec![("authorization", format!("Bearer {token}"))]
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
