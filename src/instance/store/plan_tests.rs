//! How SQLite finds what signing in, tokens and handshakes ask for: by an index, however many users there are.

use rusqlite::trace::{TraceEvent, TraceEventCodes};

use super::{
    tests::{File, NOW},
    *,
};
use crate::instance::{
    seed::{ACME, SEED_USERS},
    social::{Departure, ExternalError, Identity, Targets},
};

/// Small, or a list of the statement's own.
const MAY_BE_SCANNED: [&str; 3] = ["instance", "roles", "json_each"];

/// The steps of a plan that look at every row of something large.
fn scans(connection: &Connection, statement: &str) -> Vec<String> {
    let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
    let steps = plan.query_map([], |row| row.get::<_, String>("detail")).unwrap();
    let scans = steps.map(Result::unwrap).filter(|step| step.starts_with("SCAN "));
    scans.filter(|step| !MAY_BE_SCANNED.iter().any(|small| step.starts_with(&format!("SCAN {small}")))).collect()
}

fn departure() -> Departure {
    let targets = Targets { redirect_url: String::new(), complete_url: String::new() };
    let state = "state".to_owned();
    Departure {
        strategy: String::new(),
        state,
        code_verifier: String::new(),
        authorization_url: String::new(),
        targets,
    }
}

fn identity() -> Identity {
    Identity {
        strategy: "oauth_custom_x".to_owned(),
        issuer: "https://id.example".to_owned(),
        subject: "1".to_owned(),
        email: None,
        email_verified: false,
        first_name: String::new(),
        last_name: String::new(),
    }
}

#[tokio::test]
async fn nobody_is_looked_for_among_all() {
    let (store, _) = File::new().open();
    let id = SEED_USERS[0].id.to_owned();
    let statements = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&statements);
    let note = move |event: TraceEvent<'_>| {
        if let TraceEvent::Stmt(statement, _) = event {
            seen.lock().unwrap().push(statement.expanded_sql().unwrap());
        }
    };
    store.connection.lock().unwrap().trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(note)).unwrap();
    let credentials = store.credentials("ada@example.com".to_owned()).await.unwrap().unwrap();
    let lockout = Lockout { attempts: 3, duration: Duration::from_secs(60) };
    store.settle_attempt(id.clone(), credentials.password_hash, true, lockout, NOW).await.unwrap();
    store.find_user("ada@example.com".to_owned()).await.unwrap();
    let (active, token) = store.start_session(id.clone(), None, String::new(), NOW).await.unwrap();
    let session = active.session.id.clone();
    assert!(store.set_active_organization(session.clone(), Some(ACME.to_owned())).await.unwrap());
    assert!(store.active_session(token.clone(), NOW).await.unwrap().is_some());
    let renewed = store.renew_session(token.clone(), NOW).await.unwrap().unwrap();
    assert!(store.usable_session(session.clone(), NOW).await.unwrap().is_some());
    let refresh = renewed.refresh_token.unwrap();
    assert!(store.refresh_session(session.clone(), id.clone(), refresh, NOW).await.unwrap().is_some());
    let call = store.call(Some(token), NOW, move |call| -> Result<(), CallError<()>> {
        call.active_organization("acme", &id)?;
        call.begin_external(Purpose::SignIn, "sia_1", &departure())?;
        let mut external = call.arrive("state")?.unwrap();
        external.identity = Some(identity());
        call.save_external(&external)?;
        call.external_of("sia_1")?;
        call.owner_of_identity(&identity())?;
        call.is_verified_email("ada@example.com")?;
        call.note_failed_connection(&id, "oauth_custom_x", ExternalError::AccessDenied)?;
        call.delete_failed_connection(&id, "eac_1")?;
        let account = call.add_external_account(&id, &identity())?;
        call.user(&id)?;
        call.delete_external_account(&id, &account)?;
        call.forget_external()?;
        call.set_active_organization(&session, None)?;
        Ok(())
    });
    assert!(call.await.unwrap().client.is_some());
    let nonce = store.keep_handshake(vec![String::new()], NOW).await.unwrap();
    assert!(store.take_handshake(nonce, NOW).await.unwrap().is_some());

    let mut connection = store.connection.lock().unwrap();
    connection.trace_v2(TraceEventCodes::empty(), None::<fn(TraceEvent<'_>)>).unwrap();
    let statements: Vec<String> = std::mem::take(&mut statements.lock().unwrap());
    let asked: Vec<&String> = statements
        .iter()
        .filter(|text| ["SELECT", "UPDATE", "DELETE", "INSERT"].iter().any(|verb| text.trim_start().starts_with(verb)))
        .collect();
    assert!(asked.len() > 30, "only {} statements were seen", asked.len());
    for statement in asked {
        assert_eq!(scans(&connection, statement), [] as [&str; 0], "{statement}");
    }
    assert_eq!(scans(&connection, "SELECT * FROM users WHERE first_name = 'x'"), ["SCAN users"], "the test can see");
}
