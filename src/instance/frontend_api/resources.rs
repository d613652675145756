//! What the Frontend API answers: Clerk's resources (their minimum is known from Clerk's own client, all else is what
//! its types declare). Times are in milliseconds since the Unix epoch. Private metadata is in none of it.

use serde_json::{Value, json};

use super::settlement::email_strategy;
use crate::instance::{
    InstanceState,
    ids::new_id,
    signing_key::SigningKeyError,
    store::{ClientView, EmailCode, ExternalStatus, ExternalVerification, Session, SignInView, SignUpView, User},
    user_resource::{self, external_error, image_url, millis, public_user_data, verified, waiting},
};

/// The strategy of the code that a forgotten password is replaced with.
pub const RESET_PASSWORD: &str = "reset_password_email_code";
/// The strategy of a code.
pub const EMAIL_CODE: &str = "email_code";
/// The strategy of a password.
pub const PASSWORD: &str = "password";
/// The strategy of a sign-in token.
pub const TICKET: &str = "ticket";

/// A browser, with a fresh token for its session.
pub fn client(state: &InstanceState, view: &ClientView, origin: &str) -> Result<Value, SigningKeyError> {
    let session = view.session.as_ref().map(|(session, owner)| signed_in_session(state, session, owner, origin));
    let sessions: Vec<Value> = session.transpose()?.into_iter().collect();
    Ok(json!({
        "object": "client",
        "id": view.client.id,
        "last_active_session_id": view.session.as_ref().map(|(session, _)| session.id.as_str()),
        "sessions": sessions,
        "sign_in": view.sign_in.as_ref().map(|view| sign_in(state, view)),
        "sign_up": view.sign_up.as_ref().map(|view| sign_up(state, view)),
        "captcha_bypass": false,
        "cookie_expires_at": null,
        "last_authentication_strategy": null,
        "created_at": millis(view.client.created_at),
        "updated_at": millis(view.client.updated_at),
    }))
}

fn signed_in_session(
    state: &InstanceState,
    session: &Session,
    owner: &User,
    origin: &str,
) -> Result<Value, SigningKeyError> {
    let jwt = state.mint.session_token(session, origin, None, state.now())?;
    let mut value = ended_session(state, session, owner);
    value["last_active_token"] = token(&jwt);
    value["user"] = user(state, owner);
    Ok(value)
}

/// A session that gets no tokens any more. None is abandoned before it ends.
pub fn ended_session(state: &InstanceState, session: &Session, owner: &User) -> Value {
    let minutes = state.now().saturating_sub(session.verified_at).as_secs() / 60;
    json!({
        "object": "session",
        "id": session.id,
        "status": session.status,
        "expire_at": millis(session.expire_at),
        "abandon_at": millis(session.expire_at),
        "last_active_at": millis(session.last_active_at),
        "last_active_organization_id": session.organization.as_ref().map(|organization| organization.id.as_str()),
        "last_active_token": null,
        "actor": session.actor,
        "tasks": null,
        "factor_verification_age": [minutes, -1],
        "user": null,
        "public_user_data": public_user_data(state, owner),
        "created_at": millis(session.created_at),
        "updated_at": millis(session.updated_at),
    })
}

/// Showing once more who one is, in a session: what was shown, if it was, and the code that it waits for.
pub fn session_verification(
    state: &InstanceState,
    (session, owner): (&Session, &User),
    level: &str,
    (shown, code): (Option<&str>, Option<&EmailCode>),
) -> Value {
    let mut in_session = ended_session(state, session, owner);
    in_session["user"] = user(state, owner);
    let factors = first_factors(owner);
    let factors = factors.as_array().into_iter().flatten().filter(|factor| factor["strategy"] != RESET_PASSWORD);
    json!({
        "object": "session_verification",
        "id": session.id.replacen("sess_", "sver_", 1),
        "status": if shown.is_some() { "complete" } else { "needs_first_factor" },
        "level": level,
        "session": in_session,
        "supported_first_factors": factors.cloned().collect::<Value>(),
        "supported_second_factors": null,
        "first_factor_verification": shown.map(verified).or(code.map(|code| waiting(code, state.now()))),
        "second_factor_verification": null,
    })
}

/// A session with what is known of the browser it is in.
pub fn session_with_activity(state: &InstanceState, session: &Session, owner: &User) -> Value {
    let mut value = ended_session(state, session, owner);
    let is_mobile = session.user_agent.contains("Mobile");
    value["latest_activity"] = json!({
        "object": "session_activity",
        "id": session.id.replacen("sess_", "sess_activity_", 1),
        "browser_name": browser_name(&session.user_agent),
        "browser_version": null,
        "device_type": null,
        "ip_address": null,
        "city": null,
        "country": null,
        "is_mobile": is_mobile,
    });
    value
}

/// Every browser calls itself by the names of older ones, too; the first that fits is its own.
fn browser_name(user_agent: &str) -> Option<&'static str> {
    let names = [("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    names.into_iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| name)
}

/// A user, for themselves.
pub fn user(state: &InstanceState, user: &User) -> Value {
    let mut value = user_resource::user(state, user);
    value["passkeys"] = json!([]);
    value["profile_image_id"] = user.profile_image_id.clone().into();
    value
}

/// A sign-in.
pub fn sign_in(state: &InstanceState, view: &SignInView) -> Value {
    let sign_in = &view.sign_in;
    let first_factor = match (&sign_in.verified_by, &view.code, &view.external) {
        (Some(strategy), ..) => verified(strategy),
        (None, Some(code), _) => waiting(code, state.now()),
        (None, None, Some(external)) => external_verification(external),
        (None, None, None) => Value::Null,
    };
    let user_data = view.user.as_ref().map(|user| {
        json!({
            "first_name": user.first_name,
            "last_name": user.last_name,
            "image_url": image_url(state, user),
            "has_image": user.profile_image_id.is_some(),
        })
    });
    json!({
        "object": "sign_in",
        "id": sign_in.id,
        "status": sign_in.status.as_str(),
        "supported_identifiers": ["email_address"],
        "identifier": sign_in.identifier,
        "supported_first_factors": view.user.as_ref().map(first_factors),
        "supported_second_factors": null,
        "first_factor_verification": first_factor,
        "second_factor_verification": null,
        "user_data": user_data,
        "created_session_id": sign_in.created_session_id,
        "abandon_at": millis(sign_in.abandon_at),
    })
}

/// How somebody can show who they are: the password first, as most people know it.
fn first_factors(user: &User) -> Value {
    let password = user.password_enabled.then(|| json!({ "strategy": PASSWORD }));
    let reset = if user.password_enabled { Some(RESET_PASSWORD) } else { None };
    let strategies = [Some(EMAIL_CODE), reset].into_iter().flatten();
    let codes = strategies.flat_map(|strategy| {
        user.usable_addresses().enumerate().map(move |(index, email)| {
            json!({
                "strategy": strategy,
                "email_address_id": email.id,
                "safe_identifier": email.email_address,
                "primary": index == 0,
            })
        })
    });
    password.into_iter().chain(codes).collect()
}

/// A sign-up. Before a code is sent its entry has neither status nor strategy: Clerk's components would believe that
/// one was sent.
pub fn sign_up(state: &InstanceState, view: &SignUpView) -> Value {
    let sign_up = &view.sign_up;
    let status = if sign_up.created_user_id.is_some() { "complete" } else { "missing_requirements" };
    let mut missing = Vec::new();
    if sign_up.email_address.is_none() {
        missing.push("email_address");
    }
    let identified = view.external.as_ref().is_some_and(|external| external.status == ExternalStatus::Verified);
    if sign_up.password_hash.is_none() && !identified {
        missing.push("password");
    }
    let unverified = sign_up.email_address.is_some() && !sign_up.email_verified;
    let name = |name: &str| if name.is_empty() { Value::Null } else { name.into() };
    json!({
        "object": "sign_up",
        "id": sign_up.id,
        "status": status,
        "required_fields": ["email_address", "password"],
        "optional_fields": ["first_name", "last_name"],
        "missing_fields": missing,
        "unverified_fields": if unverified { vec!["email_address"] } else { Vec::new() },
        "email_address": sign_up.email_address,
        "username": null,
        "phone_number": null,
        "web3_wallet": null,
        "has_password": sign_up.password_hash.is_some(),
        "first_name": name(&sign_up.first_name),
        "last_name": name(&sign_up.last_name),
        "unsafe_metadata": sign_up.unsafe_metadata,
        "verifications": sign_up_verifications(state, view),
        "external_account": null,
        "external_account_strategy": view.external.as_ref().map(|external| external.strategy.as_str()),
        "created_session_id": sign_up.created_session_id,
        "created_user_id": sign_up.created_user_id,
        "abandon_at": millis(sign_up.abandon_at),
        "legal_accepted_at": null,
        "locale": sign_up.locale,
    })
}

fn sign_up_verifications(state: &InstanceState, view: &SignUpView) -> Value {
    let strategies = json!([EMAIL_CODE]);
    let external = view.external.as_ref();
    let email = match (&view.sign_up.email_address, view.sign_up.email_verified, &view.code) {
        (None, ..) => Value::Null,
        (Some(email), true, _) => {
            let identity = external.and_then(|external| external.identity.as_ref());
            with_next_action(verified(&email_strategy(identity, email)), "", strategies)
        }
        (Some(_), false, Some(code)) => with_next_action(waiting(code, state.now()), "needs_attempt", strategies),
        (Some(_), false, None) => with_next_action(json!({}), "needs_prepare", strategies),
    };
    let external = external.map(external_verification);
    json!({ "email_address": email, "phone_number": null, "web3_wallet": null, "external_account": external })
}

/// A browser's way to an identity provider and back.
pub fn external_verification(external: &ExternalVerification) -> Value {
    let mut verification = verified(&external.strategy);
    verification["status"] = external.status.as_str().into();
    verification["expire_at"] = millis(external.expire_at).into();
    verification["error"] = external.error.map(external_error).into();
    if external.status == ExternalStatus::Unverified {
        verification["external_verification_redirect_url"] = external.authorization_url.as_str().into();
    }
    verification
}

/// An account elsewhere that is connected once the browser is back from its provider. Its id is not kept.
pub fn external_account_to_be(external: &ExternalVerification) -> Value {
    let mut account = user_resource::external_account_of(&external.strategy, &new_id("eac"));
    account["verification"] = external_verification(external);
    account
}

fn with_next_action(mut verification: Value, next_action: &str, strategies: Value) -> Value {
    verification["next_action"] = next_action.into();
    verification["supported_strategies"] = strategies;
    verification
}

/// A token, bare: Clerk's clients find none in an envelope.
pub fn token(jwt: &str) -> Value {
    json!({ "object": "token", "jwt": jwt })
}

/// What is no more.
pub fn deleted(object: &str, id: &str) -> Value {
    json!({ "object": object, "id": id, "deleted": true })
}
