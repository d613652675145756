//! A value named in a template: `params.id`, `query["q"]`, `headers.get("x-a")`, `request.user.data.role`, `method`, and
//! `e(…)` around any of them.

use std::borrow::Cow;

use axum::http::{HeaderName, HeaderValue, header, request::Parts};
use percent_encoding::utf8_percent_encode;
use serde_json::Value;

use super::{COMPONENT, Scope};
use crate::gateway::context::{Context, query_value};

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// Known at load: a literal, or what the environment says.
    Text(String),
    Param(String),
    Query(String),
    Header(HeaderName),
    /// The request's path, as it was matched.
    Pathname,
    /// The request's query with its `?`.
    Search,
    Method,
    /// Host and port as the client named them.
    Host,
    Hostname,
    Port,
    Protocol,
    Origin,
    Url,
    RequestId,
    UserSub,
    UserData(Vec<String>),
    Custom(Vec<String>),
    /// `e(…)` or `encodeURIComponent(…)`
    Encoded(Box<Expression>),
}

const EXPECTED: &str = "values such as params.id, query.page, headers.get(\"x-tenant\"), env.NAME, request.user.sub, \
                        request.user.data.role, context.custom.x, method, pathname, search, url, host, hostname, port, \
                        protocol and origin, with e(…) around them or not";

impl Expression {
    /// Reads what stands between `${` and `}`.
    pub fn parse(text: &str, scope: &Scope<'_>) -> Result<Self, String> {
        for function in ["encodeURIComponent(", "e("] {
            if let Some(inner) = text.strip_prefix(function).and_then(|rest| rest.strip_suffix(')')) {
                return Ok(match Self::parse(inner.trim(), scope)? {
                    Self::Text(text) => Self::Text(utf8_percent_encode(&text, COMPONENT).to_string()),
                    value => Self::Encoded(Box::new(value)),
                });
            }
        }
        if let Some(text) = quoted(text) {
            return Ok(Self::Text(text.to_owned()));
        }
        let steps = steps(text).ok_or(EXPECTED)?;
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        let steps = match steps.split_first() {
            Some((&"request", rest @ [first, ..])) if *first != "user" => rest,
            _ => &steps[..],
        };
        Self::from_steps(steps, scope)
    }

    fn from_steps(steps: &[&str], scope: &Scope<'_>) -> Result<Self, String> {
        let owned = |steps: &[&str]| steps.iter().map(|step| (*step).to_owned()).collect();
        Ok(match steps {
            ["env", name] => {
                let value = scope.environment.get(name);
                Self::Text(value.ok_or_else(|| format!("the environment variable {name} to be set"))?.to_owned())
            }
            ["params", name] if scope.params.contains(name) => Self::Param((*name).to_owned()),
            ["params", name] => {
                let known = scope.params.join(", ");
                return Err(format!("a parameter of this route's path ({known}) instead of `{name}`"));
            }
            ["query", name] => Self::Query((*name).to_owned()),
            ["headers", "get()", name] => {
                Self::Header(HeaderName::try_from(*name).map_err(|_| "a header name".to_owned())?)
            }
            ["pathname"] => Self::Pathname,
            ["search"] => Self::Search,
            ["method"] => Self::Method,
            ["host"] => Self::Host,
            ["hostname"] => Self::Hostname,
            ["port"] => Self::Port,
            ["protocol"] => Self::Protocol,
            ["origin"] => Self::Origin,
            ["url"] => Self::Url,
            ["context", "requestId"] => Self::RequestId,
            ["request", "user", "sub"] => Self::UserSub,
            ["request", "user", "data", path @ ..] if !path.is_empty() => Self::UserData(owned(path)),
            ["context", "custom", path @ ..] if !path.is_empty() => Self::Custom(owned(path)),
            _ => return Err(EXPECTED.to_owned()),
        })
    }

    /// Whether the value may hold slashes that separate: only what the route's own pattern let through.
    pub const fn may_hold_segments(&self) -> bool {
        matches!(self, Self::Param(_) | Self::Pathname)
    }

    /// The value, and whether it is encoded already. What is not there is empty.
    pub fn evaluate<'v>(&'v self, request: &'v Parts, context: &'v Context) -> (Cow<'v, str>, bool) {
        if let Self::Encoded(inner) = self {
            let (value, _) = inner.evaluate(request, context);
            return (utf8_percent_encode(&value, COMPONENT).to_string().into(), true);
        }
        (self.plain(request, context).unwrap_or_default(), false)
    }

    fn plain<'v>(&'v self, request: &'v Parts, context: &'v Context) -> Option<Cow<'v, str>> {
        Some(match self {
            Self::Text(text) => text.into(),
            Self::Param(name) => context.params.get(name)?.into(),
            Self::Query(name) => query_value(request.uri.query(), name)?,
            Self::Header(name) => text_of(request.headers.get(name))?.into(),
            Self::Pathname => context.path.as_str().into(),
            Self::Search => request.uri.query().map(|query| format!("?{query}"))?.into(),
            Self::Method => request.method.as_str().into(),
            Self::Host => host(request)?.into(),
            Self::Hostname => split_port(host(request)?).0.into(),
            Self::Port => split_port(host(request)?).1.into(),
            Self::Protocol => format!("{}:", scheme(request)).into(),
            Self::Origin => origin(request)?.into(),
            // Clients may send a whole URL as their target, with a host of their choice.
            Self::Url => format!("{}{}", origin(request)?, request.uri.path_and_query()?).into(),
            Self::RequestId => context.arrival.request_id.to_string().into(),
            Self::UserSub => context.user.as_ref()?.sub.as_str().into(),
            Self::UserData(path) => scalar(descend(&context.user.as_ref()?.data, path)?)?,
            Self::Custom(path) => scalar(descend(context.custom.get(path.first()?)?, &path[1..])?)?,
            Self::Encoded(inner) => inner.evaluate(request, context).0,
        })
    }
}

/// The text in quotes, if `text` is nothing else.
fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|character| matches!(character, '"' | '\''))?;
    text[1..].strip_suffix(quote).filter(|inner| !inner.contains([quote, '\\']))
}

/// `a.b["c"][0].get("d")` as `a`, `b`, `c`, `0`, `get()`, `d`.
fn steps(text: &str) -> Option<Vec<String>> {
    let is_name = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '$');
    let (mut steps, mut rest) = (Vec::new(), text);
    loop {
        let end = rest.find(|character| !is_name(character)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name.is_empty() {
            return None;
        }
        rest = after;
        if let Some(after) = rest.strip_prefix('(').filter(|_| name == "get") {
            let (argument, after) = after.split_once(')')?;
            steps.extend(["get()".to_owned(), quoted(argument.trim())?.to_owned()]);
            rest = after;
        } else {
            steps.push(name.to_owned());
        }
        while let Some(after) = rest.strip_prefix('[') {
            let (index, after) = after.split_once(']')?;
            let number =
                Some(index).filter(|index| index.bytes().all(|byte| byte.is_ascii_digit()) && !index.is_empty());
            steps.push(quoted(index).or(number)?.to_owned());
            rest = after;
        }
        match rest.strip_prefix('.') {
            Some(after) => rest = after,
            None => return rest.is_empty().then_some(steps),
        }
    }
}

fn descend<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    })
}

fn scalar(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.into()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string().into()),
        _ => None,
    }
}

fn text_of(value: Option<&HeaderValue>) -> Option<&str> {
    value?.to_str().ok()
}

/// Set by the gateway itself: see `incoming`.
fn host(request: &Parts) -> Option<&str> {
    text_of(request.headers.get("x-forwarded-host")).or_else(|| text_of(request.headers.get(header::HOST)))
}

fn scheme(request: &Parts) -> &str {
    text_of(request.headers.get("x-forwarded-proto")).unwrap_or("http")
}

fn origin(request: &Parts) -> Option<String> {
    Some(format!("{}://{}", scheme(request), host(request)?))
}

fn split_port(host: &str) -> (&str, &str) {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, port),
        _ => (host, ""),
    }
}
