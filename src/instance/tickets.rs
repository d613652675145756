//! Signing in at the portal with a link that holds a sign-in token. Looking at the link changes nothing: what follows links
//! by itself, as mail scanners do, must not use it up.

use super::{
    InstanceState,
    accounts::{AccountError, Browser, Refusal},
    frontend_api::let_in_with_ticket,
    store::{CallError, StoreError, TicketError, User},
};

/// Whom a ticket signs in.
pub struct TicketHolder {
    /// What they are called; their address or their id where they have no name.
    pub name: String,
    pub email_address: Option<String>,
    /// Whether somebody else acts as them.
    pub is_acted: bool,
}

impl InstanceState {
    /// Whom a ticket signs in, if it does. It stays as good as it is.
    pub async fn ticket_holder(&self, ticket: String) -> Result<Result<TicketHolder, TicketError>, StoreError> {
        let looking = self.store.call(None, self.now(), move |call| {
            let found = call.sign_in_token(&ticket)?.map_err(CallError::Refused)?;
            let user = call.user(&found.user_id)?.ok_or(CallError::Refused(TicketError::Unknown))?;
            Ok(TicketHolder::new(&user, found.impersonation.is_some()))
        });
        Ok(looking.await?.outcome)
    }

    /// Signs a browser in with a ticket, which is used up unless nobody may sign in now. Returns the cookies that say so.
    pub async fn sign_in_with_ticket(&self, ticket: String, browser: &Browser) -> Result<Vec<String>, AccountError> {
        let user_agent = browser.user_agent.clone();
        let signing_in = self.in_browser(browser, move |call| {
            let found = call.sign_in_token(&ticket)?.map_err(|error| CallError::Refused(Refusal::Ticket(error)))?;
            match let_in_with_ticket(call, &ticket, &user_agent) {
                Ok(_) => Ok(()),
                Err(CallError::Refused(_)) => {
                    let is_banned = call.user(&found.user_id)?.is_none_or(|user| user.banned);
                    Err(CallError::Refused(if is_banned { Refusal::Banned } else { Refusal::Locked }))
                }
                Err(CallError::Sqlite(error)) => Err(error.into()),
            }
        });
        self.cookies_after(signing_in.await?, browser)
    }
}

impl TicketHolder {
    fn new(user: &User, is_acted: bool) -> Self {
        let email_address = user.email_addresses.first().map(|email| email.email_address.clone());
        let names: Vec<&str> = [&user.first_name, &user.last_name].into_iter().flatten().map(String::as_str).collect();
        let name = Some(names.join(" ")).filter(|name| !name.is_empty());
        let name = name.or_else(|| email_address.clone()).unwrap_or_else(|| user.id.clone());
        Self { name, email_address, is_acted }
    }
}
