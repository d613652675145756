//! The body of `POST /api/user`: JSON or a form, with `firstName`, `lastName` or both.

use axum::{
    Form, Json,
    extract::{
        FromRequest, Request,
        rejection::{FormRejection, JsonRejection},
    },
    http::{StatusCode, header},
};
use serde::Deserialize;

use super::endpoint_error::EndpointError;
use crate::clerk::backend::UpdateUser;

/// As long as anybody's name; the embedded Clerk's own bound.
const MAX_NAME_CHARS: usize = 100;

/// What somebody sent to change their name.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProfileForm {
    first_name: Option<String>,
    last_name: Option<String>,
}

impl<S: Send + Sync> FromRequest<S> for ProfileForm {
    type Rejection = EndpointError;

    async fn from_request(request: Request, state: &S) -> Result<Self, EndpointError> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if content_type.is_some_and(|value| value.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"))
        {
            let Form(form) = Form::from_request(request, state).await.map_err(|error: FormRejection| {
                EndpointError::invalid(error.status(), "request_body_invalid", &error.body_text(), None)
            })?;
            return Ok(form);
        }
        let Json(form) = Json::from_request(request, state).await.map_err(|error: JsonRejection| {
            EndpointError::invalid(error.status(), "request_body_invalid", &error.body_text(), None)
        })?;
        Ok(form)
    }
}

impl ProfileForm {
    /// What to ask of Clerk.
    ///
    /// # Errors
    /// The answer that names the field and what was expected.
    pub fn check(self) -> Result<UpdateUser, EndpointError> {
        if self.first_name.is_none() && self.last_name.is_none() {
            let message = "Send firstName, lastName or both.";
            return Err(EndpointError::invalid(
                StatusCode::UNPROCESSABLE_ENTITY,
                "form_param_missing",
                message,
                Some("firstName"),
            ));
        }
        Ok(UpdateUser {
            first_name: self.first_name.map(|name| name_of("firstName", &name)).transpose()?,
            last_name: self.last_name.map(|name| name_of("lastName", &name)).transpose()?,
            ..UpdateUser::default()
        })
    }
}

fn name_of(field: &'static str, text: &str) -> Result<String, EndpointError> {
    let name = text.trim();
    let invalid = |code: &str, message: &str| {
        Err(EndpointError::invalid(StatusCode::UNPROCESSABLE_ENTITY, code, message, Some(field)))
    };
    if name.chars().count() > MAX_NAME_CHARS {
        return invalid(
            "form_param_max_length_exceeded",
            &format!("{field} must not exceed {MAX_NAME_CHARS} characters."),
        );
    }
    if name.chars().any(char::is_control) {
        return invalid("form_param_value_invalid", &format!("{field} must not hold control characters."));
    }
    Ok(name.to_owned())
}
