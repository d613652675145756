//! Clerk's browser bundles.

use std::{fs, path::Path};

use super::support::{App, testing::TempFolder};

const ENTRY: &str = "/__clerk/npm/@clerk/clerk-js@6/dist/clerk.browser.js";
const CHUNK: &str = "/__clerk/npm/@clerk/ui@1.2.3/dist/signin_ui_58d0c7_1.2.3.js";

fn install(node_modules: &Path, name: &str, scripts: &[&str]) {
    let package = node_modules.join("@clerk").join(name);
    fs::create_dir_all(package.join("dist")).unwrap();
    fs::write(package.join("package.json"), r#"{"version":"1.2.3"}"#).unwrap();
    for script in scripts {
        // Long enough to be worth compressing.
        fs::write(package.join("dist").join(script), format!("//{script} “{}”", "x".repeat(1000))).unwrap();
    }
}

async fn app_with_bundles() -> (App, TempFolder) {
    let folder = TempFolder::new();
    install(folder.path(), "clerk-js", &["clerk.browser.js"]);
    install(folder.path(), "ui", &["ui.browser.js", "signin_ui_58d0c7_1.2.3.js"]);
    (App::start(&[("GATEHOUSE_NODE_MODULES", folder.path().to_str().unwrap())]).await, folder)
}

#[tokio::test]
async fn the_scripts_come_from_the_installed_packages() {
    let (app, _folder) = app_with_bundles().await;
    let page = app.get(ENTRY, &[]).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/javascript; charset=utf-8"));
    assert!(page.body.starts_with("//clerk.browser.js “"), "{}", page.body);
    assert_eq!(page.header("cache-control"), "no-cache");
    assert_eq!(page.header("cross-origin-resource-policy"), "cross-origin");
    assert_eq!(page.header("access-control-allow-origin"), "*");
    assert_eq!(app.get(ENTRY, &[("if-none-match", page.header("etag"))]).await.status, 304);

    let page = app.get(CHUNK, &[("accept-encoding", "br")]).await;
    assert_eq!((page.status, page.header("content-encoding")), (200, "br"));
    assert_eq!(page.header("cache-control"), "public, max-age=31536000, immutable");
}

#[tokio::test]
async fn nothing_else_comes_from_there() {
    let (app, _folder) = app_with_bundles().await;
    for path in [
        "clerk-js@6/dist/missing.js",
        "clerk-js@6/dist/..%2fpackage.json",
        "clerk-js@6/dist/..%2f..%2fui%2fdist%2fui.browser.js",
        "clerk-js@6/dist/%2e%2e",
        "clerk-js@6/package.json",
        "backend@3/dist/index.js",
        "..%2fclerk-js@6/dist/clerk.browser.js",
    ] {
        let page = app.get(&format!("/__clerk/npm/@clerk/{path}"), &[]).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.body.contains("resource_not_found"), "{path}: {}", page.body);
    }
}

#[tokio::test]
async fn without_them_the_portal_serves_and_the_log_says_how_to_get_them() {
    let app = App::start(&[]).await;
    assert!(app.logged("components are not installed").await.contains("npm ci"));
    let page = app.get(ENTRY, &[]).await;
    assert_eq!(page.status, 404);
    assert!(page.body.contains("npm ci"), "{}", page.body);
    assert_eq!(app.navigate("/__clerk/sign-in", "").await.status, 200);
}
