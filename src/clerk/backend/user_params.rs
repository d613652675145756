//! What is asked about users, and what is written of them (`@clerk/backend`, `api/endpoints/UserApi.ts`).

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::{
    Paging,
    call::{Body, Query},
};

/// Which users. Everything given must hold; of a list, one is enough. Lists have 100 items at most, times are
/// milliseconds since the Unix epoch.
#[derive(Clone, Default)]
pub struct UserListParams {
    /// Whole email addresses.
    pub email_address: Vec<String>,
    /// Whole phone numbers.
    pub phone_number: Vec<String>,
    /// Whole usernames.
    pub username: Vec<String>,
    /// Whole addresses of wallets.
    pub web3_wallet: Vec<String>,
    /// `user_…`
    pub user_id: Vec<String>,
    /// The application's own ids.
    pub external_id: Vec<String>,
    /// `org_…`
    pub organization_id: Vec<String>,
    /// Part of a name, an address, a number or an id.
    pub query: Option<String>,
    /// Last here before.
    pub last_active_at_before: Option<u64>,
    /// Last here after.
    pub last_active_at_after: Option<u64>,
    /// Last signed in before.
    pub last_sign_in_at_before: Option<u64>,
    /// Last signed in after.
    pub last_sign_in_at_after: Option<u64>,
    /// Made before.
    pub created_at_before: Option<u64>,
    /// Made after.
    pub created_at_after: Option<u64>,
    /// A field with `+` or `-` before it, such as `-created_at`, which is what Clerk does by itself. Means nothing to a
    /// count.
    pub order_by: Option<String>,
    /// Which page. Means nothing to a count.
    pub paging: Paging,
}

impl UserListParams {
    pub(super) fn list_query(&self) -> Query {
        self.filter(self.paging.query().texts("order_by", &self.order_by))
    }

    pub(super) fn count_query(&self) -> Query {
        self.filter(Query::default())
    }

    fn filter(&self, query: Query) -> Query {
        query
            .texts("email_address", &self.email_address)
            .texts("phone_number", &self.phone_number)
            .texts("username", &self.username)
            .texts("web3_wallet", &self.web3_wallet)
            .texts("user_id", &self.user_id)
            .texts("external_id", &self.external_id)
            .texts("organization_id", &self.organization_id)
            .texts("query", &self.query)
            .number("last_active_at_before", self.last_active_at_before)
            .number("last_active_at_after", self.last_active_at_after)
            .number("last_sign_in_at_before", self.last_sign_in_at_before)
            .number("last_sign_in_at_after", self.last_sign_in_at_after)
            .number("created_at_before", self.created_at_before)
            .number("created_at_after", self.created_at_after)
    }
}

/// A password to set.
#[derive(Clone)]
pub enum Password {
    /// As the user types it.
    Plain(SecretString),
    /// As another system kept it.
    Digest {
        /// The digest, in the form that belongs to the hasher.
        digest: SecretString,
        /// Such as `argon2id` or `bcrypt`.
        hasher: String,
    },
}

/// A user to make. What is not given is not sent.
#[derive(Clone, Default)]
pub struct CreateUser {
    /// The application's own id.
    pub external_id: Option<String>,
    /// Email addresses; they count as verified, and the first one comes first.
    pub email_address: Vec<String>,
    /// Phone numbers, as E.164 has them; they count as verified, and the first one comes first.
    pub phone_number: Vec<String>,
    /// The name to sign in with.
    pub username: Option<String>,
    /// The password.
    pub password: Option<Password>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Language, as a BCP 47 tag.
    pub locale: Option<String>,
    /// Takes a password that the instance's rules forbid.
    pub skip_password_checks: bool,
    /// Takes a user without a password where the instance wants one.
    pub skip_password_requirement: bool,
    /// Takes a user who has not accepted the legal documents.
    pub skip_legal_checks: bool,
    /// When they were accepted, as RFC 3339 has it.
    pub legal_accepted_at: Option<String>,
    /// When the user was made, as RFC 3339 has it.
    pub created_at: Option<String>,
    /// Metadata.
    pub metadata: UserMetadata,
}

impl CreateUser {
    pub(super) fn body(&self) -> Body {
        let body = Body::default()
            .set("external_id", self.external_id.as_deref())
            .list("email_address", &self.email_address)
            .list("phone_number", &self.phone_number)
            .set("username", self.username.as_deref())
            .set("first_name", self.first_name.as_deref())
            .set("last_name", self.last_name.as_deref())
            .set("locale", self.locale.as_deref())
            .flag("skip_password_checks", self.skip_password_checks)
            .flag("skip_password_requirement", self.skip_password_requirement)
            .flag("skip_legal_checks", self.skip_legal_checks)
            .set("legal_accepted_at", self.legal_accepted_at.as_deref())
            .set("created_at", self.created_at.as_deref());
        self.metadata.add_to(add_password(body, self.password.as_ref()))
    }
}

/// What to change of a user. What is not given stays. Metadata has a call of its own.
#[derive(Clone, Default)]
pub struct UpdateUser {
    /// The application's own id.
    pub external_id: Option<String>,
    /// The name to sign in with.
    pub username: Option<String>,
    /// The password.
    pub password: Option<Password>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Language, as a BCP 47 tag.
    pub locale: Option<String>,
    /// Which email address comes first; it must be verified.
    pub primary_email_address_id: Option<String>,
    /// Tells the address that came first before.
    pub notify_primary_email_address_changed: bool,
    /// Which phone number comes first; it must be verified.
    pub primary_phone_number_id: Option<String>,
    /// Which wallet comes first; it must be verified.
    pub primary_web3_wallet_id: Option<String>,
    /// Takes a password that the instance's rules forbid.
    pub skip_password_checks: bool,
    /// With a new password: ends all other sessions.
    pub sign_out_of_other_sessions: bool,
    /// Takes a user who has not accepted the legal documents.
    pub skip_legal_checks: bool,
    /// When they were accepted, as RFC 3339 has it.
    pub legal_accepted_at: Option<String>,
    /// When the user was made, as RFC 3339 has it.
    pub created_at: Option<String>,
    /// Whether users may delete themselves.
    pub delete_self_enabled: Option<bool>,
    /// Whether the user may make organizations.
    pub create_organization_enabled: Option<bool>,
    /// How many; 0 for as many as they like.
    pub create_organizations_limit: Option<u32>,
}

impl UpdateUser {
    pub(super) fn body(&self) -> Body {
        let body = Body::default()
            .set("external_id", self.external_id.as_deref())
            .set("username", self.username.as_deref())
            .set("first_name", self.first_name.as_deref())
            .set("last_name", self.last_name.as_deref())
            .set("locale", self.locale.as_deref())
            .set("primary_email_address_id", self.primary_email_address_id.as_deref())
            .flag("notify_primary_email_address_changed", self.notify_primary_email_address_changed)
            .set("primary_phone_number_id", self.primary_phone_number_id.as_deref())
            .set("primary_web3_wallet_id", self.primary_web3_wallet_id.as_deref())
            .flag("skip_password_checks", self.skip_password_checks)
            .flag("sign_out_of_other_sessions", self.sign_out_of_other_sessions)
            .flag("skip_legal_checks", self.skip_legal_checks)
            .set("legal_accepted_at", self.legal_accepted_at.as_deref())
            .set("created_at", self.created_at.as_deref())
            .set("delete_self_enabled", self.delete_self_enabled)
            .set("create_organization_enabled", self.create_organization_enabled)
            .set("create_organizations_limit", self.create_organizations_limit);
        add_password(body, self.password.as_ref())
    }
}

/// Metadata of a user, by who may read and write it. What is not given is not sent.
#[derive(Clone, Default)]
pub struct UserMetadata {
    /// Anybody may read it; servers write it.
    pub public_metadata: Option<Map<String, Value>>,
    /// Servers alone read and write it.
    pub private_metadata: Option<Map<String, Value>>,
    /// The user writes it.
    pub unsafe_metadata: Option<Map<String, Value>>,
}

impl UserMetadata {
    pub(super) fn add_to(&self, body: Body) -> Body {
        body.set("public_metadata", self.public_metadata.clone())
            .set("private_metadata", self.private_metadata.clone())
            .set("unsafe_metadata", self.unsafe_metadata.clone())
    }
}

fn add_password(body: Body, password: Option<&Password>) -> Body {
    match password {
        None => body,
        Some(Password::Plain(password)) => body.set("password", Some(password.expose_secret())),
        Some(Password::Digest { digest, hasher }) => {
            body.set("password_digest", Some(digest.expose_secret())).set("password_hasher", Some(hasher.as_str()))
        }
    }
}
