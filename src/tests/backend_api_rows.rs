//! The embedded Clerk's Backend API, held to the list of what Clerk's client can ask for: what is listed as served is,
//! and nothing else. `make test-clients` holds the list to the client.

use std::collections::BTreeSet;

use serde_json::Value;

use super::support::{Api, App};

const LIST: &str = include_str!("../../end2end/clients/lib/backend_rows.json");
const ROUTER: &str = include_str!("../instance/backend_api/mod.rs");
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

fn path_of(row: &str) -> &str {
    row.split_once(' ').unwrap().1
}

/// A path with names in the place of its parameters.
fn filled(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "nobody" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

async fn is_served(api: &Api<'_>, method: &str, path: &str) -> bool {
    let (status, body) = api.call(method.parse().unwrap(), path, "").await;
    let unknown = body["errors"][0]["message"].as_str().is_some_and(|message| message.contains("serves nothing at"));
    status != 405 && !unknown
}

#[tokio::test]
async fn what_is_listed_as_served_is_and_nothing_else() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let list: Value = serde_json::from_str(LIST).unwrap();
    let served: BTreeSet<String> = texts(&list["served"]).into_iter().map(filled).collect();
    let groups = list["not served"].as_array().unwrap();
    assert!(served.len() > 70 && groups.iter().all(|group| !group["why"].as_str().unwrap().is_empty()));

    let paths: BTreeSet<String> = served.iter().map(|row| path_of(row).to_owned()).collect();
    let others = groups.iter().flat_map(|group| texts(&group["rows"])).map(path_of);
    // What begins so is asked for as it is written, and with a name behind it.
    let others = others.flat_map(|path| [path.replace('*', ""), path.replace('*', "/nobody")]);
    let others = others.map(|path| filled(&path));
    for path in paths.iter().cloned().chain(others).collect::<BTreeSet<_>>() {
        for method in METHODS {
            let row = format!("{method} {path}");
            assert_eq!(is_served(&api, method, &path).await, served.contains(&row), "{row}");
        }
    }
    for route in ROUTER.split(".route(").skip(1) {
        let path = filled(route.split('"').nth(1).unwrap());
        assert!(paths.contains(&path), "{path} is served and not in the list");
    }
}
