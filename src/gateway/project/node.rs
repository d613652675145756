//! A place in a JSON file: its value, and enough to say where it is when something is wrong with it.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::{LoadError, LoadWarning};

/// Where something stood when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    file: PathBuf,
    pointer: String,
}

impl Place {
    /// Something there that loads, and that somebody should look at.
    pub fn warning(&self, text: impl Into<String>) -> LoadWarning {
        LoadWarning::at(&self.file, &self.pointer, text)
    }
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct Node<'a> {
    file: &'a Path,
    pointer: String,
    value: &'a Value,
}

impl<'a> Node<'a> {
    /// The whole file.
    pub const fn root(file: &'a Path, value: &'a Value) -> Self {
        Self { file, pointer: String::new(), value }
    }

    /// A fault here.
    pub fn error(&self, expected: impl AsRef<str>) -> LoadError {
        LoadError::at(self.file, &self.pointer, expected.as_ref(), &found(self.value))
    }

    /// A fault here, in something that may be a secret.
    pub fn error_unseen(&self, expected: &str) -> LoadError {
        LoadError::at(self.file, &self.pointer, expected, "something else (not shown, it may be secret)")
    }

    /// A member that is not there.
    pub fn missing(&self, key: &str, expected: &str) -> LoadError {
        LoadError::at(self.file, &child_pointer(&self.pointer, key), expected, "nothing")
    }

    /// Something here that loads, and that somebody should look at.
    pub fn warning(&self, text: impl Into<String>) -> LoadWarning {
        LoadWarning::at(self.file, &self.pointer, text)
    }

    /// Where this is, to be kept.
    pub fn place(&self) -> Place {
        Place { file: self.file.to_owned(), pointer: self.pointer.clone() }
    }

    /// A fault in what this place is called.
    pub fn error_about(&self, expected: &str, name: &str) -> LoadError {
        LoadError::at(self.file, &self.pointer, expected, &format!("`{name}`"))
    }

    /// The value, whatever it is.
    pub const fn value(&self) -> &'a Value {
        self.value
    }

    /// The JSON pointer (RFC 6901) of this place.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The object here.
    pub fn object(&self) -> Result<&'a Map<String, Value>, LoadError> {
        self.value.as_object().ok_or_else(|| self.error("an object"))
    }

    /// The text here.
    pub fn text(&self) -> Result<&'a str, LoadError> {
        self.value.as_str().ok_or_else(|| self.error("a string"))
    }

    /// The elements of the array here.
    pub fn items(&self) -> Result<Vec<Self>, LoadError> {
        let items = self.value.as_array().ok_or_else(|| self.error("an array"))?;
        Ok(items.iter().enumerate().map(|(index, value)| self.child(&index.to_string(), value)).collect())
    }

    /// The members of the object here, in file order.
    pub fn members(&self) -> Result<Vec<(&'a str, Self)>, LoadError> {
        Ok(self.object()?.iter().map(|(key, value)| (key.as_str(), self.child(key, value))).collect())
    }

    /// A member, if there is one.
    pub fn get(&self, key: &str) -> Option<Self> {
        self.value.as_object()?.get(key).map(|value| self.child(key, value))
    }

    /// A member that must be there.
    pub fn required(&self, key: &str, expected: &str) -> Result<Self, LoadError> {
        self.object()?;
        self.get(key).ok_or_else(|| self.missing(key, expected))
    }

    /// Refuses members that would be ignored.
    pub fn only_keys(&self, known: &[&str]) -> Result<(), LoadError> {
        match self.members()?.iter().find(|(key, _)| !known.contains(key)) {
            Some((key, member)) => Err(member.error(format!("no `{key}` here (known: {})", known.join(", ")))),
            None => Ok(()),
        }
    }

    /// The member or element called `key`, if there is one.
    pub fn step(&self, key: &str) -> Option<Self> {
        let value = match self.value {
            Value::Array(items) => items.get(key.parse::<usize>().ok()?)?,
            other => other.as_object()?.get(key)?,
        };
        Some(self.child(key, value))
    }

    /// A value that stands, or would stand, at `key`.
    pub fn child(&self, key: &str, value: &'a Value) -> Self {
        Self { file: self.file, pointer: child_pointer(&self.pointer, key), value }
    }
}

fn child_pointer(parent: &str, key: &str) -> String {
    format!("{parent}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// A short name of what is there. Long values are cut: they may be anything.
fn found(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        other => {
            let text = other.to_string();
            if text.chars().count() > 60 { format!("{}…", text.chars().take(60).collect::<String>()) } else { text }
        }
    }
}
