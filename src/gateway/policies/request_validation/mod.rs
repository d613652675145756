//! `request-validation-inbound`: holds a request to the schemas of its own operation: parameters of path, query and
//! headers (`parameters`), and the body (`body`). `schemas` compiles them when the project is loaded.
//!
//! Options: `validateBody`, `validateQueryParameters`, `validatePathParameters` and `validateHeaders`: each `none` (the
//! default), `log-only`, `reject-and-log` or `reject-only`; `logLevel` (`debug`, `info`, the default, `warn` or `error`),
//! `includeRequestInLogs` (default false: true logs the URL and the start of the body, never headers), and of our own
//! `maxBodySizeInBytes` (default 1 MiB: a body must be read whole to be looked at).
//!
//! What does not fit is 400, with `errors`: a list of `in` (`path`, `query`, `header` or `body`), `pointer` (where in it)
//! and `message`, which repeats no value that was sent. A body above the limit is 413. A content type that the operation
//! does not name is 415, and so is an encoded body; one that it names and that is not JSON passes unread.

mod body;
mod parameters;
mod schemas;

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{StatusCode, Uri},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{InboundPolicy, Policy, PolicySite, RouteSite, Verdict};
use crate::gateway::{
    context::Context,
    problem::Problem,
    project::{LoadError, Options},
};
use body::{BodyRules, Checked};
use parameters::{Parameter, Part};
use schemas::{Schemas, Violation};

const DEFAULT_MAX_BODY_BYTES: usize = 1024 * 1024;
/// Whoever sends nonsense need not be told of all of it.
const MAX_ERRORS: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ValidationOptions {
    #[serde(default)]
    validate_body: Mode,
    #[serde(default)]
    validate_query_parameters: Mode,
    #[serde(default)]
    validate_path_parameters: Mode,
    #[serde(default)]
    validate_headers: Mode,
    #[serde(default)]
    log_level: Level,
    #[serde(default)]
    include_request_in_logs: bool,
    max_body_size_in_bytes: Option<usize>,
}

#[derive(Default, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    #[default]
    None,
    LogOnly,
    RejectAndLog,
    RejectOnly,
}

impl Mode {
    const fn rejects(self) -> bool {
        matches!(self, Self::RejectAndLog | Self::RejectOnly)
    }

    const fn logs(self) -> bool {
        matches!(self, Self::LogOnly | Self::RejectAndLog)
    }
}

#[derive(Default, Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Level {
    Debug,
    #[default]
    Info,
    Warn,
    Error,
}

/// The rules of one route.
struct RequestValidation {
    options: Arc<ValidationOptions>,
    parameters: Vec<Parameter>,
    body: Option<BodyRules>,
}

/// Makes the policy from its options.
pub fn build(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    let options: Arc<ValidationOptions> = Arc::new(options.read()?);
    Ok(Policy::per_route(move |route: &RouteSite<'_>| {
        let schemas = Schemas::of(route.document);
        let mut parameters = parameters::load(route, &schemas)?;
        parameters.retain(|parameter| options.mode(parameter.part()) != Mode::None);
        let max = options.max_body_size_in_bytes.unwrap_or(DEFAULT_MAX_BODY_BYTES);
        let body = match options.validate_body {
            Mode::None => None,
            _ => BodyRules::load(route.operation, &schemas, max)?,
        };
        Ok(Arc::new(RequestValidation { options: Arc::clone(&options), parameters, body }))
    }))
}

impl ValidationOptions {
    const fn mode(&self, part: Part) -> Mode {
        match part {
            Part::Path => self.validate_path_parameters,
            Part::Query => self.validate_query_parameters,
            Part::Header => self.validate_headers,
        }
    }
}

impl RequestValidation {
    /// Logs violations, as far as the mode says so, and returns those for which the request is refused.
    fn weigh(&self, mode: Mode, violations: Vec<Violation>, seen: &Seen<'_>, context: &Context) -> Vec<Violation> {
        if mode.logs() && !violations.is_empty() {
            self.log(&violations, seen, context);
        }
        if mode.rejects() { violations } else { Vec::new() }
    }

    fn log(&self, violations: &[Violation], seen: &Seen<'_>, context: &Context) {
        let request_id = context.arrival.request_id;
        let errors = errors(violations);
        let request = self.options.include_request_in_logs.then(|| seen.told());
        macro_rules! event {
            ($level:ident) => {
                tracing::$level!(gateway.request_id = %request_id, route = context.route.path, %errors, request, "a request does not fit its schema")
            };
        }
        match self.options.log_level {
            Level::Debug => event!(debug),
            Level::Info => event!(info),
            Level::Warn => event!(warn),
            Level::Error => event!(error),
        }
    }

    fn check_parameters(&self, request: &Request, context: &Context) -> Vec<Violation> {
        let seen = Seen { uri: request.uri(), body: &[] };
        let mut refused = Vec::new();
        for part in [Part::Path, Part::Query, Part::Header] {
            let parameters = self.parameters.iter().filter(|parameter| parameter.part() == part);
            let violations = parameters.flat_map(|parameter| parameter.check(request, context)).collect();
            refused.extend(self.weigh(self.options.mode(part), violations, &seen, context));
        }
        refused
    }

    async fn check_body(&self, request: Request, context: &Context) -> Result<Request, Problem> {
        let Some(rules) = &self.body else { return Ok(request) };
        let mode = self.options.validate_body;
        let Checked { request, complaint, seen } = rules.check(request).await?;
        let Some(complaint) = complaint else { return Ok(request) };
        let seen = Seen { uri: request.uri(), body: &seen };
        let refused = self.weigh(mode, complaint.violations, &seen, context);
        if refused.is_empty() { Ok(request) } else { Err(refusal(complaint.status, &refused)) }
    }
}

/// What was seen of a request that is logged.
struct Seen<'a> {
    uri: &'a Uri,
    body: &'a [u8],
}

impl Seen<'_> {
    /// As much of it as a log should hold.
    fn told(&self) -> String {
        const MAX_BODY_BYTES: usize = 4096;
        let body = self.body.get(..MAX_BODY_BYTES).unwrap_or(self.body);
        format!("{} {}", self.uri, String::from_utf8_lossy(body))
    }
}

fn errors(violations: &[Violation]) -> Value {
    let error = |violation: &Violation| json!({ "in": violation.part, "pointer": violation.pointer, "message": violation.message });
    violations.iter().take(MAX_ERRORS).map(error).collect()
}

fn refusal(status: StatusCode, violations: &[Violation]) -> Problem {
    let (reason, detail) = match status {
        StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "The request's body is too large."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ("media_type", "The request's body is of a type that is not accepted."),
        _ => ("schema", "The request does not fit the operation's schema."),
    };
    Problem::new(status, reason, detail).with_member("errors", errors(violations))
}

impl InboundPolicy for RequestValidation {
    fn apply<'a>(&'a self, request: Request, context: &'a mut Context) -> Verdict<'a> {
        Box::pin(async move {
            let refused = self.check_parameters(&request, context);
            if !refused.is_empty() {
                return Err(refusal(StatusCode::BAD_REQUEST, &refused).into());
            }
            Ok(self.check_body(request, context).await?)
        })
    }

    fn guards(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests;
