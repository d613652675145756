//! Keys, tokens and folders for tests, made without the code under test. Also used by the integration tests.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::{
    collections::HashMap,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, LazyLock, Mutex},
    thread,
};

use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair, RSA_PKCS1_SHA256, RsaEncoding, RsaKeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

/// An RSA key with a name.
pub struct TestKey {
    pub kid: String,
    pair: RsaKeyPair,
}

impl TestKey {
    /// The key called `kid`: made on first use, the same from then on.
    pub fn named(kid: &str) -> Arc<Self> {
        static KEYS: LazyLock<Mutex<HashMap<String, Arc<TestKey>>>> = LazyLock::new(Mutex::default);
        let mut keys = KEYS.lock().unwrap();
        let make = || Arc::new(Self { kid: kid.to_owned(), pair: RsaKeyPair::generate(KeySize::Rsa2048).unwrap() });
        Arc::clone(keys.entry(kid.to_owned()).or_insert_with(make))
    }

    /// A session token with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_with_header(
            &json!({ "alg": "RS256", "cat": "cl_B7d4PD111AAA", "kid": self.kid, "typ": "JWT" }),
            claims,
        )
    }

    /// A token with this header, signed with RS256 whatever the header says.
    pub fn sign_with_header(&self, header: &Value, claims: &Value) -> String {
        self.sign_as(&RSA_PKCS1_SHA256, header, claims)
    }

    /// A token with this header, signed in this way whatever the header says.
    pub fn sign_as(&self, encoding: &'static dyn RsaEncoding, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", encode(header), encode(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(encoding, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The public key, as key sets hold it.
    pub fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({
            "use": "sig", "kty": "RSA", "alg": "RS256", "kid": self.kid,
            "n": number(public.modulus().big_endian_without_leading_zero()),
            "e": number(public.exponent().big_endian_without_leading_zero()),
        })
    }

    /// The public key (SPKI).
    pub fn public_der(&self) -> Vec<u8> {
        self.pair.public_key().as_der().unwrap().as_ref().to_vec()
    }

    /// The public key as `CLERK_JWT_KEY` holds it.
    pub fn public_pem(&self) -> String {
        let body = STANDARD.encode(self.public_der());
        let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }
}

/// A token that claims `alg` and is signed with an HMAC, or not at all.
pub fn unsigned(alg: &str, kid: &str, claims: &Value) -> String {
    format!("{}.{}.", encode(&json!({ "alg": alg, "kid": kid, "typ": "JWT" })), encode(claims))
}

/// HS256 with a public key as the secret: what a verifier does with it that takes the algorithm from the token.
pub fn hs256(secret: &str, kid: &str, claims: &Value) -> String {
    let signed = format!("{}.{}", encode(&json!({ "alg": "HS256", "kid": kid, "typ": "JWT" })), encode(claims));
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    let signature = aws_lc_rs::hmac::sign(&key, signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

/// The claims of a session token that was just made, at `now` seconds.
pub fn session_claims(issuer: &str, azp: &str, now: f64) -> Value {
    json!({
        "azp": azp, "exp": now + 60.0, "fva": [0, -1], "iat": now, "iss": issuer, "jti": "tok_1", "nbf": now - 10.0,
        "sid": "sess_1", "sts": "active", "sub": "user_1", "v": 2,
    })
}

/// `claims` with one claim changed; `null` removes it.
pub fn with(mut claims: Value, name: &str, value: Value) -> Value {
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

/// A folder that is gone after the test.
pub struct TempFolder(PathBuf);

impl TempFolder {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("gatehouse-test-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system.
        let _left_over = std::fs::remove_dir_all(&self.0);
    }
}

/// A Redis on a port of its own that keeps nothing. Ends with the test.
pub struct RedisServer {
    port: u16,
    folder: TempFolder,
    child: Child,
}

impl RedisServer {
    pub fn start() -> Self {
        loop {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let folder = TempFolder::new();
            // Somebody else may have taken the port meanwhile.
            if let Some(child) = run_redis(port, &folder) {
                return Self { port, folder, child };
            }
        }
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it at once, as `kill -9` does.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again after [`Self::kill`], empty and on the same port.
    pub fn restart(&mut self) {
        self.child = run_redis(self.port, &self.folder).unwrap();
    }
}

/// None if it ended instead of listening.
fn run_redis(port: u16, folder: &TempFolder) -> Option<Child> {
    let port = port.to_string();
    let mut child = Command::new("redis-server")
        .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
        .arg(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("redis-server is needed for this test: {error}"));
    while TcpStream::connect(format!("127.0.0.1:{port}")).is_err() {
        if child.try_wait().unwrap().is_some() {
            return None;
        }
        thread::yield_now();
    }
    // Whoever else listens there is no Redis of ours.
    child.try_wait().unwrap().is_none().then_some(child)
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // Both fail if it has ended, which is as well.
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}
