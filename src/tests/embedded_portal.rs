//! The embedded Clerk's portal, where codes are needed: signing up, a forgotten password. And accounts whose address
//! nobody had shown to be theirs.

use serde_json::{Value, json};

use super::support::{ADA, Api, App, Browser, LOCAL_ID, Page, choose, ok, refusal, refused, sign_in, sign_up};

const PASSWORD: &str = "gatehouse-demo";
const SIGN_UP: &str = "/__clerk/sign-up";
const VERIFY: &str = "/__clerk/sign-up/verify";
const RESET: &str = "/__clerk/reset-password";
const WRONG_CODE: &str = "This code is not right.";
const OVER: &str = "This code no longer works";

/// The newest mail.
async fn last_mail(app: &App) -> Value {
    let outbox: Value = serde_json::from_str(&app.get("/__clerk/outbox.json", &[]).await.body).unwrap();
    outbox["data"][0].clone()
}

/// A page without the address that it is about and without the name of its request.
fn anonymous(page: &str, email: &str) -> String {
    let page = page.replace("<wbr>", "").replace(email, "x");
    match page.split_once("Request <code>") {
        Some((before, after)) => format!("{before}{}", after.split_once("</code>").unwrap().1),
        None => page,
    }
}

async fn can_sign_in(app: &App, email: &str, password: &str) -> bool {
    app.post_form("/__clerk/sign-in", "", &[("identifier", email), ("password", password)]).await.status == 303
}

/// Asks for a code to replace a password with. Returns the next page and the browser's cookies.
async fn forget(app: &App, email: &str) -> (Page, String) {
    let page = app.post_form("/__clerk/forgot-password", "", &[("email_address", email)]).await;
    assert_eq!(page.status, 303, "{}", page.body);
    let cookies = page.cookies_after("");
    (app.navigate(page.header("location"), &cookies).await, cookies)
}

#[tokio::test]
async fn nobody_has_an_account_before_the_address_is_verified() {
    let app = App::start(&[]).await;
    let fields = [("email_address", "Emilie@example.com"), ("password", PASSWORD), ("redirect_url", "/account?a=b")];
    let page = app.post_form(SIGN_UP, "", &fields).await;
    let next = format!("{VERIFY}?redirect_url={}", page.header("location").split('=').nth(1).unwrap());
    assert_eq!((page.status, page.header("location")), (303, next.as_str()));
    let cookies = page.cookies_after("");
    assert!(!cookies.contains("__session") && !can_sign_in(&app, "emilie@example.com", PASSWORD).await);
    assert!(app.navigate(&next, &cookies).await.body.contains("emilie<wbr>@example.com"));

    let first = last_mail(&app).await["code"].as_str().unwrap().to_owned();
    let again = app.post_form("/__clerk/sign-up/resend", &cookies, &[("redirect_url", "/account?a=b")]).await;
    assert_eq!((again.status, again.header("location")), (303, next.as_str()));
    let code = last_mail(&app).await["code"].as_str().unwrap().to_owned();
    for wrong in ["", "nonsense", if first == code { "000000" } else { &first }] {
        let page = app.post_form(VERIFY, &cookies, &[("code", wrong)]).await;
        assert_eq!(page.status, 422, "{wrong}");
        assert!(page.body.contains(WRONG_CODE) && page.body.contains("emilie<wbr>@example.com"), "{}", page.body);
        assert!(page.headers.get("set-cookie").is_none());
    }
    let other = app.post_form(VERIFY, "", &[("code", &code), ("redirect_url", "/account?a=b")]).await;
    assert_eq!(other.status, 410, "another browser has not signed up");
    assert!(other.body.contains("sign-up?redirect_url=") && other.body.contains("account%3Fa%3Db"), "{}", other.body);
    let typed = format!(" {code} ");
    let done = app.post_form(VERIFY, &cookies, &[("code", &typed), ("redirect_url", "/account?a=b")]).await;
    assert_eq!((done.status, done.header("location")), (303, format!("{}/account?a=b", app.origin).as_str()));
    let signed_in = done.cookies_after(&cookies);
    assert!(app.navigate("/account", &signed_in).await.body.contains("Hello World"));
    let users = Api::of(&app).get("/v1/users?email_address=emilie@example.com").await;
    assert_eq!(users[0]["email_addresses"][0]["verification"]["strategy"], "email_code");
    let again = app.post_form(VERIFY, &signed_in, &[("code", &code), ("redirect_url", "/account?a=b")]).await;
    assert_eq!(again.status, 410, "a sign-up is done once");
    assert!(again.body.contains(&format!(r#"href="{}/account?a=b">Continue"#, app.origin)), "{}", again.body);
}

#[tokio::test]
async fn a_code_that_works_no_more_leads_to_another_one() {
    let app = App::start(&[]).await;
    let fields = [("email_address", "emilie@example.com"), ("password", PASSWORD)];
    let cookies = app.post_form(SIGN_UP, "", &fields).await.cookies_after("");
    let (_, forgetful) = forget(&app, "ada@example.com").await;
    let codes: Vec<String> = {
        let outbox: Value = serde_json::from_str(&app.get("/__clerk/outbox.json", &[]).await.body).unwrap();
        (0..2).map(|index| outbox["data"][index]["code"].as_str().unwrap().to_owned()).collect()
    };
    // Ten minutes later.
    let file = rusqlite::Connection::open(app.database()).unwrap();
    assert_eq!(file.execute("UPDATE email_codes SET expire_at = expire_at - 600000", []).unwrap(), 2);

    let late = app.post_form(VERIFY, &cookies, &[("code", &codes[1]), ("redirect_url", "/account?a=b")]).await;
    assert!(late.status == 422 && late.body.contains(OVER), "{}", late.body);
    for kept in ["/__clerk/sign-up/resend", "/account?a=b", "emilie<wbr>@example.com", "Send another code"] {
        assert!(late.body.contains(kept), "{kept}: {}", late.body);
    }
    let fields = [("code", codes[0].as_str()), ("password", "another-one"), ("redirect_url", "/account?a=b")];
    let late = app.post_form(RESET, &forgetful, &fields).await;
    assert!(late.status == 422 && late.body.contains(OVER), "{}", late.body);
    for kept in ["/__clerk/forgot-password", "/account?a=b", r#"name="email_address" value="ada@example.com""#] {
        assert!(late.body.contains(kept), "{kept}: {}", late.body);
    }
    assert!(can_sign_in(&app, "ada@example.com", PASSWORD).await);

    let again = app.post_form("/__clerk/sign-up/resend", &cookies, &[]).await;
    assert_eq!(again.status, 303);
    let code = last_mail(&app).await["code"].as_str().unwrap().to_owned();
    assert_eq!(app.post_form(VERIFY, &cookies, &[("code", &code)]).await.status, 303);
}

#[tokio::test]
async fn signing_up_tells_nobody_who_has_an_account() {
    let app = App::start(&[]).await;
    let begin = async |email: &str| {
        let page = app.post_form(SIGN_UP, "", &[("email_address", email), ("password", PASSWORD)]).await;
        let cookies = page.cookies_after("");
        let shown = app.navigate(page.header("location"), &cookies).await;
        let mut answers = vec![(page.status, anonymous(&shown.body, email))];
        for _ in 0..6 {
            let answered = app.post_form(VERIFY, &cookies, &[("code", "12345")]).await;
            answers.push((answered.status, anonymous(&answered.body, email)));
        }
        answers
    };
    let unknown = begin("nobody@example.com").await;
    assert!(unknown[5].1.contains(WRONG_CODE) && unknown[6].1.contains(OVER), "{unknown:?}");
    assert_eq!(begin("ada@example.com").await, unknown);
    let outbox = app.get("/__clerk/outbox.json", &[]).await.body;
    let outbox: Value = serde_json::from_str(&outbox).unwrap();
    let (known, new) = (&outbox["data"][0], &outbox["data"][1]);
    assert_eq!((&new["to"], new["code"].is_string()), (&json!("nobody@example.com"), true));
    assert_eq!((&known["to"], &known["code"]), (&json!("ada@example.com"), &Value::Null), "only its owner reads that");
    assert!(known["subject"].as_str().unwrap().contains("account already"));
}

#[tokio::test]
async fn an_address_that_was_taken_meanwhile_is_no_second_account() {
    let app = App::start(&[]).await;
    let fields = [("email_address", "late+clerk_test@example.com"), ("password", PASSWORD)];
    let late = app.post_form(SIGN_UP, "", &fields).await.cookies_after("");
    let early = sign_up(&app, "late+clerk_test@example.com", "another-one").await;
    assert_eq!(early.status, 303);
    assert_eq!(app.post_form(VERIFY, &late, &[("code", "424242")]).await.status, 422);
    assert!(!can_sign_in(&app, "late+clerk_test@example.com", PASSWORD).await);
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_with_a_code() {
    let app = App::start(&[]).await;
    let elsewhere = sign_in(&app).await;
    let reset = async |password: &str, box_ticked: bool| {
        let (_, cookies) = forget(&app, " Ada@Example.com").await;
        let code = last_mail(&app).await["code"].as_str().unwrap().to_owned();
        let mut fields = vec![("code", code.as_str()), ("password", password), ("redirect_url", "/account")];
        if box_ticked {
            fields.push(("sign_out_of_other_sessions", "true"));
        }
        let page = app.post_form(RESET, &cookies, &fields).await;
        (page.status, page.cookies_after(&cookies), fields.remove(0).1.to_owned(), cookies)
    };
    let sessions =
        async || Api::of(&app).get(&format!("/v1/sessions?user_id={ADA}&status=active")).await["total_count"].clone();
    for short in ["short", "ada@example.com"] {
        assert_eq!(reset(short, false).await.0, 422, "{short}");
    }
    let (status, cookies, code, before) = reset("another-one", false).await;
    assert_eq!((status, sessions().await), (303, json!(2)), "the others go on");
    assert!(app.navigate("/account", &cookies).await.body.contains("Hello World"));
    assert!(can_sign_in(&app, "ada@example.com", "another-one").await);
    assert!(!can_sign_in(&app, "ada@example.com", PASSWORD).await);
    let fields = [("code", code.as_str()), ("password", "a-third-one")];
    let again = app.post_form(RESET, &before, &fields).await;
    assert_eq!(again.status, 410, "a code works once: {}", again.body);

    assert_eq!(reset("a-third-one", true).await.0, 303);
    assert_eq!(sessions().await, 1, "the others have ended");
    assert!(!app.navigate("/account", &elsewhere).await.body.is_empty());
}

#[tokio::test]
async fn forgetting_a_password_tells_nobody_who_has_an_account() {
    let app = App::start(&[("GATEHOUSE_LOCKOUT_ATTEMPTS", "3")]).await;
    let answers = async |email: &str| {
        let (page, cookies) = forget(&app, email).await;
        let fields = [("code", "12345"), ("password", "another-one")];
        let mut answers = vec![(page.status, anonymous(&page.body, email))];
        for _ in 0..6 {
            let wrong = app.post_form(RESET, &cookies, &fields).await;
            answers.push((wrong.status, anonymous(&wrong.body, email)));
        }
        answers
    };
    let unknown = answers("nobody@example.com").await;
    assert!(unknown[5].0 == 422 && unknown[5].1.contains(WRONG_CODE) && unknown[6].1.contains(OVER), "{unknown:?}");
    assert_eq!(answers("ada@example.com").await, unknown);
    let locked = Api::of(&app).get(&format!("/v1/users/{ADA}")).await;
    assert_eq!(locked["locked"], true, "codes are guesses, too");
    assert_eq!(answers("ada@example.com").await, unknown, "nor who is locked out");
    assert!(!can_sign_in(&app, "ada@example.com", PASSWORD).await);

    let (_, cookies) = forget(&app, "mallory@example.com").await;
    let code = last_mail(&app).await["code"].as_str().unwrap().to_owned();
    let banned = app.post_form(RESET, &cookies, &[("code", &code), ("password", "another-one")]).await;
    assert_eq!(banned.status, 403, "its owner may know");
    assert!(banned.body.contains("banned") && !banned.cookies_after("").contains("__session="));
    let none = app.navigate(&format!("{RESET}?redirect_url=/account"), "").await;
    assert_eq!(none.status, 410, "nothing was asked for in this browser");
    assert!(none.body.contains("/__clerk/forgot-password?redirect_url="), "{}", none.body);
}

#[tokio::test]
async fn the_portals_attempts_are_counted_with_all_others() {
    let app = App::start(&[("GATEHOUSE_SIGN_IN_RATE", "2")]).await;
    let mut browser = Browser::open(&app).await;
    ok(browser.post("/client/sign_ins", &[("identifier", "ada@example.com")]).await);
    assert!(can_sign_in(&app, "ada@example.com", PASSWORD).await);
    for path in [
        "/__clerk/sign-in",
        "/__clerk/sign-in/ticket",
        "/__clerk/continue-with",
        SIGN_UP,
        VERIFY,
        "/__clerk/sign-up/resend",
        "/__clerk/forgot-password",
        RESET,
    ] {
        let fields = [("email_address", "x@example.com"), ("redirect_url", "/account?a=b")];
        let page = app.post_form(path, "", &fields).await;
        assert_eq!((page.status, page.header("content-type")), (429, "text/html; charset=utf-8"), "{path}");
        assert!((1..=10).contains(&page.header("retry-after").parse::<u64>().unwrap()));
        let form_page = match path {
            "/__clerk/sign-up/resend" => VERIFY,
            "/__clerk/sign-in/ticket" | "/__clerk/continue-with" => "/__clerk/sign-in",
            path => path,
        };
        let back = format!(r#"href="{form_page}?redirect_url="#);
        assert!(page.body.contains(&back) && page.body.contains("account%3Fa%3Db\">Back"), "{path}: {}", page.body);
    }
    assert_eq!(app.navigate("/__clerk/sign-in", "").await.status, 200, "looking is no attempt");
}

#[tokio::test]
async fn an_account_made_with_somebody_elses_address_becomes_its_owners_alone() {
    let app = App::start(&[]).await;
    // The maker: knows the password, is signed in, and added an address of their own.
    let mut maker = Browser::open(&app).await;
    maker.sign_in("ada@example.com", PASSWORD).await;
    let own = [("email_address", "maker+clerk_test@example.com")];
    let added = ok(maker.post("/me/email_addresses", &own).await)["response"]["id"].as_str().unwrap().to_owned();
    let verification = format!("/me/email_addresses/{added}");
    ok(maker.post(&format!("{verification}/prepare_verification"), &[]).await);
    ok(maker.post(&format!("{verification}/attempt_verification"), &[("code", "424242")]).await);
    // As files of older versions hold accounts that were made in the portal.
    let file = rusqlite::Connection::open(app.database()).unwrap();
    let unverify = "UPDATE email_addresses SET verified_by = NULL WHERE email_address = 'ada@example.com'";
    assert_eq!(file.execute(unverify, []).unwrap(), 1);

    let mut owner = Browser::open(&app).await;
    let begin = [("strategy", "email_code"), ("identifier", "ada@example.com")];
    let sign_in = ok(owner.post("/client/sign_ins", &begin).await)["response"]["id"].as_str().unwrap().to_owned();
    let code = owner.code_sent_to("ada@example.com").await;
    let attempt = format!("/client/sign_ins/{sign_in}/attempt_first_factor");
    let answer = ok(owner.post(&attempt, &[("strategy", "email_code"), ("code", &code)]).await);
    let user = &answer["client"]["sessions"][0]["user"];
    assert_eq!((&user["id"], &user["password_enabled"]), (&json!(ADA), &json!(false)), "the maker's password is gone");
    assert_eq!(user["email_addresses"].as_array().unwrap().len(), 1, "and the maker's address");
    assert_eq!(ok(maker.get("/client").await)["response"]["sessions"], json!([]), "and the maker's session");
    assert!(!can_sign_in(&app, "ada@example.com", PASSWORD).await);

    // The second time nothing is lost, and the portal gives who has no password one.
    let (_, cookies) = forget(&app, "ada@example.com").await;
    let code = owner.code_sent_to("ada@example.com").await;
    let page = app.post_form(RESET, &cookies, &[("code", &code), ("password", "owners-own")]).await;
    assert_eq!(page.status, 303, "{}", page.body);
    let mut again = Browser::open(&app).await;
    let sign_in = ok(again.post("/client/sign_ins", &begin).await)["response"]["id"].as_str().unwrap().to_owned();
    let code = again.code_sent_to("ada@example.com").await;
    let attempt = format!("/client/sign_ins/{sign_in}/attempt_first_factor");
    ok(again.post(&attempt, &[("strategy", "email_code"), ("code", &code)]).await);
    assert!(can_sign_in(&app, "ada@example.com", "owners-own").await);
}

/// Sends a browser to the embedded provider and back, as `person`, for what `path` begins.
async fn go_elsewhere(app: &App, browser: &mut Browser<'_>, path: &str, person: Option<&str>) {
    let page = format!("{}/account", app.origin);
    let begun = ok(browser.post(path, &[("strategy", LOCAL_ID), ("redirect_url", &page)]).await)["response"].take();
    let verification = if path == "/me/external_accounts" { "verification" } else { "first_factor_verification" };
    let url = begun[verification]["external_verification_redirect_url"].as_str().unwrap().to_owned();
    let back = choose(app, &url, person).await;
    assert_eq!(browser.visit(app, &back).await.status, 303);
}

/// Begins to sign in, with a code that is sent to an address. Returns the sign-in's path.
async fn begin_with_code(browser: &mut Browser<'_>, email: &str, strategy: &str) -> String {
    let begun = ok(browser.post("/client/sign_ins", &[("strategy", strategy), ("identifier", email)]).await);
    format!("/client/sign_ins/{}", begun["response"]["id"].as_str().unwrap())
}

#[tokio::test]
async fn what_the_maker_of_somebody_elses_account_left_behind_lets_nobody_in() {
    const OWN: &str = "maker+clerk_test@example.com";
    let app = App::start(&[]).await;
    let mut maker = Browser::open(&app).await;
    maker.sign_in("ada@example.com", PASSWORD).await;
    let added = ok(maker.post("/me/email_addresses", &[("email_address", OWN)]).await)["response"]["id"].clone();
    let verification = format!("/me/email_addresses/{}", added.as_str().unwrap());
    ok(maker.post(&format!("{verification}/prepare_verification"), &[]).await);
    ok(maker.post(&format!("{verification}/attempt_verification"), &[("code", "424242")]).await);
    // An identity whose address is not verified, and one that did not get connected.
    go_elsewhere(&app, &mut maker, "/me/external_accounts", Some("local-grace")).await;
    go_elsewhere(&app, &mut maker, "/me/external_accounts", None).await;
    let left = ok(maker.get("/me").await)["response"]["external_accounts"].clone();
    assert_eq!(left.as_array().unwrap().len(), 2, "{left}");
    // A link, a password about to be replaced, and a code that waits for an answer.
    let link = Api::of(&app).post("/v1/sign_in_tokens", &json!({ "user_id": ADA })).await;
    let (mut resetting, mut waiting) = (Browser::open(&app).await, Browser::open(&app).await);
    let reset = begin_with_code(&mut resetting, OWN, "reset_password_email_code").await;
    let answer = [("strategy", "reset_password_email_code"), ("code", "424242")];
    let answered = ok(resetting.post(&format!("{reset}/attempt_first_factor"), &answer).await);
    assert_eq!(answered["response"]["status"], "needs_new_password");
    let wait = begin_with_code(&mut waiting, OWN, "email_code").await;

    let file = rusqlite::Connection::open(app.database()).unwrap();
    let unverify = "UPDATE email_addresses SET verified_by = NULL WHERE email_address = 'ada@example.com'";
    assert_eq!(file.execute(unverify, []).unwrap(), 1);
    let mut owner = Browser::open(&app).await;
    let proof = begin_with_code(&mut owner, "ada@example.com", "email_code").await;
    let code = owner.code_sent_to("ada@example.com").await;
    let answer = [("strategy", "email_code"), ("code", code.as_str())];
    let answered = ok(owner.post(&format!("{proof}/attempt_first_factor"), &answer).await);
    let user = &answered["client"]["sessions"][0]["user"];
    assert_eq!((&user["id"], &user["external_accounts"]), (&json!(ADA), &json!([])));

    let mut again = Browser::open(&app).await;
    go_elsewhere(&app, &mut again, "/client/sign_ins", Some("local-grace")).await;
    let client = ok(again.get("/client").await)["response"].clone();
    assert_eq!(client["sessions"], json!([]), "the identity is not the account's any more");
    let used = [("strategy", "ticket"), ("ticket", link["token"].as_str().unwrap())];
    let ticket = Browser::open(&app).await.post("/client/sign_ins", &used).await;
    assert_eq!(refusal(ticket), refused(400, "sign_in_token_revoked_code", ""));
    let replaced = resetting.post(&format!("{reset}/reset_password"), &[("password", "makers-own")]).await;
    assert_eq!(refusal(replaced), refused(404, "resource_not_found", ""));
    let answer = [("strategy", "email_code"), ("code", "424242")];
    let late = waiting.post(&format!("{wait}/attempt_first_factor"), &answer).await;
    assert_eq!(refusal(late), refused(422, "verification_expired", "code"));
    assert_eq!(ok(owner.get("/me").await)["response"]["id"], ADA, "the owner's session goes on");
}
