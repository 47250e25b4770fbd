//! The marker structure (T.81, annex B), walked as a tolerant viewer does.
//!
//! Segments are skipped by their stated length, so a thumbnail inside one is never seen. Bytes that belong to no segment are
//! passed over up to the next marker. Entropy-coded data ends at its next real marker. A file that stops behind its first
//! scan has ended; whether it was complete is not decided here.

use memchr::memchr;

use crate::Break;
use crate::bytes::{advance, array, u16_be};

/// Start-of-image marker and the first byte of whatever follows it.
pub(crate) const SIGNATURE: &[u8] = &[0xFF, 0xD8, 0xFF];

pub(super) const START_OF_IMAGE: u8 = 0xD8;
pub(super) const END_OF_IMAGE: u8 = 0xD9;
pub(super) const START_OF_SCAN: u8 = 0xDA;
pub(super) const HUFFMAN_TABLES: u8 = 0xC4;
pub(super) const QUANTIZATION_TABLES: u8 = 0xDB;
pub(super) const RESTART_INTERVAL: u8 = 0xDD;
/// EXIF, among others.
pub(super) const APP1: u8 = 0xE1;
/// Adobe's colour transform.
pub(super) const APP14: u8 = 0xEE;
pub(super) const COMMENT: u8 = 0xFE;
const STUFFED_ZERO: u8 = 0x00;

/// A part of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// A segment with a length.
    Segment {
        /// Second byte of its marker.
        marker: u8,
        /// What follows the length.
        body: &'a [u8],
    },
    /// A scan: its header and the entropy-coded data behind it.
    Scan {
        /// Where its marker is.
        at: usize,
        /// The header without its length.
        header: &'a [u8],
        /// Entropy-coded data, restart markers included.
        data: &'a [u8],
    },
}

/// How the file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Not reached yet.
    Open,
    /// With its end marker.
    Marked,
    /// The bytes stopped, or another image began.
    Missing,
}

/// A walk over the parts of one image.
pub(super) struct Walk<'a> {
    file: &'a [u8],
    at: usize,
    scans: usize,
    end: End,
    stray_bytes: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(file: &'a [u8]) -> Self {
        Self { file, at: 2, scans: 0, end: End::Open, stray_bytes: 0 }
    }

    /// Where the walk stands.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn end(&self) -> End {
        self.end
    }

    /// Bytes passed over that belong to no segment.
    pub(super) fn stray_bytes(&self) -> usize {
        self.stray_bytes
    }

    /// The next part; none behind the last.
    pub(super) fn next(&mut self) -> Result<Option<Part<'a>>, Break> {
        match self.step() {
            // Behind image data the end of the bytes, or nonsense, is an end like another: what came before is there.
            Err(_) if self.scans > 0 => {
                self.end = End::Missing;
                Ok(None)
            }
            other => other,
        }
    }

    fn step(&mut self) -> Result<Option<Part<'a>>, Break> {
        loop {
            if self.end != End::Open {
                return Ok(None);
            }
            let (marker, at, body) = self.next_marker()?;
            self.at = body;
            match marker {
                END_OF_IMAGE if self.scans == 0 => {
                    return Err(Break::Malformed { offset: at, reason: "the image ends without any image data" });
                }
                END_OF_IMAGE => self.end = End::Marked,
                START_OF_IMAGE if self.scans > 0 => self.end = End::Missing,
                START_OF_IMAGE => {}
                _ => return self.part(marker, at, body).map(Some),
            }
        }
    }

    fn part(&mut self, marker: u8, at: usize, body: usize) -> Result<Part<'a>, Break> {
        let length = u16_be(self.file, body)?;
        if length < 2 {
            return Err(Break::Malformed { offset: body, reason: "a segment states a length below 2" });
        }
        let (start, end) = (advance(body, 2)?, advance(body, length.into())?);
        let content = self.file.get(start..end).ok_or(Break::End)?;
        self.at = end;
        if marker != START_OF_SCAN {
            return Ok(Part::Segment { marker, body: content });
        }
        self.at = end_of_scan(self.file, end);
        self.scans = self.scans.saturating_add(1);
        let data = self.file.get(end..self.at).unwrap_or_default();
        Ok(Part::Scan { at, header: content, data })
    }

    /// The next marker of a kind that may stand between segments, where it is, and the offset behind it. Any number of 0xFF
    /// fill bytes may precede a marker (B.1.1.2).
    fn next_marker(&mut self) -> Result<(u8, usize, usize), Break> {
        let mut at = self.at;
        let mut code_at = at;
        loop {
            let rest = self.file.get(code_at..).ok_or(Break::End)?;
            let first = advance(code_at, memchr(0xFF, rest).ok_or(Break::End)?)?;
            let fill = self.file.get(first..).unwrap_or_default().iter().take_while(|&&byte| byte == 0xFF).count();
            let code = advance(first, fill)?;
            let [marker] = array(self.file, code)?;
            self.stray_bytes = self.stray_bytes.saturating_add(first.saturating_sub(at));
            if may_stand_between_segments(marker) {
                return Ok((marker, first, advance(code, 1)?));
            }
            at = first;
            code_at = advance(code, 1)?;
        }
    }
}

/// The offset of the marker that ends the entropy-coded data starting at `at`, or of the end of the bytes.
fn end_of_scan(file: &[u8], mut at: usize) -> usize {
    loop {
        let rest = file.get(at..).unwrap_or_default();
        let Some(step) = memchr(0xFF, rest) else { return file.len() };
        at = at.saturating_add(step);
        match file.get(at.saturating_add(1)) {
            None => return file.len(),
            // 0xFF 0xFF is a fill byte: look at the second one again.
            Some(0xFF) => at = at.saturating_add(1),
            Some(&STUFFED_ZERO | 0xD0..=0xD7) => at = at.saturating_add(2),
            Some(_) => return at,
        }
    }
}

/// Frame headers, tables, scans, application data, comments, start and end. Restart markers and reserved codes that stand
/// here belong to nothing.
fn may_stand_between_segments(marker: u8) -> bool {
    matches!(marker, 0xC0..=0xC7 | 0xC9..=0xCF | 0xD8..=0xDF | 0xE0..=0xEF | 0xFE)
}
