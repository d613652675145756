//! What the gateway alone is told: less than the application needs, and nothing that it does not use.

use std::{net::SocketAddr, path::PathBuf};

use jsonwebtoken::DecodingKey;
use secrecy::SecretString;
use url::Url;

use super::{ConfigError, LogConfig, MetricsAddress, TraceExport, Variables, config_dir, log, metrics_address};
use crate::{
    clerk::PublishableKey,
    jwt::{parse_issuer, public_key_from_pem},
};

/// Zuplo's port for a gateway on one's own machine.
const DEFAULT_PORT: u16 = 9000;

/// Everything the gateway alone is told.
#[derive(Clone)]
pub struct GatewayConfig {
    /// `--listen`. Default `127.0.0.1:9000`.
    pub address: SocketAddr,
    /// `--config`, else `GATEHOUSE_CONFIG_DIR`. Default `config`.
    pub directory: PathBuf,
    /// `GATEHOUSE_PUBLIC_URL`: the origin clients use. Default `http://localhost:PORT`.
    pub public_url: Option<Url>,
    /// `CLERK_FRONTEND_API_URL`, or what follows from `CLERK_PUBLISHABLE_KEY`. Default: none, which a project that names it
    /// refuses.
    pub issuer: Option<String>,
    /// `CLERK_JWT_KEY`: that issuer's public key. Default: it is fetched.
    pub jwt_key: Option<DecodingKey>,
    /// `RATE_LIMIT_REDIS_URL`: where gateways share what they count for limits. Default: each counts for itself.
    pub rate_limit_redis: Option<SecretString>,
    /// `GATEHOUSE_METRICS_ADDR`: where to serve `/metrics` and `/ready`. Default `127.0.0.1:9464`.
    pub metrics_address: Option<MetricsAddress>,
    /// Log level and form.
    pub log: LogConfig,
    /// `OTEL_*`: where traces are sent. Default: nowhere.
    pub traces: Option<TraceExport>,
    /// Everything that was set, for `$env(…)` in the project.
    pub variables: Variables,
}

impl GatewayConfig {
    /// Reads the process environment, and `.env` for what it leaves unset; arguments win.
    ///
    /// # Errors
    /// The first variable that is not right.
    pub fn from_environment(directory: Option<PathBuf>, address: Option<SocketAddr>) -> Result<Self, ConfigError> {
        Self::from_variables(Variables::from_process()?, directory, address)
    }

    /// Reads given variables.
    ///
    /// # Errors
    /// The first variable that is not right.
    pub fn from_variables(
        variables: Variables,
        directory: Option<PathBuf>,
        address: Option<SocketAddr>,
    ) -> Result<Self, ConfigError> {
        variables.refuse_unknown()?;
        let issuer = issuer(&variables)?;
        Ok(Self {
            address: address.unwrap_or(SocketAddr::from(([127, 0, 0, 1], DEFAULT_PORT))),
            directory: directory.unwrap_or_else(|| config_dir(&variables)),
            public_url: variables.origin("GATEHOUSE_PUBLIC_URL")?,
            jwt_key: jwt_key(&variables, issuer.is_some())?,
            issuer,
            rate_limit_redis: variables.redis_url("RATE_LIMIT_REDIS_URL")?,
            metrics_address: metrics_address(&variables)?,
            log: log(&variables)?,
            traces: TraceExport::read(&variables)?,
            variables,
        })
    }
}

fn issuer(variables: &Variables) -> Result<Option<String>, ConfigError> {
    const URL: &str = "CLERK_FRONTEND_API_URL";
    const KEY: &str = "CLERK_PUBLISHABLE_KEY";
    if let Some(text) = variables.get(URL) {
        return parse_issuer(text).map(Some).map_err(|error| variables.error(URL, error.to_string()));
    }
    let Some(text) = variables.get(KEY) else { return Ok(None) };
    let key = PublishableKey::parse(text);
    let key = key.map_err(|error| variables.error(KEY, error.to_string().replace("expected ", "")))?;
    Ok(Some(format!("https://{}", key.host())))
}

fn jwt_key(variables: &Variables, has_issuer: bool) -> Result<Option<DecodingKey>, ConfigError> {
    const KEY: &str = "CLERK_JWT_KEY";
    match variables.get(KEY) {
        Some(_) if !has_issuer => Err(ConfigError::HalfSet { set: KEY, missing: "CLERK_FRONTEND_API_URL" }),
        Some(pem) => public_key_from_pem(pem)
            .map(Some)
            .map_err(|error| variables.error(KEY, format!("the instance's public key, this is {error}"))),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestKey;

    fn read(variables: &[(&str, &str)]) -> Result<GatewayConfig, String> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        GatewayConfig::from_variables(variables.collect(), None, None).map_err(|error| error.to_string())
    }

    #[test]
    fn an_issuer_is_all_that_clerk_needs() {
        assert_eq!(read(&[]).unwrap().issuer, None);
        let url = ("CLERK_FRONTEND_API_URL", "https://x.clerk.accounts.dev/");
        assert_eq!(read(&[url]).unwrap().issuer.as_deref(), Some("https://x.clerk.accounts.dev"));
        let key = ("CLERK_PUBLISHABLE_KEY", "pk_test_eC5jbGVyay5hY2NvdW50cy5kZXYk");
        assert_eq!(read(&[key]).unwrap().issuer.as_deref(), Some("https://x.clerk.accounts.dev"));
        let pem = TestKey::named("alone").public_pem();
        assert!(read(&[url, ("CLERK_JWT_KEY", &pem)]).unwrap().jwt_key.is_some());
        for (variables, name) in [
            (&[("CLERK_FRONTEND_API_URL", "http://x.example")][..], "CLERK_FRONTEND_API_URL"),
            (&[("CLERK_PUBLISHABLE_KEY", "pk_x")], "CLERK_PUBLISHABLE_KEY"),
            (&[("CLERK_JWT_KEY", pem.as_str())], "CLERK_JWT_KEY"),
            (&[url, ("CLERK_JWT_KEY", "x")], "CLERK_JWT_KEY"),
        ] {
            let error = read(variables).map(|_| ()).unwrap_err();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn arguments_win() {
        let variables = || [("GATEHOUSE_CONFIG_DIR".to_owned(), "there".to_owned())].into_iter().collect();
        let config = GatewayConfig::from_variables(variables(), None, None).unwrap();
        assert_eq!((config.directory, config.address.port()), ("there".into(), 9000));
        let address = SocketAddr::from(([0, 0, 0, 0], 80));
        let config = GatewayConfig::from_variables(variables(), Some("here".into()), Some(address)).unwrap();
        assert_eq!((config.directory, config.address), ("here".into(), address));
    }
}
