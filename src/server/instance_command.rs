//! What can be done with the embedded Clerk without serving it, also while another program does: `gatehouse token`,
//! `gatehouse user add`.

use std::{process::ExitCode, time::Duration};

use serde_json::{Map, Value};
use url::Url;

use super::{
    Config, StartError, UsageError,
    clock::system_clock,
    command::{complain, say},
    config::ClerkConfig,
    services::open_instance,
};
use crate::instance::{NewAccount, SEED_PASSWORD};

/// An hour: long enough for an afternoon with curl, and nobody asks the application to renew it.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// One thing to do with the embedded Clerk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstanceCommand {
    /// Sign somebody in and print a session token of theirs.
    Token {
        /// An id, an email address or what stands before its `@`.
        who: String,
        /// How long the token lives.
        lifetime: Duration,
        /// Claims that it does not have by itself.
        claims: Map<String, Value>,
    },
    /// Make an account.
    AddUser {
        /// Signs in with this.
        email: String,
        /// Given name.
        first_name: String,
        /// Family name.
        last_name: String,
        /// Signs in with this, too; the seeded users' unless another is named.
        password: Option<String>,
    },
}

impl InstanceCommand {
    /// Reads the arguments behind the program's name.
    pub(super) fn parse(arguments: &[&str]) -> Result<Self, UsageError> {
        match arguments {
            ["token", options @ ..] => Self::token(options),
            ["user", "add", email, options @ ..] if !email.starts_with('-') => Self::add_user(email, options),
            _ => Err(UsageError),
        }
    }

    fn token(options: &[&str]) -> Result<Self, UsageError> {
        let (mut who, mut lifetime, mut claims) = (None, DEFAULT_LIFETIME, Map::new());
        for pair in options.chunks(2) {
            match pair {
                ["--as", value] => who = Some((*value).to_owned()),
                ["--ttl", value] => lifetime = duration(value).ok_or(UsageError)?,
                ["--claim", value] => {
                    let (name, value) = value.split_once('=').ok_or(UsageError)?;
                    claims.insert(name.to_owned(), claim(value));
                }
                _ => return Err(UsageError),
            }
        }
        Ok(Self::Token { who: who.ok_or(UsageError)?, lifetime, claims })
    }

    fn add_user(email: &str, options: &[&str]) -> Result<Self, UsageError> {
        let (mut first_name, mut last_name, mut password) = (String::new(), String::new(), None);
        for pair in options.chunks(2) {
            match pair {
                ["--first-name", value] => (*value).clone_into(&mut first_name),
                ["--last-name", value] => (*value).clone_into(&mut last_name),
                ["--password", value] => password = Some((*value).to_owned()),
                _ => return Err(UsageError),
            }
        }
        Ok(Self::AddUser { email: email.to_owned(), first_name, last_name, password })
    }
}

/// `90s`, `15m`, `1h`, `7d`; at least a second.
fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return None,
    };
    let number = number.parse::<u32>().ok().filter(|number| *number > 0)?;
    Some(Duration::from_secs(u64::from(number) * seconds))
}

/// What is JSON counts as such, what is not is a text.
fn claim(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

/// Does something with the embedded Clerk, and says what came of it. Refused where the program uses a hosted one.
///
/// # Errors
/// When the embedded Clerk cannot be opened.
pub async fn run_instance_command(command: InstanceCommand, config: &Config) -> Result<ExitCode, StartError> {
    let ClerkConfig::Embedded(embedded) = &config.clerk else {
        return complain("this is for the embedded Clerk: with Clerk keys set there is none");
    };
    let public_url = public_url(config)?;
    // Nobody is served, so nobody is sent to an identity provider either.
    let instance = open_instance(embedded, public_url.clone(), public_url, system_clock())?;
    let done = match command {
        InstanceCommand::Token { who, lifetime, claims } => instance.token(&who, lifetime, claims).await,
        InstanceCommand::AddUser { email, first_name, last_name, password } => {
            let password = password.unwrap_or_else(|| SEED_PASSWORD.to_owned());
            instance.add_user(NewAccount { email, first_name, last_name, password }).await
        }
    };
    match done {
        Ok(text) => say(&text),
        Err(error) => complain(&error.to_string()),
    }
}

/// The origin that the program has when it serves.
fn public_url(config: &Config) -> Result<Url, StartError> {
    match &config.public_url {
        Some(url) => Ok(url.clone()),
        None => super::services::parse(&format!("http://localhost:{}", config.address.port())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(text: &str) -> Result<InstanceCommand, UsageError> {
        InstanceCommand::parse(&text.split_whitespace().collect::<Vec<_>>())
    }

    #[test]
    fn a_token_is_asked_for_by_name_and_in_detail() {
        let Ok(InstanceCommand::Token { who, lifetime, claims }) = parse("token --as ada") else { panic!("usage") };
        assert_eq!((who.as_str(), lifetime, claims.len()), ("ada", DEFAULT_LIFETIME, 0));
        let detailed = parse("token --ttl 90s --claim plan=pro --claim seats=3 --as user_1");
        let Ok(InstanceCommand::Token { who, lifetime, claims }) = detailed else { panic!("usage") };
        assert_eq!((who.as_str(), lifetime), ("user_1", Duration::from_secs(90)));
        assert_eq!(Value::Object(claims), json!({ "plan": "pro", "seats": 3 }));
    }

    #[test]
    fn a_user_is_added_by_address() {
        let all = parse("user add a@example.com --first-name A --last-name B --password long-enough");
        let (email, first_name, last_name) = ("a@example.com".to_owned(), "A".to_owned(), "B".to_owned());
        let password = Some("long-enough".to_owned());
        assert_eq!(all, Ok(InstanceCommand::AddUser { email, first_name, last_name, password }));
        assert!(parse("user add a@example.com").is_ok());
    }

    #[test]
    fn what_is_no_command_is_refused() {
        for text in [
            "token",
            "token --as",
            "token --ttl 1h",
            "token --as ada --ttl 1",
            "token --as ada --ttl 0s",
            "token --as ada --ttl h",
            "token --as ada --ttl 1ä",
            "token --as ada --claim plan",
            "token ada",
            "user",
            "user add",
            "user add --password x",
            "user add a@example.com --password",
            "user drop a@example.com",
        ] {
            assert_eq!(parse(text), Err(UsageError), "{text}");
        }
    }
}
