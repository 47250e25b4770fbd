//! How long a service asks us to wait: the header `Retry-After` (RFC 9110, section 10.2.3), or what its text says.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Longest wait that is believed. A service that asks for more means a quota, and a person looks before that.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// The wait in milliseconds: from the header as seconds or as a date, otherwise from a text like "in 1 second".
/// A date that is past means no wait. None when nothing is named that can be understood.
pub fn wait_ms(header: Option<&str>, text: &str, now_ms: i64) -> Option<u32> {
    let wait = header.and_then(|value| from_header(value.trim(), now_ms)).or_else(|| from_text(text))?;
    u32::try_from(wait.min(LONGEST).as_millis()).ok()
}

fn from_header(value: &str, now_ms: i64) -> Option<Duration> {
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than a number holds are a wait beyond all measure.
        return Some(value.parse().map_or(LONGEST, Duration::from_secs));
    }
    let at: SystemTime = httpdate::parse_http_date(value).ok()?;
    let now = UNIX_EPOCH.checked_add(Duration::from_millis(u64::try_from(now_ms).ok()?))?;
    Some(at.duration_since(now).unwrap_or(Duration::ZERO))
}

/// The number before the word "second(s)", as both services write it.
fn from_text(text: &str) -> Option<Duration> {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.windows(2).find_map(|pair| match pair {
        [number, unit] if unit.to_ascii_lowercase().starts_with("second") => {
            number.parse().ok().map(Duration::from_secs)
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_445_412_480_000; // Wed, 21 Oct 2015 07:28:00 GMT

    #[test]
    fn seconds_and_dates_in_every_notation_are_understood() {
        assert_eq!(wait_ms(Some("0"), "", NOW), Some(0));
        assert_eq!(wait_ms(Some(" 120 "), "", NOW), Some(120_000));
        assert_eq!(wait_ms(Some("Wed, 21 Oct 2015 07:28:30 GMT"), "", NOW), Some(30_000));
        assert_eq!(wait_ms(Some("Wednesday, 21-Oct-15 07:28:30 GMT"), "", NOW), Some(30_000));
        assert_eq!(wait_ms(Some("Wed Oct 21 07:28:30 2015"), "", NOW), Some(30_000));
    }

    #[test]
    fn a_date_in_the_past_means_now_and_an_absurd_wait_is_cut_to_a_day() {
        assert_eq!(wait_ms(Some("Wed, 21 Oct 2015 07:27:00 GMT"), "", NOW), Some(0));
        assert_eq!(wait_ms(Some("99999999999999999999999"), "", NOW), Some(86_400_000));
        assert_eq!(wait_ms(Some("Wed, 21 Oct 2099 07:28:00 GMT"), "", NOW), Some(86_400_000));
    }

    #[test]
    fn what_cannot_be_understood_names_no_wait() {
        for header in ["", "soon", "-5", "1.5", "Wed, 99 Oct 2015"] {
            assert_eq!(wait_ms(Some(header), "", NOW), None, "{header}");
        }
        assert_eq!(wait_ms(Some("5"), "", -1), Some(5_000));
        assert_eq!(wait_ms(Some("Wed, 21 Oct 2015 07:28:30 GMT"), "", -1), None);
    }

    #[test]
    fn without_a_header_the_text_counts() {
        let text = "Request was throttled. Expected available in 1 second.";
        assert_eq!(wait_ms(None, text, NOW), Some(1_000));
        assert_eq!(wait_ms(Some("7"), text, NOW), Some(7_000));
        assert_eq!(wait_ms(None, "Please retry after 26 seconds.", NOW), Some(26_000));
        assert_eq!(wait_ms(None, "second second", NOW), None);
    }
}
