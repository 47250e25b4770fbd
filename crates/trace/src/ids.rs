//! Ids of traces and spans: 16 and 8 bytes, not all zero, written as lower-case hex.

use std::fmt;

use sha2::{Digest, Sha256};
use tollbooth_pipeline::ident::{hex, random_id};

use crate::Stage;

/// What a passage's id begins with.
const PASSAGE: &str = "psg_";
/// Crockford's base 32, as [`tollbooth_pipeline::ident`] writes it.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Which trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId([u8; 16]);

/// Which span of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId([u8; 8]);

impl TraceId {
    /// None for zeros, which the standard keeps for "none".
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        (bytes != [0; 16]).then_some(Self(bytes))
    }

    /// From 32 digits of lower-case hex.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        bytes_of_hex(text).and_then(Self::from_bytes)
    }

    /// The trace of a passage whose camera began none: the passage's id holds 128 bits of a digest, and these are they. So
    /// either is found by the other, with no column and no index.
    #[must_use]
    pub fn of_passage(passage: &str) -> Self {
        decoded(passage).and_then(Self::from_bytes).unwrap_or_else(|| Self(digest(&["trace", passage])))
    }

    /// The passage that has this trace by [`Self::of_passage`], should there be one.
    #[must_use]
    pub fn passage(self) -> String {
        random_id(PASSAGE.trim_end_matches('_'), &self.0)
    }

    /// What strangers are told in its place, always the same: from it nobody finds the way back to the passage.
    #[must_use]
    pub fn outside(self) -> Self {
        Self(digest(&["outside", &self.to_string()]))
    }

    /// As bytes.
    #[must_use]
    pub const fn bytes(self) -> [u8; 16] {
        self.0
    }
}

impl SpanId {
    /// None for zeros.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 8]) -> Option<Self> {
        (bytes != [0; 8]).then_some(Self(bytes))
    }

    /// From 16 digits of lower-case hex.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        bytes_of_hex(text).and_then(Self::from_bytes)
    }

    /// The span of a stage of a passage; `number` counts from 1, for an attempt to read it is the attempt's. Known before the
    /// stage is over, so that whoever is called in it can be told.
    #[must_use]
    pub fn of_stage(passage: &str, stage: Stage, number: u32) -> Self {
        let digest: [u8; 16] = digest(&["span", passage, stage.as_str(), &number.to_string()]);
        let [a, b, c, d, e, f, g, h, ..] = digest;
        // A digest of zeros is as likely as finding the photo of somebody's cat by guessing its SHA-256.
        Self([a, b, c, d, e, f, g, h | u8::from([a, b, c, d, e, f, g, h] == [0; 8])])
    }

    /// As bytes.
    #[must_use]
    pub const fn bytes(self) -> [u8; 8] {
        self.0
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

fn digest(parts: &[&str]) -> [u8; 16] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    let digest: [u8; 32] = digest.finalize().into();
    digest.first_chunk::<16>().copied().unwrap_or_default()
}

/// Exactly so many bytes of lower-case hex: capitals are invalid in a `traceparent`.
pub(crate) fn bytes_of_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if text.len() != N * 2 {
        return None;
    }
    let mut bytes = [0; N];
    for (slot, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        *slot = (digit(high)? << 4) | digit(low)?;
    }
    Some(bytes)
}

/// The 128 bits of a passage's id; none for an id of another form.
fn decoded(passage: &str) -> Option<[u8; 16]> {
    let text = passage.strip_prefix(PASSAGE).filter(|text| text.len() == 26)?;
    let mut bits = 0_u128;
    let (last, first) = text.as_bytes().split_last()?;
    let value = |digit: &u8| DIGITS.iter().position(|known| known == digit).and_then(|at| u128::try_from(at).ok());
    for digit in first {
        bits = (bits << 5) | value(digit)?;
    }
    // 25 digits are 125 bits; the last has three more and two that are always zero.
    let last = value(last)?;
    (last & 3 == 0).then(|| ((bits << 3) | (last >> 2)).to_be_bytes())
}

#[cfg(test)]
mod tests {
    use tollbooth_pipeline::ident::passage_id;

    use super::*;

    #[test]
    fn a_passage_and_its_trace_are_found_by_each_other() {
        for key in 0..500 {
            let passage = passage_id("north", &key.to_string());
            let trace = TraceId::of_passage(&passage);
            assert_eq!(trace.passage(), passage);
            assert_eq!(TraceId::parse(&trace.to_string()), Some(trace));
            assert_ne!(trace.outside().passage(), passage, "strangers do not learn it");
        }
        let odd = TraceId::of_passage("psg_forged");
        assert_ne!(odd, TraceId::of_passage("psg_forged2"), "whatever it is called it has a trace of its own");
    }

    #[test]
    fn ids_are_lower_case_hex_of_their_length_and_never_zero() {
        let text = "0af7651916cd43dd8448eb211c80319c";
        assert_eq!(TraceId::parse(text).unwrap().to_string(), text);
        assert_eq!(SpanId::parse("b7ad6b7169203331").unwrap().to_string(), "b7ad6b7169203331");
        for wrong in ["", "0", &text[..31], &text.to_uppercase(), &format!("{text}0"), &"0".repeat(32), &"é".repeat(16)]
        {
            assert_eq!(TraceId::parse(wrong), None, "{wrong}");
        }
        assert_eq!(SpanId::parse("0000000000000000"), None);
    }

    #[test]
    fn each_stage_and_attempt_has_a_span_of_its_own_that_is_always_the_same() {
        let span = |passage: &str, stage, number| SpanId::of_stage(passage, stage, number);
        let one = span("psg_a", Stage::Reading, 1);
        assert_eq!(one, span("psg_a", Stage::Reading, 1));
        for other in
            [span("psg_a", Stage::Reading, 2), span("psg_a", Stage::Review, 1), span("psg_b", Stage::Reading, 1)]
        {
            assert_ne!(one, other);
        }
    }
}
