//! A long random walk through everything the ledger can do, with crashes and clocks that jump, checked as it goes, on both
//! databases.
//!
//! A failure prints its seed; `WALK_SEED=… cargo test -p tollbooth-ledger walk` repeats it.

use std::collections::BTreeMap;

use tollbooth_ledger::db::{Db, Value};
use tollbooth_ledger::export::acknowledge::{self, Answer};
use tollbooth_ledger::export::{Begun, Cause};
use tollbooth_ledger::intake::NewPassage;
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_ledger::reading::{Decision, Lease, NextStep};
use tollbooth_ledger::review::{Filter, Refusal, Verdict};
use tollbooth_ledger::{Failure, Ledger};
use tollbooth_pipeline::export::{Cause as Why, Disposition, Kind};
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::state::State;
use tollbooth_postgres_server::{Commits, SUPERUSER, Server, programs_or_skip};

use crate::booth::*;

/// SplitMix64: small, seeded, the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(from.len()).unwrap();
        (count > 0).then(|| &from[usize::try_from(self.roll(count)).unwrap()])
    }
}

struct Walk<D> {
    ledger: Ledger<D>,
    /// The same ledger over a connection of its own.
    open: Box<dyn Fn() -> Ledger<D>>,
    dice: Dice,
    now: i64,
    sent: Vec<NewPassage>,
    leases: Vec<Lease>,
    /// Versions seen last: they never go back.
    versions: BTreeMap<String, u32>,
}

const CONCURRENCY: i64 = 4;

impl<D: Db> Walk<D> {
    fn new(seed: u64, open: Box<dyn Fn() -> Ledger<D>>) -> Self {
        let ledger = open();
        ledger.put_booth(NOW, &operator(), &booth(BOOTH)).unwrap();
        let settings = [
            ("reading.concurrency", "4"),
            ("reading.max_attempts", "3"),
            ("export.max_rows", "7"),
            ("export.step_rows", "2"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), Some(value.to_owned())));
        ledger.put_settings(NOW, &operator(), &settings).unwrap();
        Self { ledger, open, dice: Dice(seed), now: NOW, sent: vec![], leases: vec![], versions: BTreeMap::new() }
    }

    fn number(&self, sql: &str) -> i64 {
        let rows = self.ledger.db().execute(sql, &[]).unwrap();
        match rows.first().and_then(|row| row.0.first()) {
            Some(Value::Integer(number)) => *number,
            other => panic!("{sql}: {other:?}"),
        }
    }

    fn step(&mut self) {
        self.now += i64::try_from(self.dice.roll(5_000)).unwrap();
        match self.dice.roll(20) {
            0..5 => self.send(),
            5..8 => self.lease(),
            8..12 => self.settle(),
            12..15 => self.review(),
            15 => self.reopen(),
            16 => self.acknowledge(),
            17 => self.export(),
            18 => self.jump(),
            _ => self.crash(),
        }
    }

    fn send(&mut self) {
        let key = format!("key-{}", self.sent.len());
        let repeated = self.dice.roll(4) == 0;
        let mut new = match self.dice.pick(&self.sent).cloned() {
            Some(old) if repeated => match self.dice.roll(4) {
                0 => old,
                1 => passage_with(&key, &old.key, old.captured_at_instant),
                2 => passage_with(&key, &old.key, old.captured_at_instant + SECOND),
                _ => NewPassage { lane: "2".into(), ..old },
            },
            Some(_) | None => passage_with(&key, &key, self.now),
        };
        new.damaged = self.dice.roll(10) == 0;
        self.ledger.record_passage(self.now, &new).unwrap();
        self.sent.push(new);
    }

    fn lease(&mut self) {
        let most = u32::try_from(self.dice.roll(4)).unwrap();
        let work = self.ledger.lease_work(self.now, "walker", most, OURS).unwrap();
        self.leases.extend(work.leases);
    }

    fn settle(&mut self) {
        if self.leases.is_empty() {
            return;
        }
        let count = u64::try_from(self.leases.len()).unwrap();
        let lease = self.leases[usize::try_from(self.dice.roll(count)).unwrap()].clone();
        let token = lease.attempt_token.as_str();
        let ledger = &self.ledger;
        // Leases stay on the list: many are lost by then, and answering twice is part of the walk.
        let lost = match self.dice.roll(6) {
            0..3 => {
                let plate = format!("P{}", self.dice.roll(40));
                ledger.settle(self.now, token, reading(), acceptance(&plate)).err()
            }
            3 => {
                let decision = Decision::Review(referral(ReviewReason::LowConfidence, Some("ABC1234")));
                ledger.settle(self.now, token, reading(), decision).err()
            }
            4 => {
                let next = NextStep::RetryAt(self.now + 30 * SECOND);
                ledger.settle_failed(self.now, token, &failed("outage"), next).err()
            }
            _ => ledger.give_back(self.now, token).err(),
        };
        if let Some(Failure::Ledger(error)) = lost {
            panic!("{error}");
        }
    }

    fn review(&mut self) {
        let who = reviewer(&format!("tok_{}", self.dice.roll(3)));
        let Some(item) = self.ledger.claim_next(self.now, &who, None, &Filter::default()).unwrap() else {
            return;
        };
        let (id, version, ledger) = (&item.passage, item.version, &self.ledger);
        let ended = match self.dice.roll(6) {
            0 | 1 => {
                let verdict = Verdict::Plate {
                    plate: format!("P{}", self.dice.roll(40)),
                    jurisdiction: "us-tx".into(),
                    another_crossing: self.dice.roll(2) == 0,
                    confirm_placeholder: false,
                    plate_type: None,
                };
                ledger.submit(self.now, &who, id, version, &verdict).map(|_| ())
            }
            2 => ledger.submit(self.now, &who, id, version, &reject()).map(|_| ()),
            3 => ledger.release(self.now, &who, id, version).map(|_| ()),
            4 => ledger.reprocess(self.now, &who, id, version).map(|_| ()),
            // Goes home and leaves the claim to run out.
            _ => Ok(()),
        };
        let expected = matches!(ended, Ok(()) | Err(Failure::Refused(Refusal::PossibleDouble(_))));
        assert!(expected, "{ended:?}");
    }

    fn reopen(&mut self) {
        let state = if self.dice.roll(2) == 0 { State::Accepted } else { State::Rejected };
        let (decided, _) = self.ledger.search(None, Some(state), None, 50).unwrap();
        let Some(passage) = self.dice.pick(&decided) else { return };
        let answer =
            self.ledger.reopen(self.now, &reviewer("tok_s"), &passage.id, passage.version, "doubt", Why::Error);
        let bound = matches!(answer, Err(Failure::Refused(Refusal::BoundToExport(_))));
        assert!(answer.is_ok() || bound, "{answer:?}");
        let under_way = self.number("SELECT count(*) FROM export WHERE state = 'bound'");
        assert!(under_way == 1 || !bound, "{answer:?}");
    }

    /// Billing answers some lines of some export, as it pleases, and sometimes twice.
    fn acknowledge(&mut self) {
        let published = self.ledger.published_exports(0, 1_000).unwrap();
        let Some(export) = self.dice.pick(&published) else { return };
        let passages: Vec<_> = match export.kind {
            Kind::Lines => {
                self.ledger.export_rows(export.sequence, 0, 100).unwrap().into_iter().map(|(_, l)| l.passage).collect()
            }
            Kind::Corrections => {
                self.ledger.correction_rows(export.sequence, 0, 100).unwrap().into_iter().map(|c| c.passage).collect()
            }
        };
        let answers: Vec<_> = passages
            .into_iter()
            .map(|passage| match self.dice.roll(4) {
                0 => Answer { passage, outcome: Disposition::Refused, reason: Some("unknown tariff".into()) },
                1 => Answer { passage, outcome: Disposition::OwnerNotFound, reason: None },
                _ => Answer { passage, outcome: Disposition::Billed, reason: None },
            })
            .collect();
        let answer = self.ledger.acknowledge(self.now, &actor(Role::Billing, "tok_b"), export.sequence, &answers);
        let contradicts = matches!(answer, Err(Failure::Refused(acknowledge::Refusal::Contradictions(_))));
        assert!(answer.is_ok() || contradicts, "{answer:?}");
    }

    fn export(&mut self) {
        let cause = if self.dice.roll(2) == 0 { Cause::Scheduled } else { Cause::Requested };
        let begun = self.ledger.begin_export(self.now, &exporter(), cause).unwrap();
        if let (Begun::Proceed(bound), true) = (begun, self.dice.roll(3) > 0) {
            publish(&self.ledger, self.now, &bound);
        }
    }

    /// A clock is set, forwards or backwards, by up to a day.
    fn jump(&mut self) {
        let by = i64::try_from(self.dice.roll(24 * 3_600_000)).unwrap();
        self.now += if self.dice.roll(2) == 0 { by } else { -by };
    }

    /// The process dies inside a transaction and starts again.
    fn crash(&mut self) {
        let ledger = &self.ledger;
        begin_writing(ledger);
        let lost = passage_with(&format!("lost-{}", self.dice.roll(1_000_000)), "lost", self.now);
        ledger.record_passage(self.now, &lost).unwrap();
        self.ledger = (self.open)();
        assert!(self.ledger.passage(&lost.passage).unwrap().is_none());
    }

    fn check(&mut self) {
        balanced(&self.ledger);
        let reading = self.number("SELECT count(*) FROM passage WHERE state = 'reading'");
        assert!(reading <= CONCURRENCY, "{reading} leases");
        assert_eq!(self.number("SELECT count(*) - count(DISTINCT passage_sequence) FROM bill_line"), 0);
        let (newest, _) = self.ledger.search(None, None, None, 1_000).unwrap();
        for passage in newest {
            let before = self.versions.insert(passage.id.clone(), passage.version).unwrap_or(0);
            assert!(passage.version >= before, "{} went back from version {before}", passage.id);
        }
    }

    /// Reads, decides and exports everything that is left.
    fn finish(&mut self) {
        self.now = self.now.max(NOW) + 48 * HOUR;
        let ledger = &self.ledger;
        loop {
            self.now += 10 * MINUTE;
            let work = ledger.lease_work(self.now, "walker", 100, OURS).unwrap();
            for (n, lease) in work.leases.iter().enumerate() {
                let plate = format!("Q{n}{}", self.now % 1_000_000);
                ledger.settle(self.now, &lease.attempt_token, reading(), acceptance(&plate)).unwrap();
            }
            let who = reviewer("tok_last");
            while let Some(item) = ledger.claim_next(self.now, &who, None, &Filter::default()).unwrap() {
                ledger.submit(self.now, &who, &item.passage, item.version, &reject()).unwrap();
            }
            let status = ledger.look(self.now).unwrap();
            if status.oldest_waiting.is_none() && status.live_leases == 0 && status.open_reviews == 0 {
                break;
            }
        }
        while export(ledger, self.now).is_some() {}
    }
}

/// Walks so many steps, and looks after every so many of them.
fn walk<D: Db>(seed: u64, steps: usize, look: usize, open: Box<dyn Fn() -> Ledger<D>>) {
    println!("WALK_SEED={seed}");
    let mut walk = Walk::new(seed, open);
    for step in 1..=steps {
        walk.step();
        if step % look == 0 {
            walk.check();
        }
    }
    walk.finish();
    walk.check();
    let accepted = walk.number("SELECT count(*) FROM passage WHERE state = 'accepted'");
    assert!(accepted > 20, "the walk accepted only {accepted}");
    let lines = walk.number("SELECT count(*) FROM bill_line");
    let withdrawn = walk.number("SELECT count(*) FROM passage WHERE correction = 'withdrawn'");
    assert_eq!(lines, accepted + withdrawn);
    assert_eq!(walk.number("SELECT count(*) FROM event WHERE kind = 'billed'"), lines);
    assert_eq!(walk.number("SELECT count(*) FROM passage WHERE correction IN ('open', 'due')"), 0);
    let corrections = walk.number("SELECT count(*) FROM correction");
    assert!(corrections > 5 && withdrawn > 0, "the walk corrected only {corrections}, withdrew {withdrawn}");
    assert_eq!(walk.ledger.inspect(0, 1_000).unwrap().contradictions, []);
    assert_eq!(walk.number("SELECT count(*) FROM passage WHERE state IN ('waiting', 'reading', 'in-review')"), 0);
    let published = walk.ledger.published_exports(0, 1_000).unwrap();
    assert_eq!(published.iter().map(|e| i64::from(e.rows)).sum::<i64>(), lines + corrections);
    for (sequence, export) in (1..).zip(&published) {
        assert_eq!(export.sequence, sequence);
    }
}

fn seeds(otherwise: impl Iterator<Item = u64>) -> Vec<u64> {
    let named = std::env::var("WALK_SEED").ok().and_then(|seed| seed.parse().ok());
    named.map_or_else(|| otherwise.collect(), |seed| vec![seed])
}

#[test]
fn the_balance_closes_at_every_step_of_a_random_walk() {
    for seed in seeds(1..=3) {
        let (_folder, path) = folder();
        walk(seed, 1_000, 1, Box::new(move || open(&path)));
    }
}

#[test]
fn the_balance_closes_on_a_random_walk_on_postgresql() {
    let Some(programs) = programs_or_skip("a random walk on PostgreSQL") else { return };
    let server = Server::start(&programs, Commits::Unsynced).unwrap();
    for seed in seeds(std::iter::once(1)) {
        let name = format!("walk_{seed}");
        server.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE template0 LOCALE 'C.UTF-8'")).unwrap();
        let url = server.url(SUPERUSER, &name);
        Ledger::migrate(PostgresDb::open(&url).unwrap(), Some(NOW)).unwrap();
        walk(seed, 1_000, 20, Box::new(move || Ledger::open(PostgresDb::open(&url).unwrap(), None).unwrap()));
    }
}
