//! `$env(NAME)`: values that a project takes from its environment (Zuplo, "Environment variables").

use std::{collections::HashMap, fmt, fs, path::Path};

use serde_json::Value;

use super::{Layout, LoadError, Node, settings::Settings};

/// The file of a project's own variables.
pub const FILE: &str = ".env";

/// What stands for everything that only a deployed project has.
const LOCAL: &str = "local";

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

    /// With what a project can name beside: the variables in its own `.env`, and what Zuplo itself sets. Whatever is set
    /// here wins, even if it is set to nothing.
    pub(super) fn of_project(&self, layout: &Layout, settings: &Settings) -> Result<Self, LoadError> {
        let mut all = system_variables(layout, settings);
        all.extend(dot_env(&layout.root.join(FILE))?);
        all.extend(self.0.iter().map(|(name, value)| (name.clone(), value.clone())));
        Ok(Self(all))
    }
}

/// What Zuplo sets (Zuplo, "Environment variables"), as it is on one's own machine.
fn system_variables(layout: &Layout, settings: &Settings) -> HashMap<String, String> {
    let root = fs::canonicalize(&layout.root).unwrap_or_default();
    let project = root.file_name().map(|name| name.to_string_lossy().into_owned());
    [
        ("ZUPLO_ENVIRONMENT_TYPE", LOCAL),
        ("ZUPLO_ENVIRONMENT_STAGE", LOCAL),
        ("ZUPLO_ENVIRONMENT_NAME", LOCAL),
        ("ZUPLO_ACCOUNT_NAME", LOCAL),
        ("ZUPLO_PROJECT_NAME", project.as_deref().unwrap_or(LOCAL)),
        ("ZUPLO_BUILD_ID", LOCAL),
        ("ZUPLO_COMPATIBILITY_DATE", &settings.compatibility_date),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// There need not be any. A fault is told without the line, which may hold a secret.
fn dot_env(path: &Path) -> Result<Vec<(String, String)>, LoadError> {
    match dotenvy::from_path_iter(path) {
        Ok(lines) => lines
            .collect::<Result<_, _>>()
            .map_err(|_| LoadError::file(path, "lines of the form NAME=value, something else")),
        Err(error) if error.not_found() => Ok(Vec::new()),
        Err(_) => Err(LoadError::file(path, "a readable file, none")),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TempFolder;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_given_wins_over_the_projects_own_file() {
        let folder = TempFolder::new();
        fs::write(folder.path().join(FILE), "ONE=file\nTWO=file\nNONE=file\nZUPLO_ACCOUNT_NAME=acme\n").unwrap();
        let given = environment(&[("TWO", "given"), ("NONE", ""), ("ZUPLO_BUILD_ID", "7")]);
        let all = given.of_project(&Layout::of(folder.path()), &Settings::default()).unwrap();
        for (name, value) in [
            ("ONE", Some("file")),
            ("TWO", Some("given")),
            ("NONE", None),
            ("ZUPLO_ACCOUNT_NAME", Some("acme")),
            ("ZUPLO_BUILD_ID", Some("7")),
        ] {
            assert_eq!(all.get(name), value, "{name}");
        }
    }

    #[test]
    fn zuplos_own_variables_have_values() {
        let folder = TempFolder::new();
        let config = folder.path().join("shop/config");
        fs::create_dir_all(&config).unwrap();
        let settings = Settings { compatibility_date: "2025-02-06".to_owned(), ..Settings::default() };
        let all = Environment::default().of_project(&Layout::of(&config), &settings).unwrap();
        for (name, value) in [
            ("ZUPLO_ENVIRONMENT_TYPE", "local"),
            ("ZUPLO_ENVIRONMENT_STAGE", "local"),
            ("ZUPLO_ENVIRONMENT_NAME", "local"),
            ("ZUPLO_ACCOUNT_NAME", "local"),
            ("ZUPLO_PROJECT_NAME", "shop"),
            ("ZUPLO_BUILD_ID", "local"),
            ("ZUPLO_COMPATIBILITY_DATE", "2025-02-06"),
        ] {
            assert_eq!(all.get(name), Some(value), "{name}");
        }
    }
}
