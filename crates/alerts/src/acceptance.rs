//! Whether fewer photos than usual are accepted by themselves: a camera that moved, a lens, a new kind of plate. Nothing
//! fails then, and people get the work.

use tollbooth_pipeline::Instant;
use tollbooth_telemetry::Facts as Measured;

use crate::facts::{AcceptanceFacts, Facts};
use crate::finding::Finding;
use crate::rule::Rule;
use crate::time::minute;

/// Photos of an hour of which fewer say nothing.
const JUDGED_LEAST: i64 = 50;
/// So many points below the usual is a drop.
const DROP_POINTS: i64 = 15;
/// Days before that must have had as many photos at this hour, so that it can be said what is usual.
const DAYS_LEAST: usize = 3;

/// How many photos were judged, and the share of them that the judge accepted, in percent; none where few were.
fn share(measured: &Measured) -> Option<(i64, i64)> {
    let accepted = measured.get("accepted.judge");
    let judged = accepted + measured.total("referred");
    (judged >= JUDGED_LEAST).then(|| (judged, accepted * 100 / judged))
}

/// Whether enough photos were judged to say anything.
#[must_use]
pub fn is_enough(measured: &Measured) -> bool {
    share(measured).is_some()
}

/// What a booth's hour that begins at `hour` was, beside the same hour of days before; none where too little is known.
#[must_use]
pub fn acceptance(booth: &str, hour: Instant, measured: &Measured, before: &[Measured]) -> Option<AcceptanceFacts> {
    let (judged, percent) = share(measured)?;
    let mut usual: Vec<i64> = before.iter().filter_map(|day| Some(share(day)?.1)).collect();
    if usual.len() < DAYS_LEAST {
        return None;
    }
    usual.sort_unstable();
    let usual_percent = usual.get(usual.len() / 2).copied()?;
    Some(AcceptanceFacts { booth: booth.to_owned(), hour, judged, percent, usual_percent })
}

pub(crate) fn dropped(facts: &Facts, found: &mut Vec<(Rule, Finding)>) {
    let low = |one: &&AcceptanceFacts| one.percent < one.usual_percent - DROP_POINTS;
    found.extend(facts.acceptance.iter().filter(low).map(|one| {
        let text = format!(
            "{}: {} of 100 photos were accepted by themselves in the hour from {} ({} photos); usual at this hour are {}.",
            one.booth,
            one.percent,
            minute(one.hour),
            one.judged,
            one.usual_percent
        );
        (Rule::AcceptanceDropped, Finding::new(Rule::AcceptanceDropped, &one.booth, text))
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::conditions;

    fn hour(accepted: i64, referred: i64) -> Measured {
        let mut measured = Measured::default();
        measured.add("accepted.judge", accepted);
        measured.add("referred.low-confidence", referred);
        measured
    }

    fn wrong(last: &Measured, before: &[Measured]) -> Vec<String> {
        let found = acceptance("north", 1_795_168_800_000, last, before);
        let facts = Facts { acceptance: found.into_iter().collect(), ..Facts::default() };
        conditions(&facts).into_iter().map(|(_, finding)| finding.text).collect()
    }

    #[test]
    fn a_drop_of_more_than_fifteen_points_below_the_median_of_the_same_hour_is_told() {
        // One bad day among them does not make a bad hour usual.
        let week = [hour(90, 10), hour(88, 12), hour(20, 80), hour(92, 8), hour(90, 10), hour(91, 9), hour(3, 0)];
        assert_eq!(wrong(&hour(75, 25), &week), [""; 0], "fifteen points are no drop yet");
        assert_eq!(
            wrong(&hour(74, 26), &week),
            [
                "north: 74 of 100 photos were accepted by themselves in the hour from 2026-11-20 10:00 UTC (100 photos); \
              usual at this hour are 90."
            ]
        );
        assert_eq!(wrong(&hour(0, 49), &week), [""; 0], "too few to say");
        assert_eq!(wrong(&hour(0, 100), &week[..2]), [""; 0], "nobody knows what is usual");
    }
}
