//! The embedded Clerk, killed in the middle of a storm of sign-ups: what was answered is there, and nothing is by half.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use reqwest::Client;
use serde_json::Value;

use super::support::{App, Page, eventually};

const ROUNDS: u64 = 20;
const WORKERS: usize = 6;
const PASSWORD: &str = "long-enough";

/// The addresses whose sign-up was answered.
type Answered = Arc<Mutex<Vec<String>>>;

/// Posts a form. None if the program is gone.
async fn post(client: &Client, url: &str, cookies: &str, fields: &[(&str, &str)]) -> Option<Page> {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request =
        client.post(url).header("content-type", "application/x-www-form-urlencoded").header("cookie", cookies);
    let response = request.body(body).send().await.ok()?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Some(Page { status, headers, body: response.text().await.ok()? })
}

/// Signs up as Clerk's components do: begin, ask for a code, answer it.
async fn sign_up_with_code(client: &Client, origin: &str, email: &str) -> Option<()> {
    let api = format!("{origin}/__clerk/v1/client/sign_ups");
    let begun = post(client, &api, "", &[("email_address", email), ("password", PASSWORD)]).await?;
    let cookies = begun.cookies_after("");
    let answer: Value = serde_json::from_str(&begun.body).ok()?;
    let id = answer["response"]["id"].as_str().unwrap_or_else(|| panic!("{answer}"));
    post(client, &format!("{api}/{id}/prepare_verification"), &cookies, &[]).await?;
    let done = post(client, &format!("{api}/{id}/attempt_verification"), &cookies, &[("code", "424242")]).await?;
    let answer: Value = serde_json::from_str(&done.body).ok()?;
    assert_eq!(answer["response"]["status"], "complete", "{answer}");
    Some(())
}

/// Signs up in the portal: two forms.
async fn sign_up_in_portal(client: &Client, origin: &str, email: &str) -> Option<()> {
    let fields = [("email_address", email), ("password", PASSWORD)];
    let begun = post(client, &format!("{origin}/__clerk/sign-up"), "", &fields).await?;
    assert_eq!(begun.status, 303, "{}", begun.body);
    let (verify, cookies) = (format!("{origin}/__clerk/sign-up/verify"), begun.cookies_after(""));
    let done = post(client, &verify, &cookies, &[("code", "424242")]).await?;
    assert_eq!(done.status, 303, "{}", done.body);
    Some(())
}

/// One sign-up after the other, until the program is gone.
async fn sign_up_until_killed(origin: String, name: String, in_portal: bool, answered: Answered) {
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    for number in 0.. {
        let email = format!("{name}-{number}+clerk_test@example.com");
        let done = if in_portal {
            sign_up_in_portal(&client, &origin, &email).await
        } else {
            sign_up_with_code(&client, &origin, &email).await
        };
        match done {
            Some(()) => answered.lock().unwrap().push(email),
            None => break,
        }
    }
}

/// How many rows a question to the program's file finds.
fn count(app: &App, sql: &str, parameters: impl rusqlite::Params) -> u32 {
    let file = rusqlite::Connection::open(app.database()).unwrap();
    file.query_row(sql, parameters, |row| row.get(0)).unwrap()
}

fn check(app: &App, answered: &[String]) {
    let whole = "SELECT count(*) FROM users JOIN email_addresses ON email_addresses.user_id = users.id
                 JOIN sessions ON sessions.user_id = users.id
                 WHERE email_address = ?1 AND primary_email_address_id = email_addresses.id AND password_hash <> ''";
    for email in answered {
        assert_eq!(count(app, whole, [email]), 1, "{email} was answered");
    }
    let half = "SELECT count(*) FROM users WHERE id NOT LIKE 'user\\_seed%' ESCAPE '\\' AND NOT
                  (EXISTS (SELECT 1 FROM email_addresses WHERE id = primary_email_address_id AND user_id = users.id)
                   AND EXISTS (SELECT 1 FROM sessions WHERE user_id = users.id))";
    assert_eq!(count(app, half, []), 0, "half an account");
    let lost = "SELECT count(*) FROM sign_ups WHERE created_user_id IS NOT NULL AND NOT
                  EXISTS (SELECT 1 FROM sessions WHERE id = created_session_id AND user_id = created_user_id)";
    assert_eq!(count(app, lost, []), 0, "a sign-up that is complete without its user and session");
    assert_eq!(count(app, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'", []), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_kill_9_and_nothing_is_there_by_half() {
    let mut app = App::start(&[("GATEHOUSE_LOG", "error"), ("GATEHOUSE_SIGN_IN_RATE", "1000000")]).await;
    let answered = Answered::default();
    for round in 0..ROUNDS {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let name = format!("storm-{round}-{worker}");
                tokio::spawn(sign_up_until_killed(app.origin.clone(), name, worker == 0, Arc::clone(&answered)))
            })
            .collect();
        let before = answered.lock().unwrap().len();
        eventually("a sign-up", async || answered.lock().unwrap().len() >= before + 2).await;
        // The others are under way; how far is different every time.
        tokio::time::sleep(Duration::from_millis(7 * round)).await;
        app = app.kill_and_restart().await;
        for worker in workers {
            worker.await.unwrap();
        }
        check(&app, &answered.lock().unwrap());
    }
    let answered = answered.lock().unwrap().clone();
    let fields = [("identifier", answered[0].as_str()), ("password", PASSWORD)];
    assert_eq!(app.post_form("/__clerk/sign-in", "", &fields).await.status, 303);
}
