//! The text that Prometheus reads: levels as they stand, and totals since the first event as counters and histograms.
//!
//! Base units (seconds), moments instead of ages, and no label with more values than there are booths, stages or codes:
//! the practices of Prometheus. Cameras are left to the API, for there are too many of them.
//!
//! Every metric is described in every text, whether there is anything to say of it so far or not. While telemetry is
//! switched off the figures of before are left out: a warning by a figure that stands still would be none of now.

use std::collections::BTreeSet;
use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

use crate::histogram::{self, BOUNDS_MS, SUM};
use crate::{Facts, Instant, Standing, Subject};

/// What the text is: the format that all scrapers read, Debian's promtool as well.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The text for a standing and the totals of all, of booths and of recognisers.
///
/// # Errors
/// None that a text in memory could have.
pub fn text(standing: &Standing, totals: &[(Subject, Facts)]) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("tollbooth");
    let everything = if standing.is_off {
        Everything { standing: of_now(standing), totals: Vec::new() }
    } else {
        Everything { standing: standing.clone(), totals: totals.to_vec() }
    };
    registry.register_collector(Box::new(everything));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(with_counters_called_alike(&text))
}

/// What does not depend on telemetry's being switched on.
fn of_now(standing: &Standing) -> Standing {
    Standing {
        is_off: true,
        undelivered_messages: standing.undelivered_messages,
        alerts_looked_at: standing.alerts_looked_at,
        alerts_firing: standing.alerts_firing.clone(),
        storage_full_at: standing.storage_full_at,
        ..Standing::default()
    }
}

/// The library writes OpenMetrics, where a counter's samples have an ending that its description has not. The older text
/// format is the same but for that.
fn with_counters_called_alike(text: &str) -> String {
    let counters: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    let mut found = String::with_capacity(text.len());
    for line in text.lines().filter(|line| *line != "# EOF") {
        let described = ["# HELP ", "# TYPE "].iter().find_map(|start| Some((*start, line.strip_prefix(start)?)));
        match described.and_then(|(start, rest)| Some((start, rest.split_once(' ')?))) {
            Some((start, (name, rest))) if counters.contains(name) => {
                found.extend([start, name, "_total ", rest]);
            }
            _ => found.push_str(line),
        }
        found.push('\n');
    }
    found
}

#[derive(Debug)]
struct Everything {
    standing: Standing,
    totals: Vec<(Subject, Facts)>,
}

type Labels = Vec<(&'static str, String)>;

impl Collector for Everything {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        self.levels(&mut encoder)?;
        self.counters(&mut encoder)?;
        self.durations(&mut encoder)
    }
}

/// A counter with a label of its own: its name here, its metric, that label's name and what it means.
type Labelled = (&'static str, &'static str, Option<&'static str>, &'static str);

const OF_BOOTHS: [Labelled; 14] = [
    ("passages_received", "received", None, "Photos acknowledged"),
    ("passages_duplicate", "duplicate", None, "Photos acknowledged that came before"),
    ("uploads_refused", "refused", Some("reason"), "Uploads of known cameras that were refused"),
    ("strangers_refused", "refused_strangers", Some("reason"), "Uploads refused before a camera was recognised"),
    ("passages_leased", "leased", None, "Passages given to a recogniser"),
    ("readings", "read", None, "Attempts that brought a reading"),
    ("readings_failed", "read_failed", Some("class"), "Attempts that brought none"),
    ("passages_accepted", "accepted", Some("by"), "Passages accepted, by judge or people"),
    ("reviews_opened", "referred", Some("reason"), "Passages sent to people"),
    ("passages_unreadable", "unreadable", None, "Passages in whose photo nothing could be read"),
    ("passages_rejected", "rejected", Some("code"), "Passages that people rejected"),
    ("passages_blamed", "blamed", Some("cause"), "Rejected passages, by whose fault it is: system or vehicle"),
    ("passages_reopened", "reopened", None, "Decided passages that were opened again"),
    ("lines_billed", "billed", None, "Bill lines published"),
];

const OF_RECOGNIZERS: [Labelled; 2] = [
    ("recognizer_calls", "calls", Some("class"), "Calls that ended, by what came of them"),
    ("recognizer_spend_micros", "cost_micros", None, "Cost of readings in millionths of the accounting currency"),
];

/// Histograms over all booths.
const DURATIONS: [(&str, &str, &str); 6] = [
    ("capture_lag", "lag_ms", "From capture to receipt"),
    ("reading_wait", "reading_wait_ms", "From waiting to be read to being given to a recogniser"),
    ("reading_run", "reading_run_ms", "From being given to a recogniser to the attempt's end"),
    ("review", "review_ms", "From entering review to leaving it"),
    ("passage", "billable_ms", "From capture to acceptance"),
    ("export_wait", "export_wait_ms", "From acceptance to the published bill line"),
];

impl Everything {
    fn levels(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let standing = &self.standing;
        let booths = || standing.booths.iter();
        let mut family = gauge(encoder, "stage_items", None, "Passages in a stage")?;
        for (id, booth) in booths() {
            for (stage, items) in &booth.counts {
                if ["waiting", "reading", "in-review", "to-bill"].contains(&stage.as_str()) {
                    let labels: Labels = vec![("booth", id.clone()), ("stage", stage.clone())];
                    family.encode_family(&labels)?.encode_gauge(items)?;
                }
            }
        }
        let mut family = moment(encoder, "stage_oldest_timestamp", "When the oldest passage in a stage was received")?;
        for (id, booth) in booths() {
            for (stage, at) in &booth.oldest {
                let labels: Labels = vec![("booth", id.clone()), ("stage", stage.clone())];
                family.encode_family(&labels)?.encode_gauge(&seconds(*at))?;
            }
        }
        let mut family = moment(encoder, "booth_last_photo_timestamp", "When a photo was acknowledged last")?;
        for (id, booth) in booths() {
            if let Some(at) = booth.last_received {
                let labels: Labels = vec![("booth", id.clone())];
                family.encode_family(&labels)?.encode_gauge(&seconds(at))?;
            }
        }
        self.recognizers(encoder)?;
        self.delivered(encoder)?;
        for (name, help, at) in [
            ("export_last_success_timestamp", "When an export was published last", standing.last_published),
            ("export_due_timestamp", "When the next export is due", standing.next_export_due),
            ("telemetry_timestamp", "When events were added up last", (standing.version > 0).then_some(standing.at)),
            ("alerts_looked_timestamp", "When the rules of alerts were looked at last", standing.alerts_looked_at),
            ("storage_full_timestamp", "When a photo was refused last for want of room", standing.storage_full_at),
        ] {
            let mut family = moment(encoder, name, help)?;
            if let Some(at) = at {
                family.encode_gauge(&seconds(at))?;
            }
        }
        let mut family = gauge(encoder, "alerts_firing", None, "Alerts that fire")?;
        for severity in ["warning", "page"] {
            let labels: Labels = vec![("severity", severity.to_owned())];
            let firing = standing.alerts_firing.get(severity).copied().unwrap_or_default();
            family.encode_family(&labels)?.encode_gauge(&i64::try_from(firing).unwrap_or(i64::MAX))?;
        }
        gauge(
            encoder,
            "telemetry_enabled",
            None,
            "0 while telemetry is switched off: all but alerts, messages and room is left out",
        )?
        .encode_gauge(&i64::from(!standing.is_off))?;
        let mut family = gauge(encoder, "telemetry_behind", None, "1 while events are left to be added up")?;
        if !standing.is_off {
            family.encode_gauge(&i64::from(standing.behind))?;
        }
        gauge(encoder, "messages_undelivered", None, "Messages to people that are due or were given up")?
            .encode_gauge(&i64::try_from(standing.undelivered_messages).unwrap_or(i64::MAX))
    }

    fn recognizers(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut family = gauge(encoder, "circuit_open", None, "1 while a service is left alone")?;
        for (name, found) in &self.standing.recognizers {
            family.encode_family(&recognizer(name))?.encode_gauge(&i64::from(found.open_reason.is_some()))?;
        }
        let mut family = gauge(
            encoder,
            "money_today_micros",
            None,
            "Money of the UTC day in millionths of the accounting currency",
        )?;
        for (name, found) in &self.standing.recognizers {
            family.encode_family(&recognizer(name))?.encode_gauge(&found.money_today_micros)?;
        }
        let mut family =
            gauge(encoder, "budget_micros", None, "Money of a UTC day that the settings allow, in the same unit")?;
        for (name, found) in &self.standing.recognizers {
            if let Some(budget) = found.money_per_day_micros {
                family.encode_family(&recognizer(name))?.encode_gauge(&budget)?;
            }
        }
        Ok(())
    }

    /// How far copies and destinations are.
    fn delivered(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let copies = || self.standing.copies.iter().map(|(name, copy)| (vec![("profile", name.clone())], copy));
        let mut family = gauge(encoder, "export_copy_waiting", None, "Published exports that are not copied")?;
        for (labels, copy) in copies() {
            let labels: Labels = labels;
            family.encode_family(&labels)?.encode_gauge(&copy.waiting)?;
        }
        let mut family = moment(encoder, "export_copy_due_timestamp", "When the next copy is, or was, due")?;
        for (labels, copy) in copies() {
            let labels: Labels = labels;
            if let Some(at) = copy.due_at {
                family.encode_family(&labels)?.encode_gauge(&seconds(at))?;
            }
        }
        let destinations = || {
            self.standing.destinations.iter().map(|(name, found)| {
                let labels: Labels = vec![("destination", name.clone()), ("profile", found.profile.clone())];
                (labels, found)
            })
        };
        let mut family = gauge(encoder, "destination_well", None, "1 while a destination gets its files")?;
        for (labels, found) in destinations() {
            family.encode_family(&labels)?.encode_gauge(&i64::from(found.state == "well"))?;
        }
        let mut family = gauge(encoder, "destination_pending", None, "Published exports that it does not have")?;
        for (labels, found) in destinations() {
            family.encode_family(&labels)?.encode_gauge(&found.pending)?;
        }
        let mut family =
            gauge(encoder, "destination_delivered_through", None, "Sequence of the last export delivered to it")?;
        for (labels, found) in destinations() {
            family.encode_family(&labels)?.encode_gauge(&found.delivered_through)?;
        }
        let mut family = moment(encoder, "destination_reported_timestamp", "When it was last reported")?;
        for (labels, found) in destinations() {
            family.encode_family(&labels)?.encode_gauge(&seconds(found.reported_at))?;
        }
        let mut family = moment(encoder, "destination_failing_since_timestamp", "Since when it fails, while it does")?;
        for (labels, found) in destinations() {
            if let Some(at) = found.failing_since {
                family.encode_family(&labels)?.encode_gauge(&seconds(at))?;
            }
        }
        Ok(())
    }

    fn counters(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for counter in &OF_BOOTHS {
            self.counter(encoder, counter, |subject| match subject {
                Subject::Booth(id) => Some(("booth", id.clone())),
                Subject::All | Subject::Camera(..) | Subject::Recognizer(_) => None,
            })?;
        }
        for counter in &OF_RECOGNIZERS {
            self.counter(encoder, counter, |subject| match subject {
                Subject::Recognizer(name) => Some(("recognizer", name.clone())),
                Subject::All | Subject::Camera(..) | Subject::Booth(_) => None,
            })?;
        }
        self.counter(encoder, &("exports", "exports", None, "Exports published"), |_| None)
    }

    /// A counter of those whom `of` names; of all where it names nobody.
    fn counter(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        (name, metric, label, help): &Labelled,
        of: impl Fn(&Subject) -> Option<(&'static str, String)>,
    ) -> Result<(), fmt::Error> {
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        let everybody = self.totals.iter().all(|(subject, _)| of(subject).is_none());
        for (subject, facts) in &self.totals {
            let whom = match of(subject) {
                Some(whom) => Some(whom),
                None if everybody && *metric == "exports" && *subject == Subject::All => None,
                None => continue,
            };
            match label {
                None => {
                    let labels: Labels = whom.into_iter().collect();
                    family
                        .encode_family(&labels)?
                        .encode_counter::<NoLabelSet, _, u64>(&count(facts.get(metric)), None)?;
                }
                Some(label) => {
                    for (value, number) in facts.labelled(metric) {
                        let labels: Labels = whom.clone().into_iter().chain([(*label, value.to_owned())]).collect();
                        family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&count(number), None)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn durations(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let nothing = Facts::default();
        let all = self.totals.iter().find(|(subject, _)| *subject == Subject::All).map_or(&nothing, |(_, facts)| facts);
        for (name, metric, help) in DURATIONS {
            let mut family = encoder.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Histogram)?;
            if !self.standing.is_off {
                histogram(&mut family, all, metric)?;
            }
        }
        let mut family = encoder.encode_descriptor(
            "recognizer",
            "Duration of calls, as the recogniser measured it",
            Some(&Unit::Seconds),
            MetricType::Histogram,
        )?;
        for (subject, facts) in &self.totals {
            if let Subject::Recognizer(name) = subject {
                histogram(&mut family.encode_family(&recognizer(name))?, facts, "call_ms")?;
            }
        }
        Ok(())
    }
}

fn gauge<'a>(
    encoder: &'a mut DescriptorEncoder<'_>,
    name: &'a str,
    unit: Option<&'a Unit>,
    help: &str,
) -> Result<MetricEncoder<'a>, fmt::Error> {
    encoder.encode_descriptor(name, help, unit, MetricType::Gauge)
}

fn moment<'a>(
    encoder: &'a mut DescriptorEncoder<'_>,
    name: &'a str,
    help: &str,
) -> Result<MetricEncoder<'a>, fmt::Error> {
    gauge(encoder, name, Some(&Unit::Seconds), help)
}

fn recognizer(name: &str) -> Labels {
    vec![("recognizer", name.to_owned())]
}

fn histogram(encoder: &mut MetricEncoder<'_>, facts: &Facts, metric: &str) -> Result<(), fmt::Error> {
    let bounds = BOUNDS_MS.iter().map(|bound| seconds(*bound)).chain([f64::INFINITY]);
    let counts: Vec<u64> = histogram::counts(facts, metric).into_iter().map(count).collect();
    let buckets: Vec<(f64, u64)> = bounds.zip(counts.iter().copied()).collect();
    let sum = seconds(facts.get(&format!("{metric}.{SUM}")));
    encoder.encode_histogram::<NoLabelSet>(sum, counts.iter().sum(), &buckets, None)
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of our time are far below 2^53")]
fn seconds(ms: Instant) -> f64 {
    ms as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BoothStanding, CopyStanding, DestinationStanding};

    fn exposed() -> String {
        let (standing, totals) = measured();
        text(&standing, &totals).unwrap()
    }

    fn measured() -> (Standing, Vec<(Subject, Facts)>) {
        let mut standing = Standing { version: 3, at: 1_795_168_800_500, ..Standing::default() };
        let mut north = BoothStanding::default();
        north.counts.insert("waiting".into(), 4);
        north.counts.insert("received".into(), 9);
        north.oldest.insert("waiting".into(), 1_795_168_000_000);
        standing.booths.insert("north \"1\"".into(), north);
        let copy = CopyStanding { published_through: 2, waiting: 3, due_at: Some(1_795_168_000_000) };
        standing.copies.insert("records".into(), copy);
        let down = DestinationStanding {
            profile: "billing".into(),
            state: "retrying".into(),
            delivered_through: 7,
            pending: 4,
            failing_since: Some(1_795_168_000_000),
            reported_at: 1_795_168_700_000,
        };
        standing.destinations.insert("share".into(), down);
        standing.alerts_looked_at = Some(1_795_168_790_000);
        standing.storage_full_at = Some(1_795_168_780_000);
        standing.alerts_firing.insert("page".into(), 2);
        let mut facts = Facts::default();
        facts.add("received", 9);
        facts.add("refused.image-size", 2);
        facts.add("blamed.system", 3);
        facts.add("exports", 5);
        facts.add_duration("lag_ms", 2_000);
        facts.add_duration("lag_ms", i64::MAX / 4);
        (standing, vec![(Subject::All, facts.clone()), (Subject::Booth("north \"1\"".into()), facts)])
    }

    fn described(text: &str) -> BTreeSet<&str> {
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect()
    }

    #[test]
    fn every_metric_is_described_before_anything_happened() {
        let (full, empty) = (exposed(), text(&Standing::default(), &[]).unwrap());
        assert_eq!(described(&empty), described(&full));
        assert!(described(&empty).contains("tollbooth_alerts_looked_timestamp_seconds"), "{empty}");
    }

    #[test]
    fn while_telemetry_is_off_no_figure_of_before_is_told_and_that_it_is_off_is() {
        let (standing, totals) = measured();
        let off = Standing { is_off: true, undelivered_messages: 3, behind: true, ..standing };
        let text = text(&off, &totals).unwrap();
        assert_eq!(described(&text), described(&exposed()));
        let told: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let of_now = [
            "tollbooth_alerts_looked_timestamp_seconds 1795168790.0",
            "tollbooth_storage_full_timestamp_seconds 1795168780.0",
            r#"tollbooth_alerts_firing{severity="warning"} 0"#,
            r#"tollbooth_alerts_firing{severity="page"} 2"#,
            "tollbooth_telemetry_enabled 0",
            "tollbooth_messages_undelivered 3",
        ];
        assert_eq!(told, of_now, "{text}");
        assert!(exposed().lines().any(|line| line == "tollbooth_telemetry_enabled 1"));
    }

    #[test]
    fn levels_counters_and_histograms_are_written_with_their_labels() {
        let text = exposed();
        for line in [
            r#"tollbooth_stage_items{booth="north \"1\"",stage="waiting"} 4"#,
            r#"tollbooth_stage_oldest_timestamp_seconds{booth="north \"1\"",stage="waiting"} 1795168000.0"#,
            r#"tollbooth_passages_received_total{booth="north \"1\""} 9"#,
            r#"tollbooth_uploads_refused_total{booth="north \"1\"",reason="image-size"} 2"#,
            r#"tollbooth_passages_blamed_total{booth="north \"1\"",cause="system"} 3"#,
            "tollbooth_exports_total 5",
            "# TYPE tollbooth_exports_total counter",
            "# HELP tollbooth_exports_total Exports published",
            "# TYPE tollbooth_stage_items gauge",
            r#"tollbooth_capture_lag_seconds_bucket{le="1.0"} 0"#,
            r#"tollbooth_capture_lag_seconds_bucket{le="2.5"} 1"#,
            r#"tollbooth_capture_lag_seconds_bucket{le="+Inf"} 2"#,
            "tollbooth_capture_lag_seconds_count 2",
            "tollbooth_telemetry_timestamp_seconds 1795168800.5",
            r#"tollbooth_export_copy_waiting{profile="records"} 3"#,
            r#"tollbooth_export_copy_due_timestamp_seconds{profile="records"} 1795168000.0"#,
            r#"tollbooth_destination_well{destination="share",profile="billing"} 0"#,
            r#"tollbooth_destination_pending{destination="share",profile="billing"} 4"#,
            r#"tollbooth_destination_delivered_through{destination="share",profile="billing"} 7"#,
            r#"tollbooth_destination_failing_since_timestamp_seconds{destination="share",profile="billing"} 1795168000.0"#,
            "tollbooth_alerts_looked_timestamp_seconds 1795168790.0",
            r#"tollbooth_alerts_firing{severity="page"} 2"#,
            r#"tollbooth_alerts_firing{severity="warning"} 0"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(!text.contains("stage=\"received\""), "what was received is no stage");
    }
}
