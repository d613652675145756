//! Users: showing, finding, renaming them, and their metadata.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{
    accounts::{AccountChange, shown},
    names,
    request::{Fields, Params, invalid, order},
    resources,
};
use crate::instance::{
    InstanceState,
    accounts::MAX_NAME_CHARS,
    clerk_error::ClerkError,
    metadata::How,
    request_parts::Segments,
    store::{MetadataPatch, TimeRange, UserChange, UserColumn, UserFilter},
};

const PARAMS: [&str; 16] = [
    "email_address",
    "user_id",
    "external_id",
    "username",
    "organization_id",
    "query",
    "created_at_after",
    "created_at_before",
    "last_active_at_after",
    "last_active_at_before",
    "last_active_at_since",
    "last_sign_in_at_after",
    "last_sign_in_at_before",
    "order_by",
    "limit",
    "offset",
];
const COLUMNS: [(&str, UserColumn); 7] = [
    ("created_at", UserColumn::CreatedAt),
    ("updated_at", UserColumn::UpdatedAt),
    ("last_sign_in_at", UserColumn::LastSignInAt),
    ("last_active_at", UserColumn::LastActiveAt),
    ("first_name", UserColumn::FirstName),
    ("last_name", UserColumn::LastName),
    ("username", UserColumn::Username),
];
/// There is no such user.
pub const UNKNOWN: ClerkError = ClerkError::not_found("There is no user with this id.");

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
    let users = state.store.users(filter(&params)?, order(&params, &COLUMNS)?, params.page()?).await?;
    Ok(Json(users.iter().map(|user| resources::user(&state, user)).collect()))
}

/// `GET /v1/users/count`, with the filters of the list.
pub async fn count(State(state): State<Arc<InstanceState>>, params: Params) -> Result<Json<Value>, ClerkError> {
    let params = params.only(&PARAMS)?;
    let total = state.store.count_users(filter(&params)?).await?;
    Ok(Json(json!({ "object": "total_count", "total_count": total })))
}

/// `PATCH /v1/users/{id}`: first and last name, `external_id`, `username`, `locale` (`null` removes each), password and
/// primary email address. What else is in the body is ignored, metadata included, as Clerk's API has it since 2026-05-12.
pub async fn update(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    let change = UserChange {
        first_name: name(&fields, "first_name")?,
        last_name: name(&fields, "last_name")?,
        external_id: names::external_id(&fields)?,
        username: names::username(&fields)?,
        locale: names::locale(&fields)?,
    };
    let account = AccountChange::read(&state, &id, &fields).await?;
    let work = state.change(move |call| {
        shown(call, &id)?;
        names::refuse_taken(call, Some(&id), change.external_id.as_deref(), change.username.as_deref())?;
        account.apply(call, &id)?;
        call.update_user(&id, &change)?;
        shown(call, &id)
    });
    let user = work.await?;
    tracing::info!(user.id, "user updated");
    Ok(Json(resources::user(&state, &user)))
}

/// `PATCH /v1/users/{id}/metadata`: merges deeply; `null` removes.
pub async fn merge_metadata(
    state: State<Arc<InstanceState>>,
    id: Segments<String>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    change_metadata(state, id, &fields, How::Merge).await
}

/// `PUT /v1/users/{id}/metadata`: replaces what is given.
pub async fn replace_metadata(
    state: State<Arc<InstanceState>>,
    id: Segments<String>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    change_metadata(state, id, &fields, How::Replace).await
}

async fn change_metadata(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    fields: &Fields,
    how: How,
) -> Result<Json<Value>, ClerkError> {
    let object = |name| fields.object(name).map(|object| object.cloned());
    let patch = MetadataPatch {
        public_metadata: object("public_metadata")?,
        private_metadata: object("private_metadata")?,
        unsafe_metadata: object("unsafe_metadata")?,
    };
    let user = state.store.change_metadata(id, patch, how, state.now()).await?;
    tracing::info!(user.id, "user metadata updated");
    Ok(Json(resources::user(&state, &user)))
}

/// A name, checked; an empty one is none.
pub fn name(fields: &Fields, name: &'static str) -> Result<Option<String>, ClerkError> {
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
    let range = |after, before| {
        let time = |name| params.number(name).map(|millis: Option<u64>| millis.map(Duration::from_millis));
        Ok::<_, ClerkError>(TimeRange { after: time(after)?, before: time(before)? })
    };
    let mut last_active = range("last_active_at_after", "last_active_at_before")?;
    last_active.after = last_active.after.or(range("last_active_at_since", "last_active_at_before")?.after);
    Ok(UserFilter {
        email_addresses: emails,
        ids,
        external_ids: params.all("external_id"),
        usernames: params.all("username").map(|names| names.iter().map(|name| name.to_lowercase()).collect()),
        organization_ids: params.all("organization_id"),
        query: params.one("query").map(str::to_owned),
        created: range("created_at_after", "created_at_before")?,
        last_active,
        last_sign_in: range("last_sign_in_at_after", "last_sign_in_at_before")?,
    })
}
