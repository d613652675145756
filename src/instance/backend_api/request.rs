//! Reading a request: query and body, with Clerk's errors where they are not as they must be.

use std::{ops::RangeInclusive, str::FromStr};

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, request::Parts},
};
use serde_json::{Map, Value};

use crate::instance::{
    clerk_error::ClerkError,
    store::{Order, Page},
};

/// The query. A list is a name that comes more than once.
pub struct Params(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = ClerkError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ClerkError> {
        let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        Ok(Self(query.into_owned().collect()))
    }
}

impl Params {
    const LIMIT: RangeInclusive<u32> = 1..=500;
    const DEFAULT_LIMIT: u32 = 10;

    /// Refuses what is not among `known`. A filter that is not applied would answer too much.
    pub fn only(self, known: &[&str]) -> Result<Self, ClerkError> {
        match self.0.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => {
                Err(ClerkError::form("form_param_unknown", name.clone(), "is no parameter of this call"))
            }
            None => Ok(self),
        }
    }

    /// The value of a parameter, the first if it comes more than once.
    pub fn one(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that must be there.
    pub fn required(&self, name: &'static str) -> Result<&str, ClerkError> {
        self.one(name).ok_or_else(|| missing(name))
    }

    /// All values of a parameter, if it is there.
    pub fn all(&self, name: &str) -> Option<Vec<String>> {
        let values: Vec<String> =
            self.0.iter().filter(|(found, _)| found == name).map(|(_, value)| value.clone()).collect();
        (!values.is_empty()).then_some(values)
    }

    /// A whole number, if it is there.
    pub fn number<T: FromStr>(&self, name: &'static str) -> Result<Option<T>, ClerkError> {
        let number = self.one(name).map(|text| text.parse().map_err(|_| invalid(name, "must be a whole number")));
        number.transpose()
    }

    /// Yes or no, if it is there.
    pub fn flag(&self, name: &'static str) -> Result<Option<bool>, ClerkError> {
        let flag = self.one(name).map(|text| text.parse().map_err(|_| invalid(name, "must be true or false")));
        flag.transpose()
    }

    /// `limit` and `offset`, with Clerk's bounds.
    pub fn page(&self) -> Result<Page, ClerkError> {
        let number = |name, bounds: RangeInclusive<u32>, default| {
            let Some(text) = self.one(name) else { return Ok(default) };
            let number = text.parse().ok().filter(|number| bounds.contains(number));
            number.ok_or_else(|| out_of_bounds(name, *bounds.start(), *bounds.end()))
        };
        Ok(Page {
            limit: number("limit", Self::LIMIT, Self::DEFAULT_LIMIT)?,
            offset: number("offset", 0..=u32::MAX, 0)?,
        })
    }
}

/// Clerk's `order_by`: a field with `-` or `+` in front, one of `known`. Newest first, unless asked otherwise.
pub fn order<Column: Copy>(params: &Params, known: &[(&str, Column)]) -> Result<Order<Column>, ClerkError> {
    let text = params.one("order_by").unwrap_or("-created_at");
    let (descending, name) = match text.strip_prefix('-') {
        Some(name) => (true, name),
        // A plus sign arrives as a space unless it was encoded.
        None => (false, text.strip_prefix(['+', ' ']).unwrap_or(text)),
    };
    let column = known.iter().find(|(known, _)| *known == name).map(|(_, column)| *column);
    column.map(|column| Order { column, descending }).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        invalid("order_by", &format!("must be one of {}, with + or - in front", names.join(", ")))
    })
}

/// The body: a JSON object, whatever `Content-Type` says. No body is an empty one.
pub struct Fields(Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = ClerkError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ClerkError> {
        let body = read(request, state).await?;
        if body.is_empty() {
            return Ok(Self(Map::new()));
        }
        serde_json::from_slice(&body).map(Self).map_err(|_| invalid_body())
    }
}

/// The body: a JSON list of objects.
pub struct FieldsList(pub Vec<Fields>);

impl<S: Send + Sync> FromRequest<S> for FieldsList {
    type Rejection = ClerkError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ClerkError> {
        let body = read(request, state).await?;
        let objects: Vec<Map<String, Value>> = serde_json::from_slice(&body).map_err(|_| invalid_body())?;
        Ok(Self(objects.into_iter().map(Fields).collect()))
    }
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ClerkError> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            ClerkError::new(StatusCode::PAYLOAD_TOO_LARGE, "request_body_too_large", "The body is too large.")
        }
        _ => invalid_body(),
    })
}

const fn invalid_body() -> ClerkError {
    ClerkError::new(
        StatusCode::BAD_REQUEST,
        "request_body_invalid",
        "The body must be JSON of the form that this call takes.",
    )
}

impl Fields {
    /// A text. Missing and `null` are the same.
    pub fn text(&self, name: &'static str) -> Result<Option<&str>, ClerkError> {
        match self.present(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(invalid(name, "must be a text")),
        }
    }

    /// A text that must be there.
    pub fn required_text(&self, name: &'static str) -> Result<&str, ClerkError> {
        self.text(name)?.ok_or_else(|| missing(name))
    }

    /// A text that can be removed: `null` is the empty one. Missing means that it stays as it is.
    pub fn removable_text(&self, name: &'static str) -> Result<Option<&str>, ClerkError> {
        if self.0.get(name).is_some_and(Value::is_null) { Ok(Some("")) } else { self.text(name) }
    }

    /// A whole number within bounds. Missing and `null` are the same.
    pub fn number(&self, name: &'static str, bounds: RangeInclusive<u32>) -> Result<Option<u32>, ClerkError> {
        let Some(value) = self.present(name) else { return Ok(None) };
        let number = value.as_u64().and_then(|number| number.try_into().ok()).filter(|number| bounds.contains(number));
        number.map(Some).ok_or_else(|| out_of_bounds(name, *bounds.start(), *bounds.end()))
    }

    /// A list of texts. Missing and `null` are an empty one.
    pub fn texts(&self, name: &'static str) -> Result<Vec<&str>, ClerkError> {
        let Some(value) = self.present(name) else { return Ok(Vec::new()) };
        let texts = value.as_array().and_then(|list| list.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
        texts.ok_or_else(|| invalid(name, "must be a list of texts"))
    }

    /// Yes or no. Missing and `null` are the same.
    pub fn flag(&self, name: &'static str) -> Result<Option<bool>, ClerkError> {
        match self.present(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(invalid(name, "must be true or false")),
        }
    }

    /// An object. Missing and `null` are the same.
    pub fn object(&self, name: &'static str) -> Result<Option<&Map<String, Value>>, ClerkError> {
        match self.present(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(object)),
            Some(_) => Err(invalid(name, "must be a JSON object")),
        }
    }

    /// Whether something is asked for, whatever its type.
    pub fn asks_for(&self, name: &str) -> bool {
        self.present(name).is_some_and(|value| *value != Value::Bool(false))
    }

    fn present(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }
}

/// A parameter that is needed and not there.
pub fn missing(name: &'static str) -> ClerkError {
    ClerkError::form("form_param_missing", name, "is missing")
}

/// A parameter with a value that has no meaning.
pub fn invalid(name: &'static str, complaint: &str) -> ClerkError {
    ClerkError::form("form_param_value_invalid", name, complaint)
}

fn out_of_bounds(name: &'static str, least: u32, most: u32) -> ClerkError {
    invalid(name, &format!("must be a whole number from {least} to {most}"))
}
