//! How SQLite finds what signing in, tokens, handshakes and lists ask for: by an index, however many users there are.

use rusqlite::{
    StatementStatus,
    trace::{TraceEvent, TraceEventCodes},
};

use super::{
    tests::{File, NOW},
    *,
};
use crate::instance::{
    seed::{ACME, SEED_USERS},
    social::{Departure, ExternalError, Identity, Targets},
};

/// Small (of mails the newest are kept), or a list of the statement's own.
const MAY_BE_SCANNED: [&str; 4] = ["instance", "roles", "mails", "json_each"];

fn plan(connection: &Connection, statement: &str) -> Vec<String> {
    let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
    let steps = plan.query_map([], |row| row.get::<_, String>("detail")).unwrap();
    steps.map(Result::unwrap).collect()
}

/// The steps of a plan that look at every row of something large.
fn scans(connection: &Connection, statement: &str) -> Vec<String> {
    let scans = plan(connection, statement).into_iter().filter(|step| step.starts_with("SCAN "));
    scans.filter(|step| !MAY_BE_SCANNED.iter().any(|small| step.starts_with(&format!("SCAN {small}")))).collect()
}

/// As [`scans`], but for walks along an index: those of a page end when it is full, and counting reads nothing else.
fn scans_but_walks(connection: &Connection, statement: &str) -> Vec<String> {
    let is_sorted = plan(connection, statement).iter().any(|step| step.starts_with("USE TEMP B-TREE FOR ORDER BY"));
    let mut scans = scans(connection, statement);
    let walk = if statement.contains("count(*)") { " USING COVERING INDEX " } else { " USING INDEX " };
    scans.retain(|step| is_sorted || !step.contains(walk));
    scans
}

/// The statements that read or write something, noted while a store works.
struct Statements {
    store: Store,
    noted: Arc<Mutex<Vec<String>>>,
}

impl Statements {
    fn of(store: &Store) -> Self {
        let noted = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&noted);
        let note = move |event: TraceEvent<'_>| {
            if let TraceEvent::Stmt(statement, _) = event {
                seen.lock().unwrap().push(statement.expanded_sql().unwrap());
            }
        };
        store.connection.lock().unwrap().trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(note)).unwrap();
        Self { store: store.clone(), noted }
    }

    /// Fails if one of them looks at every row of something large. Returns how many there were.
    fn assert_none(self, scans: fn(&Connection, &str) -> Vec<String>) -> usize {
        let mut connection = self.store.connection.lock().unwrap();
        connection.trace_v2(TraceEventCodes::empty(), None::<fn(TraceEvent<'_>)>).unwrap();
        let mut statements = std::mem::take(&mut *self.noted.lock().unwrap());
        let verbs = ["SELECT", "UPDATE", "DELETE", "INSERT"];
        statements.retain(|text| verbs.iter().any(|verb| text.trim_start().starts_with(verb)));
        for statement in &statements {
            assert_eq!(scans(&connection, statement), [] as [&str; 0], "{statement}");
        }
        statements.len()
    }
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
    let statements = Statements::of(&store);
    let credentials = store.credentials("ada@example.com".to_owned()).await.unwrap().unwrap();
    let lockout = Lockout { attempts: 3, duration: Duration::from_secs(60) };
    store.settle_attempt(id.clone(), credentials.password_hash, true, lockout, NOW).await.unwrap();
    store.find_user("ada@example.com".to_owned()).await.unwrap();
    store.find_user("Ada".to_owned()).await.unwrap();
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
        let sign_in = call.begin_sign_in(Some(id.clone()), Some("ada@example.com".to_owned()))?;
        call.send_code(&sign_in.id, "ada@example.com", "email_code")?;
        assert_eq!(call.check_code(&sign_in.id, "email_code", "")?, CodeCheck::Wrong);
        call.send_code(&sign_in.id, "ada+clerk_test@example.com", "email_code")?;
        assert_eq!(call.check_code(&sign_in.id, "email_code", "424242")?, CodeCheck::Correct);
        call.start_session(&id, "")?;
        Ok(())
    });
    assert!(call.await.unwrap().client.is_some());
    let nonce = store.keep_handshake(vec![String::new()], NOW).await.unwrap();
    assert!(store.take_handshake(nonce, NOW).await.unwrap().is_some());

    let asked = statements.assert_none(scans);
    assert!(asked > 40, "only {asked} statements were seen");
    let connection = store.connection.lock().unwrap();
    assert_eq!(scans(&connection, "SELECT * FROM users WHERE first_name = 'x'"), ["SCAN users"], "the test can see");
}

const PAGE: Page = Page { limit: 10, offset: 0 };

const fn newest<Column>(column: Column) -> Order<Column> {
    Order { column, descending: true }
}

async fn list_users(store: &Store, filter: UserFilter, column: UserColumn) {
    store.users(filter.clone(), newest(column), PAGE).await.unwrap();
    store.count_users(filter).await.unwrap();
}

#[tokio::test]
async fn lists_are_narrowed_by_an_index() {
    let (store, _) = File::new().open();
    let statements = Statements::of(&store);
    let one = || Some(vec!["x".to_owned()]);
    let everybody = UserFilter::default();
    for filter in [
        UserFilter { email_addresses: one(), ..everybody.clone() },
        UserFilter { ids: one(), ..everybody.clone() },
        UserFilter { external_ids: one(), ..everybody.clone() },
        UserFilter { usernames: one(), ..everybody.clone() },
        UserFilter { organization_ids: one(), ..everybody.clone() },
        UserFilter { created: TimeRange { after: Some(NOW), before: None }, ..everybody.clone() },
        UserFilter { email_addresses: one(), query: Some("x".to_owned()), ..everybody },
    ] {
        list_users(&store, filter, UserColumn::CreatedAt).await;
    }
    let x = || Some("x".to_owned());
    for filter in [
        SessionFilter { user_id: x(), ..SessionFilter::default() },
        SessionFilter { client_id: x(), ..SessionFilter::default() },
        SessionFilter { user_id: x(), client_id: x(), status: Some("active".to_owned()) },
    ] {
        store.sessions(filter, PAGE, NOW).await.unwrap();
    }
    let all = OrganizationFilter::default;
    for filter in [OrganizationFilter { ids: one(), ..all() }, OrganizationFilter { user_ids: one(), ..all() }] {
        store.organizations(filter, newest(OrganizationColumn::Name), PAGE).await.unwrap();
    }
    let all = MembershipFilter::default;
    for filter in [
        MembershipFilter { organization_id: x(), query: x(), ..all() },
        MembershipFilter { user_ids: one(), roles: one(), ..all() },
        MembershipFilter { email_addresses: one(), ..all() },
    ] {
        store.memberships(filter, newest(MembershipColumn::EmailAddress), PAGE).await.unwrap();
    }
    assert!(statements.assert_none(scans) >= 30);
}

#[tokio::test]
async fn a_page_of_all_is_read_in_order_and_no_further() {
    let (store, _) = File::new().open();
    let statements = Statements::of(&store);
    for column in [UserColumn::CreatedAt, UserColumn::LastActiveAt, UserColumn::LastSignInAt, UserColumn::Username] {
        list_users(&store, UserFilter::default(), column).await;
    }
    let recently = TimeRange { after: Some(NOW), before: None };
    list_users(&store, UserFilter { last_active: recently, ..Default::default() }, UserColumn::LastActiveAt).await;
    list_users(&store, UserFilter { last_sign_in: recently, ..Default::default() }, UserColumn::CreatedAt).await;
    store.sessions(SessionFilter::default(), PAGE, NOW).await.unwrap();
    store.clients(PAGE, NOW).await.unwrap();
    store.organizations(OrganizationFilter::default(), newest(OrganizationColumn::CreatedAt), PAGE).await.unwrap();
    store.memberships(MembershipFilter::default(), newest(MembershipColumn::CreatedAt), PAGE).await.unwrap();
    assert!(statements.assert_none(scans_but_walks) >= 20);
    let connection = store.connection.lock().unwrap();
    let sorted = "SELECT * FROM users ORDER BY first_name LIMIT 10";
    assert_eq!(scans_but_walks(&connection, sorted), ["SCAN users"], "the test can see");
}

/// A statement that depends on its parameters would be planned anew every time, because its last ones are forgotten.
#[tokio::test]
async fn what_is_asked_again_is_not_planned_again() {
    let (store, _) = File::new().open();
    let (_, token) = store.start_session(SEED_USERS[0].id.to_owned(), None, String::new(), NOW).await.unwrap();
    let again = Arc::new(Mutex::new((0, Vec::new())));
    let seen = Arc::clone(&again);
    let note = move |event: TraceEvent<'_>| {
        if let TraceEvent::Profile(statement, _) = event {
            let (used_again, planned_again) = &mut *seen.lock().unwrap();
            *used_again += i32::from(statement.get_status(StatementStatus::Run) > 1);
            if statement.get_status(StatementStatus::RePrepare) > 0 {
                planned_again.push(statement.sql().into_owned());
            }
        }
    };
    store.connection.lock().unwrap().trace_v2(TraceEventCodes::SQLITE_TRACE_PROFILE, Some(note)).unwrap();
    for _ in 0..3 {
        let active = store.active_session(token.clone(), NOW).await.unwrap().unwrap();
        store.renew_session(token.clone(), NOW).await.unwrap().unwrap();
        store.credentials("ada@example.com".to_owned()).await.unwrap().unwrap();
        let call = store.call(Some(token.clone()), NOW, move |call| -> Result<(), CallError<()>> {
            call.user(&active.session.user_id)?;
            Ok(())
        });
        call.await.unwrap();
    }
    let (used_again, planned_again) = &*again.lock().unwrap();
    assert!(*used_again > 20, "only {used_again} were used again");
    assert_eq!(planned_again, &[] as &[String]);
}
