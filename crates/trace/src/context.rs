//! `traceparent`: <https://www.w3.org/TR/trace-context/>, read strictly, written as version 00.
//!
//! `tracestate` is not carried: it is text of others' making that would be kept for years beside the passage, and the standard
//! allows whoever crosses a border of trust to leave it out.

use std::fmt;

use crate::ids::bytes_of_hex;
use crate::{SpanId, TraceId};

/// Length of a header of version 00; longer ones are of a version that does not exist yet.
const LENGTH: usize = 55;
/// The caller recorded it, and asks others to record it, too.
const SAMPLED: u8 = 1;
/// The trace's id was drawn (Level 2).
const RANDOM: u8 = 2;

/// Where in which trace somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// The trace.
    pub trace: TraceId,
    /// The span of whoever calls.
    pub parent: SpanId,
    /// Of those that this version knows: others are not passed on.
    flags: u8,
}

/// A header that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the traceparent is none: 00, 32 hex digits, 16 hex digits and 2 hex digits, with hyphens between, in lower case"
)]
pub struct InvalidContext;

impl Context {
    /// A context that is recorded.
    #[must_use]
    pub const fn sampled(trace: TraceId, parent: SpanId) -> Self {
        Self { trace, parent, flags: SAMPLED }
    }

    /// Reads a header. One of a later version counts as version 00, as the standard asks.
    ///
    /// # Errors
    /// [`InvalidContext`]: whoever gets it begins a trace of their own.
    pub fn parse(text: &str) -> Result<Self, InvalidContext> {
        Self::read(text).ok_or(InvalidContext)
    }

    fn read(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() < LENGTH || !text.is_ascii() {
            return None;
        }
        let [version] = bytes_of_hex::<1>(text.get(..2)?)?;
        let whole = match version {
            0 => bytes.len() == LENGTH,
            0xff => false,
            _ => bytes.len() == LENGTH || bytes.get(LENGTH) == Some(&b'-'),
        };
        let hyphens = [2, 35, 52].iter().all(|at| bytes.get(*at) == Some(&b'-'));
        if !whole || !hyphens {
            return None;
        }
        let [flags] = bytes_of_hex::<1>(text.get(53..LENGTH)?)?;
        Some(Self {
            trace: TraceId::parse(text.get(3..35)?)?,
            parent: SpanId::parse(text.get(36..52)?)?,
            flags: flags & (SAMPLED | RANDOM),
        })
    }

    /// Whether the caller records it.
    #[must_use]
    pub const fn is_sampled(self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// The same trace, for whoever is called from this span.
    #[must_use]
    pub const fn with_parent(self, parent: SpanId) -> Self {
        Self { parent, ..self }
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace, self.parent, self.flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The standard's own example.
    const EXAMPLE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn the_example_of_the_standard_is_read_and_written() {
        let context = Context::parse(EXAMPLE).unwrap();
        assert_eq!(context.to_string(), EXAMPLE);
        assert!(context.is_sampled());
        assert!(!Context::parse(&EXAMPLE.replace("-01", "-00")).unwrap().is_sampled());
    }

    #[test]
    fn what_the_standard_forbids_is_refused() {
        let zeros = |from: usize, to: usize| {
            let mut text = EXAMPLE.to_owned();
            text.replace_range(from..to, &"0".repeat(to - from));
            text
        };
        for wrong in [
            String::new(),
            EXAMPLE[..54].to_owned(),
            format!("{EXAMPLE}-extra"),
            format!("{EXAMPLE} "),
            format!(" {EXAMPLE}"),
            EXAMPLE.to_uppercase(),
            EXAMPLE.replace("00-", "ff-"),
            EXAMPLE.replace("00-", "0x-"),
            EXAMPLE.replace('-', "_"),
            EXAMPLE.replace("-01", "-0x"),
            EXAMPLE.replace("-01", "-1"),
            zeros(3, 35),
            zeros(36, 52),
            format!("{EXAMPLE},{EXAMPLE}"),
            EXAMPLE.replace("0af7", "0äf"),
        ] {
            assert_eq!(Context::parse(&wrong), Err(InvalidContext), "{wrong}");
        }
    }

    #[test]
    fn a_later_version_is_read_as_far_as_this_one_goes_and_passed_on_as_this_one() {
        let later = EXAMPLE.replace("00-0a", "cc-0a");
        for text in [later.clone(), format!("{later}-what-the-future-holds")] {
            assert_eq!(Context::parse(&text).unwrap().to_string(), EXAMPLE);
        }
        assert_eq!(Context::parse(&format!("{later}.what")), Err(InvalidContext));
        let flags = EXAMPLE.replace("-01", "-ff");
        assert_eq!(
            Context::parse(&flags).unwrap().to_string(),
            EXAMPLE.replace("-01", "-03"),
            "unknown flags are not passed on"
        );
    }
}
