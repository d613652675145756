//! Letters: what experiments send, and what came back.

use reqwest::{Client, Method, header::HeaderMap};
use serde_json::Value;
use url::Url;

use crate::{
    gateway::{TRACE_HEADER, Tracer},
    jwt::{describe_failure, read_body},
    model::{Exchange, LabError},
    server::gateway_client::{telling, view},
};

const MAX_ANSWER_BYTES: usize = 16 * 1024;
const TELLING: [&str; 6] =
    ["content-type", "www-authenticate", "retry-after", "x-clerk-auth-status", "x-clerk-auth-reason", "zp-rid"];

/// What to send, and where.
pub struct Letter {
    /// What it is, of several; nothing where there is but one.
    pub step: &'static str,
    pub method: Method,
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<String>,
}

/// Sends letters to one program.
pub struct Post<'a> {
    pub client: &'a Client,
    /// Where the program answers.
    pub url: &'a Url,
    /// How people call it.
    pub origin: String,
    pub tracer: &'a Tracer,
}

impl Letter {
    /// A GET.
    pub fn get(path: &str, headers: Vec<(&'static str, String)>) -> Self {
        Self { step: "", method: Method::GET, path: path.to_owned(), headers, body: None }
    }

    /// The letter as a line for a shell, for whoever wants to send it again.
    fn curl(&self, origin: &str) -> String {
        let method = if self.method == Method::GET { String::new() } else { format!(" -X {}", self.method) };
        let headers: String = self.headers.iter().map(|(name, value)| format!(" -H '{name}: {value}'")).collect();
        let body = self.body.as_ref().map(|body| format!(" -d '{body}'")).unwrap_or_default();
        format!("curl -i{method} {origin}{}{headers}{body}", self.path)
    }
}

impl Post<'_> {
    /// Sends a letter.
    ///
    /// # Errors
    /// When no answer came. The cause is logged here.
    pub async fn send(&self, letter: &Letter) -> Result<Exchange, LabError> {
        self.send_and_read(letter).await.map(|(exchange, _)| exchange)
    }

    /// As [`Self::send`], with all of the answer's headers.
    pub async fn send_and_read(&self, letter: &Letter) -> Result<(Exchange, HeaderMap), LabError> {
        let url = self.url.join(&letter.path).map_err(|_| LabError::Failed)?;
        let ticket = self.tracer.ticket();
        let mut request = self.client.request(letter.method.clone(), url).header(TRACE_HEADER, ticket.number());
        for (name, value) in &letter.headers {
            request = request.header(*name, value);
        }
        let answer = request.body(letter.body.clone().unwrap_or_default()).send().await.map_err(failed)?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = read_body(answer, MAX_ANSWER_BYTES).await.map_err(failed)?.unwrap_or_default();
        let (body, detail) = in_lines(&body);
        let exchange = Exchange {
            step: letter.step.to_owned(),
            curl: letter.curl(&self.origin),
            status,
            headers: telling(&headers, &TELLING),
            body,
            detail,
            seen: ticket.trace().map(view),
        };
        Ok((exchange, headers))
    }
}

/// A body as people read it, and what a problem document says in words.
fn in_lines(body: &[u8]) -> (String, Option<String>) {
    match serde_json::from_slice::<Value>(body) {
        Ok(json) => (format!("{json:#}"), json["detail"].as_str().map(str::to_owned)),
        Err(_) => (String::from_utf8_lossy(body).into_owned(), None),
    }
}

fn failed(error: reqwest::Error) -> LabError {
    tracing::warn!(error = describe_failure(error), "an experiment failed");
    LabError::Failed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_shown_in_lines_and_problems_in_words() {
        let (body, detail) = in_lines(br#"{"status":401,"detail":"The token has expired."}"#);
        assert_eq!(body, "{\n  \"status\": 401,\n  \"detail\": \"The token has expired.\"\n}");
        assert_eq!(detail.as_deref(), Some("The token has expired."));
        assert_eq!(in_lines(b"Error: No signed in user"), ("Error: No signed in user".to_owned(), None));
    }
}
