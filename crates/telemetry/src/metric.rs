//! Every metric there is: its name, how it adds up, whom it is about and what it means.

/// How values of a metric become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What happened: added up.
    Count,
    /// Durations in milliseconds: a count by upper bound as label, and `sum`; added up.
    Durations,
    /// How things stand: the latest counts.
    Level,
    /// How bad it got: the largest counts.
    Peak,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Count, Self::Durations, Self::Level, Self::Peak];

    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Durations => "durations",
            Self::Level => "level",
            Self::Peak => "peak",
        }
    }

    /// Two values as one.
    pub(crate) fn join(self, earlier: i64, later: i64) -> i64 {
        match self {
            Self::Count | Self::Durations => earlier.saturating_add(later),
            Self::Level => later,
            Self::Peak => earlier.max(later),
        }
    }
}

/// Whom a metric is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Every booth, and all together.
    Booths,
    /// All booths together only.
    All,
    /// Every recogniser.
    Recognizers,
    /// Every camera.
    Cameras,
}

/// One metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// `received`
    pub name: &'static str,
    /// How it adds up.
    pub kind: Kind,
    /// Whom it is about.
    pub of: &'static [Of],
    /// What stands behind the dot, where something does.
    pub label: Option<&'static str>,
    /// What it means, with its unit.
    pub meaning: &'static str,
}

/// The metric of this name, without label.
#[must_use]
pub fn find(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}

const fn metric(
    name: &'static str,
    kind: Kind,
    of: &'static [Of],
    label: Option<&'static str>,
    meaning: &'static str,
) -> Metric {
    Metric { name, kind, of, label, meaning }
}

const BOOTHS: &[Of] = &[Of::Booths];
const BOOTHS_AND_CAMERAS: &[Of] = &[Of::Booths, Of::Cameras];
const ALL: &[Of] = &[Of::All];
const RECOGNIZERS: &[Of] = &[Of::Recognizers];

/// Every metric.
pub const METRICS: &[Metric] = &[
    metric("received", Kind::Count, BOOTHS_AND_CAMERAS, None, "Photos acknowledged."),
    metric("duplicate", Kind::Count, BOOTHS, None, "Photos acknowledged that came before."),
    metric("refused", Kind::Count, BOOTHS, Some("reason"), "Uploads of known cameras that were refused."),
    metric(
        "refused_strangers",
        Kind::Count,
        BOOTHS,
        Some("reason"),
        "Uploads to a booth that were refused before a camera was recognised; at most one a second, booth and reason is counted.",
    ),
    metric("leased", Kind::Count, BOOTHS, None, "Passages given to a recogniser."),
    metric("read", Kind::Count, BOOTHS, None, "Attempts that brought a reading."),
    metric("read_failed", Kind::Count, BOOTHS, Some("class"), "Attempts that brought none."),
    metric("accepted", Kind::Count, BOOTHS, Some("by"), "Passages accepted, by `judge` or `people`."),
    metric("referred", Kind::Count, BOOTHS, Some("reason"), "Passages sent to people."),
    metric(
        "unreadable",
        Kind::Count,
        BOOTHS_AND_CAMERAS,
        None,
        "Passages sent to people because nothing in the photo could be read: a dirty lens, the light, the angle.",
    ),
    metric("rejected", Kind::Count, BOOTHS, Some("code"), "Passages that people rejected."),
    metric(
        "blamed",
        Kind::Count,
        BOOTHS,
        Some("cause"),
        "The same by whose fault it is: the `system` (camera, light, transmission) or the `vehicle` (its plate).",
    ),
    metric(
        "reopened",
        Kind::Count,
        BOOTHS,
        None,
        "Decided passages that were opened again or whose decision was taken back.",
    ),
    metric("reprocessed", Kind::Count, BOOTHS, None, "Passages sent from review to the recogniser again."),
    metric("billed", Kind::Count, BOOTHS, None, "Bill lines published."),
    metric(
        "cost_micros",
        Kind::Count,
        &[Of::Booths, Of::Recognizers],
        None,
        "Cost of readings, in millionths of the accounting currency.",
    ),
    metric("lag_ms", Kind::Durations, BOOTHS_AND_CAMERAS, Some("bound"), "From capture to receipt."),
    metric(
        "reading_wait_ms",
        Kind::Durations,
        BOOTHS,
        Some("bound"),
        "From waiting to be read to being given to a recogniser.",
    ),
    metric(
        "reading_run_ms",
        Kind::Durations,
        BOOTHS,
        Some("bound"),
        "From being given to a recogniser to the attempt's end.",
    ),
    metric("review_ms", Kind::Durations, BOOTHS, Some("bound"), "From entering review to leaving it."),
    metric("billable_ms", Kind::Durations, BOOTHS, Some("bound"), "From capture to acceptance."),
    metric("export_wait_ms", Kind::Durations, BOOTHS, Some("bound"), "From acceptance to the published bill line."),
    metric(
        "depth",
        Kind::Level,
        BOOTHS,
        Some("stage"),
        "Passages in a stage: `waiting`, `reading`, `in-review`, `to-bill`.",
    ),
    metric(
        "age_ms",
        Kind::Peak,
        BOOTHS,
        Some("stage"),
        "How long ago the oldest passage in a stage was received: `waiting`, `reading`, `in-review`.",
    ),
    metric("exports", Kind::Count, ALL, None, "Exports published."),
    metric("folds", Kind::Count, ALL, None, "Times the ledger's events were added up: no row, no telemetry."),
    metric("calls", Kind::Count, RECOGNIZERS, Some("class"), "Calls that ended: `read` or the class of the failure."),
    metric("call_ms", Kind::Durations, RECOGNIZERS, Some("bound"), "Duration of calls, as the recogniser measured it."),
    metric("circuit_open", Kind::Peak, RECOGNIZERS, None, "1 while a service is left alone."),
    metric(
        "money_today_micros",
        Kind::Level,
        RECOGNIZERS,
        None,
        "Money of the UTC day, reserved included, in millionths of the accounting currency.",
    ),
    metric("calls_today", Kind::Level, RECOGNIZERS, None, "Calls of the UTC day, reserved included."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_a_name_of_its_own_without_a_dot() {
        for (at, metric) in METRICS.iter().enumerate() {
            assert!(!metric.name.contains('.'), "{}", metric.name);
            assert!(METRICS.iter().skip(at + 1).all(|other| other.name != metric.name), "{}", metric.name);
            assert!(find(metric.name).is_some());
        }
    }
}
