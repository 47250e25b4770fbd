//! What a rule can watch: a closed list, each with its unit and with how it is read from roll-ups. What is not measured
//! cannot be watched, and a name that is gone would be a rule that never fires.

use std::fmt;
use std::str::FromStr;

/// How the values of a window become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregation {
    /// What happened, added up.
    Sum,
    /// A part of a whole, in percent.
    Share,
    /// As it stood last.
    Last,
    /// The mean.
    Mean,
    /// The smallest.
    Least,
    /// The largest.
    Most,
    /// The median.
    P50,
    /// What nine of ten do not exceed.
    P90,
    /// What 99 of 100 do not exceed.
    P99,
}

impl Aggregation {
    /// Every aggregation.
    pub const ALL: &'static [Self] =
        &[Self::Sum, Self::Share, Self::Last, Self::Mean, Self::Least, Self::Most, Self::P50, Self::P90, Self::P99];

    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Share => "share",
            Self::Last => "last",
            Self::Mean => "mean",
            Self::Least => "least",
            Self::Most => "most",
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P99 => "p99",
        }
    }

    /// Behind the metric's title, for people.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Sum | Self::Share => "",
            Self::Last => ", last",
            Self::Mean => ", mean",
            Self::Least => ", least",
            Self::Most => ", most",
            Self::P50 => ", median",
            Self::P90 => ", 90 of 100",
            Self::P99 => ", 99 of 100",
        }
    }
}

impl fmt::Display for Aggregation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Aggregation {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|one| one.as_str() == text).ok_or(())
    }
}

/// Where a metric comes from: names of [`tollbooth_telemetry::METRICS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// What happened, over all labels; a unit of the metric is so many of the roll-ups'.
    Count(&'static str, i64),
    /// A part of a whole.
    Share {
        /// Of this.
        part: &'static str,
        /// Of the sum of these.
        whole: &'static [&'static str],
    },
    /// How many passages are in a stage.
    Level(&'static str),
    /// How old the oldest passage of a stage is; a unit of the metric is so many milliseconds.
    Age(&'static str, i64),
    /// Durations; a unit of the metric is so many milliseconds.
    Durations(&'static str, i64),
}

/// One metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// `unreadable_percent`
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// `photos`, `percent`, `minutes`, …
    pub unit: &'static str,
    /// Where it comes from.
    pub source: Source,
}

const AGAINST_TIME: &[Aggregation] = &[Aggregation::P90, Aggregation::P50, Aggregation::P99, Aggregation::Mean];
const AS_IT_STANDS: &[Aggregation] = &[Aggregation::Last, Aggregation::Mean, Aggregation::Least, Aggregation::Most];

impl Metric {
    /// How its values can become one, the usual way first.
    #[must_use]
    pub const fn aggregations(&self) -> &'static [Aggregation] {
        match self.source {
            Source::Count(..) => &[Aggregation::Sum],
            Source::Share { .. } => &[Aggregation::Share],
            Source::Level(_) | Source::Age(..) => AS_IT_STANDS,
            Source::Durations(..) => AGAINST_TIME,
        }
    }

    /// Whether it is a level, which is known by the minute and not by the hour.
    #[must_use]
    pub const fn is_level(&self) -> bool {
        matches!(self.source, Source::Level(_) | Source::Age(..))
    }

    /// Whether few of what it is made of say nothing: shares and durations.
    #[must_use]
    pub const fn needs_many(&self) -> bool {
        matches!(self.source, Source::Share { .. } | Source::Durations(..))
    }

    /// Whether it is known for each booth; otherwise for all together only.
    #[must_use]
    pub fn is_of_booths(&self) -> bool {
        self.name != "exports"
    }
}

/// The metric of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}

const fn metric(name: &'static str, title: &'static str, unit: &'static str, source: Source) -> Metric {
    Metric { name, title, unit, source }
}

const fn share(part: &'static str, whole: &'static [&'static str]) -> Source {
    Source::Share { part, whole }
}

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60_000;
const MICROS: i64 = 1_000_000;

/// Every metric that a rule can watch.
pub const METRICS: &[Metric] = &[
    metric("received", "Photos received", "photos", Source::Count("received", 1)),
    metric("duplicate", "Photos received again", "photos", Source::Count("duplicate", 1)),
    metric("refused", "Uploads refused", "uploads", Source::Count("refused", 1)),
    metric("refused_strangers", "Uploads of strangers refused", "uploads", Source::Count("refused_strangers", 1)),
    metric("unreadable", "Photos unreadable", "photos", Source::Count("unreadable", 1)),
    metric("unreadable_percent", "Photos unreadable, of those received", "percent", share("unreadable", &["received"])),
    metric("referred", "Photos sent to people", "photos", Source::Count("referred", 1)),
    metric("referred_percent", "Photos sent to people, of those received", "percent", share("referred", &["received"])),
    metric("read_failed", "Readings failed", "attempts", Source::Count("read_failed", 1)),
    metric("read_failed_percent", "Readings failed, of all", "percent", share("read_failed", &["read", "read_failed"])),
    metric("accepted", "Passages accepted", "passages", Source::Count("accepted", 1)),
    metric("rejected", "Passages rejected", "passages", Source::Count("rejected", 1)),
    metric("reopened", "Passages opened again", "passages", Source::Count("reopened", 1)),
    metric("billed", "Bill lines published", "lines", Source::Count("billed", 1)),
    metric("exports", "Exports published", "exports", Source::Count("exports", 1)),
    metric("cost", "Cost of readings", "currency", Source::Count("cost_micros", MICROS)),
    metric("waiting", "Photos that wait to be read", "photos", Source::Level("waiting")),
    metric("in_review", "Reviews open", "passages", Source::Level("in-review")),
    metric("to_bill", "Passages to be exported", "passages", Source::Level("to-bill")),
    metric(
        "oldest_waiting_minutes",
        "Age of the oldest photo that waits",
        "minutes",
        Source::Age("waiting", MINUTE_MS),
    ),
    metric("oldest_review_minutes", "Age of the oldest open review", "minutes", Source::Age("in-review", MINUTE_MS)),
    metric("capture_lag_seconds", "From capture to receipt", "seconds", Source::Durations("lag_ms", SECOND_MS)),
    metric("reading_wait_seconds", "Wait to be read", "seconds", Source::Durations("reading_wait_ms", SECOND_MS)),
    metric("reading_run_seconds", "Duration of readings", "seconds", Source::Durations("reading_run_ms", SECOND_MS)),
    metric("review_minutes", "Duration of reviews", "minutes", Source::Durations("review_ms", MINUTE_MS)),
    metric("billable_minutes", "From capture to acceptance", "minutes", Source::Durations("billable_ms", MINUTE_MS)),
    metric(
        "export_wait_minutes",
        "From acceptance to the bill line",
        "minutes",
        Source::Durations("export_wait_ms", MINUTE_MS),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_watched_is_measured() {
        for (at, metric) in METRICS.iter().enumerate() {
            let sources = match metric.source {
                Source::Count(name, _) | Source::Durations(name, _) => vec![name],
                Source::Share { part, whole } => [&[part][..], whole].concat(),
                Source::Level(_) => vec!["depth"],
                Source::Age(..) => vec!["depth", "age_ms"],
            };
            for name in sources {
                assert!(tollbooth_telemetry::find(name).is_some(), "{}: {name}", metric.name);
            }
            assert!(METRICS.iter().skip(at + 1).all(|other| other.name != metric.name), "{}", metric.name);
            assert!(!metric.aggregations().is_empty());
        }
    }

    #[test]
    fn every_aggregation_survives_the_round_trip_through_its_name() {
        for one in Aggregation::ALL.iter().copied() {
            assert_eq!(one.as_str().parse(), Ok(one));
        }
    }
}
