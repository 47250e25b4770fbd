//! The state directory: one process at a time, private to its user.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use crate::HostError;

/// A locked state directory; the lock ends with the value, or with the process.
pub struct StateDir {
    path: PathBuf,
    _lock: File,
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
        let file = path.join("lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&file)
            .map_err(HostError::file("open", &file))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(HostError::StateDirInUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(HostError::file("lock", file)(source)),
        }
    }

    /// A file or directory in it.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
