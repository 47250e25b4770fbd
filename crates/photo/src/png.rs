//! The chunk structure of a PNG file (W3C PNG, section 5).
//!
//! Checksums are left to the decoder: checking them would read every byte for what decoding finds anyway.

use crate::Break;
use crate::bytes::{advance, array, length, u32_be};

/// The eight bytes every PNG starts with.
pub(crate) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Length, type and checksum around a chunk's data.
const CHUNK_FRAME: usize = 12;

/// Stored width and height, from `IHDR`, which must come first.
pub(crate) fn size(data: &[u8]) -> Result<(u32, u32), Break> {
    let kind: [u8; 4] = array(data, 12)?;
    if &kind != b"IHDR" {
        return Err(Break::Malformed { offset: 12, reason: "the first chunk is not IHDR" });
    }
    Ok((u32_be(data, 16)?, u32_be(data, 20)?))
}

/// Walks to `IEND`; there must have been image data before it.
pub(crate) fn find_end(data: &[u8]) -> Result<(), Break> {
    let mut at = SIGNATURE.len();
    let mut has_data = false;
    loop {
        let body = length(u32_be(data, at)?)?;
        let kind: [u8; 4] = array(data, advance(at, 4)?)?;
        let next = advance(at, advance(body, CHUNK_FRAME)?)?;
        if next > data.len() {
            return Err(Break::End);
        }
        match &kind {
            b"IEND" if has_data => return Ok(()),
            b"IEND" => return Err(Break::Malformed { offset: at, reason: "the image ends without any image data" }),
            b"IDAT" => has_data = true,
            // Every other chunk is skipped by its length.
            _ => {}
        }
        at = next;
    }
}
