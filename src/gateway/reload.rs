//! Loading a project, and again when its files change. A change that is not right changes nothing: the gateway goes on
//! with what it had, and the log says why.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::{Duration, SystemTime},
};

use arc_swap::ArcSwap;

use super::{
    Dependencies, LoadErrors,
    project::{self, Layout, NamedFiles, Project, Report},
};

/// How often files are looked at. Three of them cost some microseconds.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A project that is loaded anew when it changes.
pub struct LiveProject {
    directory: PathBuf,
    dependencies: Dependencies,
    current: ArcSwap<Project>,
    loads: Mutex<Loads>,
    seen: Mutex<Seen>,
}

/// How the project was last loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loads {
    /// When what counts was loaded.
    pub loaded_at: Duration,
    /// When a newer change was refused, and why.
    pub refused: Option<(Duration, LoadErrors)>,
}

/// What the files looked like.
struct Seen {
    /// When they were last read.
    read: Vec<Look>,
    /// When they were last looked at.
    last: Vec<Look>,
    /// Those that the project names beside its own.
    named: Vec<PathBuf>,
}

/// A file, without reading it: when it was written, and how long it is.
type Look = (PathBuf, Option<(SystemTime, u64)>);

/// What a look at the files came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Reload {
    /// Nothing changed since the last one.
    Unchanged,
    /// A change that may be half made: it is loaded once two looks agree.
    Unsettled,
    /// The change counts from now on.
    Done,
    /// The change is not right, and does not count.
    Refused(LoadErrors),
}

impl LiveProject {
    /// Loads the project in `directory`.
    pub fn load(directory: &Path, dependencies: &Dependencies) -> Result<Self, LoadErrors> {
        // Looked at before it is read: what changes meanwhile is read again.
        let mut read = look(directory, &[]);
        let files = NamedFiles::new(&Layout::of(directory).root);
        let project = project::load(directory, dependencies, &files)?;
        let named = files.into_paths();
        read.extend(named.iter().map(|path| look_at(path)));
        log(&project.report);
        Ok(Self {
            directory: directory.to_owned(),
            dependencies: dependencies.clone(),
            current: ArcSwap::from_pointee(project),
            loads: Mutex::new(Loads { loaded_at: (dependencies.clock)(), refused: None }),
            seen: Mutex::new(Seen { last: read.clone(), read, named }),
        })
    }

    /// The project as it is now.
    pub fn current(&self) -> Arc<Project> {
        self.current.load_full()
    }

    /// How that came.
    pub fn loads(&self) -> Loads {
        self.loads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Loads the project again if a file of it changed, and none changed since the last look.
    pub fn reload_if_changed(&self) -> Reload {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut now = look(&self.directory, &seen.named);
        let before = std::mem::replace(&mut seen.last, now.clone());
        if seen.read == now {
            return Reload::Unchanged;
        }
        if before != now {
            return Reload::Unsettled;
        }
        let (reload, named) = self.reload();
        now.truncate(now.len() - seen.named.len());
        now.extend(named.iter().map(|path| look_at(path)));
        (seen.read, seen.named) = (now, named);
        reload
    }

    /// Loads the project, and returns the files that it names, too.
    fn reload(&self) -> (Reload, Vec<PathBuf>) {
        let files = NamedFiles::new(&Layout::of(&self.directory).root);
        let now = (self.dependencies.clock)();
        let mut loads = self.loads.lock().unwrap_or_else(PoisonError::into_inner);
        let reload = match project::load(&self.directory, &self.dependencies, &files) {
            Ok(project) => {
                tracing::info!("the gateway project changed");
                log(&project.report);
                self.current.store(Arc::new(project));
                self.dependencies.key_sets.refresh(now);
                *loads = Loads { loaded_at: now, refused: None };
                Reload::Done
            }
            Err(errors) => {
                tracing::error!(%errors, "the gateway project changed, and is not right: the old one stays");
                loads.refused = Some((now, errors.clone()));
                Reload::Refused(errors)
            }
        };
        (reload, files.into_paths())
    }

    /// Looks at the files until nobody needs the project any more.
    pub async fn watch(project: Weak<Self>) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            let Some(project) = project.upgrade() else { return };
            // A panic has logged itself; the next look may fare better.
            let _looked = tokio::task::spawn_blocking(move || project.reload_if_changed()).await;
        }
    }
}

/// The project's own files, then those that it names.
fn look(directory: &Path, named: &[PathBuf]) -> Vec<Look> {
    let own = Layout::of(directory).files();
    own.iter().chain(named).map(|path| look_at(path)).collect()
}

fn look_at(path: &Path) -> Look {
    let facts = || -> io::Result<(SystemTime, u64)> {
        let metadata = fs::metadata(path)?;
        Ok((metadata.modified()?, metadata.len()))
    };
    (path.to_owned(), facts().ok())
}

/// A look at what a gateway serves. Clones look at the same one.
#[derive(Clone)]
pub struct Overview(pub(super) Arc<LiveProject>);

impl Overview {
    /// The routes and policies that count now.
    #[must_use]
    pub fn report(&self) -> Report {
        self.0.current().report.clone()
    }

    /// The project's folder.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.0.directory
    }

    /// How they were loaded.
    #[must_use]
    pub fn loads(&self) -> Loads {
        self.0.loads()
    }
}

fn log(report: &Report) {
    for route in &report.routes {
        tracing::info!(method = route.method, path = route.path, policies = ?route.inbound, "gateway route");
    }
    for warning in &report.warnings {
        tracing::warn!("gateway project: {warning}");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::gateway::testing::{dependencies, project};

    fn routes(paths: &[&str]) -> Value {
        let handler = json!({ "export": "default", "module": "$import(./modules/hello-world)" });
        let item = |path: &&str| ((*path).to_owned(), json!({ "get": { "x-zuplo-route": { "handler": handler } } }));
        json!({ "openapi": "3.1.0", "paths": Value::Object(paths.iter().map(item).collect()) })
    }

    fn paths(live: &LiveProject) -> Vec<String> {
        live.current().report.routes.iter().map(|route| route.path.clone()).collect()
    }

    /// What becomes of a change that is made: the second look agrees with the first.
    fn settled(live: &LiveProject) -> Reload {
        assert_eq!(live.reload_if_changed(), Reload::Unsettled);
        live.reload_if_changed()
    }

    #[test]
    fn a_change_counts_if_it_is_right() {
        let folder = project(&[("policies.json", &json!([])), ("a.oas.json", &routes(&["/one"]))]);
        let write = |name: &str, content: &str| fs::write(folder.path().join(name), content).unwrap();
        let live = LiveProject::load(folder.path(), &dependencies(&[])).unwrap();
        assert_eq!(live.reload_if_changed(), Reload::Unchanged);
        write("a.oas.json", &routes(&["/one", "/two"]).to_string());
        assert_eq!(settled(&live), Reload::Done);
        assert_eq!(paths(&live), ["/one", "/two"]);
        write("a.oas.json", "{ \"openapi\": ");
        let Reload::Refused(errors) = settled(&live) else { panic!("a broken file counts") };
        assert!(errors.to_string().contains("a.oas.json: expected JSON"), "{errors}");
        assert_eq!(live.loads().refused, Some((live.loads().loaded_at, errors)));
        assert_eq!(paths(&live), ["/one", "/two"], "the old one stays");
        assert_eq!(live.reload_if_changed(), Reload::Unchanged, "and is told once");
        write("a.oas.json", &routes(&["/three"]).to_string());
        write("b.oas.json", &routes(&["/four"]).to_string());
        assert_eq!(settled(&live), Reload::Done);
        assert_eq!(paths(&live), ["/three", "/four"], "new files count, too");
        assert_eq!(live.loads().refused, None);
        fs::remove_file(folder.path().join("b.oas.json")).unwrap();
        assert_eq!(settled(&live), Reload::Done);
        assert_eq!(paths(&live), ["/three"]);
        write(".env", "no variable");
        assert!(matches!(settled(&live), Reload::Refused(_)), "variables count, too");
        write(".env", "A=1");
        assert_eq!(settled(&live), Reload::Done);
        write("api-keys.json", "{}");
        assert!(matches!(settled(&live), Reload::Refused(_)));
    }

    #[test]
    fn a_change_that_is_half_made_does_not_count() {
        let folder = project(&[("policies.json", &json!([])), ("a.oas.json", &routes(&["/one", "/two"]))]);
        let write = |name: &str, content: &Value| fs::write(folder.path().join(name), content.to_string()).unwrap();
        let live = LiveProject::load(folder.path(), &dependencies(&[])).unwrap();
        write("a.oas.json", &routes(&["/one"]));
        assert_eq!(live.reload_if_changed(), Reload::Unsettled);
        write("b.oas.json", &routes(&["/two", "/three"]));
        assert_eq!(settled(&live), Reload::Done);
        assert_eq!(paths(&live), ["/one", "/two", "/three"]);
        write("b.oas.json", &routes(&["/gone"]));
        assert_eq!(live.reload_if_changed(), Reload::Unsettled);
        assert_eq!(paths(&live), ["/one", "/two", "/three"]);
    }
}
