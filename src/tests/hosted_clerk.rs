//! A hosted Clerk: what signing out does there, and what a handshake brings.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use serde_json::{Value, json};

use super::support::{
    Answer, App, FakeBackend, Issuer, SECRET_KEY, eventually, now,
    testing::{TestKey, session_claims, with},
};

/// The cookies of a browser whose session token has these claims.
fn cookies(issuer: &Issuer, claims: &Value) -> String {
    format!("__session={}; __client_uat=1; __clerk_db_jwt=dvb_1", issuer.key().sign(claims))
}

async fn sign_out(app: &App, cookies: &str) -> (u16, bool) {
    let page = app.post_form("/rpc/sign_out", cookies, &[]).await;
    (page.status, !page.cookies_after(cookies).contains("__client_uat"))
}

fn revoked(issuer: &Issuer) -> Vec<(String, String)> {
    std::mem::take(&mut issuer.backend().revoked.lock().unwrap())
}

#[tokio::test]
async fn signing_out_revokes_the_session_at_clerk() {
    let issuer = Issuer::start().await;
    let app = issuer.app(&[]).await;
    let session = ("sess_1".to_owned(), "Bearer sk_test_integration".to_owned());
    let signed_in = cookies(&issuer, &issuer.claims(&app));
    assert_eq!(sign_out(&app, &signed_in).await, (302, true));
    assert_eq!(revoked(&issuer), std::slice::from_ref(&session));

    let expired = cookies(&issuer, &with(issuer.claims(&app), "exp", json!(now() - 3600.0)));
    assert_eq!(sign_out(&app, &expired).await, (302, true));
    assert_eq!(revoked(&issuer), [session], "an expired token still names its session");

    let forged = TestKey::named("stranger").sign(&issuer.claims(&app));
    assert_eq!(sign_out(&app, &format!("__session={forged}; __client_uat=1")).await, (302, true));
    assert_eq!(revoked(&issuer), [], "a forged one does not");
}

#[tokio::test]
async fn a_session_that_did_not_end_is_not_said_to_have_ended() {
    let mut issuer = Issuer::start().await;
    let app = issuer.app(&[]).await;
    let signed_in = cookies(&issuer, &issuer.claims(&app));
    for (status, gone) in [(500, false), (401, false), (404, true)] {
        *issuer.backend().revocation_status.lock().unwrap() = Some(status);
        assert_eq!(sign_out(&app, &signed_in).await.1, gone, "{status}");
    }
    issuer.go_down().await;
    let failed = app.post_form("/rpc/sign_out", &signed_in, &[]).await;
    let told = failed.cookies_after(&signed_in);
    assert!(told.contains("__client_uat"), "nobody told Clerk");

    let way_back = "/?__path=%2Frpc%2Fsign_out&__err=forged-text";
    let notice = "You could not be signed out";
    let page = app.navigate(way_back, &told).await;
    assert!(page.body.contains(notice) && !page.body.contains("forged-text"), "{told}: {}", page.body);
    assert!(page.body.contains(page.header("x-request-id")), "{}", page.body);
    for (path, cookies, why) in [
        (way_back, signed_in.as_str(), "a link that somebody made up"),
        ("/", told.as_str(), "the next page has forgotten it"),
        (way_back, "__clerk_db_jwt=dvb_1; sign_out_failed=1", "whoever is signed out got what they wanted"),
    ] {
        let page = app.navigate(path, cookies).await;
        assert!(page.status == 200 && !page.body.contains(notice), "{why}: {}", page.body);
    }
}

#[tokio::test]
async fn without_keys_nobody_is_said_to_be_signed_out() {
    let mut issuer = Issuer::start().await;
    issuer.go_down().await;
    let app = issuer.app(&[]).await;
    let signed_in = cookies(&issuer, &issuer.claims(&app));
    assert!(!sign_out(&app, &signed_in).await.1);
    let page = app.navigate("/account", &signed_in).await;
    assert_eq!(page.status, 503, "{}", page.body);
}

#[tokio::test]
async fn a_failing_backend_api_leaves_no_nonce_in_the_log() {
    let mut issuer = Issuer::start().await;
    let pem = issuer.key().public_pem();
    issuer.go_down().await;
    let app = issuer.app(&[("CLERK_JWT_KEY", &pem), ("GATEHOUSE_LOG", "debug")]).await;
    let page = app.navigate("/account?__clerk_handshake_nonce=secret-nonce", "").await;
    assert_eq!((page.status, page.header("x-clerk-auth-reason")), (307, "session-token-missing"));
    eventually("the warning", async || app.log().contains("could not get a handshake payload")).await;
    assert!(!app.log().contains("secret-nonce"), "{}", app.log());
}

#[tokio::test]
async fn an_instance_whose_host_is_made_up_gives_its_keys_to_whoever_has_its_secret() {
    let key = TestKey::named("ins_1");
    let jwks = json!({ "keys": [key.jwk()] });
    let backend = FakeBackend::start(move |_, request| match request.path.as_str() {
        "/v1/jwks" => Answer::json(200, jwks.clone()),
        _ => Answer::text(404, ""),
    })
    .await;
    // Nothing listens there.
    let host = "127.0.0.1:9";
    let publishable_key = format!("pk_test_{}", STANDARD_NO_PAD.encode(format!("{host}$")));
    let variables: [(&str, &str); 4] = [
        ("CLERK_PUBLISHABLE_KEY", publishable_key.as_str()),
        ("CLERK_SECRET_KEY", SECRET_KEY),
        ("CLERK_API_URL", &backend.url),
        ("CLERK_PROXY_URL", "/__clerk"),
    ];
    let app = App::start(&variables).await;
    let claims = session_claims(&format!("https://{host}"), &app.origin, now());
    let bearer = async |key: &TestKey| {
        let page = app.get("/api/route", &[("authorization", &format!("Bearer {}", key.sign(&claims)))]).await;
        (page.status, page.header("x-clerk-auth-reason").to_owned())
    };
    assert_eq!(bearer(&key).await, (200, String::new()));
    assert_eq!(bearer(&TestKey::named("stranger")).await, (401, "jwk-kid-mismatch".to_owned()));
    for request in backend.received() {
        let authorization = request.headers["authorization"].to_str().unwrap();
        assert_eq!((request.line().as_str(), authorization), ("GET /v1/jwks", &*format!("Bearer {SECRET_KEY}")));
    }
    drop(app);

    let pem = key.public_pem();
    let app = App::start(&[&variables[..], &[("CLERK_JWT_KEY", pem.as_str())]].concat()).await;
    let claims = session_claims(&format!("https://{host}"), &app.origin, now());
    let page = app.get("/api/route", &[("authorization", &format!("Bearer {}", key.sign(&claims)))]).await;
    assert_eq!((page.status, backend.count()), (200, 0), "{}", page.body);
}
