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

/// The bytes of a SHA-256 in hex; none of what is not one.
pub fn sha256_bytes(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 2 * bytes.len() {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_in_hex_is_read_back_and_nothing_else_is_one() {
        let bytes: [u8; 32] = std::array::from_fn(|index| u8::try_from(index * 8 + 7).unwrap());
        assert_eq!(sha256_bytes(&hex(&bytes)), Some(bytes));
        for other in [String::new(), "ab".repeat(31), "ab".repeat(33), "xy".repeat(32), "\u{e9}".repeat(32)] {
            assert_eq!(sha256_bytes(&other), None, "{other}");
        }
    }
}
