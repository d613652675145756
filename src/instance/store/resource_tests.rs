//! The store, in a real file: finding and changing users, sessions and JWT templates.

use serde_json::json;

use super::{
    tests::{File, NOW},
    *,
};
use crate::instance::{
    metadata::How,
    seed::{ACME, SEED_TEMPLATE_ID, SEED_USERS},
};

const PAGE: Page = Page { limit: 10, offset: 0 };
const ADA: &str = SEED_USERS[0].id;
const GRACE: &str = SEED_USERS[1].id;
const LATER: Duration = Duration::from_secs(1_000_060);

fn order(column: UserColumn, descending: bool) -> Order<UserColumn> {
    Order { column, descending }
}

fn object(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

async fn first_names(store: &Store, filter: UserFilter, order: Order<UserColumn>, page: Page) -> Vec<String> {
    store.users(filter, order, page).await.unwrap().into_iter().map(|user| user.first_name.unwrap()).collect()
}

#[tokio::test]
async fn users_are_found_by_each_filter_and_by_all_at_once() {
    let (store, _) = File::new().open();
    let list = |values: &[&str]| Some(values.iter().map(|value| (*value).to_owned()).collect());
    let query = |text: &str| UserFilter { query: Some(text.to_owned()), ..UserFilter::default() };
    let emails = |emails: &[&str]| UserFilter { email_addresses: list(emails), ..UserFilter::default() };
    let ids = |values: &[&str]| UserFilter { ids: list(values), ..UserFilter::default() };
    let both = UserFilter { ids: list(&[ADA, GRACE]), ..query("hopper") };
    let change = UserChange {
        external_id: Some("crm-7".to_owned()),
        username: Some("countess".to_owned()),
        ..UserChange::default()
    };
    store.call(None, NOW, move |call| call.update_user(ADA, &change).map_err(CallError::<()>::Sqlite)).await.unwrap();
    store.start_session(GRACE.to_owned(), None, String::new(), LATER).await.unwrap();
    let all = UserFilter::default;
    let range = |after: Option<Duration>, before: Option<Duration>| TimeRange { after, before };
    let (early, late) = (NOW - Duration::from_millis(1), NOW + Duration::from_millis(1));
    for (filter, expected) in [
        (UserFilter::default(), vec!["Ada", "Grace", "Mallory"]),
        (emails(&["grace@example.com", "nobody@example.com"]), vec!["Grace"]),
        (emails(&["grace"]), vec![]),
        (ids(&[GRACE, ADA, "user_unknown"]), vec!["Ada", "Grace"]),
        (query("LOVE"), vec!["Ada"]),
        (query("Ada Love"), vec!["Ada"]),
        (query("example.com"), vec!["Ada", "Grace", "Mallory"]),
        (query(ADA), vec!["Ada"]),
        (query("%"), vec![]),
        (query("_da"), vec![]),
        (query(r"\"), vec![]),
        (query("' OR 1 = 1 --"), vec![]),
        (both, vec!["Grace"]),
        (query("countes"), vec!["Ada"]),
        (UserFilter { external_ids: list(&["crm-7", "crm-8"]), ..all() }, vec!["Ada"]),
        (UserFilter { external_ids: list(&["crm"]), ..all() }, vec![]),
        (UserFilter { usernames: list(&["countess"]), ..all() }, vec!["Ada"]),
        (UserFilter { organization_ids: list(&[ACME]), ..all() }, vec!["Ada", "Grace"]),
        (UserFilter { organization_ids: list(&["org_x"]), ..all() }, vec![]),
        (UserFilter { created: range(Some(early), Some(late)), ..all() }, vec!["Ada", "Grace", "Mallory"]),
        (UserFilter { created: range(Some(NOW), None), ..all() }, vec![]),
        (UserFilter { created: range(None, Some(NOW)), ..all() }, vec![]),
        (UserFilter { last_active: range(Some(NOW), None), ..all() }, vec!["Grace"]),
        (UserFilter { last_active: range(None, Some(LATER)), ..all() }, vec![]),
        (UserFilter { last_sign_in: range(Some(NOW), None), ..all() }, vec!["Grace"]),
        (UserFilter { last_sign_in: range(Some(LATER), None), ..all() }, vec![]),
        (UserFilter { usernames: list(&["countess"]), created: range(Some(NOW), None), ..all() }, vec![]),
    ] {
        let (count, what) = (filter.clone(), format!("{filter:?}"));
        let found = first_names(&store, filter, order(UserColumn::CreatedAt, false), PAGE).await;
        assert_eq!(found, expected, "{what}");
        assert_eq!(store.count_users(count).await.unwrap() as usize, expected.len(), "{what}");
    }
}

#[tokio::test]
async fn users_are_listed_in_the_order_asked_for_and_page_by_page() {
    let (store, _) = File::new().open();
    store.start_session(GRACE.to_owned(), None, String::new(), LATER).await.unwrap();
    let change = UserChange { first_name: Some("Zora".to_owned()), ..UserChange::default() };
    let changed = store.call(None, LATER, move |call| -> Result<_, CallError<()>> {
        call.update_user(ADA, &change)?;
        Ok(call.user(ADA)?.unwrap())
    });
    let ada = changed.await.unwrap().outcome.unwrap();
    assert_eq!(
        (ada.first_name.as_deref(), ada.last_name.as_deref(), ada.updated_at),
        (Some("Zora"), Some("Lovelace"), LATER)
    );
    for (column, descending, expected) in [
        (UserColumn::CreatedAt, true, ["Mallory", "Grace", "Zora"]),
        (UserColumn::CreatedAt, false, ["Zora", "Grace", "Mallory"]),
        (UserColumn::UpdatedAt, true, ["Zora", "Mallory", "Grace"]),
        (UserColumn::LastSignInAt, true, ["Grace", "Mallory", "Zora"]),
        (UserColumn::LastActiveAt, true, ["Grace", "Mallory", "Zora"]),
        (UserColumn::FirstName, true, ["Zora", "Mallory", "Grace"]),
        (UserColumn::LastName, false, ["Grace", "Zora", "Mallory"]),
    ] {
        let order = order(column, descending);
        assert_eq!(first_names(&store, UserFilter::default(), order, PAGE).await, expected, "{order:?}");
        let second = Page { limit: 1, offset: 1 };
        assert_eq!(first_names(&store, UserFilter::default(), order, second).await, [expected[1]], "{order:?}");
    }
}

#[tokio::test]
async fn metadata_is_merged_as_a_whole_or_not_at_all() {
    let (store, _) = File::new().open();
    let patch = MetadataPatch {
        public_metadata: Some(object(json!({ "role": null, "plan": { "name": "free" } }))),
        private_metadata: Some(object(json!({ "note": "x" }))),
        unsafe_metadata: None,
    };
    let ada = store.change_metadata(ADA.to_owned(), patch, How::Merge, LATER).await.unwrap();
    assert_eq!(json!(ada.public_metadata), json!({ "plan": { "name": "free" } }));
    assert_eq!((json!(ada.private_metadata), ada.updated_at), (json!({ "note": "x" }), LATER));

    let too_large = MetadataPatch {
        public_metadata: Some(object(json!({ "plan": null }))),
        private_metadata: None,
        unsafe_metadata: Some(object(json!({ "text": "a".repeat(8 * 1024) }))),
    };
    let refused = store.change_metadata(ADA.to_owned(), too_large, How::Merge, LATER).await;
    assert!(matches!(refused, Err(MergeError::TooLarge("unsafe_metadata"))));
    let ada = store.user(ADA.to_owned()).await.unwrap().unwrap();
    assert_eq!(json!(ada.public_metadata), json!({ "plan": { "name": "free" } }), "nothing of it was written");
    assert!(ada.unsafe_metadata.is_empty());

    let unknown = store.change_metadata("user_unknown".to_owned(), MetadataPatch::default(), How::Merge, LATER).await;
    assert!(matches!(unknown, Err(MergeError::UnknownUser)));
}

#[tokio::test]
async fn sessions_are_listed_with_the_status_they_have_now() {
    let (store, _) = File::new().open();
    let (first, token) = store.start_session(ADA.to_owned(), None, String::new(), NOW).await.unwrap();
    let (second, _) = store.start_session(ADA.to_owned(), Some(token), String::new(), LATER).await.unwrap();
    let (other, _) = store.start_session(GRACE.to_owned(), None, String::new(), LATER).await.unwrap();
    let of_ada = |status: Option<&str>| SessionFilter {
        user_id: Some(ADA.to_owned()),
        client_id: None,
        status: status.map(str::to_owned),
    };
    let list = async |filter, page, now| {
        let (sessions, total) = store.sessions(filter, page, now).await.unwrap();
        (sessions.into_iter().map(|session| (session.id, session.status)).collect::<Vec<_>>(), total)
    };
    let one = |session: &ActiveSession, status: &str| (session.session.id.clone(), status.to_owned());
    let both = vec![one(&second, "active"), one(&first, "replaced")];
    assert_eq!(list(of_ada(None), PAGE, LATER).await, (both, 2));
    assert_eq!(list(of_ada(Some("active")), PAGE, LATER).await, (vec![one(&second, "active")], 1));
    assert_eq!(list(of_ada(Some("removed")), PAGE, LATER).await, (vec![], 0));
    let client = SessionFilter { client_id: Some(other.session.client_id.clone()), ..SessionFilter::default() };
    assert_eq!(list(client, PAGE, LATER).await, (vec![one(&other, "active")], 1));
    let paged = list(SessionFilter::default(), Page { limit: 1, offset: 2 }, LATER).await;
    assert_eq!(paged, (vec![one(&first, "replaced")], 3));

    let end = second.session.expire_at;
    assert_eq!(list(of_ada(Some("active")), PAGE, end).await, (vec![], 0));
    assert_eq!(list(of_ada(Some("expired")), PAGE, end).await, (vec![one(&second, "expired")], 1));
    assert!(store.usable_session(second.session.id, end).await.unwrap().is_none());
    assert!(store.usable_session(first.session.id, LATER).await.unwrap().is_none(), "replaced");
}

#[tokio::test]
async fn no_two_templates_have_the_same_name() {
    let (store, _) = File::new().open();
    let content = |name: &str| TemplateContent {
        name: name.to_owned(),
        claims: object(json!({ "b": "{{user.id}}", "a": 1 })),
        lifetime_seconds: 600,
        allowed_clock_skew_seconds: 0,
    };
    let made = store.create_jwt_template(content("mine"), NOW).await.unwrap();
    let taken = store.create_jwt_template(content("supabase"), NOW).await;
    assert!(matches!(taken, Err(WriteTemplateError::NameTaken)));
    let rename = |name: &'static str| move |content: &mut TemplateContent| name.clone_into(&mut content.name);
    let taken = store.update_jwt_template(made.id.clone(), rename("supabase"), LATER).await;
    assert!(matches!(taken, Err(WriteTemplateError::NameTaken)));
    store.update_jwt_template(made.id.clone(), rename("mine"), LATER).await.unwrap();
    store.update_jwt_template(made.id.clone(), rename("other"), LATER).await.unwrap();
    let unknown = store.update_jwt_template("jtmp_unknown".to_owned(), rename("x"), LATER).await;
    assert!(matches!(unknown, Err(WriteTemplateError::UnknownTemplate)));

    let found = store.jwt_template(made.id.clone()).await.unwrap().unwrap();
    assert_eq!((found.content.name.as_str(), found.content.lifetime_seconds), ("other", 600));
    assert_eq!((found.created_at, found.updated_at), (NOW, LATER));
    assert_eq!(json!(found.content.claims).to_string(), r#"{"b":"{{user.id}}","a":1}"#, "claims keep their order");
    let (templates, total) = store.jwt_templates(Page { limit: 1, offset: 1 }).await.unwrap();
    assert_eq!((templates[0].id.as_str(), total), (SEED_TEMPLATE_ID, 2));
    assert!(store.delete_jwt_template(made.id.clone()).await.unwrap());
    assert!(!store.delete_jwt_template(made.id).await.unwrap());
}

#[tokio::test]
async fn an_organization_that_a_session_is_in_already_is_not_written_again() {
    let (store, _) = File::new().open();
    let session = store.start_session(ADA.to_owned(), None, String::new(), NOW).await.unwrap().0.session.id;
    let lone = seeded_without_organization(&store).await;
    let choose = async |session: &str, organization: Option<&str>| {
        let changes = || store.connection.lock().unwrap().total_changes();
        let before = changes();
        let chosen = store.set_active_organization(session.to_owned(), organization.map(str::to_owned)).await.unwrap();
        (chosen, changes() - before)
    };
    for (organization, expected) in [
        (None, (true, 0)),
        (Some("acme"), (true, 1)),
        (Some("acme"), (true, 0)),
        (Some(ACME), (true, 0)),
        (Some("nowhere"), (false, 0)),
        (Some("globex"), (true, 1)),
        (None, (true, 1)),
        (None, (true, 0)),
    ] {
        assert_eq!(choose(&session, organization).await, expected, "{organization:?}");
    }
    assert_eq!(choose(&lone, Some(ACME)).await, (false, 0), "of somebody who does not belong to it");
}

/// A session of somebody who belongs to no organization.
async fn seeded_without_organization(store: &Store) -> String {
    let mallory = SEED_USERS[2].id.to_owned();
    store.start_session(mallory, None, String::new(), NOW).await.unwrap().0.session.id
}
