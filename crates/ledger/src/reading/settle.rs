//! Ending an attempt: exactly once, by whoever holds its token.

use serde_json::{Value as Json, json};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::circuit::Sign;
use tollbooth_pipeline::ident::{check_issuer, check_plate};
use tollbooth_pipeline::identity::named_by_plate;
use tollbooth_pipeline::judge::{JUDGE, JurisdictionSource};
use tollbooth_pipeline::reading::Reading;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_pipeline::state::{Move, State};

use super::outcome::{DIED, EXPIRED, UNPAID};
use super::{
    Acceptance, Decision, FailedAttempt, MAX_DETAIL_CHARS, MAX_RAW_BYTES, NextStep, Referral, Refusal, Seen, Settled,
};
use crate::Ledger;
use crate::blind::Machine;
use crate::crossing::objection;
use crate::db::{Db, params};
use crate::error::{Failure, LedgerError};
use crate::event::{Actor, EventKind, NewEvent};
use crate::scope::Scope;
use crate::setting::in_force;
use crate::step::{Entering, Held, held_columns};

/// What people are told of a passage that billing has, and that was read anew.
const BILLED_BEFORE: &str = "Billing has a line of this passage. What the machine reads now is a suggestion: a person decides whether it is corrected.";

/// What people are told of a passage of whose plate somebody recorded the type, and that was read anew.
const TYPED_BEFORE: &str = "Somebody recorded the type of this plate before it was read again, and the machine records none: a person decides whether it stands.";

/// What people are told of a passage that was read while somebody decided how its camera is turned.
const TURNED_MEANWHILE: &str =
    "Somebody said otherwise how the camera is turned while this photo was read: it is to be read again.";

/// Outcomes that the ledger writes itself and no failure may call itself.
const OWN_OUTCOMES: [&str; 6] = ["running", "read", EXPIRED, DIED, "given-back", UNPAID];

/// The passage an attempt holds. A lease that ran out but was taken by nobody still counts: its result is as good as
/// any, and the token makes sure that it is the only one.
const HELD_BY_TOKEN: &str = concat!(
    "SELECT ",
    held_columns!(),
    ", a.worker, a.asked, a.started_at_ms
     FROM reading_attempt a JOIN passage p ON p.sequence = a.passage_sequence
     WHERE a.token = +?1 AND a.outcome = 'running' AND p.state = 'reading' AND p.lease_token = a.token
     /*pg FOR NO KEY UPDATE OF p */"
);

/// An attempt that is being ended.
pub(super) struct Attempt {
    pub held: Held,
    pub actor: Actor,
    pub asked: Recognizer,
    pub started_at: Instant,
}

impl<D: Db> Ledger<D> {
    /// Records a reading and the judge's decision.
    ///
    /// An acceptance becomes `repeated-frame`, `possible-double` or `possible-tow` when another passage that was accepted may show the same
    /// crossing; checked in here, where no other acceptance can come in between.
    ///
    /// # Errors
    /// [`Refusal::LostLease`]; `Damaged` for a decision that names no valid plate, jurisdiction or confidence.
    pub fn settle(
        &self,
        now: Instant,
        attempt_token: &str,
        seen: impl Into<Seen>,
        decision: Decision,
    ) -> Result<Settled, Failure<Refusal>> {
        check_decision(&decision)?;
        let Seen { reading, print } = seen.into();
        let reading = storable(reading);
        let json = serde_json::to_string(&reading)
            .map_err(|e| LedgerError::Damaged(format!("the reading cannot be written as JSON: {e}")))?;
        let settings = in_force(&self.changed_settings()?)?;
        // Weighed before the transaction, which cameras wait for.
        let best = reading.sightings.first().filter(|_| settings.judge_traffic_learned_from > 0);
        let issuer_by_plate = best.and_then(|best| named_by_plate(best, &settings));
        self.write(Scope::Rows, || {
            let attempt = self.attempt_held_by(attempt_token)?;
            let read = likeliest_plate(&reading);
            // What the issuer's series chose among the texts that were read is what is compared and remembered as its plate.
            let plate = read.as_deref().map(|read| match &decision {
                Decision::Accept(accepted) => accepted.plate.as_str(),
                Decision::Review(_) | Decision::AskSecond(_) => read,
            });
            self.run(
                "UPDATE reading_attempt SET outcome = 'read', finished_at_ms = ?2, recognizer = ?3, model = ?4,
                     duration_ms = ?5, cost_micros = ?6, reading = ?7, plate = ?8, issuer_by_plate = ?9 WHERE token = ?1",
                params![
                    attempt_token,
                    now,
                    reading.recognizer.as_str(),
                    reading.model.as_str(),
                    reading.duration_ms,
                    reading.cost_micros,
                    json,
                    plate,
                    issuer_by_plate.as_deref(),
                ],
            )?;
            let mut own = None;
            if let (Some(plate), Some(print)) = (plate, print) {
                self.keep_print(attempt.held.sequence, plate, print)?;
                own = self.learn_camera_text(now, attempt.of_passage(), plate, &reading)?;
            }
            self.learn(now, attempt.asked, Sign::Alive, attempt.started_at, &settings)?;
            self.add_shadow(now, &attempt, read.as_deref(), &settings)?;
            match (decision, own) {
                // What it suggests was read mirrored, or of a photo that needed no turning: it is no hint to anybody.
                (Decision::Review(Referral { plate: Some(_), .. }), _) if self.is_read_otherwise(&attempt)? => {
                    Ok(self.refer_turned(now, &attempt)?)
                }
                (Decision::Accept(acceptance), Some(text)) if !self.is_read_otherwise(&attempt)? => {
                    let referral = Referral {
                        reason: ReviewReason::MayBeNoPlate,
                        detail: format!(
                            "The camera shows {text} at this place on photo after photo while other plates pass: it learned \
                             just now that this is no plate."
                        ),
                        plate: Some(acceptance.plate),
                    };
                    Ok(self.refer(now, &attempt, referral, &Json::Null, EventKind::Referred)?)
                }
                (decision, _) => Ok(self.settle_decided(now, &attempt, decision)?),
            }
        })
    }

    fn settle_decided(&self, now: Instant, attempt: &Attempt, decision: Decision) -> Result<Settled, LedgerError> {
        match decision {
            Decision::Accept(acceptance) => self.accept(now, attempt, acceptance),
            Decision::Review(referral) => self.refer(now, attempt, referral, &Json::Null, EventKind::Referred),
            Decision::AskSecond(doubt) => {
                self.ask_second(now, attempt, json!({ "reason": doubt.as_str() }))?;
                Ok(Settled { state: State::Waiting, reason: None })
            }
        }
    }

    /// Records an attempt that brought no reading. A retry beyond `reading.max_attempts` becomes a review.
    ///
    /// # Errors
    /// [`Refusal::LostLease`]; `Damaged` for a class that the ledger uses itself.
    pub fn settle_failed(
        &self,
        now: Instant,
        attempt_token: &str,
        failed: &FailedAttempt,
        next: NextStep,
    ) -> Result<Settled, Failure<Refusal>> {
        if failed.class.is_empty() || OWN_OUTCOMES.contains(&failed.class.as_str()) {
            return Err(LedgerError::Damaged(format!("`{}` is no class of failure", failed.class)).into());
        }
        match &next {
            NextStep::Review(referral) => check_suggestion(referral)?,
            NextStep::Accept(acceptance) => check_acceptance(acceptance)?,
            NextStep::RetryAt(_) | NextStep::Wait | NextStep::AskSecond => {}
        }
        let settings = in_force(&self.changed_settings()?)?;
        self.write(Scope::Rows, || {
            let attempt = self.attempt_held_by(attempt_token)?;
            self.end_failed(now, attempt_token, failed)?;
            if let Some(sign) = Sign::of_failure(&failed.class, failed.retry_after_ms) {
                self.learn(now, attempt.asked, sign, attempt.started_at, &settings)?;
            }
            self.go_on(now, &attempt, &failed.class, next, settings.reading_max_attempts)
        })
    }

    fn go_on(
        &self,
        now: Instant,
        attempt: &Attempt,
        class: &str,
        next: NextStep,
        max_attempts: u32,
    ) -> Result<Settled, Failure<Refusal>> {
        let used = attempt.held.counted_attempts;
        let told = json!(class);
        let refer = |referral| self.refer(now, attempt, referral, &told, EventKind::Referred);
        Ok(match next {
            NextStep::RetryAt(at) if used < max_attempts => self.wait(now, attempt, at, used, &told)?,
            NextStep::RetryAt(_) => refer(exhausted(used))?,
            NextStep::Wait => self.wait(now, attempt, 0, used.saturating_sub(1), &told)?,
            NextStep::AskSecond => {
                self.ask_second(now, attempt, json!({ "class": class }))?;
                Settled { state: State::Waiting, reason: None }
            }
            NextStep::Accept(acceptance) => self.accept(now, attempt, acceptance)?,
            NextStep::Review(referral) => refer(referral)?,
        })
    }

    /// Gives back a lease that was not used; the attempt does not count.
    ///
    /// # Errors
    /// [`Refusal::LostLease`]
    pub fn give_back(&self, now: Instant, attempt_token: &str) -> Result<(), Failure<Refusal>> {
        self.write(Scope::Rows, || {
            let attempt = self.attempt_held_by(attempt_token)?;
            self.run(
                "UPDATE reading_attempt SET outcome = 'given-back', finished_at_ms = ?2 WHERE token = ?1",
                params![attempt_token, now],
            )?;
            let entering = Entering::Waiting {
                next_attempt_at: 0,
                counted_attempts: attempt.held.counted_attempts.saturating_sub(1),
                turn: attempt.held.turn,
            };
            let event = attempt.event(now, EventKind::LeaseGivenBack, json!({ "attempt": attempt.held.last_attempt }));
            self.advance(&attempt.held, Move::Return, entering, &event)?;
            Ok(())
        })
    }

    fn attempt_held_by(&self, token: &str) -> Result<Attempt, Failure<Refusal>> {
        let row = self.run_one(HELD_BY_TOKEN, params![token])?.ok_or(Failure::Refused(Refusal::LostLease))?;
        let mut columns = row.columns();
        let held = Held::read(&mut columns)?;
        let actor = Actor::system(&columns.text()?);
        Ok(Attempt::new(held, actor, columns.parsed()?, columns.integer()?))
    }

    fn end_failed(&self, now: Instant, token: &str, failed: &FailedAttempt) -> Result<(), LedgerError> {
        let detail: String = failed.detail.chars().take(MAX_DETAIL_CHARS).collect();
        self.run(
            "UPDATE reading_attempt SET outcome = ?2, finished_at_ms = ?3, recognizer = ?4, model = ?5,
                 duration_ms = ?6, cost_micros = ?7, detail = ?8 WHERE token = ?1",
            params![
                token,
                failed.class.as_str(),
                now,
                failed.recognizer.as_str(),
                failed.model.as_str(),
                failed.duration_ms,
                failed.cost_micros,
                detail,
            ],
        )?;
        Ok(())
    }

    fn wait(
        &self,
        now: Instant,
        attempt: &Attempt,
        at: Instant,
        counted_attempts: u32,
        class: &Json,
    ) -> Result<Settled, LedgerError> {
        let entering = Entering::Waiting { next_attempt_at: at, counted_attempts, turn: attempt.held.turn };
        let detail = json!({ "attempt": attempt.held.last_attempt, "class": class, "next_attempt_at_ms": at });
        let event = attempt.event(now, EventKind::ReadingFailed, detail);
        self.advance(&attempt.held, Move::Return, entering, &event)?;
        Ok(Settled { state: State::Waiting, reason: None })
    }

    pub(super) fn refer(
        &self,
        now: Instant,
        attempt: &Attempt,
        referral: Referral,
        class: &Json,
        kind: EventKind,
    ) -> Result<Settled, LedgerError> {
        let reason = referral.reason;
        let mut detail = json!({ "attempt": attempt.held.last_attempt, "reason": reason.as_str() });
        if let (Some(fields), false) = (detail.as_object_mut(), class.is_null()) {
            fields.insert("class".to_owned(), class.clone());
        }
        let settings = in_force(&self.changed_settings()?)?;
        if !self.draw_unprompted(now, attempt.of_passage(), reason, &settings)? {
            self.not_drawn(now, attempt)?;
        }
        self.enter_review(now, attempt, referral, detail, kind)
    }

    fn enter_review(
        &self,
        now: Instant,
        attempt: &Attempt,
        referral: Referral,
        detail: Json,
        kind: EventKind,
    ) -> Result<Settled, LedgerError> {
        let reason = referral.reason;
        let event = attempt.event(now, kind, detail);
        self.advance(&attempt.held, Move::Refer, referral.into(), &event)?;
        Ok(Settled { state: State::InReview, reason: Some(reason) })
    }

    /// What was drawn before it was read again counts for nothing.
    fn not_drawn(&self, now: Instant, attempt: &Attempt) -> Result<(), LedgerError> {
        if attempt.held.last_attempt > 1 { self.void_blind(now, attempt.held.sequence) } else { Ok(()) }
    }

    /// Whether it was decided meanwhile that the camera is turned otherwise than its photo was read.
    fn is_read_otherwise(&self, attempt: &Attempt) -> Result<bool, LedgerError> {
        self.was_read_otherwise(attempt.held.sequence, attempt.held.last_attempt)
    }

    /// Without a suggestion, for what was read is none.
    fn refer_turned(&self, now: Instant, attempt: &Attempt) -> Result<Settled, LedgerError> {
        let reason = ReviewReason::PhotoTurned;
        let told = json!({ "attempt": attempt.held.last_attempt, "reason": reason.as_str() });
        self.not_drawn(now, attempt)?;
        let referral = Referral { reason, detail: TURNED_MEANWHILE.to_owned(), plate: None };
        self.enter_review(now, attempt, referral, told, EventKind::Referred)
    }

    pub(super) fn accept(
        &self,
        now: Instant,
        attempt: &Attempt,
        acceptance: Acceptance,
    ) -> Result<Settled, LedgerError> {
        if self.is_read_otherwise(attempt)? {
            return self.refer_turned(now, attempt);
        }
        let others = self.in_the_way(attempt.held.sequence, (&acceptance.plate, &acceptance.jurisdiction))?;
        if let Some((reason, detail)) = objection(&acceptance.plate, &others) {
            let with: Vec<&str> = others.iter().map(|other| other.passage.as_str()).collect();
            let told = json!({ "attempt": attempt.held.last_attempt, "reason": reason.as_str(), "with": with });
            let referral = Referral { reason, detail, plate: Some(acceptance.plate) };
            self.not_drawn(now, attempt)?;
            return self.enter_review(now, attempt, referral, told, EventKind::Referred);
        }
        if attempt.held.question.is_some() {
            // Billing has something of it: what a machine reads anew changes no bill, whatever billing has by now.
            let reason = ReviewReason::Reopened;
            let told = json!({ "attempt": attempt.held.last_attempt, "reason": reason.as_str() });
            self.not_drawn(now, attempt)?;
            let detail = BILLED_BEFORE.to_owned();
            let referral = Referral { reason, detail, plate: Some(acceptance.plate) };
            return self.enter_review(now, attempt, referral, told, EventKind::Referred);
        }
        if attempt.held.last_attempt > 1
            && self.type_recorded(attempt.held.sequence, (&acceptance.plate, &acceptance.jurisdiction))?.is_some()
        {
            // The machine records no type: what a person said of whose plate it is would be gone with its decision.
            let reason = ReviewReason::Reopened;
            let told = json!({ "attempt": attempt.held.last_attempt, "reason": reason.as_str() });
            self.not_drawn(now, attempt)?;
            let detail = TYPED_BEFORE.to_owned();
            let referral = Referral { reason, detail, plate: Some(acceptance.plate) };
            return self.enter_review(now, attempt, referral, told, EventKind::Referred);
        }
        let settings = in_force(&self.changed_settings()?)?;
        let sightings = settings.judge_look_alike_sightings;
        let read = (acceptance.plate.as_str(), acceptance.jurisdiction.as_str());
        if let Some(detail) = self.look_alike(attempt.held.sequence, read, sightings)? {
            let reason = ReviewReason::LookAlike;
            let told = json!({ "attempt": attempt.held.last_attempt, "reason": reason.as_str() });
            self.not_drawn(now, attempt)?;
            let referral = Referral { reason, detail, plate: Some(acceptance.plate) };
            return self.enter_review(now, attempt, referral, told, EventKind::Referred);
        }
        let machine = Machine { acceptance: &acceptance, asked: attempt.asked.as_str() };
        if self.draw_sample(now, attempt.of_passage(), &machine, &settings)? {
            let reason = ReviewReason::QualitySample;
            let told = json!({ "attempt": attempt.held.last_attempt, "reason": reason.as_str() });
            let detail = "Drawn to measure how often the machine errs; the reading looked safe.".to_owned();
            let referral = Referral { reason, detail, plate: Some(acceptance.plate) };
            return self.enter_review(now, attempt, referral, told, EventKind::Referred);
        }
        self.not_drawn(now, attempt)?;
        let detail = json!({
            "attempt": attempt.held.last_attempt,
            "plate": acceptance.plate,
            "jurisdiction": acceptance.jurisdiction,
            "jurisdiction_source": acceptance.source.as_str(),
            "confidence": acceptance.confidence,
        });
        let entering = Entering::Accepted {
            plate: acceptance.plate,
            jurisdiction: acceptance.jurisdiction,
            source: acceptance.source.as_str(),
            decided_by: JUDGE.to_owned(),
            confidence: Some(acceptance.confidence),
        };
        let event = attempt.event(now, EventKind::Accepted, detail);
        self.advance(&attempt.held, Move::AcceptByJudge, entering, &event)?;
        Ok(Settled { state: State::Accepted, reason: None })
    }
}

impl Attempt {
    fn of_passage(&self) -> (i64, &str) {
        (self.held.sequence, &self.held.id)
    }

    fn event(&self, at: Instant, kind: EventKind, detail: Json) -> NewEvent<'_> {
        NewEvent { at, kind, actor: &self.actor, detail }
    }
}

impl From<Referral> for Entering {
    fn from(referral: Referral) -> Self {
        Self::Review { reason: referral.reason, detail: referral.detail, plate: referral.plate, jurisdiction: None }
    }
}

/// The ledger bills what it is told, so it refuses what cannot be a bill.
fn check_decision(decision: &Decision) -> Result<(), LedgerError> {
    match decision {
        Decision::Review(referral) => check_suggestion(referral),
        Decision::Accept(accepted) => check_acceptance(accepted),
        Decision::AskSecond(_) => Ok(()),
    }
}

fn check_acceptance(accepted: &Acceptance) -> Result<(), LedgerError> {
    let problem = check_plate(&accepted.plate)
        .and_then(|()| check_issuer(&accepted.jurisdiction))
        .err()
        .map(|e| e.to_string())
        .or_else(|| (!(0.0..=1.0).contains(&accepted.confidence)).then(|| "confidence: must be from 0 to 1".to_owned()))
        .or_else(|| {
            (accepted.source == JurisdictionSource::Reviewer)
                .then(|| "jurisdiction source: the judge is no reviewer".to_owned())
        });
    problem
        .map_or(Ok(()), |problem| Err(LedgerError::Damaged(format!("an acceptance that cannot be billed: {problem}"))))
}

/// The text a reading stands for, in comparisons.
pub(super) fn likeliest_plate(reading: &Reading) -> Option<String> {
    let text = &reading.sightings.first()?.candidates.first()?.text;
    check_plate(text).is_ok().then(|| text.clone())
}

/// What a passage whose attempts are used up is referred with.
fn exhausted(attempts: u32) -> Referral {
    Referral {
        reason: ReviewReason::RecognizerExhausted,
        detail: format!("No reading after {attempts} attempts."),
        plate: None,
    }
}

fn check_suggestion(referral: &Referral) -> Result<(), LedgerError> {
    referral
        .plate
        .as_deref()
        .map_or(Ok(()), check_plate)
        .map_err(|e| LedgerError::Damaged(format!("a suggestion that no reviewer could submit: {e}")))
}

/// Cuts the raw reply to its limit, and replaces what JSON cannot say: a probability that is not a number is none.
pub(super) fn storable(mut reading: Reading) -> Reading {
    if reading.raw.len() > MAX_RAW_BYTES {
        let end = (0..=MAX_RAW_BYTES).rev().find(|at| reading.raw.is_char_boundary(*at)).unwrap_or(0);
        reading.raw.truncate(end);
    }
    let finite = |number: &mut f32| {
        if !number.is_finite() {
            *number = 0.0;
        }
    };
    for sighting in &mut reading.sightings {
        let bounds = &mut sighting.bounds;
        [&mut bounds.x, &mut bounds.y, &mut bounds.width, &mut bounds.height].into_iter().for_each(finite);
        finite(&mut sighting.plausibility);
        if let Some(jurisdiction) = &mut sighting.jurisdiction {
            finite(&mut jurisdiction.confidence);
        }
        for candidate in &mut sighting.candidates {
            finite(&mut candidate.confidence);
            candidate.characters.iter_mut().for_each(finite);
        }
    }
    reading
}
