//! The RIFF structure of a WebP file (Google's WebP container specification).

use crate::bytes::{advance, array, length, u16_le, u24_le, u32_le};
use crate::sink::Sink;
use crate::{Break, Damage};

const FIRST_CHUNK: usize = 12;
const CHUNK_HEADER: usize = 8;

/// True for a RIFF file of type `WEBP`.
pub(crate) fn matches(data: &[u8]) -> bool {
    data.starts_with(b"RIFF") && data.get(8..12) == Some(b"WEBP")
}

/// Stored width and height: of the canvas for an extended file, else of the one image.
pub(crate) fn size(data: &[u8]) -> Result<(u32, u32), Break> {
    let kind: [u8; 4] = array(data, FIRST_CHUNK)?;
    let body = advance(FIRST_CHUNK, CHUNK_HEADER)?;
    match &kind {
        b"VP8X" => Ok((u24_le(data, advance(body, 4)?)? + 1, u24_le(data, advance(body, 7)?)? + 1)),
        b"VP8L" => {
            if array(data, body)? != [0x2F_u8] {
                return Err(Break::Malformed { offset: body, reason: "lossless image data has no signature" });
            }
            let packed = u32_le(data, advance(body, 1)?)?;
            Ok(((packed & 0x3FFF) + 1, ((packed >> 14) & 0x3FFF) + 1))
        }
        b"VP8 " => {
            if array(data, advance(body, 3)?)? != [0x9D_u8, 0x01, 0x2A] {
                return Err(Break::Malformed { offset: body, reason: "lossy image data has no key frame" });
            }
            // The two upper bits are a scaling hint, not size.
            let side = |offset| Ok(u32::from(u16_le(data, advance(body, offset)?)? & 0x3FFF));
            Ok((side(6)?, side(8)?))
        }
        _ => Err(Break::Malformed { offset: FIRST_CHUNK, reason: "the first chunk is no image" }),
    }
}

/// Hands over what makes up the picture: the chunks with image data. EXIF, XMP and profiles stay out.
pub(crate) fn picture(data: &[u8], sink: &mut Sink) -> Result<(), Break> {
    let end = advance(length(u32_le(data, 4)?)?, CHUNK_HEADER)?;
    let mut at = FIRST_CHUNK;
    while at < end {
        let kind: [u8; 4] = array(data, at)?;
        let body = length(u32_le(data, advance(at, 4)?)?)?;
        let start = advance(at, CHUNK_HEADER)?;
        if matches!(&kind, b"VP8 " | b"VP8L" | b"ALPH" | b"ANMF") {
            sink.take(data.get(start..advance(start, body)?).ok_or(Break::End)?);
        }
        at = advance(start, advance(body, body % 2)?)?;
    }
    Ok(())
}

/// All bytes that the RIFF header states must be there, and image data among them.
pub(crate) fn find_image_data(data: &[u8]) -> Result<(), Break> {
    let end = advance(length(u32_le(data, 4)?)?, CHUNK_HEADER)?;
    if end > data.len() {
        return Err(Break::End);
    }
    let mut at = FIRST_CHUNK;
    while at < end {
        let kind: [u8; 4] = array(data, at)?;
        let body = length(u32_le(data, advance(at, 4)?)?)?;
        // Chunks are padded to an even length.
        let next = advance(at, advance(CHUNK_HEADER, advance(body, body % 2)?)?)?;
        if next > end {
            return Err(Break::Malformed { offset: at, reason: "a chunk reaches beyond the stated end of the file" });
        }
        if matches!(&kind, b"VP8 " | b"VP8L" | b"ANMF") {
            return Ok(());
        }
        at = next;
    }
    Err(Break::Malformed { offset: end, reason: "the image ends without any image data" })
}

/// What the stated lengths tell: a decoder never fills in what is missing from a WebP, so there is nothing to measure.
pub(crate) fn damage(data: &[u8]) -> Option<Damage> {
    Damage::of_structure(data, find_image_data(data))
}
