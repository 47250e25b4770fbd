//! Compiled code that several applications of one process use one after the other, for fault benches.
//!
//! A bench starts thousands of applications from one manifest. Reading, hashing and linking the same code each time
//! would take most of its time and test nothing. Invariant: one value of [`WarmCode`] is only ever used with one
//! manifest; it looks components up by id. Product code starts one application and has no use for it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Faces, Runtime};
use crate::HostError;

/// Keeps what the first application loaded for those after it.
#[derive(Default)]
pub struct WarmCode {
    runtime: Mutex<Option<Arc<Runtime>>>,
    faces: Mutex<BTreeMap<String, Faces>>,
}

impl WarmCode {
    /// The engine, made by the first who asks, for guests that have so many bytes of memory together.
    pub(crate) fn runtime(&self, budget: usize) -> Result<Arc<Runtime>, HostError> {
        // Each holds only whole values, after any panic.
        let mut runtime = self.runtime.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = &*runtime {
            return Ok(Arc::clone(runtime));
        }
        Ok(Arc::clone(runtime.insert(Arc::new(Runtime::new(budget)?))))
    }

    /// The linked component with this id, made by `load` the first time.
    pub(crate) fn faces(&self, id: &str, load: impl FnOnce() -> Result<Faces, HostError>) -> Result<Faces, HostError> {
        let mut known = self.faces.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(faces) = known.get(id) {
            return Ok(faces.clone());
        }
        let faces = load()?;
        known.insert(id.to_owned(), faces.clone());
        Ok(faces)
    }
}
