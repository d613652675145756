//! How callers say who they are, as OpenAPI documents call it: a security scheme.

use axum::http::{HeaderName, header};
use serde_json::{Value, json};

/// What a caller has to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecurityScheme {
    /// `Authorization` with this scheme, in lower case (RFC 9110, section 11).
    Authorization(String),
    /// A header of this name.
    Header(HeaderName),
}

impl SecurityScheme {
    /// A credential in the header called `name`, behind `scheme` where that is `Authorization`.
    #[must_use]
    pub fn of(name: &HeaderName, scheme: &str) -> Self {
        if *name == header::AUTHORIZATION && !scheme.is_empty() {
            Self::Authorization(scheme.to_ascii_lowercase())
        } else {
            Self::Header(name.clone())
        }
    }

    /// What a document calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Authorization(scheme) => scheme,
            Self::Header(name) => name.as_str(),
        }
    }

    /// The entry of `components.securitySchemes`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Authorization(scheme) => json!({ "type": "http", "scheme": scheme }),
            Self::Header(name) => json!({ "type": "apiKey", "in": "header", "name": name.as_str() }),
        }
    }
}
