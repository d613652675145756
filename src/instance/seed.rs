//! Who and what is in a new instance. The ids are fixed, so that tests and examples can name them.

use serde_json::{Map, Value};

use super::{
    store::TemplateContent,
    templates::{DEFAULT_CLOCK_SKEW_SECONDS, DEFAULT_LIFETIME_SECONDS},
};

/// The password of every seeded user. No secret: it opens nothing but a demonstration on this machine.
pub const SEED_PASSWORD: &str = "gatehouse-demo";

/// Somebody to sign in as.
#[derive(Debug, Clone, Copy)]
pub struct SeedUser {
    /// `user_…`
    pub id: &'static str,
    /// Given name.
    pub first_name: &'static str,
    /// Family name.
    pub last_name: &'static str,
    /// Signs in with this.
    pub email: &'static str,
    /// What there is to try with this user.
    pub role: &'static str,
    /// Whether the account is banned.
    pub banned: bool,
}

/// The seeded users.
pub const SEED_USERS: [SeedUser; 3] = [
    SeedUser {
        id: "user_seed00000000000000000000Ada",
        first_name: "Ada",
        last_name: "Lovelace",
        email: "ada@example.com",
        role: "admin",
        banned: false,
    },
    SeedUser {
        id: "user_seed000000000000000000Grace",
        first_name: "Grace",
        last_name: "Hopper",
        email: "grace@example.com",
        role: "member",
        banned: false,
    },
    SeedUser {
        id: "user_seed0000000000000000Mallory",
        first_name: "Mallory",
        last_name: "Malone",
        email: "mallory@example.com",
        role: "banned",
        banned: true,
    },
];

/// The id of the seeded JWT template.
pub const SEED_TEMPLATE_ID: &str = "jtmp_seed000000000000000Supabase";

/// The JWT template that every instance has from the start: Clerk's own for Supabase. Its claims are those that
/// Supabase reads (Supabase, "JWT claims reference").
pub fn seed_template() -> TemplateContent {
    let claims = [
        ("aud", Value::from("authenticated")),
        ("role", Value::from("authenticated")),
        ("email", Value::from("{{user.primary_email_address}}")),
        ("app_metadata", Value::Object(Map::new())),
        ("user_metadata", Value::Object(Map::new())),
    ];
    TemplateContent {
        name: "supabase".to_owned(),
        claims: claims.map(|(name, value)| (name.to_owned(), value)).into_iter().collect(),
        lifetime_seconds: DEFAULT_LIFETIME_SECONDS,
        allowed_clock_skew_seconds: DEFAULT_CLOCK_SKEW_SECONDS,
    }
}
