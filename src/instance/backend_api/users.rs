//! Users: showing, finding, renaming them, and their metadata.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{
    request::{Fields, Params, Segments, invalid},
    resources,
};
use crate::instance::{
    InstanceState,
    accounts::MAX_NAME_CHARS,
    clerk_error::ClerkError,
    metadata::MAX_METADATA_BYTES,
    store::{MergeError, MetadataPatch, UserChange, UserColumn, UserFilter, UserOrder},
};

const PARAMS: [&str; 6] = ["email_address", "user_id", "query", "order_by", "limit", "offset"];
const UNKNOWN: ClerkError = ClerkError::not_found("There is no user with this id.");

/// `GET /v1/users/{id}`
pub async fn show(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
) -> Result<Json<Value>, ClerkError> {
    let user = state.store.user(id).await?.ok_or(UNKNOWN)?;
    Ok(Json(resources::user(&state, &user)))
}

/// `GET /v1/users`: a bare array. Filters that this instance does not have are refused.
pub async fn list(State(state): State<Arc<InstanceState>>, params: Params) -> Result<Json<Value>, ClerkError> {
    let params = params.only(&PARAMS)?;
    let users = state.store.users(filter(&params)?, order(&params)?, params.page()?).await?;
    Ok(Json(users.iter().map(|user| resources::user(&state, user)).collect()))
}

/// `GET /v1/users/count`, with the filters of the list.
pub async fn count(State(state): State<Arc<InstanceState>>, params: Params) -> Result<Json<Value>, ClerkError> {
    let params = params.only(&PARAMS)?;
    let total = state.store.count_users(filter(&params)?).await?;
    Ok(Json(json!({ "object": "total_count", "total_count": total })))
}

/// `PATCH /v1/users/{id}`: first and last name; `null` removes a name. What else is in the body is ignored, metadata
/// included, as Clerk's API has it since 2026-05-12.
pub async fn update(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    let change = UserChange { first_name: name(&fields, "first_name")?, last_name: name(&fields, "last_name")? };
    let user = state.store.update_user(id, change, state.now()).await?.ok_or(UNKNOWN)?;
    tracing::info!(user.id, "user updated");
    Ok(Json(resources::user(&state, &user)))
}

/// `PATCH /v1/users/{id}/metadata`: merges deeply; `null` removes.
pub async fn merge_metadata(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    let object = |name| fields.object(name).map(|object| object.cloned());
    let patch = MetadataPatch {
        public_metadata: object("public_metadata")?,
        private_metadata: object("private_metadata")?,
        unsafe_metadata: object("unsafe_metadata")?,
    };
    let user = state.store.merge_metadata(id, patch, state.now()).await.map_err(|error| match error {
        MergeError::UnknownUser => UNKNOWN,
        MergeError::TooLarge(name) => {
            let complaint = format!("would have more than {MAX_METADATA_BYTES} bytes");
            ClerkError::form("form_param_exceeds_allowed_size", name, &complaint)
        }
        MergeError::Store(error) => error.into(),
    })?;
    tracing::info!(user.id, "user metadata updated");
    Ok(Json(resources::user(&state, &user)))
}

fn name(fields: &Fields, name: &'static str) -> Result<Option<String>, ClerkError> {
    let text = fields.removable_text(name)?.map(str::trim);
    if text.is_some_and(|text| text.chars().count() > MAX_NAME_CHARS) {
        let complaint = format!("must not have more than {MAX_NAME_CHARS} characters");
        return Err(ClerkError::form("form_param_max_length_exceeded", name, &complaint));
    }
    Ok(text.map(str::to_owned))
}

fn filter(params: &Params) -> Result<UserFilter, ClerkError> {
    let emails = params.all("email_address").map(|emails| emails.iter().map(|email| email.to_lowercase()).collect());
    let ids = params.all("user_id");
    // A plus sign arrives as a space unless it was encoded.
    if ids.iter().flatten().any(|id| id.starts_with(['+', '-', ' '])) {
        return Err(invalid("user_id", "must be an id; leaving users out with + and - is not offered here"));
    }
    Ok(UserFilter { email_addresses: emails, ids, query: params.one("query").map(str::to_owned) })
}

/// Clerk's `order_by`: a field with `-` or `+` in front. Newest first, unless asked otherwise.
fn order(params: &Params) -> Result<UserOrder, ClerkError> {
    let text = params.one("order_by").unwrap_or("-created_at");
    let (descending, name) = match text.strip_prefix('-') {
        Some(name) => (true, name),
        None => (false, text.strip_prefix(['+', ' ']).unwrap_or(text)),
    };
    let column = match name {
        "created_at" => UserColumn::CreatedAt,
        "updated_at" => UserColumn::UpdatedAt,
        "last_sign_in_at" => UserColumn::LastSignInAt,
        "last_active_at" => UserColumn::LastActiveAt,
        "first_name" => UserColumn::FirstName,
        "last_name" => UserColumn::LastName,
        _ => {
            let known = "created_at, updated_at, last_sign_in_at, last_active_at, first_name or last_name";
            return Err(invalid("order_by", &format!("must be {known}, with + or - in front")));
        }
    };
    Ok(UserOrder { column, descending })
}
