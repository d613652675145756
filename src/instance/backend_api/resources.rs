//! What the API answers: Clerk's resources. Times are in milliseconds since the Unix epoch.

use serde_json::{Value, json};

use crate::instance::{
    InstanceState,
    organization_resources::{Reader, membership},
    store::{JwtTemplate, Session, User},
    user_resource::{self, millis},
};

/// A user, private metadata included: for servers only.
pub fn user(state: &InstanceState, user: &User) -> Value {
    let mut value = user_resource::user(state, user);
    value["private_metadata"] = Value::Object(user.private_metadata.clone());
    value["organization_memberships"] =
        user.memberships.iter().map(|it| membership(state, it, Reader::Server)).collect();
    value
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
        "last_active_organization_id": session.organization.as_ref().map(|organization| organization.id.as_str()),
        "actor": session.actor,
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
