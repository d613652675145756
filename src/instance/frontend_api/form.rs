//! What Clerk's client sends: a form, with empty fields for what is left out.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::StatusCode,
};

use super::errors::param_nil;
use crate::instance::clerk_error::ClerkError;

/// A form's fields. The first of a name counts.
pub struct Form(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = ClerkError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ClerkError> {
        let body = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                ClerkError::new(StatusCode::PAYLOAD_TOO_LARGE, "request_body_too_large", "The form is too large.")
            }
            _ => ClerkError::new(StatusCode::BAD_REQUEST, "request_body_invalid", "The form cannot be read."),
        })?;
        Ok(Self::parse(&body))
    }
}

impl Form {
    fn parse(body: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().collect())
    }

    /// A field as it was sent, which may be empty; none if it was not.
    pub fn sent(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// All values of a field with something in them.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.0
            .iter()
            .filter(|(found, value)| found == name && !value.is_empty())
            .map(|(_, value)| value.clone())
            .collect()
    }

    /// A field with something in it.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.sent(name).filter(|value| !value.is_empty())
    }

    /// A field that must have something in it.
    pub fn required(&self, name: &'static str) -> Result<&str, ClerkError> {
        self.filled(name).ok_or_else(|| param_nil(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_fields_are_sent_but_not_filled() {
        let form = Form::parse(b"first_name=&email_address=a%2Bb%40example.com&last_name=von+Neumann&last_name=x");
        assert_eq!((form.sent("first_name"), form.filled("first_name")), (Some(""), None));
        assert_eq!((form.sent("password"), form.filled("password")), (None, None));
        assert_eq!(form.filled("email_address"), Some("a+b@example.com"));
        assert_eq!(form.required("last_name").unwrap(), "von Neumann");
        assert!(form.required("first_name").is_err() && form.required("password").is_err());
    }

    #[test]
    fn what_is_no_form_has_no_fields() {
        for body in [&b""[..], b"{\"identifier\":\"ada\"}", b"\xff\xfe"] {
            assert_eq!(Form::parse(body).filled("identifier"), None);
        }
    }
}
