//! The rules of the house that no compiler holds: who may import whom, how large a file may be, how it starts.

use std::{fs, path::Path};

/// Above this a file has two purposes. Tests are lists, and exempt.
const MAX_LINES: usize = 400;

/// A module, and what its files must not name.
struct Rule {
    module: &'static str,
    forbidden_modules: &'static [&'static str],
    forbidden_crates: &'static [&'static str],
}

const SERVER_CRATES: &[&str] = &[
    "axum",
    "tokio",
    "reqwest",
    "hyper",
    "tower",
    "tower_http",
    "rusqlite",
    "jsonwebtoken",
    "aws_lc_rs",
    "leptos_axum",
    "maud",
];

const RULES: &[Rule] = &[
    Rule {
        module: "model",
        forbidden_modules: &["rpc", "ui", "jwt", "clerk", "gateway", "instance", "server"],
        forbidden_crates: &["leptos", "leptos_meta", "leptos_router", "thiserror", "serde_json", "url"],
    },
    Rule { module: "rpc", forbidden_modules: &["ui", "jwt", "gateway", "instance"], forbidden_crates: SERVER_CRATES },
    Rule {
        module: "ui",
        forbidden_modules: &["server", "clerk", "gateway", "instance", "jwt"],
        forbidden_crates: SERVER_CRATES,
    },
    Rule {
        module: "jwt",
        forbidden_modules: &["model", "rpc", "ui", "clerk", "gateway", "instance", "server"],
        forbidden_crates: &["axum", "leptos", "leptos_axum"],
    },
    Rule {
        module: "clerk",
        forbidden_modules: &["model", "rpc", "ui", "gateway", "instance", "server"],
        forbidden_crates: &["axum", "leptos", "leptos_axum"],
    },
    Rule {
        module: "gateway",
        forbidden_modules: &["model", "rpc", "ui", "clerk", "instance", "server"],
        forbidden_crates: &["leptos", "leptos_axum"],
    },
    Rule {
        module: "instance",
        forbidden_modules: &["model", "rpc", "ui", "jwt", "clerk", "gateway", "server"],
        forbidden_crates: &["leptos", "leptos_axum", "jsonwebtoken"],
    },
];

struct Source {
    path: String,
    text: String,
}

impl Source {
    fn is_test(&self) -> bool {
        self.path.contains("/tests") || self.path.ends_with("_tests.rs") || self.path.ends_with("/testing.rs")
    }

    fn module(&self) -> &str {
        self.path.trim_start_matches("src/").split('/').next().unwrap()
    }
}

/// Every Rust file of the project.
fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    walk(Path::new("src"), &mut found);
    assert!(found.len() > 60, "found only {} files", found.len());
    found
}

fn walk(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push(Source { path: path.to_str().unwrap().replace('\\', "/"), text });
        }
    }
}

fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// What follows each `crate::`, for groups every first name in it.
fn own_modules(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for rest in without_comments(text).split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            None => names.push(first_name(rest)),
            Some(group) => names.extend(names_in_group(group)),
        }
    }
    names
}

fn names_in_group(group: &str) -> Vec<String> {
    let (mut depth, mut item, mut names) = (0_usize, String::new(), Vec::new());
    for character in group.chars() {
        match character {
            '}' if depth == 0 => break,
            ',' if depth == 0 => names.push(std::mem::take(&mut item)),
            '{' => depth += 1,
            '}' => depth -= 1,
            other if depth == 0 => item.push(other),
            _ => {}
        }
    }
    names.push(item);
    names.iter().map(|item| first_name(item.trim())).filter(|name| !name.is_empty()).collect()
}

fn first_name(text: &str) -> String {
    text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

/// Whether a crate is named outside of comments, as the start of a path or in a `use`.
fn names_crate(text: &str, name: &str) -> bool {
    let code = without_comments(text);
    code.match_indices(&format!("{name}::")).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|character| character.is_alphanumeric() || matches!(character, '_' | ':' | '.'))
    })
}

#[test]
fn tidy_modules_keep_to_themselves() {
    for source in sources().iter().filter(|source| !source.is_test()) {
        let Some(rule) = RULES.iter().find(|rule| rule.module == source.module()) else { continue };
        for name in own_modules(&source.text) {
            assert!(!rule.forbidden_modules.contains(&name.as_str()), "{} names crate::{name}", source.path);
        }
        for name in rule.forbidden_crates {
            assert!(!names_crate(&source.text, name), "{} names the crate {name}", source.path);
        }
    }
}

#[test]
fn tidy_server_functions_are_short_and_name_their_endpoint() {
    for source in sources().iter().filter(|source| source.module() == "rpc") {
        for attribute in source.text.split("#[server").skip(1) {
            assert!(
                attribute.starts_with("(prefix = \"/rpc\", endpoint = \""),
                "{}: prefix and endpoint are ours to choose",
                source.path
            );
            assert!(source.text.lines().count() <= 35, "{}: a server function is 15 to 35 lines", source.path);
        }
        let head = source.text.split("pub async fn").next().unwrap();
        assert!(
            !head.contains("crate::server") && !head.contains("crate::clerk"),
            "{}: server items inside bodies only",
            source.path
        );
    }
}

#[test]
fn tidy_files_say_what_they_are_for_and_stay_small() {
    for source in sources() {
        assert!(source.text.starts_with("//! "), "{} does not start with what it is for", source.path);
        let lines = source.text.lines().count();
        assert!(source.is_test() || lines <= MAX_LINES, "{} has {lines} lines", source.path);
    }
}

#[test]
fn tidy_features_gate_modules_only() {
    for source in sources().iter().filter(|source| !source.is_test() && source.path != "src/lib.rs") {
        assert!(
            !source.text.contains("feature = \"ssr\"") && !source.text.contains("feature = \"hydrate\""),
            "{}",
            source.path
        );
    }
    let lib = fs::read_to_string("src/lib.rs").unwrap();
    let lines: Vec<&str> = lib.lines().collect();
    for pair in lines.windows(2).filter(|pair| pair[0].contains("feature = \"ssr\"")) {
        assert!(pair[1].starts_with("pub mod ") || pair[1] == "mod testing;", "{}", pair[1]);
    }
}

#[test]
fn tidy_the_checks_themselves_see() {
    let text = "use crate::{\n    clerk::{Auth, jwt::X},\n    server,\n};\nlet x = crate::ui::shell();\n// axum::Router\nuse axum::Router;";
    assert_eq!(own_modules(text), ["clerk", "server", "ui"]);
    assert!(names_crate(text, "axum") && !names_crate(text, "xum") && !names_crate("leptos_axum::x", "axum"));
    assert!(!names_crate("// axum::Router", "axum") && !names_crate("super::axum::x", "axum"));
}

#[test]
fn tidy_every_variable_is_documented() {
    let (example, readme) = (fs::read_to_string(".env.example").unwrap(), fs::read_to_string("README.md").unwrap());
    let variables =
        sources().into_iter().filter(|source| source.path.starts_with("src/server/config/") && !source.is_test());
    let names: Vec<String> = variables.flat_map(|source| quoted_variables(&source.text)).collect();
    assert!(names.len() > 10);
    for name in names {
        assert!(example.contains(&name), "{name} is missing from .env.example");
        assert!(readme.contains(&name), "{name} is missing from README.md");
    }
}

#[test]
fn tidy_fuzzing_has_the_programs_own_dependencies() {
    let (own, mut fuzz) = (dependencies("Cargo.toml"), dependencies("fuzz/Cargo.toml"));
    fuzz.remove("libfuzzer-sys");
    assert!(fuzz.len() > 20);
    for (name, expected) in &fuzz {
        assert_eq!(own.get(name), Some(expected), "{name} in fuzz/Cargo.toml");
    }
    let fuzzed = |source: &Source| matches!(source.module(), "gateway" | "jwt") && !source.is_test();
    for source in sources().into_iter().filter(fuzzed) {
        let code = source.text.split("#[cfg(test)]\nmod tests").next().unwrap();
        for name in own.keys().filter(|name| names_crate(code, &name.replace('-', "_"))) {
            assert!(fuzz.contains_key(name), "{} needs {name} in fuzz/Cargo.toml", source.path);
        }
    }
}

/// The dependencies of a manifest, whether they are optional or not.
fn dependencies(manifest: &str) -> toml::Table {
    let mut manifest: toml::Table = fs::read_to_string(manifest).unwrap().parse().unwrap();
    let mut dependencies = manifest.remove("dependencies").unwrap().as_table().unwrap().clone();
    for dependency in dependencies.iter_mut().filter_map(|(_, dependency)| dependency.as_table_mut()) {
        dependency.remove("optional");
    }
    dependencies
}

/// Variables that the configuration names in quotes, without those that cargo-leptos sets by itself.
fn quoted_variables(text: &str) -> Vec<String> {
    let set_by_cargo_leptos =
        ["LEPTOS_OUTPUT_NAME", "LEPTOS_SITE_ROOT", "LEPTOS_SITE_PKG_DIR", "LEPTOS_RELOAD_PORT", "LEPTOS_WATCH"];
    let quoted = text.split('"').skip(1).step_by(2);
    quoted
        .filter(|name| {
            ["CLERK_", "GATEHOUSE_", "GATEWAY_", "LEPTOS_", "RATE_LIMIT_", "SUPABASE_"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
        })
        .filter(|name| name.chars().all(|character| character.is_ascii_uppercase() || character == '_'))
        .filter(|name| !name.ends_with('_') && !set_by_cargo_leptos.contains(name))
        .map(str::to_owned)
        .collect()
}
