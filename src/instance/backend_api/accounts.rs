//! Accounts: making, deleting, banning and locking them, and their passwords.

use std::{iter, sync::Arc};

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{
    names,
    request::{Fields, Params, invalid, missing},
    resources,
    users::{UNKNOWN, name},
};
use crate::instance::{
    InstanceState,
    accounts::{Refusal, check_email, check_password, normalise_email},
    clerk_error::ClerkError,
    metadata::How,
    request_parts::Segments,
    store::{BY_ADMIN, Call, CallError, EmailChangeError, MergeError, MetadataPatch, NewUser, User},
};

/// What Clerk's accounts may have and none has here. It is refused rather than lost.
const NOT_OFFERED: [&str; 7] =
    ["phone_number", "web3_wallet", "password_digest", "password_hasher", "totp_secret", "backup_codes", "created_at"];
const UNKNOWN_EXTERNAL_ACCOUNT: ClerkError = ClerkError::not_found("The user has no external account with this id.");

/// `POST /v1/users`: `email_address`, a list whose first is the primary one; `password`, which may be left out with
/// `skip_password_requirement` and breaks the rules with `skip_password_checks`; names, `external_id`, `locale` and metadata.
pub async fn create(State(state): State<Arc<InstanceState>>, fields: Fields) -> Result<Json<Value>, ClerkError> {
    refuse_what_is_not_offered(&fields)?;
    let emails: Vec<String> = fields.texts("email_address")?.iter().map(|email| normalise_email(email)).collect();
    let Some((first, more)) = emails.split_first() else { return Err(missing("email_address")) };
    emails.iter().try_for_each(|email| check_email(email)).map_err(refusal)?;
    let password = fields.text("password")?.map(str::to_owned);
    if password.is_none() && !fields.asks_for("skip_password_requirement") {
        return Err(missing("password"));
    }
    let new = NewUser {
        first_name: name(&fields, "first_name")?.unwrap_or_default(),
        last_name: name(&fields, "last_name")?.unwrap_or_default(),
        external_id: names::external_id(&fields)?.filter(|id| !id.is_empty()),
        username: names::username(&fields)?.filter(|name| !name.is_empty()),
        locale: names::locale(&fields)?.filter(|locale| !locale.is_empty()),
        email: first.clone(),
        verified_by: Some(BY_ADMIN),
        password_hash: hash(&state, &fields, password, first).await?.unwrap_or_default(),
        ..NewUser::default()
    };
    let (metadata, more) = (metadata(&fields)?, more.to_vec());
    let user = state.change(move |call| {
        if call.owner_of_email(&new.email)?.is_some() {
            return Err(refusal(Refusal::EmailTaken).into());
        }
        names::refuse_taken(call, None, new.external_id.as_deref(), new.username.as_deref())?;
        let id = call.create_user(&new)?;
        for email in more {
            add_email(call, &id, &email, true)?;
        }
        call.change_metadata(&id, &metadata, How::Replace)?.map_err(too_large)?;
        tracing::info!(user.id = id, "user created");
        shown(call, &id)
    });
    Ok(Json(resources::user(&state, &user.await?)))
}

/// `DELETE /v1/users/{id}`, with all that is kept of them.
pub async fn delete(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
) -> Result<Json<Value>, ClerkError> {
    let deleted = json!({ "object": "user", "id": id, "deleted": true });
    let work = state.change(move |call| {
        shown(call, &id)?;
        call.delete_user(&id)?;
        tracing::info!(user.id = id, "user deleted");
        Ok(())
    });
    work.await?;
    Ok(Json(deleted))
}

/// `POST /v1/users/{id}/ban`: ends every session, and nobody signs in any more.
pub async fn ban(state: State<Arc<InstanceState>>, id: Segments<String>) -> Result<Json<Value>, ClerkError> {
    change_user(state, id, |call, id| {
        call.set_banned(id, true)?;
        Ok(call.revoke_sessions(id, None)?)
    })
    .await
}

/// `POST /v1/users/{id}/unban`
pub async fn unban(state: State<Arc<InstanceState>>, id: Segments<String>) -> Result<Json<Value>, ClerkError> {
    change_user(state, id, |call, id| Ok(call.set_banned(id, false)?)).await
}

/// `POST /v1/users/{id}/lock`: nobody signs in for as long as after too many failures. Sessions go on.
pub async fn lock(state: State<Arc<InstanceState>>, id: Segments<String>) -> Result<Json<Value>, ClerkError> {
    let duration = state.settings.lockout.duration;
    change_user(state, id, move |call, id| Ok(call.lock(id, duration)?)).await
}

/// `POST /v1/users/{id}/unlock`
pub async fn unlock(state: State<Arc<InstanceState>>, id: Segments<String>) -> Result<Json<Value>, ClerkError> {
    change_user(state, id, |call, id| Ok(call.forget_failures(id)?)).await
}

/// `DELETE /v1/users/{id}/external_accounts/{external_account_id}`: nobody signs in with it any more, even if there is no
/// other way.
pub async fn delete_external_account(
    State(state): State<Arc<InstanceState>>,
    Segments((id, account_id)): Segments<(String, String)>,
) -> Result<Json<Value>, ClerkError> {
    let deleted = json!({ "object": "external_account", "id": account_id, "deleted": true });
    let work = state.change(move |call| {
        shown(call, &id)?;
        let deleted = call.delete_external_account(&id, &account_id)?;
        if !deleted && !call.delete_failed_connection(&id, &account_id)? {
            return Err(UNKNOWN_EXTERNAL_ACCOUNT.into());
        }
        tracing::info!(user.id = id, "account disconnected");
        Ok(())
    });
    work.await?;
    Ok(Json(deleted))
}

/// `POST /v1/users/{id}/verify_password`: whether `password` is theirs. It counts no failure: an application asks, not
/// whoever is at the door.
pub async fn verify_password(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    let password = fields.required_text("password")?.to_owned();
    let find = state.change(move |call| Ok(call.password_hash(&id)?.ok_or(UNKNOWN)?));
    let stored = find.await?;
    if stored.is_empty() {
        return Err(ClerkError::form("no_password_set", "password", "is not set for this user"));
    }
    if state.passwords.verify(password, Some(stored)).await? {
        return Ok(Json(json!({ "verified": true })));
    }
    Err(ClerkError::form("incorrect_password", "password", "is not right"))
}

/// `POST /v1/users/{id}/verify_totp`: no `code` is right, since nobody has a second factor here.
pub async fn verify_totp(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    fields.required_text("code")?;
    state.store.user(id).await?.ok_or(UNKNOWN)?;
    Err(ClerkError::form("form_code_incorrect", "code", "is not right: the user has no authenticator application"))
}

/// `GET /v1/users/{id}/oauth_access_tokens/{provider}`: always an empty page. An identity provider's token is asked once
/// who somebody is, and not kept.
pub async fn list_oauth_access_tokens(
    State(state): State<Arc<InstanceState>>,
    Segments((id, _provider)): Segments<(String, String)>,
    params: Params,
) -> Result<Json<Value>, ClerkError> {
    params.only(&["paginated", "limit", "offset"])?.page()?;
    state.store.user(id).await?.ok_or(UNKNOWN)?;
    Ok(Json(resources::page(iter::empty(), 0)))
}

/// What `PATCH /v1/users/{id}` asks of an account beyond names, checked.
pub struct AccountChange {
    password_hash: Option<String>,
    sign_out_of_other_sessions: bool,
    primary_email_address_id: Option<String>,
}

impl AccountChange {
    /// Reads `password` (with `skip_password_checks`), `sign_out_of_other_sessions`, `primary_email_address_id`.
    pub async fn read(state: &InstanceState, id: &str, fields: &Fields) -> Result<Self, ClerkError> {
        let password = fields.text("password")?.map(str::to_owned);
        let email = match &password {
            Some(_) => state.store.email_of(id.to_owned()).await?.unwrap_or_default(),
            None => String::new(),
        };
        Ok(Self {
            password_hash: hash(state, fields, password, &email).await?,
            sign_out_of_other_sessions: fields.asks_for("sign_out_of_other_sessions"),
            primary_email_address_id: fields.text("primary_email_address_id")?.map(str::to_owned),
        })
    }

    /// Makes the change.
    pub fn apply(&self, call: &Call<'_>, id: &str) -> Result<(), CallError<ClerkError>> {
        if let Some(email_id) = &self.primary_email_address_id {
            call.set_primary_email(id, email_id)?.map_err(primary_refused)?;
        }
        if let Some(hash) = &self.password_hash {
            call.set_password(id, hash)?;
            if self.sign_out_of_other_sessions {
                call.revoke_sessions(id, None)?;
            }
        }
        Ok(())
    }
}

/// Gives a user one more address (in lower case).
pub fn add_email(call: &Call<'_>, user_id: &str, email: &str, verified: bool) -> Result<String, CallError<ClerkError>> {
    if call.owner_of_email(email)?.is_some() {
        return Err(refusal(Refusal::EmailTaken).into());
    }
    let id = call.add_email(user_id, email)?;
    if verified {
        call.verify_email(user_id, email, BY_ADMIN)?;
    }
    Ok(id)
}

/// The user with this id, as they are now.
pub fn shown(call: &Call<'_>, id: &str) -> Result<User, CallError<ClerkError>> {
    Ok(call.user(id)?.ok_or(UNKNOWN)?)
}

/// Why an address does not become the primary one.
pub fn primary_refused(error: EmailChangeError) -> ClerkError {
    match error {
        EmailChangeError::Unknown => invalid("primary_email_address_id", "must be the id of an address of the user"),
        EmailChangeError::Unfit => invalid("primary_email_address_id", "must be the id of a verified address"),
    }
}

/// Why there cannot be such an account.
pub fn refusal(refusal: Refusal) -> ClerkError {
    match refusal {
        Refusal::EmailTaken => ClerkError::form("form_identifier_exists", "email_address", "belongs to somebody"),
        Refusal::EmailInvalid => invalid("email_address", "must be an email address"),
        Refusal::PasswordTooShort => {
            ClerkError::form("form_password_length_too_short", "password", "must have 8 characters or more")
        }
        Refusal::PasswordTooLong => {
            ClerkError::form("form_password_length_too_long", "password", "must have 72 characters or fewer")
        }
        Refusal::PasswordIsEmail => {
            ClerkError::form("form_password_not_strong_enough", "password", "must differ from the email address")
        }
        Refusal::NameTooLong(field) => ClerkError::form("form_param_max_length_exceeded", field, "is too long"),
        Refusal::WrongCredentials
        | Refusal::WrongCode
        | Refusal::CodeOver
        | Refusal::Ticket(_)
        | Refusal::Banned
        | Refusal::Locked => invalid("email_address", "cannot be used"),
    }
}

fn too_large(error: MergeError) -> CallError<ClerkError> {
    CallError::Refused(error.into())
}

fn refuse_what_is_not_offered(fields: &Fields) -> Result<(), ClerkError> {
    match NOT_OFFERED.into_iter().find(|name| fields.asks_for(name)) {
        Some(name) => Err(ClerkError::form("form_param_unknown", name, "is not offered here")),
        None => Ok(()),
    }
}

fn metadata(fields: &Fields) -> Result<MetadataPatch, ClerkError> {
    let object = |name| fields.object(name).map(|object| object.cloned());
    Ok(MetadataPatch {
        public_metadata: object("public_metadata")?,
        private_metadata: object("private_metadata")?,
        unsafe_metadata: object("unsafe_metadata")?,
    })
}

async fn hash(
    state: &InstanceState,
    fields: &Fields,
    password: Option<String>,
    email: &str,
) -> Result<Option<String>, ClerkError> {
    let Some(password) = password else { return Ok(None) };
    if !fields.asks_for("skip_password_checks") {
        check_password(&password, email).map_err(refusal)?;
    }
    Ok(Some(state.passwords.hash(password).await?))
}

/// Changes a user who is there, and shows them.
pub async fn change_user(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    change: impl FnOnce(&Call<'_>, &str) -> Result<(), CallError<ClerkError>> + Send + 'static,
) -> Result<Json<Value>, ClerkError> {
    let work = state.change(move |call| {
        shown(call, &id)?;
        change(call, &id)?;
        tracing::info!(user.id = id, "account changed");
        shown(call, &id)
    });
    Ok(Json(resources::user(&state, &work.await?)))
}

impl InstanceState {
    /// Reads or changes something in one transaction, for nobody's browser. A refusal takes all of it back.
    pub async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Call<'_>) -> Result<T, CallError<ClerkError>> + Send + 'static,
    ) -> Result<T, ClerkError> {
        self.store.call(None, self.now(), move |call| call.whole_or_nothing(|| work(call))).await?.outcome
    }
}
