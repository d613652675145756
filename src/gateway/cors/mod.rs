//! Which other sites' scripts may read a route's answers (Zuplo, "CORS"; Fetch, section 3.2).
//!
//! The gateway alone decides: what an upstream says is removed. Its own refusals carry the same headers as answers, or a
//! browser would show a CORS fault in place of a 401.

mod origin;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header},
};
use serde::Deserialize;

use super::{
    problem::Problem,
    project::{Environment, LoadError, Node, Options, TextList},
};
use origin::OriginRule;

/// What Zuplo tells browsers for `anything-goes`.
const ANYTHING_MAX_AGE: u64 = 600;

/// Who may read.
#[derive(Debug)]
pub enum CorsPolicy {
    /// Nobody.
    None,
    /// Everybody, with their visitors' credentials.
    AnythingGoes,
    /// An entry of `corsPolicies`.
    Custom(Box<CustomPolicy>),
}

/// An entry of `corsPolicies`.
#[derive(Debug)]
pub struct CustomPolicy {
    origins: Vec<OriginRule>,
    /// None: those that the path has.
    methods: Option<Vec<String>>,
    /// None: whatever is asked for.
    headers: Option<HeaderValue>,
    expose: Option<HeaderValue>,
    max_age: Option<u64>,
    credentials: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CorsOptions {
    name: String,
    allowed_origins: TextList,
    allowed_methods: Option<TextList>,
    allowed_headers: Option<TextList>,
    expose_headers: Option<TextList>,
    max_age: Option<u64>,
    #[serde(default)]
    allow_credentials: bool,
}

impl CorsPolicy {
    /// Reads an entry of `corsPolicies`, with its name.
    pub fn load(entry: &Node<'_>, environment: &Environment) -> Result<(String, Self), LoadError> {
        let options = Options::at(entry.clone(), environment)?;
        let read: CorsOptions = options.read()?;
        let origins = read.allowed_origins.0.iter().map(|origin| OriginRule::parse(origin)).collect::<Option<Vec<_>>>();
        let origins = origins.filter(|origins| !origins.is_empty()).ok_or_else(|| {
            options.error(
                "allowedOrigins",
                "origins such as https://app.example.com, https://*.example.com or *, without a slash at the end",
            )
        })?;
        let list = |member: &str, list: Option<TextList>| match list {
            Some(list) => HeaderValue::from_str(&list.0.join(", "))
                .map(Some)
                .map_err(|_| options.error(member, "names that a header may hold")),
            None => Ok(None),
        };
        let methods = read.allowed_methods.and_then(unless_all);
        let policy = CustomPolicy {
            origins,
            methods: methods.map(|list| list.0.iter().map(|name| name.to_ascii_uppercase()).collect()),
            headers: list("allowedHeaders", read.allowed_headers.and_then(unless_all))?,
            expose: list("exposeHeaders", read.expose_headers)?,
            max_age: read.max_age,
            credentials: read.allow_credentials,
        };
        Ok((read.name, Self::Custom(Box::new(policy))))
    }

    /// Whether scripts of every site may read answers to requests with credentials.
    pub fn trusts_everybody(&self) -> bool {
        match self {
            Self::None => false,
            Self::AnythingGoes => true,
            Self::Custom(custom) => custom.credentials && custom.origins.contains(&OriginRule::Any),
        }
    }

    /// Replaces the CORS headers of an answer by those for a request from `origin`.
    pub fn apply(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        remove_cors_headers(headers);
        if matches!(self, Self::None) {
            return;
        }
        // An answer that is given again has it already.
        if !headers.get_all(header::VARY).iter().any(|value| value == "Origin") {
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
        }
        let Some(origin) = origin.filter(|origin| self.allows(origin)) else { return };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        let (credentials, expose) = match self {
            Self::Custom(custom) => (custom.credentials, custom.expose.clone()),
            _ => (true, Some(HeaderValue::from_static("*"))),
        };
        if credentials {
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        if let Some(expose) = expose {
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, expose);
        }
    }

    /// Answers a preflight for a path whose routes answer `methods`.
    ///
    /// # Errors
    /// As Zuplo: 404 where nothing is allowed, 400 where an entry of `corsPolicies` is asked without saying for what.
    pub fn preflight(&self, request: &HeaderMap, methods: &[&Method]) -> Result<Response<Body>, Problem> {
        let origin = request.get(header::ORIGIN);
        let wanted = request.get(header::ACCESS_CONTROL_REQUEST_METHOD).and_then(|method| method.to_str().ok());
        let mut allowed: Vec<&str> = methods.iter().map(|method| method.as_str()).collect();
        let mut max_age = Some(ANYTHING_MAX_AGE);
        let asked = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
        let allowed_headers;
        match self {
            Self::None => return Err(Problem::not_found()),
            Self::AnythingGoes => allowed_headers = asked.or_else(|| Some(HeaderValue::from_static("*"))),
            Self::Custom(custom) => {
                let (Some(origin), Some(wanted)) = (origin, wanted) else {
                    return Err(Problem::bad_request(
                        "A preflight names an Origin and an Access-Control-Request-Method.",
                    ));
                };
                if let Some(methods) = &custom.methods {
                    allowed = methods.iter().map(String::as_str).collect();
                }
                if !self.allows(origin) || !allowed.contains(&wanted) {
                    return Err(Problem::not_found());
                }
                max_age = custom.max_age;
                allowed_headers = custom.headers.clone().or(asked);
            }
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::OK;
        let headers = response.headers_mut();
        self.apply(origin, headers);
        headers.remove(header::ACCESS_CONTROL_EXPOSE_HEADERS);
        if let Ok(methods) = HeaderValue::from_str(&allowed.join(", ")) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        }
        if let Some(allowed) = allowed_headers {
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        }
        if let Some(seconds) = max_age {
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(seconds));
        }
        Ok(response)
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        match self {
            Self::None => false,
            Self::AnythingGoes => true,
            Self::Custom(custom) => {
                let Ok(origin) = origin.to_str() else { return false };
                let origin = origin.to_ascii_lowercase();
                custom.origins.iter().any(|rule| rule.allows(&origin))
            }
        }
    }
}

/// With credentials a browser takes `*` to the letter, and it never stands for `authorization`: what is asked for is named
/// instead.
fn unless_all(list: TextList) -> Option<TextList> {
    (!list.0.iter().any(|name| name == "*")).then_some(list)
}

const CORS_HEADERS: [HeaderName; 6] = [
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
    header::ACCESS_CONTROL_ALLOW_METHODS,
    header::ACCESS_CONTROL_ALLOW_HEADERS,
    header::ACCESS_CONTROL_MAX_AGE,
];

fn remove_cors_headers(headers: &mut HeaderMap) {
    for name in &CORS_HEADERS {
        headers.remove(name);
    }
}

/// What says of an answer who may read it, for another in its place.
pub fn cors_headers(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for name in CORS_HEADERS.iter().chain(&[header::VARY]) {
        for value in headers.get_all(name) {
            kept.append(name, value.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests;
