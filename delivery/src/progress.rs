//! How far each destination is, on this machine's disk: the second memory beside the manifests at the destination.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tollbooth_client::delivery::{Link, sync_directory};

use crate::Trouble;

/// The folder of all progress, held so that no second process delivers from it.
pub struct StateDir {
    path: PathBuf,
    lock: Option<File>,
}

impl Drop for StateDir {
    fn drop(&mut self) {
        // Closing would leave it locked for as long as a process that is just being started has a copy of the handle.
        if let Some(lock) = &self.lock
            && let Err(cause) = lock.unlock()
        {
            tracing::debug!(%cause, path = %self.path.display(), "the lock of the progress goes with its process");
        }
    }
}

impl StateDir {
    /// Opens the folder, making it when it is missing.
    ///
    /// # Errors
    /// [`Trouble::Progress`], also when another process holds it.
    pub fn open(path: &Path) -> Result<Self, Trouble> {
        fs::create_dir_all(path).map_err(Trouble::progress("create", path))?;
        let lock = path.join("lock");
        let file = File::options().create(true).append(true).open(&lock).map_err(Trouble::progress("open", &lock))?;
        match file.try_lock() {
            Ok(()) => {
                sweep(path).map_err(Trouble::progress("tidy up", path))?;
                Ok(Self { path: path.to_owned(), lock: Some(file) })
            }
            Err(TryLockError::WouldBlock) => {
                let busy = std::io::Error::new(ErrorKind::ResourceBusy, "another `tollbooth deliver` runs with it");
                Err(Trouble::progress("use", path)(busy))
            }
            Err(TryLockError::Error(error)) => Err(Trouble::progress("lock", &lock)(error)),
        }
    }

    /// The folder while another process delivers from it: for whoever reads progress and writes none.
    #[must_use]
    pub fn to_look_at(path: &Path) -> Self {
        Self { path: path.to_owned(), lock: None }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The progress of one destination; none of a new one.
    ///
    /// # Errors
    /// [`Trouble::Progress`] for a file that cannot be read: guessing would deliver twice.
    pub fn progress(&self, destination: &str) -> Result<Progress, Trouble> {
        let path = self.path.join(format!("{destination}.json"));
        let kept = match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|e| Trouble::progress("read", &path)(std::io::Error::new(ErrorKind::InvalidData, e)))?,
            Err(e) if e.kind() == ErrorKind::NotFound => Kept::default(),
            Err(e) => return Err(Trouble::progress("read", &path)(e)),
        };
        Ok(Progress { path, kept })
    }
}

/// How far one destination is.
pub struct Progress {
    path: PathBuf,
    kept: Kept,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// The last export that was delivered.
    delivered_through: Option<Delivered>,
    /// A file that a broken connection may have left among the manifests.
    partial: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Delivered {
    sequence: u64,
    manifest_sha256: String,
}

impl Progress {
    /// The end of the chain as it was delivered.
    #[must_use]
    pub fn link(&self) -> Link {
        match &self.kept.delivered_through {
            Some(last) => Link { sequence: last.sequence, sha256: last.manifest_sha256.clone() },
            None => Link::genesis(),
        }
    }

    /// What a broken connection may have left.
    #[must_use]
    pub fn partial(&self) -> Option<&str> {
        self.kept.partial.as_deref()
    }

    /// A name for what is written next, remembered before it is used.
    ///
    /// # Errors
    /// [`Trouble::Progress`]
    pub fn new_partial(&mut self) -> Result<String, Trouble> {
        let name = format!(".tollbooth-{:016x}.partial", fastrand::u64(..));
        self.kept.partial = Some(name.clone());
        self.save()?;
        Ok(name)
    }

    /// Nothing is left: it was renamed or removed.
    ///
    /// # Errors
    /// [`Trouble::Progress`]
    pub fn no_partial(&mut self) -> Result<(), Trouble> {
        self.kept.partial = None;
        self.save()
    }

    /// An export was delivered.
    ///
    /// # Errors
    /// [`Trouble::Progress`]
    pub fn delivered(&mut self, link: &Link) -> Result<(), Trouble> {
        self.kept.delivered_through = Some(Delivered { sequence: link.sequence, manifest_sha256: link.sha256.clone() });
        self.kept.partial = None;
        self.save()
    }

    /// Whole and on disk, or as before.
    fn save(&self) -> Result<(), Trouble> {
        let failed = Trouble::progress("write", &self.path);
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let text = serde_json::to_vec_pretty(&self.kept).map_err(|e| failed(e.into()))?;
        let mut staged = tempfile::Builder::new().prefix(".progress-").tempfile_in(folder).map_err(&failed)?;
        staged.write_all(&text).map_err(&failed)?;
        staged.as_file().sync_all().map_err(&failed)?;
        staged.persist(&self.path).map_err(|e| failed(e.error))?;
        sync_directory(folder).map_err(&failed)
    }
}

/// Removes what a process that was killed left here, copies of files among it. Whoever holds the folder is alone in it.
fn sweep(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if [".export-", ".progress-", ".standing-"].iter().any(|prefix| name.starts_with(prefix)) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_is_gone_when_the_next_one_begins() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path()).unwrap();
        state.progress("billing").unwrap().delivered(&Link { sequence: 1, sha256: "ab".repeat(32) }).unwrap();
        drop(state);
        for left in [".export-a1b2c3", ".progress-a1b2c3", ".standing-a1b2c3"] {
            fs::write(folder.path().join(left), "half").unwrap();
        }
        let state = StateDir::open(folder.path()).unwrap();
        assert_eq!(state.progress("billing").unwrap().link().sequence, 1);
        let mut there = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(there.all(|name| !name.to_string_lossy().starts_with('.')));
    }

    #[test]
    fn progress_is_read_back_and_a_damaged_one_is_no_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path()).unwrap();
        let mut progress = state.progress("billing").unwrap();
        assert_eq!(progress.link(), Link::genesis());
        let partial = progress.new_partial().unwrap();
        assert_eq!(state.progress("billing").unwrap().partial(), Some(partial.as_str()));
        let link = Link { sequence: 12, sha256: "ab".repeat(32) };
        progress.delivered(&link).unwrap();
        let read = state.progress("billing").unwrap();
        assert_eq!((read.link(), read.partial()), (link, None));
        fs::write(folder.path().join("billing.json"), "{").unwrap();
        assert_eq!(state.progress("billing").map(|_| ()).unwrap_err().state(), "progress-unwritable");
    }

    #[test]
    fn a_second_process_is_told_that_the_first_holds_the_folder_and_may_look() {
        let folder = tempfile::tempdir().unwrap();
        let first = StateDir::open(folder.path()).unwrap();
        let second = StateDir::open(folder.path()).map(|_| ()).unwrap_err();
        assert!(second.to_string().contains("another `tollbooth deliver` runs"), "{second}");
        assert!(second.is_held(), "{second}");
        let link = Link { sequence: 3, sha256: "cd".repeat(32) };
        first.progress("billing").unwrap().delivered(&link).unwrap();
        assert_eq!(StateDir::to_look_at(folder.path()).progress("billing").unwrap().link(), link);
    }
}
