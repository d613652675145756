//! Faults in a project, told so that they can be mended without reading this code.

use std::{fmt, path::Path};

/// Where a fault is and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{location}: expected {expected}")]
pub struct LoadError {
    location: String,
    expected: String,
}

impl LoadError {
    /// A fault at a JSON pointer (RFC 6901) of a file.
    pub fn at(file: &Path, pointer: &str, expected: &str, found: &str) -> Self {
        Self { location: location(file, pointer), expected: format!("{expected}, found {found}") }
    }

    /// A fault of a whole file or folder; `expected` also says what was found.
    pub fn file(file: &Path, expected: &str) -> Self {
        Self { location: file.display().to_string(), expected: expected.to_owned() }
    }
}

/// Something that loads, and that somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadWarning {
    location: String,
    text: String,
}

impl LoadWarning {
    /// Something at a JSON pointer (RFC 6901) of a file.
    pub fn at(file: &Path, pointer: &str, text: impl Into<String>) -> Self {
        Self { location: location(file, pointer), text: text.into() }
    }
}

impl fmt::Display for LoadWarning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.location, self.text)
    }
}

fn location(file: &Path, pointer: &str) -> String {
    let pointer = if pointer.is_empty() { "the top level" } else { pointer };
    format!("{} at {pointer}", file.display())
}

/// Every fault that stops a project from loading; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadErrors(Vec<LoadError>);

impl LoadErrors {
    /// The faults, in the order of files and places.
    pub fn iter(&self) -> impl Iterator<Item = &LoadError> {
        self.0.iter()
    }
}

impl fmt::Display for LoadErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, error) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { "\n" };
            write!(formatter, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for LoadErrors {}

impl From<LoadError> for LoadErrors {
    fn from(error: LoadError) -> Self {
        Self(vec![error])
    }
}

/// Collects what is wrong with a project, so that one load tells all of it.
#[derive(Debug, Default)]
pub struct Findings {
    errors: Vec<LoadError>,
    warnings: Vec<LoadWarning>,
}

impl Findings {
    /// Notes a fault, or hands on what there is instead.
    pub fn note<T>(&mut self, outcome: Result<T, LoadError>) -> Option<T> {
        outcome.map_err(|error| self.errors.push(error)).ok()
    }

    /// Notes a fault.
    pub fn fault(&mut self, error: LoadError) {
        self.errors.push(error);
    }

    /// Notes something to look at.
    pub fn warn(&mut self, warning: LoadWarning) {
        self.warnings.push(warning);
    }

    /// The warnings if nothing is wrong, else the faults.
    ///
    /// # Errors
    /// When there is a fault.
    pub fn end(self) -> Result<Vec<LoadWarning>, LoadErrors> {
        if self.errors.is_empty() { Ok(self.warnings) } else { Err(LoadErrors(self.errors)) }
    }
}
