//! What the program is asked to do: serve, unless its arguments say something else.

use std::{
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
};

use super::{
    Config, StartError,
    env_lines::{Sdk, env_lines},
    instance_command::InstanceCommand,
    keys_command::KeysCommand,
};

/// How the program is called.
const USAGE: &str = "gatehouse [gateway [--config DIR] [--listen ADDRESS] | check [DIR] |\n    \
    keys create CONSUMER [DIR] [--metadata JSON] [--expires TIME] [--bucket NAME] |\n    \
    keys list [DIR] | keys revoke ID [DIR] |\n    \
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
    /// Load a gateway project, in this folder or the configured one, and say what is in it.
    Check(Option<PathBuf>),
    /// Do something with a gateway project's API keys, in this folder or the configured one.
    Keys(KeysCommand, Option<PathBuf>),
    /// Tell the settings with which another application uses the embedded Clerk.
    Env(Sdk),
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
        match &arguments[..] {
            [] => Ok(Self::Serve),
            ["gateway", rest @ ..] => Self::parse_gateway(rest),
            ["token" | "user", ..] => InstanceCommand::parse(&arguments).map(Self::Instance),
            ["env", sdk] => Sdk::named(sdk).map(Self::Env).ok_or(UsageError),
            ["check", rest @ ..] => folder(rest).map(Self::Check),
            ["keys", rest @ ..] => {
                let (command, rest) = KeysCommand::parse(rest)?;
                Ok(Self::Keys(command, folder(rest)?))
            }
            _ => Err(UsageError),
        }
    }

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

/// What is left of the arguments: a folder, or nothing.
fn folder(arguments: &[&str]) -> Result<Option<PathBuf>, UsageError> {
    match arguments {
        [] => Ok(None),
        [folder] if !folder.starts_with('-') => Ok(Some(PathBuf::from(folder))),
        _ => Err(UsageError),
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
        let keys = |command, folder: Option<&str>| Ok(Command::Keys(command, folder.map(PathBuf::from)));
        assert_eq!(parse(""), Ok(Command::Serve));
        assert_eq!(parse("check"), Ok(Command::Check(None)));
        assert_eq!(parse("check dir"), Ok(Command::Check(Some("dir".into()))));
        assert_eq!(parse("keys list dir"), keys(KeysCommand::List, Some("dir")));
        assert_eq!(parse("keys revoke 0a dir"), keys(KeysCommand::Revoke("0a".into()), Some("dir")));
        assert_eq!(parse("keys revoke 0a"), keys(KeysCommand::Revoke("0a".into()), None));
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
            "keys create a b c",
            "keys create a --bucket",
            "keys list a b",
            "keys revoke",
            "keys drop x",
        ] {
            assert_eq!(parse(text), Err(UsageError), "{text}");
        }
    }
}
