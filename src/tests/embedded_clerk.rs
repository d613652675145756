//! The embedded Clerk, end to end: portal, cookies, handshake, sign-out, restart.

use reqwest::Method;
use serde_json::Value;

use super::support::{App, Page, sign_up};

const PASSWORD: &str = "gatehouse-demo";

async fn sign_in(app: &App, email: &str, password: &str, cookies: &str) -> Page {
    let target = format!("{}/account", app.origin);
    app.post_form(
        "/__clerk/sign-in",
        cookies,
        &[("identifier", email), ("password", password), ("redirect_url", &target)],
    )
    .await
}

/// The cookies of a browser in which Grace just signed in.
async fn signed_in(app: &App) -> String {
    let page = sign_in(app, "grace@example.com", PASSWORD, "").await;
    assert_eq!(page.status, 303, "{}", page.body);
    page.cookies_after("")
}

/// Follows redirects as a browser does, cookies included. Returns the last page, the cookies, and every address.
async fn browse(app: &App, path: &str, cookies: &str) -> (Page, String, Vec<String>) {
    let (mut address, mut cookies, mut seen) = (path.to_owned(), cookies.to_owned(), Vec::new());
    for _ in 0..10 {
        let page = app.navigate(&address, &cookies).await;
        cookies = page.cookies_after(&cookies);
        seen.push(address);
        if !(300..400).contains(&page.status) {
            return (page, cookies, seen);
        }
        address = page.header("location").to_owned();
    }
    panic!("too many redirects: {seen:#?}");
}

fn without(cookies: &str, names: &[&str]) -> String {
    let kept = cookies.split("; ").filter(|pair| !names.iter().any(|name| pair.starts_with(name)));
    kept.collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn a_visitor_is_sent_to_sign_in_and_back() {
    let app = App::start(&[]).await;
    let (page, cookies, seen) = browse(&app, "/account?a=b", "").await;
    assert_eq!(page.status, 200);
    let target = format!("{}/__clerk/sign-in?redirect_url={}", app.origin, "http%3A%2F%2Flocalhost%3A");
    assert!(seen.last().unwrap().starts_with(&target), "{seen:#?}");
    assert!(
        page.body.contains(&format!("name=\"redirect_url\" value=\"{}/account?a=b\"", app.origin)),
        "{}",
        page.body
    );

    let page = sign_in(&app, "grace@example.com", PASSWORD, &cookies).await;
    assert_eq!((page.status, page.header("location")), (303, format!("{}/account", app.origin).as_str()));
    let (page, _, seen) = browse(&app, "/account", &page.cookies_after(&cookies)).await;
    assert_eq!((page.status, seen.len()), (200, 1));
    assert!(page.body.contains("Hello World") && page.body.contains("user_seed000000000000000000Grace"));
}

#[tokio::test]
async fn cookies_have_clerks_names_and_attributes() {
    let app = App::start(&[]).await;
    let page = sign_in(&app, "ada@example.com", PASSWORD, "").await;
    let cookies: Vec<&str> = page.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect();
    for name in [
        "__session",
        "__session_3_AN3zpR",
        "__client_uat",
        "__client_uat_3_AN3zpR",
        "__clerk_db_jwt",
        "__clerk_db_jwt_3_AN3zpR",
    ] {
        let cookie = cookies.iter().find(|cookie| cookie.starts_with(&format!("{name}="))).expect(name);
        assert!(cookie.ends_with("; Path=/; Max-Age=31536000; SameSite=Lax"), "{cookie}");
    }
    for name in ["__client", "__refresh_3_AN3zpR"] {
        let cookie = cookies.iter().find(|cookie| cookie.starts_with(&format!("{name}="))).expect(name);
        assert!(cookie.ends_with("; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly"), "{cookie}");
    }
    assert!(!cookies.iter().any(|cookie| cookie.starts_with("__refresh=")), "Clerk's SDK reads the suffixed name only");
}

#[tokio::test]
async fn a_lost_session_token_is_renewed_on_the_way_to_the_page() {
    let app = App::start(&[("GATEHOUSE_LOG", "debug")]).await;
    let cookies = without(&signed_in(&app).await, &["__session"]);
    let (page, cookies, seen) = browse(&app, "/account?a=b", &cookies).await;
    assert!(page.body.contains("Hello World"), "{}", page.body);
    assert!(cookies.contains("__session=eyJ") && cookies.contains("__refresh_3_AN3zpR="));
    assert_eq!(seen.len(), 4, "page, handshake, page with nonce, clean page: {seen:#?}");
    assert_eq!(seen[3], format!("{}/account?a=b", app.origin));
    assert!(seen.iter().all(|address| !address.contains("eyJ")), "no token in an address: {seen:#?}");
    assert!(!app.log().contains("eyJ"), "no token in the log: {}", app.log());
}

#[tokio::test]
async fn a_nonce_works_once_and_only_with_the_secret_key() {
    let app = App::start(&[]).await;
    let cookies = signed_in(&app).await;
    let query = format!("/__clerk/v1/client/handshake?format=nonce&redirect_url={}/account", app.origin);
    let page = app.navigate(&query, &cookies).await;
    let nonce = page.header("location").rsplit_once("__clerk_handshake_nonce=").unwrap().1.to_owned();
    let payload = format!("/__clerk/api/v1/clients/handshake_payload?nonce={nonce}");
    for key in ["", "Bearer ", "Bearer sk_test_guess"] {
        let page = app.get(&payload, &[("authorization", key)]).await;
        assert_eq!((page.status, error_code(&page)), (401, "clerk_key_invalid".to_owned()));
    }
    // The application collects it; afterwards it is gone, and the page ends signed out instead of looping.
    let first = app.navigate(&format!("/account?__clerk_handshake_nonce={nonce}"), "").await;
    assert!(
        first.headers.get_all("set-cookie").iter().any(|cookie| cookie.to_str().unwrap().starts_with("__session=eyJ"))
    );
    let second = app.navigate(&format!("/account?__clerk_handshake_nonce={nonce}"), "").await;
    assert_eq!((second.status, second.header("x-clerk-auth-reason")), (307, "session-token-missing"));
}

fn error_code(page: &Page) -> String {
    let body: Value = serde_json::from_str(&page.body).unwrap();
    body["errors"][0]["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    let app = App::start(&[]).await;
    let foreign = [
        "https://evil.example/",
        "//evil.example/",
        "javascript:alert(1)",
        "http://localhost.evil.example/",
        r"/\evil.example",
    ];
    for target in foreign {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("redirect_url", target).finish();
        for page in ["sign-in", "sign-up", "sign-up/verify", "forgot-password", "reset-password", "sign-out"] {
            let refusal = app.get(&format!("/__clerk/{page}?{query}"), &[]).await;
            assert_eq!(refusal.status, 400, "{page} {target}");
            assert!(refusal.body.contains(refusal.header("x-request-id")), "{page} {target}: {}", refusal.body);
            let fields = [("redirect_url", target), ("identifier", "ada@example.com"), ("password", PASSWORD)];
            assert_eq!(app.post_form(&format!("/__clerk/{page}"), "", &fields).await.status, 400, "{page} {target}");
        }
        let handshake = app.get(&format!("/__clerk/v1/client/handshake?{query}"), &[]).await;
        assert_eq!(
            (handshake.status, error_code(&handshake)),
            (400, "form_param_value_invalid".to_owned()),
            "{target}"
        );
    }
    assert_eq!(app.get("/__clerk/v1/client/handshake", &[]).await.status, 400);
}

#[tokio::test]
async fn wrong_and_unknown_look_the_same() {
    let app = App::start(&[]).await;
    let wrong = sign_in(&app, "ada@example.com", "not-the-password", "").await;
    let unknown = sign_in(&app, "nobody@example.com", "not-the-password", "").await;
    assert_eq!((wrong.status, unknown.status), (422, 422));
    assert_eq!(wrong.body.replace("ada@", "x@"), unknown.body.replace("nobody@", "x@").replace("ada@", "x@"));
    assert!(wrong.headers.get("set-cookie").is_none());
    assert!(!wrong.body.contains("not-the-password"));
    let banned = sign_in(&app, "mallory@example.com", PASSWORD, "").await;
    assert_eq!(banned.status, 403);
    assert!(banned.body.contains("banned") && banned.headers.get("set-cookie").is_none());
    let banned = sign_in(&app, "mallory@example.com", "not-the-password", "").await;
    assert_eq!(banned.status, 422, "only the owner learns of the ban");
}

#[tokio::test]
async fn signing_up_checks_what_was_typed_and_keeps_it() {
    let app = App::start(&[]).await;
    let sign_up = async |email: &str, password: &str| {
        let fields = [("first_name", "Émilie"), ("last_name", ""), ("email_address", email), ("password", password)];
        app.post_form("/__clerk/sign-up", "", &fields).await
    };
    for (email, password, words) in [
        ("emilie", "long-enough", "This is not an email address"),
        ("emilie@localhost", "long-enough", "This is not an email address"),
        ("emilie@example.com", "short", "A password has 8 to 72 characters"),
        ("emilie@example.com", "EMILIE@example.com", "must differ from the email address"),
    ] {
        let page = sign_up(email, password).await;
        assert_eq!(page.status, 422, "{email}");
        assert!(page.body.contains(words), "{email}: {}", page.body);
        assert!(
            page.body.contains("Émilie") && page.body.contains(email) && !page.body.contains("value=\"long-enough\"")
        );
    }
    let page = sign_up("emilie@example.com", "long-enough").await;
    assert_eq!(page.status, 303, "{}", page.body);
}

#[tokio::test]
async fn signing_out_ends_the_session_everywhere() {
    let app = App::start(&[]).await;
    let cookies = signed_in(&app).await;
    let page = app.post_form("/rpc/sign_out", &cookies, &[]).await;
    assert_eq!((page.status, page.header("location")), (302, "/"), "{}", page.body);
    let after = page.cookies_after(&cookies);
    for name in ["__session", "__client_uat", "__refresh"] {
        assert!(!after.contains(name), "{after}");
    }
    // The browser's own cookie brings no session back.
    let (page, _, _) = browse(&app, "/account", &after).await;
    assert!(page.body.contains("<h1 id=\"title\">Sign in</h1>"), "{}", page.body);
    // Nor does it to sign out twice.
    assert_eq!(app.post_form("/rpc/sign_out", &cookies, &[]).await.status, 302);
}

#[tokio::test]
async fn the_portal_signs_out_too() {
    let app = App::start(&[]).await;
    let cookies = signed_in(&app).await;
    assert!(
        app.navigate("/__clerk/sign-in", &cookies)
            .await
            .body
            .contains("You are signed in as <strong><span class=\"address\">grace<wbr>@example.com")
    );
    let page = app.post_form("/__clerk/sign-out", &cookies, &[]).await;
    assert_eq!((page.status, page.header("location")), (303, format!("{}/", app.origin).as_str()));
    let after = page.cookies_after(&cookies);
    assert!(
        after.contains("__client_uat=0") && !after.contains("__session=") && !after.contains("__refresh"),
        "{after}"
    );
    let old_client = without(&cookies, &["__session", "__client_uat"]);
    let (page, _, _) = browse(&app, "/account", &old_client).await;
    assert!(page.body.contains("<h1 id=\"title\">Sign in</h1>"), "the client's old token is worth nothing");
}

#[tokio::test]
async fn users_and_sessions_survive_kill_9() {
    let app = App::start(&[]).await;
    let cookies = sign_up(&app, "new+clerk_test@example.com", "long-enough").await.cookies_after("");
    let keys = app.get("/__clerk/.well-known/jwks.json", &[]).await.body;
    let app = app.kill_and_restart().await;
    assert_eq!(app.get("/__clerk/.well-known/jwks.json", &[]).await.body, keys);
    assert_eq!(sign_in(&app, "new+clerk_test@example.com", "long-enough", "").await.status, 303);
    // The token was made for the address before the restart, so it is renewed on the way.
    let (page, _, _) = browse(&app, "/account", &without(&cookies, &["__session"])).await;
    assert!(page.body.contains("Hello World"), "{}", page.body);
}

#[tokio::test]
async fn two_programs_can_share_one_file() {
    let first = App::start(&[]).await;
    let second = first.start_another().await;
    let email = |number: usize| format!("user{number}+clerk_test@example.com");
    let sign_ups = async |app: &App, number: usize| sign_up(app, &email(number), "long-enough").await.status;
    for number in 0..5 {
        let (one, two) = tokio::join!(sign_ups(&first, 2 * number), sign_ups(&second, 2 * number + 1));
        assert_eq!((one, two), (303, 303));
    }
    for number in 0..10 {
        assert_eq!(sign_in(&first, &email(number), "long-enough", "").await.status, 303);
    }
}

#[tokio::test]
async fn another_site_cannot_post() {
    let app = App::start(&[]).await;
    let cookies = signed_in(&app).await;
    for path in [
        "/rpc/sign_out",
        "/rpc/account_data",
        "/__clerk/sign-in",
        "/__clerk/sign-up",
        "/__clerk/sign-up/verify",
        "/__clerk/sign-up/resend",
        "/__clerk/forgot-password",
        "/__clerk/reset-password",
        "/__clerk/sign-out",
    ] {
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let request = app.request(Method::POST, path).header("cookie", &cookies).header(name, value);
            assert_eq!(request.send().await.unwrap().status().as_u16(), 403, "{path} {name}: {value}");
        }
    }
    assert!(app.navigate("/account", &cookies).await.body.contains("Hello World"), "still signed in");
}

#[tokio::test]
async fn another_name_of_this_machine_is_led_to_the_right_one() {
    let app = App::start(&[]).await;
    let port = app.origin.rsplit_once(':').unwrap().1;
    for page in ["sign-in", "sign-up", "sign-out"] {
        let path = format!("/__clerk/{page}?redirect_url=%2Faccount");
        let answer = app.get(&path, &[("host", &format!("127.0.0.1:{port}"))]).await;
        assert_eq!((answer.status, answer.header("location")), (307, format!("{}{path}", app.origin).as_str()));
    }
    for path in ["/__clerk", "/__clerk/"] {
        let page = app.get(path, &[]).await;
        assert_eq!((page.status, page.header("location")), (303, "/__clerk/sign-in"), "{path}");
    }
}

#[tokio::test]
async fn a_foreign_name_that_leads_here_finds_no_clerk() {
    let app = App::start(&[]).await;
    let page = app.get("/__clerk/sign-in", &[("host", "evil.example")]).await;
    assert_eq!((page.status, error_code(&page)), (421, "host_invalid".to_owned()));
}

#[tokio::test]
async fn the_secret_key_is_nobodys_business() {
    let app = App::start(&[("GATEHOUSE_LOG", "debug")]).await;
    let cookies = signed_in(&app).await;
    for path in ["/", "/account", "/health/ready", "/__clerk/sign-in", "/__clerk/v1/nothing"] {
        assert!(!app.navigate(path, &cookies).await.body.contains("sk_test_"), "{path}");
    }
    assert!(!app.log().contains("sk_test_"));
}
