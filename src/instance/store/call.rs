//! One call of the Frontend API: what it reads and changes, in one transaction, and the browser as it is afterwards.
//!
//! A refusal keeps what was written before it, such as the failed attempt that it is about; what belongs together is
//! written in `whole_or_nothing`.

use std::time::Duration;

use rusqlite::{OptionalExtension, Transaction};
use secrecy::SecretString;

use super::{
    Session, SignInView, SignUpView, Store, StoreError, User, clients, from_millis, sessions, sign_ins, sign_ups, users,
};
use crate::instance::ids::hash_secret;

/// How exact it is when a session was last used.
const NOTE_USE_EVERY: Duration = Duration::from_secs(30);

/// A call under way.
pub struct Call<'a> {
    pub(super) transaction: &'a Transaction<'a>,
    pub(super) now: Duration,
    pub(super) client: Option<Client>,
    pub(super) cookies: CookieChanges,
}

/// A browser.
#[derive(Clone)]
pub struct Client {
    /// `client_…`
    pub id: String,
    /// When it was first seen.
    pub created_at: Duration,
    /// When its sessions last changed.
    pub updated_at: Duration,
}

/// A browser and all that is in it.
pub struct ClientView {
    /// The browser.
    pub client: Client,
    /// Its session, and whose it is.
    pub session: Option<(Session, User)>,
    /// The sign-in under way.
    pub sign_in: Option<SignInView>,
    /// The sign-up under way.
    pub sign_up: Option<SignUpView>,
}

/// What becomes of a cookie that scripts cannot read.
#[derive(Default)]
pub enum CookieChange {
    /// It stays as it is.
    #[default]
    Keep,
    /// It gets this value.
    Set(SecretString),
    /// It goes.
    Remove,
}

/// What becomes of the browser's cookies.
#[derive(Default)]
pub struct CookieChanges {
    /// `__client`
    pub client: CookieChange,
    /// `__refresh_…`
    pub refresh: CookieChange,
}

/// Why a call went no further.
pub enum CallError<R> {
    /// It asks for what cannot be.
    Refused(R),
    /// The store failed; nothing was written.
    Sqlite(rusqlite::Error),
}

impl<R> From<rusqlite::Error> for CallError<R> {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// A call that was made.
pub struct Finished<T, R> {
    /// What came of it.
    pub outcome: Result<T, R>,
    /// The browser as it is now, if it is known.
    pub client: Option<ClientView>,
    /// What becomes of its cookies.
    pub cookies: CookieChanges,
}

impl Store {
    /// Makes a call for the browser that holds `client_token`.
    pub async fn call<T: Send + 'static, R: Send + 'static>(
        &self,
        client_token: Option<String>,
        now: Duration,
        work: impl FnOnce(&mut Call<'_>) -> Result<T, CallError<R>> + Send + 'static,
    ) -> Result<Finished<T, R>, StoreError> {
        self.write(move |transaction| {
            let client = match client_token {
                Some(token) => known_client(transaction, &token)?,
                None => None,
            };
            let mut call = Call { transaction, now, client, cookies: CookieChanges::default() };
            let outcome = match work(&mut call) {
                Ok(value) => Ok(value),
                Err(CallError::Refused(refusal)) => Err(refusal),
                Err(CallError::Sqlite(error)) => return Err(error),
            };
            Ok(Finished { outcome, client: call.view()?, cookies: call.cookies })
        })
        .await
    }
}

impl Call<'_> {
    /// When the call is made.
    pub const fn now(&self) -> Duration {
        self.now
    }

    /// Does `work`, which may refuse halfway: a refusal takes all of it back.
    pub fn whole_or_nothing<T, R>(&self, work: impl FnOnce() -> Result<T, CallError<R>>) -> Result<T, CallError<R>> {
        let done = super::whole_or_nothing(self.transaction, || match work() {
            Ok(value) => Ok(Ok(value)),
            Err(CallError::Refused(refusal)) => Ok(Err(refusal)),
            Err(CallError::Sqlite(error)) => Err(error),
        });
        done?.map_err(CallError::Refused)
    }

    /// The browser, which is made known if it is not.
    pub fn client_id(&mut self) -> rusqlite::Result<String> {
        if let Some(client) = &self.client {
            return Ok(client.id.clone());
        }
        let (client, token) = clients::create(self.transaction, self.now)?;
        let id = client.id.clone();
        self.client = Some(client);
        self.cookies.client = CookieChange::Set(token.into());
        Ok(id)
    }

    /// The browser's session that counts, and whose it is.
    pub fn session(&self) -> rusqlite::Result<Option<(Session, User)>> {
        let Some(client) = &self.client else { return Ok(None) };
        let Some(session) = sessions::active_in_client(self.transaction, &client.id, self.now)? else {
            return Ok(None);
        };
        let user = users::user(self.transaction, &session.user_id)?;
        Ok(user.map(|user| (session, user)))
    }

    /// The user with this id.
    pub fn user(&self, id: &str) -> rusqlite::Result<Option<User>> {
        users::user(self.transaction, id)
    }

    /// Starts a session for a user: the browser gets a new token, and its session from before ends.
    pub fn start_session(&mut self, user_id: &str, user_agent: &str) -> rusqlite::Result<Session> {
        let client_id = self.client_id()?;
        clients::forget_old(self.transaction, self.now)?;
        clients::end_sessions(self.transaction, &client_id, "replaced", self.now)?;
        let (session, refresh) =
            clients::insert_session(self.transaction, client_id, user_id.to_owned(), user_agent, self.now)?;
        self.rotate_token()?;
        self.cookies.refresh = CookieChange::Set(refresh);
        Ok(session)
    }

    /// Ends the browser's session, which gets a new token.
    pub fn end_session(&mut self) -> rusqlite::Result<()> {
        let Some(client) = &self.client else { return Ok(()) };
        clients::end_sessions(self.transaction, &client.id, "ended", self.now)?;
        self.cookies.refresh = CookieChange::Remove;
        self.rotate_token()
    }

    /// Notes that a session is in use, unless that was noted a moment ago: a note costs a write to the disk.
    pub fn mark_used(&self, session: &Session) -> rusqlite::Result<()> {
        if self.now < session.last_active_at + NOTE_USE_EVERY {
            return Ok(());
        }
        sessions::mark_used(self.transaction, session, self.now)
    }

    /// Forgets the browser and all that is in it. Returns its id, if it was known.
    pub fn forget_client(&mut self) -> rusqlite::Result<Option<String>> {
        self.cookies = CookieChanges { client: CookieChange::Remove, refresh: CookieChange::Remove };
        let Some(client) = self.client.take() else { return Ok(None) };
        self.transaction.execute("DELETE FROM clients WHERE id = ?1", [&client.id])?;
        Ok(Some(client.id))
    }

    /// What was seen before a sign-in or a sign-out is worth nothing after it.
    fn rotate_token(&mut self) -> rusqlite::Result<()> {
        if let Some(client) = &mut self.client {
            let token = clients::rotate(self.transaction, &client.id, self.now)?;
            client.updated_at = from_millis(super::millis(self.now));
            self.cookies.client = CookieChange::Set(token.into());
        }
        Ok(())
    }

    fn view(&self) -> rusqlite::Result<Option<ClientView>> {
        let Some(client) = known_by_id(self.transaction, self.client.as_ref())? else { return Ok(None) };
        let sign_in = sign_ins::open_in_client(self.transaction, &client.id, self.now)?;
        let sign_up = sign_ups::open_in_client(self.transaction, &client.id, self.now)?;
        Ok(Some(ClientView {
            session: self.session()?,
            sign_in: sign_in.map(|sign_in| self.show_sign_in(sign_in)).transpose()?,
            sign_up: sign_up.map(|sign_up| self.show_sign_up(sign_up)).transpose()?,
            client,
        }))
    }
}

/// A browser, up to the condition.
pub(super) const CLIENT: &str = "SELECT id, created_at, updated_at FROM clients WHERE";

fn known_client(transaction: &Transaction<'_>, token: &str) -> rusqlite::Result<Option<Client>> {
    let sql = format!("{CLIENT} token_hash = ?1");
    transaction.prepare_cached(&sql)?.query_row([hash_secret(token)], row_to_client).optional()
}

/// The browser as it is now: deleting a user changes it, too.
fn known_by_id(transaction: &Transaction<'_>, client: Option<&Client>) -> rusqlite::Result<Option<Client>> {
    let Some(client) = client else { return Ok(None) };
    let sql = format!("{CLIENT} id = ?1");
    transaction.prepare_cached(&sql)?.query_row([&client.id], row_to_client).optional()
}

pub(super) fn row_to_client(row: &rusqlite::Row<'_>) -> rusqlite::Result<Client> {
    Ok(Client { id: row.get(0)?, created_at: from_millis(row.get(1)?), updated_at: from_millis(row.get(2)?) })
}
