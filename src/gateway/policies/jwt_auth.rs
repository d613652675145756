//! What policies do that check tokens, whoever issued them: a request with a good one passes, and the policies behind
//! know who it comes from.

use std::{collections::HashSet, sync::Arc};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, Method},
};
use url::Url;

use super::{
    InboundPolicy, Policy, PolicySite, SecurityScheme, Verdict,
    bearer::{MISSING, bearer_token, refuse, refuse_missing},
    clerk_cookies,
    jwt_options::{JwtOptions, OnInvalidToken},
    let_pass,
    session_cookie::header_or_cookie,
};
use crate::{
    gateway::{
        context::{Context, User},
        meters::TokenMeter,
        problem::Problem,
        project::{LoadError, Options},
        resource_metadata::document_url,
    },
    jwt::{Verifier, Verifiers},
};

/// Our option for more issuers.
const ISSUERS: &str = "issuers";

struct JwtAuth {
    verifiers: Verifiers,
    options: JwtOptions,
    meter: TokenMeter,
    /// Where clients reach the gateway, if they are to find who gives tokens.
    metadata: Option<Url>,
}

/// A policy for tokens of one issuer.
pub fn of_one_issuer(options: JwtOptions, verifier: Verifier, site: &PolicySite<'_>) -> Policy {
    policy(options, Verifiers::new(verifier, Vec::new()), site)
}

fn policy(options: JwtOptions, verifiers: Verifiers, site: &PolicySite<'_>) -> Policy {
    let metadata = options.resource_metadata.then(|| site.dependencies.public_url.clone());
    Policy::inbound(JwtAuth { verifiers, options, meter: TokenMeter::new(site.name), metadata })
}

/// A policy for tokens of the issuer that `own` describes, and of each that its `issuers` do.
pub fn of_several_issuers(
    options: JwtOptions,
    own: &Options<'_>,
    site: &PolicySite<'_>,
    make: impl Fn(&Options<'_>, &JwtOptions) -> Result<Verifier, LoadError>,
) -> Result<Policy, LoadError> {
    let first = make(&own.without(&[ISSUERS]), &options)?;
    let others = own.each(ISSUERS)?.iter().map(|issuer| make(issuer, &options)).collect::<Result<Vec<_>, _>>()?;
    let mut seen = HashSet::new();
    if !std::iter::once(&first).chain(&others).all(|verifier| seen.insert(verifier.issuer())) {
        return Err(own.error(ISSUERS, "each issuer once, the first one included"));
    }
    Ok(policy(options, Verifiers::new(first, others), site))
}

impl JwtAuth {
    /// The caller, and the issuer that vouches for them.
    async fn authenticate(
        &self,
        method: &Method,
        headers: &HeaderMap,
        context: &Context,
    ) -> Result<(User, Arc<str>), Problem> {
        let header = bearer_token(headers, &self.options.token_header);
        let accepts_cookie = self.options.accept_session_cookie;
        let token = if accepts_cookie { header_or_cookie(header, method, headers) } else { header };
        let token = token.map_err(refuse_missing)?;
        let verified = self.verifiers.verify(token, context.arrival.now).await.map_err(|error| {
            tracing::debug!(gateway.request_id = %context.arrival.request_id, %error, "token refused");
            refuse(&error)
        })?;
        let data = Arc::clone(verified.claims.as_value());
        self.options.claim_rules.check(&data)?;
        self.meter.accepted(verified.seen_before);
        let sub = verified.claims.text(&self.options.subject_claim).unwrap_or_default();
        let issuer = verified.claims.text("iss").unwrap_or_default().into();
        Ok((User::new(sub, data), issuer))
    }

    fn with_metadata(&self, problem: Problem, context: &Context) -> Problem {
        let Some(public_url) = &self.metadata else { return problem };
        let document = document_url(public_url, &context.path);
        problem.with_challenge_parameter(&format!(r#"resource_metadata="{document}""#))
    }

    /// Nobody is somebody else: no token, and a token that is not good, are two cases.
    fn lets_pass(&self, problem: &Problem) -> bool {
        let any = self.options.on_invalid_token == OnInvalidToken::Continue;
        self.options.allow_unauthenticated && (any || problem.reason() == MISSING)
    }
}

impl InboundPolicy for JwtAuth {
    fn apply<'a>(&'a self, mut request: Request, context: &'a mut Context) -> Verdict<'a> {
        Box::pin(async move {
            match self.authenticate(request.method(), request.headers(), context).await {
                Ok((user, issuer)) => {
                    self.options.claims_to_headers.set(&user.data, request.headers_mut());
                    context.identify(user, &issuer);
                }
                Err(problem) if self.lets_pass(&problem) => {
                    self.meter.let_pass(problem.reason());
                    let_pass(context, problem.reason());
                }
                Err(problem) => {
                    self.meter.refused(problem.reason());
                    return Err(self.with_metadata(problem, context).into());
                }
            }
            if self.options.remove_token {
                request.headers_mut().remove(&self.options.token_header);
            }
            if self.options.remove_clerk_cookies {
                clerk_cookies::remove(request.headers_mut());
            }
            Ok(request)
        })
    }

    fn identifies(&self) -> bool {
        true
    }

    fn authorities(&self) -> Vec<String> {
        self.verifiers.issuers().map(str::to_owned).collect()
    }

    fn security_scheme(&self) -> Option<SecurityScheme> {
        Some(SecurityScheme::of(&self.options.token_header, "bearer"))
    }

    fn authorization_servers(&self) -> Vec<String> {
        self.metadata.iter().flat_map(|_| self.verifiers.issuers()).map(str::to_owned).collect()
    }

    fn requires_user(&self) -> bool {
        !self.options.allow_unauthenticated
    }

    fn identity_headers(&self) -> Vec<HeaderName> {
        self.options.claims_to_headers.headers()
    }
}
