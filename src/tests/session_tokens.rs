//! Which token the account page calls the gateway with.

use serde_json::{Value, json};

use super::support::{App, Behaviour, FakeGateway, Issuer, Page, now, testing::with};

async fn start(behaviour: Behaviour) -> (Issuer, FakeGateway, App) {
    let (issuer, gateway) = (Issuer::start().await, FakeGateway::start(behaviour).await);
    let app = issuer.app(&[("GATEWAY_URL", &gateway.url)]).await;
    (issuer, gateway, app)
}

async fn account(issuer: &Issuer, app: &App, claims: &Value) -> Page {
    let token = issuer.key().sign(claims);
    app.navigate("/account", &format!("__session={token}; __client_uat=1; __clerk_db_jwt=dvb_1")).await
}

fn claims_ending_in(issuer: &Issuer, app: &App, seconds: f64) -> Value {
    with(issuer.claims(app), "exp", json!(now() + seconds))
}

fn give(issuer: &Issuer, claims: Value) -> String {
    let bearer = format!("Bearer {}", issuer.key().sign(&claims));
    issuer.backend().tokens.lock().unwrap().push_back(claims);
    bearer
}

fn given(issuer: &Issuer) -> Vec<String> {
    std::mem::take(&mut issuer.backend().tokens_given.lock().unwrap())
}

fn sent(gateway: &FakeGateway) -> Vec<String> {
    std::mem::take(&mut gateway.authorizations.lock().unwrap())
}

#[tokio::test]
async fn a_token_with_time_left_is_sent_on() {
    let (issuer, gateway, app) = start(Behaviour::Answer(200, "\"Hello World\"")).await;
    let claims = claims_ending_in(&issuer, &app, 40.0);
    assert_eq!(account(&issuer, &app, &claims).await.status, 200);
    assert_eq!(sent(&gateway), [format!("Bearer {}", issuer.key().sign(&claims))]);
    assert_eq!(given(&issuer), [] as [&str; 0], "nobody was asked for another");
}

#[tokio::test]
async fn a_token_that_is_about_to_end_is_replaced() {
    let (issuer, gateway, app) = start(Behaviour::Answer(200, "\"Hello World\"")).await;
    for seconds in [4.0, -4.0] {
        let fresh = give(&issuer, claims_ending_in(&issuer, &app, 60.0));
        assert_eq!(account(&issuer, &app, &claims_ending_in(&issuer, &app, seconds)).await.status, 200);
        assert_eq!(sent(&gateway), [fresh]);
        assert_eq!(given(&issuer), ["sess_1"]);
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let (issuer, gateway, app) = start(Behaviour::RefuseOnce).await;
    let (own, fresh) = (issuer.claims(&app), give(&issuer, claims_ending_in(&issuer, &app, 50.0)));
    let page = account(&issuer, &app, &own).await;
    assert_eq!((page.status, page.body.contains("Hello World")), (200, true), "{}", page.body);
    assert_eq!(sent(&gateway), [format!("Bearer {}", issuer.key().sign(&own)), fresh]);

    let (issuer, gateway, app) = start(Behaviour::Answer(401, "")).await;
    give(&issuer, claims_ending_in(&issuer, &app, 50.0));
    give(&issuer, claims_ending_in(&issuer, &app, 50.0));
    let page = account(&issuer, &app, &issuer.claims(&app)).await;
    assert_eq!((page.status, page.body.contains("refused your session token")), (502, true), "{}", page.body);
    assert_eq!((sent(&gateway).len(), given(&issuer).len()), (2, 1), "once, and not again");
}

#[tokio::test]
async fn without_a_new_token_the_page_says_so() {
    let (issuer, gateway, app) = start(Behaviour::Answer(200, "\"Hello World\"")).await;
    let page = account(&issuer, &app, &claims_ending_in(&issuer, &app, 3.0)).await;
    assert_eq!((page.status, page.body.contains("Clerk gave no token")), (502, true), "{}", page.body);
    assert_eq!(sent(&gateway), [] as [&str; 0], "a token that may end on the way is not sent");

    let page = account(&issuer, &app, &with(claims_ending_in(&issuer, &app, 3.0), "sid", json!(null))).await;
    assert_eq!(page.status, 502, "no session stands behind it");
}
