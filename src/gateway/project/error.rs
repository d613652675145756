//! A fault in a project, told so that it can be mended without reading this code.

use std::path::Path;

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
        let pointer = if pointer.is_empty() { "the top level" } else { pointer };
        Self { location: format!("{} at {pointer}", file.display()), expected: format!("{expected}, found {found}") }
    }

    /// A fault of a whole file or folder; `expected` also says what was found.
    pub fn file(file: &Path, expected: &str) -> Self {
        Self { location: file.display().to_string(), expected: expected.to_owned() }
    }
}
