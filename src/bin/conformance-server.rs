//! A test-only server around `gatehouse::clerk`: every request brings the configuration that it is decided with, so that
//! Clerk's own handshake suite and the differential run against Clerk's SDK can ask it anything. Never for production:
//! whoever reaches it chooses the keys it trusts.

use std::{
    collections::HashMap,
    process::ExitCode,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use gatehouse::{
    clerk::{
        Auth, BackendClient, Clerk, ClerkOptions, Domains, InstanceType, OrganizationSync, PublishableKey, RequestState,
    },
    jwt::{KeyServer, KeySet, Rules, Verifier, public_key_from_pem},
};
use serde_json::{Value, json};
use url::Url;

/// Headers that hold the configuration.
const SETTINGS: [&str; 10] = [
    "x-publishable-key",
    "x-secret-key",
    "x-proxy-url",
    "x-domain",
    "x-satellite",
    "x-sign-in-url",
    "x-satellite-auto-sync",
    "x-organization-sync-options",
    "x-jwt-key",
    "x-authorized-parties",
];

type Error = Box<dyn std::error::Error + Send + Sync>;

struct Server {
    api_url: Url,
    /// One per secret, so that keys are fetched once.
    keys: Mutex<HashMap<String, Arc<KeySet>>>,
    instances: Mutex<HashMap<String, Arc<Clerk>>>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the conformance server cannot start");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Error> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(tracing::Level::ERROR).init();
    let (port, api_url) = arguments()?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    announce(&format!("listening on http://{}", listener.local_addr()?))?;
    let server = Server { api_url, keys: Mutex::default(), instances: Mutex::default() };
    axum::serve(listener, Router::new().fallback(decide).with_state(Arc::new(server))).await?;
    Ok(())
}

/// `--port N [--api-url URL]`
fn arguments() -> Result<(u16, Url), Error> {
    let (mut port, mut api_url) = (None, "http://localhost:4199".to_owned());
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--port" => port = Some(value.parse()?),
            "--api-url" => api_url = value,
            _ => return Err(format!("{name}: expected --port N [--api-url URL]").into()),
        }
    }
    Ok((port.ok_or("--port N is missing")?, Url::parse(&api_url)?))
}

/// Whoever started the server reads where it listens.
fn announce(line: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

async fn decide(State(server): State<Arc<Server>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match outcome(&server, &parts).await {
        Ok(response) => response,
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn outcome(server: &Server, parts: &Parts) -> Result<Response, Error> {
    let origin = public_origin(&parts.headers)?;
    let clerk = server.instance(&parts.headers, &origin)?;
    let state = clerk.authenticate_request(parts, now(&parts.headers)?).await?;
    let (status, reason) = (state.status(), state.reason().map(|reason| reason.code.to_string()));
    let pending = matches!(&state, RequestState::SignedIn { user, .. } if user.is_pending());
    let (auth, mut headers) = state.into_auth();
    if let Some(location) = headers.get(header::LOCATION).and_then(|location| location.to_str().ok()) {
        // As frameworks have it, a page of our own is named by its path.
        let relative = location.strip_prefix(origin.as_str().trim_end_matches('/')).map(str::to_owned);
        if let Some(path) = relative.filter(|path| path.starts_with('/') && !path.starts_with("//")) {
            headers.insert(header::LOCATION, path.parse()?);
        }
        return Ok((StatusCode::TEMPORARY_REDIRECT, headers).into_response());
    }
    Ok((headers, axum::Json(describe(&auth, status, reason.as_deref(), pending))).into_response())
}

fn describe(auth: &Auth, status: &str, reason: Option<&str>, pending: bool) -> Value {
    let user = auth.signed_in();
    let organization = user.and_then(gatehouse::clerk::SignedIn::organization);
    let organization = organization.as_ref();
    json!({
        "status": status,
        "reason": reason,
        "userId": user.map(gatehouse::clerk::SignedIn::user_id),
        "sessionId": user.and_then(gatehouse::clerk::SignedIn::session_id),
        "sessionStatus": user.and_then(gatehouse::clerk::SignedIn::session_status).or(pending.then_some("pending")),
        "orgId": organization.map(|organization| &organization.id),
        "orgSlug": organization.and_then(|organization| organization.slug.as_ref()),
        "orgRole": organization.and_then(|organization| organization.role.as_ref()),
        "orgPermissions": organization.map(|organization| &organization.permissions),
    })
}

impl Server {
    fn instance(&self, headers: &HeaderMap, origin: &Url) -> Result<Arc<Clerk>, Error> {
        let settings: Vec<&str> = SETTINGS.iter().map(|name| text(headers, name).unwrap_or_default()).collect();
        let name = format!("{origin}\n{}", settings.join("\n"));
        let mut instances = self.instances.lock().map_err(|_| "another request panicked")?;
        if let Some(clerk) = instances.get(&name) {
            return Ok(Arc::clone(clerk));
        }
        let clerk = Arc::new(self.make(headers, origin)?);
        instances.insert(name, Arc::clone(&clerk));
        Ok(clerk)
    }

    fn make(&self, headers: &HeaderMap, origin: &Url) -> Result<Clerk, Error> {
        let secret = text(headers, "x-secret-key").ok_or("x-secret-key is missing")?;
        let options = options(headers, origin)?;
        let parties = text(headers, "x-authorized-parties").unwrap_or_default();
        let parties = parties.split(',').map(str::trim).filter(|party| !party.is_empty()).map(str::to_owned).collect();
        let rules = Rules { issuer: None, ..Rules::clerk("", parties) };
        let backend = BackendClient::new(self.api_url.clone(), secret.into())?;
        Ok(Clerk::new(options, Verifier::new(self.keys(headers)?, rules), backend)?)
    }

    fn keys(&self, headers: &HeaderMap) -> Result<Arc<KeySet>, Error> {
        if let Some(pem) = text(headers, "x-jwt-key") {
            return Ok(Arc::new(KeySet::fixed(public_key_from_pem(pem)?)));
        }
        let secret = text(headers, "x-secret-key").unwrap_or_default();
        let mut keys = self.keys.lock().map_err(|_| "another request panicked")?;
        if let Some(set) = keys.get(secret) {
            return Ok(Arc::clone(set));
        }
        let server = KeyServer { secret: Some(secret.into()), ..KeyServer::from(self.api_url.join("/v1/jwks")?) };
        let set = Arc::new(KeySet::remote(server)?);
        keys.insert(secret.to_owned(), Arc::clone(&set));
        Ok(set)
    }
}

fn options(headers: &HeaderMap, origin: &Url) -> Result<ClerkOptions, Error> {
    let publishable_key = PublishableKey::parse(text(headers, "x-publishable-key").unwrap_or_default())?;
    let satellite = text(headers, "x-satellite") == Some("true");
    let domain = text(headers, "x-domain").filter(|_| satellite);
    let proxy = text(headers, "x-proxy-url");
    let sign_in_url = text(headers, "x-sign-in-url");
    let production = publishable_key.instance_type() == InstanceType::Production;
    let frontend_api = match (proxy, domain.filter(|_| production)) {
        (Some(proxy), _) if proxy.starts_with('/') => origin.join(proxy)?,
        (Some(proxy), _) if !proxy.starts_with("http") => Url::parse(&format!("https://{proxy}"))?,
        (Some(proxy), _) => Url::parse(proxy)?,
        (None, Some(domain)) => Url::parse(&format!("https://clerk.{domain}"))?,
        (None, None) => Url::parse(&format!("https://{}", publishable_key.host()))?,
    };
    let auto_sync = text(headers, "x-satellite-auto-sync") == Some("true");
    Ok(ClerkOptions {
        sign_in_url: sign_in_url.map(|url| if satellite { Url::parse(url) } else { origin.join(url) }).transpose()?,
        domains: match satellite {
            true => Domains::Satellite { domain: domain.map(str::to_owned), auto_sync },
            false => Domains::Primary,
        },
        organization_sync: organization_sync(headers)?,
        ..ClerkOptions::new(publishable_key, frontend_api, origin.clone())
    })
}

fn organization_sync(headers: &HeaderMap) -> Result<OrganizationSync, Error> {
    let Some(options) = text(headers, "x-organization-sync-options") else { return Ok(OrganizationSync::default()) };
    let options: Value = serde_json::from_str(options)?;
    let list = |name: &str| -> Vec<String> {
        options[name].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    Ok(OrganizationSync::new(&list("organizationPatterns"), &list("personalAccountPatterns")))
}

/// The origin as the SDK derives it. The program itself pins its own.
fn public_origin(headers: &HeaderMap) -> Result<Url, Error> {
    let first = |name: &str| headers.get(name)?.to_str().ok()?.split(',').next();
    let own = text(headers, "host").ok_or("a request without a host")?;
    let (scheme, host) = (first("x-forwarded-proto").unwrap_or("http"), first("x-forwarded-host").unwrap_or(own));
    let forwarded = Url::parse(&format!("{scheme}://{host}")).ok();
    let forwarded = forwarded.filter(|url| !host.is_empty() && matches!(url.scheme(), "http" | "https"));
    forwarded.map_or_else(|| Ok(Url::parse(&format!("http://{own}"))?), Ok)
}

/// `x-now`, in milliseconds; else the clock.
fn now(headers: &HeaderMap) -> Result<Duration, Error> {
    match text(headers, "x-now") {
        Some(millis) => Ok(Duration::from_millis(millis.parse()?)),
        None => Ok(gatehouse::server::system_clock()()),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).filter(|value| !value.is_empty())
}
