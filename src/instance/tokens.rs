//! Clerk's tokens: which claims they hold and for how long (Clerk, "Session tokens", "JWT templates").

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value, json};

use super::{
    faults::{FaultSwitch, Faults, KeyRing, NamedKey},
    ids::new_id,
    organization_claims::organization_claims,
    publishable_key::ISSUER_HOST,
    signing_key::{SigningKey, SigningKeyError},
    store::Session,
    templates::is_reserved,
};

/// Clerk's category of session and handshake tokens.
const SESSION_CATEGORY: &str = "cl_B7d4PD111AAA";
/// Clerk's category of tokens made from templates. No session token: verifiers tell them apart by it.
const TEMPLATE_CATEGORY: &str = "cl_B7d4PD222AAA";
/// Session tokens are valid a little before they are made, for clocks that lag.
const NOT_BEFORE: Duration = Duration::from_secs(10);

/// Makes tokens.
pub struct TokenMint {
    keys: KeyRing,
    lifetime: Duration,
    faults: Arc<FaultSwitch>,
}

/// A token to be made from a template.
pub struct TemplateToken<'a> {
    /// The template's claims, without shortcodes.
    pub claims: Map<String, Value>,
    /// `user_…`
    pub user_id: &'a str,
    /// The application it is for.
    pub origin: &'a str,
    pub lifetime: Duration,
    pub allowed_clock_skew: Duration,
}

/// What a session token says about its session.
#[derive(Debug, PartialEq, Eq)]
pub struct SessionClaims {
    /// `sess_…`
    pub session_id: String,
    /// `user_…`
    pub user_id: String,
}

impl TokenMint {
    /// Signs with `key`, which is called by the instance's id, as Clerk does, unless the faults that are on say otherwise.
    pub fn new(key: SigningKey, instance_id: String, lifetime: Duration, faults: Arc<FaultSwitch>) -> Self {
        Self { keys: KeyRing::new(key, instance_id), lifetime, faults }
    }

    /// The public key, as base64 of its SPKI form.
    pub fn public_key(&self) -> Result<String, SigningKeyError> {
        self.keys.own().key.public_key()
    }

    /// A session token, version 2, for the application at `origin`. Lives as long as this instance's do, unless another
    /// `lifetime` is asked for.
    pub fn session_token(
        &self,
        session: &Session,
        origin: &str,
        lifetime: Option<Duration>,
        now: Duration,
    ) -> Result<String, SigningKeyError> {
        let lifetime = lifetime.unwrap_or(self.lifetime);
        self.session_token_with(session, origin, lifetime, Map::new(), now)
    }

    /// As [`TokenMint::session_token`], with `claims` that the token does not have by itself.
    pub fn session_token_with(
        &self,
        session: &Session,
        origin: &str,
        lifetime: Duration,
        mut claims: Map<String, Value>,
        now: Duration,
    ) -> Result<String, SigningKeyError> {
        let minutes = now.saturating_sub(session.verified_at).as_secs() / 60;
        let made_at = self.faults.at(now).time_of_tokens(now);
        claims.extend(automatic(origin, &session.user_id, lifetime, NOT_BEFORE, made_at));
        // Minutes since the first factor; there is no second one.
        claims.insert("fva".to_owned(), json!([minutes, -1]));
        claims.insert("sid".to_owned(), session.id.as_str().into());
        claims.insert("sts".to_owned(), "active".into());
        claims.insert("v".to_owned(), 2.into());
        if let Some(organization) = &session.organization {
            claims.extend(organization_claims(organization));
        }
        if let Some(actor) = &session.actor {
            claims.insert("act".to_owned(), Value::Object(actor.clone()));
        }
        self.sign_as(SESSION_CATEGORY, &Value::Object(claims), now)
    }

    /// A token made from a template. What the token says by itself wins over the template, and it names no session.
    pub fn template_token(&self, token: TemplateToken<'_>, now: Duration) -> Result<String, SigningKeyError> {
        let mut claims = token.claims;
        claims.retain(|name, _| !is_reserved(name));
        let made_at = self.faults.at(now).time_of_tokens(now);
        claims.extend(automatic(token.origin, token.user_id, token.lifetime, token.allowed_clock_skew, made_at));
        self.sign_as(TEMPLATE_CATEGORY, &Value::Object(claims), now)
    }

    /// A handshake's payload: `Set-Cookie` values, signed.
    pub fn handshake_token(&self, directives: &[String], now: Duration) -> Result<String, SigningKeyError> {
        self.sign_as(SESSION_CATEGORY, &json!({ "handshake": directives }), now)
    }

    /// What a session token of this instance says, even one that has expired; none for anything else.
    pub fn read_session_token(&self, token: &str) -> Option<SessionClaims> {
        let signed_by = |named: &Arc<NamedKey>| {
            let (its_header, claims) = named.key.verify(token)?;
            (its_header == header(SESSION_CATEGORY, &named.kid)).then_some(claims)
        };
        let claims = self.keys.all(&Faults::default()).iter().find_map(signed_by)?;
        let text = |name: &str| claims.get(name)?.as_str().map(str::to_owned);
        Some(SessionClaims { session_id: text("sid")?, user_id: text("sub")? })
    }

    /// Any token at all, signed with the instance's own key.
    pub fn sign(&self, header: &Value, claims: &Value) -> Result<String, SigningKeyError> {
        self.keys.own().key.sign(header, claims)
    }

    /// The name of the instance's own key.
    pub fn key_id(&self) -> &str {
        &self.keys.own().kid
    }

    /// All keys.
    pub const fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// The public keys (RFC 7517).
    pub fn jwks(&self, now: Duration) -> Value {
        self.keys.jwks(&self.faults.at(now))
    }

    fn sign_as(&self, category: &str, claims: &Value, now: Duration) -> Result<String, SigningKeyError> {
        let named = self.keys.current(&self.faults.at(now));
        named.key.sign(&header(category, &named.kid), claims)
    }
}

fn header(category: &str, kid: &str) -> Value {
    json!({ "alg": "RS256", "cat": category, "kid": kid, "typ": "JWT" })
}

/// The claims that every token has.
fn automatic(
    origin: &str,
    user_id: &str,
    lifetime: Duration,
    not_before: Duration,
    now: Duration,
) -> Map<String, Value> {
    let issued_at = now.as_secs();
    let claims = [
        ("azp", origin.into()),
        ("exp", Value::from(issued_at.saturating_add(lifetime.as_secs()))),
        ("iat", issued_at.into()),
        ("iss", format!("https://{ISSUER_HOST}").into()),
        ("jti", new_id("tok").into()),
        ("nbf", issued_at.saturating_sub(not_before.as_secs()).into()),
        ("sub", user_id.into()),
    ];
    claims.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
