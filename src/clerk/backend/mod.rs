//! The Backend API, called with the secret key (Clerk, "Backend API reference"), grouped as in Clerk's own SDK
//! (`@clerk/backend`, `api/`).
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use gatehouse::clerk::backend::{BackendClient, UserListParams};
//!
//! let backend = BackendClient::new("https://api.clerk.com".parse()?, "sk_test_…".into())?;
//! let user = backend.users().get_user("user_1").await?;
//! let params = UserListParams { email_address: vec!["jane@example.com".to_owned()], ..Default::default() };
//! let users = backend.users().get_user_list(&params).await?;
//! # Ok(())
//! # }
//! ```
//!
//! - `users`, `sessions`, `clients`, `organizations`, `sign_in_tokens`, `jwks`: the calls, one file per resource
//! - `user`, `identification`, `session`, `organization`: what is answered
//! - `user_params`, `organization_params`: what is asked
//! - `call`: one call's path, query and body; `transport`: how it is sent; `retry`: when it is sent again
//! - `page`, `json`: shapes that recur in answers; `error`: why there is none
//!
//! What is answered is read tolerantly: unknown fields are passed over, and what Clerk may leave out or null is optional
//! or empty. Times are milliseconds since the Unix epoch. Nothing here implements `Serialize`: an application chooses
//! the fields that leave it.

mod call;
mod clients;
mod error;
mod identification;
mod json;
mod jwks;
mod organization;
mod organization_params;
mod organizations;
mod page;
mod retry;
mod session;
mod sessions;
mod sign_in_tokens;
mod transport;
mod user;
mod user_params;
mod users;

use std::sync::Arc;

use secrecy::SecretString;
use url::Url;

pub use clients::ClientApi;
pub use error::{ApiError, BackendError};
pub use identification::{
    EmailAddress, EnterpriseAccount, ExternalAccount, IdentificationLink, PhoneNumber, Verification, Web3Wallet,
};
pub use jwks::{Jwk, Jwks, JwksApi};
pub use organization::{Organization, OrganizationMembership, PublicUserData};
pub use organization_params::{OrganizationListParams, OrganizationMembershipListParams};
pub use organizations::OrganizationApi;
pub use page::{Page, Paging};
pub use retry::RetryPolicy;
pub use session::{Session, SessionActivity};
pub use sessions::{RefreshSession, SessionApi, SessionListParams};
pub use sign_in_tokens::{SignInToken, SignInTokenApi};
pub use user::User;
pub use user_params::{CreateUser, Password, UpdateUser, UserListParams, UserMetadata};
pub use users::UserApi;

use transport::Transport;

/// A client of one instance's Backend API. Cheap to clone; all clones share connections and limits.
///
/// Not more than 16 calls are under way at a time, and as many again of each kind that anybody can cause. Every call ends
/// after [`RetryPolicy::total`], 8 seconds unless said otherwise, whatever it waited for; those of anybody after half of it.
#[derive(Debug, Clone)]
pub struct BackendClient(Arc<Transport>);

impl BackendClient {
    /// A client for the instance that `secret_key` belongs to, at `api_url` (without `/v1`).
    ///
    /// # Errors
    /// When no TLS back end can be set up.
    pub fn new(api_url: Url, secret_key: SecretString) -> reqwest::Result<Self> {
        Self::with_retry_policy(api_url, secret_key, RetryPolicy::default())
    }

    /// As [`BackendClient::new`], with a say in how often a call is made again, and how long it may take.
    ///
    /// # Errors
    /// When no TLS back end can be set up.
    pub fn with_retry_policy(api_url: Url, secret_key: SecretString, retry: RetryPolicy) -> reqwest::Result<Self> {
        Ok(Self(Arc::new(Transport::new(api_url, secret_key, retry)?)))
    }

    /// Whether the secret key is that of a development instance.
    pub(super) fn has_development_key(&self) -> bool {
        self.0.has_development_key()
    }

    /// `/v1/users`
    #[must_use]
    pub fn users(&self) -> UserApi<'_> {
        UserApi(&self.0)
    }

    /// `/v1/sessions`
    #[must_use]
    pub fn sessions(&self) -> SessionApi<'_> {
        SessionApi(&self.0)
    }

    /// `/v1/clients`
    #[must_use]
    pub fn clients(&self) -> ClientApi<'_> {
        ClientApi(&self.0)
    }

    /// `/v1/organizations`
    #[must_use]
    pub fn organizations(&self) -> OrganizationApi<'_> {
        OrganizationApi(&self.0)
    }

    /// `/v1/sign_in_tokens`
    #[must_use]
    pub fn sign_in_tokens(&self) -> SignInTokenApi<'_> {
        SignInTokenApi(&self.0)
    }

    /// `/v1/jwks`
    #[must_use]
    pub fn jwks(&self) -> JwksApi<'_> {
        JwksApi(&self.0)
    }
}
