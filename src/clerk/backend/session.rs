//! A session, as the Backend API shows one (`@clerk/backend`, `SessionJSON`).

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::json::or_default;

/// A session. All times are milliseconds since the Unix epoch. Its `Debug` shows the id and the status alone.
#[derive(Clone, Deserialize)]
pub struct Session {
    /// `sess_…`
    pub id: String,
    /// `active`, `pending`, `ended`, `expired`, `removed`, `replaced`, `revoked` or `abandoned`.
    #[serde(default, deserialize_with = "or_default")]
    pub status: String,
    /// `user_…`
    pub user_id: Option<String>,
    /// `client_…`: the browser or device.
    pub client_id: Option<String>,
    /// The organization last worked in.
    pub last_active_organization_id: Option<String>,
    /// Who acts in the user's place; `sub` is their user id.
    pub actor: Option<Map<String, Value>>,
    /// Where it was last used from.
    pub latest_activity: Option<SessionActivity>,
    /// When it was last used.
    pub last_active_at: Option<u64>,
    /// When it ends.
    pub expire_at: Option<u64>,
    /// When it ends if it is not used.
    pub abandon_at: Option<u64>,
    /// When it began.
    pub created_at: Option<u64>,
    /// When anything changed.
    pub updated_at: Option<u64>,
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").field("id", &self.id).field("status", &self.status).finish_non_exhaustive()
    }
}

/// Where a session was used from.
#[derive(Clone, Deserialize)]
pub struct SessionActivity {
    /// `sess_activity_…`
    pub id: String,
    /// Such as `Macintosh`.
    pub device_type: Option<String>,
    /// Whether that is a telephone or the like.
    #[serde(default, deserialize_with = "or_default")]
    pub is_mobile: bool,
    /// Such as `Firefox`.
    pub browser_name: Option<String>,
    /// Such as `143.0`.
    pub browser_version: Option<String>,
    /// IP address.
    pub ip_address: Option<String>,
    /// City, as the address suggests.
    pub city: Option<String>,
    /// Country, as the address suggests.
    pub country: Option<String>,
}
