//! A clean copy for a decoder: what the picture needs and its orientation, nothing else.
//!
//! Thumbnails, colour profiles, comments and stray bytes stay behind, so no decoder can be kept busy with them; tables that
//! a Motion-JPEG frame leaves out and a missing end marker are put in.

use super::frame;
use super::huffman::{STANDARD, Tables};
use super::markers::{
    APP1, APP14, END_OF_IMAGE, End, HUFFMAN_TABLES, Part, QUANTIZATION_TABLES, RESTART_INTERVAL, START_OF_IMAGE,
    START_OF_SCAN, Walk,
};
use crate::Break;

const EXIF: &[u8] = b"Exif\0\0";

/// The copy.
pub(crate) struct Rebuilt {
    /// A file as the standard wants it.
    pub bytes: Vec<u8>,
    /// Whether the original was one, too, so that strict decoders read it.
    pub is_regular: bool,
}

/// # Errors
/// Where the structure breaks before any image data.
pub(crate) fn rebuild(data: &[u8]) -> Result<Rebuilt, Break> {
    let mut walk = Walk::new(data);
    let mut parts = Vec::new();
    let mut has_frame = false;
    while let Some(part) = walk.next()? {
        let is_frame = matches!(part, Part::Segment { marker, .. } if frame::is_frame(marker));
        if is_frame && std::mem::replace(&mut has_frame, true) {
            return Err(Break::Malformed { offset: walk.position(), reason: "two frame headers" });
        }
        parts.push(part);
    }
    let lacks_tables = lacks_tables(&parts);
    let mut bytes = Vec::with_capacity(data.len() + STANDARD.len() + 8);
    bytes.extend([0xFF, START_OF_IMAGE]);
    if lacks_tables {
        segment(&mut bytes, HUFFMAN_TABLES, STANDARD);
    }
    let mut has_exif = false;
    for part in parts {
        match part {
            Part::Segment { marker: APP1, body } => {
                if body.starts_with(EXIF) && !std::mem::replace(&mut has_exif, true) {
                    segment(&mut bytes, APP1, body);
                }
            }
            Part::Segment { marker, body } => {
                if frame::is_frame(marker)
                    || matches!(marker, HUFFMAN_TABLES | QUANTIZATION_TABLES | RESTART_INTERVAL | APP14)
                {
                    segment(&mut bytes, marker, body);
                }
            }
            Part::Scan { header, data, .. } => {
                segment(&mut bytes, START_OF_SCAN, header);
                bytes.extend_from_slice(data);
            }
        }
    }
    bytes.extend([0xFF, END_OF_IMAGE]);
    let is_regular = walk.end() == End::Marked && walk.stray_bytes() == 0 && !lacks_tables;
    Ok(Rebuilt { bytes, is_regular })
}

fn segment(bytes: &mut Vec<u8>, marker: u8, body: &[u8]) {
    // A body comes from a segment of the file, or is a constant, so its length fits.
    let length = u16::try_from(body.len() + 2).unwrap_or(u16::MAX).to_be_bytes();
    bytes.extend([0xFF, marker]);
    bytes.extend(length);
    bytes.extend_from_slice(body);
}

/// Whether the first scan of a sequential frame names a table that was not defined before it.
fn lacks_tables(parts: &[Part<'_>]) -> bool {
    let mut tables = Tables::default();
    for part in parts {
        match *part {
            Part::Segment { marker: HUFFMAN_TABLES, body } => tables.define(body),
            // T.81 knows no usual tables for progressive frames.
            Part::Segment { marker, .. } if frame::is_frame(marker) && !matches!(marker, 0xC0 | 0xC1) => return false,
            Part::Segment { .. } => {}
            Part::Scan { header, .. } => {
                let count = header.first().copied().map_or(0, usize::from);
                let named = header.get(1..).unwrap_or_default().chunks_exact(2).take(count);
                return named
                    .filter_map(|pair| pair.get(1))
                    .any(|places| tables.dc(places >> 4).is_none() || tables.ac(places & 15).is_none());
            }
        }
    }
    false
}
