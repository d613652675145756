//! `gatehouse env`: the variables with which another application uses the embedded Clerk, as lines for its `.env`.

use std::sync::Arc;

use secrecy::ExposeSecret;

use super::{Config, Services, StartError, clock::system_clock, services::CLERK_PATH};
use crate::instance::Instance;

/// For whose SDK the lines are: each reads other names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sdk {
    /// `@clerk/nextjs`
    Next,
    /// `@clerk/astro`
    Astro,
    /// `@clerk/express`, and scripts on `@clerk/backend`
    Express,
    /// Gatehouse itself, and what is built on its `clerk` module
    Rust,
}

impl Sdk {
    /// Reads a name, as it stands on the command line.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "next" => Some(Self::Next),
            "astro" => Some(Self::Astro),
            "express" => Some(Self::Express),
            "rust" => Some(Self::Rust),
            _ => None,
        }
    }

    /// What stands before the names of variables that browsers get to see.
    const fn public_prefix(self) -> &'static str {
        match self {
            Self::Next => "NEXT_PUBLIC_",
            Self::Astro => "PUBLIC_",
            Self::Express | Self::Rust => "",
        }
    }
}

/// The lines, for the instance that a server with this configuration runs; none if it uses a hosted Clerk.
///
/// # Errors
/// When the instance cannot be opened.
pub fn env_lines(sdk: Sdk, config: &Config) -> Result<Option<String>, StartError> {
    let services = Services::build(config, Arc::default(), config.address, system_clock())?;
    let origin = services.public_url.origin().ascii_serialization();
    let Some(instance) = &services.instance else { return Ok(None) };
    let variables = variables(sdk, instance, &format!("{origin}{CLERK_PATH}"))?;
    Ok(Some(variables.iter().map(|(name, value)| format!("{name}={value}\n")).collect()))
}

fn variables(sdk: Sdk, instance: &Instance, frontend_api: &str) -> Result<Vec<(String, String)>, StartError> {
    let public = |name: &str, value: String| (format!("{}{name}", sdk.public_prefix()), value);
    let secret = |name: &str, value: String| (name.to_owned(), value);
    let script = |package: &str, file: &str| format!("{frontend_api}/npm/@clerk/{package}/dist/{file}");
    let mut variables = vec![
        public("CLERK_PUBLISHABLE_KEY", instance.publishable_key().to_owned()),
        secret("CLERK_SECRET_KEY", instance.secret_key().expose_secret().to_owned()),
        secret("CLERK_API_URL", format!("{frontend_api}/api")),
        public("CLERK_PROXY_URL", frontend_api.to_owned()),
    ];
    if sdk == Sdk::Rust {
        variables.push(secret("CLERK_JWT_KEY", instance.public_key()?));
        return Ok(variables);
    }
    // From an absolute address the SDKs would make one that starts with https.
    variables.push(public("CLERK_JS_URL", script("clerk-js@6", "clerk.browser.js")));
    variables.push(public("CLERK_UI_URL", script("ui@1", "ui.browser.js")));
    variables.push(public("CLERK_TELEMETRY_DISABLED", "1".to_owned()));
    Ok(variables)
}
