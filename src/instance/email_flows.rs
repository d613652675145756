//! Signing up and replacing a forgotten password in the portal: both need a code that is sent to the address.
//!
//! Whether somebody has an account with an address shows in no answer. It shows in the mail: only its owner reads that.

use super::{
    InstanceState,
    accounts::{AccountError, Browser, Refusal, SignUp, check, check_password, normalise_email},
    frontend_api::{EMAIL_CODE, RESET_PASSWORD, accept_code, advance},
    signing_key::SigningKeyError,
    store::{
        self, ActiveSession, Call, CallError, ClientView, CodeCheck, CookieChanges, Finished, Lockout, SignIn,
        SignInStatus, StoreError,
    },
};

/// What somebody typed to replace a forgotten password.
#[derive(Debug, Clone, Default)]
pub struct Reset {
    pub code: String,
    pub password: String,
    /// Whether it ends the sessions in other browsers.
    pub sign_out_others: bool,
}

impl InstanceState {
    /// Begins to sign up, and sends a code. Returns the browser's cookies.
    pub async fn begin_sign_up(&self, form: SignUp, browser: &Browser) -> Result<Vec<String>, AccountError> {
        let email = normalise_email(&form.email);
        check(&form, &email).map_err(AccountError::Refused)?;
        let mut sign_up = store::SignUp {
            first_name: form.first_name.trim().to_owned(),
            last_name: form.last_name.trim().to_owned(),
            email_address: Some(email),
            password_hash: Some(self.passwords.hash(form.password).await?),
            ..store::SignUp::default()
        };
        let begun = self.in_browser(browser, move |call| {
            call.begin_sign_up(&mut sign_up)?;
            send_sign_up_code(call, &sign_up)
        });
        Ok(self.cookies().changes(&begun.await?.cookies))
    }

    /// The address whose code this browser's sign-up waits for.
    pub async fn sign_up_address(&self, browser: &Browser) -> Result<Option<String>, StoreError> {
        let found = self.in_browser(browser, |call| Ok(call.open_sign_up()?.and_then(|sign_up| sign_up.email_address)));
        Ok(found.await?.outcome.unwrap_or_default())
    }

    /// Sends another code for this browser's sign-up.
    pub async fn send_sign_up_code_again(&self, browser: &Browser) -> Result<(), StoreError> {
        let send = self.in_browser(browser, |call| match call.open_sign_up()? {
            Some(sign_up) => send_sign_up_code(call, &sign_up),
            None => Ok(()),
        });
        send.await.map(drop)
    }

    /// Makes the account of this browser's sign-up, and signs the browser in. Returns the cookies that say so.
    pub async fn finish_sign_up(&self, code: String, browser: &Browser) -> Result<Vec<String>, AccountError> {
        let user_agent = browser.user_agent.clone();
        let finish = self.in_browser(browser, move |call| {
            let wrong = CallError::Refused(Refusal::WrongCode);
            let Some(mut sign_up) = call.open_sign_up()? else { return Err(CallError::Refused(Refusal::CodeOver)) };
            match call.check_code(&sign_up.id, EMAIL_CODE, code.trim())? {
                CodeCheck::Correct => {}
                CodeCheck::Wrong => return Err(wrong),
                CodeCheck::Expired | CodeCheck::Exhausted => return Err(CallError::Refused(Refusal::CodeOver)),
            }
            sign_up.email_verified = true;
            match advance(call, sign_up, &user_agent) {
                Ok(_) => Ok(()),
                Err(CallError::Refused(_)) => Err(wrong),
                Err(CallError::Sqlite(error)) => Err(error.into()),
            }
        });
        self.cookies_after(finish.await?, browser)
    }

    /// Sends a code to replace a forgotten password with. Returns the browser's cookies.
    pub async fn begin_reset(&self, email: &str, browser: &Browser) -> Result<Vec<String>, AccountError> {
        let email = normalise_email(email);
        let begun = self.in_browser(browser, move |call| {
            let owner = call.owner_of_email(&email)?;
            let sign_in = call.begin_sign_in(owner.clone(), Some(email.clone()))?;
            match owner {
                Some(owner) if call.locked_for(&owner)?.is_none() => {
                    Ok(call.send_code(&sign_in.id, &email, RESET_PASSWORD)?)
                }
                _ => Ok(call.withhold_code(&sign_in.id, &email, RESET_PASSWORD)?),
            }
        });
        Ok(self.cookies().changes(&begun.await?.cookies))
    }

    /// The address whose code this browser's reset waits for.
    pub async fn reset_address(&self, browser: &Browser) -> Result<Option<String>, StoreError> {
        let found = self.in_browser(browser, |call| Ok(call.open_sign_in()?.and_then(|sign_in| sign_in.identifier)));
        Ok(found.await?.outcome.unwrap_or_default())
    }

    /// Replaces the password of whoever answers with the code, and signs the browser in. Returns the cookies that say so.
    pub async fn finish_reset(&self, reset: Reset, browser: &Browser) -> Result<Vec<String>, AccountError> {
        let email = self.reset_address(browser).await?.unwrap_or_default();
        check_password(&reset.password, &email).map_err(AccountError::Refused)?;
        let password_hash = self.passwords.hash(reset.password).await?;
        let (lockout, user_agent) = (self.settings.lockout, browser.user_agent.clone());
        let finish = self.in_browser(browser, move |call| {
            let Some(mut sign_in) = call.open_sign_in()? else { return Err(CallError::Refused(Refusal::CodeOver)) };
            let user_id = owner_by_code(call, &sign_in, reset.code.trim(), lockout)?;
            if call.user(&user_id)?.is_none_or(|user| user.banned) {
                return Err(CallError::Refused(Refusal::Banned));
            }
            call.set_password(&user_id, &password_hash)?;
            if reset.sign_out_others {
                call.revoke_sessions(&user_id, None)?;
            }
            let session = call.start_session(&user_id, &user_agent)?;
            tracing::info!(user.id = user_id, session.id = session.id, "password replaced, signed in");
            sign_in.status = SignInStatus::Complete;
            sign_in.created_session_id = Some(session.id);
            Ok(call.save_sign_in(&sign_in)?)
        });
        self.cookies_after(finish.await?, browser)
    }

    pub(super) async fn in_browser<T: Send + 'static>(
        &self,
        browser: &Browser,
        work: impl FnOnce(&mut Call<'_>) -> Result<T, CallError<Refusal>> + Send + 'static,
    ) -> Result<Finished<T, Refusal>, StoreError> {
        self.store.call(browser.client_token.clone(), self.now(), work).await
    }

    /// All cookies of a browser in which a call has begun a session.
    pub(super) fn cookies_after(
        &self,
        finished: Finished<(), Refusal>,
        browser: &Browser,
    ) -> Result<Vec<String>, AccountError> {
        finished.outcome.map_err(AccountError::Refused)?;
        Ok(self.cookies_now(finished.client, &finished.cookies, browser)?)
    }

    /// All cookies of a browser as a call has left it.
    pub(super) fn cookies_now(
        &self,
        client: Option<ClientView>,
        changes: &CookieChanges,
        browser: &Browser,
    ) -> Result<Vec<String>, SigningKeyError> {
        let mut cookies = self.cookies().changes(changes);
        let active = client.and_then(|view| {
            let client_updated_at = view.client.updated_at;
            view.session.map(|(session, _)| ActiveSession { session, client_updated_at, refresh_token: None })
        });
        cookies.extend(self.application_cookies(active.as_ref(), browser, &self.public_origin())?);
        Ok(cookies)
    }
}

/// A code for whoever can have the address; for its owner a word that they have an account.
fn send_sign_up_code(call: &Call<'_>, sign_up: &store::SignUp) -> Result<(), CallError<Refusal>> {
    let Some(email) = &sign_up.email_address else { return Ok(()) };
    if call.owner_of_email(email)?.is_none() {
        return Ok(call.send_code(&sign_up.id, email, EMAIL_CODE)?);
    }
    call.withhold_code(&sign_up.id, email, EMAIL_CODE)?;
    Ok(call.tell_owner(email)?)
}

/// Whose password a code replaces. Answers for nobody, and for who is locked out, count as all others do: what the next
/// ones are told is the same.
fn owner_by_code(
    call: &Call<'_>,
    sign_in: &SignIn,
    answer: &str,
    lockout: Lockout,
) -> Result<String, CallError<Refusal>> {
    if call.is_code_over(&sign_in.id)? {
        return Err(CallError::Refused(Refusal::CodeOver));
    }
    let wrong = CallError::Refused(Refusal::WrongCode);
    let owner = match &sign_in.user_id {
        Some(user_id) if call.locked_for(user_id)?.is_none() => user_id,
        _ => {
            call.check_code(&sign_in.id, RESET_PASSWORD, "")?;
            return Err(wrong);
        }
    };
    match accept_code(call, sign_in, RESET_PASSWORD, answer, lockout) {
        Ok(()) => Ok(owner.clone()),
        Err(CallError::Refused(_)) => Err(wrong),
        Err(CallError::Sqlite(error)) => Err(error.into()),
    }
}
