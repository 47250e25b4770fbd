//! The marker structure of a JPEG file (ITU-T T.81, annex B).
//!
//! Segments are skipped by their stated length, so a thumbnail inside one is never seen; entropy-coded data
//! is scanned for its next real marker, so an end marker counts only where the image itself ends.

use crate::Break;
use crate::bytes::{advance, array, u16_be};

/// Start-of-image marker and the first byte of whatever follows it.
pub(crate) const SIGNATURE: &[u8] = &[0xFF, 0xD8, 0xFF];

const END_OF_IMAGE: u8 = 0xD9;
const START_OF_SCAN: u8 = 0xDA;
const STUFFED_ZERO: u8 = 0x00;

/// Stored width and height, from the frame header.
pub(crate) fn size(data: &[u8]) -> Result<(u32, u32), Break> {
    let mut at = 2;
    loop {
        let (marker, body) = next_marker(data, at)?;
        if is_frame(marker) {
            // Length (2), precision (1), height (2), width (2).
            let height = u16_be(data, advance(body, 3)?)?;
            let width = u16_be(data, advance(body, 5)?)?;
            return Ok((width.into(), height.into()));
        }
        if marker == START_OF_SCAN || marker == END_OF_IMAGE {
            return Err(Break::Malformed { offset: at, reason: "image data starts before any frame header" });
        }
        at = skip(data, marker, body)?;
    }
}

/// Walks to the end-of-image marker; there must have been image data before it.
pub(crate) fn find_end(data: &[u8]) -> Result<(), Break> {
    let mut at = 2;
    let mut scans = 0_u32;
    loop {
        let (marker, body) = next_marker(data, at)?;
        if marker == END_OF_IMAGE {
            return match scans {
                0 => Err(Break::Malformed { offset: at, reason: "the image ends without any image data" }),
                _ => Ok(()),
            };
        }
        at = skip(data, marker, body)?;
        if marker == START_OF_SCAN {
            scans = scans.saturating_add(1);
            at = end_of_scan(data, at)?;
        }
    }
}

/// The marker at `at` and the offset behind it. Any number of 0xFF fill bytes may precede a marker (B.1.1.2).
fn next_marker(data: &[u8], at: usize) -> Result<(u8, usize), Break> {
    let [first] = array(data, at)?;
    if first != 0xFF {
        return Err(Break::Malformed { offset: at, reason: "expected a segment, found other bytes" });
    }
    let mut at = advance(at, 1)?;
    loop {
        let [byte] = array(data, at)?;
        at = advance(at, 1)?;
        if byte != 0xFF {
            return Ok((byte, at));
        }
    }
}

/// The offset behind the segment whose body starts at `body`.
fn skip(data: &[u8], marker: u8, body: usize) -> Result<usize, Break> {
    if stands_alone(marker) {
        return Ok(body);
    }
    let length = u16_be(data, body)?;
    if length < 2 {
        return Err(Break::Malformed { offset: body, reason: "a segment states a length below 2" });
    }
    advance(body, length.into())
}

/// The offset of the marker that ends the entropy-coded data starting at `at`.
fn end_of_scan(data: &[u8], mut at: usize) -> Result<usize, Break> {
    loop {
        let rest = data.get(at..).ok_or(Break::End)?;
        at = advance(at, rest.iter().position(|&byte| byte == 0xFF).ok_or(Break::End)?)?;
        let [code] = array(data, advance(at, 1)?)?;
        match code {
            // 0xFF 0xFF is a fill byte: look at the second one again.
            0xFF => at = advance(at, 1)?,
            STUFFED_ZERO | 0xD0..=0xD7 => at = advance(at, 2)?,
            _ => return Ok(at),
        }
    }
}

/// Frame headers SOF0..SOF15, without DHT, JPG and DAC which share their range.
fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC)
}

/// Markers without a length: TEM, RSTn, SOI.
fn stands_alone(marker: u8) -> bool {
    matches!(marker, 0x01 | 0xD0..=0xD8)
}
