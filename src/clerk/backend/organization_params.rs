//! What is asked about organizations (`@clerk/backend`, `api/endpoints/OrganizationApi.ts`).

use super::{Paging, call::Query};

/// Which organizations.
#[derive(Debug, Clone, Default)]
pub struct OrganizationListParams {
    /// Part of a name, a slug or an id.
    pub query: Option<String>,
    /// `org_…`
    pub organization_id: Vec<String>,
    /// Counts the members of each.
    pub include_members_count: bool,
    /// `name`, `created_at` or `members_count` with `+` or `-` before it.
    pub order_by: Option<String>,
    /// Which page.
    pub paging: Paging,
}

impl OrganizationListParams {
    pub(super) fn list_query(&self) -> Query {
        let query = self.paging.query().texts("order_by", &self.order_by);
        query
            .texts("query", &self.query)
            .texts("organization_id", &self.organization_id)
            .flag("include_members_count", self.include_members_count)
    }
}

/// Which members of an organization. Everything given must hold; of a list, one is enough. Times are milliseconds since
/// the Unix epoch.
#[derive(Clone, Default)]
pub struct OrganizationMembershipListParams {
    /// `user_…`
    pub user_id: Vec<String>,
    /// Whole email addresses.
    pub email_address: Vec<String>,
    /// Whole phone numbers.
    pub phone_number: Vec<String>,
    /// Whole usernames.
    pub username: Vec<String>,
    /// Whole addresses of wallets.
    pub web3_wallet: Vec<String>,
    /// Such as `org:admin`.
    pub role: Vec<String>,
    /// Part of a name, an address, a number or an id.
    pub query: Option<String>,
    /// Part of an email address.
    pub email_address_query: Option<String>,
    /// Part of a phone number.
    pub phone_number_query: Option<String>,
    /// Part of a username.
    pub username_query: Option<String>,
    /// Part of a name.
    pub name_query: Option<String>,
    /// Last here before.
    pub last_active_at_before: Option<u64>,
    /// Last here after.
    pub last_active_at_after: Option<u64>,
    /// Joined before.
    pub created_at_before: Option<u64>,
    /// Joined after.
    pub created_at_after: Option<u64>,
    /// A field with `+` or `-` before it, such as `-created_at`, which is what Clerk does by itself.
    pub order_by: Option<String>,
    /// Which page.
    pub paging: Paging,
}

impl OrganizationMembershipListParams {
    pub(super) fn list_query(&self) -> Query {
        let query = self.paging.query().texts("order_by", &self.order_by);
        query
            .texts("user_id", &self.user_id)
            .texts("email_address", &self.email_address)
            .texts("phone_number", &self.phone_number)
            .texts("username", &self.username)
            .texts("web3_wallet", &self.web3_wallet)
            .texts("role", &self.role)
            .texts("query", &self.query)
            .texts("email_address_query", &self.email_address_query)
            .texts("phone_number_query", &self.phone_number_query)
            .texts("username_query", &self.username_query)
            .texts("name_query", &self.name_query)
            .number("last_active_at_before", self.last_active_at_before)
            .number("last_active_at_after", self.last_active_at_after)
            .number("created_at_before", self.created_at_before)
            .number("created_at_after", self.created_at_after)
    }
}
