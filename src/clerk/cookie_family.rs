//! Which of the two cookie families counts: with or without the instance's suffix (`@clerk/backend`,
//! `authenticateContext.ts`). Two applications on one host, or two versions of Clerk's script, may have left both.

use std::time::Duration;

use serde_json::Value;

use super::{
    ClerkOptions, PublishableKey,
    constants::{CLIENT_UAT, SESSION},
    cookies::Cookies,
    sent_token::SentToken,
};

/// The family that was chosen, and its session token.
pub struct CookieFamily<'a> {
    key: &'a PublishableKey,
    /// Whether it is the one with the suffix.
    pub suffixed: bool,
    /// The session cookie, taken apart.
    pub session: Option<SentToken>,
}

impl<'a> CookieFamily<'a> {
    /// Chooses, in the order of the SDK. The claims are read unverified: they only choose between two cookies, and
    /// whichever is chosen is verified.
    pub fn choose(cookies: &Cookies<'_>, options: &'a ClerkOptions, now: Duration) -> Self {
        let key = &options.publishable_key;
        let (plain, suffixed) = (cookies.get(SESSION), cookies.get(&key.cookie(SESSION)));
        let same = plain == suffixed;
        let plain = plain.map(SentToken::read);
        // As a rule both hold the same token, and it is taken apart once.
        let suffixed = if same { plain.clone() } else { suffixed.map(SentToken::read) };
        let choice = Choice {
            options,
            session: plain.as_ref(),
            suffixed_session: suffixed.as_ref(),
            uat: cookies.get(CLIENT_UAT),
            suffixed_uat: cookies.get(&key.cookie(CLIENT_UAT)),
            now,
        };
        if choice.is_suffixed() {
            Self { key, suffixed: true, session: suffixed }
        } else {
            Self { key, suffixed: false, session: plain }
        }
    }

    /// What a cookie is called in this family.
    pub fn name(&self, base: &str) -> String {
        if self.suffixed { self.key.cookie(base) } else { base.to_owned() }
    }
}

struct Choice<'a> {
    options: &'a ClerkOptions,
    session: Option<&'a SentToken>,
    suffixed_session: Option<&'a SentToken>,
    uat: Option<&'a str>,
    suffixed_uat: Option<&'a str>,
    now: Duration,
}

impl Choice<'_> {
    /// The first rule that applies decides. A missing `__client_uat` is not the same as one that says `0`.
    fn is_suffixed(&self) -> bool {
        let signed_out = Some("0");
        if let Some(session) = self.session {
            match session.claims().and_then(|claims| claims.get("iss")).filter(|issuer| is_truthy(issuer)) {
                None => return false,
                Some(issuer) if !self.is_ours(issuer) => return true,
                Some(_) => {}
            }
        }
        if self.suffixed_uat.is_none() && self.suffixed_session.is_none() {
            return false;
        }
        if self.uat != signed_out && self.suffixed_uat != signed_out && self.plain_is_newer() {
            return false;
        }
        if self.suffixed_uat == signed_out && self.uat != signed_out {
            return false;
        }
        if self.suffixed_uat != signed_out && self.uat == signed_out && self.was_left_behind() {
            return false;
        }
        self.suffixed_uat.is_some()
    }

    fn is_ours(&self, issuer: &Value) -> bool {
        issuer.as_str().is_some_and(|issuer| without_scheme(issuer) == self.options.issuer_host())
    }

    fn plain_is_newer(&self) -> bool {
        let issued_at =
            |session: Option<&SentToken>| session.and_then(|session| session.seconds("iat")).unwrap_or_default();
        issued_at(self.session) > issued_at(self.suffixed_session)
    }

    /// In development clerk-js writes the suffixed cookies; an older version of it leaves them to expire.
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^52")]
    fn was_left_behind(&self) -> bool {
        let ends = self.suffixed_session.and_then(|session| session.seconds("exp"));
        self.options.is_development() && ends.is_some_and(|ends| ends <= self.now.as_secs() as f64)
    }
}

fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

fn without_scheme(issuer: &str) -> &str {
    let (scheme, rest) = issuer.split_once("://").unwrap_or_default();
    if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http") { rest } else { issuer }
}
