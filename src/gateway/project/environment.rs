//! `$env(NAME)`: values that a project takes from its environment (Zuplo, "Environment variables").

use std::{collections::HashMap, fmt};

use serde_json::Value;

use super::{LoadError, Node};

/// The variables a project may name. Given, never read from the process, so that the program can supply values of its
/// own and a test can supply all of them.
/// Does not print: it holds secrets.
#[derive(Clone, Default)]
pub struct Environment(HashMap<String, String>);

impl FromIterator<(String, String)> for Environment {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(variables: T) -> Self {
        Self(variables.into_iter().collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Environment({} set)", self.0.len())
    }
}

impl Environment {
    /// A variable that is set to something.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl Node<'_> {
    /// The text here with every `$env(NAME)` replaced. An unset variable is an error, never an empty value: what is
    /// read this way decides who gets in.
    fn env_text(&self, environment: &Environment) -> Result<String, LoadError> {
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

    /// The value here with every `$env(NAME)` in every text of it replaced.
    ///
    /// # Errors
    /// When one names a variable that is not set.
    pub fn resolved(&self, environment: &Environment) -> Result<Value, LoadError> {
        Ok(match self.value() {
            Value::String(_) => self.env_text(environment)?.into(),
            Value::Array(_) => {
                self.items()?.iter().map(|item| item.resolved(environment)).collect::<Result<Vec<_>, _>>()?.into()
            }
            Value::Object(_) => {
                let members = self.members()?;
                let resolve = |(key, member): &(&str, Node<'_>)| Ok(((*key).to_owned(), member.resolved(environment)?));
                Value::Object(members.iter().map(resolve).collect::<Result<_, LoadError>>()?)
            }
            other => other.clone(),
        })
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
                Err(self
                    .error("no `$env(…)` here: it works in `handler.options` and in the members of a CORS policy only"))
            }
            _ => Ok(()),
        }
    }
}
