//! Cron expressions with seconds, in UTC.

use chrono::{DateTime, Utc};
use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};

/// When a cron trigger fires: `second minute hour day month weekday [year]`.
///
/// The first six fields mean what they mean to the Spin plugin (weekday 0 or 7 is Sunday; day and weekday must both
/// match). The plugin takes no year field.
#[derive(Debug, Clone)]
pub struct Schedule(Cron);

impl Schedule {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn parse(expression: &str) -> Result<Self, String> {
        let fields = expression.split_whitespace().count();
        if !(6..=7).contains(&fields) {
            return Err(format!(
                "`{expression}` has {fields} fields; it needs 6 (second minute hour day month weekday) or 7 (with year)"
            ));
        }
        CronParser::builder()
            .seconds(Seconds::Required)
            .year(Year::Optional)
            .dom_and_dow(true)
            // `1/2`, which the plugin accepts.
            .sloppy_ranges(true)
            .build()
            .parse(expression)
            .map(Self)
            .map_err(|error| format!("`{expression}` is not a cron expression: {error}"))
    }

    /// The first firing after a moment, or none when there is no further one.
    #[must_use]
    pub fn next_after(&self, moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.0.find_next_occurrence(&moment, false).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(expression: &str, after: &str) -> String {
        Schedule::parse(expression).unwrap().next_after(after.parse().unwrap()).unwrap().to_rfc3339()
    }

    #[test]
    fn six_fields_start_with_seconds() {
        assert_eq!(next("*/20 * * * * *", "2026-01-01T00:00:20Z"), "2026-01-01T00:00:40+00:00");
        assert_eq!(next("0 0 * * * *", "2026-01-01T00:00:00Z"), "2026-01-01T01:00:00+00:00");
        assert_eq!(next("1/2 * * * * *", "2026-01-01T00:00:01.5Z"), "2026-01-01T00:00:03+00:00");
    }

    #[test]
    fn the_seventh_field_is_the_year() {
        assert_eq!(next("0 0 0 1 1 * 2030", "2026-06-01T00:00:00Z"), "2030-01-01T00:00:00+00:00");
        let past = Schedule::parse("0 0 0 1 1 * 2020").unwrap();
        assert_eq!(past.next_after("2026-01-01T00:00:00Z".parse().unwrap()), None);
    }

    #[test]
    fn sunday_is_weekday_zero() {
        assert_eq!(next("0 0 12 * * 0", "2026-01-01T00:00:00Z"), "2026-01-04T12:00:00+00:00");
    }

    #[test]
    fn wrong_expressions_are_refused_with_a_reason() {
        for wrong in ["", "* * * * *", "61 * * * * *", "a b c d e f", "* * * * * * * *"] {
            let reason = Schedule::parse(wrong).unwrap_err();
            assert!(reason.contains('`'), "{reason}");
        }
    }
}
