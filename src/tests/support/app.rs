//! The program under test, as a process of its own.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use super::{eventually, testing::TempFolder};
use reqwest::{Method, RequestBuilder, Response, header::HeaderMap};

/// Longer than a start ever takes; what takes longer is stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// The embedded Clerk's file, in the program's folder.
const DATABASE: &str = "instance.db";

/// A running program. Ends with the test.
pub struct App {
    child: Child,
    /// Where it serves, as people type it.
    pub origin: String,
    folder: Arc<TempFolder>,
    variables: BTreeMap<String, String>,
    arguments: Vec<String>,
    log: Arc<Mutex<String>>,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl App {
    /// Starts the program with these variables and no others, and waits until it listens.
    pub async fn start(variables: &[(&str, &str)]) -> Self {
        Self::start_with_dot_env("", variables).await
    }

    /// Starts the program in a folder with this `.env`.
    pub async fn start_with_dot_env(dot_env: &str, variables: &[(&str, &str)]) -> Self {
        let folder = TempFolder::new();
        std::fs::write(folder.path().join(".env"), dot_env).unwrap();
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self::start_in(Arc::new(folder), variables, Vec::new()).await
    }

    /// Starts the gateway alone on the project in `folder`, with these variables and no others.
    pub async fn start_gateway(folder: &Path, variables: &[(&str, &str)]) -> Self {
        let arguments = ["gateway", "--config", folder.to_str().unwrap(), "--listen", "127.0.0.1:0"];
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self::start_in(Arc::new(TempFolder::new()), variables, arguments.map(str::to_owned).to_vec()).await
    }

    /// Runs the program with these variables until it ends by itself, and returns how, and what it said.
    pub fn run_to_end(variables: &[(&str, &str)]) -> (ExitStatus, String) {
        let folder = TempFolder::new();
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self::watch_to_end(&mut command(&folder, &variables))
    }

    /// As [`Self::run_to_end`], for the gateway alone on the project in `folder`.
    pub fn run_gateway_to_end(folder: &Path) -> (ExitStatus, String) {
        let (elsewhere, project) = (TempFolder::new(), folder.to_str().unwrap());
        let mut command = command(&elsewhere, &BTreeMap::new());
        Self::watch_to_end(command.args(["gateway", "--config", project, "--listen", "127.0.0.1:0"]))
    }

    fn watch_to_end(command: &mut Command) -> (ExitStatus, String) {
        let mut child = command.spawn().unwrap();
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > deadline {
                child.kill().unwrap();
                panic!("the program still runs");
            }
            thread::yield_now();
        };
        let mut text = String::new();
        child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        (status, text)
    }

    async fn start_in(folder: Arc<TempFolder>, variables: BTreeMap<String, String>, arguments: Vec<String>) -> Self {
        let mut child = command(&folder, &variables).args(&arguments).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        follow(child.stderr.take().unwrap(), Arc::clone(&log));
        let stdout = child.stdout.take().unwrap();
        let origin = tokio::task::spawn_blocking(move || origin(stdout)).await.unwrap();
        let Some(origin) = origin else { panic!("the program did not start:\n{}", log.lock().unwrap()) };
        Self { child, origin, folder, variables, arguments, log }
    }

    /// Ends the program at once, as `kill -9` does, and starts it again on the same file.
    pub async fn kill_and_restart(mut self) -> Self {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let (folder, variables) = (Arc::clone(&self.folder), self.variables.clone());
        Self::start_in(folder, variables, self.arguments.clone()).await
    }

    /// A second program on the same file.
    pub async fn start_another(&self) -> Self {
        Self::start_in(Arc::clone(&self.folder), self.variables.clone(), self.arguments.clone()).await
    }

    /// Asks the program to stop, as supervisors and terminals do.
    pub fn signal(&self, signal: &str) {
        let status = Command::new("kill").arg(format!("-{signal}")).arg(self.child.id().to_string()).status();
        assert!(status.unwrap().success());
    }

    /// How the program ended.
    pub async fn wait(mut self) -> ExitStatus {
        let child = &mut self.child;
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the program still runs");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Where the program listens, whatever people call it.
    pub async fn address(&self) -> String {
        eventually("the log line with the address", async || self.log().contains("listening")).await;
        let log = self.log();
        let address =
            log.split("127.0.0.1:").nth(1).unwrap().split(|character: char| !character.is_ascii_digit()).next();
        format!("127.0.0.1:{}", address.unwrap())
    }

    /// What a command does that is given next to the running program.
    pub fn command(&self, arguments: &[&str]) -> std::process::Output {
        std::process::Command::new(env!("CARGO_BIN_EXE_gatehouse"))
            .args(arguments)
            .env_clear()
            .env("GATEHOUSE_INSTANCE_DB", self.database())
            .env("GATEHOUSE_PUBLIC_URL", &self.origin)
            .current_dir(self.database().parent().unwrap())
            .output()
            .unwrap()
    }

    /// The embedded Clerk's file.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join(DATABASE)
    }

    /// What the program has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until the program has logged a line with this text, and returns the line. A line may come after the answer.
    pub async fn logged(&self, text: &str) -> String {
        let line = || self.log().lines().find(|line| line.contains(text)).map(str::to_owned);
        eventually(&format!("the log line with {text}"), async || line().is_some()).await;
        line().unwrap()
    }

    /// What the program counted so far, with `GATEHOUSE_METRICS_ADDR` set.
    pub async fn metrics(&self) -> String {
        self.get(&self.metrics_url("/metrics").await, &[]).await.body
    }

    /// Where those who run the program look, with `GATEHOUSE_METRICS_ADDR` set.
    pub async fn metrics_url(&self, path: &str) -> String {
        let line = self.logged("serving metrics").await;
        let rest = line.split("127.0.0.1:").nth(1).unwrap();
        let port = rest.split(|character: char| !character.is_ascii_digit()).next().unwrap();
        format!("http://127.0.0.1:{port}{path}")
    }

    /// A request that follows no redirect.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.origin) };
        client.request(method, url)
    }

    /// A GET, as a script makes it.
    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Page {
        let request = self.request(Method::GET, path);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        Page::read(request.send().await.unwrap()).await
    }

    /// A GET, as a browser makes it for a page.
    pub async fn navigate(&self, path: &str, cookies: &str) -> Page {
        self.get(path, &[("accept", "text/html"), ("cookie", cookies)]).await
    }

    /// A form, as a browser sends it from one of our own pages.
    pub async fn post_form(&self, path: &str, cookies: &str, fields: &[(&str, &str)]) -> Page {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .request(Method::POST, path)
            .header("accept", "text/html")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", cookies)
            .header("origin", &self.origin);
        Page::read(request.body(body).send().await.unwrap()).await
    }
}

impl Drop for App {
    fn drop(&mut self) {
        // Both fail if the program has ended, which is as well.
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

impl Page {
    pub async fn read(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.text().await.unwrap() }
    }

    /// A header, empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The cookies that a browser holds after this answer, if it held `before`.
    pub fn cookies_after(&self, before: &str) -> String {
        let mut jar: BTreeMap<String, String> = before
            .split("; ")
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        for cookie in self.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }
}

fn command(folder: &TempFolder, variables: &BTreeMap<String, String>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatehouse"));
    command
        .env_clear()
        .env("GATEHOUSE_INSTANCE_DB", folder.path().join(DATABASE))
        .env("LEPTOS_SITE_ADDR", "127.0.0.1:0")
        // Programs under test run at once, and have one port for this by default.
        .env("GATEHOUSE_METRICS_ADDR", "off")
        .env("GATEHOUSE_CONFIG_DIR", concat!(env!("CARGO_MANIFEST_DIR"), "/config"))
        .env("LEPTOS_SITE_ROOT", concat!(env!("CARGO_MANIFEST_DIR"), "/target/site"))
        .envs(variables)
        // Not in the project's folder, whose `.env` is its developer's.
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The address that the program prints; none if it ended instead.
fn origin(stdout: impl Read + Send + 'static) -> Option<String> {
    let mut lines = BufReader::new(stdout).lines();
    let line = lines.by_ref().map_while(Result::ok).find(|line| line.contains("listening on "))?;
    // Whoever writes to a closed pipe fails, so the rest is read, too.
    thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    line.split("listening on ").nth(1).map(|origin| origin.trim().to_owned())
}

fn follow(stderr: impl Read + Send + 'static, log: Arc<Mutex<String>>) {
    thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let mut log = log.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    });
}
