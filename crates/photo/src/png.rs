//! The chunk structure of a PNG file (W3C PNG, section 5).
//!
//! Checksums are left to the decoder: checking them would read every byte for what decoding finds anyway.

use crate::bytes::{advance, array, length, u32_be};
use crate::sink::Sink;
use crate::{Break, Damage};

/// The eight bytes every PNG starts with.
pub(crate) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Length, type and checksum around a chunk's data.
const CHUNK_FRAME: usize = 12;
/// `IEND` with its length and checksum.
#[cfg(feature = "pixels")]
const END: &[u8] = b"\0\0\0\0IEND\xAE\x42\x60\x82";

/// Stored width and height, from `IHDR`, which must come first.
pub(crate) fn size(data: &[u8]) -> Result<(u32, u32), Break> {
    let kind: [u8; 4] = array(data, 12)?;
    if &kind != b"IHDR" {
        return Err(Break::Malformed { offset: 12, reason: "the first chunk is not IHDR" });
    }
    Ok((u32_be(data, 16)?, u32_be(data, 20)?))
}

/// All image data must be there, as far as chunks tell: whole `IDAT` chunks, and nothing cut before `IEND`. A file that
/// stops behind a whole `IDAT` may hold everything; the decoder knows, for compressed data has an end of its own.
pub(crate) fn find_image_data(data: &[u8]) -> Result<(), Break> {
    let mut at = SIGNATURE.len();
    let mut has_data = false;
    while let Some((kind, chunk)) = chunk(data, at, has_data)? {
        match &kind {
            b"IEND" if has_data => return Ok(()),
            b"IEND" => return Err(Break::Malformed { offset: at, reason: "the image ends without any image data" }),
            b"IDAT" => has_data = true,
            // Every other chunk is skipped by its length.
            _ => {}
        }
        at = advance(at, chunk.len())?;
    }
    Ok(())
}

/// Hands over what makes up the picture: header, palette, transparency and compressed data. Texts, times and profiles stay
/// out.
pub(crate) fn picture(data: &[u8], sink: &mut Sink) -> Result<(), Break> {
    let mut at = SIGNATURE.len();
    let mut has_data = false;
    while let Some((kind, chunk)) = chunk(data, at, has_data)? {
        match &kind {
            b"IEND" => break,
            b"IHDR" | b"PLTE" | b"tRNS" | b"IDAT" => {
                has_data |= &kind == b"IDAT";
                sink.take(chunk);
            }
            _ => {}
        }
        at = advance(at, chunk.len())?;
    }
    Ok(())
}

/// What chunks tell: a decoder never fills in what is missing from a PNG, so there is nothing to measure.
pub(crate) fn damage(data: &[u8]) -> Option<Damage> {
    Damage::of_structure(data, find_image_data(data))
}

/// A copy for a decoder: what the picture needs and its orientation, nothing else. Colour profiles and texts are compressed
/// and may become a thousand times larger; nothing here needs them.
#[cfg(feature = "pixels")]
pub(crate) fn rebuild(data: &[u8]) -> Result<Vec<u8>, Break> {
    let mut copy = Vec::with_capacity(data.len());
    copy.extend_from_slice(SIGNATURE);
    let mut at = SIGNATURE.len();
    let mut has_data = false;
    while let Some((kind, chunk)) = chunk(data, at, has_data)? {
        match &kind {
            b"IEND" => break,
            b"IHDR" | b"PLTE" | b"tRNS" | b"eXIf" => copy.extend_from_slice(chunk),
            b"IDAT" => {
                has_data = true;
                copy.extend_from_slice(chunk);
            }
            _ => {}
        }
        at = advance(at, chunk.len())?;
    }
    copy.extend_from_slice(END);
    Ok(copy)
}

/// A chunk's type, and all its bytes with length and checksum.
type Chunk<'a> = ([u8; 4], &'a [u8]);

/// The chunk at `at`; none where the bytes end and that may be.
fn chunk(data: &[u8], at: usize, may_end: bool) -> Result<Option<Chunk<'_>>, Break> {
    // Behind image data, less than a chunk is a rest of the end chunk, which holds nothing that could be missing.
    if may_end && data.len().saturating_sub(at) < CHUNK_FRAME {
        return Ok(None);
    }
    let body = length(u32_be(data, at)?)?;
    let kind: [u8; 4] = array(data, advance(at, 4)?)?;
    let next = advance(at, advance(body, CHUNK_FRAME)?)?;
    let chunk = data.get(at..next).ok_or(Break::End)?;
    Ok(Some((kind, chunk)))
}
