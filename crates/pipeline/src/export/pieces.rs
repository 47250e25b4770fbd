//! Files that are too large for one object: pieces that end with a row, and an index of them.
//!
//! Whoever renders, hashes, stores, serves or reads such a file holds one piece at a time, however many rows there are.

use serde::{Deserialize, Serialize};

/// A file is stored in pieces once it is larger than this, in bytes; each piece is about as large.
pub const PIECE_BYTES: usize = 1_048_576;

/// One piece of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Of the piece, lower-case hex.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

/// What a file consists of, in order. Its JSON text is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// The pieces.
    pub pieces: Vec<Piece>,
}

impl Index {
    /// Size of the file in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.bytes).sum()
    }
}

/// The bytes that a caller wants of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// All of it.
    All,
    /// From the first to the last, both included, within the file.
    Part {
        /// The first byte, from 0.
        first: u64,
        /// The last byte.
        last: u64,
    },
    /// A range that the file does not have.
    Nothing,
}

impl Wanted {
    /// What a `Range` header asks for (RFC 9110, 14.2), of a file of so many bytes. One range is served; several, another
    /// unit, or what is no range counts as no header.
    #[must_use]
    pub fn read(header: Option<&str>, bytes: u64) -> Self {
        let Some(range) = header.and_then(|text| text.trim().strip_prefix("bytes=")) else { return Self::All };
        let Some((first, last)) = range.trim().split_once('-') else { return Self::All };
        let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
        let end = bytes.saturating_sub(1);
        match (first.is_empty(), last.is_empty(), number(first), number(last)) {
            // The last so many bytes.
            (true, false, _, Some(count)) if count == 0 || bytes == 0 => Self::Nothing,
            (true, false, _, Some(count)) => Self::Part { first: bytes.saturating_sub(count), last: end },
            (false, true, Some(first), _) if first <= end && bytes > 0 => Self::Part { first, last: end },
            (false, true, Some(_), _) => Self::Nothing,
            (false, false, Some(first), Some(last)) if first > last => Self::All,
            (false, false, Some(first), Some(last)) if first <= end && bytes > 0 => {
                Self::Part { first, last: last.min(end) }
            }
            (false, false, Some(_), Some(_)) => Self::Nothing,
            _ => Self::All,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_what_the_standard_says() {
        let part = |first, last| Wanted::Part { first, last };
        for (header, wanted) in [
            (None, Wanted::All),
            (Some("bytes=0-0"), part(0, 0)),
            (Some("bytes=2-"), part(2, 9)),
            (Some("bytes=2-100"), part(2, 9)),
            (Some("bytes=-3"), part(7, 9)),
            (Some("bytes=-100"), part(0, 9)),
            (Some("bytes=10-"), Wanted::Nothing),
            (Some("bytes=-0"), Wanted::Nothing),
            (Some("bytes=5-2"), Wanted::All),
            (Some("bytes=0-1,4-5"), Wanted::All),
            (Some("rows=0-1"), Wanted::All),
            (Some("bytes=+1-2"), Wanted::All),
        ] {
            assert_eq!(Wanted::read(header, 10), wanted, "{header:?}");
        }
        assert_eq!(Wanted::read(Some("bytes=0-"), 0), Wanted::Nothing);
    }
}
