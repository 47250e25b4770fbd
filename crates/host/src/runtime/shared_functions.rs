//! Functions compiled once for all compositions.
//!
//! Most components of an application are composed with the same others, the writer of the ledger above all, and a
//! composition is compiled as a whole. Cranelift asks here, before it compiles a function, whether it did so before.
//! What is kept lives in memory and only while an application is loaded. [`super::CompileCache`] keeps the results, and
//! these functions beside them, so that another composition of the same parts (another ledger, another store, the next
//! version) compiles only what is new in it.

use std::{
    borrow::Cow,
    collections::HashMap,
    io::{self, Write},
    sync::{Mutex, MutexGuard, PoisonError},
};

use wasmtime::CacheStore;

/// Most bytes that are kept between starts. Where there are more, only those stay that the last start used.
const MOST: usize = 256 << 20;

/// Machine code of functions by the digest of what they were compiled from.
#[derive(Default)]
pub(crate) struct SharedFunctions(Mutex<Functions>);

#[derive(Default)]
struct Functions {
    by_key: HashMap<Vec<u8>, Function>,
    /// Whether there is one that was compiled now.
    grew: bool,
}

struct Function {
    code: Vec<u8>,
    used: bool,
}

impl SharedFunctions {
    fn lock(&self) -> MutexGuard<'_, Functions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the memory back; a later load recalls or compiles what it needs again.
    pub(crate) fn clear(&self) {
        *self.lock() = Functions::default();
    }

    /// Adds what [`Self::write`] wrote, up to where it is not of that form.
    pub(crate) fn recall(&self, mut bytes: &[u8]) {
        let mut functions = self.lock();
        while let Some((key, rest)) = taken(bytes)
            && let Some((code, rest)) = taken(rest)
        {
            let function = || Function { code: code.to_vec(), used: false };
            functions.by_key.entry(key.to_vec()).or_insert_with(function);
            bytes = rest;
        }
    }

    /// Whether a function was compiled that nobody recalled.
    pub(crate) fn grew(&self) -> bool {
        self.lock().grew
    }

    /// Writes all of them: key and code, each behind its length in four bytes, little-endian.
    ///
    /// # Errors
    /// Those of `into`.
    pub(crate) fn write(&self, into: &mut impl Write) -> io::Result<()> {
        self.write_at_most(MOST, into)
    }

    fn write_at_most(&self, most: usize, into: &mut impl Write) -> io::Result<()> {
        let functions = self.lock();
        let all: usize = functions.by_key.iter().map(|(key, function)| key.len() + function.code.len()).sum();
        for (key, function) in &functions.by_key {
            if function.used || all <= most {
                put(key, into)?;
                put(&function.code, into)?;
            }
        }
        Ok(())
    }
}

/// What stands behind its length, and the rest.
fn taken(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

fn put(bytes: &[u8], into: &mut impl Write) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    into.write_all(&length.to_le_bytes())?;
    into.write_all(bytes)
}

impl std::fmt::Debug for SharedFunctions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SharedFunctions").finish_non_exhaustive()
    }
}

impl CacheStore for SharedFunctions {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        let mut functions = self.lock();
        let function = functions.by_key.get_mut(key)?;
        function.used = true;
        Some(Cow::Owned(function.code.clone()))
    }

    fn insert(&self, key: &[u8], value: Vec<u8>) -> bool {
        let mut functions = self.lock();
        functions.by_key.insert(key.to_vec(), Function { code: value, used: true });
        functions.grew = true;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(functions: &SharedFunctions, most: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        functions.write_at_most(most, &mut bytes).unwrap();
        bytes
    }

    fn recalled(bytes: &[u8]) -> SharedFunctions {
        let functions = SharedFunctions::default();
        functions.recall(bytes);
        functions
    }

    #[test]
    fn what_was_written_is_recalled_and_is_nothing_new() {
        let functions = SharedFunctions::default();
        functions.insert(b"one", b"its code".to_vec());
        functions.insert(b"other", Vec::new());
        assert!(functions.grew());
        let again = recalled(&written(&functions, 1_000));
        assert_eq!(again.get(b"one").as_deref(), Some(b"its code".as_slice()));
        assert_eq!(again.get(b"other").as_deref(), Some(b"".as_slice()));
        assert!(again.get(b"third").is_none() && !again.grew());
    }

    #[test]
    fn what_is_cut_off_is_recalled_up_to_there() {
        let functions = SharedFunctions::default();
        functions.insert(b"one", b"its code".to_vec());
        let mut bytes = written(&functions, 1_000);
        bytes.extend([3, 0, 0, 0, b't', b'w']);
        let again = recalled(&bytes);
        assert!(again.get(b"one").is_some());
        assert!(recalled(&bytes[..10]).get(b"one").is_none());
    }

    #[test]
    fn where_there_is_too_much_what_nobody_used_goes() {
        let functions = SharedFunctions::default();
        functions.insert(b"used", b"its code".to_vec());
        functions.insert(b"left", b"its code".to_vec());
        let next = recalled(&written(&functions, 1_000));
        assert!(next.get(b"used").is_some());
        let kept = recalled(&written(&next, 23));
        assert!(kept.get(b"used").is_some() && kept.get(b"left").is_none());
        assert!(recalled(&written(&next, 24)).get(b"left").is_some());
    }
}
