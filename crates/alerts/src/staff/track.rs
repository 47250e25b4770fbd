//! One metric of one subject over time, ready to be asked for any window at once: a preview asks thousands of times.

use tollbooth_telemetry::{Facts, Instant, Step, histogram};

use crate::staff::metric::{Aggregation, Source};

/// A window of up to this is made of minutes; a longer one of whole hours, with minutes at both ends, so that it is exact.
pub const SHORT_MS: i64 = 120 * 60_000;

/// Numbers that are added up: counts by bound and their sum, or a part and its whole.
const SLOTS: usize = histogram::BOUNDS_MS.len() + 2;
type Sums = [i64; SLOTS];
const SUM: usize = SLOTS - 1;

/// The stretches of steps that a window is made of, none of them empty. `hourly`: of what is measured by the hour only.
pub(super) fn cover(hourly: bool, from: Instant, to: Instant) -> Vec<(Step, Instant, Instant)> {
    let found = if hourly {
        vec![(Step::Hour, from, to)]
    } else if to - from <= SHORT_MS {
        vec![(Step::Minute, from, to)]
    } else {
        let first = Step::Hour.start(from - 1) + Step::Hour.length_ms();
        let last = Step::Hour.start(to);
        vec![(Step::Minute, from, first), (Step::Hour, first, last), (Step::Minute, last, to)]
    };
    found.into_iter().filter(|(_, from, to)| from < to).collect()
}

/// Roll-ups of one step, by time.
#[derive(Debug, Default)]
struct Rows {
    starts: Vec<Instant>,
    /// Of all rows before each row; one longer than the rows.
    before: Vec<Sums>,
    levels: Vec<Option<i64>>,
}

impl Rows {
    fn of<'a>(source: Source, rows: impl Iterator<Item = (Instant, &'a Facts)>) -> Self {
        let mut found = Self { before: vec![[0; SLOTS]], ..Self::default() };
        let mut total = [0; SLOTS];
        for (start, facts) in rows {
            for (slot, number) in total.iter_mut().zip(sums(source, facts)) {
                *slot += number;
            }
            found.starts.push(start);
            found.before.push(total);
            found.levels.push(level(source, facts));
        }
        found
    }

    fn between(&self, from: Instant, to: Instant) -> (usize, usize) {
        (self.starts.partition_point(|start| *start < from), self.starts.partition_point(|start| *start < to))
    }

    fn add(&self, from: Instant, to: Instant, sums: &mut Sums) {
        let (first, last) = self.between(from, to);
        let (Some(low), Some(high)) = (self.before.get(first), self.before.get(last)) else { return };
        for ((slot, low), high) in sums.iter_mut().zip(low).zip(high) {
            *slot += high - low;
        }
    }
}

fn sums(source: Source, facts: &Facts) -> Sums {
    let mut found = [0; SLOTS];
    let mut put = |at: usize, number: i64| {
        if let Some(slot) = found.get_mut(at) {
            *slot = number;
        }
    };
    match source {
        Source::Count(name, _) => put(0, facts.total(name)),
        Source::CountBut(name, but) => put(0, facts.total(name) - facts.total(but)),
        Source::Growth { more, less } => {
            let total = |names: &[&str]| names.iter().map(|name| facts.total(name)).sum::<i64>();
            put(0, total(more) - total(less));
        }
        Source::ShareBut { whole, but } => {
            put(0, facts.total(whole) - facts.total(but));
            put(1, facts.total(whole));
        }
        Source::Share { part, whole } => {
            put(0, facts.total(part));
            put(1, whole.iter().map(|name| facts.total(name)).sum());
        }
        Source::Durations(name, _) => {
            for (at, count) in histogram::counts(facts, name).into_iter().enumerate() {
                put(at, count);
            }
            put(SUM, facts.get(&format!("{name}.{}", histogram::SUM)));
        }
        Source::Level(..) | Source::Time(_) | Source::Age(..) => {}
    }
    found
}

/// A level where the minute has one. Where a stage is empty its oldest is of no age.
fn level(source: Source, facts: &Facts) -> Option<i64> {
    match source {
        Source::Level(name, _) | Source::Time(name) => facts.known(name),
        Source::Age(stage, _) => {
            facts.known(&format!("depth.{stage}"))?;
            Some(facts.get(&format!("age_ms.{stage}")))
        }
        Source::Count(..)
        | Source::CountBut(..)
        | Source::Growth { .. }
        | Source::Share { .. }
        | Source::ShareBut { .. }
        | Source::Durations(..) => None,
    }
}

/// One metric of one subject.
#[derive(Debug, Default)]
pub(super) struct Track {
    minutes: Rows,
    hours: Rows,
    hourly: bool,
}

impl Track {
    /// From roll-ups, each by time. `hourly`: whatever the window, of hours only.
    pub fn of<'a>(
        source: Source,
        hourly: bool,
        minutes: impl Iterator<Item = (Instant, &'a Facts)>,
        hours: impl Iterator<Item = (Instant, &'a Facts)>,
    ) -> Self {
        Self { minutes: Rows::of(source, minutes), hours: Rows::of(source, hours), hourly }
    }

    fn rows(&self, step: Step) -> &Rows {
        if step == Step::Minute { &self.minutes } else { &self.hours }
    }

    fn sums(&self, from: Instant, to: Instant) -> Sums {
        let mut found = [0; SLOTS];
        for (step, from, to) in cover(self.hourly, from, to) {
            self.rows(step).add(from, to, &mut found);
        }
        found
    }

    /// When its first roll-up begins.
    pub fn first(&self) -> Option<Instant> {
        self.minutes
            .starts
            .first()
            .min(self.hours.starts.first())
            .or(self.minutes.starts.first())
            .or(self.hours.starts.first())
            .copied()
    }

    /// How often something happened in a window.
    pub fn count(&self, from: Instant, to: Instant) -> i64 {
        self.sums(from, to)[0]
    }

    /// The value of a window in the metric's unit. None when there is nothing to tell it from: no level, or fewer than
    /// `least` of what a share or a duration is made of.
    #[expect(clippy::cast_precision_loss, reason = "counts and milliseconds of our time are far below 2^53")]
    pub fn value(&self, source: Source, how: Aggregation, least: f64, from: Instant, to: Instant) -> Option<f64> {
        match source {
            Source::Count(_, unit) => Some(self.count(from, to) as f64 / unit as f64),
            Source::CountBut(..) | Source::Growth { .. } => Some(self.count(from, to) as f64),
            Source::Share { .. } | Source::ShareBut { .. } => {
                let [part, whole, ..] = self.sums(from, to);
                (whole > 0 && whole as f64 >= least).then(|| (part as f64 * 100.0 / whole as f64).min(100.0))
            }
            Source::Durations(_, unit) => {
                let sums = self.sums(from, to);
                let (counts, sum) = sums.split_at(SUM);
                let total: i64 = counts.iter().sum();
                if total == 0 || (total as f64) < least {
                    return None;
                }
                let ms = match how {
                    Aggregation::Mean => sum.first().copied().unwrap_or_default() as f64 / total as f64,
                    other => histogram::quantile_of(counts, share(other))? as f64,
                };
                Some(ms / unit as f64)
            }
            Source::Level(_, unit) => self.level(how, from, to).map(|level| level / unit as f64),
            Source::Time(_) => self.level(Aggregation::Mean, from, to).map(|mean| (mean * 100.0).min(100.0)),
            Source::Age(_, unit) => self.level(how, from, to).map(|ms| ms / unit as f64),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "passages and milliseconds of our time are far below 2^53")]
    fn level(&self, how: Aggregation, from: Instant, to: Instant) -> Option<f64> {
        let (first, last) = self.minutes.between(from, to);
        let known: Vec<i64> = self.minutes.levels.get(first..last)?.iter().flatten().copied().collect();
        match how {
            Aggregation::Least => known.iter().min().map(|level| *level as f64),
            Aggregation::Most => known.iter().max().map(|level| *level as f64),
            Aggregation::Mean if !known.is_empty() => Some(known.iter().sum::<i64>() as f64 / known.len() as f64),
            _ => known.last().map(|level| *level as f64),
        }
    }
}

const fn share(how: Aggregation) -> f64 {
    match how {
        Aggregation::P50 => 0.5,
        Aggregation::P99 => 0.99,
        _ => 0.9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;
    const HOUR: i64 = 60 * MINUTE;

    #[test]
    fn a_window_is_covered_once_and_without_a_gap() {
        for (from, to) in
            [(0, HOUR), (7 * MINUTE, 127 * MINUTE), (7 * MINUTE, 7 * MINUTE + 6 * HOUR), (HOUR, 25 * HOUR)]
        {
            let parts = cover(false, from, to);
            assert_eq!((parts[0].1, parts.last().unwrap().2), (from, to));
            assert!(parts.windows(2).all(|pair| pair[0].2 == pair[1].1), "{parts:?}");
        }
        let parts = cover(false, 7 * MINUTE, 7 * MINUTE + 6 * HOUR);
        let steps: Vec<_> = parts.iter().map(|(step, ..)| *step).collect();
        assert_eq!(steps, [Step::Minute, Step::Hour, Step::Minute]);
        assert_eq!(cover(false, HOUR, 25 * HOUR), [(Step::Hour, HOUR, 25 * HOUR)], "whole hours need no minutes");
        assert_eq!(cover(true, HOUR, 2 * HOUR), [(Step::Hour, HOUR, 2 * HOUR)], "there are no minutes of a camera");
    }

    fn row(pairs: &[(&str, i64)]) -> Facts {
        let mut facts = Facts::default();
        pairs.iter().for_each(|(name, number)| facts.set(*name, *number));
        facts
    }

    fn track(source: Source, rows: &[Facts]) -> Track {
        let by_minute = || rows.iter().enumerate().map(|(n, facts)| (i64::try_from(n).unwrap() * MINUTE, facts));
        Track::of(source, false, by_minute(), std::iter::empty())
    }

    #[test]
    fn shares_are_of_the_window_and_few_say_nothing() {
        let source = Source::Share { part: "unreadable", whole: &["received"] };
        let rows: Vec<_> = (0..10).map(|n| row(&[("received", 10), ("unreadable", n)])).collect();
        let track = track(source, &rows);
        let value = |least, from, to| track.value(source, Aggregation::Share, least, from * MINUTE, to * MINUTE);
        assert_eq!(value(1.0, 8, 10), Some(85.0));
        assert_eq!(value(21.0, 8, 10), None, "twenty came");
        assert_eq!(value(1.0, 10, 20), None, "none came");
    }

    #[test]
    fn levels_are_the_minutes_and_an_empty_stage_has_no_age() {
        let source = Source::Age("waiting", MINUTE);
        let rows = [
            row(&[("depth.waiting", 3), ("age_ms.waiting", 5 * MINUTE)]),
            row(&[("received", 4)]),
            row(&[("depth.waiting", 0)]),
        ];
        let track = track(source, &rows);
        let value = |how| track.value(source, how, 1.0, 0, 3 * MINUTE);
        assert_eq!(value(Aggregation::Last), Some(0.0));
        assert_eq!((value(Aggregation::Most), value(Aggregation::Mean)), (Some(5.0), Some(2.5)));
        assert_eq!(
            track.value(source, Aggregation::Last, 1.0, MINUTE, 2 * MINUTE),
            None,
            "nobody looked in this minute"
        );
    }

    #[test]
    fn failures_are_all_calls_but_those_that_brought_a_reading() {
        let rows = [
            row(&[("calls.read", 15), ("calls.timed-out", 3), ("circuit_open", 0), ("money_today_micros", 2_500_000)]),
            row(&[("calls.read", 5), ("calls.outage", 2), ("circuit_open", 1), ("money_today_micros", 3_000_000)]),
        ];
        let value = |source, how| track(source, &rows).value(source, how, 1.0, 0, 2 * MINUTE);
        assert_eq!(value(Source::Count("calls", 1), Aggregation::Sum), Some(25.0));
        assert_eq!(value(Source::Count("calls.outage", 1), Aggregation::Sum), Some(2.0));
        assert_eq!(value(Source::CountBut("calls", "calls.read"), Aggregation::Sum), Some(5.0));
        let share = Source::ShareBut { whole: "calls", but: "calls.read" };
        assert_eq!(value(share, Aggregation::Share), Some(20.0));
        assert_eq!(value(Source::Time("circuit_open"), Aggregation::Share), Some(50.0), "one of two minutes");
        let money = Source::Level("money_today_micros", 1_000_000);
        assert_eq!((value(money, Aggregation::Last), value(money, Aggregation::Least)), (Some(3.0), Some(2.5)));
    }

    #[test]
    fn what_is_the_systems_fault_is_a_part_of_what_was_rejected() {
        let rows = [
            row(&[("rejected.too-dark", 2), ("rejected.no-plate", 1), ("blamed.system", 2), ("blamed.vehicle", 1)]),
            row(&[("rejected.no-plate", 5), ("blamed.vehicle", 5)]),
        ];
        let source = Source::Share { part: "blamed.system", whole: &["rejected"] };
        assert_eq!(track(source, &rows).value(source, Aggregation::Share, 1.0, 0, 2 * MINUTE), Some(25.0));
    }

    #[test]
    fn a_backlog_grows_by_what_came_less_what_was_closed_and_shrinks_below_zero() {
        let source = Source::Growth { more: &["referred", "reopened"], less: &["review_ms"] };
        let mut busy = row(&[("referred.low-confidence", 7), ("referred.quality-sample", 1), ("reopened", 2)]);
        (0..4).for_each(|_| busy.add_duration("review_ms", 90_000));
        let mut calm = row(&[("accepted.judge", 50)]);
        (0..9).for_each(|_| calm.add_duration("review_ms", 90_000));
        let track = track(source, &[busy, calm]);
        let value = |from, to| track.value(source, Aggregation::Sum, 1.0, from * MINUTE, to * MINUTE);
        assert_eq!((value(0, 1), value(1, 2), value(0, 2)), (Some(6.0), Some(-9.0), Some(-3.0)));
    }

    #[test]
    fn durations_have_quantiles_and_a_mean() {
        let source = Source::Durations("lag_ms", 1_000);
        let mut facts = Facts::default();
        (0..10).for_each(|_| facts.add_duration("lag_ms", 2_000));
        facts.add_duration("lag_ms", 100_000);
        let track = track(source, &[facts]);
        let value = |how| track.value(source, how, 1.0, 0, MINUTE).unwrap();
        assert!((1.0..=2.5).contains(&value(Aggregation::P50)), "{}", value(Aggregation::P50));
        assert!(value(Aggregation::P99) > 60.0);
        assert!((value(Aggregation::Mean) - 120.0 / 11.0).abs() < 1e-9);
    }
}
