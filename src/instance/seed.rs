//! Who is in a new instance. The ids are fixed, so that tests and examples can name them.

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
