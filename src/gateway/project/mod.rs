//! A project on disk, in the layout of a Zuplo project: `policies.json` and every `*.oas.json`, in file-name order, and
//! `zuplo.jsonc` around them.
//!
//! Loading fails closed: what is unknown, misplaced or unset stops it, with file, JSON pointer and what was expected.
//! All faults are told at once.

mod environment;
mod error;
mod files;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod jsonc;
mod node;
mod options;
mod policies_file;
mod report;
mod routes_file;
mod settings;
mod shown_options;
mod strict_json;
mod text_list;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::Value;

pub use environment::Environment;
pub use error::{LoadError, LoadErrors, LoadWarning};
pub use files::NamedFiles;
pub use node::{Node, Place};
pub use options::Options;
pub use report::{PolicyReport, Report, RouteReport};
pub use strict_json::parse as parse_strictly;
pub use text_list::TextList;

use super::{
    Dependencies,
    api_keys::{self, ApiKeys},
    incoming::IdentityHeaders,
    meters::RequestMeter,
    routing::RouteTable,
};
use error::Findings;

/// A project, loaded.
pub struct Project {
    /// Its routes.
    pub routes: RouteTable,
    /// Headers that say who the caller is. Only policies may set them.
    pub identity_headers: IdentityHeaders,
    /// Whether a method that a path does not have is refused with 405.
    pub strict_routes: bool,
    /// What the load has to say.
    pub report: Report,
    /// Counts the requests that no route is for.
    pub unrouted: RequestMeter,
}

/// Where a project's files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The folder with `zuplo.jsonc`.
    pub root: PathBuf,
    /// The folder with `policies.json` and the `*.oas.json` files.
    pub config: PathBuf,
}

impl Layout {
    /// `directory` is either a project or its `config` folder.
    #[must_use]
    pub fn of(directory: &Path) -> Self {
        let config = directory.join("config");
        if config.is_dir() {
            return Self { root: directory.to_owned(), config };
        }
        let is_config = directory.file_name().is_some_and(|name| name == "config");
        let root = if is_config { directory.join("..") } else { directory.to_owned() };
        Self { root, config: directory.to_owned() }
    }

    /// Every file of the project that is read, whether it is there or not.
    pub fn files(&self) -> Vec<PathBuf> {
        let config = |name: &str| self.config.join(name);
        let root = |name: &str| self.root.join(name);
        let mut files =
            vec![root(settings::FILE), root(environment::FILE), config("policies.json"), config(api_keys::FILE)];
        files.extend(routes_files(&self.config).unwrap_or_default());
        files
    }
}

/// Loads the project in `directory`. What it reads beside its own files goes through `files`.
///
/// # Errors
/// Every fault that was found.
pub fn load(directory: &Path, dependencies: &Dependencies, files: &NamedFiles) -> Result<Project, LoadErrors> {
    let layout = Layout::of(directory);
    let mut findings = Findings::default();
    let settings = settings::load(&layout.root, &mut findings);
    let policies_path = layout.config.join("policies.json");
    let environment = dependencies.environment.of_project(&layout, &settings)?;
    let dependencies = &Dependencies { environment, ..dependencies.clone() };
    // Without policies, every route that names one would be a fault of its own.
    let policies_json = read(&policies_path)?;
    let api_keys = Arc::new(findings.note(api_keys(&layout.config)).unwrap_or_default());
    let root = Node::root(&policies_path, &policies_json);
    let policies = policies_file::load(&root, &api_keys, files, dependencies, &mut findings);
    let paths = findings.note(routes_files(&layout.config)).unwrap_or_default();
    let mut loader = routes_file::Loader::new(&policies, &layout, dependencies, &settings);
    for path in &paths {
        if let Some(json) = findings.note(read(path)) {
            loader.load(&Node::root(path, &json), &mut findings);
        }
    }
    let routes = RouteTable::new(loader.into_routes());
    findings.note(expect_some_route(&routes, &layout.config));
    report::warn_of_routes(&routes, &mut findings);
    let warnings = findings.end()?;
    let report = Report::new(&routes, policies_file::reports(&root), warnings);
    let (strict_routes, unrouted) = (settings.strict_routes, RequestMeter::of_no_route());
    Ok(Project { identity_headers: identity_headers(&routes), routes, strict_routes, report, unrouted })
}

/// There need not be any.
fn api_keys(config: &Path) -> Result<ApiKeys, LoadError> {
    let path = config.join(api_keys::FILE);
    if path.is_file() { ApiKeys::read(&path, &read(&path)?) } else { Ok(ApiKeys::default()) }
}

fn expect_some_route(routes: &RouteTable, config: &Path) -> Result<(), LoadError> {
    if routes.iter().next().is_some() {
        return Ok(());
    }
    let old = config.join("routes.json");
    if old.is_file() {
        return Err(LoadError::file(&old, "an OpenAPI document in routes.oas.json, the older routes.json"));
    }
    Err(LoadError::file(config, "at least one route in a *.oas.json file, none"))
}

fn identity_headers(routes: &RouteTable) -> IdentityHeaders {
    let policies = routes.iter().flat_map(|route| &route.inbound);
    policies.flat_map(|named| named.policy.identity_headers()).collect()
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

/// The JSON in a file.
pub fn read(path: &Path) -> Result<Value, LoadError> {
    let text =
        fs::read_to_string(path).map_err(|error| LoadError::file(path, &format!("a readable file ({error}), none")))?;
    strict_json::parse(&text).map_err(|error| LoadError::file(path, &format!("JSON, a fault: {error}")))
}

#[cfg(test)]
mod tests;
