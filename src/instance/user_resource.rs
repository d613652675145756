//! A user as both APIs show them: what only servers may see is not in here.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    InstanceState,
    images::profile_image_url,
    organization_resources::{Reader, membership},
    social::ExternalError,
    store::{EmailAddress, EmailCode, ExternalAccount, FailedConnection, User},
};

/// A user. What this instance does not have (phones, second factors, …) is empty.
pub fn user(state: &InstanceState, user: &User) -> Value {
    let now = state.now();
    let locked_for = user.locked_until.and_then(|until| until.checked_sub(now)).filter(|left| !left.is_zero());
    json!({
        "object": "user",
        "id": user.id,
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "image_url": image_url(state, user),
        "has_image": user.profile_image_id.is_some(),
        "primary_email_address_id": user.email_addresses.first().map(|email| email.id.as_str()),
        "primary_phone_number_id": null,
        "primary_web3_wallet_id": null,
        "password_enabled": user.password_enabled,
        "two_factor_enabled": false,
        "totp_enabled": false,
        "backup_code_enabled": false,
        "email_addresses": user.email_addresses.iter().map(|email| email_address(email, now)).collect::<Value>(),
        "phone_numbers": [],
        "web3_wallets": [],
        "external_accounts": external_accounts(user),
        "enterprise_accounts": [],
        "organization_memberships": user.memberships.iter().map(|it| membership(state, it, Reader::Browser)).collect::<Value>(),
        "public_metadata": user.public_metadata,
        "unsafe_metadata": user.unsafe_metadata,
        "external_id": user.external_id,
        "last_sign_in_at": user.last_sign_in_at.map(millis),
        "banned": user.banned,
        "locked": locked_for.is_some(),
        "lockout_expires_in_seconds": locked_for.map(whole_seconds),
        "verification_attempts_remaining": attempts_remaining(state, user, locked_for),
        "created_at": millis(user.created_at),
        "updated_at": millis(user.updated_at),
        "last_active_at": user.last_active_at.map(millis),
        "create_organization_enabled": true,
        "create_organizations_limit": null,
        "delete_self_enabled": true,
        "legal_accepted_at": null,
        "locale": user.locale,
        "password_last_updated_at": user.password_updated_at.map(millis),
        "timezone": null,
        "deprovisioned": false,
    })
}

/// What everybody may see of a user.
pub fn public_user_data(state: &InstanceState, user: &User) -> Value {
    json!({
        "first_name": user.first_name,
        "last_name": user.last_name,
        "image_url": image_url(state, user),
        "has_image": user.profile_image_id.is_some(),
        "identifier": user.email_addresses.first().map(|email| email.email_address.as_str()),
        "user_id": user.id,
    })
}

/// Where the picture of a user is.
pub fn image_url(state: &InstanceState, user: &User) -> String {
    let names = [user.first_name.as_deref(), user.last_name.as_deref()];
    profile_image_url(state, user.profile_image_id.as_deref(), names)
}

/// An email address.
pub fn email_address(email: &EmailAddress, now: Duration) -> Value {
    let verification = match (&email.verified_by, &email.code) {
        (Some(strategy), _) => verified(strategy),
        (None, Some(code)) => waiting(code, now),
        (None, None) => Value::Null,
    };
    json!({
        "object": "email_address",
        "id": email.id,
        "email_address": email.email_address,
        "verification": verification,
        "linked_to": [],
        "matches_sso_connection": false,
    })
}

/// The accounts at identity providers, and those that were to be connected and are not.
fn external_accounts(user: &User) -> Value {
    let failed = user.failed_connections.iter().map(failed_connection);
    user.external_accounts.iter().map(external_account).chain(failed).collect()
}

fn failed_connection(failed: &FailedConnection) -> Value {
    let mut value = external_account_of(&failed.strategy, &failed.id);
    value["approved_scopes"] = "".into();
    value["verification"] = verification("failed", &failed.strategy, &Value::Null, &Value::Null);
    value["verification"]["error"] = external_error(failed.error);
    value["created_at"] = millis(failed.created_at).into();
    value["updated_at"] = millis(failed.created_at).into();
    value
}

/// Why an account at an identity provider let nobody in.
pub fn external_error(error: ExternalError) -> Value {
    json!({ "code": error.code(), "message": error.message(), "long_message": error.message(), "meta": {} })
}

/// An account at an identity provider.
fn external_account(account: &ExternalAccount) -> Value {
    let mut value = external_account_of(&account.strategy, &account.id);
    value["provider_user_id"] = account.subject.as_str().into();
    value["email_address"] = account.email_address.as_str().into();
    value["first_name"] = account.first_name.as_str().into();
    value["last_name"] = account.last_name.as_str().into();
    value["verification"] = verified(&account.strategy);
    value["created_at"] = millis(account.created_at).into();
    value["updated_at"] = millis(account.updated_at).into();
    value
}

/// An account at the identity provider with this strategy, of which nothing else is known.
pub fn external_account_of(strategy: &str, id: &str) -> Value {
    json!({
        "object": "external_account",
        "id": id,
        "identification_id": id,
        "provider": strategy,
        "provider_user_id": "",
        "approved_scopes": "email openid profile",
        "email_address": "",
        "first_name": "",
        "last_name": "",
        "image_url": "",
        "username": null,
        "phone_number": null,
        "public_metadata": {},
        "label": null,
        "verification": null,
    })
}

/// What was verified, and how.
pub fn verified(strategy: &str) -> Value {
    verification("verified", strategy, &Value::Null, &Value::Null)
}

/// What waits for a code.
pub fn waiting(code: &EmailCode, now: Duration) -> Value {
    let status = match () {
        () if code.is_exhausted() => "failed",
        () if code.expire_at <= now => "expired",
        () => "unverified",
    };
    verification(status, &code.strategy, &code.failed_attempts.into(), &millis(code.expire_at).into())
}

fn verification(status: &str, strategy: &str, attempts: &Value, expire_at: &Value) -> Value {
    json!({
        "object": "verification",
        "status": status,
        "strategy": strategy,
        "attempts": attempts,
        "expire_at": expire_at,
        "error": null,
        "verified_at_client": null,
    })
}

/// How many more failures an account bears; a lock that is over has forgotten them.
fn attempts_remaining(state: &InstanceState, user: &User, locked_for: Option<Duration>) -> u32 {
    let failed = if user.locked_until.is_some() && locked_for.is_none() { 0 } else { user.failed_attempts };
    state.settings.lockout.attempts.saturating_sub(failed)
}

/// Seconds, rounded up: who waits as long is in time.
pub fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// Clerk's times are in milliseconds since the Unix epoch.
pub fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
