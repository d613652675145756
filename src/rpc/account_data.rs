//! The article's account page: take the session token, call the gateway with it, return what it answers.

use leptos::prelude::*;

use crate::model::{Account, AccountError};

/// The signed-in user's account. What the gateway answered, or why it did not, is part of it.
///
/// # Errors
/// When nobody is signed in, or nobody can be recognised.
#[server(prefix = "/rpc", endpoint = "account_data")]
pub async fn account_data() -> Result<Account, AccountError> {
    use crate::server::{
        journey::Traveller,
        request::{current_user, services, set_status},
    };

    let user = current_user().inspect_err(set_status)?;
    let services = services()?;
    let traveller = Traveller::of_this_request();
    let now = (services.clock)();
    let hello = services.gateway.hello(&services.clerk, &user, now);
    let (hello, person, organization) = services.people.named_beside(hello, &user, &services.clerk, now).await;
    let greeting = hello.greeting.inspect_err(set_status);
    Ok(Account {
        user_id: user.user_id().to_owned(),
        session_id: user.session_id().unwrap_or_default().to_owned(),
        token_expires_at: user.claims().expires_at(),
        person,
        organization,
        greeting,
        journey: traveller.journey(&user, now, hello.calls),
    })
}
