//! `gatehouse keys`: the API keys of a gateway project. Needs its folder and no other configuration.

use std::{io, path::PathBuf, process::ExitCode};

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use serde_json::{Map, Value};

use super::{
    StartError, UsageError,
    command::{complain, say},
    config::{Variables, config_dir},
};
use crate::gateway::{KeySummary, LoadErrors, NewKey, create_key, list_keys, revoke_key};

/// One thing to do with a project's API keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeysCommand {
    /// Make one.
    Create(NewKey),
    /// Name them.
    List,
    /// Take one back.
    Revoke(String),
}

impl KeysCommand {
    /// Reads the arguments behind `keys`, and returns what is left of them.
    pub(super) fn parse<'a>(arguments: &'a [&'a str]) -> Result<(Self, &'a [&'a str]), UsageError> {
        match arguments {
            ["create", consumer, rest @ ..] if !consumer.starts_with('-') => Self::create(consumer, rest),
            ["list", rest @ ..] => Ok((Self::List, rest)),
            ["revoke", id, rest @ ..] => Ok((Self::Revoke((*id).to_owned()), rest)),
            _ => Err(UsageError),
        }
    }

    /// Options stand before the folder or behind it.
    fn create<'a>(consumer: &str, arguments: &'a [&'a str]) -> Result<(Self, &'a [&'a str]), UsageError> {
        let mut key = NewKey { consumer: consumer.to_owned(), ..NewKey::default() };
        let (folder, options) = match arguments {
            [folder, options @ ..] if !folder.starts_with('-') => (&arguments[..1], options),
            _ => {
                let (options, folder) = arguments.split_at(arguments.len() - arguments.len() % 2);
                (folder, options)
            }
        };
        let mut pairs = options.chunks_exact(2);
        for pair in &mut pairs {
            match pair {
                ["--metadata", json] if key.metadata.is_empty() => key.metadata = object(json).ok_or(UsageError)?,
                ["--expires", time] if key.expires_on.is_none() => key.expires_on = Some((*time).to_owned()),
                ["--bucket", name] if key.bucket.is_none() => key.bucket = Some((*name).to_owned()),
                _ => return Err(UsageError),
            }
        }
        if pairs.remainder().is_empty() { Ok((Self::Create(key), folder)) } else { Err(UsageError) }
    }
}

fn object(json: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(json).ok()
}

/// Does something with the API keys of the project in `directory`, or else the configured one, and says what came of it.
///
/// # Errors
/// When it cannot be done.
pub fn run_keys_command(command: &KeysCommand, directory: Option<PathBuf>) -> Result<ExitCode, StartError> {
    let directory = match directory {
        Some(directory) => directory,
        None => config_dir(&Variables::from_process()?),
    };
    match command {
        KeysCommand::Create(new) => {
            let mut random = [0; 24];
            SystemRandom::new().fill(&mut random).map_err(|_| io::Error::other("there is no randomness"))?;
            let key = create_key(&directory, new, random).map_err(LoadErrors::from)?;
            let consumer = &new.consumer;
            say(&format!(
                "{key}\nThis is the only time the key is shown; {consumer} sends it as `Authorization: Bearer …`."
            ))
        }
        KeysCommand::List => {
            let keys = list_keys(&directory).map_err(LoadErrors::from)?;
            say(&keys.iter().map(line).collect::<Vec<_>>().join("\n"))
        }
        KeysCommand::Revoke(id) => {
            if revoke_key(&directory, id).map_err(LoadErrors::from)? {
                return say(&format!("{id} opens nothing any more"));
            }
            complain(&format!("there is no key {id}; `gatehouse keys list` names them"))
        }
    }
}

fn line(key: &KeySummary) -> String {
    let bucket = key.bucket.as_deref().map(|bucket| format!(" in {bucket}")).unwrap_or_default();
    let until = key.expires_on.as_deref().map(|end| format!(" until {end}")).unwrap_or_default();
    format!("{}  {}{bucket}{until}", key.id, key.consumer)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse<'a>(arguments: &'a [&'a str]) -> Result<(KeysCommand, &'a [&'a str]), UsageError> {
        KeysCommand::parse(arguments)
    }

    #[test]
    fn a_key_is_made_as_it_is_described() {
        let acme = || NewKey { consumer: "acme".to_owned(), ..NewKey::default() };
        let Value::Object(metadata) = json!({ "plan": "pro" }) else { unreachable!() };
        let full = NewKey {
            metadata,
            expires_on: Some("2030-01-01T00:00:00Z".to_owned()),
            bucket: Some("partners".to_owned()),
            ..acme()
        };
        let options = ["--metadata", r#"{"plan":"pro"}"#, "--expires", "2030-01-01T00:00:00Z", "--bucket", "partners"];
        assert_eq!(parse(&["create", "acme"]), Ok((KeysCommand::Create(acme()), &[][..])));
        assert_eq!(parse(&["create", "acme", "dir"]), Ok((KeysCommand::Create(acme()), &["dir"][..])));
        for (before, behind, folder) in
            [(&[][..], &[][..], &[][..]), (&["dir"], &[], &["dir"]), (&[], &["dir"], &["dir"])]
        {
            let arguments = [&["create", "acme"], before, &options, behind].concat();
            assert_eq!(parse(&arguments), Ok((KeysCommand::Create(full.clone()), folder)));
        }
        for wrong in [
            &["create"][..],
            &["create", "--bucket", "b"],
            &["create", "acme", "dir", "--bucket"],
            &["create", "acme", "--metadata", "[]"],
            &["create", "acme", "--metadata", "{"],
            &["create", "acme", "--bucket", "a", "--bucket", "b"],
            &["create", "acme", "--colour", "red"],
            &["drop", "acme"],
            &["revoke"],
        ] {
            assert_eq!(parse(wrong), Err(UsageError), "{wrong:?}");
        }
    }
}
