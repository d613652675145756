//! What the README promises a Rust service: the lines of `gatehouse env rust`, and those that check a token.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    sync::Arc,
    time::Duration,
};

use gatehouse::{
    clerk::PublishableKey,
    jwt::{KeySet, Rules, Verifier, public_key_from_pem},
};

use super::support::{ADA, App, Browser, now};

const README: &str = include_str!("../../README.md");
const THIS_FILE: &str = include_str!("rust_service.rs");

/// What a command prints, next to a running program.
fn gatehouse(app: &App, arguments: &[&str]) -> String {
    let output = app.command(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A page, after all redirects, as a browser with these cookies sees it: those of `localhost` are the same on every port.
async fn visit(app: &App, path: &str, cookies: &mut String) -> String {
    let mut address = path.to_owned();
    for _ in 0..10 {
        let page = app.navigate(&address, cookies).await;
        *cookies = page.cookies_after(cookies);
        match page.header("location") {
            "" => return page.body,
            location => location.clone_into(&mut address),
        }
    }
    panic!("{path} leads on and on, at last to {address}");
}

#[tokio::test]
async fn another_gatehouse_lives_on_the_lines_alone() {
    let clerk = App::start(&[]).await;
    let service = App::start_with_dot_env(&gatehouse(&clerk, &["env", "rust"]), &[]).await;
    assert_ne!(clerk.origin, service.origin);
    let nobody = service.get("/api/route", &[]).await;
    assert_eq!(nobody.status, 401, "{}", nobody.body);
    assert_eq!(service.get("/__clerk/v1/environment", &[]).await.status, 404, "it has no Clerk of its own");

    let mut browser = Browser::open(&clerk).await;
    browser.origin.clone_from(&service.origin);
    browser.sign_in("ada@example.com", "gatehouse-demo").await;
    let account = visit(&service, "/account", &mut browser.cookies).await;
    assert!(account.contains("Hello World") && account.contains("Ada"), "{account}");
    assert!(service.get("/api/route", &[("cookie", &browser.cookies)]).await.body.contains(ADA));

    let bearer = format!("Bearer {}", gatehouse(&clerk, &["token", "--as", "ada"]).trim());
    let hello = service.get("/gateway/hello", &[("authorization", &bearer)]).await;
    assert_eq!(hello.status, 200, "{}", hello.body);
}

/// Whom a token is about, by the README's lines and these variables.
#[expect(clippy::print_stdout, reason = "the README's lines print")]
async fn subject(
    bearer: &str,
    since_the_unix_epoch: Duration,
    variables: &BTreeMap<String, String>,
) -> Result<String, Box<dyn Error>> {
    let var = |name: &str| variables.get(name).cloned().ok_or(std::env::VarError::NotPresent);

    let issuer = format!("https://{}", PublishableKey::parse(&var("CLERK_PUBLISHABLE_KEY")?)?.host());
    let keys = KeySet::fixed(public_key_from_pem(&var("CLERK_JWT_KEY")?)?);
    let verifier = Verifier::new(Arc::new(keys), Rules::clerk(issuer, vec![])); // no origins named: any `azp` will do

    let token = verifier.verify(bearer, since_the_unix_epoch).await?;
    println!("{}", token.claims.subject());
    Ok(token.claims.subject().to_owned())
}

#[tokio::test]
async fn the_readmes_lines_check_a_token() {
    let clerk = App::start(&[]).await;
    let lines = gatehouse(&clerk, &["env", "rust"]);
    let variables = lines.lines().filter_map(|line| line.split_once('='));
    let variables: BTreeMap<_, _> = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let row = README.lines().find(|line| line.starts_with("| a Rust service |")).unwrap();
    let named: BTreeSet<&str> = row.split('`').filter(|word| word.starts_with("CLERK_")).collect();
    assert_eq!(named, variables.keys().map(String::as_str).collect(), "the README names them");
    let token = gatehouse(&clerk, &["token", "--as", "ada"]).trim().to_owned();
    let time = Duration::from_secs_f64(now());
    assert_eq!(subject(&token, time, &variables).await.unwrap(), ADA);
    let late = subject(&token, time + Duration::from_secs(24 * 3600), &variables).await;
    assert!(late.is_err(), "it has expired by then");
    let stranger = App::start(&[]).await;
    let foreign = gatehouse(&stranger, &["token", "--as", "ada"]);
    assert!(subject(foreign.trim(), time, &variables).await.is_err(), "another instance's");
}

#[test]
fn the_readme_has_these_lines() {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = README.split("```rust\nlet issuer").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let tried = words(THIS_FILE);
    for line in format!("let issuer{lines}").lines().map(words).filter(|line| !line.is_empty()) {
        assert!(tried.contains(&line), "the README has a line that is not tried: {line}");
    }
}
