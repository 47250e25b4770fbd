//! Checking a rule: all of it at once, each violation with its field and what would be right.

use tollbooth_pipeline::mail_address;
use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_pipeline::settings::minute_of_day;
use tollbooth_pipeline::{ident, text};

use crate::rule::Severity;
use crate::staff::definition::{Comparison, Definition, Draft, NoData, Place, Quiet};
use crate::staff::metric::{Aggregation, Kind, METRICS, find};
use crate::staff::track::SHORT_MS;

/// Most rules at a time: each is looked at once a minute, and nobody keeps more in mind.
pub const MAX_RULES: usize = 50;
/// Longest name, in characters: it is the subject of e-mails.
pub const MAX_NAME_CHARS: usize = 80;
/// Longest advice, in characters.
const MAX_ADVICE_CHARS: usize = 500;
/// Longest window, and longest time for which something must be so: a day.
pub const MAX_WINDOW_MINUTES: u32 = 1_440;
/// Largest threshold, in any unit.
const MAX_THRESHOLD: f64 = 1e9;
const MAX_LEAST_COUNT: u32 = 1_000_000;
const MINUTE_MS: i64 = 60_000;

impl Draft {
    /// The rule, when everything about it is right.
    ///
    /// # Errors
    /// Every violation, one sentence each, that begins with the field.
    pub fn check(&self) -> Result<Definition, Vec<String>> {
        let mut found = Vec::new();
        let metric = find(&self.metric);
        if metric.is_none() {
            let names: Vec<_> = METRICS.iter().map(|metric| metric.name).collect();
            found.push(format!("metric: must be one of {}", names.join(", ")));
        }
        let name = text::title("name", &self.name).map_err(|e| found.push(e.to_string())).ok();
        if name.as_ref().is_some_and(|name| name.chars().count() > MAX_NAME_CHARS) {
            found.push(format!("name: may have {MAX_NAME_CHARS} characters at most; say the rest in advice"));
        }
        let advice = self.advice(&mut found);
        let place = place(&self.of).ok_or_else(|| {
            found.push(
                "of: must be all, each-booth, each-camera, each-recognizer, or one of these, like booth:north, \
                 camera:north/front or recognizer:azure-vision"
                    .to_owned(),
            );
        });
        let aggregation = self.aggregation(&mut found);
        let comparison =
            code::<Comparison>("comparison", &self.comparison, Comparison::ALL, Comparison::as_str, &mut found);
        let no_data = code::<NoData>("no_data", &self.no_data, NoData::ALL, NoData::as_str, &mut found);
        let severities = [Severity::Warning, Severity::Page];
        let severity = self.severity.parse::<Severity>().ok();
        if severity.is_none() {
            found.push(format!("severity: must be one of {}", severities.map(Severity::as_str).join(", ")));
        }
        let window = whole("window_minutes", self.window_minutes, 1, MAX_WINDOW_MINUTES, &mut found);
        let hold = whole("for_minutes", self.for_minutes, 0, MAX_WINDOW_MINUTES, &mut found);
        whole("least_count", self.least_count, 1, MAX_LEAST_COUNT, &mut found);
        if !(0.0..=MAX_THRESHOLD).contains(&self.threshold) {
            found.push(format!("threshold: must be a number from 0 to {MAX_THRESHOLD}"));
        }
        if let Some(problem) = mail_address::problem(&self.mail_to) {
            found.push(format!("mail_to: {problem}"));
        }
        if !self.usual && !self.chat && self.mail_to.trim().is_empty() {
            found.push("mail_to: nobody would be told; give an address, or set usual or chat to true".to_owned());
        }
        let quiet = quiet(&self.quiet).ok_or_else(|| {
            found.push("quiet: must be usual, none, or two times of the day (UTC) like 22:00-06:00".to_owned());
        });
        self.contradictions(place.as_ref().ok(), window, hold, &mut found);
        match (found.is_empty(), metric, place, comparison, no_data, severity, window.zip(hold), quiet) {
            (
                true,
                Some(metric),
                Ok(place),
                Some(comparison),
                Some(no_data),
                Some(severity),
                Some((window, hold)),
                Ok(quiet),
            ) => {
                let aggregation =
                    aggregation.or_else(|| metric.aggregations().first().copied()).unwrap_or(Aggregation::Sum);
                let draft = Self {
                    name: name.unwrap_or_default(),
                    advice,
                    aggregation: Some(aggregation.as_str().to_owned()),
                    ..self.clone()
                };
                Ok(Definition {
                    draft,
                    metric,
                    place,
                    aggregation,
                    comparison,
                    window_ms: i64::from(window) * MINUTE_MS,
                    hold_ms: i64::from(hold) * MINUTE_MS,
                    no_data,
                    severity,
                    quiet,
                })
            }
            _ => Err(found),
        }
    }

    fn advice(&self, found: &mut Vec<String>) -> String {
        if self.advice.trim().is_empty() {
            return String::new();
        }
        match text::remark("advice", &self.advice) {
            Ok(advice) if advice.chars().count() <= MAX_ADVICE_CHARS => advice,
            Ok(_) => {
                found.push(format!(
                    "advice: may have {MAX_ADVICE_CHARS} characters at most; point to a page that says more"
                ));
                String::new()
            }
            Err(error) => {
                found.push(error.to_string());
                String::new()
            }
        }
    }

    fn aggregation(&self, found: &mut Vec<String>) -> Option<Aggregation> {
        let given = self.aggregation.as_deref()?;
        let of_metric = find(&self.metric).map_or(Aggregation::ALL, |metric| metric.aggregations());
        let one = given.parse::<Aggregation>().ok().filter(|one| of_metric.contains(one));
        if one.is_none() {
            let names: Vec<_> = of_metric.iter().map(|one| one.as_str()).collect();
            found.push(format!("aggregation: for {} it must be one of {}", self.metric, names.join(", ")));
        }
        one
    }

    /// Values that are right by themselves and not together.
    fn contradictions(&self, place: Option<&Place>, window: Option<u32>, hold: Option<u32>, found: &mut Vec<String>) {
        let short = SHORT_MS / MINUTE_MS;
        let Some(metric) = find(&self.metric) else { return };
        if place.is_some_and(|place| place.kind() == Kind::Camera) {
            for (field, minutes) in [("window_minutes", window), ("for_minutes", hold)] {
                if minutes.is_some_and(|minutes| minutes % 60 != 0) {
                    found.push(format!(
                        "{field}: cameras are measured by the hour; it must be whole hours, like 60 or 360"
                    ));
                }
            }
        } else if let Some(window) = window.map(i64::from).filter(|window| *window > short) {
            if metric.is_level() {
                found.push(format!(
                    "window_minutes: {} is known by the minute, for {short} minutes at most",
                    metric.name
                ));
            } else if window % 60 != 0 {
                found.push(format!("window_minutes: above {short} it must be whole hours, like 180 or 360"));
            }
        }
        if metric.unit == "percent" && self.threshold > 100.0 && self.threshold <= MAX_THRESHOLD {
            found.push("threshold: a share is 100 percent at most".to_owned());
        }
        if let Some(kind) = place.map(Place::kind).filter(|kind| !metric.is_of(*kind)) {
            let of = metric.of();
            found.push(if of == [Kind::All] {
                format!("of: {} is of the whole installation; set it to all", metric.name)
            } else {
                let of: Vec<_> = of.into_iter().map(Kind::words).collect();
                format!("of: {} is known of {}, and not of {}", metric.name, of.join(", "), kind.words())
            });
        }
    }
}

fn place(text: &str) -> Option<Place> {
    match text.split_once(':') {
        None => match text {
            "all" => Some(Place::All),
            "each-booth" => Some(Place::EachBooth),
            "each-camera" => Some(Place::EachCamera),
            "each-recognizer" => Some(Place::EachRecognizer),
            _ => None,
        },
        Some(("booth", id)) if ident::check_booth(id).is_ok() => Some(Place::Booth(id.to_owned())),
        // A booth's id has no slash; what a camera calls itself may.
        Some(("camera", rest)) => {
            let (booth, name) = rest.split_once('/')?;
            let known = ident::check_booth(booth).is_ok() && ident::check_name("camera", name).is_ok();
            known.then(|| Place::Camera(booth.to_owned(), name.to_owned()))
        }
        Some(("recognizer", name)) => {
            name.parse::<Recognizer>().ok().map(|found| Place::Recognizer(found.as_str().to_owned()))
        }
        Some(_) => None,
    }
}

fn quiet(text: &str) -> Option<Quiet> {
    match text {
        "usual" => Some(Quiet::Usual),
        "none" => Some(Quiet::None),
        own => {
            let (from, until) = own.split_once('-')?;
            let (from, until) = (minute_of_day(from)?, minute_of_day(until)?);
            (from != until).then_some(Quiet::Own(from, until))
        }
    }
}

fn code<T: std::str::FromStr + Copy>(
    field: &str,
    text: &str,
    all: &[T],
    name: fn(T) -> &'static str,
    found: &mut Vec<String>,
) -> Option<T> {
    let one = text.parse().ok();
    if one.is_none() {
        let names: Vec<_> = all.iter().map(|one| name(*one)).collect();
        found.push(format!("{field}: must be one of {}", names.join(", ")));
    }
    one
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked before")]
fn whole(field: &str, number: f64, low: u32, high: u32, found: &mut Vec<String>) -> Option<u32> {
    if number.fract() == 0.0 && (f64::from(low)..=f64::from(high)).contains(&number) {
        return Some(number as u32);
    }
    found.push(format!("{field}: must be a whole number from {low} to {high}"));
    None
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    /// A draft with what is given, and the rest as usual.
    pub fn draft(more: serde_json::Value) -> Draft {
        let mut whole = json!({
            "name": "Dirty lens", "metric": "unreadable_percent", "of": "each-booth", "comparison": "above",
            "threshold": 20, "window_minutes": 60,
        });
        whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(whole).unwrap()
    }

    pub fn rule(more: serde_json::Value) -> Definition {
        draft(more).check().unwrap()
    }

    fn violations(more: serde_json::Value) -> Vec<String> {
        draft(more).check().unwrap_err()
    }

    #[test]
    fn a_rule_is_stored_and_read_back_as_it_was_checked() {
        let rule =
            rule(json!({ "name": "  Dirty lens ", "for_minutes": 10.0, "quiet": "22:00-06:00", "least_count": 50 }));
        assert_eq!((rule.name(), rule.window_ms(), rule.hold_ms()), ("Dirty lens", 3_600_000, 600_000));
        assert_eq!(Definition::from_json(&rule.to_json()).unwrap(), rule);
        assert!(Definition::from_json("{}").is_err());
        assert_eq!(rule.draft().aggregation.as_deref(), Some("share"), "the usual way is written down");
    }

    #[test]
    fn every_violation_is_named_with_its_field_and_what_would_be_right() {
        let found = violations(json!({
            "name": " ", "metric": "plates", "of": "north", "comparison": ">", "threshold": -1, "window_minutes": 0.5,
            "for_minutes": 1441, "least_count": 0, "no_data": "x", "severity": "high", "mail_to": "it at x", "quiet": "night",
            "advice": "a\u{7}", "aggregation": "sums",
        }));
        let fields: Vec<_> = found.iter().map(|line| line.split(':').next().unwrap()).collect();
        let expected = [
            "metric",
            "name",
            "advice",
            "of",
            "aggregation",
            "comparison",
            "no_data",
            "severity",
            "window_minutes",
            "for_minutes",
            "least_count",
            "threshold",
            "mail_to",
            "quiet",
        ];
        assert_eq!(fields, expected, "{found:#?}");
        assert!(found[0].contains("must be one of received, "), "{}", found[0]);
    }

    #[test]
    fn what_is_right_by_itself_and_wrong_together_is_refused() {
        for (more, field) in [
            (json!({ "threshold": 100.5 }), "threshold: a share"),
            (json!({ "metric": "waiting", "window_minutes": 180 }), "window_minutes: waiting is known by the minute"),
            (json!({ "window_minutes": 121 }), "window_minutes: above 120 it must be whole hours"),
            (json!({ "metric": "exports", "of": "each-booth" }), "of: exports is of the whole installation"),
            (json!({ "metric": "received", "aggregation": "p90" }), "aggregation: for received it must be one of sum"),
            (json!({ "usual": false }), "mail_to: nobody would be told"),
            (json!({ "quiet": "22:00-22:00" }), "quiet: must be"),
            (json!({ "name": "x".repeat(81) }), "name: may have 80"),
            (json!({ "advice": "x".repeat(501) }), "advice: may have 500"),
            (json!({ "of": "booth:" }), "of: must be"),
            (json!({ "of": "camera:front" }), "of: must be"),
            (json!({ "of": "camera:north/" }), "of: must be"),
            (json!({ "of": "recognizer:gpt" }), "of: must be"),
            (
                json!({ "of": "each-recognizer" }),
                "of: unreadable_percent is known of all booths together, booths, cameras, and",
            ),
            (json!({ "metric": "calls", "of": "each-booth" }), "of: calls is known of recognisers, and not of booths"),
            (json!({ "of": "each-camera", "window_minutes": 90 }), "window_minutes: cameras are measured by the hour"),
            (json!({ "of": "each-camera", "for_minutes": 30 }), "for_minutes: cameras are measured by the hour"),
            (json!({ "threshold": f64::MAX }), "threshold: must be a number"),
        ] {
            let found = violations(more.clone());
            assert_eq!(found.len(), 1, "{more}: {found:?}");
            assert!(found[0].starts_with(field), "{more}: {found:?}");
        }
        for good in [
            json!({ "window_minutes": 1_440 }),
            json!({ "metric": "exports", "of": "all" }),
            json!({ "usual": false, "chat": true }),
            json!({ "usual": false, "mail_to": "a@x.org, b@x.org" }),
            json!({ "of": "booth:north" }),
            json!({ "of": "each-camera", "window_minutes": 360, "for_minutes": 60 }),
            json!({ "of": "camera:north/front/left:1", "metric": "capture_lag_seconds" }),
            json!({ "of": "recognizer:azure-vision", "metric": "call_seconds", "aggregation": "p99", "window_minutes": 7 }),
            json!({ "of": "each-recognizer", "metric": "circuit_open_percent", "window_minutes": 10 }),
            json!({ "of": "each-recognizer", "metric": "cost" }),
        ] {
            assert!(draft(good.clone()).check().is_ok(), "{good}");
        }
    }
}
