//! Policies: an inbound one lets a request pass, changed or not, or answers in the handler's place; an outbound one may
//! change what the handler answered. One file each; [`BUILT_IN`] are those of `@zuplo/runtime`, [`sample`] finds those
//! that Zuplo publishes as source to copy, [`super::Registry`] has the project's own.

mod api_key;
mod audit_log;
mod basic_auth;
mod bearer;
mod caching;
mod claim_rules;
mod claims_to_headers;
mod clerk_cookies;
mod clerk_jwt;
mod composite;
mod ip_restriction;
mod jwt_auth;
mod jwt_options;
mod jwt_scopes;
mod key_options;
mod mock_api;
mod open_id_jwt;
mod provider_jwt;
mod query_params;
mod quota;
mod rate_limit;
mod references;
mod remove_headers;
mod replace_string;
mod request_size_limit;
mod request_validation;
mod require_origin;
mod rewrite_request;
mod security_scheme;
mod session_cookie;
mod set_headers;
mod set_status;
mod sleep;
mod user_lists;

use std::{pin::Pin, sync::Arc};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderName, Response},
};

pub use security_scheme::SecurityScheme;

use super::{
    Dependencies,
    answers::Answers,
    api_keys::ApiKeys,
    context::Context,
    problem::Problem,
    project::{LoadError, NamedFiles, Node, Options},
    routing::{Named, PathPattern},
};

/// What an inbound policy returns once it is done: the request to go on with, or what ends it.
pub type Verdict<'a> = Pin<Box<dyn Future<Output = Result<Request, Stop>> + Send + 'a>>;

/// What an outbound policy returns once it is done.
pub type Outcome<'a> = Pin<Box<dyn Future<Output = Result<Response<Body>, Problem>> + Send + 'a>>;

/// An inbound policy ends a request: no later policy runs, nor the handler.
pub enum Stop {
    /// It refuses the request.
    Problem(Problem),
    /// It answers the request itself.
    Answer(Response<Body>),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// Runs before the handler.
pub trait InboundPolicy: Send + Sync {
    /// Lets the request pass, or ends it.
    fn apply<'a>(&'a self, request: Request, context: &'a mut Context) -> Verdict<'a>;

    /// Whether it may say who the caller is, by setting `context.user`.
    fn identifies(&self) -> bool {
        false
    }

    /// Who vouches for the callers that it finds, where that can be said. Two of them may give the same name to two callers.
    fn authorities(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether it knows callers by their names alone, whoever vouches for them.
    fn knows_names_only(&self) -> bool {
        false
    }

    /// How callers say who they are, for the documents that `openApiSpecHandler` serves; none: nothing is said of it.
    fn security_scheme(&self) -> Option<SecurityScheme> {
        None
    }

    /// Who gives the tokens that it asks for, if the project wants clients to know (RFC 9728).
    fn authorization_servers(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether nothing passes it without a known caller.
    fn requires_user(&self) -> bool {
        false
    }

    /// Whether it may answer in the handler's place without refusing anybody: what stands behind it may not be asked.
    fn answers(&self) -> bool {
        self.remembers()
    }

    /// Whether a policy that identifies callers must stand before it.
    fn reads_user(&self) -> bool {
        self.requires_user() && !self.identifies()
    }

    /// Whether it may answer from memory, so that policies behind it are not asked about every request.
    fn remembers(&self) -> bool {
        false
    }

    /// Whether it may decide who may call: then no policy that answers from memory may stand before it. Whoever does not
    /// say otherwise does.
    fn guards(&self) -> bool {
        true
    }

    /// Headers it sets to say who the caller is. Clients may send none of them, on any route.
    fn identity_headers(&self) -> Vec<HeaderName> {
        Vec::new()
    }
}

/// Runs after the handler.
pub trait OutboundPolicy: Send + Sync {
    /// Changes the answer, or replaces it by a refusal.
    fn apply<'a>(&'a self, response: Response<Body>, context: &'a mut Context) -> Outcome<'a>;
}

/// A policy, as a project names it.
pub enum Policy {
    /// For `policies.inbound`.
    Inbound(Arc<dyn InboundPolicy>),
    /// For `policies.outbound`.
    Outbound(Arc<dyn OutboundPolicy>),
    /// For `policies.inbound`, made for each route by itself.
    PerRoute(Arc<BuildForRoute>),
    /// The names of the inbound policies that this one stands for.
    Group(Vec<String>),
}

/// Makes an inbound policy for one route.
pub type BuildForRoute = dyn Fn(&RouteSite<'_>) -> Result<Arc<dyn InboundPolicy>, LoadError> + Send + Sync;

/// What a policy for one route is made with.
pub struct RouteSite<'a> {
    /// The OpenAPI document that the route is in.
    pub document: &'a Node<'a>,
    /// Its path item.
    pub item: &'a Node<'a>,
    /// Its operation.
    pub operation: &'a Node<'a>,
    /// The paths it answers.
    pub pattern: &'a PathPattern,
    /// The policies before this one.
    pub before: &'a [Named<dyn InboundPolicy>],
}

impl Policy {
    fn inbound(policy: impl InboundPolicy + 'static) -> Self {
        Self::Inbound(Arc::new(policy))
    }

    fn outbound(policy: impl OutboundPolicy + 'static) -> Self {
        Self::Outbound(Arc::new(policy))
    }

    fn per_route(
        build: impl Fn(&RouteSite<'_>) -> Result<Arc<dyn InboundPolicy>, LoadError> + Send + Sync + 'static,
    ) -> Self {
        Self::PerRoute(Arc::new(build))
    }
}

/// What a policy is made with, beside its options.
pub struct PolicySite<'a> {
    /// What the project calls it.
    pub name: &'a str,
    /// The project's API keys.
    pub api_keys: &'a Arc<ApiKeys>,
    /// Answers that are kept.
    pub answers: &'a Arc<Answers>,
    /// Reads what its options name.
    pub files: &'a NamedFiles,
    /// What the project is loaded with.
    pub dependencies: &'a Dependencies,
}

/// Makes a policy.
pub type Build = fn(&Options<'_>, &PolicySite<'_>) -> Result<Policy, LoadError>;

/// A policy of `@zuplo/runtime`.
pub struct BuiltIn {
    /// `policyType`
    pub policy_type: &'static str,
    /// `handler.export`
    pub export: &'static str,
    /// Makes an instance.
    pub build: Build,
}

/// Every policy of `@zuplo/runtime` that there is here.
pub const BUILT_IN: &[BuiltIn] = &[
    kind("api-key-inbound", "ApiKeyInboundPolicy", api_key::build),
    kind("audit-log-inbound", "AuditLogsInboundPolicy", audit_log::build),
    kind("auth0-jwt-auth-inbound", "Auth0JwtInboundPolicy", provider_jwt::build_auth0),
    kind("basic-auth-inbound", "BasicAuthInboundPolicy", basic_auth::build),
    kind("caching-inbound", "CachingInboundPolicy", caching::build),
    kind("change-method-inbound", "ChangeMethodInboundPolicy", rewrite_request::build_change_method),
    kind("clear-headers-inbound", "ClearHeadersInboundPolicy", remove_headers::build_clear_inbound),
    kind("clear-headers-outbound", "ClearHeadersOutboundPolicy", remove_headers::build_clear_outbound),
    kind("clerk-jwt-auth-inbound", "ClerkJwtInboundPolicy", clerk_jwt::build),
    kind("cognito-jwt-auth-inbound", "CognitoJwtInboundPolicy", provider_jwt::build_cognito),
    kind("composite-inbound", "CompositeInboundPolicy", composite::build),
    kind("firebase-jwt-inbound", "FirebaseJwtInboundPolicy", provider_jwt::build_firebase),
    kind("jwt-scopes-inbound", "JWTScopeValidationInboundPolicy", jwt_scopes::build),
    kind("mock-api-inbound", "MockApiInboundPolicy", mock_api::build),
    kind("okta-jwt-auth-inbound", "OktaJwtInboundPolicy", provider_jwt::build_okta),
    kind("open-id-jwt-auth-inbound", "OpenIdJwtInboundPolicy", open_id_jwt::build),
    kind("propel-auth-jwt-inbound", "PropelAuthJwtInboundPolicy", provider_jwt::build_propel_auth),
    kind("quota-inbound", "QuotaInboundPolicy", quota::build),
    kind("rate-limit-inbound", "RateLimitInboundPolicy", rate_limit::build),
    kind("remove-headers-inbound", "RemoveHeadersInboundPolicy", remove_headers::build_remove_inbound),
    kind("remove-headers-outbound", "RemoveHeadersOutboundPolicy", remove_headers::build_remove_outbound),
    kind("remove-query-params-inbound", "RemoveQueryParamsInboundPolicy", query_params::build_remove),
    kind("replace-string-outbound", "ReplaceStringOutboundPolicy", replace_string::build),
    kind("request-size-limit-inbound", "RequestSizeLimitInboundPolicy", request_size_limit::build),
    kind("request-validation-inbound", "RequestValidationInboundPolicy", request_validation::build),
    kind("require-origin-inbound", "RequireOriginInboundPolicy", require_origin::build),
    kind("set-body-inbound", "SetBodyInboundPolicy", rewrite_request::build_set_body),
    kind("set-headers-inbound", "SetHeadersInboundPolicy", set_headers::build_inbound),
    kind("set-headers-outbound", "SetHeadersOutboundPolicy", set_headers::build_outbound),
    kind("set-query-params-inbound", "SetQueryParamsInboundPolicy", query_params::build_set),
    kind("set-status-outbound", "SetStatusOutboundPolicy", set_status::build),
    kind("sleep-inbound", "SleepInboundPolicy", sleep::build),
    kind("supabase-jwt-auth-inbound", "SupabaseJwtInboundPolicy", provider_jwt::build_supabase),
];

const fn kind(policy_type: &'static str, export: &'static str, build: Build) -> BuiltIn {
    BuiltIn { policy_type, export, build }
}

/// The policies that Zuplo publishes as source to copy.
pub const SAMPLES: &[(&str, Build)] = &[
    ("acl-policy-inbound", user_lists::build_users),
    ("ip-restriction-inbound", ip_restriction::build),
    ("rbac-policy-inbound", user_lists::build_roles),
];

/// The policy of `@zuplo/runtime` with this type.
pub fn built_in(policy_type: &str) -> Option<&'static BuiltIn> {
    BUILT_IN.iter().find(|kind| kind.policy_type == policy_type)
}

/// A policy that Zuplo publishes as source to copy, by its type.
pub fn sample(policy_type: &str) -> Option<Build> {
    SAMPLES.iter().find(|(name, _)| *name == policy_type).map(|(_, build)| *build)
}

/// The default of options that are on unless a project says otherwise.
const fn yes() -> bool {
    true
}

/// Notes that a request passed without a known caller, and what was wrong with what it brought.
fn let_pass(context: &Context, reason: &'static str) {
    tracing::info!(gateway.request_id = %context.arrival.request_id, reason, "let pass unauthenticated");
}

/// What a policy returns that waits for nothing.
fn ready<'a, T: Send + 'a>(value: T) -> Pin<Box<dyn Future<Output = T> + Send + 'a>> {
    Box::pin(std::future::ready(value))
}
