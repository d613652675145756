//! JWT templates: showing, making, changing and deleting them.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Map, Value, json};

use super::{
    request::{Fields, Params, invalid, missing},
    resources,
};
use crate::instance::{
    InstanceState,
    clerk_error::ClerkError,
    request_parts::Segments,
    store::{TemplateContent, WriteTemplateError},
    templates::{
        CLOCK_SKEW_SECONDS, DEFAULT_CLOCK_SKEW_SECONDS, DEFAULT_LIFETIME_SECONDS, LIFETIME_SECONDS, is_reserved,
    },
};

const MAX_NAME_CHARS: usize = 64;
/// `paginated` is what Clerk's SDK asks for; it is always paginated here.
const PARAMS: [&str; 3] = ["limit", "offset", "paginated"];
const UNKNOWN: ClerkError = ClerkError::not_found("There is no JWT template with this id.");

/// `GET /v1/jwt_templates`, newest first.
pub async fn list(State(state): State<Arc<InstanceState>>, params: Params) -> Result<Json<Value>, ClerkError> {
    let params = params.only(&PARAMS)?;
    let (templates, total) = state.store.jwt_templates(params.page()?).await?;
    Ok(Json(resources::page(templates.iter().map(resources::jwt_template), total)))
}

/// `GET /v1/jwt_templates/{id}`
pub async fn show(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
) -> Result<Json<Value>, ClerkError> {
    let template = state.store.jwt_template(id).await?.ok_or(UNKNOWN)?;
    Ok(Json(resources::jwt_template(&template)))
}

/// `POST /v1/jwt_templates`: `name` and `claims`; `lifetime` and `allowed_clock_skew`, both in seconds, if they are not
/// to be Clerk's 60 and 5.
pub async fn create(State(state): State<Arc<InstanceState>>, fields: Fields) -> Result<Json<Value>, ClerkError> {
    let asked = Asked::read(&fields)?;
    let content = TemplateContent {
        name: asked.name.ok_or_else(|| missing("name"))?,
        claims: asked.claims.ok_or_else(|| missing("claims"))?,
        lifetime_seconds: asked.lifetime_seconds.unwrap_or(DEFAULT_LIFETIME_SECONDS),
        allowed_clock_skew_seconds: asked.allowed_clock_skew_seconds.unwrap_or(DEFAULT_CLOCK_SKEW_SECONDS),
    };
    let template = state.store.create_jwt_template(content, state.now()).await.map_err(refusal)?;
    tracing::info!(template.id, "JWT template created");
    Ok(Json(resources::jwt_template(&template)))
}

/// `PATCH /v1/jwt_templates/{id}`: what is left out stays.
pub async fn update(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    let asked = Asked::read(&fields)?;
    let template =
        state.store.update_jwt_template(id, |content| asked.apply(content), state.now()).await.map_err(refusal)?;
    tracing::info!(template.id, "JWT template updated");
    Ok(Json(resources::jwt_template(&template)))
}

/// `DELETE /v1/jwt_templates/{id}`
pub async fn delete(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
) -> Result<Json<Value>, ClerkError> {
    if !state.store.delete_jwt_template(id.clone()).await? {
        return Err(UNKNOWN);
    }
    tracing::info!(template.id = id, "JWT template deleted");
    Ok(Json(json!({ "object": "jwt_template", "id": id, "deleted": true })))
}

/// What a request asks of a template, checked.
struct Asked {
    name: Option<String>,
    claims: Option<Map<String, Value>>,
    lifetime_seconds: Option<u32>,
    allowed_clock_skew_seconds: Option<u32>,
}

impl Asked {
    fn read(fields: &Fields) -> Result<Self, ClerkError> {
        if fields.asks_for("custom_signing_key") {
            return Err(invalid(
                "custom_signing_key",
                "is not offered here: all tokens are signed with the instance's key",
            ));
        }
        Ok(Self {
            name: fields.text("name")?.map(name).transpose()?,
            claims: fields.object("claims")?.map(claims).transpose()?,
            lifetime_seconds: fields.number("lifetime", LIFETIME_SECONDS)?,
            allowed_clock_skew_seconds: fields.number("allowed_clock_skew", CLOCK_SKEW_SECONDS)?,
        })
    }

    fn apply(self, content: &mut TemplateContent) {
        content.name = self.name.unwrap_or_else(|| std::mem::take(&mut content.name));
        content.claims = self.claims.unwrap_or_else(|| std::mem::take(&mut content.claims));
        content.lifetime_seconds = self.lifetime_seconds.unwrap_or(content.lifetime_seconds);
        content.allowed_clock_skew_seconds =
            self.allowed_clock_skew_seconds.unwrap_or(content.allowed_clock_skew_seconds);
    }
}

/// A name stands in paths.
fn name(text: &str) -> Result<String, ClerkError> {
    let plain = text.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '_'));
    if plain && (1..=MAX_NAME_CHARS).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    Err(invalid("name", &format!("must have 1 to {MAX_NAME_CHARS} letters, digits, - and _")))
}

fn claims(claims: &Map<String, Value>) -> Result<Map<String, Value>, ClerkError> {
    let reserved: Vec<&str> = claims.keys().map(String::as_str).filter(|name| is_reserved(name)).collect();
    if reserved.is_empty() {
        return Ok(claims.clone());
    }
    Err(invalid("claims", &format!("must not set {}: a template has no say in these", reserved.join(", "))))
}

fn refusal(error: WriteTemplateError) -> ClerkError {
    match error {
        WriteTemplateError::UnknownTemplate => UNKNOWN,
        WriteTemplateError::NameTaken => invalid("name", "belongs to another template"),
        WriteTemplateError::Store(error) => error.into(),
    }
}
