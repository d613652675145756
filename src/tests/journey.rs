//! The journey on the account page, against what the gateway logged and what the browser sent.

use serde_json::{Value, json};

use super::support::{App, Behaviour, FakeGateway, Issuer, Page, project};

/// The article's route, with this option of its Clerk policy.
fn article(option: &str, value: &Value) -> super::support::testing::TempFolder {
    let mut policies: Value = serde_json::from_str(include_str!("../../config/policies.json")).unwrap();
    policies["policies"][0]["handler"]["options"][option] = value.clone();
    let routes: Value = serde_json::from_str(include_str!("../../config/routes.oas.json")).unwrap();
    project(&[("policies.json", &policies), ("routes.oas.json", &routes)])
}

async fn account(app: &App, issuer: &Issuer, headers: &[(&str, &str)]) -> Page {
    let token = issuer.key().sign(&issuer.claims(app));
    let authorization = format!("Bearer {token}");
    app.get("/account", &[&[("authorization", authorization.as_str())], headers].concat()).await
}

#[tokio::test]
async fn a_refusal_on_the_page_is_the_refusal_in_the_log() {
    let folder = article("authorizedParties", &json!(["https://elsewhere.example"]));
    let issuer = Issuer::start().await;
    let app = issuer.app(&[("GATEHOUSE_CONFIG_DIR", folder.path().to_str().unwrap())]).await;
    let page = account(&app, &issuer, &[]).await;
    assert_eq!(page.status, 502, "{}", page.body);
    let line = app.logged("refused by a gateway policy").await;
    let field = |name: &str| -> String {
        let value = line.split(&format!("{name}=")).nth(1).unwrap().trim_start_matches('"');
        value.chars().take_while(|character| character.is_alphanumeric() || matches!(character, '-' | '_')).collect()
    };
    assert_eq!((field("policy").as_str(), field("reason").as_str()), ("clerk-jwt-auth-inbound", "wrong_azp"));
    for shown in [field("gateway.request_id"), field("policy"), format!("refused: {}", field("reason"))] {
        assert!(page.body.contains(&shown), "{shown} is not on the page: {}", page.body);
    }
    assert!(page.body.contains("Handler: not reached"), "{}", page.body);
}

#[tokio::test]
async fn what_only_the_gateway_could_see_is_not_made_up() {
    let gateway = FakeGateway::start(Behaviour::Answer(200, "\"Hello World\"")).await;
    let issuer = Issuer::start().await;
    let app = issuer.app(&[("GATEWAY_URL", &gateway.url)]).await;
    let page = account(&app, &issuer, &[]).await;
    for shown in ["Gateway policies: not seen from here", "Handler: gateway answered 200", "runs elsewhere"] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    assert!(!page.body.contains("clerk-jwt-auth-inbound</code>"), "{}", page.body);
    assert!(!page.body.contains("untravelled"), "what answered was asked: {}", page.body);
}

#[tokio::test]
async fn a_refusal_elsewhere_is_not_the_handlers() {
    let gateway = FakeGateway::start(Behaviour::Answer(401, "{}")).await;
    let issuer = Issuer::start().await;
    let app = issuer.app(&[("GATEWAY_URL", &gateway.url)]).await;
    let page = account(&app, &issuer, &[]).await;
    for shown in ["Gateway policies: gateway answered 401", "Handler: not seen from here", "untravelled"] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
}

#[tokio::test]
async fn cookies_are_named_and_kept_to_oneself() {
    let issuer = Issuer::start().await;
    let app = issuer.app(&[]).await;
    let page = account(&app, &issuer, &[("cookie", "theme=dark; my_secret=hush-hush")]).await;
    assert!(page.body.contains("my_secret") && page.body.contains("2 cookies"), "{}", page.body);
    assert!(!page.body.contains("hush-hush"));
}

#[tokio::test]
async fn there_is_a_lab_with_the_embedded_clerk_only() {
    let issuer = Issuer::start().await;
    let hosted = issuer.app(&[]).await;
    for path in ["/lab", "/lab?run=good-token"] {
        assert_eq!(hosted.get(path, &[]).await.status, 404, "{path}");
    }
    let home = hosted.get("/", &[]).await;
    assert!(home.status == 200 && !home.body.contains("/lab"), "{}", home.body);
    let embedded = App::start(&[]).await;
    assert_eq!(embedded.get("/lab", &[]).await.status, 200);
}
