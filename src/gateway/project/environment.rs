//! `$env(NAME)`: values that a project takes from its environment (Zuplo, "Environment variables").

use std::collections::HashMap;

use super::{LoadError, Node};
use crate::jwt::parse_issuer;

/// The variables a project may name. Given, never read from the process, so that the program can supply values of its
/// own and a test can supply all of them.
#[derive(Debug, Clone, Default)]
pub struct Environment(HashMap<String, String>);

impl FromIterator<(String, String)> for Environment {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(variables: T) -> Self {
        Self(variables.into_iter().collect())
    }
}

impl Environment {
    /// A variable that is set to something.
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl Node<'_> {
    /// The text here with every `$env(NAME)` replaced. An unset variable is an error, never an empty value: what is
    /// read this way decides who gets in.
    pub fn env_text(&self, environment: &Environment) -> Result<String, LoadError> {
        let mut text = String::new();
        let mut rest = self.text()?;
        while let Some((before, after)) = rest.split_once("$env(") {
            let (name, after) = after.split_once(')').ok_or_else(|| self.error("`)` behind `$env(`"))?;
            if name.is_empty() || !name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_') {
                return Err(self.error("letters, digits and underscores between `$env(` and `)`"));
            }
            let value = environment
                .get(name)
                .ok_or_else(|| self.error(format!("the environment variable {name} to be set")))?;
            text.push_str(before);
            text.push_str(value);
            rest = after;
        }
        text.push_str(rest);
        Ok(text)
    }

    /// Refuses `$env(…)` wherever `allowed` does not hold: there it would stay literal text.
    pub fn env_only_where(&self, allowed: &dyn Fn(&str) -> bool) -> Result<(), LoadError> {
        if allowed(self.pointer()) {
            return Ok(());
        }
        if self.value().is_object() {
            return self.members()?.iter().try_for_each(|(_, member)| member.env_only_where(allowed));
        }
        if self.value().is_array() {
            return self.items()?.iter().try_for_each(|item| item.env_only_where(allowed));
        }
        match self.value().as_str() {
            Some(text) if text.contains("$env(") => {
                Err(self.error("no `$env(…)` here: it works in `handler.options` only"))
            }
            _ => Ok(()),
        }
    }
}

/// The issuer at this place.
pub fn issuer_url(node: &Node<'_>, environment: &Environment) -> Result<String, LoadError> {
    parse_issuer(&node.env_text(environment)?).map_err(|error| node.error(error.to_string()))
}
