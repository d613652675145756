//! What the program is asked to do: serve, unless its arguments say something else.

use std::{
    collections::HashMap,
    io::{self, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use url::Url;

use super::{
    Config, StartError,
    clock::system_clock,
    config::ClerkConfig,
    env_lines::{Sdk, env_lines},
    gateway_parts,
    instance_command::InstanceCommand,
};
use crate::{
    gateway::{self, Dependencies, LoadErrors, create_key, list_keys, revoke_key},
    jwt::KeySets,
};

/// How the program is called.
const USAGE: &str = "gatehouse [gateway [--config DIR] [--listen ADDRESS] | check [DIR] |\n    \
    keys create CONSUMER [DIR] | keys list [DIR] | keys revoke ID [DIR] |\n    \
    token --as WHO [--ttl 1h] [--claim NAME=VALUE]… |\n    \
    user add EMAIL [--first-name NAME] [--last-name NAME] [--password PASSWORD] |\n    \
    env next|astro|express|rust]";

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Serve the application.
    Serve,
    /// Serve the gateway alone: the project in this folder, on this address, or those that are configured.
    Gateway(Option<PathBuf>, Option<SocketAddr>),
    /// Do something with the embedded Clerk, also while it is served.
    Instance(InstanceCommand),
    /// Do something with a gateway project, in this folder or the configured one.
    Project(ProjectCommand, Option<PathBuf>),
    /// Tell the settings with which another application uses the embedded Clerk.
    Env(Sdk),
}

/// What can be done with a project without serving it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProjectCommand {
    /// Load it, and say what is in it.
    Check,
    /// Make an API key for a consumer.
    CreateKey(String),
    /// Name its API keys.
    ListKeys,
    /// Take an API key back.
    RevokeKey(String),
}

/// The arguments ask for nothing that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such command; usage: {USAGE}")]
pub struct UsageError;

impl Command {
    /// Reads the arguments behind the program's name.
    ///
    /// # Errors
    /// When they ask for nothing that there is.
    pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, UsageError> {
        let arguments: Vec<String> = arguments.collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (command, rest) = match &arguments[..] {
            [] => return Ok(Self::Serve),
            ["gateway", rest @ ..] => return Self::parse_gateway(rest),
            ["token" | "user", ..] => return InstanceCommand::parse(&arguments).map(Self::Instance),
            ["env", sdk] => return Sdk::named(sdk).map(Self::Env).ok_or(UsageError),
            ["check", rest @ ..] => (ProjectCommand::Check, rest),
            ["keys", "create", consumer, rest @ ..] => (ProjectCommand::CreateKey((*consumer).to_owned()), rest),
            ["keys", "list", rest @ ..] => (ProjectCommand::ListKeys, rest),
            ["keys", "revoke", id, rest @ ..] => (ProjectCommand::RevokeKey((*id).to_owned()), rest),
            _ => return Err(UsageError),
        };
        match rest {
            [] => Ok(Self::Project(command, None)),
            [folder] if !folder.starts_with('-') => Ok(Self::Project(command, Some(PathBuf::from(folder)))),
            _ => Err(UsageError),
        }
    }
}

impl Command {
    fn parse_gateway(arguments: &[&str]) -> Result<Self, UsageError> {
        let (mut folder, mut address) = (None, None);
        for pair in arguments.chunks(2) {
            match pair {
                ["--config", value] if folder.is_none() => folder = Some(PathBuf::from(value)),
                ["--listen", value] if address.is_none() => address = Some(value.parse().map_err(|_| UsageError)?),
                _ => return Err(UsageError),
            }
        }
        Ok(Self::Gateway(folder, address))
    }
}

/// Does something with the project in `directory`, and says what came of it.
///
/// # Errors
/// When it cannot be done.
pub fn run_command(command: &ProjectCommand, directory: &Path, config: &Config) -> Result<ExitCode, StartError> {
    match command {
        ProjectCommand::Check => check(directory, config),
        ProjectCommand::CreateKey(consumer) => {
            let mut random = [0; 24];
            SystemRandom::new().fill(&mut random).map_err(|_| io::Error::other("there is no randomness"))?;
            let key = create_key(directory, consumer, random).map_err(LoadErrors::from)?;
            say(&format!(
                "{key}\nThis is the only time the key is shown; {consumer} sends it as `Authorization: Bearer …`."
            ))
        }
        ProjectCommand::ListKeys => {
            let keys = list_keys(directory).map_err(LoadErrors::from)?;
            let line = |key: &gateway::KeySummary| {
                let until = key.expires_on.as_deref().map(|end| format!(" until {end}")).unwrap_or_default();
                format!("{}  {}{until}", key.id, key.consumer)
            };
            say(&keys.iter().map(line).collect::<Vec<_>>().join("\n"))
        }
        ProjectCommand::RevokeKey(id) => {
            if revoke_key(directory, id).map_err(LoadErrors::from)? {
                return say(&format!("{id} opens nothing any more"));
            }
            complain(&format!("there is no key {id}; `gatehouse keys list` names them"))
        }
    }
}

/// Tells the settings with which an application that uses `sdk` uses the embedded Clerk.
///
/// # Errors
/// When the embedded Clerk cannot be opened.
pub fn print_env(sdk: Sdk, config: &Config) -> Result<ExitCode, StartError> {
    match env_lines(sdk, config)? {
        Some(lines) => say(&lines),
        None => complain("CLERK_PUBLISHABLE_KEY is set: the embedded Clerk is not used"),
    }
}

fn check(directory: &Path, config: &Config) -> Result<ExitCode, StartError> {
    match gateway::check(directory, &dependencies(config)?) {
        Ok(report) => {
            let warnings: String = report.warnings.iter().map(|warning| format!("\nwarning: {warning}")).collect();
            say(&format!("{report}{warnings}"))
        }
        Err(errors) => complain(&errors.to_string()),
    }
}

/// Nothing is fetched: which issuer the embedded Clerk will have makes no difference here.
fn dependencies(config: &Config) -> Result<Dependencies, StartError> {
    let issuer = match &config.clerk {
        ClerkConfig::Hosted(hosted) => hosted.frontend_api_url.clone(),
        ClerkConfig::Embedded(_) => "https://embedded.invalid".to_owned(),
    };
    let public_url = Url::parse("http://localhost").map_err(|error| io::Error::other(error.to_string()))?;
    let key_sets = Arc::new(KeySets::new(HashMap::new()));
    gateway_parts::dependencies(&config.variables, Some(&issuer), key_sets, public_url, system_clock())
}

pub(super) fn say(text: &str) -> Result<ExitCode, StartError> {
    writeln!(io::stdout(), "{}", text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn complain(text: &str) -> Result<ExitCode, StartError> {
    writeln!(io::stderr(), "{text}")?;
    Ok(ExitCode::FAILURE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Command, UsageError> {
        Command::parse(text.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn commands_are_told_apart() {
        let project = |command, folder: Option<&str>| Ok(Command::Project(command, folder.map(PathBuf::from)));
        assert_eq!(parse(""), Ok(Command::Serve));
        assert_eq!(parse("check"), project(ProjectCommand::Check, None));
        assert_eq!(parse("check dir"), project(ProjectCommand::Check, Some("dir")));
        assert_eq!(parse("keys create acme"), project(ProjectCommand::CreateKey("acme".into()), None));
        assert_eq!(parse("keys list dir"), project(ProjectCommand::ListKeys, Some("dir")));
        assert_eq!(parse("keys revoke 0a dir"), project(ProjectCommand::RevokeKey("0a".into()), Some("dir")));
        let address = || Some(SocketAddr::from(([0, 0, 0, 0], 9000)));
        assert_eq!(parse("gateway"), Ok(Command::Gateway(None, None)));
        assert_eq!(
            parse("gateway --listen 0.0.0.0:9000 --config dir"),
            Ok(Command::Gateway(Some("dir".into()), address()))
        );
        for text in ["gateway dir", "gateway --config", "gateway --listen 9000", "gateway --config a --config b"] {
            assert_eq!(parse(text), Err(UsageError), "{text}");
        }
        assert_eq!(parse("env astro"), Ok(Command::Env(Sdk::Astro)));
        for text in [
            "env",
            "env rails",
            "env next dir",
            "serve",
            "check a b",
            "check --fast",
            "keys",
            "keys create",
            "keys revoke",
            "keys drop x",
        ] {
            assert_eq!(parse(text), Err(UsageError), "{text}");
        }
    }
}
