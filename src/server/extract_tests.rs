//! Who may pass, and how the others are told.

use axum::{Router, body::Body, http::Request, routing::get};
use tower::ServiceExt;

use super::*;
use crate::{
    server::{Config, system_clock},
    testing::TempFolder,
};

/// An application with one handler for signed-in users, and its folder.
fn app() -> (Router, TempFolder) {
    let folder = TempFolder::new();
    let database = folder.path().join("instance.db").to_str().unwrap().to_owned();
    let variables = [("GATEHOUSE_INSTANCE_DB".to_owned(), database)].into_iter().collect();
    let config = Config::from_variables(variables).unwrap();
    let services = Services::build(&config, Arc::default(), ([127, 0, 0, 1], 3000).into(), system_clock()).unwrap();
    let handler = |user: SignedIn| async move { user.user_id().to_owned() };
    (Router::new().route("/secret", get(handler)).with_state(Arc::new(services)), folder)
}

async fn ask(app: &Router, headers: &[(&str, &str)], auth: Option<Auth>) -> (u16, String) {
    let request = Request::get("/secret?a=b");
    let mut request = headers
        .iter()
        .fold(request, |request, (name, value)| request.header(*name, *value))
        .body(Body::empty())
        .unwrap();
    if let Some(auth) = auth {
        request.extensions_mut().insert(auth);
    }
    let response = app.clone().oneshot(request).await.unwrap();
    let location = response.headers().get("location").map(|location| location.to_str().unwrap().to_owned());
    (response.status().as_u16(), location.unwrap_or_default())
}

#[tokio::test]
async fn nobody_is_told_by_kind_of_request() {
    let (app, _folder) = app();
    let sign_in = "http://localhost:3000/__clerk/sign-in?redirect_url=http%3A%2F%2Flocalhost%3A3000%2Fsecret%3Fa%3Db";
    let nobody = || Some(AuthErrorReason::SessionTokenAndUatMissing.into());
    assert_eq!(ask(&app, &[("accept", "text/html")], nobody()).await, (307, sign_in.to_owned()));
    assert_eq!(ask(&app, &[("sec-fetch-dest", "document")], nobody()).await, (307, sign_in.to_owned()));
    assert_eq!(ask(&app, &[("accept", "*/*")], nobody()).await, (401, String::new()));
    assert_eq!(
        ask(&app, &[("sec-fetch-dest", "empty"), ("accept", "text/html")], nobody()).await,
        (401, String::new())
    );
}

#[tokio::test]
async fn without_keys_or_without_the_middleware_nobody_passes() {
    let (app, _folder) = app();
    for reason in [AuthErrorReason::JwkRemoteFailedToLoad, AuthErrorReason::SecretKeyInvalid] {
        assert_eq!(ask(&app, &[("accept", "text/html")], Some(reason.into())).await, (503, String::new()));
    }
    assert_eq!(ask(&app, &[], None).await, (401, String::new()));
}

#[tokio::test]
async fn a_redirect_loop_is_not_begun_anew() {
    let (app, _folder) = app();
    let nobody = crate::clerk::redirect_loop_for_tests(AuthErrorReason::DevBrowserMissing);
    assert_eq!(ask(&app, &[("accept", "text/html")], Some(nobody)).await, (401, String::new()));
}

#[tokio::test]
async fn a_signed_in_user_passes() {
    let (app, _folder) = app();
    let user = crate::clerk::signed_in_for_tests("user_1");
    assert_eq!(ask(&app, &[], Some(Auth::SignedIn(user))).await, (200, String::new()));
}
