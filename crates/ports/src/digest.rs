//! Digests of what is large: computed by the host where it does, and in WebAssembly where it does not.

use crate::tollbooth::digest::sha256;

/// SHA-256 of these bytes, 32 bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Vec<u8> {
    let (words, rest) = tollbooth_words::split(bytes);
    sha256::digest(&words, rest)
}
