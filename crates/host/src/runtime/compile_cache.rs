//! Machine code kept between starts, so that a second start needs no compiler.
//!
//! An entry is two files: the code and, beside it, the SHA-256 of the code. Code whose hash does not match is
//! never executed: it is compiled again. The key covers everything the code depends on, so entries never become
//! wrong, only unused; unused ones are removed after a week. A directory that others can write is refused, because
//! whoever can write both files can run code in this process.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use sha2::{Digest, Sha256};
use wasmtime::{Engine, component::Component};

use crate::HostError;

/// An entry that no start has used for this long is removed.
const KEEP_UNUSED: Duration = Duration::from_secs(7 * 24 * 3600);

/// What the cache is doing, for people who wait.
#[derive(Debug, Clone, Copy)]
pub enum CompileProgress<'a> {
    /// The compiler starts on a component.
    Started {
        /// Its id.
        component: &'a str,
    },
    /// The component is compiled.
    Finished {
        /// Its id.
        component: &'a str,
        /// How long the compiler took.
        took: Duration,
    },
}

/// A directory of compiled components.
pub struct CompileCache {
    directory: PathBuf,
    progress: Arc<dyn Fn(CompileProgress<'_>) + Send + Sync>,
}

impl CompileCache {
    /// Opens (and creates) a cache directory.
    ///
    /// # Errors
    /// [`HostError::File`] when the directory cannot be made, or when others can write into it.
    pub fn open(
        directory: PathBuf,
        progress: Arc<dyn Fn(CompileProgress<'_>) + Send + Sync>,
    ) -> Result<Self, HostError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&directory).map_err(HostError::file("create", &directory))?;
        #[cfg(unix)]
        refuse_foreign(&directory)?;
        Ok(Self { directory, progress })
    }

    /// The machine code for `inputs` (a hash over everything the component is made of): from the cache, or
    /// compiled from what `produce` returns.
    ///
    /// # Errors
    /// Those of `produce`, and [`HostError::Component`] when the result is not a valid component. A cache that
    /// cannot be written is only logged: the code is there, the next start is slower.
    pub fn load(
        &self,
        engine: &Engine,
        id: &str,
        inputs: &[u8],
        produce: impl FnOnce() -> Result<Vec<u8>, HostError>,
    ) -> Result<Component, HostError> {
        let entry = self.directory.join(format!("{}.cwasm", key(engine, inputs)));
        if let Some(component) = self.read(engine, &entry) {
            return Ok(component);
        }
        let wasm = produce()?;
        (self.progress)(CompileProgress::Started { component: id });
        let started = Instant::now();
        let component = Component::new(engine, &wasm)
            .map_err(|error| HostError::Component { component: id.to_owned(), reason: format!("{error:#}") })?;
        (self.progress)(CompileProgress::Finished { component: id, took: started.elapsed() });
        if let Err(error) = write(&entry, &component) {
            tracing::warn!(%error, entry = %entry.display(), "compiled code could not be kept; the next start compiles again");
        }
        Ok(component)
    }

    fn read(&self, engine: &Engine, entry: &Path) -> Option<Component> {
        let code = fs::read(entry).ok()?;
        let recorded = fs::read_to_string(hash_file(entry)).unwrap_or_default();
        if recorded.trim() != hex(&Sha256::digest(&code)) {
            tracing::warn!(entry = %entry.display(), "a cache entry is damaged; its component is compiled again");
            return None;
        }
        // SAFETY: `deserialize` needs bytes that `serialize` of a compatible engine made. The key holds the
        // engine's compatibility hash, the recorded SHA-256 was just compared, and nobody else can write into the directory.
        let component = unsafe { Component::deserialize(engine, &code) };
        match component {
            Ok(component) => {
                touch(entry);
                Some(component)
            }
            Err(error) => {
                tracing::warn!(entry = %entry.display(), %error, "a cache entry does not fit this host; its component is compiled again");
                None
            }
        }
    }

    /// Removes entries that no start has used for a week.
    pub fn prune(&self) {
        let Ok(entries) = fs::read_dir(&self.directory) else {
            return;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let unused = entry
                .metadata()
                .and_then(|metadata| metadata.modified())
                .ok()
                .and_then(|used| SystemTime::now().duration_since(used).ok())
                .is_some_and(|age| age > KEEP_UNUSED);
            if unused && path.extension().is_some_and(|kind| kind == "cwasm") {
                for path in [hash_file(&path), path] {
                    if let Err(error) = fs::remove_file(&path) {
                        tracing::debug!(path = %path.display(), %error, "an unused cache entry could not be removed");
                    }
                }
            }
        }
    }
}

/// Refuses a directory that belongs to somebody else, or that others can write.
#[cfg(unix)]
fn refuse_foreign(directory: &Path) -> Result<(), HostError> {
    use std::os::unix::fs::MetadataExt as _;
    let found = fs::metadata(directory).map_err(HostError::file("look at", directory))?;
    let own = [0, rustix::process::geteuid().as_raw()].contains(&found.uid());
    if own && found.mode() & 0o022 == 0 {
        return Ok(());
    }
    let reason = "others can write into it, and what is kept there is run; close it to them (chmod go-w), or choose another \
                  directory with --cache-dir";
    Err(HostError::file("keep compiled code in", directory)(std::io::Error::other(reason)))
}

fn key(engine: &Engine, inputs: &[u8]) -> String {
    let mut compatibility = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut compatibility);
    let mut hash = Sha256::new();
    hash.update(compatibility.finish().to_le_bytes());
    hash.update(inputs);
    hex(&hash.finalize())
}

fn hash_file(entry: &Path) -> PathBuf {
    entry.with_extension("sha256")
}

fn write(entry: &Path, component: &Component) -> Result<(), String> {
    let code = component.serialize().map_err(|error| format!("{error:#}"))?;
    let digest = hex(&Sha256::digest(&code));
    // The hash last: an entry without it counts as damaged.
    replace(entry, &code)
        .and_then(|()| replace(&hash_file(entry), digest.as_bytes()))
        .map_err(|error| error.to_string())
}

fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let new = path.with_extension(format!("new-{}", std::process::id()));
    let mut file = fs::File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)
}

fn touch(entry: &Path) {
    let marked = fs::File::options().append(true).open(entry).and_then(|file| file.set_modified(SystemTime::now()));
    if let Err(error) = marked {
        tracing::debug!(entry = %entry.display(), %error, "a cache entry could not be marked as used");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const COMPONENT: &str = "(component (core module (func (export \"f\"))))";

    fn cache(directory: &Path) -> CompileCache {
        CompileCache::open(directory.to_owned(), Arc::new(|_| {})).unwrap()
    }

    fn load(directory: &Path, compiled: &AtomicUsize) {
        let engine = Engine::default();
        let produce = || {
            compiled.fetch_add(1, Ordering::Relaxed);
            Ok(COMPONENT.as_bytes().to_vec())
        };
        cache(directory).load(&engine, "x", b"inputs", produce).unwrap();
    }

    fn entry(directory: &Path, extension: &str) -> PathBuf {
        fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.extension().is_some_and(|kind| kind == extension))
            .unwrap()
    }

    #[test]
    fn a_second_start_does_not_compile() {
        let directory = tempfile::tempdir().unwrap();
        let compiled = AtomicUsize::new(0);
        load(directory.path(), &compiled);
        load(directory.path(), &compiled);
        assert_eq!(compiled.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn damaged_code_is_compiled_again_and_repaired() {
        let directory = tempfile::tempdir().unwrap();
        let compiled = AtomicUsize::new(0);
        load(directory.path(), &compiled);
        let path = entry(directory.path(), "cwasm");
        let mut code = fs::read(&path).unwrap();
        let middle = code.len() / 2;
        code[middle] ^= 1;
        fs::write(&path, code).unwrap();
        load(directory.path(), &compiled);
        assert_eq!(compiled.load(Ordering::Relaxed), 2, "one flipped bit");
        load(directory.path(), &compiled);
        assert_eq!(compiled.load(Ordering::Relaxed), 2, "repaired");
    }

    #[test]
    fn code_without_its_hash_is_compiled_again() {
        let directory = tempfile::tempdir().unwrap();
        let compiled = AtomicUsize::new(0);
        load(directory.path(), &compiled);
        fs::remove_file(entry(directory.path(), "sha256")).unwrap();
        load(directory.path(), &compiled);
        assert_eq!(compiled.load(Ordering::Relaxed), 2);
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_that_others_can_write_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let Err(refused) = CompileCache::open(directory.path().to_owned(), Arc::new(|_| {})) else {
            panic!("opened");
        };
        assert!(refused.to_string().contains("chmod go-w"), "{refused}");
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        cache(directory.path());
    }

    #[test]
    fn other_inputs_have_an_entry_of_their_own() {
        let engine = Engine::default();
        assert_ne!(key(&engine, b"a"), key(&engine, b"b"));
        assert_eq!(key(&engine, b"a"), key(&engine, b"a"));
    }
}
