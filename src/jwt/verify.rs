//! The checks a token must pass, in the order of Clerk's own SDK (`@clerk/backend`, `jwt/verifyJwt`): the signature
//! before any claim, so that a forger learns nothing from the answer.

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use super::{
    Claims, Header, KeySet, TokenError, UnverifiedToken,
    verified_tokens::{TokenHash, hash},
    verifying_key::VerifyingKey,
};

/// What a verifier expects of every token.
#[derive(Debug, Clone)]
pub struct Rules {
    /// `iss` must equal this, to the letter. Without one only the keys bind a token to its issuer, which is what Clerk's
    /// SDK is content with.
    pub issuer: Option<String>,
    /// If not empty, `azp` must be present and one of these origins.
    pub authorized_parties: Vec<String>,
    /// If not empty, a token that names an audience (`aud`) must name one of these. One that names none passes, as in
    /// Clerk's SDK: session tokens have no audience.
    pub audiences: Vec<String>,
    /// Whether a token must name one of the `audiences`, whatever its `aud` looks like.
    pub audience_required: bool,
    /// The claim that names the subject: it must be there, and say something.
    pub subject_claim: String,
    /// What `typ` may be, where the header has one (RFC 8725, section 3.11).
    pub token_types: &'static [&'static str],
    /// How far the issuer's clock may be off, for `exp`, `nbf` and `iat`. Clerk's SDK uses 5 s.
    pub clock_skew: Duration,
}

/// Clerk's tolerance for clocks that disagree.
pub const CLERK_CLOCK_SKEW: Duration = Duration::from_secs(5);

/// Clerk's category of machine-to-machine tokens: signed by the same key, but not about a user.
const MACHINE_CATEGORY: &str = "cl_B7d4PD333AAA";

impl Rules {
    /// The rules Clerk's SDK applies to session tokens: 5 s of clock skew.
    #[must_use]
    pub fn clerk(issuer: impl Into<String>, authorized_parties: Vec<String>) -> Self {
        Self {
            issuer: Some(issuer.into()),
            authorized_parties,
            audiences: Vec::new(),
            audience_required: false,
            subject_claim: "sub".to_owned(),
            token_types: &["JWT"],
            clock_skew: CLERK_CLOCK_SKEW,
        }
    }

    /// The rules for tokens of an OpenID provider: made for one of the `audiences`, if there are any; access tokens may
    /// say that they are some (RFC 9068).
    #[must_use]
    pub fn open_id(issuer: Option<String>, audiences: Vec<String>) -> Self {
        Self {
            issuer,
            audiences,
            audience_required: true,
            token_types: &["JWT", "jwt", "at+jwt", "application/at+jwt"],
            ..Self::clerk("", Vec::new())
        }
    }
}

/// A token that passed every check.
#[derive(Debug, Clone)]
pub struct VerifiedToken {
    /// The token's header.
    pub header: Arc<Header>,
    /// The token's claims.
    pub claims: Claims,
    /// Whether its signature had been verified before, and was not verified again.
    pub seen_before: bool,
}

/// Verifies the tokens of one issuer.
#[derive(Debug, Clone)]
pub struct Verifier {
    keys: Arc<KeySet>,
    rules: Rules,
}

impl Verifier {
    /// A verifier for the issuer that `keys` belong to.
    #[must_use]
    pub const fn new(keys: Arc<KeySet>, rules: Rules) -> Self {
        Self { keys, rules }
    }

    /// The issuer whose tokens these are, if the rules name one.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.rules.issuer.as_deref()
    }

    /// Verifies `token` at the time `now` (since the Unix epoch).
    ///
    /// # Errors
    /// The first check that failed.
    pub async fn verify(&self, token: &str, now: Duration) -> Result<VerifiedToken, TokenError> {
        self.verify_once(token, now, || UnverifiedToken::parse(token)).await
    }

    /// Like [`Self::verify`], with another tolerance for the time claims. What passes is not remembered.
    ///
    /// # Errors
    /// The first check that failed.
    pub async fn verify_with_skew(
        &self,
        token: &str,
        now: Duration,
        clock_skew: Duration,
    ) -> Result<VerifiedToken, TokenError> {
        let (verified, _) = self.check(&UnverifiedToken::parse(token)?, now).await?;
        check_claims(&verified.claims, &self.rules)?;
        check_times(&verified.claims, now, clock_skew)?;
        Ok(verified)
    }

    /// Like [`Self::verify`], for a token that was taken apart before.
    ///
    /// # Errors
    /// The first check that failed.
    pub async fn verify_parsed(&self, token: &UnverifiedToken, now: Duration) -> Result<VerifiedToken, TokenError> {
        self.verify_once(token.text(), now, || Ok(token.clone())).await
    }

    /// Whatever the signature, once; claims and times, always.
    async fn verify_once(
        &self,
        text: &str,
        now: Duration,
        parse: impl FnOnce() -> Result<UnverifiedToken, TokenError>,
    ) -> Result<VerifiedToken, TokenError> {
        let (hash, known) = (hash(text), self.keys.verified());
        let verified = match self.verified_before(&hash, now).await? {
            Some(verified) => verified,
            None => {
                let (verified, generation) = self.check(&parse()?, now).await?;
                known.insert(hash, text.len(), verified.clone(), generation);
                verified
            }
        };
        check_claims(&verified.claims, &self.rules)?;
        let times = check_times(&verified.claims, now, self.rules.clock_skew);
        if matches!(times, Err(TokenError::Expired(_))) {
            known.forget(&hash);
        }
        times.map(|()| verified)
    }

    /// Checks header and signature and no claim at all: Clerk's handshake payload carries none that could be checked. It
    /// carries cookies, session tokens among them, and is not kept.
    ///
    /// # Errors
    /// The first check that failed.
    pub async fn verify_signature(&self, token: &str, now: Duration) -> Result<VerifiedToken, TokenError> {
        self.check(&UnverifiedToken::parse_payload(token)?, now).await.map(|(verified, _)| verified)
    }

    /// What a token says whose signature held before. Its key is looked up all the same: it may be gone.
    async fn verified_before(&self, hash: &TokenHash, now: Duration) -> Result<Option<VerifiedToken>, TokenError> {
        let Some((verified, generation)) = self.keys.verified().get(hash) else { return Ok(None) };
        self.check_header(&verified.header)?;
        let key = self.keys.key(verified.header.kid(), now).await?;
        let verified = VerifiedToken { seen_before: true, ..verified };
        Ok(Some(verified).filter(|_| key.generation == generation))
    }

    /// Header and signature, and the generation of the keys that hold it to be good.
    async fn check(&self, token: &UnverifiedToken, now: Duration) -> Result<(VerifiedToken, u64), TokenError> {
        self.check_header(&token.header)?;
        let key = self.keys.key(token.header.kid(), now).await?;
        check_signature(token, &key.key)?;
        let (header, claims) = (Arc::clone(&token.header), token.unverified_claims.clone());
        Ok((VerifiedToken { header, claims, seen_before: false }, key.generation))
    }

    /// What the header must say, before any key is looked for.
    fn check_header(&self, header: &Header) -> Result<(), TokenError> {
        if header.text("cat") == Some(MACHINE_CATEGORY) {
            return Err(TokenError::Malformed("a machine's token, not a user's"));
        }
        let is_known = |typ: &str| self.rules.token_types.contains(&typ);
        if header.has("typ") && !header.text("typ").is_some_and(is_known) {
            return Err(TokenError::Malformed("typ is none that is expected"));
        }
        // The algorithm is ours to choose, never the token's: `none` and HMAC with a public key end here.
        if !header.text("alg").is_some_and(|algorithm| self.keys.accepts(algorithm)) || header.has("crit") {
            return Err(TokenError::UnsupportedAlgorithm);
        }
        Ok(())
    }
}

fn check_signature(token: &UnverifiedToken, key: &VerifyingKey) -> Result<(), TokenError> {
    let algorithm = token.header.text("alg").unwrap_or_default();
    if key.verifies(algorithm, token.signed(), token.signature()) { Ok(()) } else { Err(TokenError::BadSignature) }
}

fn check_claims(claims: &Claims, rules: &Rules) -> Result<(), TokenError> {
    if claims.text(&rules.subject_claim).is_none_or(str::is_empty) {
        return Err(TokenError::InvalidClaim("sub"));
    }
    if !rules.audiences.is_empty() && !is_audience_right(claims.get("aud"), rules) {
        return Err(TokenError::WrongAudience);
    }
    let parties = &rules.authorized_parties;
    if !parties.is_empty() && !claims.text("azp").is_some_and(|azp| parties.iter().any(|party| party == azp)) {
        return Err(TokenError::WrongAuthorizedParty);
    }
    if rules.issuer.is_some() && claims.text("iss") != rules.issuer.as_deref() {
        return Err(TokenError::WrongIssuer);
    }
    Ok(())
}

fn is_audience_right(claim: Option<&Value>, rules: &Rules) -> bool {
    match claim {
        Some(claim) if rules.audience_required => names_one(claim, &rules.audiences),
        Some(claim) => is_for(claim, &rules.audiences),
        None => !rules.audience_required,
    }
}

/// Whether an `aud` claim (RFC 7519, section 4.1.3) names one of `audiences`.
fn names_one(claim: &Value, audiences: &[String]) -> bool {
    let is_one = |name: &Value| audiences.iter().any(|audience| name == audience);
    match claim {
        Value::Array(names) => names.iter().any(is_one),
        name => is_one(name),
    }
}

/// As Clerk's SDK has it, whether an `aud` claim names one of `audiences`. One that is empty, or neither text nor a list
/// of texts, names nobody in particular.
fn is_for(claim: &Value, audiences: &[String]) -> bool {
    let is_one = |name: &str| audiences.iter().any(|audience| audience == name);
    match claim {
        Value::String(name) => name.is_empty() || is_one(name),
        Value::Array(names) => {
            let names: Option<Vec<&str>> = names.iter().map(Value::as_str).collect();
            names.is_none_or(|names| names.iter().all(|name| name.is_empty()) || names.into_iter().any(is_one))
        }
        _ => true,
    }
}

fn check_times(claims: &Claims, now: Duration, skew: Duration) -> Result<(), TokenError> {
    let (now, skew) = (now.as_secs_f64(), skew.as_secs_f64());
    let expires = claims.seconds("exp").ok_or(TokenError::InvalidClaim("exp"))?;
    if expires <= now - skew {
        return Err(TokenError::Expired(apart(now, expires)));
    }
    if let Some(not_before) = optional_seconds(claims, "nbf")?
        && not_before > now + skew
    {
        return Err(TokenError::NotYetValid(apart(not_before, now)));
    }
    if let Some(issued_at) = optional_seconds(claims, "iat")?
        && issued_at > now + skew
    {
        return Err(TokenError::IssuedInFuture(apart(issued_at, now)));
    }
    Ok(())
}

fn optional_seconds(claims: &Claims, name: &'static str) -> Result<Option<f64>, TokenError> {
    if !claims.has(name) {
        return Ok(None);
    }
    claims.seconds(name).map(Some).ok_or(TokenError::InvalidClaim(name))
}

fn apart(later: f64, earlier: f64) -> Duration {
    Duration::try_from_secs_f64(later - earlier).unwrap_or(Duration::MAX)
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
