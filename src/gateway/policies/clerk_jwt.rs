//! `clerk-jwt-auth-inbound`: lets requests with a valid Clerk token pass and says who they come from.
//!
//! Options: `frontendApiUrl` (required: the issuer, to the letter), `allowUnauthenticatedRequests` (default false),
//! `oAuthResourceMetadataEnabled` (only false is supported), and of our own `authorizedParties` (default: any).

use std::sync::Arc;

use axum::{extract::Request, http::HeaderMap};

use super::{
    InboundPolicy, Verdict,
    bearer::{bearer_token, refuse, refuse_missing},
};
use crate::{
    gateway::{
        Dependencies,
        context::{Context, User},
        problem::Problem,
        project::{LoadError, Node, issuer_url},
    },
    jwt::{Rules, Verifier},
};

struct ClerkJwt {
    verifier: Verifier,
    allow_unauthenticated: bool,
}

/// Makes the policy from its options.
pub fn build(options: &Node<'_>, dependencies: &Dependencies) -> Result<Arc<dyn InboundPolicy>, LoadError> {
    options.only_keys(&[
        "frontendApiUrl",
        "allowUnauthenticatedRequests",
        "oAuthResourceMetadataEnabled",
        "authorizedParties",
    ])?;
    let url = options.required(
        "frontendApiUrl",
        "the Frontend API URL of the Clerk instance, such as https://verb-noun-00.clerk.accounts.dev",
    )?;
    let issuer = issuer_url(&url, &dependencies.environment)?;
    let keys = dependencies
        .key_sets
        .of(&issuer)
        .map_err(|error| url.error(format!("an issuer whose keys can be had ({error})")))?;
    if let Some(metadata) = options.get("oAuthResourceMetadataEnabled")
        && metadata.boolean()?
    {
        return Err(metadata.error("false: protected-resource metadata is not supported"));
    }
    let parties = match options.get("authorizedParties") {
        Some(list) => {
            list.items()?.iter().map(|party| party.env_text(&dependencies.environment)).collect::<Result<_, _>>()?
        }
        None => Vec::new(),
    };
    let allow_unauthenticated = match options.get("allowUnauthenticatedRequests") {
        Some(allow) => allow.boolean()?,
        None => false,
    };
    Ok(Arc::new(ClerkJwt { verifier: Verifier::new(keys, Rules::clerk(issuer, parties)), allow_unauthenticated }))
}

impl ClerkJwt {
    async fn authenticate(&self, headers: &HeaderMap, context: &Context) -> Result<User, Problem> {
        let token = bearer_token(headers).map_err(refuse_missing)?;
        let verified = self.verifier.verify(token, context.now).await.map_err(|error| {
            tracing::debug!(gateway.request_id = %context.request_id, %error, "token refused");
            refuse(&error)
        })?;
        Ok(User { sub: verified.claims.subject().to_owned() })
    }
}

impl InboundPolicy for ClerkJwt {
    fn apply<'a>(&'a self, request: Request, context: &'a mut Context) -> Verdict<'a> {
        Box::pin(async move {
            match self.authenticate(request.headers(), context).await {
                Ok(user) => context.user = Some(user),
                Err(problem) if self.allow_unauthenticated => {
                    tracing::info!(gateway.request_id = %context.request_id, reason = problem.reason(), "let pass unauthenticated");
                }
                Err(problem) => return Err(problem),
            }
            Ok(request)
        })
    }
}
