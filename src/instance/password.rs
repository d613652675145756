//! Passwords: argon2id, as many at a time as there is memory to spare for.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier, phc::PasswordHash},
};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// What a hash costs: OWASP's minimum for argon2id ("Password Storage Cheat Sheet"). Each takes this much memory, in KiB,
/// while it is computed.
const MEMORY: u32 = 19 * 1024;
const ITERATIONS: u32 = 2;
const PARALLELISM: u32 = 1;
const AT_A_TIME: usize = 2;

/// A hash could not be computed, or one that was stored cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("password hashing failed: {0}")]
pub struct PasswordError(String);

/// Computes and checks password hashes.
pub struct PasswordHasher {
    slots: Arc<Semaphore>,
}

impl Default for PasswordHasher {
    fn default() -> Self {
        Self { slots: Arc::new(Semaphore::new(AT_A_TIME)) }
    }
}

impl PasswordHasher {
    /// Hashes a password on this thread. For start-up only.
    pub fn hash_blocking(&self, password: &str) -> Result<String, PasswordError> {
        hash(password)
    }

    /// Hashes a password.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        self.run(move || hash(&password)).await
    }

    /// Whether `password` belongs to `stored`. Without a stored hash the answer is no, after the same work: how long it
    /// takes does not tell whether the account exists.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, PasswordError> {
        self.run(move || match stored {
            Some(stored) => verify(&password, &stored),
            None => hash(&password).map(|_| false),
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let slots = Arc::clone(&self.slots);
        let slot = slots.acquire_owned().await.map_err(|error| PasswordError(error.to_string()))?;
        // The slot goes with the work, which goes on when whoever asked for it goes away.
        let work = move || {
            let result = work();
            drop(slot);
            result
        };
        spawn_blocking(work).await.map_err(|error| PasswordError(error.to_string()))?
    }
}

fn hash(password: &str) -> Result<String, PasswordError> {
    let params =
        Params::new(MEMORY, ITERATIONS, PARALLELISM, None).map_err(|error| PasswordError(error.to_string()))?;
    let hash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| PasswordError(error.to_string()))
}

/// The stored hash says itself what it costs.
fn verify(password: &str, stored: &str) -> Result<bool, PasswordError> {
    let stored = PasswordHash::new(stored).map_err(|error| PasswordError(error.to_string()))?;
    Ok(Argon2::default().verify_password(password.as_bytes(), &stored).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OWASP, "Password Storage Cheat Sheet": at least 19 MiB, two iterations, one degree of parallelism.
    #[test]
    fn a_hash_says_what_it_cost() {
        let hash = PasswordHasher::default().hash_blocking("gatehouse-demo").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify("gatehouse-demo", &hash).unwrap() && !verify("gatehouse", &hash).unwrap());
    }
}
