//! What the gateway counts, as Prometheus reads it.

use super::support::{App, Issuer, testing::with};

async fn hello(app: &App, token: Option<&str>) -> u16 {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let headers: Vec<(&str, &str)> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
    app.get("/gateway/hello", &headers).await.status
}

#[tokio::test]
async fn requests_tokens_and_keys_are_counted() {
    let issuer = Issuer::start().await;
    let app = issuer.app(&[("GATEHOUSE_METRICS_ADDR", "127.0.0.1:0")]).await;
    let claims = issuer.claims(&app);
    let token = issuer.key().sign(&claims);
    let expired = issuer.key().sign(&with(claims, "exp", 1.into()));
    for (token, status) in [(Some(token.as_str()), 200), (Some(&token), 200), (Some(&expired), 401), (None, 401)] {
        assert_eq!(hello(&app, token).await, status);
    }
    for path in ["/gateway/secret-path", "/gateway/__zuplo/ping"] {
        app.get(path, &[]).await;
    }
    let metrics = app.metrics().await;
    let policy = "clerk-jwt-auth-inbound";
    for line in [
        r#"gateway_requests_total{route="/hello",method="GET",status="200"} 2"#.to_owned(),
        r#"gateway_requests_total{route="/hello",method="GET",status="401"} 2"#.to_owned(),
        r#"gateway_requests_total{route="none",method="GET",status="404"} 1"#.to_owned(),
        r#"gateway_requests_total{route="none",method="GET",status="200"} 1"#.to_owned(),
        r#"gateway_request_seconds_count{route="/hello"} 4"#.to_owned(),
        r#"gateway_request_seconds_bucket{route="/hello",le="+Inf"} 4"#.to_owned(),
        format!(r#"gateway_policy_seconds_count{{policy="{policy}"}} 4"#),
        format!(r#"gateway_jwt_total{{policy="{policy}",result="accepted",reason="none"}} 2"#),
        format!(r#"gateway_jwt_total{{policy="{policy}",result="refused",reason="expired"}} 1"#),
        format!(r#"gateway_jwt_total{{policy="{policy}",result="refused",reason="missing"}} 1"#),
        r#"gateway_jwt_cache_total{result="miss"} 1"#.to_owned(),
        r#"gateway_jwt_cache_total{result="hit"} 1"#.to_owned(),
        format!(r#"gateway_jwks_keys{{issuer="{}"}} 1"#, issuer.url),
        format!(r#"gateway_jwks_fetch_total{{issuer="{}",result="ok"}} 1"#, issuer.url),
        format!(r#"gateway_jwks_unknown_kid_total{{issuer="{}",action="fetched"}} 0"#, issuer.url),
        format!(r#"gateway_jwks_age_seconds{{issuer="{}"}}"#, issuer.url),
    ] {
        assert!(metrics.contains(&line), "{line} is missing in {metrics}");
    }
    for secret in [token.as_str(), "secret-path", "user_1", &issuer.key().kid] {
        assert!(!metrics.contains(secret), "{secret} stands in {metrics}");
    }
}
