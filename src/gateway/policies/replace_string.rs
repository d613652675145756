//! `replace-string-outbound`: replaces text in answers, every time it occurs.
//!
//! Options, all required: `mode` (`string` or `regexp`), `match`, `replaceWith` (for `regexp` with `$1` and `$&`, as in
//! JavaScript). Expressions are matched in time linear in the text, and have no look-around.
//!
//! An answer has to be read whole: one above 2 MiB, or one that the upstream encoded (gzip), is 502, because what was to be
//! replaced must not get through. What is no UTF-8 has no text, and passes.

use axum::{
    body::{Body, to_bytes},
    http::{Response, StatusCode, header},
};
use regex::{NoExpand, Regex};
use serde::Deserialize;

use super::{OutboundPolicy, Outcome, Policy, PolicySite};
use crate::gateway::{
    context::Context,
    problem::Problem,
    project::{LoadError, Options},
};

const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReplaceOptions {
    mode: Mode,
    r#match: String,
    replace_with: String,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Mode {
    String,
    Regexp,
}

struct ReplaceString {
    pattern: Regex,
    /// None: the text stands for itself.
    template: Option<String>,
    text: String,
}

/// Makes the policy from its options.
pub fn build(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    let read: ReplaceOptions = options.read()?;
    if read.r#match.is_empty() {
        return Err(options.error("match", "a text or an expression"));
    }
    let is_expression = read.mode == Mode::Regexp;
    let source = if is_expression { read.r#match } else { regex::escape(&read.r#match) };
    let pattern =
        Regex::new(&source).map_err(|_| options.error("match", "a regular expression without look-around"))?;
    let template = is_expression.then(|| own_template(&read.replace_with));
    Ok(Policy::outbound(ReplaceString { pattern, template, text: read.replace_with }))
}

/// JavaScript's `$1` and `$&` in this library's words: it would read `$1st` as a group called `1st`.
fn own_template(text: &str) -> String {
    let mut characters = text.chars().peekable();
    let mut template = String::new();
    while let Some(character) = characters.next() {
        template.push(character);
        if character != '$' {
            continue;
        }
        match characters.peek().copied() {
            Some('&') => template.push_str("{0}"),
            Some('$') => template.push('$'),
            Some(digit) if digit.is_ascii_digit() => template.extend(['{', digit, '}']),
            _ => {
                template.push('$');
                continue;
            }
        }
        characters.next();
    }
    template
}

impl ReplaceString {
    fn replace(&self, text: &str) -> String {
        match &self.template {
            Some(template) => self.pattern.replace_all(text, template.as_str()).into_owned(),
            None => self.pattern.replace_all(text, NoExpand(&self.text)).into_owned(),
        }
    }
}

fn unreadable(detail: &'static str) -> Problem {
    Problem::new(StatusCode::BAD_GATEWAY, "not_replaced", detail)
}

impl OutboundPolicy for ReplaceString {
    fn apply<'a>(&'a self, response: Response<Body>, _context: &'a mut Context) -> Outcome<'a> {
        Box::pin(async move {
            let (mut parts, body) = response.into_parts();
            if parts.headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
                return Err(unreadable("The upstream's answer is encoded."));
            }
            let bytes = to_bytes(body, MAX_BODY_BYTES).await;
            let bytes = bytes.map_err(|_| unreadable("The upstream's answer is too large, or broke off."))?;
            let Ok(text) = str::from_utf8(&bytes) else { return Ok(Response::from_parts(parts, Body::from(bytes))) };
            if !text.is_empty() {
                // Both describe the text as it was.
                parts.headers.remove(header::CONTENT_LENGTH);
                parts.headers.remove(header::ETAG);
            }
            Ok(Response::from_parts(parts, Body::from(self.replace(text))))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::testing::{fault, outbound, response};

    async fn replaced(mode: &str, pattern: &str, with: &str, text: &str) -> String {
        let options = json!({ "mode": mode, "match": pattern, "replaceWith": with });
        let mut answer = response(&[("content-length", "99"), ("etag", "x")]);
        *answer.body_mut() = text.to_owned().into();
        let answer = outbound("replace-string-outbound", &options).answers(answer).await;
        assert!(!answer.headers().contains_key("content-length") && !answer.headers().contains_key("etag"));
        String::from_utf8(to_bytes(answer.into_body(), 999).await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn every_occurrence_is_replaced() {
        for (mode, pattern, with, expected) in [
            ("string", "a.b", "$1", "$1 axb $1"),
            ("regexp", "a(.)b", "<$1st $& $$ $>", "<.st a.b $ $> <xst axb $ $> <.st a.b $ $>"),
            ("regexp", "^a", "", ".b axb a.b"),
        ] {
            assert_eq!(replaced(mode, pattern, with, "a.b axb a.b").await, expected, "{mode} {pattern}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_read_does_not_get_through() {
        let options = json!({ "mode": "string", "match": "a", "replaceWith": "b" });
        let mut policy = outbound("replace-string-outbound", &options);
        let mut large = response(&[]);
        *large.body_mut() = vec![b'a'; MAX_BODY_BYTES + 1].into();
        for answer in [large, response(&[("content-encoding", "gzip")])] {
            assert_eq!(policy.refuses(answer).await.status(), 502);
        }
        let mut binary = response(&[]);
        *binary.body_mut() = vec![b'a', 0xff].into();
        assert_eq!(to_bytes(policy.answers(binary).await.into_body(), 9).await.unwrap(), [b'a', 0xff].as_slice());
        let error = fault("replace-string-outbound", &json!({ "mode": "regexp", "match": "(?=a)", "replaceWith": "" }));
        assert!(error.contains("at /match: expected a regular expression without look-around"), "{error}");
    }
}
