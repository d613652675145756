//! `caching-inbound`: gives an answer again for a while, without asking the policies behind it or the handler.
//!
//! Options: `expirationSecondsTtl` (default 60), `statusCodes` (default 200, 206, 301, 302, 303, 404, 410),
//! `cacheHttpMethods` (default `GET`; `HEAD` is the only other one: a body would have to make a difference), `headers`
//! (names of those that make a difference), `cacheId` (another one keeps other answers),
//! `dangerouslyIgnoreAuthorizationHeader` (default false: true gives one caller's answer to every other).
//!
//! An answer is given again to the same question only: the same method, URL, `Origin`, `Range`, `Accept-Encoding` and
//! named headers, from the same caller. Who that is, is decided by all that can tell: `Authorization`, `Cookie`, what an
//! authentication policy before this one found (whichever header the key or token was in), the headers that such policies
//! set, and what they put into `context.custom`. Policies that decide who may call must stand before this one, or the
//! project does not load.
//!
//! Never kept are answers with `Set-Cookie`, with `no-store`, `no-cache` or `private`, those that `Vary` by what makes no
//! difference here (with the option just named, `Authorization` and `Cookie`, too), and bodies above 2 MiB. `max-age` and `s-maxage` can only shorten the time. What a client says in
//! `Cache-Control` is not asked. All answers together take 64 MiB; a project that is loaded anew begins without any.

use std::{collections::HashSet, sync::Arc, time::Duration};

use aws_lc_rs::digest::{Context as Digest, SHA256};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderName, Method, Response, StatusCode, header},
};
use serde::Deserialize;

use super::{InboundPolicy, Policy, PolicySite, RouteSite, Stop, Verdict, ready};
use crate::gateway::{
    answers::{Answers, Key},
    context::Context,
    incoming::{FORWARDED_HOST, FORWARDED_PROTO, WebSocketWanted},
    project::{LoadError, Options, TextList},
};

const DEFAULT_STATUSES: [u16; 7] = [200, 206, 301, 302, 303, 404, 410];

/// These make a difference for every answer: the URL as the client sees it, and what part and form it asks for.
static ALWAYS: [HeaderName; 6] =
    [FORWARDED_PROTO, FORWARDED_HOST, header::ORIGIN, header::RANGE, header::IF_RANGE, header::ACCEPT_ENCODING];
/// These say who asks.
static CALLER: [HeaderName; 2] = [header::AUTHORIZATION, header::COOKIE];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CachingOptions {
    expiration_seconds_ttl: Option<u64>,
    status_codes: Option<Vec<u16>>,
    cache_http_methods: Option<Vec<String>>,
    headers: Option<TextList>,
    cache_id: Option<String>,
    #[serde(default)]
    dangerously_ignore_authorization_header: bool,
}

/// What the options come to, on whatever route.
struct Rules {
    name: String,
    lifetime: Duration,
    statuses: HashSet<StatusCode>,
    methods: Vec<Method>,
    headers: Vec<HeaderName>,
    cache_id: String,
    ignores_caller: bool,
    answers: Arc<Answers>,
}

struct Caching {
    rules: Arc<Rules>,
    /// Headers that policies before this one set to say who the caller is.
    identity: Vec<HeaderName>,
}

/// Makes the policy from its options.
pub fn build(options: &Options<'_>, site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    let read: CachingOptions = options.read()?;
    let rules = Arc::new(Rules {
        name: site.name.to_owned(),
        lifetime: Duration::from_secs(read.expiration_seconds_ttl.unwrap_or(60)),
        statuses: statuses(read.status_codes.as_deref().unwrap_or(&DEFAULT_STATUSES), options)?,
        methods: methods(read.cache_http_methods, options)?,
        headers: headers(read.headers, options)?,
        cache_id: read.cache_id.unwrap_or_default(),
        ignores_caller: read.dangerously_ignore_authorization_header,
        answers: Arc::clone(site.answers),
    });
    Ok(Policy::per_route(move |route: &RouteSite<'_>| {
        let identity = route.before.iter().flat_map(|named| named.policy.identity_headers()).collect();
        Ok(Arc::new(Caching { rules: Arc::clone(&rules), identity }))
    }))
}

/// 304 is an answer to a condition, which the next request may not have.
fn statuses(codes: &[u16], options: &Options<'_>) -> Result<HashSet<StatusCode>, LoadError> {
    let status = |code: &u16| StatusCode::from_u16(*code).ok().filter(|_| (200..600).contains(code) && *code != 304);
    let statuses: Option<HashSet<_>> = codes.iter().map(status).collect();
    statuses.ok_or_else(|| options.error("statusCodes", "statuses from 200 to 599 without 304"))
}

fn methods(names: Option<Vec<String>>, options: &Options<'_>) -> Result<Vec<Method>, LoadError> {
    let Some(names) = names else { return Ok(vec![Method::GET]) };
    let method = |name: &String| match name.to_ascii_uppercase().as_str() {
        "GET" => Some(Method::GET),
        "HEAD" => Some(Method::HEAD),
        _ => None,
    };
    let methods: Option<Vec<_>> = names.iter().map(method).collect();
    methods.ok_or_else(|| options.error("cacheHttpMethods", "`GET` and `HEAD` only: bodies make no difference here"))
}

fn headers(names: Option<TextList>, options: &Options<'_>) -> Result<Vec<HeaderName>, LoadError> {
    let names = names.map(|list| list.0).unwrap_or_default();
    let names: Result<_, _> = names.into_iter().map(HeaderName::try_from).collect();
    names.map_err(|_| options.error("headers", "names of headers"))
}

impl Caching {
    /// All that makes a difference, each part with its length, so that none can pass for two.
    fn key(&self, request: &Request, context: &Context) -> Key {
        let rules = &self.rules;
        let mut parts = Parts(Digest::new(&SHA256));
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        for text in [rules.name.as_str(), &rules.cache_id, request.method().as_str(), target] {
            parts.add(text.as_bytes());
        }
        parts.add_headers(ALWAYS.iter().chain(&rules.headers), request.headers());
        parts.add(serde_json::to_string(&context.custom).unwrap_or_default().as_bytes());
        if !rules.ignores_caller {
            parts.add_headers(CALLER.iter().chain(&self.identity), request.headers());
            let user = context.user.as_ref().map(|user| (&user.sub, &*user.data));
            parts.add(serde_json::to_string(&user).unwrap_or_default().as_bytes());
        }
        parts.0.finish().as_ref().try_into().unwrap_or_default()
    }
}

/// What goes into a key.
struct Parts(Digest);

impl Parts {
    fn add(&mut self, part: &[u8]) {
        self.0.update(&(part.len() as u64).to_be_bytes());
        self.0.update(part);
    }

    fn add_headers<'h>(&mut self, names: impl Iterator<Item = &'h HeaderName>, headers: &HeaderMap) {
        for name in names {
            let values = headers.get_all(name);
            self.0.update(&(values.iter().count() as u64).to_be_bytes());
            values.iter().for_each(|value| self.add(value.as_bytes()));
        }
    }
}

impl Rules {
    /// How long an answer may be given again; none for those that may not.
    fn lifetime_of(&self, response: &Response<Body>, is_ranged: bool) -> Option<Duration> {
        let headers = response.headers();
        let is_part = response.status() == StatusCode::PARTIAL_CONTENT;
        if !self.statuses.contains(&response.status())
            || headers.contains_key(header::SET_COOKIE)
            // Which part it is, nobody asked for.
            || (is_part && !is_ranged)
            || !self.knows_all_that_varies(headers)
        {
            return None;
        }
        let allowed = allowed_seconds(headers)?.map_or(self.lifetime, Duration::from_secs);
        Some(allowed.min(self.lifetime)).filter(|lifetime| !lifetime.is_zero())
    }

    fn knows_all_that_varies(&self, headers: &HeaderMap) -> bool {
        let caller = if self.ignores_caller { &[][..] } else { &CALLER };
        directives(headers, &header::VARY).all(|name| {
            let mut known = ALWAYS.iter().chain(caller).chain(&self.headers);
            known.any(|known| known.as_str() == name)
        })
    }
}

/// What an answer says of being kept (RFC 9111, section 5.2.2): none for not at all, else for how many seconds, if it
/// says so.
fn allowed_seconds(headers: &HeaderMap) -> Option<Option<u64>> {
    let (mut max_age, mut shared_max_age) = (None, None);
    for directive in directives(headers, &header::CACHE_CONTROL) {
        let (name, value) = directive.split_once('=').unwrap_or((&directive, ""));
        // What cannot be read counts as no time at all.
        let seconds = || Some(value.trim().trim_matches('"').parse().unwrap_or(0));
        match name.trim() {
            "no-store" | "no-cache" | "private" => return None,
            "max-age" => max_age = seconds(),
            "s-maxage" => shared_max_age = seconds(),
            _ => {}
        }
    }
    Some(shared_max_age.or(max_age))
}

/// The elements of a list header, in lower case. What is not text is an element that nobody knows.
fn directives(headers: &HeaderMap, name: &HeaderName) -> impl Iterator<Item = String> {
    let values: Vec<String> =
        headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("*").to_ascii_lowercase()).collect();
    let elements = values
        .into_iter()
        .flat_map(|value| value.split(',').map(|element| element.trim().to_owned()).collect::<Vec<_>>());
    elements.filter(|element| !element.is_empty())
}

impl InboundPolicy for Caching {
    fn apply<'a>(&'a self, request: Request, context: &'a mut Context) -> Verdict<'a> {
        let is_socket = request.extensions().get::<WebSocketWanted>().is_some();
        if is_socket || !self.rules.methods.contains(request.method()) {
            return ready(Ok(request));
        }
        let (key, now) = (self.key(&request, context), context.arrival.now);
        if let Some(response) = self.rules.answers.get(&key, now) {
            return ready(Err(Stop::Answer(response)));
        }
        let (rules, is_ranged) = (Arc::clone(&self.rules), request.headers().contains_key(header::RANGE));
        context.before_sending(move |response| match rules.lifetime_of(&response, is_ranged) {
            Some(lifetime) => rules.answers.keep(key, response, now, lifetime),
            None => response,
        });
        ready(Ok(request))
    }

    fn remembers(&self) -> bool {
        true
    }

    fn guards(&self) -> bool {
        false
    }
}

#[cfg(test)]
#[path = "caching_tests.rs"]
mod tests;
