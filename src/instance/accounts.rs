//! What signing up, in and out means, whatever asked for it.

use axum::http::{
    HeaderMap,
    header::{COOKIE, USER_AGENT},
};

use super::{
    InstanceState,
    ids::new_id,
    password::PasswordError,
    session_cookies::{CLIENT, CookieWriter, DEV_BROWSER},
    signing_key::SigningKeyError,
    store::{ActiveSession, BY_ADMIN, CreateUserError, Credentials, NewUser, StoreError, TicketError},
};

/// Clerk's own bounds, in characters.
pub const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 8..=72;
const MAX_EMAIL_CHARS: usize = 254;
/// Of a first or a last name.
pub const MAX_NAME_CHARS: usize = 100;

/// What somebody typed to sign up.
#[derive(Debug, Clone, Default)]
pub struct SignUp {
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub password: String,
}

/// Why signing in or up did not work, for the person who tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Unknown address or wrong password: the same answer, so that nobody learns which.
    WrongCredentials,
    /// Another code than was sent, or none was sent: the same answer, too.
    WrongCode,
    /// No code is right any more: it is too late, or too many were wrong.
    CodeOver,
    /// The sign-in token signs nobody in.
    Ticket(TicketError),
    Banned,
    /// Too many attempts failed. Told only to who shows that the account is theirs.
    Locked,
    EmailInvalid,
    EmailTaken,
    PasswordTooShort,
    PasswordTooLong,
    PasswordIsEmail,
    /// The field it is in.
    NameTooLong(&'static str),
}

/// Signing in or up did not work.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("{0}")]
    Refused(Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    SigningKey(#[from] SigningKeyError),
}

/// The browser, as its cookies name it.
#[derive(Default)]
pub struct Browser {
    pub client_token: Option<String>,
    pub dev_browser: Option<String>,
    /// What it says of itself.
    pub user_agent: String,
}

impl Browser {
    pub fn read(headers: &HeaderMap) -> Self {
        let cookie = |wanted: &str| {
            let values = headers.get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
            let mut pairs = values.filter_map(|pair| std::str::from_utf8(pair).ok()?.trim().split_once('='));
            pairs.find(|(name, value)| *name == wanted && !value.is_empty()).map(|(_, value)| value.to_owned())
        };
        let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let dev_browser = cookie(DEV_BROWSER).filter(|id| is_dev_browser(id));
        Self { client_token: cookie(CLIENT), dev_browser, user_agent }
    }
}

/// Only what this instance could have made is written back into a `Set-Cookie` header.
fn is_dev_browser(id: &str) -> bool {
    id.len() <= 64
        && id.starts_with("dvb_")
        && id.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

impl InstanceState {
    /// Signs a browser in. Returns the cookies that say so. Unknown, wrong and locked are the same answer after the same
    /// work.
    pub async fn sign_in(&self, email: &str, password: String, browser: &Browser) -> Result<Vec<String>, AccountError> {
        let credentials = self.store.credentials(normalise_email(email)).await?;
        let stored = credentials.as_ref().map(|credentials| credentials.password_hash.clone());
        let correct = self.passwords.verify(password, stored.filter(|hash| !hash.is_empty())).await?;
        let Some(Credentials { user_id, password_hash, banned }) = credentials else {
            return Err(AccountError::Refused(Refusal::WrongCredentials));
        };
        let settle =
            self.store.settle_attempt(user_id.clone(), password_hash, correct, self.settings.lockout, self.now());
        if !settle.await? {
            return Err(AccountError::Refused(Refusal::WrongCredentials));
        }
        if banned {
            return Err(AccountError::Refused(Refusal::Banned));
        }
        let (token, user_agent) = (browser.client_token.clone(), browser.user_agent.clone());
        let (active, token) = self.store.start_session(user_id, token, user_agent, self.now()).await?;
        Ok(self.signed_in(&active, token, browser)?)
    }

    /// Signs a browser out. Returns the cookies that say so.
    pub async fn sign_out(&self, browser: &Browser) -> Result<Vec<String>, AccountError> {
        let cookies = self.cookies();
        let mut values = cookies.signed_out();
        if let Some(token) = &browser.client_token
            && let Some(token) = self.store.end_all_sessions(token.clone(), self.now()).await?
        {
            values.push(cookies.client(&token.into()));
        }
        Ok(values)
    }

    /// The session of a browser, if it has one.
    pub async fn active_session(&self, browser: &Browser) -> Result<Option<ActiveSession>, StoreError> {
        match &browser.client_token {
            Some(token) => self.store.active_session(token.clone(), self.now()).await,
            None => Ok(None),
        }
    }

    /// Takes the session of a browser into an organization (by id or slug); nothing stands for none. Where its user does
    /// not belong to it, the session stays where it is.
    pub async fn choose_organization(&self, browser: &Browser, wanted: &str) -> Result<(), StoreError> {
        if let Some(active) = self.active_session(browser).await? {
            let wanted = Some(wanted.to_owned()).filter(|wanted| !wanted.is_empty());
            self.store.set_active_organization(active.session.id, wanted).await?;
        }
        Ok(())
    }

    /// The session of a browser, if it has one, with a new refresh token.
    pub async fn renew_session(&self, browser: &Browser) -> Result<Option<ActiveSession>, StoreError> {
        match &browser.client_token {
            Some(token) => self.store.renew_session(token.clone(), self.now()).await,
            None => Ok(None),
        }
    }

    /// The application's cookies for a browser, at `origin`: who it is, whether somebody is signed in, their tokens.
    pub fn application_cookies(
        &self,
        active: Option<&ActiveSession>,
        browser: &Browser,
        origin: &str,
    ) -> Result<Vec<String>, SigningKeyError> {
        let cookies = self.cookies();
        let dev_browser = browser.dev_browser.clone().unwrap_or_else(|| new_id("dvb"));
        let mut values = cookies.dev_browser(&dev_browser);
        let Some(active) = active else {
            values.extend(cookies.signed_out());
            return Ok(values);
        };
        let token = self.mint.session_token(&active.session, origin, None, self.now())?;
        values.extend(cookies.signed_in(&token, active.client_updated_at.as_secs()));
        values.extend(active.refresh_token.as_ref().map(|token| cookies.refresh(token)));
        Ok(values)
    }

    /// Creates an account for somebody whose address an administrator vouches for. Returns the user's id.
    pub async fn create_account(&self, form: SignUp) -> Result<String, AccountError> {
        let email = normalise_email(&form.email);
        check(&form, &email).map_err(AccountError::Refused)?;
        let user = NewUser {
            first_name: form.first_name.trim().to_owned(),
            last_name: form.last_name.trim().to_owned(),
            email,
            verified_by: Some(BY_ADMIN),
            password_hash: self.passwords.hash(form.password).await?,
            ..NewUser::default()
        };
        match self.store.create_user(user, self.now()).await {
            Ok(user_id) => Ok(user_id),
            Err(CreateUserError::EmailTaken) => Err(AccountError::Refused(Refusal::EmailTaken)),
            Err(CreateUserError::Store(error)) => Err(error.into()),
        }
    }

    /// The cookies of a browser in which a session has begun.
    pub fn signed_in(
        &self,
        active: &ActiveSession,
        token: String,
        browser: &Browser,
    ) -> Result<Vec<String>, SigningKeyError> {
        tracing::info!(user.id = active.session.user_id, session.id = active.session.id, "signed in");
        let mut values = self.application_cookies(Some(active), browser, &self.public_origin())?;
        values.push(self.cookies().client(&token.into()));
        Ok(values)
    }

    pub fn cookies(&self) -> CookieWriter {
        CookieWriter::new(&self.settings.public_url)
    }
}

/// As addresses are kept and compared.
pub fn normalise_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Whether somebody can sign up so, with this address (in lower case).
pub fn check(form: &SignUp, email: &str) -> Result<(), Refusal> {
    check_email(email)?;
    check_password(&form.password, email)?;
    check_name("first_name", &form.first_name)?;
    check_name("last_name", &form.last_name)
}

/// Whether somebody can have this address (in lower case).
pub fn check_email(email: &str) -> Result<(), Refusal> {
    if is_email(email) { Ok(()) } else { Err(Refusal::EmailInvalid) }
}

/// Whether somebody with this address (in lower case) can have this password.
pub fn check_password(password: &str, email: &str) -> Result<(), Refusal> {
    let chars = password.chars().count();
    if chars < *PASSWORD_CHARS.start() {
        return Err(Refusal::PasswordTooShort);
    }
    if chars > *PASSWORD_CHARS.end() {
        return Err(Refusal::PasswordTooLong);
    }
    if password.to_lowercase() == email { Err(Refusal::PasswordIsEmail) } else { Ok(()) }
}

/// Whether somebody can be called this.
pub fn check_name(field: &'static str, name: &str) -> Result<(), Refusal> {
    if name.chars().count() > MAX_NAME_CHARS { Err(Refusal::NameTooLong(field)) } else { Ok(()) }
}

/// What browsers accept in an email field, roughly. Only a message to the address would show that it exists.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let plain = text.chars().all(|character| !character.is_whitespace() && !character.is_control());
    let labels = domain.contains('.') && domain.split('.').all(|label| !label.is_empty());
    plain && labels && !local.is_empty() && !domain.contains('@') && text.chars().count() <= MAX_EMAIL_CHARS
}
