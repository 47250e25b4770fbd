//! SHA-256 and size of what goes past.

use std::io::{self, Write};

use sha2::{Digest as _, Sha256};
use tollbooth_pipeline::ident::hex;

/// Size in bytes and SHA-256, lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    pub bytes: u64,
    pub sha256: String,
}

/// Hands what is written on, and digests it.
pub struct Digesting<W> {
    to: W,
    hasher: Sha256,
    bytes: u64,
}

impl<W: Write> Digesting<W> {
    pub fn new(to: W) -> Self {
        Self { to, hasher: Sha256::new(), bytes: 0 }
    }

    pub fn finish(self) -> Digest {
        Digest { bytes: self.bytes, sha256: hex(&self.hasher.finalize()) }
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let written = self.to.write(piece)?;
        self.hasher.update(piece.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
