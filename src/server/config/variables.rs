//! The variables themselves, and how values are read from them. An empty value counts as unset.

use std::{collections::HashMap, fmt, ops::RangeInclusive, str::FromStr};

use secrecy::SecretString;
use url::Url;

use super::ConfigError;
use crate::jwt::is_loopback;

/// Every variable of ours. One that merely looks like it is a typing error, not a wish.
const KNOWN: [&str; 18] = [
    "GATEHOUSE_CONFIG_DIR",
    "GATEHOUSE_EMBEDDED_CLERK",
    "GATEHOUSE_INSTANCE_DB",
    "GATEHOUSE_LOCKOUT_ATTEMPTS",
    "GATEHOUSE_LOCKOUT_SECONDS",
    "GATEHOUSE_SEED",
    "GATEHOUSE_LOG",
    "GATEHOUSE_LOG_FORMAT",
    "GATEHOUSE_METRICS_ADDR",
    "GATEHOUSE_NODE_MODULES",
    "GATEHOUSE_OAUTH_CLIENT_ID",
    "GATEHOUSE_OAUTH_CLIENT_SECRET",
    "GATEHOUSE_OAUTH_ISSUER",
    "GATEHOUSE_OAUTH_NAME",
    "GATEHOUSE_PUBLIC_URL",
    "GATEHOUSE_SESSION_TOKEN_SECONDS",
    "GATEHOUSE_SIGN_IN_RATE",
    "GATEHOUSE_TIME_LIMIT_SECONDS",
];

/// What is set. Does not print: it holds secrets.
#[derive(Clone, Default)]
pub struct Variables(HashMap<String, String>);

impl fmt::Debug for Variables {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Variables({} set)", self.0.len())
    }
}

impl FromIterator<(String, String)> for Variables {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(variables: T) -> Self {
        // The last value of a name counts, even where it is empty, which means that nothing is set.
        Self(variables.into_iter().collect())
    }
}

impl Variables {
    /// The process environment over `.env`.
    ///
    /// # Errors
    /// When there is a `.env` that cannot be read.
    pub fn from_process() -> Result<Self, ConfigError> {
        let from_file: Vec<(String, String)> = match dotenvy::from_path_iter(".env") {
            Ok(lines) => lines.collect::<Result<_, _>>().map_err(|error| ConfigError::DotEnv(describe(&error)))?,
            Err(error) if error.not_found() => Vec::new(),
            Err(error) => return Err(ConfigError::DotEnv(describe(&error))),
        };
        // A name or value that is not text is none of ours.
        let from_process =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Ok(from_file.into_iter().chain(from_process).collect())
    }

    /// Every variable, also those that are set to nothing.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of a variable that is set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    pub(super) fn error(&self, name: &str, expected: impl Into<String>) -> ConfigError {
        ConfigError::Invalid { name: name.to_owned(), expected: expected.into() }
    }

    pub(super) fn refuse_unknown(&self) -> Result<(), ConfigError> {
        let is_ours = |name: &&String| name.starts_with("GATEHOUSE_") && self.get(name).is_some();
        let mut ours: Vec<&String> = self.0.keys().filter(is_ours).collect();
        ours.sort_unstable();
        match ours.into_iter().find(|name| !KNOWN.contains(&name.as_str())) {
            Some(name) => Err(ConfigError::Unknown(name.clone())),
            None => Ok(()),
        }
    }

    pub(super) fn parse<T: FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>, ConfigError> {
        self.get(name).map(|value| value.parse().map_err(|_| self.error(name, expected))).transpose()
    }

    /// A whole number within bounds, of something.
    pub(super) fn number(
        &self,
        name: &str,
        what: &str,
        bounds: RangeInclusive<u32>,
    ) -> Result<Option<u32>, ConfigError> {
        let expected = format!("a number of {what} from {} to {}", bounds.start(), bounds.end());
        match self.parse::<u32>(name, &expected)? {
            Some(number) if !bounds.contains(&number) => Err(self.error(name, expected)),
            number => Ok(number),
        }
    }

    /// An absolute http or https URL without credentials, query or fragment.
    pub(super) fn http_url(&self, name: &str, expected: &str) -> Result<Option<Url>, ConfigError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let url = Url::parse(value).ok().filter(is_plain_http);
        url.map(Some).ok_or_else(|| self.error(name, expected))
    }

    /// As [`Self::http_url`], for what is sent secrets: plain http is for this machine only.
    pub(super) fn secure_url(&self, name: &str, expected: &str) -> Result<Option<Url>, ConfigError> {
        match self.http_url(name, expected)? {
            Some(url) if url.scheme() != "https" && !is_loopback(&url) => {
                Err(self.error(name, format!("{expected}, with https: plain http is accepted on loopback only")))
            }
            url => Ok(url),
        }
    }

    /// The URL of a Redis or Valkey, which may hold a password.
    pub(super) fn redis_url(&self, name: &str) -> Result<Option<SecretString>, ConfigError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let is_redis = |url: &Url| {
            let database = url.path().trim_start_matches('/');
            matches!(url.scheme(), "redis" | "rediss")
                && url.host().is_some()
                && (database.is_empty() || database.parse::<u32>().is_ok())
                && url.query().is_none()
                && url.fragment().is_none()
        };
        let expected = "the URL of a Redis or Valkey, such as redis://127.0.0.1:6379 or rediss://:password@host/0";
        let url = Url::parse(value).ok().filter(is_redis).ok_or_else(|| self.error(name, expected))?;
        Ok(Some(String::from(url).into()))
    }

    /// An origin: scheme, host and port, and nothing else.
    pub(super) fn origin(&self, name: &str) -> Result<Option<Url>, ConfigError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        parse_origin(value).map(Some).ok_or_else(|| self.error(name, "an origin, such as https://app.example.com"))
    }

    /// Origins with commas between them.
    pub(super) fn origins(&self, name: &str) -> Result<Option<Vec<String>>, ConfigError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let origins =
            value.split(',').map(|part| parse_origin(part.trim()).map(|url| url.origin().ascii_serialization()));
        let expected = "origins with commas between them, such as https://app.example.com,http://localhost:3000";
        origins.collect::<Option<Vec<String>>>().map(Some).ok_or_else(|| self.error(name, expected))
    }
}

fn parse_origin(value: &str) -> Option<Url> {
    Url::parse(value).ok().filter(|url| is_plain_http(url) && url.path() == "/")
}

fn is_plain_http(url: &Url) -> bool {
    let credentials = !url.username().is_empty() || url.password().is_some();
    matches!(url.scheme(), "http" | "https") && !credentials && url.query().is_none() && url.fragment().is_none()
}

/// dotenvy's own text repeats the line, which may hold a secret.
fn describe(error: &dotenvy::Error) -> String {
    match error {
        dotenvy::Error::LineParse(_, position) => {
            format!("a line that is not NAME=value, at character {position} of it")
        }
        dotenvy::Error::Io(error) => error.to_string(),
        _ => "cannot be read".to_owned(),
    }
}
