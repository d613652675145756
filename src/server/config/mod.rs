//! The environment, read once at start and checked whole: a half-set pair or a malformed value stops the start with the
//! variable's name and what it should look like. `.env` counts where the process environment says nothing.

mod clerk;
mod error;
mod gateway;
mod traces;
mod variables;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use leptos::config::LeptosOptions;
use secrecy::SecretString;
use url::Url;

pub use clerk::{ClerkConfig, EmbeddedClerk, HostedClerk};
pub use error::ConfigError;
pub use gateway::GatewayConfig;
pub use traces::TraceExport;
pub use variables::Variables;

/// Everything the program is told.
#[derive(Debug, Clone)]
pub struct Config {
    /// `LEPTOS_SITE_ADDR`: where to listen. Default `127.0.0.1:3000`.
    pub address: SocketAddr,
    /// `GATEHOUSE_PUBLIC_URL`: the origin people use. Default `http://localhost:PORT`.
    pub public_url: Option<Url>,
    /// `GATEWAY_URL`: the gateway. Default: the embedded one.
    pub gateway_url: Option<Url>,
    /// `GATEHOUSE_CONFIG_DIR`: the embedded gateway's project. Default `config`.
    pub config_dir: PathBuf,
    /// `CLERK_*`: the Clerk instance. Default: the embedded one.
    pub clerk: ClerkConfig,
    /// `CLERK_AUTHORIZED_PARTIES`: origins whose tokens are accepted. Default: the public origin.
    pub authorized_parties: Option<Vec<String>>,
    /// `SUPABASE_URL` and `SUPABASE_ANON_KEY`: the service behind `/api/supabase`. Default: a stand-in of our own.
    pub supabase: Option<SupabaseConfig>,
    /// `RATE_LIMIT_REDIS_URL`: where gateways share what they count for limits. Default: each counts for itself.
    pub rate_limit_redis: Option<SecretString>,
    /// `GATEHOUSE_METRICS_ADDR`: where to serve `/metrics` and `/ready`. Default `127.0.0.1:9464`.
    pub metrics_address: Option<MetricsAddress>,
    /// `GATEHOUSE_TIME_LIMIT_SECONDS`: how long an answer of the application or the embedded Clerk may take. Default 20:
    /// longer than any page needs, which is five seconds for Clerk's keys and five for the gateway.
    pub time_limit: Duration,
    /// Log level and form.
    pub log: LogConfig,
    /// `OTEL_*`: where traces are sent. Default: nowhere.
    pub traces: Option<TraceExport>,
    /// What cargo-leptos built, and where.
    pub leptos: LeptosOptions,
    /// Whether `cargo leptos watch` runs this program and reloads its pages.
    pub watched: bool,
    /// Everything else that was set, for `$env(…)` in the gateway's project.
    pub variables: Variables,
}

/// OpenTelemetry's port for Prometheus.
const METRICS_PORT: u16 = 9464;

/// `GATEHOUSE_METRICS_ADDR`, unless it is `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetricsAddress {
    /// Where to listen.
    pub address: SocketAddr,
    /// Whether somebody chose it: then nothing starts without it.
    pub is_chosen: bool,
}

/// `SUPABASE_URL` and `SUPABASE_ANON_KEY`.
#[derive(Debug, Clone)]
pub struct SupabaseConfig {
    /// The project's URL.
    pub url: Url,
    /// The project's anonymous key.
    pub anon_key: Option<SecretString>,
}

/// `GATEHOUSE_LOG` and `GATEHOUSE_LOG_FORMAT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// Which lines: `info`, or a filter such as `warn,gatehouse=debug`.
    pub filter: String,
    /// One JSON object a line, instead of text.
    pub json: bool,
}

impl Config {
    /// Reads the process environment, and `.env` for what it leaves unset.
    ///
    /// # Errors
    /// The first variable that is not right.
    pub fn from_environment() -> Result<Self, ConfigError> {
        Self::from_variables(Variables::from_process()?)
    }

    /// Reads given variables.
    ///
    /// # Errors
    /// The first variable that is not right.
    pub fn from_variables(variables: Variables) -> Result<Self, ConfigError> {
        variables.refuse_unknown()?;
        let address = variables.parse("LEPTOS_SITE_ADDR", "an address and a port, such as 127.0.0.1:3000")?;
        let address = address.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 3000)));
        Ok(Self {
            address,
            public_url: variables.origin("GATEHOUSE_PUBLIC_URL")?,
            gateway_url: variables
                .http_url("GATEWAY_URL", "the URL of a gateway, such as https://my-project.zuplo.app")?,
            config_dir: config_dir(&variables),
            clerk: ClerkConfig::read(&variables)?,
            authorized_parties: variables.origins("CLERK_AUTHORIZED_PARTIES")?,
            supabase: supabase(&variables)?,
            rate_limit_redis: variables.redis_url("RATE_LIMIT_REDIS_URL")?,
            metrics_address: metrics_address(&variables)?,
            time_limit: time_limit(&variables)?,
            log: log(&variables)?,
            traces: TraceExport::read(&variables)?,
            leptos: leptos_options(&variables, address)?,
            watched: variables.get("LEPTOS_WATCH").is_some(),
            variables,
        })
    }
}

fn supabase(variables: &Variables) -> Result<Option<SupabaseConfig>, ConfigError> {
    let anon_key = variables.get("SUPABASE_ANON_KEY").map(SecretString::from);
    match variables.secure_url("SUPABASE_URL", "the URL of a Supabase project, such as https://verb.supabase.co")? {
        Some(url) => Ok(Some(SupabaseConfig { url, anon_key })),
        None if anon_key.is_some() => Err(ConfigError::HalfSet { set: "SUPABASE_ANON_KEY", missing: "SUPABASE_URL" }),
        None => Ok(None),
    }
}

/// The folder of the gateway's project, if no argument names it.
pub fn config_dir(variables: &Variables) -> PathBuf {
    PathBuf::from(variables.get("GATEHOUSE_CONFIG_DIR").unwrap_or("config"))
}

fn metrics_address(variables: &Variables) -> Result<Option<MetricsAddress>, ConfigError> {
    const NAME: &str = "GATEHOUSE_METRICS_ADDR";
    if variables.get(NAME) == Some("off") {
        return Ok(None);
    }
    let chosen = variables.parse(NAME, "an address and a port, such as 127.0.0.1:9464, or off")?;
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, METRICS_PORT));
    Ok(Some(MetricsAddress { address: chosen.unwrap_or(usual), is_chosen: chosen.is_some() }))
}

fn time_limit(variables: &Variables) -> Result<Duration, ConfigError> {
    let seconds = variables.number("GATEHOUSE_TIME_LIMIT_SECONDS", "seconds", 1..=600)?;
    Ok(Duration::from_secs(seconds.unwrap_or(20).into()))
}

fn log(variables: &Variables) -> Result<LogConfig, ConfigError> {
    let filter = variables.get("GATEHOUSE_LOG").unwrap_or("info").to_owned();
    if filter.parse::<tracing_subscriber::EnvFilter>().is_err() {
        return Err(variables.error("GATEHOUSE_LOG", "a log filter, such as info or warn,gatehouse=debug"));
    }
    let json = match variables.get("GATEHOUSE_LOG_FORMAT") {
        None | Some("text") => false,
        Some("json") => true,
        Some(_) => return Err(variables.error("GATEHOUSE_LOG_FORMAT", "text or json")),
    };
    Ok(LogConfig { filter, json })
}

/// cargo-leptos sets these; the defaults are those of `Cargo.toml`, so that the program also starts by itself.
fn leptos_options(variables: &Variables, address: SocketAddr) -> Result<LeptosOptions, ConfigError> {
    let text = |name: &str, default: &str| variables.get(name).unwrap_or(default).to_owned();
    let reload_port = variables.parse("LEPTOS_RELOAD_PORT", "a port, such as 3001")?;
    Ok(LeptosOptions::builder()
        .output_name(text("LEPTOS_OUTPUT_NAME", env!("CARGO_PKG_NAME")))
        .site_root(text("LEPTOS_SITE_ROOT", "target/site"))
        .site_pkg_dir(text("LEPTOS_SITE_PKG_DIR", "pkg"))
        .site_addr(address)
        .reload_port(reload_port.unwrap_or(3001))
        .build())
}

#[cfg(test)]
mod tests;
