//! A user, as the Backend API shows one to servers (`@clerk/backend`, `UserJSON`).

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    EmailAddress, EnterpriseAccount, ExternalAccount, OrganizationMembership, PhoneNumber, Web3Wallet, json::or_default,
};

/// A user. All times are milliseconds since the Unix epoch.
///
/// Not `Serialize`, because `private_metadata` must not leave the server; its `Debug` shows the id alone.
#[derive(Clone, Deserialize)]
pub struct User {
    /// `user_…`
    pub id: String,
    /// The application's own id.
    pub external_id: Option<String>,
    /// The name to sign in with.
    pub username: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Language, as a BCP 47 tag.
    pub locale: Option<String>,
    /// The portrait, or one that Clerk made up.
    pub image_url: Option<String>,
    /// Whether the portrait is the user's own.
    #[serde(default, deserialize_with = "or_default")]
    pub has_image: bool,
    /// Which of `email_addresses` comes first.
    pub primary_email_address_id: Option<String>,
    /// Which of `phone_numbers` comes first.
    pub primary_phone_number_id: Option<String>,
    /// Which of `web3_wallets` comes first.
    pub primary_web3_wallet_id: Option<String>,
    /// Email addresses.
    #[serde(default, deserialize_with = "or_default")]
    pub email_addresses: Vec<EmailAddress>,
    /// Phone numbers.
    #[serde(default, deserialize_with = "or_default")]
    pub phone_numbers: Vec<PhoneNumber>,
    /// Web3 wallets.
    #[serde(default, deserialize_with = "or_default")]
    pub web3_wallets: Vec<Web3Wallet>,
    /// Accounts at social providers.
    #[serde(default, deserialize_with = "or_default")]
    pub external_accounts: Vec<ExternalAccount>,
    /// Accounts at enterprise providers.
    #[serde(default, deserialize_with = "or_default")]
    pub enterprise_accounts: Vec<EnterpriseAccount>,
    /// Often left out; [`super::UserApi::get_organization_membership_list`] asks for them.
    #[serde(default, deserialize_with = "or_default")]
    pub organization_memberships: Vec<OrganizationMembership>,
    /// Anybody may read it; servers write it.
    #[serde(default, deserialize_with = "or_default")]
    pub public_metadata: Map<String, Value>,
    /// Servers alone read and write it.
    #[serde(default, deserialize_with = "or_default")]
    pub private_metadata: Map<String, Value>,
    /// The user writes it: trust nothing in it.
    #[serde(default, deserialize_with = "or_default")]
    pub unsafe_metadata: Map<String, Value>,
    /// Whether the user has a password.
    #[serde(default, deserialize_with = "or_default")]
    pub password_enabled: bool,
    /// Whether signing in takes a second factor.
    #[serde(default, deserialize_with = "or_default")]
    pub two_factor_enabled: bool,
    /// Whether an authenticator app is one.
    #[serde(default, deserialize_with = "or_default")]
    pub totp_enabled: bool,
    /// Whether backup codes are one.
    #[serde(default, deserialize_with = "or_default")]
    pub backup_code_enabled: bool,
    /// Whether signing in is forbidden for good.
    #[serde(default, deserialize_with = "or_default")]
    pub banned: bool,
    /// Whether signing in is forbidden for a while, after too many attempts.
    #[serde(default, deserialize_with = "or_default")]
    pub locked: bool,
    /// How long `locked` lasts, in seconds.
    pub lockout_expires_in_seconds: Option<u64>,
    /// How many attempts are left before `locked`.
    pub verification_attempts_remaining: Option<u64>,
    /// Whether users may delete themselves.
    #[serde(default, deserialize_with = "or_default")]
    pub delete_self_enabled: bool,
    /// Whether the user may make organizations.
    #[serde(default, deserialize_with = "or_default")]
    pub create_organization_enabled: bool,
    /// How many; none for as many as they like.
    pub create_organizations_limit: Option<u64>,
    /// When the legal documents were accepted.
    pub legal_accepted_at: Option<u64>,
    /// When the password changed.
    pub password_last_updated_at: Option<u64>,
    /// When the user last signed in.
    pub last_sign_in_at: Option<u64>,
    /// When the user was last here, to the day.
    pub last_active_at: Option<u64>,
    /// When the user was made.
    pub created_at: Option<u64>,
    /// When anything changed.
    pub updated_at: Option<u64>,
}

impl User {
    /// The email address that comes first.
    #[must_use]
    pub fn primary_email_address(&self) -> Option<&EmailAddress> {
        let id = self.primary_email_address_id.as_deref()?;
        self.email_addresses.iter().find(|email_address| email_address.id == id)
    }
}

impl fmt::Debug for User {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("User").field("id", &self.id).finish_non_exhaustive()
    }
}
