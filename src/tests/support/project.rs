//! A gateway project of a test's own.

use std::fs;

use serde_json::Value;

use super::testing::TempFolder;

/// A folder with these files.
pub fn project(files: &[(&str, &Value)]) -> TempFolder {
    let folder = TempFolder::new();
    for (name, content) in files {
        fs::write(folder.path().join(name), content.to_string()).unwrap();
    }
    folder
}
