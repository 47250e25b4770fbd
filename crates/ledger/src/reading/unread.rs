//! Passages that nobody reads: leases that died with their last attempt, and budgets that are spent.
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
use super::settle::Attempt;
use super::{Acceptance, Referral};
use crate::Ledger;
use crate::clock::CLOCK_SLACK_MS;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::event::{Actor, EventKind, NewEvent};
use crate::step::{Entering, Held, held_columns};

/// Most leases taken back in one transaction; the next call goes on. All of them are dead for certain, so a long page
/// of live ones can never hide them.
const MAX_TAKEN_BACK: u32 = 1_000;

/// Most passages sent to people in one transaction; the next call goes on.
const MAX_REFERRED: u32 = 100;

/// Outcome of an attempt that was never made.
pub(super) const UNPAID: &str = "budget-spent";

const DEAD: &str = concat!(
    "SELECT ",
    held_columns!(),
    ", p.lease_token, a.asked, b.jurisdiction FROM passage p JOIN reading_attempt a ON a.token = p.lease_token
     JOIN booth b ON b.id = p.booth_id WHERE ",
    dead!(),
    " ORDER BY p.sequence LIMIT +?3 /*pg FOR NO KEY UPDATE OF p SKIP LOCKED */"
);

impl<D: Db> Ledger<D> {
    pub(super) fn take_back(&self, now: Instant, actor: &Actor, settings: &Settings) -> Result<(), LedgerError> {
        for row in self.run(DEAD, params![now, CLOCK_SLACK_MS, MAX_TAKEN_BACK])? {
            let mut columns = row.columns();
            let held = Held::read(&mut columns)?;
            self.run(
                "UPDATE reading_attempt SET outcome = 'expired', finished_at_ms = ?2 WHERE token = ?1",
                params![columns.text()?, now],
            )?;
            let (asked, jurisdiction) = (columns.parsed()?, columns.text()?);
            let detail = json!({ "attempt": held.last_attempt });
            if held.counted_attempts < settings.reading_max_attempts {
                let event = NewEvent { at: now, kind: EventKind::LeaseExpired, actor, detail };
                let counted_attempts = held.counted_attempts;
                let again = Entering::Waiting { next_attempt_at: 0, counted_attempts, turn: held.turn };
                self.advance(&held, Move::Return, again, &event)?;
                continue;
            }
            let why = format!("No reading after {} attempts.", held.counted_attempts);
            let attempt = Attempt::new(held, actor.clone(), asked, now);
            let reason = (ReviewReason::RecognizerExhausted, why.as_str());
            self.give_up(now, &attempt, &jurisdiction, reason, EventKind::LeaseExpired, settings)?;
        }
        Ok(())
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
        let situation = Situation {
            recognizer: attempt.asked,
            turn: held.turn,
            attempt: held.counted_attempts,
            earlier: earlier.as_ref(),
            jurisdiction,
            passage: &held.id,
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
