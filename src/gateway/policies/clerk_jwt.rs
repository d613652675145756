//! `clerk-jwt-auth-inbound`: lets requests with a valid Clerk token pass and says who they come from.
//!
//! Options: `frontendApiUrl` (required: the issuer, to the letter), `allowUnauthenticatedRequests` (default false),
//! `oAuthResourceMetadataEnabled` (only false is supported), and of our own `authorizedParties` (default: any),
//! `claimsToHeaders` (default: none) and `removeAuthorizationHeader` (default false: the upstream gets the token, too).

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, header},
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    InboundPolicy, Policy, PolicySite, Verdict,
    bearer::{bearer_token, refuse, refuse_missing},
    claims_to_headers::ClaimsToHeaders,
};
use crate::{
    gateway::{
        context::{Context, User},
        problem::Problem,
        project::{LoadError, Options},
    },
    jwt::{Rules, Verifier, parse_issuer},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ClerkOptions {
    frontend_api_url: Option<String>,
    #[serde(default)]
    allow_unauthenticated_requests: bool,
    #[serde(default)]
    o_auth_resource_metadata_enabled: bool,
    #[serde(default)]
    authorized_parties: Vec<String>,
    #[serde(default)]
    claims_to_headers: ClaimsToHeaders,
    #[serde(default)]
    remove_authorization_header: bool,
}

struct ClerkJwt {
    verifier: Verifier,
    claims_to_headers: ClaimsToHeaders,
    remove_authorization: bool,
    allow_unauthenticated: bool,
}

/// Makes the policy from its options.
pub fn build(options: &Options<'_>, site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    const URL: &str = "frontendApiUrl";
    let read: ClerkOptions = options.read()?;
    let url = read.frontend_api_url.ok_or_else(|| {
        let expected = "the Frontend API URL of the Clerk instance, such as https://verb-noun-00.clerk.accounts.dev";
        options.error(URL, expected)
    })?;
    let issuer = parse_issuer(&url).map_err(|error| options.error(URL, &error.to_string()))?;
    let keys = site
        .dependencies
        .key_sets
        .of(&issuer)
        .map_err(|error| options.error(URL, &format!("an issuer whose keys can be had ({error})")))?;
    if read.o_auth_resource_metadata_enabled {
        let expected = "false: protected-resource metadata is not supported";
        return Err(options.error("oAuthResourceMetadataEnabled", expected));
    }
    Ok(Policy::inbound(ClerkJwt {
        verifier: Verifier::new(keys, Rules::clerk(issuer, read.authorized_parties)),
        claims_to_headers: read.claims_to_headers,
        remove_authorization: read.remove_authorization_header,
        allow_unauthenticated: read.allow_unauthenticated_requests,
    }))
}

impl ClerkJwt {
    async fn authenticate(&self, headers: &HeaderMap, context: &Context) -> Result<User, Problem> {
        let token = bearer_token(headers).map_err(refuse_missing)?;
        let verified = self.verifier.verify(token, context.arrival.now).await.map_err(|error| {
            tracing::debug!(gateway.request_id = %context.arrival.request_id, %error, "token refused");
            refuse(&error)
        })?;
        let data = Value::Object(verified.claims.as_map().clone());
        Ok(User { sub: verified.claims.subject().to_owned(), data })
    }
}

impl InboundPolicy for ClerkJwt {
    fn apply<'a>(&'a self, mut request: Request, context: &'a mut Context) -> Verdict<'a> {
        Box::pin(async move {
            match self.authenticate(request.headers(), context).await {
                Ok(user) => {
                    self.claims_to_headers.set(&user.data, request.headers_mut());
                    context.user = Some(user);
                }
                Err(problem) if self.allow_unauthenticated => {
                    tracing::info!(gateway.request_id = %context.arrival.request_id, reason = problem.reason(), "let pass unauthenticated");
                }
                Err(problem) => return Err(problem.into()),
            }
            if self.remove_authorization {
                request.headers_mut().remove(header::AUTHORIZATION);
            }
            Ok(request)
        })
    }

    fn identifies(&self) -> bool {
        true
    }

    fn requires_user(&self) -> bool {
        !self.allow_unauthenticated
    }

    fn identity_headers(&self) -> Vec<HeaderName> {
        self.claims_to_headers.headers()
    }
}
