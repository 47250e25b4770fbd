//! What an operator can change at run time: one table of names, defaults, ranges and meanings.
//!
//! The ledger stores only what differs from the defaults. A change is checked as a whole, so a pair of values that
//! contradict each other is never in force, whichever was set first.

use serde_json::Value;

/// The type and range of a setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A whole number in this range, both ends allowed.
    Whole(u64, u64),
    /// A number in this range, both ends allowed.
    Number(f64, f64),
    /// One of these words.
    Word(&'static [&'static str]),
    /// True or false.
    Switch,
}

/// One setting, for validation, the API and the documents.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Definition {
    /// `reading.concurrency`
    pub name: &'static str,
    /// Type and range.
    pub kind: Kind,
    /// What it means, with its unit.
    pub meaning: &'static str,
}

trait Field: Sized {
    fn from_json(value: &Value) -> Option<Self>;
    fn to_json(&self) -> Value;
}

impl Field for u64 {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_u64()
    }
    fn to_json(&self) -> Value {
        (*self).into()
    }
}

impl Field for u32 {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_u64().and_then(|n| n.try_into().ok())
    }
    fn to_json(&self) -> Value {
        (*self).into()
    }
}

impl Field for f64 {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_f64()
    }
    fn to_json(&self) -> Value {
        (*self).into()
    }
}

impl Field for bool {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_bool()
    }
    fn to_json(&self) -> Value {
        (*self).into()
    }
}

impl Field for String {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_str().map(ToOwned::to_owned)
    }
    fn to_json(&self) -> Value {
        self.as_str().into()
    }
}

macro_rules! settings {
    ($($field:ident: $type:ty = $default:expr, $name:literal, $kind:expr, $meaning:literal;)+) => {
        /// The settings in force.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Settings { $(#[doc = $meaning] pub $field: $type),+ }

        impl Default for Settings {
            fn default() -> Self { Self { $($field: $default),+ } }
        }

        /// Every setting there is.
        pub const DEFINITIONS: &[Definition] = &[$(Definition { name: $name, kind: $kind, meaning: $meaning }),+];

        impl Settings {
            /// All values in force, by name.
            #[must_use]
            pub fn values(&self) -> Vec<(&'static str, Value)> {
                vec![$(($name, self.$field.to_json())),+]
            }

            fn set(&mut self, name: &str, value: &Value) -> Result<(), String> {
                match name {
                    $($name => {
                        check_kind($name, $kind, value)?;
                        self.$field = <$type>::from_json(value).ok_or_else(|| format!("{} is out of range", $name))?;
                    })+
                    _ => return Err(format!("`{name}` is no setting; GET /v1/settings lists them")),
                }
                Ok(())
            }
        }
    };
}

settings! {
    intake_max_photo_bytes: u64 = 10_485_760, "intake.max_photo_bytes", Kind::Whole(1_024, 104_857_600),
        "Largest photo accepted, in bytes.";
    intake_max_pixels: u64 = 40_000_000, "intake.max_pixels", Kind::Whole(10_000, 40_000_000),
        "Largest photo accepted, in pixels (width times height), by the image header; what the recogniser decodes at most.";
    intake_min_side_pixels: u32 = 64, "intake.min_side_pixels", Kind::Whole(1, 4_096),
        "Smallest width and height accepted, in pixels.";
    intake_captured_at_max_age_hours: u64 = 720, "intake.captured_at_max_age_hours", Kind::Whole(1, 87_600),
        "Oldest capture time accepted, in hours before receipt.";
    intake_captured_at_max_ahead_seconds: u64 = 300, "intake.captured_at_max_ahead_seconds", Kind::Whole(0, 86_400),
        "Newest capture time accepted, in seconds after receipt: cameras' clocks drift.";
    intake_wake_quiet_ms: u32 = 500, "intake.wake_quiet_ms", Kind::Whole(50, 60_000),
        "Shortest time between two wake-ups of the reading stage, in milliseconds.";

    reading_concurrency: u32 = 2, "reading.concurrency", Kind::Whole(0, 10_000),
        "Readings in flight over all replicas; 0 pauses reading.";
    reading_lease_seconds: u64 = 120, "reading.lease_seconds", Kind::Whole(2, 3_600),
        "How long a reading may hold its passage, in seconds.";
    reading_call_seconds: u64 = 60, "reading.call_seconds", Kind::Whole(1, 1_800),
        "Longest call of a recogniser, in seconds; must end before the lease does.";
    reading_slice_seconds: u64 = 10, "reading.slice_seconds", Kind::Whole(1, 600),
        "How long one tick goes on taking work, in seconds.";
    reading_max_attempts: u32 = 5, "reading.max_attempts", Kind::Whole(1, 100),
        "Attempts before a person takes over.";
    reading_backoff_seconds: u64 = 2, "reading.backoff_seconds", Kind::Whole(1, 3_600),
        "Wait after the first failed attempt, in seconds; doubles with each.";
    reading_backoff_max_seconds: u64 = 300, "reading.backoff_max_seconds", Kind::Whole(1, 86_400),
        "Longest wait between attempts, in seconds.";

    judge_min_confidence: f64 = 0.95, "judge.min_confidence", Kind::Number(0.0, 1.0),
        "A plate with less confidence goes to a person.";
    judge_min_margin: f64 = 0.05, "judge.min_margin", Kind::Number(0.0, 1.0),
        "The best text must lead the second by this much confidence.";
    judge_jurisdiction_conflict: String = "review".to_owned(), "judge.jurisdiction_conflict", Kind::Word(&["review", "trust-plate"]),
        "What to do when the plate names another jurisdiction than the booth's.";
    judge_recross_seconds: u64 = 60, "judge.recross_seconds", Kind::Whole(0, 86_400),
        "The same plate at the same booth within this time is one crossing, in seconds between the capture times.";
    judge_quality_sample_percent: f64 = 0.0, "judge.quality_sample_percent", Kind::Number(0.0, 100.0),
        "Share of accepted plates that people check, in percent.";

    review_claim_seconds: u64 = 300, "review.claim_seconds", Kind::Whole(10, 86_400),
        "How long a claimed review is reserved, in seconds.";

    export_interval_minutes: u64 = 60, "export.interval_minutes", Kind::Whole(1, 10_080),
        "Time between scheduled exports, in minutes.";
    export_profile: String = "lab".to_owned(), "export.profile", Kind::Word(&["lab", "full"]),
        "Columns of the CSV: `lab` (what billing reads today) or `full`.";
    export_max_rows: u32 = 10_000, "export.max_rows", Kind::Whole(1, 100_000),
        "Most bill lines in one file; what is left over goes into the next.";
}

fn check_kind(name: &str, kind: Kind, value: &Value) -> Result<(), String> {
    let fits = match kind {
        Kind::Whole(low, high) => value.as_u64().is_some_and(|n| (low..=high).contains(&n)),
        Kind::Number(low, high) => value.as_f64().is_some_and(|n| (low..=high).contains(&n)),
        Kind::Word(words) => value.as_str().is_some_and(|w| words.contains(&w)),
        Kind::Switch => value.is_boolean(),
    };
    if fits {
        return Ok(());
    }
    Err(match kind {
        Kind::Whole(low, high) => format!("{name} must be a whole number from {low} to {high}"),
        Kind::Number(low, high) => format!("{name} must be a number from {low} to {high}"),
        Kind::Word(words) => format!("{name} must be one of {}", words.join(", ")),
        Kind::Switch => format!("{name} must be true or false"),
    })
}

/// Settings that were refused, every violation named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct InvalidSettings(pub Vec<String>);

impl Settings {
    /// The settings in force, given what differs from the defaults: names with JSON values.
    ///
    /// # Errors
    /// Every unknown name, wrong type, value out of range and contradiction.
    pub fn from_changes<'a>(changes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, InvalidSettings> {
        let mut settings = Self::default();
        let mut violations = Vec::new();
        for (name, json) in changes {
            match serde_json::from_str::<Value>(json) {
                Ok(value) => violations.extend(settings.set(name, &value).err()),
                Err(_) => violations.push(format!("{name} is not JSON")),
            }
        }
        violations.extend(settings.contradictions());
        if violations.is_empty() { Ok(settings) } else { Err(InvalidSettings(violations)) }
    }

    fn contradictions(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.reading_call_seconds >= self.reading_lease_seconds {
            found.push(
                "reading.call_seconds must be less than reading.lease_seconds: a call may not outlive its lease"
                    .to_owned(),
            );
        }
        if self.reading_backoff_seconds > self.reading_backoff_max_seconds {
            found.push("reading.backoff_seconds must not exceed reading.backoff_max_seconds".to_owned());
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_every_value_can_be_set_to_itself() {
        let values = Settings::default().values();
        let texts: Vec<_> = values.iter().map(|(n, v)| (*n, v.to_string())).collect();
        let again = Settings::from_changes(texts.iter().map(|(n, v)| (*n, v.as_str())));
        assert_eq!(again, Ok(Settings::default()));
        assert_eq!(values.len(), DEFINITIONS.len());
    }

    #[test]
    fn a_call_may_not_outlive_its_lease() {
        let error = Settings::from_changes([("reading.lease_seconds", "60")]).unwrap_err();
        assert!(error.to_string().contains("reading.call_seconds"), "{error}");
        assert!(Settings::from_changes([("reading.lease_seconds", "30"), ("reading.call_seconds", "10")]).is_ok());
    }

    #[test]
    fn every_violation_is_named() {
        let error = Settings::from_changes([
            ("export.interval_minutes", "0"),
            ("judge.min_confidence", "\"high\""),
            ("judge.jurisdiction_conflict", "\"ignore\""),
            ("no.such", "1"),
            ("review.claim_seconds", "{"),
        ])
        .unwrap_err();
        assert_eq!(error.0.len(), 5, "{error}");
    }

    #[test]
    fn a_setting_out_of_range_says_the_range() {
        let error = Settings::from_changes([("export.interval_minutes", "0")]).unwrap_err();
        assert_eq!(error.to_string(), "export.interval_minutes must be a whole number from 1 to 10080");
    }
}
