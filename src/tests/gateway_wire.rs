//! What reaches an upstream and what does not: paths with two readings, headers and cookies that are no upstream's
//! business, and addresses that grow too long.

use serde_json::{Value, json};

use super::support::{App, Issuer, Raw, Upstream, project, recorder, testing::TempFolder};

fn policy(name: &str, policy_type: &str, export: &str, options: &Value) -> Value {
    json!({ "name": name, "policyType": policy_type, "handler": {
        "export": export, "module": "$import(@zuplo/runtime)", "options": options,
    } })
}

fn rewrite(pattern: &str, inbound: &[&str]) -> Value {
    json!({ "x-zuplo-route": {
        "handler": {
            "export": "urlRewriteHandler", "module": "$import(@zuplo/runtime)", "options": { "rewritePattern": pattern },
        },
        "policies": { "inbound": inbound },
    } })
}

fn files() -> TempFolder {
    let clerk = json!({ "frontendApiUrl": "$env(CLERK_FRONTEND_API_URL)", "removeAuthorizationHeader": true });
    let policies = json!([
        policy("clerk", "clerk-jwt-auth-inbound", "ClerkJwtInboundPolicy", &clerk),
        policy(
            "version",
            "set-query-params-inbound",
            "SetQueryParamsInboundPolicy",
            &json!({
                "params": [{ "name": "version", "value": "v".repeat(50) }],
            })
        ),
    ]);
    let public =
        json!({ "x-zuplo-path": { "pathMode": "url-pattern" }, "get": rewrite("${env.UPSTREAM}${pathname}", &[]) });
    let recorded = json!({ "post": rewrite("${env.RECORDER}/", &[]) });
    let routes = json!({ "openapi": "3.1.0", "paths": {
        "/admin": { "get": rewrite("${env.UPSTREAM}/admin", &["clerk"]) },
        "/grown": { "get": rewrite("${env.UPSTREAM}/grown", &["version"]) },
        "/search": { "get": rewrite("${env.UPSTREAM}/find${search}", &[]) },
        "/recorded": recorded,
        "/public/(.*)": public,
    } });
    project(&[("policies.json", &policies), ("routes.oas.json", &routes)])
}

struct Scene {
    issuer: Issuer,
    _upstream: Upstream,
    app: App,
}

async fn scene() -> Scene {
    let (issuer, upstream, folder) = (Issuer::start().await, Upstream::start().await, files());
    let recorder = recorder("\r\n0\r\n\r\n").await;
    let path = folder.path().to_str().unwrap();
    let app = issuer.app(&[("GATEHOUSE_CONFIG_DIR", path), ("UPSTREAM", &upstream.url), ("RECORDER", &recorder)]).await;
    Scene { issuer, _upstream: upstream, app }
}

impl Scene {
    /// What the upstream was sent.
    async fn echo(&self, path: &str, headers: &[(&str, &str)]) -> Value {
        let page = self.app.get(&format!("/gateway{path}"), headers).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        serde_json::from_str(&page.body).unwrap()
    }
}

#[tokio::test]
async fn a_path_with_two_readings_is_refused() {
    let scene = scene().await;
    for path in [
        "/public/..;/admin",
        "/public/..;x=1/admin",
        "/public/..%3b/admin",
        "/public/%2e%2e;/admin",
        "/public/../admin",
        "/public/.%2e/admin",
        "/public/%2e%2e/admin",
        "/public/..%2fadmin",
        "/public/..%5cadmin",
        "/public/..\\admin",
        "/public//admin",
        "/public/./admin",
        "/public/%00/admin",
        "/public/%c0%ae%c0%ae/admin",
        "/public/%zz",
    ] {
        let (head, body) = Raw::ask(&scene.app, &format!("GET /gateway{path} HTTP/1.1")).await;
        assert!(head.starts_with("HTTP/1.1 400 "), "{path}: {head}");
        assert!(head.contains("content-type: application/problem+json\r\n"), "{path}: {head}");
        let problem: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(problem["instance"], path);
    }
    let (head, _) = Raw::ask(&scene.app, "GET /gateway/public/a;b/..c HTTP/1.1").await;
    assert!(head.starts_with("HTTP/1.1 200 "), "a name with dots is a name: {head}");
    for path in ["/admin", "/admin?x=/public/", "/admin;/public/x"] {
        let (head, _) = Raw::ask(&scene.app, &format!("GET /gateway{path} HTTP/1.1")).await;
        assert!(!head.starts_with("HTTP/1.1 200 "), "{path}: {head}");
    }
}

#[tokio::test]
async fn no_client_says_where_it_is_or_what_it_means() {
    let scene = scene().await;
    let forged = [
        "cf-connecting-ip",
        "CF_Connecting_IP",
        "client-ip",
        "fastly-client-ip",
        "forwarded",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-http-method-override",
        "x-method-override",
        "x-original-forwarded-for",
        "x-original-url",
        "x-remote-ip",
        "x-rewrite-url",
    ];
    let headers: Vec<(&str, &str)> = forged.iter().map(|name| (*name, "9.9.9.9")).chain([("x-own", "1")]).collect();
    let seen = scene.echo("/public/a", &headers).await["headers"].clone();
    for name in forged {
        assert_eq!(seen[name.to_lowercase()], Value::Null, "{name}");
    }
    assert_eq!((&seen["x-own"], &seen["x-real-ip"]), (&json!("1"), &json!("127.0.0.1")));
    assert_eq!((&seen["zuplo-request-id"], seen["zp-rid"].as_str().unwrap().len()), (&seen["zp-rid"], 36));
}

#[tokio::test]
async fn a_token_that_stays_here_stays_in_no_cookie() {
    let scene = scene().await;
    let token = scene.issuer.key().sign(&scene.issuer.claims(&scene.app));
    let (bearer, cookies) = (format!("Bearer {token}"), format!("theme=dark; __session={token}; __client_uat=1; a=b"));
    let headers = [("authorization", bearer.as_str()), ("cookie", &cookies), ("cookie", "__refresh_x=1")];
    let seen = scene.echo("/admin", &headers).await["headers"].clone();
    assert_eq!((&seen["authorization"], &seen["cookie"]), (&Value::Null, &json!("theme=dark; a=b")));
    assert!(!seen.to_string().contains(&token));
}

#[tokio::test]
async fn an_address_that_grows_too_long_is_refused() {
    let scene = scene().await;
    assert_eq!(scene.echo("/grown?a=1", &[]).await["uri"], format!("/grown?a=1&version={}", "v".repeat(50)));
    let (head, _) = Raw::ask(&scene.app, &format!("GET /gateway/grown?{} HTTP/1.1", "q".repeat(65_490))).await;
    assert!(head.starts_with("HTTP/1.1 414 ") && head.contains("content-type: application/problem+json\r\n"), "{head}");
}

#[tokio::test]
async fn a_query_goes_along_once() {
    let scene = scene().await;
    assert_eq!(scene.echo("/search?q=1&r=2", &[]).await["uri"], "/find?q=1&r=2");
    assert_eq!(scene.echo("/search", &[]).await["uri"], "/find");
}

#[tokio::test]
async fn an_answered_request_is_found_in_the_log_by_the_gateways_id() {
    let scene = scene().await;
    let page = scene.app.get("/gateway/public/a", &[]).await;
    let line = scene.app.logged(page.header("zp-rid")).await;
    assert!(line.contains("answered") && line.contains("status=200"), "{line}");
}

/// Framing that two parties may read in two ways: whatever becomes of it, the upstream sees one request.
#[tokio::test]
async fn no_request_hides_in_another() {
    let scene = scene().await;
    for (framing, body) in [
        (
            "content-length: 4\r\ntransfer-encoding: chunked",
            "0\r\n\r\nGET /gateway/public/smuggled HTTP/1.1\r\nhost: x\r\n\r\n",
        ),
        ("content-length: 3\r\ncontent-length: 4", "abcd"),
        ("transfer-encoding: chunked, identity", "0\r\n\r\n"),
        ("transfer-encoding : chunked", "0\r\n\r\n"),
        ("content-length: +3", "abc"),
    ] {
        let mut raw = Raw::connect(&scene.app).await;
        let head =
            format!("POST /gateway/recorded HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{framing}\r\n\r\n");
        raw.send(head.as_bytes()).await;
        raw.send(body.as_bytes()).await;
        let answered = raw.rest().await;
        assert!(!answered.contains("smuggled"), "{framing}: {answered}");
        assert!(
            answered.starts_with("HTTP/1.1 400 ") || answered.contains("transfer-encoding: chunked\r\n"),
            "{framing}: {answered}"
        );
        assert!(!answered.contains("content-length: 4\r\n"), "{framing}: {answered}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_well_formed_is_the_clients_fault() {
    let scene = scene().await;
    let mut raw = Raw::connect(&scene.app).await;
    raw.send(
        b"POST /gateway/recorded HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n\
          3\r\nabc\r\nnonsense\r\n",
    )
    .await;
    let answer = raw.head().await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

/// A target may be a whole URL: its host changes nothing.
#[tokio::test]
async fn a_whole_url_is_asked_for_as_its_path_is() {
    let scene = scene().await;
    for (target, status) in [
        ("http://else.example/gateway/public/a", 200),
        ("http://else.example/gateway/admin", 401),
        ("http://else.example/gateway/public/..;/admin", 400),
    ] {
        let (head, body) = Raw::ask(&scene.app, &format!("GET {target} HTTP/1.1")).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{target}: {head}");
        assert!(!body.contains("else.example"), "{target}: {body}");
    }
}

/// Trailers come behind the body, when every policy has decided: none of them may say what a header may not.
#[tokio::test]
async fn trailers_are_not_sent_on() {
    let scene = scene().await;
    let mut raw = Raw::connect(&scene.app).await;
    raw.send(b"POST /gateway/recorded HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ntrailer: x-user-id\r\nte: trailers\r\n\
               transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-user-id: forged\r\n\r\n").await;
    let answered = raw.rest().await;
    assert!(answered.starts_with("HTTP/1.1 200 ") && answered.ends_with("3\r\nabc\r\n0\r\n\r\n"), "{answered}");
    assert!(!answered.contains("forged") && !answered.contains("trailer"), "{answered}");
}
