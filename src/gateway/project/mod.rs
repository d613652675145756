//! A project on disk, in the layout of a Zuplo project: `policies.json` and every `*.oas.json`, in file-name order.
//!
//! Loading fails closed: what is unknown, misplaced or unset stops it, with file, JSON pointer and what was expected.

mod environment;
mod error;
mod node;
mod policies_file;
mod routes_file;
mod strict_json;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::Value;

pub use environment::{Environment, issuer_url};
pub use error::LoadError;
pub use node::Node;

use super::{Dependencies, route_table::RouteTable};

/// Loads the project in `directory`.
pub fn load(directory: &Path, dependencies: &Dependencies) -> Result<RouteTable, LoadError> {
    let policies_path = directory.join("policies.json");
    let policies_json = read(&policies_path)?;
    let policies = policies_file::load(&Node::root(&policies_path, &policies_json), dependencies)?;
    let mut routes = Vec::new();
    for path in routes_files(directory)? {
        let json = read(&path)?;
        routes_file::load_into(&mut routes, &Node::root(&path, &json), &policies)?;
    }
    if routes.is_empty() {
        return Err(LoadError::file(directory, "at least one route in a *.oas.json file, none"));
    }
    Ok(RouteTable::new(routes))
}

fn routes_files(directory: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let unreadable = |error: io::Error| LoadError::file(directory, &format!("a readable folder ({error}), none"));
    let entries: Vec<fs::DirEntry> = fs::read_dir(directory).and_then(Iterator::collect).map_err(unreadable)?;
    let mut paths: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).filter(|path| is_routes_file(path)).collect();
    paths.sort();
    Ok(paths)
}

fn is_routes_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".oas.json"))
}

fn read(path: &Path) -> Result<Value, LoadError> {
    let text =
        fs::read_to_string(path).map_err(|error| LoadError::file(path, &format!("a readable file ({error}), none")))?;
    strict_json::parse(&text).map_err(|error| LoadError::file(path, &format!("JSON, a fault: {error}")))
}

#[cfg(test)]
mod tests;
