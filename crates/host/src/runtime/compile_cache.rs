//! Machine code kept between starts, so that a second start needs no compiler.
//!
//! An entry is two files: the code and, beside it, the SHA-256 of the code. Code whose hash does not match is
//! never executed: it is compiled again. The key covers everything the code depends on, so entries never become
//! wrong, only unused; unused ones are removed after a week. A directory that others can write is refused, because
//! whoever can write both files can run code in this process.
//!
//! Beside entries lie the functions that were compiled for any of them, in one file with its hash likewise: other
//! compositions of the same parts take them from there.
//!
//! Processes that share a directory compile one after another: a compiler takes all cores, and what one has compiled the
//! next one reads. Who compiles has a lock on a file in the directory, which ends with its process at the latest.

use std::{
    cell::OnceCell,
    fs::{self, File, TryLockError},
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant, SystemTime},
};

use sha2::{Digest, Sha256};
use wasmtime::{Engine, component::Component};

use super::{
    hashed_file::{self, hash_file, hex, touch, verified},
    shared_functions::SharedFunctions,
};
use crate::HostError;

/// An entry that no start has used for this long is removed.
const KEEP_UNUSED: Duration = Duration::from_secs(7 * 24 * 3600);
/// The file whose lock is the turn to compile.
const TURN: &str = "compiling.lock";
/// So long another process may have its turn; then it is taken for stuck, and both compile. A whole application takes some
/// minutes of two slow cores.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// How often is looked whether the other process is done.
const POLL: Duration = Duration::from_millis(50);

/// What the cache is doing, for people who wait.
#[derive(Debug, Clone, Copy)]
pub enum CompileProgress<'a> {
    /// Another process compiles into the same directory, and is waited for.
    Waiting {
        /// The directory.
        directory: &'a Path,
    },
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
    /// The turn to compile, from the first component that had to be compiled on; none where it could not be had.
    turn: OnceCell<Option<File>>,
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
        Ok(Self { directory, progress, turn: OnceCell::new() })
    }

    /// The machine code for `inputs` (a hash over everything the component is made of): from the cache, or
    /// compiled from what `produce` returns. Waits for another process that compiles into the same directory, and keeps
    /// others waiting from the first compilation until the value is dropped.
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
        if self.take_turn()
            && let Some(component) = self.read(engine, &entry)
        {
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

    /// Takes the turn to compile, once. Whether another process was waited for, and so there may be more than before. Without
    /// a lock everything is as right, and takes longer: a failure is only logged.
    fn take_turn(&self) -> bool {
        let mut waited = false;
        self.turn.get_or_init(|| {
            let path = self.directory.join(TURN);
            let mut options = File::options();
            options.create(true).truncate(false).write(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file = match options.open(&path) {
                Ok(file) => file,
                Err(error) => {
                    tracing::debug!(path = %path.display(), %error, "there is no turn to compile; others may compile the same");
                    return None;
                }
            };
            let patience = Instant::now() + PATIENCE;
            loop {
                match file.try_lock() {
                    Ok(()) => return Some(file),
                    Err(TryLockError::WouldBlock) if Instant::now() < patience => {
                        if !waited {
                            (self.progress)(CompileProgress::Waiting { directory: &self.directory });
                        }
                        waited = true;
                        thread::sleep(POLL);
                    }
                    Err(error) => {
                        tracing::warn!(path = %path.display(), %error, "there was no turn to compile; others may compile the same");
                        return None;
                    }
                }
            }
        });
        waited
    }

    fn read(&self, engine: &Engine, entry: &Path) -> Option<Component> {
        let code = verified(entry)?;
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

    /// Gives back what earlier starts compiled, for whatever composition.
    pub(crate) fn recall(&self, engine: &Engine, functions: &SharedFunctions) {
        let path = self.functions(engine);
        if let Some(bytes) = verified(&path) {
            functions.recall(&bytes);
            touch(&path);
        }
    }

    /// Keeps what this start compiled. When it cannot be written that is only logged: the next start is slower.
    pub(crate) fn keep(&self, engine: &Engine, functions: &SharedFunctions) {
        if !functions.grew() {
            return;
        }
        let path = self.functions(engine);
        if let Err(error) = hashed_file::write(&path, |file| functions.write(file)) {
            tracing::warn!(%error, path = %path.display(), "compiled functions could not be kept; another composition compiles them again");
        }
    }

    fn functions(&self, engine: &Engine) -> PathBuf {
        self.directory.join(format!("{}.functions", key(engine, b"functions")))
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
            if !unused {
                continue;
            }
            let files = match path.extension().and_then(|kind| kind.to_str()) {
                Some("cwasm" | "functions") => vec![hash_file(&path), path],
                // Of a process that ended while it wrote.
                Some(kind) if kind.starts_with("new-") => vec![path],
                _ => continue,
            };
            for path in files {
                if let Err(error) = fs::remove_file(&path) {
                    tracing::debug!(path = %path.display(), %error, "an unused cache entry could not be removed");
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
    Err(HostError::file("keep compiled code in", directory)(io::Error::other(reason)))
}

fn key(engine: &Engine, inputs: &[u8]) -> String {
    let mut compatibility = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut compatibility);
    let mut hash = Sha256::new();
    hash.update(compatibility.finish().to_le_bytes());
    hash.update(inputs);
    hex(&hash.finalize())
}

fn write(entry: &Path, component: &Component) -> io::Result<()> {
    let code = component.serialize().map_err(|error| io::Error::other(format!("{error:#}")))?;
    hashed_file::write(entry, |file| file.write_all(&code))
}

#[cfg(test)]
mod tests {
    use std::sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    };

    use wasmtime::CacheStore as _;

    use super::*;

    const COMPONENT: &str = "(component (core module (func (export \"f\"))))";

    fn cache(directory: &Path) -> CompileCache {
        CompileCache::open(directory.to_owned(), Arc::new(|_| {})).unwrap()
    }

    fn load(directory: &Path, compiled: &AtomicUsize) {
        load_by(&cache(directory), compiled);
    }

    fn load_by(cache: &CompileCache, compiled: &AtomicUsize) {
        let engine = Engine::default();
        let produce = || {
            compiled.fetch_add(1, Ordering::Relaxed);
            Ok(COMPONENT.as_bytes().to_vec())
        };
        cache.load(&engine, "x", b"inputs", produce).unwrap();
    }

    /// Has a second one load while the first has the turn, and the first go on once the second waits for it.
    fn second_while_the_first_has_its_turn(compiled: &AtomicUsize, first_goes_on: impl FnOnce(CompileCache)) {
        let directory = tempfile::tempdir().unwrap();
        let first = cache(directory.path());
        assert!(!first.take_turn(), "nobody was there");
        let (told, waits) = mpsc::sync_channel(1);
        let path = directory.path().to_owned();
        thread::scope(|scope| {
            scope.spawn(move || {
                let progress = Arc::new(move |progress: CompileProgress<'_>| {
                    if matches!(progress, CompileProgress::Waiting { .. }) {
                        told.send(()).unwrap();
                    }
                });
                load_by(&CompileCache::open(path, progress).unwrap(), compiled);
            });
            waits.recv_timeout(Duration::from_secs(60)).expect("the second one waits");
            first_goes_on(first);
        });
    }

    #[test]
    fn of_two_that_start_at_once_the_second_takes_what_the_first_compiled() {
        let compiled = AtomicUsize::new(0);
        second_while_the_first_has_its_turn(&compiled, |first| load_by(&first, &compiled));
        assert_eq!(compiled.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn whoever_waited_for_one_that_ended_too_soon_compiles() {
        let compiled = AtomicUsize::new(0);
        second_while_the_first_has_its_turn(&compiled, drop);
        assert_eq!(compiled.load(Ordering::Relaxed), 1);
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

    fn recalled(directory: &Path, engine: &Engine) -> Option<Vec<u8>> {
        let functions = SharedFunctions::default();
        cache(directory).recall(engine, &functions);
        functions.get(b"key").map(std::borrow::Cow::into_owned)
    }

    #[test]
    fn functions_are_kept_for_other_compositions_and_not_when_they_are_damaged() {
        let directory = tempfile::tempdir().unwrap();
        let engine = Engine::default();
        assert_eq!(recalled(directory.path(), &engine), None);
        let functions = SharedFunctions::default();
        cache(directory.path()).keep(&engine, &functions);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "nothing was compiled, nothing is written");
        functions.insert(b"key", b"code".to_vec());
        cache(directory.path()).keep(&engine, &functions);
        assert_eq!(recalled(directory.path(), &engine).as_deref(), Some(b"code".as_slice()));
        let path = entry(directory.path(), "functions");
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(recalled(directory.path(), &engine), None);
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
    fn what_no_start_used_for_a_week_and_what_was_half_written_goes() {
        let (directory, compiled) = (tempfile::tempdir().unwrap(), AtomicUsize::new(0));
        load(directory.path(), &compiled);
        let used = entry(directory.path(), "cwasm");
        let at = |name: &str| directory.path().join(name);
        for name in ["old.cwasm", "old.sha256", "half.new-1", "fresh.new-2", "someone.txt"] {
            fs::write(at(name), "").unwrap();
        }
        let long_ago = SystemTime::now() - KEEP_UNUSED - Duration::from_secs(60);
        for name in ["old.cwasm", "old.sha256", "half.new-1", "someone.txt"] {
            File::options().append(true).open(at(name)).unwrap().set_modified(long_ago).unwrap();
        }
        cache(directory.path()).prune();
        assert!(used.exists() && hash_file(&used).exists());
        let left =
            ["old.cwasm", "old.sha256", "half.new-1", "fresh.new-2", "someone.txt"].map(|name| at(name).exists());
        assert_eq!(left, [false, false, false, true, true], "others' files, and what may be under way, stay");
    }

    #[test]
    fn other_inputs_have_an_entry_of_their_own() {
        let engine = Engine::default();
        assert_ne!(key(&engine, b"a"), key(&engine, b"b"));
        assert_eq!(key(&engine, b"a"), key(&engine, b"a"));
    }
}
