//! The pages of Clerk's own components: where their scripts come from, what those may do, and who is sent elsewhere.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;
use url::Url;

use super::{
    Services,
    error_page::{Site, error_page},
    services::CLERK_PATH,
};
use crate::{
    clerk::PublishableKey,
    instance::Instance,
    model::ComponentSetup,
    ui::routes::{SIGN_IN, SIGN_UP, USER_PROFILE},
};

/// Clerk's own components, as this application shows them.
pub struct Components {
    setup: ComponentSetup,
    policy: String,
}

impl Components {
    /// The embedded Clerk's, if their scripts are installed. All of it is at the application's own origin.
    pub fn embedded(instance: &Instance, public_url: &Url) -> Option<Self> {
        instance.has_components().then(|| {
            let setup = ComponentSetup {
                proxy_url: Some(CLERK_PATH.to_owned()),
                sign_in_without_scripts: Some(format!("{CLERK_PATH}/sign-in")),
                sign_up_without_scripts: Some(format!("{CLERK_PATH}/sign-up")),
                ..setup(instance.publishable_key(), CLERK_PATH, public_url)
            };
            Self { setup, policy: policy("", "", "") }
        })
    }

    /// Those of a hosted Clerk: its Frontend API serves the scripts.
    pub fn hosted(key: &PublishableKey, proxy_url: Option<&str>, frontend_api: &Url, public_url: &Url) -> Self {
        let base =
            proxy_url.map_or_else(|| format!("https://{}", key.host()), |proxy| proxy.trim_end_matches('/').to_owned());
        let setup =
            ComponentSetup { proxy_url: proxy_url.map(str::to_owned), ..setup(&key.to_string(), &base, public_url) };
        let asked = format!(" {}", frontend_api.origin().ascii_serialization());
        // Clerk, "CSP headers": avatars, and the check that a visitor is no robot.
        Self { setup, policy: policy(&asked, " https://img.clerk.com", " https://challenges.cloudflare.com") }
    }

    /// What pages are told of them.
    pub const fn setup(&self) -> &ComponentSetup {
        &self.setup
    }

    /// The policy of the pages at `path`, with `NONCE` in the nonce's place; none for other pages.
    pub fn policy(&self, path: &str) -> Option<&str> {
        is_component_page(path).then_some(self.policy.as_str())
    }
}

fn setup(publishable_key: &str, base: &str, public_url: &Url) -> ComponentSetup {
    ComponentSetup {
        publishable_key: publishable_key.to_owned(),
        clerk_js_url: format!("{base}/npm/@clerk/clerk-js@6/dist/clerk.browser.js"),
        ui_url: format!("{base}/npm/@clerk/ui@1/dist/ui.browser.js"),
        options: options(public_url).to_string(),
        ..ComponentSetup::default()
    }
}

/// The options of `Clerk.load`: this application's pages, and its look, by the names of its stylesheet.
fn options(public_url: &Url) -> serde_json::Value {
    json!({
        "signInUrl": SIGN_IN,
        "signUpUrl": SIGN_UP,
        "signInFallbackRedirectUrl": "/account",
        "signUpFallbackRedirectUrl": "/account",
        "afterSignOutUrl": "/",
        "allowedRedirectOrigins": [public_url.origin().ascii_serialization()],
        "telemetry": false,
        "appearance": { "variables": {
            "colorBackground": "var(--surface)",
            "colorForeground": "var(--text)",
            "colorMutedForeground": "var(--text-muted)",
            "colorPrimary": "var(--clerk-accent)",
            "colorPrimaryForeground": "var(--on-accent)",
            "colorInput": "var(--surface)",
            "colorInputForeground": "var(--text)",
            "colorNeutral": "var(--text)",
            "colorDanger": "var(--error)",
            "colorSuccess": "var(--success)",
            "colorRing": "var(--clerk-accent)",
            "borderRadius": "var(--radius)",
            "fontFamily": "var(--font)",
        } },
    })
}

/// Clerk's components bring styles of their own, and a worker made from a blob keeps time for them.
fn policy(asked: &str, images: &str, frames: &str) -> String {
    let frames = if frames.is_empty() { "" } else { &format!(" frame-src{frames};") };
    format!(
        "default-src 'none'; script-src 'nonce-NONCE' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' \
         'unsafe-inline'; img-src 'self' data:{images}; font-src 'self'; connect-src 'self'{asked}; worker-src blob:;{frames} \
         manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

fn is_component_page(path: &str) -> bool {
    matches!(path, SIGN_IN | SIGN_UP | USER_PROFILE)
}

/// Without components their pages lead to the portal's, which do the same; with them, nowhere outside the application.
pub async fn guard_component_pages(State(services): State<Arc<Services>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !is_component_page(path) {
        return next.run(request).await;
    }
    let target = match return_target(request.uri().query(), &services.public_url) {
        Ok(target) => target,
        Err(ForeignTarget) => return leads_elsewhere(Site::of(&services, request.extensions())),
    };
    if services.components.is_some() {
        return next.run(request).await;
    }
    let location = match path {
        SIGN_IN | SIGN_UP => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            format!("{CLERK_PATH}{path}?{}", query.append_pair("redirect_url", target.as_str()).finish())
        }
        _ => "/account".to_owned(),
    };
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location), (header::CACHE_CONTROL, "no-store".to_owned())])
        .into_response()
}

struct ForeignTarget;

/// Where to go afterwards: a page of the application. Clerk's components read the same parameter.
fn return_target(query: Option<&str>, public_url: &Url) -> Result<Url, ForeignTarget> {
    let mut pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let wish = pairs.find(|(name, _)| name == "redirect_url").map(|(_, value)| value);
    let target = public_url.join(wish.as_deref().filter(|wish| !wish.is_empty()).unwrap_or("/account"));
    target.ok().filter(|target| target.origin() == public_url.origin()).ok_or(ForeignTarget)
}

fn leads_elsewhere(site: Site<'_>) -> Response {
    let text = "Its redirect_url must be a page of this application. Nobody is sent to another site from here.";
    error_page(StatusCode::BAD_REQUEST, "This link leads elsewhere", text, site)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public_url() -> Url {
        Url::parse("http://localhost:3000").unwrap()
    }

    #[test]
    fn the_way_back_stays_inside_the_application() {
        let target = |query: &str| return_target(Some(query), &public_url()).ok().map(String::from);
        let account = Some("http://localhost:3000/account".to_owned());
        assert_eq!(return_target(None, &public_url()).ok().map(String::from), account);
        for query in ["redirect_url=", "redirect_url=/account", "redirect_url=http%3A%2F%2Flocalhost%3A3000%2Faccount"]
        {
            assert_eq!(target(query), account, "{query}");
        }
        for query in
            ["https://elsewhere.example/", "//elsewhere.example/", "http://localhost:1/", "javascript:alert(1)"]
        {
            assert_eq!(target(&format!("redirect_url={query}")), None, "{query}");
        }
    }

    #[test]
    fn a_hosted_clerk_is_asked_at_its_own_address() {
        let key = PublishableKey::parse("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").unwrap();
        let hosted =
            |proxy: Option<&str>, api: &str| Components::hosted(&key, proxy, &Url::parse(api).unwrap(), &public_url());
        let direct = hosted(None, "https://clerk.example.com");
        assert_eq!(direct.setup.ui_url, "https://clerk.example.com/npm/@clerk/ui@1/dist/ui.browser.js");
        assert!(direct.policy("/sign-in").unwrap().contains("connect-src 'self' https://clerk.example.com;"));
        assert_eq!(direct.policy("/account"), None);
        let proxied = hosted(Some("/__clerk"), "http://localhost:3000/__clerk");
        assert_eq!(proxied.setup.clerk_js_url, "/__clerk/npm/@clerk/clerk-js@6/dist/clerk.browser.js");
    }
}
