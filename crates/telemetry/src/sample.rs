//! Roll-ups as a plaza has them, for measurements: of a booth that is quiet at night and busy twice a day, with the failures and
//! reasons of real traffic, durations spread over their bounds, and nothing named that did not happen. So the rows are as long,
//! and as different, as those that a ledger adds up: an hour at night has some dozen numbers, a day has a hundred.

use crate::histogram::{SUM, label};
use crate::{Facts, Instant, Step};

const HOUR_MS: i64 = 3_600_000;
/// Photos of an hour, by the hour of the day in UTC, of a booth of middling traffic in the middle of the United States.
const DAY: [i64; 24] =
    [180, 120, 90, 60, 40, 30, 25, 20, 20, 25, 40, 110, 260, 380, 340, 280, 260, 270, 280, 290, 330, 400, 420, 300];
/// Of a thousand photos, those sent to people for a reason.
const REASONS: [(&str, i64); 8] = [
    ("referred.low-confidence", 60),
    ("referred.issuer-unclear", 45),
    ("referred.no-plate-found", 22),
    ("referred.plate-unreadable", 9),
    ("referred.possible-double", 6),
    ("referred.repeated-frame", 3),
    ("referred.image-damaged", 2),
    ("referred.quality-sample", 10),
];
/// Durations that stand for all of a step.
const DRAWN: i64 = 16;
const LAG: (&str, i64, u32) = ("lag_ms", 900, 5);
/// Durations: the metric, a usual one in milliseconds, and how far others are from it, as a power of two.
const DURATIONS: [(&str, i64, u32); 6] = [
    LAG,
    ("reading_wait_ms", 700, 6),
    ("reading_run_ms", 650, 2),
    ("review_ms", 240_000, 7),
    ("billable_ms", 2_500, 10),
    ("export_wait_ms", 1_700_000, 3),
];

/// What one booth measured in a step; `of_all` stands for so many booths together.
#[must_use]
pub fn booth(number: i64, of_all: i64, step: Step, start: Instant) -> Facts {
    let mut dice = Dice::new(number, start);
    let photos = (photos(step, start) * of_all * (50 + number % 7 * 15) / 100 * dice.between(85, 115) / 100).max(0);
    let mut facts = Facts::default();
    let mut count = |name: &str, number: i64| {
        if number > 0 {
            facts.add(name, number);
        }
    };
    let mut sent_on = 0;
    for (reason, share) in REASONS {
        let number = dice.share(photos, share);
        sent_on += number;
        count(reason, number);
    }
    count("received", photos);
    count("leased", photos + photos / 60);
    count("read", photos - photos / 90);
    count("duplicate", dice.share(photos, 4));
    count("read_failed.timed-out", dice.share(photos, 6));
    count("read_failed.outage", dice.share(photos, 1));
    count("accepted.judge", photos - sent_on);
    count("accepted.people", sent_on * 7 / 10);
    count("rejected.no-plate", sent_on / 6);
    count("rejected.unreadable", sent_on / 9);
    count("unreadable", dice.share(photos, 33));
    count("billed", photos - sent_on * 3 / 10);
    count("cost_micros", photos * 1_500);
    count("refused.image-size", dice.share(photos, 1));
    count("refused_strangers.unauthorized", dice.share(photos, 1));
    for stage in ["waiting", "reading", "in-review", "to-bill"] {
        count(&format!("depth.{stage}"), dice.share(photos, 90));
    }
    for stage in ["waiting", "in-review"] {
        count(&format!("age_ms.{stage}"), dice.between(500, 3_000_000));
    }
    for (metric, usual, spread) in DURATIONS {
        durations(&mut facts, &mut dice, metric, usual, spread, photos);
    }
    facts
}

/// What one camera measured in a step.
#[must_use]
pub fn camera(number: i64, step: Step, start: Instant) -> Facts {
    let mut dice = Dice::new(number, start);
    let photos = photos(step, start) * dice.between(35, 60) / 100;
    let mut facts = Facts::default();
    let unreadable = dice.share(photos, 33);
    for (name, number) in
        [("received", photos), ("unreadable", unreadable)].into_iter().filter(|(_, number)| *number > 0)
    {
        facts.add(name, number);
    }
    let (metric, usual, spread) = LAG;
    durations(&mut facts, &mut dice, metric, usual, spread, photos);
    facts
}

/// So many durations, of which some stand for all: they fill the bounds that all would fill.
fn durations(facts: &mut Facts, dice: &mut Dice, metric: &str, usual: i64, spread: u32, photos: i64) {
    let drawn = photos.min(DRAWN);
    for n in 0..drawn {
        let ms = dice.around(usual, spread);
        let each = photos / drawn + i64::from(n < photos % drawn);
        facts.add(format!("{metric}.{}", label(ms)), each);
        facts.add(format!("{metric}.{SUM}"), ms * each);
    }
}

fn photos(step: Step, start: Instant) -> i64 {
    let of_the_hour = |start: Instant| {
        let hour = usize::try_from(start.div_euclid(HOUR_MS).rem_euclid(24)).unwrap_or_default();
        DAY.get(hour).copied().unwrap_or_default()
    };
    match step {
        Step::Minute => of_the_hour(start) / 60,
        Step::Hour => of_the_hour(start),
        Step::Day => DAY.iter().sum(),
        Step::Total => DAY.iter().sum::<i64>() * 730,
    }
}

/// The same numbers for the same booth and moment.
struct Dice(u64);

impl Dice {
    fn new(number: i64, start: Instant) -> Self {
        Self(
            number.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15)
                ^ start.unsigned_abs().wrapping_mul(0xbf58_476d_1ce4_e5b9)
                | 1,
        )
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// From `low` to `high`.
    fn between(&mut self, low: i64, high: i64) -> i64 {
        let range = (high - low).unsigned_abs() + 1;
        low + i64::try_from((self.next() >> 16) % range).unwrap_or_default()
    }

    /// So many thousandths of a number; of a small one sometimes one and mostly none.
    fn share(&mut self, of: i64, thousandths: i64) -> i64 {
        (of * thousandths + self.between(0, 999)) / 1_000
    }

    /// Half of them longer, by any factor up to the spread, and half shorter.
    fn around(&mut self, usual: i64, spread: u32) -> i64 {
        let factor = 1_i64 << self.between(0, i64::from(spread));
        if self.next() & 0x1_0000 == 0 { usual * factor } else { usual / factor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::find;

    #[test]
    fn samples_name_only_metrics_that_there_are_and_differ_as_traffic_does() {
        let night = booth(3, 1, Step::Hour, 8 * HOUR_MS);
        let evening = booth(3, 1, Step::Hour, 22 * HOUR_MS);
        let day = booth(3, 1, Step::Day, 0);
        let length = |facts: &Facts| facts.to_json().unwrap().len();
        assert!(
            length(&night) < length(&evening) && length(&evening) < length(&day) + 400,
            "{night:?}\n{evening:?}\n{day:?}"
        );
        assert!(night.get("received") < evening.get("received"));
        for facts in [&night, &evening, &day, &camera(1, Step::Hour, 22 * HOUR_MS)] {
            for (name, number) in facts.iter() {
                assert!(find(name.split('.').next().unwrap()).is_some() && number > 0, "{name}");
            }
        }
        assert_eq!(night, booth(3, 1, Step::Hour, 8 * HOUR_MS), "the same each time");
        assert_ne!(night, booth(4, 1, Step::Hour, 8 * HOUR_MS));
    }
}
