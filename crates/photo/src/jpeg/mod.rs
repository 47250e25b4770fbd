//! JPEG files (ITU-T T.81): their structure, how much of the picture is really there, and a clean copy for a decoder.
//!
//! Cameras leave out what players fill in: Huffman tables, the end marker; some leave bytes behind that belong to nothing.
//! One walk ([`markers`]) bears with that, and everything else here stands on it, so that size, measure of damage and the
//! copy that is decoded cannot disagree. What such a file really holds is found by going through its entropy-coded data
//! without computing a pixel ([`coverage`]), never by looking at its end.

mod bits;
mod coverage;
mod frame;
mod huffman;
mod markers;
#[cfg(feature = "pixels")]
mod rebuild;
mod scan;

use crate::sink::Sink;
use crate::{Break, Condition};
use frame::Frame;
use markers::{Part, Walk};

pub(crate) use markers::SIGNATURE;
#[cfg(feature = "pixels")]
pub(crate) use rebuild::rebuild;

/// Stored width and height, from the frame header.
pub(crate) fn size(data: &[u8]) -> Result<(u32, u32), Break> {
    let mut walk = Walk::new(data);
    while let Some(part) = walk.next()? {
        match part {
            Part::Segment { marker, body } if frame::is_frame(marker) => return frame::size(body),
            Part::Segment { .. } => {}
            Part::Scan { at, .. } => {
                return Err(Break::Malformed { offset: at, reason: "image data starts before any frame header" });
            }
        }
    }
    Err(Break::End)
}

/// There must be entropy-coded data behind a frame header: a decoder may try.
pub(crate) fn find_image_data(data: &[u8]) -> Result<(), Break> {
    let mut walk = Walk::new(data);
    let mut has_frame = false;
    while let Some(part) = walk.next()? {
        match part {
            Part::Segment { marker, .. } => has_frame |= frame::is_frame(marker),
            Part::Scan { at, .. } if !has_frame => {
                return Err(Break::Malformed { offset: at, reason: "image data starts before any frame header" });
            }
            Part::Scan { data: [], .. } => {}
            Part::Scan { .. } => return Ok(()),
        }
    }
    Err(Break::Malformed { offset: walk.position(), reason: "the image ends without any image data" })
}

/// How much of the picture is there, all of it whatever the file's end looks like, and what it looks like.
pub(crate) fn condition(data: &[u8]) -> Condition {
    coverage::measure(data)
}

/// Hands over what makes up the picture: tables, headers and scans. Application segments and comments, which hold metadata
/// and previews, stay out, as do the end marker and bytes that belong to nothing.
pub(crate) fn picture(data: &[u8], sink: &mut Sink) -> Result<(), Break> {
    let mut walk = Walk::new(data);
    while let Some(part) = walk.next()? {
        match part {
            Part::Segment { marker: 0xE0..=0xEF | markers::COMMENT, .. } => {}
            Part::Segment { marker, body } => {
                sink.take(&[marker]);
                sink.take(body);
            }
            Part::Scan { header, data, .. } => {
                sink.take(header);
                sink.take(data);
            }
        }
    }
    Ok(())
}

/// Why a frame of this kind is not decoded here, although other programs can.
#[cfg(feature = "pixels")]
pub(crate) fn unsupported(data: &[u8]) -> Option<&'static str> {
    let mut walk = Walk::new(data);
    while let Ok(Some(part)) = walk.next() {
        match part {
            Part::Segment { marker, body } if frame::is_frame(marker) => {
                return Frame::parse(marker, body).err().and_then(frame::FrameError::unsupported);
            }
            Part::Segment { .. } => {}
            Part::Scan { .. } => return None,
        }
    }
    None
}
