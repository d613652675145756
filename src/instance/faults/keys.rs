//! The keys of an instance: its own, and those that rotations on demand brought. The latter are kept in memory only.

use std::sync::{Arc, PoisonError, RwLock};

use serde_json::{Value, json};

use super::{Faults, OldKeys};
use crate::instance::{
    ids::new_id,
    signing_key::{SigningKey, SigningKeyError},
};

/// How many rotations are remembered: what was signed with an older key is refused.
const MAX_ROTATIONS: usize = 4;

/// A key and what tokens call it.
pub struct NamedKey {
    pub key: SigningKey,
    pub kid: String,
}

/// Every key that may have signed a token that counts.
pub struct KeyRing {
    own: Arc<NamedKey>,
    /// Newest last.
    rotated: RwLock<Vec<Arc<NamedKey>>>,
}

impl KeyRing {
    pub fn new(key: SigningKey, kid: String) -> Self {
        Self { own: Arc::new(NamedKey { key, kid }), rotated: RwLock::default() }
    }

    /// The key in the instance's file.
    pub fn own(&self) -> &NamedKey {
        &self.own
    }

    /// The key that signs now: the newest one while a rotation lasts, else the instance's own.
    pub fn current(&self, faults: &Faults) -> Arc<NamedKey> {
        let newest = faults.rotated_key.and_then(|_| self.rotated().last().cloned());
        newest.unwrap_or_else(|| Arc::clone(&self.own))
    }

    /// Every key, the current one first.
    pub fn all(&self, faults: &Faults) -> Vec<Arc<NamedKey>> {
        let current = self.current(faults);
        let rotated = self.rotated();
        let others = rotated.iter().rev().chain([&self.own]).filter(|key| key.kid != current.kid).cloned();
        std::iter::once(Arc::clone(&current)).chain(others.collect::<Vec<_>>()).collect()
    }

    /// What is published (RFC 7517). The keys of a rotation that is over are, too: browsers may still have tokens of theirs.
    pub fn jwks(&self, faults: &Faults) -> Value {
        let published = match faults.rotated_key {
            Some(OldKeys::Withdrawn) => vec![self.current(faults)],
            Some(OldKeys::Published) | None => self.all(faults),
        };
        json!({ "keys": published.iter().map(|named| named.key.jwk(&named.kid)).collect::<Value>() })
    }

    /// Makes a new key, which is the newest from now on.
    pub async fn rotate(&self) -> Result<(), SigningKeyError> {
        let made = tokio::task::spawn_blocking(SigningKey::generate).await;
        let (key, _) = made.map_err(|_| SigningKeyError)??;
        let mut rotated = self.rotated.write().unwrap_or_else(PoisonError::into_inner);
        if rotated.len() == MAX_ROTATIONS {
            rotated.remove(0);
        }
        rotated.push(Arc::new(NamedKey { key, kid: new_id("ins") }));
        Ok(())
    }

    fn rotated(&self) -> std::sync::RwLockReadGuard<'_, Vec<Arc<NamedKey>>> {
        self.rotated.read().unwrap_or_else(PoisonError::into_inner)
    }
}
