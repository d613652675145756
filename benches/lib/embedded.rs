//! An embedded Clerk that serves, with as many users as a measurement needs, and a browser's calls to it.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use argon2::{Algorithm, Argon2, Params, Version, password_hash::PasswordHasher};
use axum::Router;
use gatehouse::instance::{Instance, Lockout, SEED_PASSWORD, SEED_USERS, Settings};
use reqwest::{Client, Method, RequestBuilder};
use rusqlite::{Connection, params};
use serde_json::Value;
use tokio::{net::TcpListener, runtime::Runtime};
use url::Url;

/// Those that whoever the calls are measured with belongs to, by slug.
pub const ORGANIZATIONS: [&str; 2] = ["bench-a", "bench-b"];

/// An instance with many users, served on a port of its own.
pub struct Embedded {
    pub instance: Instance,
    origin: String,
    file: PathBuf,
    client: Client,
    /// Stops serving with it.
    _server: Runtime,
}

/// Whose password is typed, and how much work it is to compare.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// As the instance makes them.
    Argon2id,
    /// The same code, with the least that argon2id can be told: what is left is everything else.
    Least,
}

impl Hash {
    const fn name(self) -> &'static str {
        match self {
            Self::Argon2id => "full",
            Self::Least => "least",
        }
    }
}

/// A browser in which somebody is signed in.
pub struct SignedIn {
    pub session_id: String,
    cookie: String,
}

impl Embedded {
    /// Opens an instance in `file`, adds `users` users and serves it with two threads.
    pub fn start(file: PathBuf, users: u32) -> Self {
        let server = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let server = server.expect("a runtime");
        let listener = server.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let instance = Instance::open(settings(file.clone(), &origin)).expect("an instance");
        fill(&file, users);
        let router = Router::new().nest("/__clerk/v1", instance.frontend_api());
        server.spawn(async move { axum::serve(listener, router).await });
        let client = Client::builder().no_proxy().build().expect("a client");
        Self { instance, origin, file, client, _server: server }
    }

    /// The key that it signs with (PKCS #8).
    pub fn signing_key(&self) -> Vec<u8> {
        let key = connection(&self.file).query_row("SELECT signing_key FROM instance", [], |row| row.get(0));
        key.expect("a key")
    }

    /// The parameters of the passwords that it keeps, as the hash itself says them.
    pub fn password_parameters(&self) -> String {
        let hash = seeded_hash(&connection(&self.file));
        hash.rsplitn(3, '$').nth(2).unwrap_or_default().trim_start_matches('$').replace('$', " ")
    }

    /// Signs a user in, in a new browser, with address and password in one call.
    pub async fn sign_in(&self, user: u32, hash: Hash) -> (SignedIn, Duration) {
        let email = format!("{}{user}@bench.example", hash.name());
        let form = [("strategy", "password"), ("identifier", &email), ("password", SEED_PASSWORD)];
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.request(Method::POST, "/client/sign_ins", &form);
        let start = Instant::now();
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "somebody signs in");
        let cookie = answer.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let cookie = cookie.filter_map(|value| value.split(';').next()).collect::<Vec<_>>().join("; ");
        let body: Value = answer.json().await.expect("JSON");
        let time = start.elapsed();
        let session_id = body["response"]["created_session_id"].as_str().expect("a session").to_owned();
        (SignedIn { session_id, cookie }, time)
    }

    /// Gives somebody who is signed in one more address. Returns its id.
    pub async fn add_address(&self, browser: &SignedIn) -> String {
        let request = self.request(Method::POST, "/me/email_addresses", "email_address=more%40bench.example");
        let answer = request.header("cookie", &browser.cookie).send().await.expect("an answer");
        let body: Value = answer.json().await.expect("JSON");
        body["response"]["id"].as_str().expect("an address").to_owned()
    }

    /// A call by somebody who is signed in. Returns how long after `due` the answer was there.
    pub async fn call(&self, browser: &SignedIn, method: Method, path: &str, form: &str, due: Instant) -> Duration {
        let request = self.request(method, path, form).header("cookie", &browser.cookie);
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        answer.bytes().await.expect("a body");
        due.elapsed()
    }

    fn request(&self, method: Method, path: &str, form: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}/__clerk/v1{path}", self.origin))
            .header("origin", &self.origin)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.to_owned())
    }
}

/// As the program sets an instance up, but for limits that would end the measurement.
fn settings(database: PathBuf, origin: &str) -> Settings {
    Settings {
        database: Some(database),
        seed: None,
        public_url: Url::parse(origin).expect("a URL"),
        own_url: Url::parse(origin).expect("a URL"),
        social_provider: None,
        base_path: "/__clerk",
        allow_non_loopback: false,
        token_lifetime: Duration::from_secs(60),
        lockout: Lockout { attempts: 100, duration: Duration::from_secs(3600) },
        attempts_per_window: u32::MAX,
        stylesheets: ["/main.css", "/fonts.css"],
        font: "/font.woff2",
        node_modules: PathBuf::new(),
        clock: Arc::new(now),
    }
}

#[expect(clippy::disallowed_methods, reason = "the instance's clock")]
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Adds users by SQL: two for each number, one with a password hash of either kind. The first of those that are quick to
/// compare belongs to both organizations.
fn fill(file: &PathBuf, users: u32) {
    let mut connection = connection(file);
    let full = seeded_hash(&connection);
    let transaction = connection.transaction().expect("a transaction");
    for (hash, kind) in [(full, Hash::Argon2id), (least_hash(), Hash::Least)] {
        let numbers = "WITH RECURSIVE numbers (number) AS
                         (SELECT 0 UNION ALL SELECT number + 1 FROM numbers WHERE number + 1 < ?1)";
        let insert_users = format!(
            "{numbers} INSERT INTO users (id, first_name, last_name, password_hash, public_metadata, banned,
               created_at, updated_at, primary_email_address_id)
             SELECT printf('user_%s%027d', ?2, number), 'Ada', 'Bench', ?3, '{{}}', 0, number, number,
               printf('idn_%s%027d', ?2, number) FROM numbers"
        );
        let insert_addresses = format!(
            "{numbers} INSERT INTO email_addresses (id, user_id, email_address, verified_by, created_at)
             SELECT printf('idn_%s%027d', ?2, number), printf('user_%s%027d', ?2, number),
               printf('%s%d@bench.example', ?2, number), 'admin', number FROM numbers"
        );
        transaction.execute(&insert_users, params![users / 2, kind.name(), hash]).expect("users");
        transaction.execute(&insert_addresses, params![users / 2, kind.name()]).expect("addresses");
    }
    for slug in ORGANIZATIONS {
        let insert = "INSERT INTO organizations (id, name, slug, max_allowed_memberships, admin_delete_enabled,
                        created_at, updated_at) VALUES ('org_' || ?1, ?1, ?1, 0, 1, 0, 0)";
        transaction.execute(insert, [slug]).expect("an organization");
        let join = "INSERT INTO organization_memberships (id, organization_id, user_id, role, created_at, updated_at)
                    VALUES ('orgmem_' || ?1, 'org_' || ?1, printf('user_%s%027d', ?2, 0), 'org:admin', 0, 0)";
        transaction.execute(join, [slug, Hash::Least.name()]).expect("a member");
    }
    transaction.commit().expect("they are there");
}

fn connection(file: &PathBuf) -> Connection {
    let connection = Connection::open(file).expect("the instance's file");
    connection.busy_timeout(Duration::from_secs(60)).expect("patience");
    connection
}

/// One that the instance made itself, of [`SEED_PASSWORD`].
fn seeded_hash(connection: &Connection) -> String {
    let sql = "SELECT password_hash FROM users WHERE id = ?1";
    connection.query_row(sql, [SEED_USERS[0].id], |row| row.get(0)).expect("a seeded user")
}

fn least_hash() -> String {
    let least = Params::new(Params::MIN_M_COST, Params::MIN_T_COST, Params::MIN_P_COST, None).expect("parameters");
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, least);
    hasher.hash_password(SEED_PASSWORD.as_bytes()).expect("a hash").to_string()
}
