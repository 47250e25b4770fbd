//! Files with the SHA-256 of what is in them beside them: what was damaged, or is not wholly written, is never read.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

use sha2::{Digest, Sha256};

/// The file beside this one, with its hash.
pub(super) fn hash_file(path: &Path) -> PathBuf {
    path.with_extension("sha256")
}

/// A file whose hash is the recorded one; none when there is no such file, or it is damaged.
pub(super) fn verified(path: &Path) -> Option<Vec<u8>> {
    let bytes = fs::read(path).ok()?;
    let recorded = fs::read_to_string(hash_file(path)).unwrap_or_default();
    if recorded.trim() != hex(&Sha256::digest(&bytes)) {
        tracing::warn!(entry = %path.display(), "a cache entry is damaged; what was in it is compiled again");
        return None;
    }
    Some(bytes)
}

/// A file that is written, and the hash of what was so far.
pub(super) struct Hashed {
    inner: BufWriter<File>,
    hash: Sha256,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Writes a file, piece by piece if need be, for it may be a hundred megabytes, and its hash last: a file without it counts as
/// damaged.
pub(super) fn write(path: &Path, fill: impl FnOnce(&mut Hashed) -> io::Result<()>) -> io::Result<()> {
    let hash = replace(path, fill)?;
    replace(&hash_file(path), |file| file.write_all(hex(&hash).as_bytes())).map(drop)
}

/// Puts a new file in the place of one, and tells the hash of what is in it.
fn replace(path: &Path, fill: impl FnOnce(&mut Hashed) -> io::Result<()>) -> io::Result<Vec<u8>> {
    let new = path.with_extension(format!("new-{}", std::process::id()));
    let mut file = Hashed { inner: BufWriter::new(File::create(&new)?), hash: Sha256::new() };
    fill(&mut file)?;
    let Hashed { inner, hash } = file;
    inner.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(&new, path)?;
    Ok(hash.finalize().to_vec())
}

/// Marks a file as used now.
pub(super) fn touch(path: &Path) {
    let marked = File::options().append(true).open(path).and_then(|file| file.set_modified(SystemTime::now()));
    if let Err(error) = marked {
        tracing::debug!(entry = %path.display(), %error, "a cache entry could not be marked as used");
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
