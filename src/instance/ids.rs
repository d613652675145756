//! Ids as Clerk writes them (a prefix and 27 letters and digits), and secrets.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_CHARS: usize = 27;

/// A new id, such as `sess_2f…`.
pub fn new_id(prefix: &str) -> String {
    let random = random_bytes::<ID_CHARS>();
    format!("{prefix}_{}", random.iter().map(letter).collect::<String>())
}

/// The slight bias of the remainder costs a fraction of a bit of 160.
fn letter(byte: &u8) -> char {
    char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])
}

/// An id that follows from `name`: the same for the same name.
pub fn id_of(prefix: &str, name: &str) -> String {
    let hash = digest(&SHA256, name.as_bytes());
    format!("{prefix}_{}", hash.as_ref().iter().take(ID_CHARS).map(letter).collect::<String>())
}

/// A new secret of 256 bits, in base64url.
pub fn new_secret() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes::<32>())
}

/// A new code of six digits, for a person to type.
pub fn new_code() -> String {
    // The bias of the remainder is far below one in a billion.
    format!("{:06}", u64::from_be_bytes(random_bytes()) % 1_000_000)
}

/// What is kept of a secret.
pub fn hash_secret(secret: &str) -> Vec<u8> {
    digest(&SHA256, secret.as_bytes()).as_ref().to_vec()
}

#[expect(clippy::expect_used, reason = "without random numbers there is no safe way on")]
fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the operating system gives random numbers");
    bytes
}
