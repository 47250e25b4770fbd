//! Functions compiled once for all compositions of one start.
//!
//! Most components of an application are composed with the same others, the writer of the ledger above all, and a
//! composition is compiled as a whole. Cranelift asks here, before it compiles a function, whether it did so before.
//! What is kept lives in memory and only while an application is loaded: [`super::CompileCache`] keeps the results.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use wasmtime::CacheStore;

/// Machine code of functions by the digest of what they were compiled from.
#[derive(Default)]
pub(crate) struct SharedFunctions(Mutex<HashMap<Vec<u8>, Vec<u8>>>);

impl SharedFunctions {
    /// Gives the memory back; a later load compiles what it needs again.
    pub(crate) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = HashMap::new();
    }
}

impl std::fmt::Debug for SharedFunctions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SharedFunctions").finish_non_exhaustive()
    }
}

impl CacheStore for SharedFunctions {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned().map(Cow::Owned)
    }

    fn insert(&self, key: &[u8], value: Vec<u8>) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_vec(), value);
        true
    }
}
