//! What must hold of every project, whoever wrote its files. Fuzzed (`make fuzz`), and tried on what fuzzing found worth
//! keeping.
#![expect(clippy::unwrap_used, reason = "a fault is to be seen")]

use std::{
    path::Path,
    sync::{Arc, LazyLock},
    time::Duration,
};

use super::{
    ApiKeys, Environment, Layout, NamedFiles, Node, error::Findings, jsonc, policies_file, report, routes_file,
    settings, strict_json,
};
use crate::{
    gateway::{Dependencies, MemoryCounters, Registry, Upstream, routing::RouteTable},
    jwt::KeySets,
};

const SECRET: &str = "very-secret-value";

static UPSTREAM: LazyLock<Upstream> = LazyLock::new(|| Upstream::new().unwrap());

/// The text of `policies.json`, a zero byte, that of a routes file, and perhaps another zero byte and that of
/// `zuplo.jsonc`.
pub fn project(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let mut texts = text.splitn(3, '\0');
    let (policies, routes) = (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
    if let Some(settings) = texts.next() {
        check_comments(settings);
    }
    let (Ok(policies), Ok(routes)) = (strict_json::parse(policies), strict_json::parse(routes)) else { return };
    let (path, routes_path) = (Path::new("policies.json"), Path::new("routes.oas.json"));
    check_load(&Node::root(path, &policies), &Node::root(routes_path, &routes));
}

/// What comments become keeps every line and column.
fn check_comments(text: &str) {
    let json = jsonc::to_json(text);
    assert_eq!(json.chars().count(), text.chars().count());
    assert!(json.chars().zip(text.chars()).all(|(new, old)| new == old || (new == ' ' && old != '\n')));
}

/// No fault and no warning shows a value of the environment, and every route that loads is found.
fn check_load(policies: &Node<'_>, routes: &Node<'_>) {
    let dependencies = dependencies();
    let mut findings = Findings::default();
    let layout = Layout { root: "fuzz".into(), config: "fuzz/config".into() };
    let settings = settings::Settings::default();
    // A folder that is not there: no input reads a file.
    let files = NamedFiles::new(Path::new("/nowhere"));
    let policies = policies_file::load(policies, &Arc::new(ApiKeys::default()), &files, &dependencies, &mut findings);
    let mut loader = routes_file::Loader::new(&policies, &layout, &dependencies, &settings);
    loader.load(routes, &mut findings);
    let table = RouteTable::new(loader.into_routes());
    report::warn_of_routes(&table, &mut findings);
    for route in table.iter() {
        let Some(example) = route.pattern.example() else { continue };
        assert!(table.find(&route.info.method, &example).is_some(), "{example}");
    }
    let told = findings.end().map_or_else(
        |errors| errors.to_string(),
        |warnings| warnings.iter().map(ToString::to_string).collect::<String>(),
    );
    assert!(!told.contains(SECRET), "{told}");
}

fn dependencies() -> Dependencies {
    let environment = [("SECRET".to_owned(), SECRET.to_owned())];
    Dependencies {
        key_sets: Arc::new(KeySets::new(Default::default())),
        environment: environment.into_iter().collect::<Environment>(),
        registry: Arc::new(Registry::default()),
        counters: Arc::new(MemoryCounters::default()),
        upstream: UPSTREAM.clone(),
        public_url: "https://gateway.example".parse().unwrap(),
        clock: Arc::new(|| Duration::ZERO),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_was_worth_keeping_holds() {
        crate::jwt::fuzz::each_kept_input("project", super::project);
    }
}
