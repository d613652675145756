//! What requests are served with, made once from the configuration.

use std::{collections::HashMap, net::SocketAddr, sync::Arc};

use url::{ParseError, Url};

use super::{
    Config, ConfigError, FONT, GatewayClient, STYLESHEETS, StartError,
    components::Components,
    config::{ClerkConfig, EmbeddedClerk, HostedClerk},
    lab::Lab,
    people::People,
    supabase::{STAND_IN_PATH, SupabaseClient},
};
use crate::{
    clerk::{BackendClient, Clerk, ClerkOptions, InstanceType, PublishableKey},
    gateway::{Registry, Tracer, Upstream},
    instance::{self, Instance},
    jwt::{Clock, KeyServer, KeySet, KeySets, KeySource, Rules, Verifier, is_loopback},
    ui::routes::{SIGN_IN, SIGN_UP},
};

/// Where the embedded Clerk is mounted; Clerk's own convention for a proxied Frontend API.
pub const CLERK_PATH: &str = "/__clerk";
/// Where the embedded gateway is mounted.
pub const GATEWAY_PATH: &str = "/gateway";

/// Everything a request may need. Shared, never copied.
pub struct Services {
    /// Decides who sent a request.
    pub clerk: Arc<Clerk>,
    /// Calls the gateway.
    pub gateway: GatewayClient,
    /// Sees what becomes of a call to the embedded gateway.
    pub tracer: Tracer,
    /// The modules that the embedded gateway's project can name.
    pub registry: Arc<Registry>,
    /// Calls the service behind `/api/supabase`.
    pub supabase: SupabaseClient,
    /// Knows people by name.
    pub people: People,
    /// The issuers' keys.
    pub key_sets: Arc<KeySets>,
    /// The keys of the application's own Clerk.
    pub keys: Arc<KeySet>,
    /// The issuer of the application's own Clerk.
    pub issuer: String,
    /// The embedded Clerk, if it is used.
    pub instance: Option<Instance>,
    /// Whether only people who develop this use it: its Clerk is one for development.
    pub is_development: bool,
    /// Clerk's own components, unless the embedded Clerk has none.
    pub components: Option<Components>,
    /// The lab, which needs the embedded Clerk and the embedded gateway.
    pub lab: Option<Arc<Lab>>,
    /// The origin people use.
    pub public_url: Url,
    /// Sends requests on for the embedded gateway.
    pub upstream: Upstream,
    /// Tells the time.
    pub clock: Clock,
}

/// What differs between the embedded Clerk and a hosted one.
struct ClerkSetup {
    options: ClerkOptions,
    backend: BackendClient,
    issuer: String,
    key_source: Option<KeySource>,
    /// Where the application looks for its keys, if not where everybody does.
    own_key_server: Option<KeyServer>,
    instance: Option<Instance>,
    components: Option<Components>,
}

impl Services {
    /// Makes everything.
    ///
    /// # Errors
    /// When something that is needed cannot be had.
    pub fn build(
        config: &Config,
        registry: Arc<Registry>,
        listening_on: SocketAddr,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let own_url = loopback_url(listening_on)?;
        let public_url = public_url(config.public_url.as_ref(), listening_on)?;
        let place = Place { listening_on, own_url: &own_url, public_url: &public_url, clock: &clock };
        let setup = match &config.clerk {
            ClerkConfig::Embedded(embedded) => embedded_setup(embedded, &place)?,
            ClerkConfig::Hosted(hosted) => hosted_setup(hosted, &public_url)?,
        };
        let sources: HashMap<String, KeySource> =
            setup.key_source.into_iter().map(|source| (setup.issuer.clone(), source)).collect();
        let key_sets = Arc::new(KeySets::new(sources));
        let parties = config.authorized_parties.clone();
        let parties = parties.unwrap_or_else(|| vec![public_url.origin().ascii_serialization()]);
        let keys = match &setup.own_key_server {
            Some(server) => key_sets.at(&setup.issuer, server)?,
            None => key_sets.of(&setup.issuer)?,
        };
        let verifier = Verifier::new(Arc::clone(&keys), Rules::clerk(setup.issuer.as_str(), parties));
        let gateway_url = match &config.gateway_url {
            Some(url) => url.clone(),
            None => own_url.join(GATEWAY_PATH).map_err(not_a_url)?,
        };
        let tracer = Tracer::default();
        let subject = setup.instance.as_ref().filter(|_| config.gateway_url.is_none());
        let lab = subject.map(|instance| {
            let place = (own_url.clone(), public_url.clone());
            Lab::new(config, Arc::clone(&registry), instance.clone(), tracer.clone(), &clock, place).map(Arc::new)
        });
        let embedded_gateway = config.gateway_url.is_none().then(|| tracer.clone());
        Ok(Self {
            clerk: Arc::new(Clerk::new(setup.options, verifier, setup.backend)?),
            gateway: GatewayClient::new(gateway_url, embedded_gateway)?,
            tracer,
            registry,
            lab: lab.transpose()?,
            supabase: supabase(config, &own_url)?,
            people: People::new(&public_url),
            key_sets,
            keys,
            issuer: setup.issuer,
            is_development: match &config.clerk {
                ClerkConfig::Embedded(_) => true,
                ClerkConfig::Hosted(hosted) => hosted.publishable_key.instance_type() == InstanceType::Development,
            },
            instance: setup.instance,
            components: setup.components,
            public_url,
            upstream: Upstream::new()?,
            clock,
        })
    }
}

/// The origin people use, if nobody says which: this machine's.
///
/// # Errors
/// When there is no such URL.
pub fn public_url(configured: Option<&Url>, listening_on: SocketAddr) -> Result<Url, StartError> {
    configured.map_or_else(|| parse(&format!("http://localhost:{}", listening_on.port())), |url| Ok(url.clone()))
}

fn supabase(config: &Config, own_url: &Url) -> Result<SupabaseClient, StartError> {
    Ok(match &config.supabase {
        Some(supabase) => SupabaseClient::new(supabase.url.clone(), supabase.anon_key.clone())?,
        None => SupabaseClient::new(parse_join(own_url, STAND_IN_PATH)?, None)?,
    })
}

/// Where this server is.
struct Place<'a> {
    listening_on: SocketAddr,
    own_url: &'a Url,
    public_url: &'a Url,
    clock: &'a Clock,
}

fn embedded_setup(embedded: &EmbeddedClerk, place: &Place<'_>) -> Result<ClerkSetup, StartError> {
    if !embedded.allow_non_loopback {
        refuse_exposure(place)?;
    }
    let instance = open_instance(embedded, place.public_url.clone(), place.own_url.clone(), Arc::clone(place.clock))?;
    let key = instance.publishable_key();
    let components = Components::embedded(&instance, place.public_url);
    let page = |wish: &Option<String>, name: &str| {
        parse_join(place.public_url, wish.as_ref().unwrap_or(&format!("{CLERK_PATH}{name}")))
    };
    let publishable_key =
        PublishableKey::parse(key).map_err(|error| invalid("CLERK_PUBLISHABLE_KEY", &error.to_string()))?;
    let frontend_api_url = parse_join(place.public_url, CLERK_PATH)?;
    let options = ClerkOptions {
        sign_in_url: Some(page(&embedded.sign_in_url, SIGN_IN)?),
        sign_up_url: Some(page(&embedded.sign_up_url, SIGN_UP)?),
        ..ClerkOptions::new(publishable_key, frontend_api_url, place.public_url.clone())
    };
    let api_url = parse_join(place.own_url, &format!("{CLERK_PATH}/api"))?;
    let keys = parse_join(place.own_url, &format!("{CLERK_PATH}/.well-known/jwks.json"))?;
    Ok(ClerkSetup {
        options,
        backend: BackendClient::new(api_url, instance.secret_key())?,
        issuer: instance.issuer(),
        key_source: Some(KeySource::Server(Box::new(keys.into()))),
        own_key_server: None,
        instance: Some(instance),
        components,
    })
}

/// Opens the embedded Clerk for the application at `public_url`, which reaches itself at `own_url`.
pub fn open_instance(
    embedded: &EmbeddedClerk,
    public_url: Url,
    own_url: Url,
    clock: Clock,
) -> Result<Instance, instance::OpenError> {
    Instance::open(instance::Settings {
        database: Some(embedded.database.clone()),
        seed: embedded.seed.clone(),
        public_url,
        own_url,
        social_provider: embedded.social_provider.clone(),
        base_path: CLERK_PATH,
        allow_non_loopback: embedded.allow_non_loopback,
        token_lifetime: embedded.token_lifetime,
        lockout: embedded.lockout,
        attempts_per_window: embedded.attempts_per_window,
        stylesheets: STYLESHEETS,
        font: FONT,
        node_modules: embedded.node_modules.clone(),
        clock,
    })
}

/// Whoever reaches the embedded Clerk can sign in as anybody, so nobody else may reach it: not by address, and not
/// through a proxy either.
fn refuse_exposure(place: &Place<'_>) -> Result<(), ConfigError> {
    if !place.listening_on.ip().is_loopback() {
        let how = format!("LEPTOS_SITE_ADDR listens on {}", place.listening_on);
        return Err(ConfigError::EmbeddedClerkExposed(how));
    }
    if !is_loopback(place.public_url) {
        let how = format!("GATEHOUSE_PUBLIC_URL is {}", place.public_url.origin().ascii_serialization());
        return Err(ConfigError::EmbeddedClerkExposed(how));
    }
    Ok(())
}

fn hosted_setup(hosted: &HostedClerk, public_url: &Url) -> Result<ClerkSetup, StartError> {
    let page = |url: &Option<String>| url.as_deref().map(|url| parse_join(public_url, url)).transpose();
    let frontend_api_url = match page(&hosted.proxy_url)? {
        Some(proxy) => proxy,
        None => parse(&hosted.frontend_api_url)?,
    };
    let proxy_url = hosted.proxy_url.as_deref();
    let components = Components::hosted(&hosted.publishable_key, proxy_url, &frontend_api_url, public_url);
    let options = ClerkOptions {
        sign_in_url: page(&hosted.sign_in_url)?,
        sign_up_url: page(&hosted.sign_up_url)?,
        ..ClerkOptions::new(hosted.publishable_key.clone(), frontend_api_url, public_url.clone())
    };
    Ok(ClerkSetup {
        options,
        backend: BackendClient::new(hosted.api_url.clone(), hosted.secret_key.clone())?,
        issuer: hosted.frontend_api_url.clone(),
        key_source: hosted.jwt_key.clone().map(KeySource::Key),
        own_key_server: backend_api_keys(hosted),
        instance: None,
        components: Some(components),
    })
}

/// The Backend API's key set, which the secret key opens and which Clerk's SDK always asks: for an instance that is not
/// Clerk's own, where nothing but the publishable key says what its Frontend API is called. That host may be made up. The
/// gateway knows the issuer alone, as a hosted one does.
fn backend_api_keys(hosted: &HostedClerk) -> Option<KeyServer> {
    let is_frontend_api_known = hosted.frontend_api_url != format!("https://{}", hosted.publishable_key.host());
    let is_clerks_own = hosted.api_url.host_str() == Some("api.clerk.com");
    if hosted.jwt_key.is_some() || is_frontend_api_known || is_clerks_own {
        return None;
    }
    let mut url = hosted.api_url.clone();
    url.set_path(&format!("{}/v1/jwks", hosted.api_url.path().trim_end_matches('/')));
    Some(KeyServer { secret: Some(hosted.secret_key.clone()), ..url.into() })
}

/// How this program reaches itself. A server that listens on every address is reached on loopback.
fn loopback_url(listening_on: SocketAddr) -> Result<Url, StartError> {
    let mut address = listening_on;
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { [127, 0, 0, 1].into() } else { [0, 0, 0, 0, 0, 0, 0, 1].into() });
    }
    parse(&format!("http://{address}"))
}

pub fn parse(url: &str) -> Result<Url, StartError> {
    Url::parse(url).map_err(not_a_url)
}

fn parse_join(base: &Url, path: &str) -> Result<Url, StartError> {
    base.join(path).map_err(not_a_url)
}

/// Every part was checked when the configuration was read; what is left is their combination.
fn not_a_url(error: ParseError) -> StartError {
    invalid("GATEHOUSE_PUBLIC_URL", &format!("a value that forms URLs with the other settings ({error})"))
}

fn invalid(name: &str, expected: &str) -> StartError {
    ConfigError::Invalid { name: name.to_owned(), expected: expected.to_owned() }.into()
}
