//! The token of an `Authorization` header (RFC 6750, section 2.1), or of a header that a project names, and the refusals
//! that belong to it (section 3).

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::{gateway::problem::Problem, jwt::TokenError};

/// The reason of a refusal for which there was no token at all.
pub const MISSING: &str = "missing";

/// Why there is no token to verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoToken {
    /// No such header, or another scheme.
    Missing,
    /// More than one header, or nothing behind the scheme.
    Malformed,
    /// Two that are not the same.
    Contradictory,
}

/// The bearer token of a request, in the header called `name`: only `Authorization` must say that it is one. Several such
/// headers are refused: which one counts is anybody's guess.
pub fn bearer_token<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<&'h str, NoToken> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(NoToken::Missing)?;
    if values.next().is_some() {
        return Err(NoToken::Malformed);
    }
    let value = value.to_str().map_err(|_| NoToken::Malformed)?;
    let (scheme, token) = match value.split_once(' ') {
        Some(parts) => parts,
        None if name != header::AUTHORIZATION => ("bearer", value),
        None => return Err(NoToken::Malformed),
    };
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(NoToken::Missing);
    }
    if token.is_empty() || token.contains(' ') { Err(NoToken::Malformed) } else { Ok(token) }
}

/// The refusal for a request without a usable token. No error code without a token, says RFC 6750.
pub fn refuse_missing(problem: NoToken) -> Problem {
    match problem {
        NoToken::Missing => Problem::unauthorized(MISSING, "No bearer token was sent.")
            .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"gatehouse\"")),
        NoToken::Malformed => refuse(&TokenError::Malformed("authorization header")),
        NoToken::Contradictory => refuse_token("malformed", "Two tokens were sent that are not the same."),
    }
}

/// The refusal for a token that did not verify. Keys that cannot be had are not the caller's fault: 503.
pub fn refuse(error: &TokenError) -> Problem {
    if let Some(seconds) = error.retry_after() {
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.reason(), detail(error))
            .with_header(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    refuse_token(error.reason(), detail(error))
}

/// The refusal for a token that is not good here; `detail` holds no quotation marks.
pub fn refuse_token(reason: &'static str, detail: &'static str) -> Problem {
    let challenge = format!(r#"Bearer realm="gatehouse", error="invalid_token", error_description="{detail}""#);
    let problem = Problem::unauthorized(reason, detail);
    match HeaderValue::from_str(&challenge) {
        Ok(value) => problem.with_header(header::WWW_AUTHENTICATE, value),
        Err(_) => problem,
    }
}

/// The refusal for a caller who is known and may not do this; `scope` is what a token would need, if that can be said.
pub fn refuse_caller(reason: &'static str, detail: &'static str, scope: Option<&str>) -> Problem {
    let scope = scope.map(|scope| format!(r#", scope="{scope}""#)).unwrap_or_default();
    let challenge = format!(r#"Bearer realm="gatehouse", error="insufficient_scope"{scope}"#);
    let problem = Problem::forbidden(reason, detail);
    match HeaderValue::from_str(&challenge) {
        Ok(value) => problem.with_header(header::WWW_AUTHENTICATE, value),
        Err(_) => problem,
    }
}

/// One sentence per reason. Never what was expected, which is no caller's business.
const fn detail(error: &TokenError) -> &'static str {
    match error {
        TokenError::Malformed(_) | TokenError::InvalidClaim(_) => "The token is not well formed.",
        TokenError::UnsupportedAlgorithm => "The token is signed with an algorithm that is not accepted.",
        TokenError::UnknownKey => "The token is signed with a key that the issuer does not publish.",
        TokenError::BadSignature => "The token's signature does not match.",
        TokenError::WrongIssuer => "The token was issued by another issuer.",
        TokenError::WrongAudience | TokenError::WrongAuthorizedParty => "The token was issued for another application.",
        TokenError::Expired(_) => "The token has expired.",
        TokenError::NotYetValid(_) => "The token is not valid yet.",
        TokenError::IssuedInFuture(_) => "The token was issued in the future.",
        TokenError::KeysUnavailable(_) | TokenError::KeysRefused(_) => {
            "The token cannot be checked now: the issuer's keys cannot be had."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&'static str]) -> Result<String, NoToken> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
        }
        bearer_token(&headers, &header::AUTHORIZATION).map(str::to_owned)
    }

    #[test]
    fn a_header_of_the_projects_own_may_hold_the_token_alone() {
        const OWN: HeaderName = HeaderName::from_static("x-token");
        for (value, expected) in [
            ("a.b.c", Ok("a.b.c")),
            ("Bearer a.b.c", Ok("a.b.c")),
            ("Basic a.b.c", Err(NoToken::Missing)),
            ("", Err(NoToken::Malformed)),
            ("Bearer a b", Err(NoToken::Malformed)),
        ] {
            let headers = HeaderMap::from_iter([(OWN, HeaderValue::from_static(value))]);
            assert_eq!(bearer_token(&headers, &OWN), expected, "{value}");
            assert_eq!(bearer_token(&headers, &header::AUTHORIZATION), Err(NoToken::Missing));
        }
    }

    #[test]
    fn takes_the_token_of_one_bearer_header() {
        assert_eq!(read(&["Bearer a.b.c"]), Ok("a.b.c".to_owned()));
        assert_eq!(read(&["bearer a.b.c"]), Ok("a.b.c".to_owned()));
    }

    #[test]
    fn without_keys_the_token_is_not_to_blame() {
        const WAIT: std::time::Duration = std::time::Duration::from_millis(11_500);
        for (error, status) in [
            (TokenError::KeysUnavailable(WAIT), 503),
            (TokenError::KeysRefused(WAIT), 503),
            (TokenError::UnknownKey, 401),
        ] {
            let response = refuse(&error).into_response(&crate::gateway::testing::arrival());
            assert_eq!(response.status(), status, "{error}");
            let expected = (status == 503).then(|| HeaderValue::from(12));
            assert_eq!(response.headers().get("retry-after"), expected.as_ref());
            assert_eq!(response.headers().contains_key("www-authenticate"), status == 401);
        }
    }

    #[test]
    fn refuses_everything_else() {
        assert_eq!(read(&[]), Err(NoToken::Missing));
        assert_eq!(read(&["Basic a"]), Err(NoToken::Missing));
        for values in [&["Bearer a", "Bearer b"][..], &["a.b.c"], &["Bearer "], &["Bearer  a"], &["Bearer a b"]] {
            assert_eq!(read(values), Err(NoToken::Malformed), "{values:?}");
        }
    }
}
