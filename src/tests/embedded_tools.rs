//! The embedded Clerk's tools for tests: `gatehouse token`, `gatehouse user add`, and a browser that is signed in.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{ADA, Api, App, Page, cookie, part, sign_in};

/// What a command prints and complains of, next to a running program.
fn gatehouse(app: &App, arguments: &[&str]) -> (bool, String, String) {
    let output = app.command(arguments);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn a_token_from_the_command_line_opens_what_a_session_opens() {
    let app = App::start(&[]).await;
    let (worked, token, _) = gatehouse(&app, &["token", "--as", "ada", "--ttl", "1h", "--claim", "plan=pro"]);
    assert!(worked);
    let claims = part(&json!(token), 1);
    assert_eq!((&claims["sub"], &claims["plan"], &claims["azp"]), (&json!(ADA), &json!("pro"), &json!(app.origin)));
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 3600);
    let page = app.get("/api/route", &[("authorization", &format!("Bearer {token}"))]).await;
    assert_eq!((page.status, page.body.contains(ADA)), (200, true), "{}", page.body);
    assert_eq!(Api::of(&app).session().await["id"], claims["sid"], "the session is a real one");
    for (arguments, expected) in [
        (["token", "--as", "nobody"].as_slice(), "no such user"),
        (&["token", "--as", "mallory"], "banned"),
        (&["token", "--as", "ada", "--claim", "sub=user_1"], "the claim sub is the token's own"),
        (&["token", "--as", "ada", "--claim", "o={}"], "the claim o is the token's own"),
        (&["token"], "usage: gatehouse"),
    ] {
        let (worked, said, complaint) = gatehouse(&app, arguments);
        assert!(!worked && said.is_empty() && complaint.contains(expected), "{arguments:?}: {said} {complaint}");
    }
}

#[tokio::test]
async fn a_user_is_added_while_the_program_serves() {
    let app = App::start(&[]).await;
    let (worked, id, complaint) = gatehouse(&app, &["user", "add", "Jane@example.com", "--first-name", "Jane"]);
    assert!(worked, "{complaint}");
    let user = Api::of(&app).get(&format!("/v1/users/{id}")).await;
    assert_eq!(
        (&user["first_name"], &user["email_addresses"][0]["email_address"]),
        (&json!("Jane"), &json!("jane@example.com"))
    );
    let fields = [("identifier", "jane@example.com"), ("password", "gatehouse-demo")];
    assert_eq!(app.post_form("/__clerk/sign-in", "", &fields).await.status, 303);
    for (arguments, expected) in [
        (["user", "add", "jane@example.com"].as_slice(), "belongs to somebody"),
        (&["user", "add", "jane"], "no email address"),
        (&["user", "add", "joe@example.com", "--password", "short"], "8 to 72 characters"),
    ] {
        let (worked, said, complaint) = gatehouse(&app, arguments);
        assert!(!worked && said.is_empty() && complaint.contains(expected), "{arguments:?}: {said} {complaint}");
    }
}

async fn sign_in_as(app: &App, body: &Value) -> Page {
    let request = app.request(Method::POST, "/__clerk/test/sign_in").json(body);
    Page::read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn one_call_gives_a_browser_that_is_signed_in() {
    let app = App::start(&[]).await;
    let page = sign_in_as(&app, &json!({ "user": "ada", "organization": "acme" })).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let cookies = page.cookies_after("");
    assert!(app.navigate("/account", &cookies).await.body.contains("Hello World"));
    assert_eq!(part(&json!(cookie(&cookies, "__session")), 1)["o"]["slg"], "acme");

    let state: Value = serde_json::from_str(&page.body).unwrap();
    let kept = state["cookies"].as_array().unwrap();
    let client = kept.iter().find(|kept| kept["name"] == "__client").unwrap();
    assert_eq!(
        (&client["domain"], &client["httpOnly"], &client["path"]),
        (&json!("localhost"), &json!(true), &json!("/"))
    );
    assert_eq!(client["value"], cookie(&cookies, "__client"));
    assert_eq!(state["origins"], json!([]));

    for (body, status) in [
        (json!({ "user": "nobody" }), 404),
        (json!({ "user": "mallory" }), 403),
        (json!({ "user": "ada", "organization": "nowhere" }), 404),
        (json!({}), 400),
    ] {
        let page = sign_in_as(&app, &body).await;
        assert_eq!((page.status, page.cookies_after("")), (status, String::new()), "{body}: {}", page.body);
    }
    let form = app.post_form("/__clerk/test/sign_in", "", &[("user", "ada")]).await;
    assert_eq!((form.status, form.cookies_after("")), (400, String::new()), "other sites can send forms");
}

#[tokio::test]
async fn a_browser_that_cannot_be_signed_in_stays_as_it_is() {
    let app = App::start(&[]).await;
    let cookies = sign_in(&app).await;
    for (body, status) in [
        (json!({ "user": "grace", "organization": "nowhere" }), 404),
        (json!({ "user": "mallory", "organization": "acme" }), 403),
    ] {
        let request = app.request(Method::POST, "/__clerk/test/sign_in").header("cookie", &cookies).json(&body);
        let page = Page::read(request.send().await.unwrap()).await;
        assert_eq!((page.status, page.headers.get("set-cookie")), (status, None), "{body}: {}", page.body);
        assert_eq!(Api::of(&app).session().await["status"], "active", "{body}");
        let client = app.get("/__clerk/v1/client", &[("cookie", &cookies)]).await;
        let client: Value = serde_json::from_str(&client.body).unwrap();
        assert_eq!(client["response"]["sessions"][0]["user"]["id"], ADA, "{body}");
    }
    let body = json!({ "user": "grace", "organization": "acme" });
    let request = app.request(Method::POST, "/__clerk/test/sign_in").header("cookie", &cookies).json(&body);
    let page = Page::read(request.send().await.unwrap()).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(part(&json!(cookie(&page.cookies_after(&cookies), "__session")), 1)["o"]["slg"], "acme");
    assert_eq!(Api::of(&app).session().await["status"], "replaced", "one account at a time");
}

#[tokio::test]
async fn session_tokens_live_as_long_as_they_are_told_to() {
    let app = App::start(&[("GATEHOUSE_SESSION_TOKEN_SECONDS", "90")]).await;
    let page = sign_in_as(&app, &json!({ "user": "ada" })).await;
    let claims = part(&json!(cookie(&page.cookies_after(""), "__session")), 1);
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 90);
}
