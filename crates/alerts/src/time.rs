//! Times and spans as people read them in a message.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::capture::rfc3339;

/// `2026-11-20 10:00 UTC`
pub(crate) fn minute(at: Instant) -> String {
    let text = rfc3339(at);
    let (day, time) = text.split_once('T').unwrap_or((&text, ""));
    format!("{day} {} UTC", time.get(..5).unwrap_or(time))
}

/// `3 min`, `2 h 5 min`, `3 days`
pub(crate) fn span(ms: i64) -> String {
    let minutes = (ms / 60_000).max(0);
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, _) if hours >= 48 => format!("{} days", hours / 24),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_spans_are_short() {
        assert_eq!(minute(1_795_168_800_000), "2026-11-20 10:00 UTC");
        let spans = [0, 59_999, 60_000, 3_600_000, 7_500_000, 172_800_000, -5].map(span);
        assert_eq!(spans, ["0 min", "0 min", "1 min", "1 h", "2 h 5 min", "2 days", "0 min"]);
    }
}
