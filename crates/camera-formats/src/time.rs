//! Times as cameras write them, and the moments they mean.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, Zoned};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::capture::rfc3339;

/// A time of the most usual form, for messages.
pub const TIME_EXAMPLE: &str = "2026-11-20T10:15:30-06:00";

/// Longest text that is read as a time.
const MAX_BYTES: usize = 40;

/// When a camera says that it took a photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// A moment, as RFC 3339: in the camera's words where they are that.
    At(String),
    /// What its clock showed, wherever it stands.
    Local(DateTime),
}

impl Taken {
    /// The time as RFC 3339 with offset, for a clock in this zone.
    ///
    /// Pushes come moments after the photo, so of the hour that the end of daylight saving repeats the one nearer to the
    /// receipt is meant. In the hour that its beginning leaves out, the clock was not set yet.
    #[must_use]
    pub fn in_zone(&self, zone: &TimeZone, received: Instant) -> Option<String> {
        let local = match self {
            Self::At(text) => return Some(text.clone()),
            Self::Local(local) => *local,
        };
        let ambiguous = zone.to_ambiguous_timestamp(local);
        let moment = match ambiguous.offset() {
            AmbiguousOffset::Fold { .. } => {
                let both = [ambiguous.earlier().ok()?, ambiguous.later().ok()?];
                both.into_iter().min_by_key(|moment| moment.as_millisecond().abs_diff(received))?
            }
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Gap { .. } => ambiguous.compatible().ok()?,
        };
        Some(Zoned::new(moment, zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string())
    }
}

/// Reads a camera's time: ISO 8601 with or without an offset, with `T` or a space, in full or without punctuation, or seconds
/// or milliseconds since 1970. None for anything else.
#[must_use]
pub fn read_time(text: &str) -> Option<Taken> {
    let text = text.trim();
    if text.len() > MAX_BYTES || !text.is_ascii() || text.contains('[') {
        return None;
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return since_1970(text);
    }
    if let Some(compact) = compact(text) {
        return compact.parse().ok().map(Taken::Local);
    }
    let text = text.replace('/', "-").replacen(' ', "T", 1);
    if text.get(10..11)? != "T" {
        return None;
    }
    let (_, clock) = text.split_at_checked(11)?;
    if clock.ends_with(['Z', 'z']) || clock.contains(['+', '-']) {
        let text = colon_in_offset(text);
        let moment: Timestamp = text.parse().ok()?;
        // What RFC 3339 would not take is written as it does.
        let plain = text.len() >= 20 && text.get(16..17) == Some(":");
        return Some(Taken::At(if plain { text } else { rfc3339(moment.as_millisecond()) }));
    }
    text.parse().ok().map(Taken::Local)
}

fn since_1970(digits: &str) -> Option<Taken> {
    let number: i64 = digits.parse().ok()?;
    let milliseconds = match digits.len() {
        10 => number.checked_mul(1_000)?,
        13 => number,
        16 => number / 1_000,
        14 => return compact(digits)?.parse().ok().map(Taken::Local),
        _ => return None,
    };
    Some(Taken::At(rfc3339(milliseconds)))
}

/// `20260121 163817135`, `20260121T163817` and `20260121163817` as ISO 8601 with punctuation.
fn compact(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let separators = text.len() - digits.len();
    let joined = separators == 0 || (separators == 1 && matches!(text.get(8..9), Some(" " | "T" | "_" | "-")));
    if !joined || !matches!(digits.len(), 14 | 17) {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    let date = format!("{}-{}-{}", part(0, 4), part(4, 6), part(6, 8));
    let clock = format!("{}:{}:{}", part(8, 10), part(10, 12), part(12, 14));
    let fraction = part(14, 17);
    Some(if fraction.is_empty() { format!("{date}T{clock}") } else { format!("{date}T{clock}.{fraction}") })
}

/// `+0800` as `+08:00`.
fn colon_in_offset(text: String) -> String {
    let bytes = text.as_bytes();
    let at = bytes.len().saturating_sub(5);
    let offset = bytes.get(at..).unwrap_or_default();
    let bare = matches!(offset.first(), Some(b'+' | b'-')) && offset.iter().skip(1).all(u8::is_ascii_digit);
    match (bare && at > 11, text.split_at_checked(bytes.len().saturating_sub(2))) {
        (true, Some((before, minutes))) => format!("{before}:{minutes}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chicago() -> TimeZone {
        // The rules that hold there, without a database: this crate brings none.
        TimeZone::posix("CST6CDT,M3.2.0,M11.1.0").unwrap()
    }

    fn at(text: &str) -> Taken {
        Taken::At(text.to_owned())
    }

    fn local(text: &str) -> Taken {
        Taken::Local(text.parse().unwrap())
    }

    #[test]
    fn the_forms_of_the_makers_are_read() {
        let cases = [
            ("2026-11-20T10:15:30-06:00", at("2026-11-20T10:15:30-06:00")),
            ("2026-11-20T10:15:30.250+08:00", at("2026-11-20T10:15:30.250+08:00")),
            ("2026-11-20T10:15:30Z", at("2026-11-20T10:15:30Z")),
            ("2026-11-20T10:15:30+0800", at("2026-11-20T10:15:30+08:00")),
            ("2026-11-20 10:15:30", local("2026-11-20T10:15:30")),
            ("2026-11-20 10:15:30.123", local("2026-11-20T10:15:30.123")),
            ("2026/11/20 10:15:30", local("2026-11-20T10:15:30")),
            ("2026-11-20T10:15:30", local("2026-11-20T10:15:30")),
            ("20261120 101530135", local("2026-11-20T10:15:30.135")),
            ("20261120T101530", local("2026-11-20T10:15:30")),
            ("20261120101530", local("2026-11-20T10:15:30")),
            ("1763633730250", at("2025-11-20T10:15:30.250Z")),
            ("1763633730", at("2025-11-20T10:15:30.000Z")),
        ];
        for (text, expected) in cases {
            assert_eq!(read_time(text), Some(expected), "{text}");
        }
        for bad in [
            "",
            "now",
            "2026-11-20",
            "10:15:30",
            "2026-13-20 10:15:30",
            "2026-11-20 25:15:30",
            "12",
            "1e9",
            "2026-11-20T10:15:30[UTC]",
        ] {
            assert_eq!(read_time(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_local_time_is_that_of_the_cameras_zone() {
        let written = |text: &str| local(text).in_zone(&chicago(), 0);
        assert_eq!(written("2026-11-20T10:15:30").as_deref(), Some("2026-11-20T10:15:30.000-06:00"));
        assert_eq!(written("2026-07-20T10:15:30").as_deref(), Some("2026-07-20T10:15:30.000-05:00"));
        assert_eq!(
            at("2026-07-20T10:15:30+02:00").in_zone(&chicago(), 0).as_deref(),
            Some("2026-07-20T10:15:30+02:00")
        );
    }

    #[test]
    fn of_an_hour_that_comes_twice_the_one_nearer_to_the_receipt_is_meant() {
        let twice = local("2026-11-01T01:30:00");
        let first: Timestamp = "2026-11-01T06:30:01Z".parse().unwrap();
        let second: Timestamp = "2026-11-01T07:30:01Z".parse().unwrap();
        let written = |received: Timestamp| twice.in_zone(&chicago(), received.as_millisecond()).unwrap();
        assert_eq!(written(first), "2026-11-01T01:30:00.000-05:00");
        assert_eq!(written(second), "2026-11-01T01:30:00.000-06:00");
        let never = local("2026-03-08T02:30:00").in_zone(&chicago(), 0).unwrap();
        assert_eq!(never, "2026-03-08T03:30:00.000-05:00", "a clock that was not set yet");
    }
}
