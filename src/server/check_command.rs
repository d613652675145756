//! `gatehouse check`: loads a gateway project as `gatehouse gateway` would, and says what is in it or wrong with it.

use std::{collections::HashMap, process::ExitCode, sync::Arc};

use super::{
    StartError,
    clock::system_clock,
    command::{complain, say},
    config::GatewayConfig,
    gateway_parts,
    services::parse,
};
use crate::{
    gateway::{self, Dependencies, Registry},
    jwt::KeySets,
};

/// Nothing is fetched: which issuer the embedded Clerk will have makes no difference here.
const EMBEDDED_ISSUER: &str = "https://embedded.invalid";
/// What a project has that loads with the embedded Clerk only.
const NEEDS_ISSUER: &str = "\nwarning: CLERK_FRONTEND_API_URL is not set: `gatehouse` sets it to the embedded Clerk's, \
    `gatehouse gateway` will refuse this project";

/// Loads the project that is configured, and says what came of it.
///
/// # Errors
/// When that cannot be said.
pub fn check_project(config: &GatewayConfig, registry: Registry) -> Result<ExitCode, StartError> {
    let registry = Arc::new(registry);
    let check = |issuer: Option<&str>| {
        dependencies(config, issuer, &registry).map(|parts| gateway::check(&config.directory, &parts))
    };
    let (checked, note) = match (check(config.issuer.as_deref())?, &config.issuer) {
        (Err(_), None) => (check(Some(EMBEDDED_ISSUER))?, NEEDS_ISSUER),
        (checked, _) => (checked, ""),
    };
    match checked {
        Ok(report) => {
            let warnings: String = report.warnings.iter().map(|warning| format!("\nwarning: {warning}")).collect();
            say(&format!("{report}{warnings}{note}"))
        }
        Err(errors) => complain(&errors.to_string()),
    }
}

fn dependencies(
    config: &GatewayConfig,
    issuer: Option<&str>,
    registry: &Arc<Registry>,
) -> Result<Dependencies, StartError> {
    let (public_url, key_sets) = (parse("http://localhost")?, Arc::new(KeySets::new(HashMap::new())));
    let registry = Arc::clone(registry);
    gateway_parts::dependencies(&config.variables, issuer, registry, key_sets, public_url, system_clock())
}
