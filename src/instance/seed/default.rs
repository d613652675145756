//! The default seed: three users, two organizations, one JWT template.

use serde_json::{Map, Value, json};

use super::{JwtTemplate, Member, Organization, Person, Seed};
use crate::instance::{
    store::{Role, TemplateContent},
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

/// Ada is its administrator, Grace a member.
pub const ACME: &str = "org_seed0000000000000000000Acme";
/// Grace is its administrator, Ada a member.
pub const GLOBEX: &str = "org_seed00000000000000000Globex";
/// The id of the seeded JWT template.
pub const SEED_TEMPLATE_ID: &str = "jtmp_seed000000000000000Supabase";

const ADMIN: &str = "org:admin";
const MEMBER: &str = "org:member";

impl Default for Seed {
    fn default() -> Self {
        let [ada, grace, _] = SEED_USERS;
        Self {
            users: SEED_USERS.iter().map(user).collect(),
            roles: roles(),
            organizations: vec![
                organization(ACME, "Acme", [(ada.id, ADMIN), (grace.id, MEMBER)]),
                organization(GLOBEX, "Globex", [(grace.id, ADMIN), (ada.id, MEMBER)]),
            ],
            jwt_templates: vec![JwtTemplate { id: SEED_TEMPLATE_ID.to_owned(), content: supabase() }],
            at_every_start: false,
        }
    }
}

/// Clerk's own two roles, with Clerk's own permissions and some of an application's.
pub fn roles() -> Vec<Role> {
    let role = |key: &str, name: &str, permissions: &[&str]| Role {
        key: key.to_owned(),
        name: name.to_owned(),
        permissions: permissions.iter().map(|text| (*text).to_owned()).collect(),
    };
    vec![
        role(
            ADMIN,
            "Admin",
            &[
                "org:sys_profile:manage",
                "org:sys_profile:delete",
                "org:sys_memberships:read",
                "org:sys_memberships:manage",
                "org:sys_domains:read",
                "org:sys_domains:manage",
                "org:invoices:read",
                "org:reports:read",
                "org:reports:manage",
            ],
        ),
        role(MEMBER, "Member", &["org:sys_memberships:read", "org:reports:read"]),
    ]
}

fn user(seed: &SeedUser) -> Person {
    Person {
        id: seed.id.to_owned(),
        email: seed.email.to_owned(),
        first_name: seed.first_name.to_owned(),
        last_name: seed.last_name.to_owned(),
        password: SEED_PASSWORD.into(),
        about: seed.role.to_owned(),
        banned: seed.banned,
        public_metadata: Map::from_iter([("role".to_owned(), seed.role.into())]),
        private_metadata: Map::new(),
        unsafe_metadata: Map::new(),
    }
}

fn organization(id: &str, name: &str, members: [(&str, &str); 2]) -> Organization {
    let member = |(user_id, role): (&str, &str)| Member { user_id: user_id.to_owned(), role: role.to_owned() };
    Organization {
        id: id.to_owned(),
        name: name.to_owned(),
        slug: name.to_lowercase(),
        max_allowed_memberships: 0,
        public_metadata: Map::new(),
        private_metadata: Map::new(),
        members: members.map(member).to_vec(),
    }
}

/// Clerk's own template for Supabase. Its claims are those that Supabase reads (Supabase, "JWT claims reference").
fn supabase() -> TemplateContent {
    let claims = json!({
        "aud": "authenticated", "role": "authenticated", "email": "{{user.primary_email_address}}",
        "app_metadata": {}, "user_metadata": {},
    });
    let Value::Object(claims) = claims else { unreachable!("it is an object") };
    TemplateContent {
        name: "supabase".to_owned(),
        claims,
        lifetime_seconds: DEFAULT_LIFETIME_SECONDS,
        allowed_clock_skew_seconds: DEFAULT_CLOCK_SKEW_SECONDS,
    }
}
