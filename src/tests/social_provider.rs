//! Identity providers: the embedded one as any client finds it, and one that the program is configured with.

use serde_json::{Value, json};

use super::support::{
    ACME, App, Browser, CODE, FakeProvider, LOCAL_ID, answer_of_acme, ok, parameter, refusal, refused,
};

const SIGN_INS: &str = "/client/sign_ins";

async fn begin(app: &App, browser: &mut Browser<'_>) -> (u16, Value) {
    let back = format!("{}/sso-callback", app.origin);
    browser.post(SIGN_INS, &[("strategy", ACME), ("redirect_url", &back)]).await
}

fn authorization_url(answer: &Value) -> String {
    let verification = &answer["response"]["first_factor_verification"];
    verification["external_verification_redirect_url"].as_str().unwrap().to_owned()
}

/// What came of a sign-in, as its page finds it.
async fn verification(browser: &mut Browser<'_>) -> Value {
    ok(browser.get("/client").await)["response"]["sign_in"]["first_factor_verification"].clone()
}

#[tokio::test]
async fn a_provider_is_asked_as_its_metadata_says() {
    let provider = FakeProvider::start().await;
    let app = provider.app().await;
    provider.now_is(json!({ "sub": "1", "email": "new@example.com", "email_verified": true }));
    let mut browser = Browser::open(&app).await;
    let social = ok(browser.get("/environment").await)["user_settings"]["social"].clone();
    assert_eq!((&social[ACME]["name"], &social[LOCAL_ID]["name"]), (&json!("Acme ID"), &json!("Local ID")));
    let url = authorization_url(&ok(begin(&app, &mut browser).await));
    assert!(url.starts_with(&format!("{}/authorize?tenant=a&response_type=code&", provider.url)), "{url}");
    assert_eq!(parameter(&url, "client_id"), "client:1");
    assert_eq!(parameter(&url, "scope"), "openid email profile");
    assert_eq!(parameter(&url, "code_challenge_method"), "S256");
    let callback = format!("{}/__clerk/v1/oauth_callback", app.origin);
    assert_eq!(parameter(&url, "redirect_uri"), callback);
    browser.visit(&app, &answer_of_acme(&app, &url)).await;
    assert_eq!(verification(&mut browser).await["status"], "transferable");
    ok(browser.post("/client/sign_ups", &[("transfer", "true")]).await);

    let asked = provider.answers.asked.lock().unwrap().clone();
    let (authorization, form) = &asked[0];
    // `client%3A1:secret+of+acme`, as RFC 6749 2.3.1 has it.
    assert_eq!(authorization, "Basic Y2xpZW50JTNBMTpzZWNyZXQrb2YrYWNtZQ==");
    assert_eq!((form["grant_type"].as_str(), form["redirect_uri"].as_str()), ("authorization_code", callback.as_str()));
    assert!(form["code_verifier"].len() >= 43 && !form.contains_key("client_secret"));
    app.logged("signed up").await;
    for secret in ["secret of acme", CODE, "token-of-acme", form["code_verifier"].as_str()] {
        assert!(!app.log().contains(secret), "{}", app.log());
    }
}

#[tokio::test]
async fn a_secret_goes_into_the_form_where_the_provider_wants_it_there() {
    let provider = FakeProvider::start().await;
    provider.pretend("token_endpoint_auth_methods_supported", json!(["client_secret_post"]));
    let app = provider.app().await;
    provider.now_is(json!({ "sub": "1" }));
    let mut browser = Browser::open(&app).await;
    let url = authorization_url(&ok(begin(&app, &mut browser).await));
    browser.visit(&app, &answer_of_acme(&app, &url)).await;
    assert_eq!(verification(&mut browser).await["status"], "transferable");
    let (authorization, form) = provider.answers.asked.lock().unwrap()[0].clone();
    assert_eq!((authorization.as_str(), form["client_secret"].as_str()), ("", "secret of acme"));
}

#[tokio::test]
async fn nothing_is_lost_while_a_provider_is_down() {
    let mut provider = FakeProvider::start().await;
    let app = provider.app().await;
    provider.now_is(json!({ "sub": "1", "email": "ada@example.com", "email_verified": true }));
    let mut browser = Browser::open(&app).await;
    provider.go_down().await;
    let down = refused(502, "oauth_provider_unavailable", "");
    assert_eq!(refusal(begin(&app, &mut browser).await), down);
    let line = app.logged("the identity provider failed").await;
    assert!(line.contains("it cannot be reached"), "{line}");

    provider.come_up().await;
    let url = authorization_url(&ok(begin(&app, &mut browser).await));
    provider.go_down().await;
    let page = browser.visit(&app, &answer_of_acme(&app, &url)).await;
    assert_eq!(page.header("location"), format!("{}/sso-callback", app.origin));
    assert_eq!(verification(&mut browser).await["error"]["code"], "oauth_token_exchange_error");

    provider.come_up().await;
    let url = authorization_url(&ok(begin(&app, &mut browser).await));
    browser.visit(&app, &answer_of_acme(&app, &url)).await;
    let email = ok(browser.get("/me").await)["response"]["email_addresses"][0]["email_address"].clone();
    assert_eq!(email, "ada@example.com");
}

#[tokio::test]
async fn a_provider_that_does_not_keep_to_the_rules_signs_nobody_in() {
    for (name, value) in [
        ("issuer", json!("https://another.example")),
        ("token_endpoint", json!("http://id.example/token")),
        ("userinfo_endpoint", json!("/userinfo")),
        ("authorization_endpoint", json!("javascript:alert(1)")),
        ("filler", json!("x".repeat(65 * 1024))),
    ] {
        let provider = FakeProvider::start().await;
        provider.pretend(name, value);
        let app = provider.app().await;
        let mut browser = Browser::open(&app).await;
        let answer = begin(&app, &mut browser).await;
        assert_eq!(refusal(answer), refused(502, "oauth_provider_unavailable", ""), "{name}");
    }
    let provider = FakeProvider::start().await;
    let app = provider.app().await;
    let mut browser = Browser::open(&app).await;
    for (status, body, claims, code) in [
        (500, "", json!({}), "oauth_token_exchange_error"),
        (200, "<html>", json!({}), "oauth_token_exchange_error"),
        (200, r#"{"access_token":"t","token_type":"mac"}"#, json!({}), "oauth_token_exchange_error"),
        (200, r#"{"access_token":"another","token_type":"Bearer"}"#, json!({}), "oauth_fetch_user_error"),
        (
            200,
            r#"{"access_token":"token-of-acme-that-nobody-may-log","token_type":"Bearer"}"#,
            json!({ "sub": "" }),
            "oauth_fetch_user_error",
        ),
    ] {
        *provider.answers.token.lock().unwrap() = Some((status, body.to_owned()));
        provider.now_is(claims);
        let url = authorization_url(&ok(begin(&app, &mut browser).await));
        browser.visit(&app, &answer_of_acme(&app, &url)).await;
        assert_eq!(verification(&mut browser).await["error"]["code"], code, "{status} {body}");
    }
}

#[tokio::test]
async fn the_embedded_provider_says_where_it_is_and_answers_no_stranger() {
    let app = App::start(&[]).await;
    let page = app.get("/__clerk/provider/.well-known/openid-configuration", &[]).await;
    let metadata: Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(metadata["issuer"], format!("{}/__clerk/provider", app.origin));
    let endpoint = |name: &str| metadata[name].as_str().unwrap().to_owned();

    let good = [
        ("response_type", "code"),
        ("client_id", "gatehouse"),
        ("redirect_uri", &format!("{}/__clerk/v1/oauth_callback", app.origin)),
        ("state", "s"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ];
    let url = |name: &str, value: &str| {
        let pairs = good.map(|(found, old)| (found, if found == name { value } else { old }));
        url::Url::parse_with_params(&endpoint("authorization_endpoint"), pairs).unwrap().to_string()
    };
    let page = app.navigate(&url("", ""), "").await;
    assert!(page.status == 200 && page.body.contains("is local and made up"), "{}", page.body);
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    for (name, value) in [
        ("client_id", "another"),
        ("redirect_uri", "https://evil.example/"),
        ("redirect_uri", "http://localhost:1/__clerk/v1/oauth_callback"),
    ] {
        let page = app.navigate(&url(name, value), "").await;
        assert_eq!((page.status, page.header("location")), (400, ""), "{name}");
        let fields: Vec<(&str, &str)> = good
            .iter()
            .map(|(found, old)| (*found, if *found == name { value } else { *old }))
            .chain([("person", "local-ada")])
            .collect();
        let page = app.post_form("/__clerk/provider/authorize", "", &fields).await;
        assert_eq!((page.status, page.header("location")), (400, ""), "{name}");
    }
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
    ] {
        let page = app.navigate(&url(name, value), "").await;
        assert_eq!((page.status, parameter(page.header("location"), "error").as_str()), (303, error), "{name}");
    }
    let token = app
        .post_form(
            "/__clerk/provider/token",
            "",
            &[("grant_type", "authorization_code"), ("client_id", "gatehouse"), ("client_secret", "guess")],
        )
        .await;
    assert_eq!((token.status, token.body.as_str()), (401, r#"{"error":"invalid_client"}"#));
    let userinfo = app.get(&endpoint("userinfo_endpoint"), &[("authorization", "Bearer guess")]).await;
    assert_eq!((userinfo.status, userinfo.header("www-authenticate")), (401, r#"Bearer error="invalid_token""#));
}
