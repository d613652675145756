//! What a user is known by: addresses, numbers, wallets and accounts elsewhere (`@clerk/backend`, `JSON.ts`).

use serde::Deserialize;
use serde_json::{Map, Value};

use super::json::or_default;

/// An email address.
#[derive(Clone, Deserialize)]
pub struct EmailAddress {
    /// `idn_…`
    pub id: String,
    /// The address.
    pub email_address: String,
    /// Whether it is the user's.
    pub verification: Option<Verification>,
    /// The accounts that it came from.
    #[serde(default, deserialize_with = "or_default")]
    pub linked_to: Vec<IdentificationLink>,
}

/// A phone number.
#[derive(Clone, Deserialize)]
pub struct PhoneNumber {
    /// `idn_…`
    pub id: String,
    /// The number, as E.164 has it.
    pub phone_number: String,
    /// Whether it is a second factor.
    #[serde(default, deserialize_with = "or_default")]
    pub reserved_for_second_factor: bool,
    /// Whether it is the second factor to start with.
    #[serde(default, deserialize_with = "or_default")]
    pub default_second_factor: bool,
    /// Whether it is the user's.
    pub verification: Option<Verification>,
    /// The accounts that it came from.
    #[serde(default, deserialize_with = "or_default")]
    pub linked_to: Vec<IdentificationLink>,
}

/// A Web3 wallet.
#[derive(Clone, Deserialize)]
pub struct Web3Wallet {
    /// `idn_…`
    pub id: String,
    /// The address.
    pub web3_wallet: String,
    /// Whether it is the user's.
    pub verification: Option<Verification>,
}

/// An account at a social provider.
#[derive(Clone, Deserialize)]
pub struct ExternalAccount {
    /// `eac_…`, or `idn_…` for some providers.
    pub id: String,
    /// Such as `google`.
    #[serde(default, deserialize_with = "or_default")]
    pub provider: String,
    /// `idn_…`
    pub identification_id: Option<String>,
    /// The user's id there.
    pub provider_user_id: Option<String>,
    /// What the user let the application do there, separated by spaces.
    pub approved_scopes: Option<String>,
    /// The email address there.
    pub email_address: Option<String>,
    /// The phone number there.
    pub phone_number: Option<String>,
    /// The name to sign in with there.
    pub username: Option<String>,
    /// First name there.
    pub first_name: Option<String>,
    /// Last name there.
    pub last_name: Option<String>,
    /// The portrait there.
    pub image_url: Option<String>,
    /// Tells several accounts at one provider apart.
    pub label: Option<String>,
    /// Anybody may read it.
    #[serde(default, deserialize_with = "or_default")]
    pub public_metadata: Map<String, Value>,
    /// Whether it is the user's.
    pub verification: Option<Verification>,
}

/// An account at an enterprise provider.
#[derive(Clone, Deserialize)]
pub struct EnterpriseAccount {
    /// `ea_…`
    pub id: String,
    /// Whether it may be used.
    #[serde(default, deserialize_with = "or_default")]
    pub active: bool,
    /// `saml` or `oauth`.
    #[serde(default, deserialize_with = "or_default")]
    pub protocol: String,
    /// Such as `saml_okta`.
    #[serde(default, deserialize_with = "or_default")]
    pub provider: String,
    /// The user's id there.
    pub provider_user_id: Option<String>,
    /// The connection that it came through.
    pub enterprise_connection_id: Option<String>,
    /// The email address there.
    pub email_address: Option<String>,
    /// First name there.
    pub first_name: Option<String>,
    /// Last name there.
    pub last_name: Option<String>,
    /// Anybody may read it.
    #[serde(default, deserialize_with = "or_default")]
    pub public_metadata: Map<String, Value>,
    /// Whether it is the user's.
    pub verification: Option<Verification>,
    /// When it was last signed in with, in milliseconds since the Unix epoch.
    pub last_authenticated_at: Option<u64>,
}

/// Whether something is the user's, and how that came out.
#[derive(Debug, Clone, Deserialize)]
pub struct Verification {
    /// `unverified`, `verified`, `transferable`, `failed` or `expired`.
    #[serde(default, deserialize_with = "or_default")]
    pub status: String,
    /// Such as `email_code`.
    #[serde(default, deserialize_with = "or_default")]
    pub strategy: String,
    /// How often it was tried.
    pub attempts: Option<u64>,
    /// Until when it may be tried, in milliseconds since the Unix epoch.
    pub expire_at: Option<u64>,
}

impl Verification {
    /// Whether it is the user's.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.status == "verified"
    }
}

/// Where an email address or phone number came from.
#[derive(Debug, Clone, Deserialize)]
pub struct IdentificationLink {
    /// `idn_…`
    pub id: String,
    /// Such as `oauth_google`.
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub kind: String,
}
