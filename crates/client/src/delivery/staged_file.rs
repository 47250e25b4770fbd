//! Files that appear whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use tempfile::Builder;

const PREFIX: &str = ".tollbooth-";
const SUFFIX: &str = ".partial";
/// A file that nobody has written to for so long is of somebody who was killed.
const ABANDONED_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Writes a file so that it appears under its name complete and on disk. `staging` must be a directory on the same
/// file system; what a crash leaves there has a name that starts with a dot, and [`remove_abandoned`] removes it.
///
/// # Errors
/// `AlreadyExists` when the name is taken, whatever lies there; nothing is replaced.
pub fn write_new(path: &Path, staging: &Path, mut content: impl Read) -> io::Result<()> {
    let mut staged = Builder::new().prefix(PREFIX).suffix(SUFFIX).tempfile_in(staging)?;
    share(staged.as_file())?;
    io::copy(&mut content, staged.as_file_mut())?;
    staged.as_file().sync_all()?;
    // Renames only where the name is free: a check before it could be overtaken.
    staged.persist_noclobber(path).map_err(|e| e.error)?;
    sync_directory(path.parent().unwrap_or(staging))
}

/// Removes what writers that were killed left in a staging directory, a day after they wrote to it last: another writer may
/// be at work there.
///
/// # Errors
/// When the directory cannot be read. A file that cannot be looked at or removed stays: it is of no use and of no harm.
pub fn remove_abandoned(staging: &Path) -> io::Result<()> {
    for entry in fs::read_dir(staging)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_partial = name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        let age = || entry.metadata().and_then(|found| found.modified()).ok().and_then(|at| at.elapsed().ok());
        if is_partial && age().is_some_and(|age| age > ABANDONED_AFTER) {
            // One that stays is tried again by the next run.
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// Makes names in a directory durable.
///
/// # Errors
/// What the operating system says.
pub fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Whether files with a colon in their name can be made in a directory; FAT, exFAT, NTFS through Windows and SMB refuse
/// them, with errors that do not say so.
///
/// # Errors
/// What the operating system says to a name without one.
pub fn takes_colons(directory: &Path) -> io::Result<bool> {
    Builder::new().prefix(".tollbooth-plain-").tempfile_in(directory)?;
    Ok(Builder::new().prefix(".tollbooth-colon:").tempfile_in(directory).is_ok())
}

/// Temporary files are private; billing is another user. File systems that know no modes (FAT) refuse to change them;
/// that is as good where everybody can read the file anyway.
#[cfg(unix)]
fn share(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    match file.set_permissions(std::fs::Permissions::from_mode(0o644)) {
        Err(refused) if file.metadata()?.permissions().mode() & 0o444 != 0o444 => Err(refused),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(not(unix))]
fn share(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_name_is_never_replaced_and_nothing_is_left_behind() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.csv");
        write_new(&path, directory.path(), &b"first"[..]).unwrap();
        let error = write_new(&path, directory.path(), &b"second"[..]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_writer_left_is_removed_after_a_day_and_nothing_else_is() {
        let directory = tempfile::tempdir().unwrap();
        let long_ago = std::time::SystemTime::now() - 2 * ABANDONED_AFTER;
        for (name, old) in [
            (".tollbooth-a.partial", true),
            (".tollbooth-b.partial", false),
            ("a.manifest.json", true),
            (".somebody-else.partial", true),
        ] {
            let file = File::create(directory.path().join(name)).unwrap();
            if old {
                file.set_modified(long_ago).unwrap();
            }
        }
        remove_abandoned(directory.path()).unwrap();
        let left = fs::read_dir(directory.path()).unwrap();
        let mut left: Vec<_> = left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        assert_eq!(left, [".somebody-else.partial", ".tollbooth-b.partial", "a.manifest.json"]);
    }
}
