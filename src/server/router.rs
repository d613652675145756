//! What is mounted where.

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderValue, StatusCode, header, request::Parts},
    middleware::from_fn_with_state,
    response::{Redirect, Response},
    routing::get,
};
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes, ResponseOptions, file_and_error_handler_with_context, generate_route_list};
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};

use super::{
    Config, FONT, STYLESHEETS, Services, StartError,
    components::guard_component_pages,
    front::Front,
    gateway_parts, guide_endpoints, health,
    middleware::{self, RequestId, authenticate, require_access},
    serve::Answers,
    services::{CLERK_PATH, GATEWAY_PATH},
    sign_out_failure,
    supabase::{self, STAND_IN_PATH},
    theme,
};
use crate::{
    clerk::Auth,
    gateway::{Dependencies, Gateway, Overview, RESOURCE_METADATA_PATH},
    instance::Instance,
    model::{PageContext, Viewer},
    ui,
};

/// Everything the program serves.
///
/// # Errors
/// When the embedded gateway's project cannot be loaded.
pub fn router(config: &Config, services: &Arc<Services>) -> Result<impl Answers + use<>, StartError> {
    let gateway = if config.gateway_url.is_none() { Some(embedded_gateway(config, services)?) } else { None };
    let overview = gateway.as_ref().filter(|_| services.is_development).map(Gateway::overview);
    let pages = pages(config, services, overview);
    let mut router = Router::new().fallback_service(middleware::for_browsers(pages, services));
    if let Some(instance) = &services.instance {
        let portal = Redirect::to(&instance.portal_path());
        router = router
            .route(&format!("{CLERK_PATH}/"), get(portal))
            .nest(CLERK_PATH, middleware::for_browsers(instance.router(), services))
            .nest(&format!("{CLERK_PATH}/v1"), instance.frontend_api())
            // Servers ask here, not browsers.
            .nest(&format!("{CLERK_PATH}/api"), instance.backend_api());
    }
    if config.supabase.is_none() {
        router = router.nest(STAND_IN_PATH, supabase::stand_in(Arc::clone(services)));
    }
    let router = router
        .nest_service(&format!("/{}", config.leptos.site_pkg_dir), package(config))
        .nest_service("/fonts", fonts(config))
        .merge(middleware::for_browsers(theme::router(services), services))
        .merge(health::router(Arc::clone(services)));
    let mut router =
        middleware::for_own_answers(router, services.instance.is_some(), &services.public_url, config.time_limit);
    if let Some(gateway) = &gateway {
        tokio::spawn(gateway.watch());
        router = router.nest(&format!("{RESOURCE_METADATA_PATH}{GATEWAY_PATH}"), gateway.metadata_router());
    }
    let gateway = gateway.map(|gateway| gateway.traced_by(services.tracer.clone()));
    Ok(middleware::for_everybody(Front::new(gateway, GATEWAY_PATH, router), services))
}

fn embedded_gateway(config: &Config, services: &Arc<Services>) -> Result<Gateway, StartError> {
    let mut public_url = services.public_url.clone();
    public_url.set_path(GATEWAY_PATH);
    let (key_sets, clock) = (Arc::clone(&services.key_sets), Arc::clone(&services.clock));
    let dependencies = Dependencies {
        counters: gateway_parts::counters(config.rate_limit_redis.as_ref())?,
        upstream: services.upstream.clone(),
        ..gateway_parts::dependencies(
            &config.variables,
            Some(&services.issuer),
            Arc::clone(&services.registry),
            key_sets,
            public_url,
            clock,
        )?
    };
    Ok(Gateway::load(&config.config_dir, &dependencies)?)
}

/// What cargo-leptos built: WebAssembly, its glue and the stylesheet. Names stay the same from build to build, so
/// browsers ask whether theirs is still the newest.
fn package(config: &Config) -> Router {
    let folder = format!("{}/{}", config.leptos.site_root, config.leptos.site_pkg_dir);
    let revalidate = SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Router::new().fallback_service(ServeDir::new(folder).precompressed_br().precompressed_gzip()).layer(revalidate)
}

/// A font's file name says which version it is, so browsers may keep it. What went wrong they must not keep.
fn fonts(config: &Config) -> Router {
    let keep = |response: &Response| {
        let is_font = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
        is_font.then(|| HeaderValue::from_static("public, max-age=31536000, immutable"))
    };
    let folder = ServeDir::new(format!("{}/fonts", config.leptos.site_root));
    Router::new().fallback_service(folder).layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, keep))
}

/// The application's pages and server functions. Everything in here knows who sent the request.
fn pages(config: &Config, services: &Arc<Services>, overview: Option<Overview>) -> Router {
    let options = config.leptos.clone();
    let policy = content_security_policy(config);
    let context = {
        let (services, options) = (Arc::clone(services), options.clone());
        move || provide_page_context(&services, &options, &policy, overview.as_ref())
    };
    let shell = {
        let options = options.clone();
        move || ui::shell(options.clone())
    };
    Router::new()
        .leptos_routes_with_context(&options, generate_route_list(ui::routes::App), context.clone(), shell)
        .route_layer(from_fn_with_state(Arc::clone(services), require_access))
        .fallback(file_and_error_handler_with_context(context, ui::not_found_shell))
        .with_state(options)
        .layer(from_fn_with_state(Arc::clone(services), guard_component_pages))
        .merge(guide_endpoints::router(Arc::clone(services)))
        .layer(from_fn_with_state(Arc::clone(services), authenticate))
}

/// Runs before every page and every server function.
fn provide_page_context(
    services: &Arc<Services>,
    options: &leptos::config::LeptosOptions,
    policy: &str,
    overview: Option<&Overview>,
) {
    let Some(parts) = use_context::<Parts>() else { return };
    provide_context(Arc::clone(services));
    provide_context(options.clone());
    if let Some(auth) = parts.extensions.get::<Auth>() {
        provide_context(auth.clone());
    }
    if let Some(overview) = overview {
        provide_context(overview.clone());
    }
    provide_context(PageContext { gateway_routes: overview.is_some(), ..page_context(services, &parts) });
    let (Some(response), Some(nonce)) = (use_context::<ResponseOptions>(), leptos::nonce::use_nonce()) else { return };
    let of_components = services.components.as_ref().and_then(|components| components.policy(parts.uri.path()));
    if let Ok(value) = HeaderValue::from_str(&of_components.unwrap_or(policy).replace("NONCE", &nonce)) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, value);
    }
    response.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

fn page_context(services: &Arc<Services>, parts: &Parts) -> PageContext {
    let viewer = match parts.extensions.get::<Auth>() {
        Some(Auth::SignedIn(user)) => Viewer::SignedIn { user_id: user.user_id().to_owned() },
        Some(auth) if auth.is_unverifiable() => Viewer::Unverifiable,
        _ => Viewer::SignedOut,
    };
    let (sign_in_url, sign_up_url) = match viewer {
        Viewer::SignedOut => sign_links(services),
        _ => Default::default(),
    };
    PageContext {
        viewer,
        embedded_clerk: services.instance.is_some(),
        fault: services.instance.as_ref().and_then(Instance::fault_in_words),
        gateway_routes: false,
        origin: services.public_url.origin().ascii_serialization(),
        sign_in_url,
        sign_up_url,
        components: services.components.as_ref().map(|components| components.setup().clone()),
        sign_out_failed: sign_out_failure::is_to_be_told(parts),
        request_id: parts.extensions.get::<RequestId>().map(ToString::to_string).unwrap_or_default(),
        stylesheets: STYLESHEETS.map(str::to_owned),
        font: FONT.to_owned(),
        theme: theme::chosen(&parts.headers),
    }
}

/// Where visitors sign in and up, to see the account page.
fn sign_links(services: &Services) -> (String, String) {
    let mut account = services.public_url.clone();
    account.set_path("/account");
    let text = |url: Option<url::Url>| url.map(Into::into).unwrap_or_default();
    (text(services.clerk.sign_in_url(&account)), text(services.clerk.sign_up_url(&account)))
}

/// Scripts run with this response's nonce only. `cargo leptos watch` reloads pages over a web socket.
fn content_security_policy(config: &Config) -> String {
    let port = config.leptos.reload_port;
    let reload = if config.watched { format!(" ws://localhost:{port} ws://127.0.0.1:{port}") } else { String::new() };
    format!(
        "default-src 'none'; script-src 'nonce-NONCE' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'{reload}; manifest-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    )
}
