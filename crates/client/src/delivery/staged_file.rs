//! Files that appear whole or not at all.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use tempfile::Builder;

/// Writes a file so that it appears under its name complete and on disk. `staging` must be a directory on the same
/// file system; what a crash leaves there has a name that starts with a dot.
///
/// # Errors
/// `AlreadyExists` when the name is taken, whatever lies there; nothing is replaced.
pub fn write_new(path: &Path, staging: &Path, mut content: impl Read) -> io::Result<()> {
    let mut staged = Builder::new().prefix(".tollbooth-").suffix(".partial").tempfile_in(staging)?;
    share(staged.as_file())?;
    io::copy(&mut content, staged.as_file_mut())?;
    staged.as_file().sync_all()?;
    // Renames only where the name is free: a check before it could be overtaken.
    staged.persist_noclobber(path).map_err(|e| e.error)?;
    sync_directory(path.parent().unwrap_or(staging))
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
}
