//! What the digest of a picture is made of, part by part.

use xxhash_rust::xxh3::Xxh3;

/// Where the parts of a file go that make up its picture.
pub(crate) struct Sink {
    digest: Xxh3,
}

impl Sink {
    pub(crate) fn new() -> Self {
        Self { digest: Xxh3::new() }
    }

    /// The digest of all parts.
    pub(crate) fn digest(&self) -> u128 {
        self.digest.digest128()
    }

    /// Takes a part. Its length goes in too, so that the same bytes divided otherwise are not the same.
    pub(crate) fn take(&mut self, part: &[u8]) {
        self.digest.update(&(part.len() as u64).to_le_bytes());
        self.digest.update(part);
    }
}
