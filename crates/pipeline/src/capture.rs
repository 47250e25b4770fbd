//! When a photo was taken, in the camera's words.
//!
//! The camera's text is kept as it came (the offset tells local time) and its instant beside it. A camera with an
//! absurd clock is refused: a bill with a wrong time is a wrong bill.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimeParser;

use crate::Instant;

/// A capture time that was accepted.
///
/// A second 60, which RFC 3339 has for leap seconds, becomes 59: it names the same instant, and everybody who reads the text
/// after us understands it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapturedAt {
    /// As the camera wrote it, offset included.
    pub text: String,
    /// The moment it names.
    pub instant: Instant,
}

/// Why a capture time was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    /// Not RFC 3339.
    #[error("captured_at must be an RFC 3339 time with offset, like 2026-11-20T10:15:30.250-06:00")]
    Malformed,
    /// Before the oldest time allowed.
    #[error("captured_at is more than {hours} hours ago (setting intake.captured_at_max_age_hours)")]
    TooOld {
        /// The limit.
        hours: u64,
    },
    /// After the newest time allowed.
    #[error(
        "captured_at is more than {seconds} seconds ahead of this server's clock (setting intake.captured_at_max_ahead_seconds)"
    )]
    InFuture {
        /// The limit.
        seconds: u64,
    },
}

/// Parses RFC 3339 (date, time to the second or finer, offset or `Z`) and checks the bounds around `now`.
///
/// # Errors
/// [`CaptureError`] when the text is not RFC 3339 or the time lies outside the bounds.
pub fn check(text: &str, now: Instant, max_age_hours: u64, max_ahead_seconds: u64) -> Result<CapturedAt, CaptureError> {
    let text = readable(text);
    let instant = parse(&text).ok_or(CaptureError::Malformed)?;
    let age = now.saturating_sub(instant);
    if age > i64::try_from(max_age_hours).unwrap_or(i64::MAX).saturating_mul(3_600_000) {
        return Err(CaptureError::TooOld { hours: max_age_hours });
    }
    if -age > i64::try_from(max_ahead_seconds).unwrap_or(i64::MAX).saturating_mul(1000) {
        return Err(CaptureError::InFuture { seconds: max_ahead_seconds });
    }
    Ok(CapturedAt { text, instant })
}

/// Widest offset from UTC that is in use, and that .NET's and other readers of RFC 3339 take: 14 hours.
const MAX_OFFSET_MINUTES: u32 = 14 * 60;

/// A capture time as whoever reads a bill can parse it: in the camera's own words wherever they are plain.
///
/// RFC 3339 allows more than its readers do. `T` and `Z` are written large; second 60 becomes 59, the instant that it is
/// taken for; an offset beyond 14 hours, and `-00:00` ("the offset is unknown", section 4.3), become UTC. What is no
/// capture time is returned as it is.
#[must_use]
pub fn readable(text: &str) -> String {
    let Some(instant) = parse(text) else { return text.to_owned() };
    let mut text = text.to_ascii_uppercase();
    if text.get(17..19) == Some("60") {
        text.replace_range(17..19, "59");
    }
    let minutes = text.len().checked_sub(6).and_then(|at| text.get(at..)).and_then(offset_minutes);
    match minutes {
        Some(minutes) if minutes > MAX_OFFSET_MINUTES => rfc3339(instant),
        _ if text.ends_with("-00:00") => text.trim_end_matches("-00:00").to_owned() + "Z",
        _ => text,
    }
}

/// Minutes of an offset like `-06:00`, whichever side of UTC.
fn offset_minutes(offset: &str) -> Option<u32> {
    let (hours, minutes) = offset.strip_prefix(['+', '-'])?.split_once(':')?;
    Some(hours.parse::<u32>().ok()? * 60 + minutes.parse::<u32>().ok()?)
}

/// The instant a capture time names; none for a text that is none.
#[must_use]
pub fn instant(text: &str) -> Option<Instant> {
    parse(text)
}

/// The instant an RFC 3339 text names. Stricter than the parser below it, which also knows ISO 8601's other forms.
fn parse(text: &str) -> Option<Instant> {
    let bytes = text.as_bytes();
    let shape = bytes.len() >= 20
        && bytes.len() <= 40
        && bytes.get(4) == Some(&b'-')
        && bytes.get(7) == Some(&b'-')
        && matches!(bytes.get(10), Some(b'T' | b't'))
        && bytes.get(13) == Some(&b':')
        && bytes.get(16) == Some(&b':')
        && !text.contains('[')
        && !text.contains(',');
    let offset =
        text.ends_with(['Z', 'z']) || bytes.len().checked_sub(6).and_then(|at| text.get(at..)).is_some_and(is_offset);
    if !(shape && offset) {
        return None;
    }
    let timestamp: Timestamp = DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(timestamp.as_millisecond())
}

/// `+23:59` at most (RFC 3339, section 5.6); the parser knows more.
fn is_offset(tail: &str) -> bool {
    let number = |range: std::ops::Range<usize>| tail.get(range).and_then(|digits| digits.parse::<u8>().ok());
    tail.starts_with(['+', '-'])
        && tail.get(3..4) == Some(":")
        && number(1..3).is_some_and(|hours| hours < 24)
        && number(4..6).is_some_and(|minutes| minutes < 60)
}

/// The instant as RFC 3339 in UTC with milliseconds: how all our times are written.
#[must_use]
pub fn rfc3339(instant: Instant) -> String {
    Timestamp::from_millisecond(instant).map_or_else(|_| "out-of-range".to_owned(), |t| format!("{t:.3}"))
}

/// The UTC hour an instant lies in, `2026-11-20T10`: the key of the balance.
#[must_use]
pub fn hour(instant: Instant) -> String {
    rfc3339(instant).chars().take(13).collect()
}

/// Whether this is an hour as [`hour`] writes it. Hours are compared as text, so the form decides, and nothing but the form.
#[must_use]
pub fn is_hour(text: &str) -> bool {
    let two = |range: std::ops::Range<usize>, low: u8, high: u8| {
        text.get(range).and_then(|digits| digits.parse::<u8>().ok()).is_some_and(|n| (low..=high).contains(&n))
    };
    let bytes = text.as_bytes();
    let shape = bytes.len() == 13
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            10 => *byte == b'T',
            _ => byte.is_ascii_digit(),
        });
    shape && two(5..7, 1, 12) && two(8..10, 1, 31) && two(11..13, 0, 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = 1_763_633_730_000; // 2025-11-20T10:15:30Z

    #[test]
    fn rfc_3339_with_offset_names_the_same_instant_as_utc() {
        let utc = check("2025-11-20T10:15:30Z", NOW, 1, 1).unwrap();
        let local = check("2025-11-20T04:15:30.000-06:00", NOW, 1, 1).unwrap();
        assert_eq!(utc.instant, NOW);
        assert_eq!(local.instant, NOW);
        assert_eq!(local.text, "2025-11-20T04:15:30.000-06:00");
    }

    #[test]
    fn anything_but_rfc_3339_is_refused() {
        for bad in [
            "",
            "now",
            "2025-11-20",
            "2025-11-20T10:15:30",
            "20251120T101530Z",
            "2025-11-20 10:15:30Z",
            "2025-13-20T10:15:30Z",
            "2025-11-20T10:15:30+0600",
            "2025-11-20T10:15Z",
            "2025-11-20T10:15:30Z[UTC]",
            "2025-11-20T25:15:30Z",
            "2025-11-20T10:15:30+24:00",
            "2025-11-20T10:15:30-25:59",
            "2025-11-20T10:15:30+01:60",
        ] {
            assert_eq!(check(bad, NOW, 24, 60), Err(CaptureError::Malformed), "{bad}");
        }
    }

    #[test]
    fn what_readers_of_bills_cannot_parse_is_written_plainly() {
        for (written, expected) in [
            ("2025-11-20T10:15:30Z", "2025-11-20T10:15:30Z"),
            ("2025-11-20T04:15:30.250-06:00", "2025-11-20T04:15:30.250-06:00"),
            ("2025-11-20T16:00:30+05:45", "2025-11-20T16:00:30+05:45"),
            ("2025-11-20t10:15:30z", "2025-11-20T10:15:30Z"),
            ("2025-11-20T10:14:60Z", "2025-11-20T10:14:59Z"),
            ("2025-11-20T10:15:30-00:00", "2025-11-20T10:15:30Z"),
            ("2025-11-21T00:15:30+14:00", "2025-11-21T00:15:30+14:00"),
            ("2025-11-21T00:16:30+14:01", "2025-11-20T10:15:30.000Z"),
            ("2025-11-21T10:14:30+23:59", "2025-11-20T10:15:30.000Z"),
        ] {
            let taken = check(written, NOW, 48, 60).unwrap();
            assert_eq!(taken.text, expected, "{written}");
            assert_eq!(check(&taken.text, NOW, 48, 60).unwrap(), taken, "{written} stays what it became");
        }
    }

    #[test]
    fn a_leap_second_is_the_second_before_it() {
        let leap = check("2025-11-20T10:14:60.5+00:00", NOW, 24, 60).unwrap();
        let plain = check("2025-11-20T10:14:59.5+00:00", NOW, 24, 60).unwrap();
        assert_eq!(leap.text, plain.text);
        assert_eq!(leap.instant, plain.instant);
        assert_eq!(check(&leap.text, NOW, 24, 60).map(|again| again.text), Ok(plain.text));
    }

    #[test]
    fn absurd_times_are_refused_with_the_limit_named() {
        assert_eq!(check("1970-01-01T00:00:00Z", NOW, 24, 60), Err(CaptureError::TooOld { hours: 24 }));
        assert_eq!(check("2025-11-20T10:17:30Z", NOW, 24, 60), Err(CaptureError::InFuture { seconds: 60 }));
        assert_eq!(check("9999-12-01T23:59:59Z", NOW, 24, 60), Err(CaptureError::InFuture { seconds: 60 }));
    }

    #[test]
    fn hours_are_utc() {
        assert_eq!(hour(NOW), "2025-11-20T10");
        assert_eq!(rfc3339(NOW), "2025-11-20T10:15:30.000Z");
    }

    #[test]
    fn hours_have_one_form() {
        for good in ["2026-11-20T10", "2026-01-01T00", "2026-12-31T23"] {
            assert!(is_hour(good), "{good}");
        }
        for bad in [
            "",
            "2026-11-20",
            "2026-11-20T24",
            "2026-13-20T10",
            "2026-11-20T1",
            "2026-11-20t10",
            "+026-11-20T10",
            "2026-11-20T10:00",
        ] {
            assert!(!is_hour(bad), "{bad}");
        }
    }
}
