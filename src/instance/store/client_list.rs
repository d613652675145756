//! Clients with their sessions, as the Backend API shows them.

use std::time::Duration;

use rusqlite::{OptionalExtension, Transaction, params};

use super::{
    Client, Page, Session, Store, StoreError,
    call::{CLIENT, row_to_client},
    sessions,
};

/// A browser and the sessions it had, newest first.
pub struct ClientSessions {
    /// The browser.
    pub client: Client,
    /// Whatever their status.
    pub sessions: Vec<Session>,
}

impl Store {
    /// The client with this id.
    pub async fn client(&self, id: String, now: Duration) -> Result<Option<ClientSessions>, StoreError> {
        self.write(move |transaction| {
            let client = transaction.query_row(&format!("{CLIENT} id = ?1"), [id], row_to_client).optional()?;
            client.map(|client| with_sessions(transaction, client, now)).transpose()
        })
        .await
    }

    /// A page of the clients, newest first, and how many there are.
    pub async fn clients(&self, page: Page, now: Duration) -> Result<(Vec<ClientSessions>, u32), StoreError> {
        self.write(move |transaction| {
            let total = transaction.query_row("SELECT count(*) FROM clients", [], |row| row.get(0))?;
            let found: Vec<Client> = transaction
                .prepare(&format!("{CLIENT} true ORDER BY created_at DESC, rowid DESC LIMIT ?1 OFFSET ?2"))?
                .query_map(params![page.limit, page.offset], row_to_client)?
                .collect::<Result<_, _>>()?;
            let shown = found.into_iter().map(|client| with_sessions(transaction, client, now));
            Ok((shown.collect::<Result<_, _>>()?, total))
        })
        .await
    }
}

fn with_sessions(transaction: &Transaction<'_>, client: Client, now: Duration) -> rusqlite::Result<ClientSessions> {
    let sessions = sessions::of_client(transaction, &client.id, now)?;
    Ok(ClientSessions { client, sessions })
}
