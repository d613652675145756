//! Clerk's browser bundles, `@clerk/clerk-js` and `@clerk/ui`, served from where npm installed them, at the addresses
//! that Clerk's SDKs ask for.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    extract::{Path as Segments, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{InstanceState, clerk_error::ClerkError};

const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

/// Pages of other applications on this machine load them, too.
const FOR_OTHER_ORIGINS: [(HeaderName, &str); 2] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
];

/// The two installed packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundles {
    clerk_js: Package,
    ui: Package,
}

/// A package: what lies in its `dist`, and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Package {
    dist: PathBuf,
    version: String,
}

#[derive(Deserialize)]
struct Manifest {
    version: String,
}

impl Bundles {
    /// Looks for both in a folder of npm packages.
    pub fn find(node_modules: &Path) -> Option<Self> {
        let package = |name: &str, entry: &str| Package::find(&node_modules.join("@clerk").join(name), entry);
        Some(Self { clerk_js: package("clerk-js", "clerk.browser.js")?, ui: package("ui", "ui.browser.js")? })
    }

    fn package(&self, name: &str) -> Option<&Package> {
        match name {
            "clerk-js" => Some(&self.clerk_js),
            "ui" => Some(&self.ui),
            _ => None,
        }
    }
}

impl Package {
    fn find(folder: &Path, entry: &str) -> Option<Self> {
        let manifest = std::fs::read(folder.join("package.json")).ok()?;
        let Manifest { version } = serde_json::from_slice(&manifest).ok()?;
        let dist = folder.join("dist");
        dist.join(entry).is_file().then_some(Self { dist, version })
    }

    /// Chunks have the version in their names, and so has an address that asks for this version exactly.
    fn is_final(&self, asked_version: &str, file: &str) -> bool {
        asked_version == self.version || file.ends_with(&format!("_{}.js", self.version))
    }
}

/// `GET /npm/@clerk/{package}@{version}/dist/{file}`: a script. The version that was asked for is not looked at: what is
/// installed is what there is.
pub async fn show(
    State(state): State<Arc<InstanceState>>,
    Segments((package, file)): Segments<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ClerkError> {
    let Some(bundles) = &state.bundles else {
        return Err(ClerkError::not_found(
            "Clerk's browser bundles are not installed: `npm ci` in end2end installs them, then start again.",
        ));
    };
    let (name, asked_version) = package.split_once('@').unwrap_or((&package, ""));
    let package = bundles.package(name).filter(|_| is_script_name(&file)).ok_or_else(no_such_file)?;
    let cache = if package.is_final(asked_version, &file) { FOR_EVER } else { ASK_AGAIN };
    let tag = format!("W/\"{}\"", package.version);
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let caching = [(header::CACHE_CONTROL, cache.to_owned()), (header::ETAG, tag)];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, caching, FOR_OTHER_ORIGINS).into_response());
    }
    let script = tokio::fs::read(package.dist.join(&file)).await.map_err(|_| no_such_file())?;
    let content_type = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    Ok((caching, FOR_OTHER_ORIGINS, content_type, script).into_response())
}

const fn no_such_file() -> ClerkError {
    ClerkError::not_found("Clerk's browser bundles hold no such script.")
}

/// A name such as the bundles' files have: nothing in it leads out of their folder.
fn is_script_name(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    name.ends_with(".js") && !name.starts_with('.') && name.bytes().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TempFolder;

    fn install(folder: &Path, name: &str, entry: &str) {
        let package = folder.join("@clerk").join(name);
        std::fs::create_dir_all(package.join("dist")).unwrap();
        std::fs::write(package.join("package.json"), r#"{"name":"x","version":"1.36.0"}"#).unwrap();
        std::fs::write(package.join("dist").join(entry), "1").unwrap();
    }

    #[test]
    fn one_without_the_other_is_not_installed() {
        let folder = TempFolder::new();
        install(folder.path(), "clerk-js", "clerk.browser.js");
        assert_eq!(Bundles::find(folder.path()), None);
        install(folder.path(), "ui", "ui.browser.js");
        assert_eq!(Bundles::find(folder.path()).unwrap().ui.version, "1.36.0");
    }

    #[test]
    fn only_what_names_the_version_is_kept_for_ever() {
        let package = Package { dist: PathBuf::new(), version: "1.36.0".to_owned() };
        assert!(package.is_final("1", "signin_ui_58d0c7_1.36.0.js"));
        assert!(package.is_final("1.36.0", "ui.browser.js"));
        assert!(!package.is_final("1", "ui.browser.js"));
        assert!(!package.is_final("1", "signin_ui_58d0c7_1.35.0.js"));
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for name in ["clerk.browser.js", "3736_ui_58d0c7_1.36.0.js", "copy-api-key-modal_ui_58d0c7_1.36.0.js"] {
            assert!(is_script_name(name), "{name}");
        }
        for name in
            ["../package.js", "a/b.js", "a\\b.js", "..", "", ".js", "index.d.ts", "package.json", "a.js\0", "%2e.js"]
        {
            assert!(!is_script_name(name), "{name}");
        }
    }
}
