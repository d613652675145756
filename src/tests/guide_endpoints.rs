//! The endpoints of Clerk's Astro guide, with the answers that were measured on `@clerk/astro`.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{
    Answer, App, FakeBackend, Issuer, Page, Received, now,
    testing::{TestKey, with},
};

const GRACE: &str = "user_seed000000000000000000Grace";
const TEXT: &str = "text/plain; charset=utf-8";

/// The cookies of a browser in which Grace just signed in at the embedded Clerk.
async fn signed_in(app: &App) -> String {
    let form = [("identifier", "grace@example.com"), ("password", "gatehouse-demo")];
    app.post_form("/__clerk/sign-in", "", &form).await.cookies_after("")
}

async fn post(app: &App, cookies: &str, content_type: &str, body: &str) -> Page {
    let request = app
        .request(Method::POST, "/api/user")
        .header("cookie", cookies)
        .header("origin", &app.origin)
        .header("content-type", content_type)
        .body(body.to_owned());
    Page::read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn a_protected_endpoint_tells_who_it_is_or_why_not() {
    let issuer = Issuer::start().await;
    let app = issuer.app(&[]).await;
    let sign = |claims: &Value| issuer.key().sign(claims);
    let claims = issuer.claims(&app);
    let valid = sign(&claims);
    let template = json!({ "alg": "RS256", "cat": "cl_B7d4PD222AAA", "kid": "ins_1", "typ": "JWT" });
    let template = issuer.key().sign_with_header(&template, &claims);
    let expired = sign(&with(claims.clone(), "exp", json!(now() - 60.0)));
    let pending = sign(&with(claims.clone(), "sts", json!("pending")));
    let cookies = |token: &str, uat: &str| format!("__clerk_db_jwt=dvb_1; __session={token}{uat}");
    let uat = "; __client_uat=1";
    let no_refresh = "session-token-expired-refresh-non-eligible-no-refresh-cookie";
    for (authorization, cookies, reason) in [
        (String::new(), String::new(), "dev-browser-missing"),
        (String::new(), "__clerk_db_jwt=dvb_1".to_owned(), "session-token-and-uat-missing"),
        (format!("bearer {valid}"), "__clerk_db_jwt=dvb_1".to_owned(), "session-token-and-uat-missing"),
        (String::new(), cookies(&valid, ""), "session-token-but-no-client-uat"),
        (String::new(), cookies(&valid, "; __client_uat=99999999999"), "session-token-iat-before-client-uat"),
        (format!("Bearer {expired}"), String::new(), no_refresh),
        ("Bearer rubbish".to_owned(), cookies(&valid, uat), "token-invalid"),
        (format!("Bearer {}", TestKey::named("stranger").sign(&claims)), String::new(), "jwk-kid-mismatch"),
        (format!("Bearer {template}"), String::new(), "token-type-mismatch"),
        (format!("Bearer {pending}"), String::new(), ""),
    ] {
        let page = app.get("/api/route", &[("authorization", &authorization), ("cookie", &cookies)]).await;
        let answer = (page.status, page.body.as_str(), page.header("x-clerk-auth-reason"));
        assert_eq!(answer, (401, "Error: No signed in user", reason), "{authorization} {cookies}");
        assert_eq!(page.header("content-type"), TEXT);
    }
    for (authorization, cookies) in [
        (format!("Bearer {valid}"), String::new()),
        (valid.clone(), String::new()),
        ("Basic dXNlcjpwYXNz".to_owned(), cookies(&valid, uat)),
        (String::new(), cookies(&valid, uat)),
    ] {
        let page = app.get("/api/route", &[("authorization", &authorization), ("cookie", &cookies)]).await;
        assert_eq!((page.status, page.body.as_str()), (200, r#"{"userId":"user_1"}"#), "{authorization} {cookies}");
        assert_eq!((page.header("content-type"), page.header("cache-control")), (TEXT, "no-store"));
        assert!(!page.headers.contains_key("x-clerk-auth-status"));
    }
}

/// The page has a line for each endpoint, and what the line is answered.
#[tokio::test]
async fn the_lines_on_the_page_are_answered_as_it_says() {
    let app = App::start(&[]).await;
    let page = app.get("/endpoints", &[]).await.body;
    let lines: Vec<&str> = page.split("<code>curl -i ").skip(1).map(|rest| rest.split('<').next().unwrap()).collect();
    assert_eq!(lines.len(), 4, "{page}");
    let promised = page.split("Without a session: ").skip(1);
    let promised = promised.map(|rest| rest.split("<code>").nth(1).unwrap().split('<').next().unwrap());
    for (line, promise) in lines.into_iter().zip(promised) {
        let (url, options) = line.split_once(' ').unwrap_or((line, ""));
        let path = url.strip_prefix(&app.origin).unwrap();
        let page = match options.strip_prefix("-d ") {
            None => app.get(path, &[]).await,
            Some(form) => post(&app, "", "application/x-www-form-urlencoded", form).await,
        };
        assert_eq!(format!("{} {}", page.status, page.body), promise, "{line}");
    }
}

#[tokio::test]
async fn a_browser_that_opens_an_endpoint_is_sent_through_the_handshake() {
    let app = App::start(&[]).await;
    let page = app.navigate("/api/route", "").await;
    assert_eq!((page.status, page.header("x-clerk-auth-reason"), page.body.as_str()), (307, "dev-browser-missing", ""));
}

#[tokio::test]
async fn without_keys_nobody_is_turned_away() {
    let mut issuer = Issuer::start().await;
    issuer.go_down().await;
    let app = issuer.app(&[]).await;
    let token = format!("Bearer {}", issuer.key().sign(&issuer.claims(&app)));
    for path in ["/api/route", "/api/supabase", "/api/user"] {
        let page = app.get(path, &[("authorization", &token)]).await;
        assert_eq!((page.status, page.header("retry-after")), (503, "5"), "{path}");
    }
}

#[tokio::test]
async fn a_template_token_opens_the_other_service() {
    let app = App::start(&[]).await;
    let page = app.get("/api/supabase", &[]).await;
    assert_eq!((page.status, page.body.as_str()), (401, "Unauthorized"));
    let cookies = signed_in(&app).await;
    let page = app.get("/api/supabase", &[("cookie", &cookies)]).await;
    assert_eq!((page.status, page.body.as_str()), (200, r#"{"supabaseData":"Hello World"}"#), "{}", app.log());

    let session = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("__session=")).unwrap();
    for authorization in [format!("Bearer {session}"), "Bearer rubbish".to_owned(), String::new()] {
        let page = app.get("/__supabase/rest/v1/rpc/hello", &[("authorization", &authorization)]).await;
        assert_eq!(page.status, 401, "only the template's tokens have the database's role: {}", page.body);
    }
}

#[tokio::test]
async fn a_supabase_of_ones_own_is_asked_as_supabase_wants_it() {
    let script = |number, _: &Received| Answer::json(if number == 0 { 200 } else { 500 }, json!("Hello from afar"));
    let supabase = FakeBackend::start(script).await;
    let app = App::start(&[("SUPABASE_URL", &supabase.url), ("SUPABASE_ANON_KEY", "anon")]).await;
    let cookies = signed_in(&app).await;
    let page = app.get("/api/supabase", &[("cookie", &cookies)]).await;
    assert_eq!((page.status, page.body.as_str()), (200, r#"{"supabaseData":"Hello from afar"}"#), "{}", app.log());
    assert_eq!(app.get("/__supabase/rest/v1/rpc/hello", &[]).await.status, 404, "the stand-in is away");
    let page = app.get("/api/supabase", &[("cookie", &cookies)]).await;
    assert_eq!((page.status, page.body.as_str()), (500, "Internal Server Error"), "it fails the second time");
    let asked = supabase.received();
    assert_eq!(asked[0].line(), "GET /rest/v1/rpc/hello");
    assert_eq!(asked[0].headers["apikey"], "anon");
    assert!(asked[0].headers["authorization"].to_str().unwrap().starts_with("Bearer ey"));
}

#[tokio::test]
async fn what_clerk_does_not_do_is_a_500_and_no_more() {
    let issuer = Issuer::start().await;
    let app = issuer.app(&[]).await;
    let token = format!("Bearer {}", issuer.key().sign(&issuer.claims(&app)));
    for path in ["/api/supabase", "/api/user"] {
        let page = app.get(path, &[("authorization", &token)]).await;
        assert_eq!((page.status, page.body.as_str()), (500, "Internal Server Error"), "{path}");
    }
}

#[tokio::test]
async fn the_current_user_is_read_and_private_metadata_stays_here() {
    let app = App::start(&[]).await;
    assert_eq!(app.get("/api/user", &[]).await.body, "Unauthorized");
    let cookies = signed_in(&app).await;
    let file = rusqlite::Connection::open(app.database()).unwrap();
    file.execute("UPDATE users SET private_metadata = '{\"salary\":1}'", []).unwrap();
    let page = app.get("/api/user", &[("cookie", &cookies)]).await;
    assert_eq!(page.status, 200, "{}", app.log());
    let body: Value = serde_json::from_str(&page.body).unwrap();
    let user = &body["user"];
    assert_eq!(
        (&user["id"], &user["firstName"], &user["primaryEmailAddress"]),
        (&json!(GRACE), &json!("Grace"), &json!("grace@example.com"))
    );
    assert_eq!(user["publicMetadata"], json!({ "role": "member" }));
    assert!(!page.body.contains("salary") && !page.body.contains("rivate"), "{}", page.body);
}

#[tokio::test]
async fn the_current_user_is_updated_from_json_and_from_forms() {
    let app = App::start(&[]).await;
    let cookies = signed_in(&app).await;
    let name = async || {
        let page = app.get("/api/user", &[("cookie", &cookies)]).await;
        let body: Value = serde_json::from_str(&page.body).unwrap();
        format!("{} {}", body["user"]["firstName"].as_str().unwrap(), body["user"]["lastName"].as_str().unwrap())
    };
    let page = post(&app, &cookies, "application/json", r#"{"firstName":" John ","lastName":"Wick"}"#).await;
    assert_eq!(page.status, 200, "{} {}", page.body, app.log());
    assert!(page.body.starts_with(&format!(r#"{{"user":{{"id":"{GRACE}","firstName":"John""#)), "{}", page.body);
    assert_eq!(name().await, "John Wick");
    let form = "application/x-www-form-urlencoded";
    assert_eq!(post(&app, &cookies, form, "lastName=H%C3%B6pper").await.status, 200);
    assert_eq!(name().await, "John Höpper", "what is not sent stays");
}

#[tokio::test]
async fn an_update_that_is_not_right_changes_nothing_and_says_what_is_wrong() {
    let app = App::start(&[]).await;
    let cookies = signed_in(&app).await;
    let json = "application/json";
    let long = format!(r#"{{"firstName":"{}"}}"#, "x".repeat(101));
    for (content_type, body, status, code, field) in [
        (json, "{}", 422, "form_param_missing", json!("firstName")),
        (json, long.as_str(), 422, "form_param_max_length_exceeded", json!("firstName")),
        (json, r#"{"lastName":"a\u0007"}"#, 422, "form_param_value_invalid", json!("lastName")),
        (json, r#"{"firstName":7}"#, 422, "request_body_invalid", Value::Null),
        (json, r#"{"banned":true}"#, 422, "request_body_invalid", Value::Null),
        (json, "{", 400, "request_body_invalid", Value::Null),
        ("text/plain", "John", 415, "request_body_invalid", Value::Null),
        ("application/x-www-form-urlencoded", "id=user_x", 422, "request_body_invalid", Value::Null),
    ] {
        let page = post(&app, &cookies, content_type, body).await;
        let error: Value = serde_json::from_str(&page.body).unwrap();
        let error = &error["errors"][0];
        assert_eq!((page.status, &error["code"]), (status, &json!(code)), "{body}: {}", page.body);
        assert_eq!(error["meta"]["param_name"], field, "{body}");
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()));
    }
    let page = app.get("/api/user", &[("cookie", &cookies)]).await;
    assert!(page.body.contains(r#""firstName":"Grace","lastName":"Hopper""#), "{}", page.body);
    assert_eq!(post(&app, "", json, r#"{"firstName":"John"}"#).await.status, 401);
}

#[tokio::test]
async fn other_sites_update_nobody() {
    let app = App::start(&[]).await;
    let cookies = signed_in(&app).await;
    for (name, value) in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")]
    {
        let request = app
            .request(Method::POST, "/api/user")
            .header("cookie", &cookies)
            .header(name, value)
            .header("content-type", "application/x-www-form-urlencoded")
            .body("firstName=Mallory");
        let page = Page::read(request.send().await.unwrap()).await;
        assert_eq!((page.status, page.header("content-type")), (403, TEXT), "{name}: {value}");
    }
    assert!(app.get("/api/user", &[("cookie", &cookies)]).await.body.contains("Grace"));
}
