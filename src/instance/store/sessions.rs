//! Sessions: who is signed in where, since when and until when.

use std::time::Duration;

use rusqlite::{OptionalExtension, Row, ToSql, Transaction, named_params, params};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::{
    Call, Page, Store, StoreError,
    conditions::Conditions,
    from_millis, json_column,
    memberships::ActiveOrganization,
    millis, organizations,
    users::{User, user},
};
use crate::instance::ids::{hash_secret, new_id, new_secret};

/// A session.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// `sess_…`
    pub id: String,
    /// The browser it is in: `client_…`
    pub client_id: String,
    /// `user_…`
    pub user_id: String,
    /// `active`, `ended`, `expired`, `replaced` or `revoked`.
    pub status: String,
    /// When the user signed in.
    pub created_at: Duration,
    /// When the user last showed who they are.
    pub verified_at: Duration,
    /// When its status last changed.
    pub updated_at: Duration,
    /// When it was last renewed.
    pub last_active_at: Duration,
    /// When it ends, whatever happens in it.
    pub expire_at: Duration,
    /// What the browser said of itself.
    pub user_agent: String,
    /// The organization it is in, if the user still belongs to it.
    pub organization: Option<ActiveOrganization>,
    /// Who acts as the user, if it is not they themselves: the `act` claim.
    pub actor: Option<Map<String, Value>>,
}

/// Which sessions. What is left out lets all pass.
#[derive(Default)]
pub struct SessionFilter {
    pub user_id: Option<String>,
    pub client_id: Option<String>,
    pub status: Option<String>,
}

const MAX_USER_AGENT_CHARS: usize = 300;

/// Every session, with its status at `:now`.
const SESSIONS: &str = "(SELECT sessions.id, client_id, sessions.user_id, sessions.created_at, sessions.updated_at,
     last_active_at, expire_at, refresh_token_hash, coalesce(verified_at, sessions.created_at) AS verified_at, user_agent, actor, organizations.id AS organization_id,
     organizations.slug AS organization_slug, roles.key AS role, roles.permissions AS permissions,
     CASE WHEN status = 'active' AND expire_at <= :now THEN 'expired' ELSE status END AS status
   FROM sessions
   LEFT JOIN organization_memberships AS memberships
     ON memberships.organization_id = last_active_organization_id AND memberships.user_id = sessions.user_id
   LEFT JOIN organizations ON organizations.id = memberships.organization_id
   LEFT JOIN roles ON roles.key = memberships.role) AS sessions";

/// The same, as far as [`SessionFilter`] reaches: counting them needs no organizations.
const SESSIONS_TO_COUNT: &str = "(SELECT client_id, user_id,
     CASE WHEN status = 'active' AND expire_at <= :now THEN 'expired' ELSE status END AS status FROM sessions)";

/// What makes a session count: a banned user's does not.
const COUNTS: &str = "status = 'active' AND NOT (SELECT banned FROM users WHERE users.id = user_id)";

impl Store {
    /// The session with this id.
    pub async fn session(&self, id: String, now: Duration) -> Result<Option<Session>, StoreError> {
        self.write(move |transaction| session(transaction, &id, now)).await
    }

    /// A page of the sessions that match, newest first, and how many match in all.
    pub async fn sessions(
        &self,
        filter: SessionFilter,
        page: Page,
        now: Duration,
    ) -> Result<(Vec<Session>, u32), StoreError> {
        self.write(move |transaction| {
            let conditions = Conditions::default()
                .on(":user_id", filter.user_id, "user_id = :user_id")
                .on(":client_id", filter.client_id, "client_id = :client_id")
                .on(":status", filter.status, "status = :status");
            let matches = conditions.sql();
            let at: &[(&str, &dyn ToSql)] = named_params! { ":now": millis(now) };
            let count = format!("SELECT count(*) FROM {SESSIONS_TO_COUNT} WHERE {matches}");
            let total = transaction.query_row(&count, &*[at, &conditions.values()].concat(), |row| row.get(0))?;
            let sql = format!(
                "SELECT * FROM {SESSIONS} WHERE {matches} ORDER BY created_at DESC, id LIMIT :limit OFFSET :offset"
            );
            let mut statement = transaction.prepare(&sql)?;
            let wanted = [at, &conditions.values_of_page(&page)].concat();
            let sessions = statement.query_map(wanted.as_slice(), row_to_session)?;
            Ok((sessions.collect::<Result<_, _>>()?, total))
        })
        .await
    }

    /// The session with this id and its user, if it is active and they are not banned.
    pub async fn usable_session(&self, id: String, now: Duration) -> Result<Option<(Session, User)>, StoreError> {
        self.write(move |transaction| {
            let sql = format!("SELECT * FROM {SESSIONS} WHERE id = :id AND {COUNTS}");
            let wanted: &[(&str, &dyn ToSql)] = named_params! { ":now": millis(now), ":id": id };
            let Some(session) = transaction.prepare_cached(&sql)?.query_row(wanted, row_to_session).optional()? else {
                return Ok(None);
            };
            let user = user(transaction, &session.user_id)?;
            Ok(user.map(|user| (session, user)))
        })
        .await
    }

    /// The session with this id, if it is this user's, counts, and has this refresh token.
    pub async fn refresh_session(
        &self,
        id: String,
        user_id: String,
        refresh_token: SecretString,
        now: Duration,
    ) -> Result<Option<Session>, StoreError> {
        self.write(move |transaction| {
            let sql = format!(
                "SELECT * FROM {SESSIONS}
                 WHERE id = :id AND user_id = :user_id AND refresh_token_hash = :hash AND {COUNTS}"
            );
            let wanted: &[(&str, &dyn ToSql)] = named_params! {
                ":now": millis(now), ":id": id, ":user_id": user_id,
                ":hash": hash_secret(refresh_token.expose_secret()),
            };
            let session = transaction.prepare_cached(&sql)?.query_row(wanted, row_to_session).optional()?;
            if let Some(session) = &session {
                mark_used(transaction, session, now)?;
            }
            Ok(session)
        })
        .await
    }

    /// Takes a session into an organization (by id or slug) that its user belongs to, or out of all of them. Returns
    /// whether it could be done; where not, the session stays where it is.
    pub async fn set_active_organization(
        &self,
        session_id: String,
        id_or_slug: Option<String>,
    ) -> Result<bool, StoreError> {
        self.write(move |transaction| activate(transaction, &session_id, id_or_slug.as_deref())).await
    }

    /// Revokes a session that is active. Returns the session as it is now, if there is one with this id.
    pub async fn revoke_session(&self, id: String, now: Duration) -> Result<Option<Session>, StoreError> {
        self.write(move |transaction| {
            revoke(transaction, &id, now)?;
            session(transaction, &id, now)
        })
        .await
    }
}

impl Call<'_> {
    /// The active sessions of a user, newest first.
    pub fn active_sessions(&self, user_id: &str) -> rusqlite::Result<Vec<Session>> {
        let sql =
            format!("SELECT * FROM {SESSIONS} WHERE user_id = :user_id AND {COUNTS} ORDER BY created_at DESC, id");
        let wanted: &[(&str, &dyn ToSql)] = named_params! { ":now": millis(self.now), ":user_id": user_id };
        self.transaction.prepare_cached(&sql)?.query_map(wanted, row_to_session)?.collect()
    }

    /// Revokes an active session of a user. Returns the session as it is now, if there is such a one.
    pub fn revoke_session(&self, user_id: &str, id: &str) -> rusqlite::Result<Option<Session>> {
        let found = session(self.transaction, id, self.now)?;
        if !found.is_some_and(|session| session.user_id == user_id && session.status == "active") {
            return Ok(None);
        }
        revoke(self.transaction, id, self.now)?;
        session(self.transaction, id, self.now)
    }

    /// Notes that the user of a session showed who they are.
    pub fn mark_verified(&self, id: &str) -> rusqlite::Result<()> {
        self.transaction
            .execute("UPDATE sessions SET verified_at = ?2 WHERE id = ?1", params![id, millis(self.now)])?;
        Ok(())
    }

    /// Revokes every active session of a user but one.
    pub fn revoke_sessions(&self, user_id: &str, but: Option<&str>) -> rusqlite::Result<()> {
        self.transaction.execute(
            "UPDATE clients SET updated_at = ?3 WHERE id IN
               (SELECT client_id FROM sessions WHERE user_id = ?1 AND id IS NOT ?2 AND status = 'active')",
            params![user_id, but, millis(self.now)],
        )?;
        self.transaction.execute(
            "UPDATE sessions SET status = 'revoked', updated_at = ?3
             WHERE user_id = ?1 AND id IS NOT ?2 AND status = 'active'",
            params![user_id, but, millis(self.now)],
        )?;
        Ok(())
    }
}

fn revoke(transaction: &Transaction<'_>, id: &str, now: Duration) -> rusqlite::Result<()> {
    transaction.execute(
        "UPDATE clients SET updated_at = ?2
         WHERE id = (SELECT client_id FROM sessions WHERE id = ?1 AND status = 'active')",
        params![id, millis(now)],
    )?;
    transaction.execute(
        "UPDATE sessions SET status = 'revoked', updated_at = ?2 WHERE id = ?1 AND status = 'active'",
        params![id, millis(now)],
    )?;
    Ok(())
}

impl Call<'_> {
    /// As [`Store::set_active_organization`].
    pub fn set_active_organization(&self, session_id: &str, id_or_slug: Option<&str>) -> rusqlite::Result<bool> {
        activate(self.transaction, session_id, id_or_slug)
    }
}

/// Pages ask for it whenever they get the focus: what is so already costs no write.
fn activate(transaction: &Transaction<'_>, session_id: &str, id_or_slug: Option<&str>) -> rusqlite::Result<bool> {
    let id = match id_or_slug {
        Some(wanted) => match organizations::id_of(transaction, wanted)? {
            Some(id) if may_be_in(transaction, session_id, &id)? => Some(id),
            _ => return Ok(false),
        },
        None => None,
    };
    transaction
        .prepare_cached(
            "UPDATE sessions SET last_active_organization_id = ?2
             WHERE id = ?1 AND last_active_organization_id IS NOT ?2",
        )?
        .execute(params![session_id, id])?;
    Ok(true)
}

/// Whether the user of a session belongs to an organization.
fn may_be_in(transaction: &Transaction<'_>, session_id: &str, organization_id: &str) -> rusqlite::Result<bool> {
    transaction
        .prepare_cached(
            "SELECT 1 FROM sessions JOIN organization_memberships AS memberships USING (user_id)
             WHERE sessions.id = ?1 AND organization_id = ?2",
        )?
        .exists([session_id, organization_id])
}

/// Writes a new session.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    client_id: String,
    user_id: String,
    user_agent: &str,
    now: Duration,
    expire_at: Duration,
) -> rusqlite::Result<Session> {
    let written_at = from_millis(millis(now));
    let session = Session {
        id: new_id("sess"),
        client_id,
        user_id,
        status: "active".to_owned(),
        created_at: written_at,
        verified_at: written_at,
        updated_at: written_at,
        last_active_at: written_at,
        expire_at: from_millis(millis(expire_at)),
        user_agent: user_agent.chars().take(MAX_USER_AGENT_CHARS).collect(),
        organization: None,
        actor: None,
    };
    transaction.execute(
        "INSERT INTO sessions
           (id, client_id, user_id, status, created_at, updated_at, last_active_at, expire_at, user_agent)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?5, ?6, ?7)",
        params![
            session.id,
            session.client_id,
            session.user_id,
            session.status,
            millis(now),
            millis(expire_at),
            session.user_agent
        ],
    )?;
    Ok(session)
}

/// The session of a browser, if it has one that counts.
pub(super) fn active_in_client(
    transaction: &Transaction<'_>,
    client_id: &str,
    now: Duration,
) -> rusqlite::Result<Option<Session>> {
    let sql =
        format!("SELECT * FROM {SESSIONS} WHERE client_id = :client_id AND {COUNTS} ORDER BY created_at DESC LIMIT 1");
    let wanted: &[(&str, &dyn ToSql)] = named_params! { ":now": millis(now), ":client_id": client_id };
    transaction.prepare_cached(&sql)?.query_row(wanted, row_to_session).optional()
}

/// The sessions of a browser, whatever their status, newest first.
pub(super) fn of_client(
    transaction: &Transaction<'_>,
    client_id: &str,
    now: Duration,
) -> rusqlite::Result<Vec<Session>> {
    let sql = format!("SELECT * FROM {SESSIONS} WHERE client_id = :client_id ORDER BY created_at DESC, id");
    let wanted: &[(&str, &dyn ToSql)] = named_params! { ":now": millis(now), ":client_id": client_id };
    transaction.prepare_cached(&sql)?.query_map(wanted, row_to_session)?.collect()
}

/// Notes that a session is in use, and gives it a new refresh token.
pub(super) fn use_and_rotate(
    transaction: &Transaction<'_>,
    session: &Session,
    now: Duration,
) -> rusqlite::Result<SecretString> {
    mark_used(transaction, session, now)?;
    let token = new_secret();
    transaction.execute(
        "UPDATE sessions SET refresh_token_hash = ?2 WHERE id = ?1",
        params![session.id, hash_secret(&token)],
    )?;
    Ok(token.into())
}

/// Notes that a session is in use.
pub(super) fn mark_used(transaction: &Transaction<'_>, session: &Session, now: Duration) -> rusqlite::Result<()> {
    transaction.execute("UPDATE sessions SET last_active_at = ?2 WHERE id = ?1", params![session.id, millis(now)])?;
    transaction.execute("UPDATE users SET last_active_at = ?2 WHERE id = ?1", params![session.user_id, millis(now)])?;
    Ok(())
}

fn session(transaction: &Transaction<'_>, id: &str, now: Duration) -> rusqlite::Result<Option<Session>> {
    let sql = format!("SELECT * FROM {SESSIONS} WHERE id = :id");
    let wanted: &[(&str, &dyn ToSql)] = named_params! { ":now": millis(now), ":id": id };
    transaction.prepare_cached(&sql)?.query_row(wanted, row_to_session).optional()
}

fn row_to_session(row: &Row<'_>) -> rusqlite::Result<Session> {
    let time = |column| row.get(column).map(from_millis);
    Ok(Session {
        id: row.get("id")?,
        client_id: row.get("client_id")?,
        user_id: row.get("user_id")?,
        status: row.get("status")?,
        created_at: time("created_at")?,
        verified_at: time("verified_at")?,
        updated_at: time("updated_at")?,
        last_active_at: time("last_active_at")?,
        expire_at: time("expire_at")?,
        user_agent: row.get("user_agent")?,
        organization: row_to_organization(row)?,
        actor: row.get::<_, Option<String>>("actor")?.map(|_| json_column(row, "actor")).transpose()?,
    })
}

fn row_to_organization(row: &Row<'_>) -> rusqlite::Result<Option<ActiveOrganization>> {
    let Some(id) = row.get("organization_id")? else { return Ok(None) };
    let (slug, role) = (row.get("organization_slug")?, row.get("role")?);
    Ok(Some(ActiveOrganization { id, slug, role, permissions: json_column(row, "permissions")? }))
}
