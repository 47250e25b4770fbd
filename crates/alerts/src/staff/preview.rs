//! What a rule would have done: the evaluator itself, run over the past.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tollbooth_telemetry::{Instant, Step, Subject};

use crate::staff::definition::{Definition, Place};
use crate::staff::findings::{Judged, Look, is_wrong, places, value};
use crate::staff::rollups::{Known, Need, Whose, subjects};
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
    /// What it would find now, by booth, camera or recogniser.
    pub now: Vec<(String, Option<f64>)>,
}

/// One time that it would have fired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Firing {
    /// When it would have begun.
    pub fired_at: Instant,
    /// When it would have ended; none: it would fire now.
    pub resolved_at: Option<Instant>,
    /// Most booths, cameras or recognisers at once.
    pub subjects: usize,
    /// The value that was furthest on the wrong side.
    pub worst: Option<f64>,
}

/// The moments at which a preview looks, and from when on these are minutes: the ends of minutes in the two days before
/// `end`, and of hours before these where the window is made of hours. Of cameras there are hours only.
fn instants(rule: &Definition, end: Instant, reach_ms: i64) -> (Vec<Instant>, Instant) {
    if rule.is_hourly() {
        let last = Step::Hour.start(end);
        let first = last - reach_ms.saturating_sub(rule.window_ms()).clamp(0, SPAN_MS);
        return (every(Step::Hour, Step::Hour.start(first), last).collect(), end);
    }
    let reach = reach_ms.min(2 * DAY_MS).saturating_sub(rule.window_ms()).max(0);
    let exact = Step::Minute.start(end - reach);
    let coarse = (rule.window_ms() > SHORT_MS).then(|| every(Step::Hour, Step::Hour.start(end - SPAN_MS), exact - 1));
    (coarse.into_iter().flatten().chain(every(Step::Minute, exact, end)).collect(), exact)
}

fn every(step: Step, first: Instant, last: Instant) -> impl Iterator<Item = Instant> {
    std::iter::successors(Some(first), move |at| Some(at + step.length_ms())).take_while(move |at| *at <= last)
}

/// How many milliseconds of roll-ups of each subject a preview can make use of: minutes, or of cameras hours.
#[must_use]
pub fn most_reach(rule: &Definition) -> i64 {
    if rule.is_hourly() { SPAN_MS + rule.window_ms() } else { 2 * DAY_MS }
}

/// What is needed to try a rule up to `end`, with this much of the minutes; of a camera's hours.
#[must_use]
pub fn needed_for_preview(rule: &Definition, known: &Known, end: Instant, reach_ms: i64) -> Vec<Need> {
    let reach_ms = reach_ms.min(most_reach(rule));
    if rule.is_hourly() {
        let to = Step::Hour.start(end);
        let whose = match rule.place() {
            Place::Camera(booth, name) => Whose::One(Subject::Camera(booth.clone(), name.clone())),
            Place::All
            | Place::EachBooth
            | Place::Booth(_)
            | Place::EachCamera
            | Place::EachRecognizer
            | Place::Recognizer(_) => Whose::Cameras,
        };
        let cameras = Need { whose, step: Step::Hour, from: to - reach_ms, to };
        return vec![Need::of(Subject::All, Step::Hour, to - reach_ms, to), cameras];
    }
    let mut found = Vec::new();
    for subject in subjects(rule, known) {
        if rule.window_ms() > SHORT_MS {
            found.push(Need::of(subject.clone(), Step::Hour, end - SPAN_MS - rule.window_ms(), end));
        }
        found.push(Need::of(subject, Step::Minute, end - reach_ms, end));
    }
    found
}

/// What the rule would have done up to `end`, of which this much is at hand by the minute, or of cameras by the hour.
/// Nobody's quiet hours or snoozes count: it is the rule that is tried.
#[must_use]
pub fn preview(rule: &Definition, look: &Look<'_>, end: Instant, reach_ms: i64) -> Preview {
    let (moments, by_the_minute_since) = instants(rule, end, reach_ms);
    let folds = look.rollups.folds(rule.is_hourly());
    // A window that reaches back before anybody counted would be told of as empty.
    let known_from = folds.first().map(|first| first + rule.window_ms());
    let tracks: Vec<(Judged, Track)> = places(rule, look.known)
        .into_iter()
        .map(|place| {
            let track = look.rollups.track(rule.metric.source, place.subject(), rule.is_hourly());
            (place, track)
        })
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
    use tollbooth_telemetry::Facts;

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
        let known = Known { booths: vec!["north".to_owned()], ..Known::default() };
        let look = Look { end: Some(END), rollups, known: &known };
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
        let known = Known { booths: vec!["north".to_owned(), "south".to_owned()], ..Known::default() };
        let look = Look { end: Some(END), rollups: &rollups, known: &known };
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

    #[test]
    fn a_dirty_lens_is_tried_over_a_week_hour_by_hour() {
        let camera = ("north".to_owned(), "front".to_owned());
        let subject = Subject::Camera(camera.0.clone(), camera.1.clone());
        let known = Known { cameras: vec![camera], ..Known::default() };
        let rule = rule(json!({ "of": "each-camera", "window_minutes": 120, "for_minutes": 60 }));
        let reach = most_reach(&rule);
        let mut rollups = Rollups::default();
        for hour in 1..=(8 * 24) {
            let start = END - hour * 60 * MINUTE;
            let mut facts = Facts::default();
            facts.add("folds", 1);
            rollups.put(&Subject::All, Step::Hour, start, facts.clone());
            facts.add("received", 10);
            // Dirty for five hours, a day ago; cleaned after that.
            facts.add("unreadable", if (20..25).contains(&hour) { 9 } else { 0 });
            rollups.put(&subject, Step::Hour, start, facts);
        }
        let look = Look { end: Some(END + 12 * MINUTE), rollups: &rollups, known: &known };
        let found = preview(&rule, &look, END + 12 * MINUTE, reach);
        let hours = |at: Instant| (END - at) / (60 * MINUTE);
        let alerts: Vec<_> =
            found.alerts.iter().map(|one| (hours(one.fired_at), one.resolved_at.map(hours), one.subjects)).collect();
        // Wrong when the first dirty hour ends (45 % of two), told an hour later; well after two clean hours.
        assert_eq!((found.fired, alerts), (1, vec![(22, Some(17), 1)]), "{found:?}");
        assert_eq!(found.now, [("north/front".to_owned(), Some(0.0))]);
        assert_eq!((found.since, found.by_the_minute_since), (Some(END - 7 * DAY_MS), END + 12 * MINUTE));
        let needs = needed_for_preview(&rule, &known, END + 12 * MINUTE, reach);
        assert!(needs.iter().all(|need| need.step == Step::Hour && need.from == END - reach), "{needs:?}");
    }
}
