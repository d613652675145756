//! Where a template sends a request on to: a value from the client never climbs out of its place.

use serde_json::{Value, json};

use super::support::{App, Upstream, project};

#[tokio::test]
async fn a_value_that_climbs_is_refused_however_it_is_written() {
    let rewrite = |pattern: &str| {
        let options = json!({ "rewritePattern": pattern, "forwardSearch": false });
        let handler = json!({ "export": "urlRewriteHandler", "module": "$import(@zuplo/runtime)", "options": options });
        json!({ "get": { "x-zuplo-route": { "handler": handler } } })
    };
    let routes = json!({ "openapi": "3.1.0", "paths": {
        "/files": rewrite("${env.UPSTREAM}/files/${query.name}"),
        "/header": rewrite("${env.UPSTREAM}/files/${headers.get('x-name')}"),
        "/proxy": rewrite("${env.UPSTREAM}/proxy/${e(query.name)}"),
        "/search": rewrite("${env.UPSTREAM}/search?name=${query.name}"),
    } });
    let folder = project(&[("policies.json", &json!([])), ("routes.oas.json", &routes)]);
    let upstream = Upstream::start().await;
    let app = App::start_gateway(folder.path(), &[("UPSTREAM", &upstream.url)]).await;
    for (path, name, uri) in [
        ("/files?name=a%20b", "", Some("/files/a%20b")),
        ("/files?name=a/b", "", Some("/files/a%2Fb")),
        ("/files?name=../../admin", "", None),
        ("/files?name=..%2F..%2Fadmin", "", None),
        ("/files?name=..%5Cadmin", "", None),
        ("/files?name=a/..%3Bv=1/b", "", None),
        ("/header", "../../admin", None),
        ("/header", "a/b", Some("/files/a%2Fb")),
        ("/proxy?name=https://a.example/b", "", Some("/proxy/https%3A%2F%2Fa.example%2Fb")),
        ("/proxy?name=../admin", "", None),
        ("/search?name=../admin", "", Some("/search?name=..%2Fadmin")),
    ] {
        let page = app.get(path, &[("x-name", name)]).await;
        let answer: Value = serde_json::from_str(&page.body).unwrap();
        let seen = (page.status, answer["uri"].as_str());
        assert_eq!(seen, if uri.is_some() { (200, uri) } else { (400, None) }, "{path} {name}: {}", page.body);
    }
}
