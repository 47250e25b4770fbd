//! Quiet hours: what is no page waits for their end.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::settings::{Settings, minute_of_day};

/// Whether only pages are told now.
#[must_use]
pub fn is_quiet(now: Instant, settings: &Settings) -> bool {
    let bounds = (minute_of_day(&settings.alerts_quiet_from), minute_of_day(&settings.alerts_quiet_until));
    let (Some(from), Some(until)) = bounds else { return false };
    is_within(now, from, until)
}

/// Whether it is between these minutes of the day (UTC), which may span midnight.
pub(crate) fn is_within(now: Instant, from: u32, until: u32) -> bool {
    let minute = u32::try_from(now.rem_euclid(86_400_000) / 60_000).unwrap_or(0);
    if from <= until { (from..until).contains(&minute) } else { minute >= from || minute < until }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_may_span_midnight() {
        let at = |hour: i64| hour * 3_600_000;
        let set = |from: &str, until: &str| Settings {
            alerts_quiet_from: from.to_owned(),
            alerts_quiet_until: until.to_owned(),
            ..Settings::default()
        };
        let night = set("22:00", "06:00");
        assert!(
            is_quiet(at(23), &night)
                && is_quiet(at(5), &night)
                && !is_quiet(at(6), &night)
                && !is_quiet(at(21), &night)
        );
        let noon = set("12:00", "13:00");
        assert!(is_quiet(at(12), &noon) && !is_quiet(at(13), &noon));
        assert!(!is_quiet(at(3), &Settings::default()));
    }
}
