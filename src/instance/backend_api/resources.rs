//! What the API answers: Clerk's resources. Times are in milliseconds since the Unix epoch.

use std::time::Duration;

use serde_json::{Value, json};

use crate::instance::store::{EmailAddress, JwtTemplate, Session, User};

/// A user, private metadata included: for servers only. What this instance does not have (usernames, images,
/// organisations, second factors, …) is empty.
pub fn user(user: &User) -> Value {
    json!({
        "object": "user",
        "id": user.id,
        "username": null,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "image_url": "",
        "has_image": false,
        "primary_email_address_id": user.email_addresses.first().map(|email| email.id.as_str()),
        "primary_phone_number_id": null,
        "primary_web3_wallet_id": null,
        "password_enabled": true,
        "two_factor_enabled": false,
        "totp_enabled": false,
        "backup_code_enabled": false,
        "email_addresses": user.email_addresses.iter().map(email_address).collect::<Value>(),
        "phone_numbers": [],
        "web3_wallets": [],
        "external_accounts": [],
        "enterprise_accounts": [],
        "organization_memberships": [],
        "public_metadata": user.public_metadata,
        "private_metadata": user.private_metadata,
        "unsafe_metadata": user.unsafe_metadata,
        "external_id": null,
        "last_sign_in_at": user.last_sign_in_at.map(millis),
        "banned": user.banned,
        "locked": false,
        "lockout_expires_in_seconds": null,
        "verification_attempts_remaining": null,
        "created_at": millis(user.created_at),
        "updated_at": millis(user.updated_at),
        "last_active_at": user.last_active_at.map(millis),
        "create_organization_enabled": false,
        "create_organizations_limit": null,
        "delete_self_enabled": false,
        "legal_accepted_at": null,
        "locale": null,
        // A password is never changed here.
        "password_last_updated_at": millis(user.created_at),
        "timezone": null,
        "deprovisioned": false,
    })
}

/// Nobody's address is verified: this instance sends no messages.
fn email_address(email: &EmailAddress) -> Value {
    json!({
        "object": "email_address",
        "id": email.id,
        "email_address": email.email_address,
        "verification": null,
        "linked_to": [],
    })
}

/// A session. None is abandoned before it ends.
pub fn session(session: &Session) -> Value {
    json!({
        "object": "session",
        "id": session.id,
        "client_id": session.client_id,
        "user_id": session.user_id,
        "status": session.status,
        "last_active_at": millis(session.last_active_at),
        "last_active_organization_id": null,
        "actor": null,
        "expire_at": millis(session.expire_at),
        "abandon_at": millis(session.expire_at),
        "created_at": millis(session.created_at),
        "updated_at": millis(session.updated_at),
    })
}

/// A JWT template. All are signed with the instance's own key.
pub fn jwt_template(template: &JwtTemplate) -> Value {
    let content = &template.content;
    json!({
        "object": "jwt_template",
        "id": template.id,
        "name": content.name,
        "claims": content.claims,
        "lifetime": content.lifetime_seconds,
        "allowed_clock_skew": content.allowed_clock_skew_seconds,
        "custom_signing_key": false,
        "signing_algorithm": "RS256",
        "created_at": millis(template.created_at),
        "updated_at": millis(template.updated_at),
    })
}

/// A token, bare: Clerk's clients find none in an envelope.
pub fn token(jwt: &str) -> Value {
    json!({ "object": "token", "jwt": jwt })
}

/// One page of a list.
pub fn page(data: impl Iterator<Item = Value>, total_count: u32) -> Value {
    json!({ "data": data.collect::<Value>(), "total_count": total_count })
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
