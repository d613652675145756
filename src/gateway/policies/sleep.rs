//! `sleep-inbound`: makes a request wait. A client that leaves waits no longer.
//!
//! Options: `sleepInMs` (required; a minute at most).

use std::time::Duration;

use axum::extract::Request;
use serde::Deserialize;

use super::{InboundPolicy, Policy, PolicySite, Verdict};
use crate::gateway::{
    context::Context,
    project::{LoadError, Options},
};

const MAX_MILLISECONDS: u64 = 60_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SleepOptions {
    sleep_in_ms: u64,
}

struct Sleep(Duration);

/// Makes the policy from its options.
pub fn build(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    let milliseconds = options.read::<SleepOptions>()?.sleep_in_ms;
    if milliseconds > MAX_MILLISECONDS {
        return Err(options.error("sleepInMs", "a minute (60000) or less"));
    }
    Ok(Policy::inbound(Sleep(Duration::from_millis(milliseconds))))
}

impl InboundPolicy for Sleep {
    fn apply<'a>(&'a self, request: Request, _context: &'a mut Context) -> Verdict<'a> {
        Box::pin(async {
            tokio::time::sleep(self.0).await;
            Ok(request)
        })
    }

    fn guards(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::gateway::testing::{fault, inbound, request};

    #[tokio::test]
    async fn a_request_waits() {
        let before = tokio::time::Instant::now();
        inbound("sleep-inbound", &json!({ "sleepInMs": 20 })).passes(request(&[])).await;
        assert!(before.elapsed().as_millis() >= 20);
        let error = fault("sleep-inbound", &json!({ "sleepInMs": 60_001 }));
        assert!(error.contains("at /sleepInMs: expected a minute"), "{error}");
    }
}
