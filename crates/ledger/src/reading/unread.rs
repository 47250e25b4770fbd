//! Passages that nobody reads: leases that died with their last attempt, workers that died, and budgets that are spent.
//!
//! Each ends in a recorded outcome, as the policy says: the same again, the second recogniser, or a person with the
//! reason. Nothing is dropped, and every change goes through the same moves as an attempt that failed.

use serde_json::{Value as Json, json};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::judge;
use tollbooth_pipeline::policy::{self, AfterFailure, Situation, Turn};
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_pipeline::settings::Settings;
use tollbooth_pipeline::state::Move;

use super::lease::{Offer, dead};
use super::outcome::{DIED, EXPIRED, UNPAID};
use super::settle::Attempt;
use super::{Acceptance, Referral};
use crate::Ledger;
use crate::clock::CLOCK_SLACK_MS;
use crate::db::{Db, Row, params};
use crate::error::LedgerError;
use crate::event::{Actor, EventKind, NewEvent};
use crate::scope::Scope;
use crate::setting::in_force;
use crate::step::{Entering, Held, held_columns};

/// Most leases taken back in one transaction; the next call goes on. All of them are dead for certain, so a long page
/// of live ones can never hide them.
const MAX_TAKEN_BACK: u32 = 1_000;

/// Most passages sent to people in one transaction; the next call goes on.
const MAX_REFERRED: u32 = 100;

/// So many attempts of the recogniser in process that ended with its worker are evidence against the file: a person looks,
/// instead of more workers dying of it.
const DEADLY: u64 = 2;

macro_rules! leased {
    ($condition:expr, $limit:expr) => {
        concat!(
            "SELECT ",
            held_columns!(),
            ", p.lease_token, a.asked, b.jurisdiction FROM passage p JOIN reading_attempt a ON a.token = p.lease_token
     JOIN booth b ON b.id = p.booth_id WHERE ",
            $condition,
            " ORDER BY p.sequence LIMIT ",
            $limit,
            " /*pg FOR NO KEY UPDATE OF p SKIP LOCKED */"
        )
    };
}

const DEAD: &str = leased!(dead!(), "+?3");
const OF_WORKER: &str = leased!("p.state = 'reading' AND a.worker = +?1", "+?2");

/// Attempts of a passage since its turn began that ended with their worker. The recogniser stands in the text: it is the
/// one that runs in the worker itself.
const DEATHS: &str = "SELECT count(*) FROM reading_attempt WHERE passage_sequence = +?1 AND attempt > +?2
     AND asked = 'in-process' AND outcome IN ('expired', 'worker-died')";

impl<D: Db> Ledger<D> {
    pub(super) fn take_back(&self, now: Instant, actor: &Actor, settings: &Settings) -> Result<(), LedgerError> {
        for row in self.run(DEAD, params![now, CLOCK_SLACK_MS, MAX_TAKEN_BACK])? {
            self.end_dead(now, actor, row, EXPIRED, settings)?;
        }
        Ok(())
    }

    /// Takes back the leases of workers that are known to be dead, at once: each costs its passage one attempt, and
    /// nobody waits for the lease to run out. Returns how many there were.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn workers_died(&self, now: Instant, worker: &str, dead: &[String]) -> Result<u32, LedgerError> {
        let settings = in_force(&self.changed_settings()?)?;
        let actor = Actor::system(worker);
        self.write(Scope::Leasing, || {
            let mut ended = 0;
            for name in dead {
                for row in self.run(OF_WORKER, params![name.as_str(), MAX_TAKEN_BACK])? {
                    self.end_dead(now, &actor, row, DIED, &settings)?;
                    ended += 1;
                }
            }
            Ok(ended)
        })
    }

    /// Ends the attempt of a lease that died. Its passage is tried again, or goes on as the policy says when its attempts
    /// are used up, or when it is likely what the workers die of.
    fn end_dead(
        &self,
        now: Instant,
        actor: &Actor,
        row: Row,
        outcome: &str,
        settings: &Settings,
    ) -> Result<(), LedgerError> {
        let mut columns = row.columns();
        let held = Held::read(&mut columns)?;
        self.run(
            "UPDATE reading_attempt SET outcome = ?3, finished_at_ms = ?2 WHERE token = ?1",
            params![columns.text()?, now, outcome],
        )?;
        let (asked, jurisdiction): (Recognizer, String) = (columns.parsed()?, columns.text()?);
        let before = held.last_attempt.saturating_sub(held.counted_attempts);
        let deaths = match asked {
            Recognizer::InProcess => self.count(DEATHS, params![held.sequence, before])?,
            _ => 0,
        };
        let why = match held.counted_attempts {
            _ if deaths >= DEADLY => {
                format!("The recogniser ended without an answer {deaths} times; this file may be what ends it.")
            }
            used if used >= settings.reading_max_attempts => format!("No reading after {used} attempts."),
            counted_attempts => {
                let detail = json!({ "attempt": held.last_attempt });
                let event = NewEvent { at: now, kind: EventKind::LeaseExpired, actor, detail };
                let again = Entering::Waiting { next_attempt_at: 0, counted_attempts, turn: held.turn };
                self.advance(&held, Move::Return, again, &event)?;
                return Ok(());
            }
        };
        let attempt = Attempt::new(held, actor.clone(), asked, now);
        let reason = (ReviewReason::RecognizerExhausted, why.as_str());
        self.give_up(now, &attempt, &jurisdiction, reason, EventKind::LeaseExpired, settings)
    }

    /// Sends due passages of a recogniser whose budget is spent to people, each as an attempt that was never made.
    pub(super) fn refer_unpaid(
        &self,
        now: Instant,
        actor: &Actor,
        offer: &Offer,
        settings: &Settings,
    ) -> Result<(), LedgerError> {
        for row in self.due_rows(now, offer.unpaid, MAX_REFERRED)? {
            let (lease, held) = self.hand_out(now, actor, row, offer, settings)?;
            self.run(
                "UPDATE reading_attempt SET outcome = ?2, finished_at_ms = ?3 WHERE token = ?1",
                params![lease.attempt_token, UNPAID, now],
            )?;
            let why = format!("Today's budget for {} is spent.", offer.gate.recognizer);
            let attempt = Attempt::new(held, actor.clone(), offer.gate.recognizer, now);
            let reason = (ReviewReason::BudgetSpent, why.as_str());
            self.give_up(now, &attempt, &lease.jurisdiction, reason, EventKind::Referred, settings)?;
        }
        Ok(())
    }

    /// The recogniser will not be asked again: the policy says who or what comes next.
    fn give_up(
        &self,
        now: Instant,
        attempt: &Attempt,
        jurisdiction: &str,
        (reason, why): (ReviewReason, &str),
        kind: EventKind,
        settings: &Settings,
    ) -> Result<(), LedgerError> {
        let held = &attempt.held;
        let earlier = self.earlier_reading(held.sequence, held.turn, settings)?;
        let learned = self.learned_of(held.sequence, settings)?;
        let situation = Situation {
            recognizer: attempt.asked,
            turn: held.turn,
            attempt: held.counted_attempts,
            earlier: earlier.as_ref(),
            jurisdiction,
            learned: learned.as_ref(),
        };
        match policy::given_up(&situation, reason, why, settings) {
            AfterFailure::Decide(judge::Decision::Review { reason, detail, suggestion }) => {
                let referral = Referral { reason, detail, plate: suggestion };
                self.refer(now, attempt, referral, &Json::Null, kind)?;
            }
            AfterFailure::Decide(judge::Decision::Accept { plate, jurisdiction, source, confidence }) => {
                self.accept(now, attempt, Acceptance { plate, jurisdiction, source, confidence })?;
            }
            AfterFailure::AskSecond => self.ask_second(now, attempt, json!({ "reason": reason.as_str() }))?,
            AfterFailure::RetryAt(_) | AfterFailure::Wait => {
                return Err(LedgerError::Damaged("a recogniser that was given up is asked again".to_owned()));
            }
        }
        Ok(())
    }

    /// Passes the passage on to the second recogniser, with attempts of its own.
    pub(super) fn ask_second(&self, now: Instant, attempt: &Attempt, why: Json) -> Result<(), LedgerError> {
        let mut detail = json!({ "attempt": attempt.held.last_attempt, "asked": attempt.asked.as_str() });
        if let (Some(fields), Json::Object(more)) = (detail.as_object_mut(), why) {
            fields.extend(more);
        }
        let event = NewEvent { at: now, kind: EventKind::SecondAsked, actor: &attempt.actor, detail };
        let entering = Entering::Waiting { next_attempt_at: 0, counted_attempts: 0, turn: Turn::Second };
        self.advance(&attempt.held, Move::Return, entering, &event)?;
        Ok(())
    }
}

impl Attempt {
    pub(super) const fn new(held: Held, actor: Actor, asked: Recognizer, started_at: Instant) -> Self {
        Self { held, actor, asked, started_at }
    }
}
