//! What Clerk's client asks before anything else: which ways to sign in and up there are. Complete, so that it falls
//! back on no default of its own.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use crate::instance::{InstanceState, accounts::PASSWORD_CHARS, publishable_key::ISSUER_HOST, store::CREATOR_ROLE};

/// `GET` and `PATCH /v1/environment`. Nothing is changed: Clerk's client asks with `PATCH` on development instances.
pub async fn show(State(state): State<Arc<InstanceState>>) -> Json<Value> {
    Json(json!({
        "object": "environment",
        "id": "env_embedded",
        "auth_config": {
            "object": "auth_config",
            "id": "aac_embedded",
            "single_session_mode": true,
            "claimed_at": null,
            "reverification": false,
            "session_minter": false,
            "preferred_channels": {},
        },
        "display_config": display_config(&state),
        "user_settings": user_settings(&state),
        "organization_settings": organization_settings(),
        "commerce_settings": commerce_settings(),
        "api_keys_settings": {
            "object": "api_keys_settings",
            "id": "api_keys_embedded",
            "enabled": false,
            "user_api_keys_enabled": false,
            "orgs_api_keys_enabled": false,
        },
        "protect_config": { "object": "protect_config", "id": "protect_embedded", "loaders": [] },
        "maintenance_mode": false,
        "client_debug_mode": false,
        "partitioned_cookies": false,
    }))
}

fn display_config(state: &InstanceState) -> Value {
    let origin = state.public_origin();
    let portal = |page| format!("{origin}{}", state.path(page));
    json!({
        "object": "display_config",
        "id": "display_embedded",
        "application_name": "Gatehouse",
        "instance_environment_type": "development",
        "preferred_sign_in_strategy": "password",
        "show_devmode_warning": true,
        "branded": true,
        "home_url": format!("{origin}/"),
        "sign_in_url": portal("sign-in"),
        "sign_up_url": portal("sign-up"),
        "user_profile_url": "",
        "waitlist_url": "",
        "after_sign_in_url": format!("{origin}/"),
        "after_sign_up_url": format!("{origin}/"),
        "after_sign_out_one_url": format!("{origin}/"),
        "after_sign_out_all_url": format!("{origin}/"),
        "after_switch_session_url": format!("{origin}/"),
        "after_join_waitlist_url": "",
        "organization_profile_url": "",
        "create_organization_url": "",
        "after_leave_organization_url": "",
        "after_create_organization_url": "",
        "logo_image_url": "",
        "favicon_image_url": "",
        "logo_link_url": format!("{origin}/"),
        "support_email": "",
        "terms_url": "",
        "privacy_policy_url": "",
        "captcha_provider": "turnstile",
        "captcha_public_key": null,
        "captcha_public_key_invisible": null,
        "captcha_widget_type": "invisible",
        "captcha_oauth_bypass": [],
        "captcha_heartbeat": false,
        "captcha_heartbeat_interval_ms": null,
        "google_one_tap_client_id": null,
        "clerk_js_version": "6",
        "internal_host": ISSUER_HOST,
        "theme": {},
    })
}

fn user_settings(state: &InstanceState) -> Value {
    let email = json!({
        "enabled": true,
        "required": true,
        "verifications": ["email_code"],
        "used_for_first_factor": true,
        "first_factors": ["email_code"],
        "used_for_second_factor": false,
        "second_factors": [],
        "verify_at_sign_up": true,
    });
    json!({
        "attributes": {
            "email_address": email,
            "first_name": attribute(true, false),
            "last_name": attribute(true, false),
            "password": attribute(true, true),
            "phone_number": attribute(false, false),
            "username": attribute(false, false),
            "web3_wallet": attribute(false, false),
            "authenticator_app": attribute(false, false),
            "backup_code": attribute(false, false),
            "passkey": attribute(false, false),
        },
        "sign_in": { "second_factor": { "required": false, "enabled": false } },
        "sign_up": {
            "mode": "public",
            "captcha_enabled": false,
            "captcha_widget_type": "invisible",
            "progressive": true,
            "legal_consent_enabled": false,
            "allowlist_only": false,
            "custom_action_required": false,
            "mfa": { "required": false },
        },
        "password_settings": password_settings(),
        "actions": { "delete_self": true, "create_organization": true, "create_organizations_limit": null },
        "social": social(state),
        "saml": { "enabled": false },
        "enterprise_sso": { "enabled": false, "self_serve_sso": false },
        "passkey_settings": { "allow_autofill": false, "show_sign_in_button": false },
        "username_settings": { "min_length": 4, "max_length": 64, "allow_extended_special_characters": false },
        "attack_protection": {
            "user_lockout": { "enabled": true },
            "pii": { "enabled": false },
            "email_link": { "require_same_client": true },
            "enumeration_protection": { "enabled": false },
        },
    })
}

/// The identity providers. One that Clerk's components do not know is drawn as the first letter of its name.
fn social(state: &InstanceState) -> Value {
    let settings = state.providers.iter().map(|provider| {
        let setting = json!({
            "enabled": true,
            "required": false,
            "authenticatable": true,
            "block_email_subaddresses": false,
            "strategy": provider.strategy,
            "not_selectable": false,
            "deprecated": false,
            "name": provider.name,
            "logo_url": null,
        });
        (provider.strategy.clone(), setting)
    });
    Value::Object(settings.collect())
}

fn password_settings() -> Value {
    json!({
        "min_length": PASSWORD_CHARS.start(),
        "max_length": PASSWORD_CHARS.end(),
        "require_special_char": false,
        "require_numbers": false,
        "require_uppercase": false,
        "require_lowercase": false,
        "allowed_special_characters": "",
        "show_zxcvbn": false,
        "min_zxcvbn_strength": 0,
        "disable_hibp": true,
        "enforce_hibp_on_sign_in": false,
    })
}

/// An attribute that is no way to sign in.
fn attribute(enabled: bool, required: bool) -> Value {
    json!({
        "enabled": enabled,
        "required": required,
        "verifications": [],
        "used_for_first_factor": false,
        "first_factors": [],
        "used_for_second_factor": false,
        "second_factors": [],
        "verify_at_sign_up": false,
    })
}

fn organization_settings() -> Value {
    json!({
        "object": "organization_settings",
        "id": "organizations_embedded",
        "enabled": true,
        "actions": { "admin_delete": true },
        "domains": { "enabled": false, "enrollment_modes": [], "default_role": null },
        "slug": { "disabled": false },
        "organization_creation_defaults": { "enabled": false },
        "force_organization_selection": false,
        "max_allowed_memberships": 0,
        "creator_role": CREATOR_ROLE,
    })
}

fn commerce_settings() -> Value {
    let nobody_pays = json!({ "enabled": false, "has_paid_plans": false });
    json!({
        "object": "commerce_settings",
        "id": "commerce_embedded",
        "billing": {
            "stripe_publishable_key": "",
            "free_trial_requires_payment_method": false,
            "organization": nobody_pays,
            "user": nobody_pays,
        },
    })
}
