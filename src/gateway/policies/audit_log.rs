//! `audit-log-inbound`: one log line (target `gatehouse::audit`) for each request that gets this far, with who sent it.
//!
//! Options: `logIpAddress`, `logUser`, `logQueryParameters`, `logRouteParameters` (default true), `tenant`, `metadata`.
//! `logGeolocation` is read and changes nothing: where a client is on earth is not known here.

use axum::{extract::Request, http::header};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::{InboundPolicy, Policy, PolicySite, Verdict, ready};
use crate::gateway::{
    context::Context,
    project::{LoadError, Options},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AuditOptions {
    log_ip_address: Option<bool>,
    log_user: Option<bool>,
    log_query_parameters: Option<bool>,
    log_route_parameters: Option<bool>,
    #[serde(rename = "logGeolocation")]
    _log_geolocation: Option<bool>,
    tenant: Option<String>,
    metadata: Option<Map<String, Value>>,
}

struct AuditLog(AuditOptions);

/// Makes the policy from its options.
pub fn build(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    Ok(Policy::inbound(AuditLog(options.read()?)))
}

impl AuditLog {
    fn record(&self, request: &Request, context: &Context) -> Value {
        let options = &self.0;
        let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let mut record = json!({
            "requestId": context.arrival.request_id.to_string(),
            "route": context.route.path,
            "method": request.method().as_str(),
            "headers": { "userAgent": agent },
        });
        let is_on = |option: Option<bool>| option.unwrap_or(true);
        if is_on(options.log_query_parameters) {
            let query = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
            record["query"] = query.map(|(name, value)| (name.into_owned(), Value::from(value.into_owned()))).collect();
        }
        if is_on(options.log_route_parameters) {
            record["params"] =
                context.params.iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
        }
        if is_on(options.log_user) {
            record["user"] = context.user.as_ref().map_or(Value::Null, |user| json!({ "sub": user.sub }));
        }
        if is_on(options.log_ip_address) {
            record["ipAddress"] = context.client_ip.map(|address| address.to_string()).into();
        }
        if let Some(tenant) = &options.tenant {
            record["tenant"] = tenant.as_str().into();
        }
        if let Some(metadata) = &options.metadata {
            record["metadata"] = metadata.clone().into();
        }
        record
    }
}

impl InboundPolicy for AuditLog {
    fn apply<'a>(&'a self, request: Request, context: &'a mut Context) -> Verdict<'a> {
        let record = self.record(&request, context);
        tracing::info!(target: "gatehouse::audit", %record, "audit");
        ready(Ok(request))
    }

    fn guards(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::{
        User,
        project::Node,
        routing::{PathMode, PathPattern},
        testing::{context, request_to},
    };

    fn record(options: &Value) -> Value {
        let node = Node::root(std::path::Path::new("policies.json"), options);
        let policy = AuditLog(Options::at(node, &Default::default()).unwrap().read().unwrap());
        let mut context = context();
        context.user = Some(User::new("user_1", json!({ "secret": 1 })));
        context.client_ip = Some([192, 0, 2, 1].into());
        context.params = PathPattern::parse("/users/{id}", PathMode::OpenApi).unwrap().params("/users/7");
        let mut request = request_to("POST", "/users/7?a=1&b=x+y");
        request.headers_mut().insert("user-agent", "test".parse().unwrap());
        policy.record(&request, &context)
    }

    #[test]
    fn a_record_says_who_did_what() {
        let base = json!({
            "requestId": "00000000-0000-0000-0000-000000000000", "route": "/hello", "method": "POST",
            "headers": { "userAgent": "test" },
        });
        let mut whole = base.clone();
        whole.as_object_mut().unwrap().extend(
            json!({
                "query": { "a": "1", "b": "x y" }, "params": { "id": "7" }, "user": { "sub": "user_1" },
                "ipAddress": "192.0.2.1", "tenant": "t", "metadata": { "m": 1 },
            })
            .as_object()
            .unwrap()
            .clone(),
        );
        assert_eq!(record(&json!({ "tenant": "t", "metadata": { "m": 1 }, "logGeolocation": true })), whole);
        let off = json!({
            "logIpAddress": false, "logUser": false, "logQueryParameters": false, "logRouteParameters": false,
        });
        assert_eq!(record(&off), base);
    }
}
