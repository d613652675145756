//! Signs the visitor out, here and at Clerk.

use leptos::prelude::*;

use crate::model::SignOutError;

/// Ends the visitor's session and returns them to the home page. Whoever sends the request can only end their own.
///
/// # Errors
/// When Clerk did not end the session: the visitor is still signed in.
#[server(prefix = "/rpc", endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), SignOutError> {
    use crate::server::request::{end_session, redirect_home};

    end_session().await?;
    redirect_home();
    Ok(())
}
