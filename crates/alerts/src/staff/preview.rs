//! What a rule would have done: the evaluator itself, run over the past.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tollbooth_telemetry::{Instant, Step};

use crate::staff::definition::Definition;
use crate::staff::findings::{Judged, Look, is_wrong, places, value};
use crate::staff::rollups::Need;
use crate::staff::track::{SHORT_MS, Track};
use crate::step::{Around, Decision, Open, decide};

const DAY_MS: i64 = 86_400_000;
/// How far a preview looks back.
const SPAN_MS: i64 = 7 * DAY_MS;
/// Alerts that are listed one by one, the last ones.
const LISTED: usize = 100;

/// What a rule would have done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// From when on it was looked at; none when nothing was measured.
    pub since: Option<Instant>,
    /// Until when.
    pub until: Instant,
    /// From here on minute by minute; before it hour by hour, for minutes are kept for two days.
    pub by_the_minute_since: Instant,
    /// How often it would have fired.
    pub fired: usize,
    /// The last of these times, by time.
    pub alerts: Vec<Firing>,
    /// Share of looks at which nothing was known of anybody, in percent.
    pub unknown_percent: f64,
    /// What it would find now, by booth.
    pub now: Vec<(String, Option<f64>)>,
}

/// One time that it would have fired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Firing {
    /// When it would have begun.
    pub fired_at: Instant,
    /// When it would have ended; none: it would fire now.
    pub resolved_at: Option<Instant>,
    /// Most booths at once.
    pub subjects: usize,
    /// The value that was furthest on the wrong side.
    pub worst: Option<f64>,
}

/// The moments at which a preview looks, and from when on these are minutes: the ends of minutes in the two days before
/// `end`, and of hours before these where the window is made of hours.
fn instants(rule: &Definition, end: Instant, minutes_ms: i64) -> (Vec<Instant>, Instant) {
    let reach = minutes_ms.min(2 * DAY_MS).saturating_sub(rule.window_ms()).max(0);
    let exact = Step::Minute.start(end - reach);
    let mut found = Vec::new();
    if rule.window_ms() > SHORT_MS {
        let mut at = Step::Hour.start(end - SPAN_MS);
        while at < exact {
            found.push(at);
            at += Step::Hour.length_ms();
        }
    }
    let mut at = exact;
    while at <= end {
        found.push(at);
        at += Step::Minute.length_ms();
    }
    (found, exact)
}

/// What is needed to try a rule up to `end`, with this much of the minutes.
#[must_use]
pub fn needed_for_preview(rule: &Definition, end: Instant, minutes_ms: i64) -> Vec<Need> {
    let mut found = vec![(Step::Minute, end - minutes_ms.min(2 * DAY_MS), end)];
    if rule.window_ms() > SHORT_MS {
        found.push((Step::Hour, end - SPAN_MS - rule.window_ms(), end));
    }
    found
}

/// What the rule would have done up to `end`, of which this much is at hand by the minute. Nobody's quiet hours or snoozes
/// count: it is the rule that is tried.
#[must_use]
pub fn preview(rule: &Definition, look: &Look<'_>, end: Instant, minutes_ms: i64) -> Preview {
    let (moments, by_the_minute_since) = instants(rule, end, minutes_ms);
    let folds = look.rollups.folds();
    // A window that reaches back before anybody counted would be told of as empty.
    let known_from = folds.first().map(|first| first + rule.window_ms());
    let tracks: Vec<(Judged, Track)> = places(rule, look.booths)
        .into_iter()
        .map(|place| (place.clone(), look.rollups.track(rule.metric.source, &place.subject())))
        .collect();
    let mut run = Run { rule, since: BTreeMap::new(), open: None, alerts: Vec::new() };
    let (mut looks, mut unknown, mut began) = (0_u32, 0_u32, None);
    for now in moments.into_iter().filter(|at| known_from.is_some_and(|from| *at >= from)) {
        began = began.or(Some(now));
        let values: Vec<_> = tracks.iter().map(|(place, track)| (place, value(rule, track, &folds, now))).collect();
        looks += 1;
        unknown += u32::from(values.iter().all(|(_, value)| value.is_none()));
        run.step(now, &values);
    }
    let fired = run.alerts.len();
    Preview {
        since: began,
        until: end,
        by_the_minute_since,
        fired,
        alerts: run.alerts.split_off(fired.saturating_sub(LISTED)),
        unknown_percent: if looks == 0 { 100.0 } else { f64::from(unknown) * 100.0 / f64::from(looks) },
        now: tracks.iter().map(|(place, track)| (place.id().to_owned(), value(rule, track, &folds, end))).collect(),
    }
}

struct Run<'a> {
    rule: &'a Definition,
    since: BTreeMap<String, Instant>,
    open: Option<Open>,
    alerts: Vec<Firing>,
}

impl Run<'_> {
    fn step(&mut self, now: Instant, values: &[(&Judged, Option<f64>)]) {
        for (place, value) in values {
            if is_wrong(self.rule, *value, self.since.contains_key(place.id())) {
                self.since.entry(place.id().to_owned()).or_insert(now);
            } else {
                self.since.remove(place.id());
            }
        }
        let since: Vec<Instant> = self.since.values().copied().collect();
        let around = Around {
            now,
            hold_ms: self.rule.hold_ms(),
            inhibited: false,
            snoozed: false,
            quiet: false,
            reminder_ms: i64::MAX,
        };
        let Decision { opens, resolves, subjects, .. } =
            decide(self.rule.severity(), &since, self.open.as_ref(), &around);
        if opens {
            self.open = Some(Open {
                fired_at: now,
                severity: self.rule.severity(),
                told_at: Some(now),
                told_subjects: subjects,
                acknowledged: false,
            });
            self.alerts.push(Firing { fired_at: now, resolved_at: None, subjects, worst: None });
        }
        if self.open.is_none() {
            return;
        }
        let Some(firing) = self.alerts.last_mut() else { return };
        if resolves {
            firing.resolved_at = Some(now);
            self.open = None;
            return;
        }
        firing.subjects = firing.subjects.max(subjects);
        let wrong = values.iter().filter(|(place, _)| self.since.contains_key(place.id()));
        for value in wrong.filter_map(|(_, value)| *value) {
            let worse = firing.worst.is_none_or(|worst| self.rule.comparison.holds(value, worst));
            firing.worst = if worse { Some(value) } else { firing.worst };
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tollbooth_telemetry::{Facts, Subject};

    use super::*;
    use crate::staff::Rollups;
    use crate::staff::check::tests::rule;

    const MINUTE: i64 = 60_000;
    const END: Instant = 1_795_168_800_000;

    /// A road of ten hours on which a photo comes each minute, but for some minutes (counted back from the end).
    fn road(without: &[(i64, i64)]) -> Rollups {
        let mut rollups = Rollups::default();
        for back in 1..=600 {
            let start = END - back * MINUTE;
            let mut facts = Facts::default();
            facts.add("folds", 1);
            if !without.iter().any(|(from, to)| (*to..*from).contains(&back)) {
                facts.add("received", 1);
            }
            rollups.put(&Subject::All, Step::Minute, start, facts.clone());
            rollups.put(&Subject::Booth("north".into()), Step::Minute, start, facts);
        }
        rollups
    }

    fn tried(more: serde_json::Value, rollups: &Rollups) -> Preview {
        let base =
            json!({ "metric": "received", "of": "all", "comparison": "below", "threshold": 1, "window_minutes": 10 });
        let mut whole = base;
        whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let rule = rule(whole);
        let look = Look { end: Some(END), rollups, booths: &["north".to_owned()] };
        preview(&rule, &look, END, 2 * DAY_MS)
    }

    #[test]
    fn three_gaps_would_have_fired_three_times_with_their_times() {
        let found = tried(json!({}), &road(&[(500, 480), (300, 280), (12, 0)]));
        assert_eq!(found.fired, 3, "{found:?}");
        let first = &found.alerts[0];
        assert_eq!(first.fired_at, END - 489 * MINUTE, "ten empty minutes after the last photo");
        assert_eq!(first.resolved_at, Some(END - 478 * MINUTE), "{first:?}");
        assert_eq!((found.alerts[2].resolved_at, found.alerts[2].worst), (None, Some(0.0)), "it would fire now");
        assert_eq!(found.now, [(String::new(), Some(0.0))]);
        assert_eq!(found.since, Some(END - 590 * MINUTE), "from the first whole window on");
    }

    #[test]
    fn a_gap_that_is_shorter_than_the_time_for_which_it_must_last_is_none() {
        let gaps = road(&[(500, 480), (300, 285)]);
        assert_eq!(tried(json!({ "for_minutes": 5 }), &gaps).fired, 2);
        let held = tried(json!({ "for_minutes": 8 }), &gaps);
        assert_eq!((held.fired, held.alerts[0].fired_at), (1, END - 481 * MINUTE));
    }

    #[test]
    fn several_booths_are_one_alert() {
        let mut rollups = road(&[(300, 280)]);
        for back in 1..=600 {
            let mut facts = Facts::default();
            facts.add("received", i64::from(!(280..300).contains(&back)));
            rollups.put(&Subject::Booth("south".into()), Step::Minute, END - back * MINUTE, facts);
        }
        let rule = rule(
            json!({ "metric": "received", "of": "each-booth", "comparison": "below", "threshold": 1, "window_minutes": 10 }),
        );
        let booths = ["north".to_owned(), "south".to_owned()];
        let look = Look { end: Some(END), rollups: &rollups, booths: &booths };
        let found = preview(&rule, &look, END, 2 * DAY_MS);
        assert_eq!((found.fired, found.alerts[0].subjects), (1, 2), "{found:?}");
    }

    #[test]
    fn where_nothing_was_measured_nothing_is_claimed() {
        let found = tried(json!({ "no_data": "alert" }), &Rollups::default());
        assert_eq!((found.since, found.fired, found.unknown_percent), (None, 0, 100.0));
    }

    #[test]
    fn a_window_of_hours_is_tried_over_a_week_and_a_short_one_over_the_days_of_which_minutes_are_kept() {
        let (long, by_minute) = instants(&rule(json!({ "window_minutes": 360 })), END, 2 * DAY_MS);
        assert_eq!((long[0], by_minute), (END - 7 * DAY_MS, END - 2 * DAY_MS + 360 * MINUTE));
        let (short, _) = instants(&rule(json!({ "window_minutes": 60 })), END, 2 * DAY_MS);
        assert_eq!((short[0], short.last().copied()), (END - 2 * DAY_MS + 60 * MINUTE, Some(END)));
    }
}
