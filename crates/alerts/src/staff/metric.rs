//! What a rule can watch: a closed list, each with its unit and with how it is read from roll-ups. What is not measured
//! cannot be watched, and a name that is gone would be a rule that never fires.

use std::fmt;
use std::str::FromStr;

use tollbooth_telemetry::Of;

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

/// Whose figures a metric is known of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// All booths together.
    All,
    /// A booth.
    Booth,
    /// A camera: by the hour only.
    Camera,
    /// A recogniser.
    Recognizer,
}

impl Kind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::All, Self::Booth, Self::Camera, Self::Recognizer];

    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Booth => "booth",
            Self::Camera => "camera",
            Self::Recognizer => "recognizer",
        }
    }

    /// For people, of many.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::All => "all booths together",
            Self::Booth => "booths",
            Self::Camera => "cameras",
            Self::Recognizer => "recognisers",
        }
    }

    const fn is_covered_by(self, of: Of) -> bool {
        matches!(
            (of, self),
            (Of::All | Of::Booths, Self::All)
                | (Of::Booths, Self::Booth)
                | (Of::Cameras, Self::Camera)
                | (Of::Recognizers, Self::Recognizer)
        )
    }
}

/// Where a metric comes from: names of [`tollbooth_telemetry::METRICS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// What happened, over all labels, or with the one behind the dot; a unit of the metric is so many of the roll-ups'.
    Count(&'static str, i64),
    /// What happened, over all labels but one.
    CountBut(&'static str, &'static str),
    /// What came less what went, over all labels; below zero where more went.
    Growth {
        /// Came.
        more: &'static [&'static str],
        /// Went. Durations are so many as there are.
        less: &'static [&'static str],
    },
    /// A part of a whole.
    Share {
        /// Of this.
        part: &'static str,
        /// Of the sum of these.
        whole: &'static [&'static str],
    },
    /// All but one label of something, of all of it.
    ShareBut {
        /// All of it.
        whole: &'static str,
        /// The label, with its metric.
        but: &'static str,
    },
    /// How something stands; a unit of the metric is so many of the roll-ups'.
    Level(&'static str, i64),
    /// For which part of the time something was so that is 1 while it is.
    Time(&'static str),
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
            Source::Count(..) | Source::CountBut(..) | Source::Growth { .. } => &[Aggregation::Sum],
            Source::Share { .. } | Source::ShareBut { .. } | Source::Time(_) => &[Aggregation::Share],
            Source::Level(..) | Source::Age(..) => AS_IT_STANDS,
            Source::Durations(..) => AGAINST_TIME,
        }
    }

    /// Whether it is a level, which is known by the minute and not by the hour.
    #[must_use]
    pub const fn is_level(&self) -> bool {
        matches!(self.source, Source::Level(..) | Source::Time(_) | Source::Age(..))
    }

    /// Whether few of what it is made of say nothing: shares and durations.
    #[must_use]
    pub const fn needs_many(&self) -> bool {
        matches!(self.source, Source::Share { .. } | Source::ShareBut { .. } | Source::Durations(..))
    }

    /// Whether it is known of these: everything that it is made of is measured of them.
    #[must_use]
    pub fn is_of(&self, kind: Kind) -> bool {
        self.parts().into_iter().all(|part| {
            let name = part.split_once('.').map_or(part, |(name, _)| name);
            tollbooth_telemetry::find(name).is_some_and(|measured| measured.of.iter().any(|of| kind.is_covered_by(*of)))
        })
    }

    /// Whether its exact value, look by look, would tell whoever reviews which photo is a sample: what could not be read is
    /// none. Telemetry keeps it back from them, and an alert is read by anybody (ADR 0024).
    #[must_use]
    pub fn tells_samples_apart(&self) -> bool {
        self.parts().contains(&"unreadable")
    }

    /// All that it is known of.
    #[must_use]
    pub fn of(&self) -> Vec<Kind> {
        Kind::ALL.iter().copied().filter(|kind| self.is_of(*kind)).collect()
    }

    /// The figures of telemetry that it is made of, some with a label.
    fn parts(&self) -> Vec<&'static str> {
        match self.source {
            Source::Count(name, _)
            | Source::CountBut(name, _)
            | Source::ShareBut { whole: name, .. }
            | Source::Level(name, _)
            | Source::Time(name)
            | Source::Durations(name, _) => vec![name],
            Source::Growth { more, less } => [more, less].concat(),
            Source::Share { part, whole } => [&[part][..], whole].concat(),
            Source::Age(..) => vec!["depth", "age_ms"],
        }
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

/// Each way into review and out of it: what leaves has a duration.
const REVIEW_GROWTH: Source = Source::Growth { more: &["referred", "reopened"], less: &["review_ms"] };

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
    metric("review_growth", "Reviews opened less those closed", "passages", REVIEW_GROWTH),
    metric("read_failed", "Readings failed", "attempts", Source::Count("read_failed", 1)),
    metric("read_failed_percent", "Readings failed, of all", "percent", share("read_failed", &["read", "read_failed"])),
    metric("accepted", "Passages accepted", "passages", Source::Count("accepted", 1)),
    metric("rejected", "Passages rejected", "passages", Source::Count("rejected", 1)),
    metric("rejected_system", "Passages rejected by the system's fault", "passages", Source::Count("blamed.system", 1)),
    metric(
        "rejected_system_percent",
        "Rejections by the system's fault, of all",
        "percent",
        share("blamed.system", &["rejected"]),
    ),
    metric("reopened", "Passages opened again", "passages", Source::Count("reopened", 1)),
    metric("billed", "Bill lines published", "lines", Source::Count("billed", 1)),
    metric("exports", "Exports published", "exports", Source::Count("exports", 1)),
    metric("cost", "Cost of readings", "currency", Source::Count("cost_micros", MICROS)),
    metric("waiting", "Photos that wait to be read", "photos", Source::Level("depth.waiting", 1)),
    metric("in_review", "Reviews open", "passages", Source::Level("depth.in-review", 1)),
    metric("to_bill", "Passages to be exported", "passages", Source::Level("depth.to-bill", 1)),
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
    metric("calls", "Calls of a recogniser", "calls", Source::Count("calls", 1)),
    metric("calls_failed", "Calls failed", "calls", Source::CountBut("calls", "calls.read")),
    metric(
        "calls_failed_percent",
        "Calls failed, of all",
        "percent",
        Source::ShareBut { whole: "calls", but: "calls.read" },
    ),
    metric("calls_timed_out", "Calls not answered in time", "calls", Source::Count("calls.timed-out", 1)),
    metric("calls_throttled", "Calls throttled", "calls", Source::Count("calls.throttled", 1)),
    metric("calls_quota_exhausted", "Calls beyond the quota", "calls", Source::Count("calls.quota-exhausted", 1)),
    metric("calls_unauthorized", "Calls whose key was refused", "calls", Source::Count("calls.unauthorized", 1)),
    metric("calls_outage", "Calls to a service that is down", "calls", Source::Count("calls.outage", 1)),
    metric("calls_invalid_answer", "Calls answered with nonsense", "calls", Source::Count("calls.invalid-answer", 1)),
    metric("call_seconds", "Duration of calls", "seconds", Source::Durations("call_ms", SECOND_MS)),
    metric("circuit_open_percent", "Time for which it is left alone", "percent", Source::Time("circuit_open")),
    metric("calls_today", "Calls of the day (UTC)", "calls", Source::Level("calls_today", 1)),
    metric("money_today", "Money of the day (UTC)", "currency", Source::Level("money_today_micros", MICROS)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_watched_is_measured() {
        for (at, metric) in METRICS.iter().enumerate() {
            assert!(!metric.of().is_empty(), "{}: {:?} are measured of nobody together", metric.name, metric.parts());
            assert!(METRICS.iter().skip(at + 1).all(|other| other.name != metric.name), "{}", metric.name);
            assert!(!metric.aggregations().is_empty());
        }
    }

    #[test]
    fn a_metric_is_known_of_whom_telemetry_measures_it() {
        let of = |name: &str| find(name).unwrap().of();
        assert_eq!(of("exports"), [Kind::All]);
        assert_eq!(of("review_growth"), [Kind::All, Kind::Booth]);
        assert_eq!(of("referred_percent"), [Kind::All, Kind::Booth]);
        assert_eq!(of("rejected_system_percent"), [Kind::All, Kind::Booth]);
        assert_eq!(of("unreadable_percent"), [Kind::All, Kind::Booth, Kind::Camera]);
        assert_eq!(of("capture_lag_seconds"), [Kind::All, Kind::Booth, Kind::Camera]);
        assert_eq!(of("cost"), [Kind::All, Kind::Booth, Kind::Recognizer]);
        for name in ["calls_failed_percent", "calls_timed_out", "call_seconds", "circuit_open_percent", "money_today"] {
            assert_eq!(of(name), [Kind::Recognizer], "{name}");
        }
    }

    #[test]
    fn what_could_not_be_read_is_told_by_no_alert_to_the_last_photo() {
        let kept: Vec<_> = METRICS.iter().filter(|metric| metric.tells_samples_apart()).map(|one| one.name).collect();
        assert_eq!(kept, ["unreadable", "unreadable_percent"]);
    }

    #[test]
    fn every_aggregation_survives_the_round_trip_through_its_name() {
        for one in Aggregation::ALL.iter().copied() {
            assert_eq!(one.as_str().parse(), Ok(one));
        }
    }
}
