//! The keys of one set, by the ids that tokens name them by.

use std::{collections::HashMap, sync::Arc};

use super::verifying_key::PublicKey;

/// The keys of a set.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    by_id: HashMap<String, Arc<PublicKey>>,
    /// Of a set with one key that has no id (RFC 7517, section 4.5, leaves it to the issuer).
    only: Option<Arc<PublicKey>>,
}

impl Keys {
    /// Keys with their ids. One without an id counts where it is the only one: elsewhere no token could mean it.
    pub fn new(all: Vec<(Option<String>, Arc<PublicKey>)>) -> Self {
        if let [(None, only)] = &all[..] {
            return Self { only: Some(Arc::clone(only)), by_id: HashMap::new() };
        }
        Self { by_id: all.into_iter().filter_map(|(id, key)| Some((id?, key))).collect(), only: None }
    }

    /// The key that a token with this `kid`, or without one, was signed with, if it was signed by the issuer. A token that
    /// names a key is never held to another one.
    pub fn get(&self, kid: Option<&str>) -> Option<&Arc<PublicKey>> {
        match kid {
            Some(kid) => self.by_id.get(kid),
            None => self.only.as_ref(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_id.len() + usize::from(self.only.is_some())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether every key of `old` is here, unchanged.
    pub fn keep_all_of(&self, old: &Self) -> bool {
        old.by_id.iter().all(|(id, key)| self.by_id.get(id) == Some(key))
            && old.only.as_ref().is_none_or(|key| self.only.as_ref() == Some(key))
    }
}
