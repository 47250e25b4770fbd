//! Simulated booths, judges and reviewers with known errors: what is promised of the bounds holds.

use tollbooth_quality::advice::{Advice, Present, advise};
use tollbooth_quality::measure::{by, measure};
use tollbooth_quality::sample::{Outcome, Sampled, Wrong};

const RUNS: u64 = 1_000;

/// SplitMix64: small, seeded, the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A booth where the judge errs at a rate that depends on its confidence, and a person errs as well.
struct World {
    /// Error of the judge per passage, given its confidence.
    error: fn(f64) -> f64,
    /// Share of passages that a person misreads. Not as the judge does: then both would have to err alike.
    person: f64,
    /// Share in force, in percent, given the number of the passage.
    share: fn(u64) -> f64,
    passages: u64,
}

impl World {
    /// The sample as the ledger would hold it, and the judge's true error over all it accepted, in percent. Where person and
    /// judge differ a supervisor looks, who sees both and is right.
    fn run(&self, seed: u64) -> (Vec<Sampled>, f64) {
        let mut dice = Dice(seed);
        let (mut sample, mut errors) = (Vec::new(), 0_u64);
        for n in 0..self.passages {
            let confidence = 0.95 + 0.05 * dice.roll().sqrt();
            let wrong = dice.roll() < (self.error)(confidence);
            errors += u64::from(wrong);
            let (lot, share) = (dice.roll(), (self.share)(n));
            let misread = dice.roll() < self.person;
            if lot * 100.0 >= share {
                continue;
            }
            // A person who misreads differs from the judge, right or wrong; the supervisor then finds out which.
            let disputed = wrong || misread;
            let outcome = Outcome::Known((disputed && wrong).then_some(Wrong::Plate));
            sample.push(Sampled {
                booth: if n % 3 == 0 { "south" } else { "north" }.to_owned(),
                recognizer: "in-process 1".to_owned(),
                issuer: "us-tx".to_owned(),
                confidence,
                wrong_person_percent: Some(0.1),
                lot,
                share_percent: share,
                outcome,
            });
        }
        (sample, 100.0 * errors as f64 / self.passages as f64)
    }
}

/// How many of the runs have their true error under the bound.
fn held(world: &World) -> u64 {
    (0..RUNS)
        .filter(|seed| {
            let (sample, truth) = world.run(*seed);
            measure(&sample.iter().collect::<Vec<_>>()).at_most_percent >= truth
        })
        .count() as u64
}

#[test]
fn the_bound_holds_in_at_least_95_of_100_runs() {
    let worlds = [
        World { error: |_| 0.004, person: 0.01, share: |_| 5.0, passages: 10_000 },
        World { error: |_| 0.0005, person: 0.02, share: |_| 2.0, passages: 10_000 },
        World { error: |_| 0.03, person: 0.0, share: |_| 1.0, passages: 10_000 },
        World { error: |confidence| 0.4 * (1.0 - confidence), person: 0.01, share: |_| 5.0, passages: 10_000 },
    ];
    for (n, world) in worlds.iter().enumerate() {
        let held = held(world);
        assert!(held >= RUNS * 95 / 100, "world {n}: in {held} of {RUNS} runs");
    }
}

#[test]
fn the_bound_holds_where_the_share_was_changed_while_the_error_changed() {
    // Much was drawn while the judge was good, little when it became bad: an unweighted share would be far too low.
    let good_then_bad = |seed: u64| {
        let good = World { error: |_| 0.001, person: 0.01, share: |_| 10.0, passages: 5_000 };
        let bad = World { error: |_| 0.03, person: 0.01, share: |_| 2.0, passages: 5_000 };
        let ((mut sample, one), (rest, other)) = (good.run(seed), bad.run(seed + RUNS));
        sample.extend(rest);
        (sample, f64::midpoint(one, other))
    };
    let (mut held, mut naive_held) = (0, 0);
    for seed in 0..RUNS {
        let (sample, truth) = good_then_bad(seed);
        held += u64::from(measure(&sample.iter().collect::<Vec<_>>()).at_most_percent >= truth);
        let as_one: Vec<Sampled> =
            sample.iter().map(|passage| Sampled { share_percent: 10.0, ..passage.clone() }).collect();
        naive_held += u64::from(measure(&as_one.iter().collect::<Vec<_>>()).at_most_percent >= truth);
    }
    assert!(held >= RUNS * 95 / 100, "in {held} of {RUNS} runs");
    assert!(
        naive_held < RUNS / 2,
        "without thinning it would hold in {naive_held} of {RUNS} runs: this test sees nothing"
    );
}

#[test]
fn the_bound_of_each_booth_holds() {
    let world = World { error: |_| 0.005, person: 0.01, share: |_| 8.0, passages: 10_000 };
    let mut held = [0_u64; 2];
    for seed in 0..RUNS {
        let (sample, _) = world.run(seed);
        let found = by(&sample.iter().collect::<Vec<_>>(), |passage| &passage.booth);
        // 0.5 % is the rate that both are drawn from.
        for (at, (_, measure)) in found.iter().enumerate() {
            held[at] += u64::from(measure.at_most_percent >= 0.5);
        }
    }
    assert!(held.iter().all(|held| *held >= RUNS * 95 / 100), "{held:?} of {RUNS}");
}

#[test]
fn what_is_advised_keeps_the_target_in_at_least_95_of_100_runs_where_something_is() {
    let present = Present { min_confidence: 0.95, max_wrong_person_percent: 3.0, target_percent: 1.0 };
    let error = |confidence: f64| 0.5 * (1.0 - confidence);
    let world = World { error, person: 0.01, share: |_| 60.0, passages: 10_000 };
    let (mut advised, mut kept) = (0_u64, 0_u64);
    for seed in 0..RUNS {
        let (sample, _) = world.run(seed);
        let found = advise(&sample.iter().collect::<Vec<_>>(), present);
        let threshold = match (found.advice, found.row) {
            (Advice::Keep, _) => 0.95,
            (Advice::Tighten, Some(row)) => found.tried[row].value,
            _ => continue,
        };
        advised += 1;
        // The true error above a threshold, by numbers: confidence is 0.95 + 0.05 * sqrt(u).
        let (mut sum, mut count) = (0.0, 0.0);
        for n in 0..10_000 {
            let confidence = 0.95 + 0.05 * (f64::from(n) / 10_000.0).sqrt();
            if confidence >= threshold {
                sum += error(confidence);
                count += 1.0;
            }
        }
        kept += u64::from(100.0 * sum / count <= present.target_percent);
    }
    assert!(advised > RUNS / 2, "something was advised in {advised} runs only");
    assert!(kept * 100 >= advised * 95, "kept in {kept} of {advised}");
}
