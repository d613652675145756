//! `set-status-outbound`: another status for the answer.
//!
//! Options: `status` (required: 200 to 599), `statusText` (default: the one that belongs to it).

use axum::{
    body::Body,
    http::{Response, StatusCode},
};
use hyper::ext::ReasonPhrase;
use serde::Deserialize;

use super::{OutboundPolicy, Outcome, Policy, PolicySite, ready};
use crate::gateway::{
    context::Context,
    project::{LoadError, Options},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StatusOptions {
    status: u16,
    status_text: Option<String>,
}

struct SetStatus {
    status: StatusCode,
    text: Option<ReasonPhrase>,
}

/// Makes the policy from its options.
pub fn build(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    let read: StatusOptions = options.read()?;
    let status = StatusCode::from_u16(read.status).ok().filter(|status| (200..600).contains(&status.as_u16()));
    let status = status.ok_or_else(|| options.error("status", "a status from 200 to 599"))?;
    let text = read.status_text.map(|text| ReasonPhrase::try_from(text.into_bytes()));
    let text = text.transpose().map_err(|_| options.error("statusText", "a text that may stand in a status line"))?;
    Ok(Policy::outbound(SetStatus { status, text }))
}

impl OutboundPolicy for SetStatus {
    fn apply<'a>(&'a self, mut response: Response<Body>, _context: &'a mut Context) -> Outcome<'a> {
        *response.status_mut() = self.status;
        match &self.text {
            Some(text) => response.extensions_mut().insert(text.clone()),
            // What the upstream said belongs to another status.
            None => response.extensions_mut().remove::<ReasonPhrase>(),
        };
        ready(Ok(response))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::testing::{fault, outbound, response};

    #[tokio::test]
    async fn the_status_is_set() {
        let options = json!({ "status": 418, "statusText": "Short and stout" });
        let answered = outbound("set-status-outbound", &options).answers(response(&[])).await;
        assert_eq!(answered.status(), 418);
        assert_eq!(answered.extensions().get::<ReasonPhrase>().unwrap().as_bytes(), b"Short and stout");
        for (options, expected) in [
            (json!({ "status": 101 }), "at /status: expected a status from 200 to 599, found 101"),
            (json!({ "status": 600 }), "at /status: expected a status from 200 to 599, found 600"),
            (json!({ "status": 200, "statusText": "\n" }), "at /statusText: expected a text that may stand"),
        ] {
            let error = fault("set-status-outbound", &options);
            assert!(error.contains(expected), "{error}");
        }
    }
}
