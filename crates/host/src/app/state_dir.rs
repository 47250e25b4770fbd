//! The state directory: one process at a time, private to its user.
//!
//! The directory may be somebody else's doing (a service manager's, a volume) and open to others, so the files in it are
//! private by themselves. The lock is on the directory, which nobody can remove by cleaning up.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use crate::HostError;

/// A locked state directory; the lock ends with the value, or with the process.
pub struct StateDir {
    path: PathBuf,
    /// On the directory, and on a file in it for versions that look at that one.
    _locks: [File; 2],
}

impl StateDir {
    /// Creates and locks the directory.
    ///
    /// # Errors
    /// [`HostError::StateDirInUse`] when another process has it, [`HostError::File`] otherwise.
    pub fn lock(path: &Path) -> Result<Self, HostError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        // Photos and tokens' hashes: nobody else's business.
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path).map_err(HostError::file("create the state directory", path))?;
        let directory = File::open(path).map_err(HostError::file("open", path))?;
        take(&directory, path)?;
        let file = private_file(&path.join("lock"))?;
        take(&file, path)?;
        Ok(Self { path: path.to_owned(), _locks: [directory, file] })
    }

    /// A file in it that only this user can read: made when it is missing, closed to others when it is open to them. It is
    /// not opened when it exists, so that whoever opens it finds out what is wrong with it.
    ///
    /// # Errors
    /// [`HostError::File`] when a missing one cannot be made.
    pub fn private(&self, name: &str) -> Result<PathBuf, HostError> {
        let path = self.join(name);
        if !path.exists() {
            private_file(&path)?;
        }
        // With what SQLite keeps beside a database; a new one of those has the rights of its database.
        for suffix in ["", "-wal", "-shm"] {
            let beside = self.join(&format!("{name}{suffix}"));
            if beside.exists() {
                close_to_others(&beside);
            }
        }
        Ok(path)
    }

    /// A file or directory in it.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

fn take(lock: &File, directory: &Path) -> Result<(), HostError> {
    match lock.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(HostError::StateDirInUse { path: directory.to_owned() }),
        Err(TryLockError::Error(source)) => Err(HostError::file("lock", directory)(source)),
    }
}

fn private_file(path: &Path) -> Result<File, HostError> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(HostError::file("open", path))
}

#[cfg(unix)]
fn close_to_others(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let closed = fs::metadata(path).and_then(|found| match found.permissions().mode() & 0o077 {
        0 => Ok(()),
        _ => fs::set_permissions(path, fs::Permissions::from_mode(0o600)),
    });
    if let Err(error) = closed {
        tracing::warn!(%error, path = %path.display(), "other users of this machine may be able to read this file");
    }
}

#[cfg(not(unix))]
fn close_to_others(_: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removing_a_file_of_it_lets_nobody_else_in() {
        let directory = tempfile::tempdir().unwrap();
        let _held = StateDir::lock(directory.path()).unwrap();
        fs::remove_file(directory.path().join("lock")).unwrap();
        assert!(matches!(StateDir::lock(directory.path()), Err(HostError::StateDirInUse { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn files_in_a_directory_that_others_can_enter_are_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let old = directory.path().join("old.db");
        fs::write(&old, "kept").unwrap();
        fs::set_permissions(&old, fs::Permissions::from_mode(0o644)).unwrap();
        let state = StateDir::lock(directory.path()).unwrap();
        for name in ["old.db", "new.db"] {
            let path = state.private(name).unwrap();
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
        assert_eq!(fs::read_to_string(old).unwrap(), "kept");
    }

    #[test]
    fn a_second_user_of_a_state_directory_is_refused_until_the_first_is_gone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state");
        let first = StateDir::lock(&path).unwrap();
        let Err(error) = StateDir::lock(&path) else {
            panic!("two locks on one directory");
        };
        assert!(matches!(error, HostError::StateDirInUse { .. }), "{error}");
        drop(first);
        StateDir::lock(&path).unwrap();
    }
}
