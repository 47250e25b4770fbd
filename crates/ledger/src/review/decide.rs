//! Deciding, reopening and sending back.

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::blind::{Origin, Standing, can_be_blind};
use tollbooth_pipeline::crossing::Relation;
use tollbooth_pipeline::export::{Cause, Question};
use tollbooth_pipeline::ident::{check_issuer, check_plate};
use tollbooth_pipeline::judge::JurisdictionSource;
use tollbooth_pipeline::placeholder::is_placeholder;
use tollbooth_pipeline::plate_type::PlateType;
use tollbooth_pipeline::reason::{RejectCode, ReviewReason};
use tollbooth_pipeline::state::{Move, State};

use super::{Found, Item, Refusal, Verdict};
use crate::Ledger;
use crate::blind::{Course, answer_of};
use crate::db::{Db, params};
use crate::error::{Failure, LedgerError};
use crate::event::{Actor, EventKind, NewEvent};
use crate::scope::Scope;
use crate::setting::in_force;
use crate::step::Entering;

/// Why a review is open again whose decider took the decision back.
const TAKEN_BACK: &str = "The reviewer took the decision back.";

impl<D: Db> Ledger<D> {
    /// Decides a passage that the caller has claimed. Returns the new state and version.
    ///
    /// A plate that is, or nearly is, already accepted moments apart is refused unless the reviewer says that it is another
    /// crossing: who sees one photo at a time cannot know. A placeholder that no recogniser read is refused unless the
    /// reviewer confirms it: it is somebody's plate.
    ///
    /// # Errors
    /// [`Refusal`]; of those [`Refusal::Invalid`] before anything else is looked at.
    pub fn submit(
        &self,
        now: Instant,
        actor: &Actor,
        passage: &str,
        version: u32,
        verdict: &Verdict,
    ) -> Result<(State, u32), Failure<Refusal>> {
        check_verdict(verdict).map_err(|problem| Failure::Refused(Refusal::Invalid(problem)))?;
        self.write(Scope::Rows, || {
            let found = self.find_open(now, actor, passage, Some(version))?;
            found.check_claim(&actor.id)?;
            self.check_placeholder(found.held.sequence, verdict)?;
            self.check_crossing(found.held.sequence, verdict)?;
            let (step, entering, kind, mut detail) = consequence(verdict, actor);
            let sequence = found.held.sequence;
            if let (Some(matter), Some(said)) = (found.adjudicates(), detail.as_object_mut()) {
                said.insert("adjudicates".to_owned(), matter.as_str().into());
            }
            self.record_plate_type(sequence, &actor.id, verdict)?;
            let course = self.course_for(now, actor, &found, verdict)?;
            self.record_opinion(now, actor, sequence, verdict, course)?;
            if course == Course::Hold {
                // To whoever answered it is the decision that it would be without the others.
                self.hold(now, actor, sequence, detail)?;
                return Ok((step.to(), found.version() + 1));
            }
            let said_before = match &found.eyes.blind {
                Some(_) => self.type_said_before(sequence, verdict)?,
                None => None,
            };
            let verdict = &verdict.clone().or_type(said_before);
            if let (Some(of), Some(said)) = (said_before, detail.as_object_mut()) {
                said.insert("plate_type".to_owned(), of.as_str().into());
                self.record_plate_type(sequence, &actor.id, verdict)?;
            }
            let event = NewEvent { at: now, kind, actor, detail };
            let version = self.advance(&found.held, step, entering, &event)?;
            self.end_assignment(now, sequence)?;
            self.record_verdict(now, actor, sequence, version, verdict)?;
            if let Some(blind) = &found.eyes.blind {
                self.settle_blind(now, sequence, blind, &answer_of(verdict))?;
            }
            self.uphold(now, &found, verdict)?;
            Ok((step.to(), version + found.eyes.offset()))
        })
    }

    /// Gives an answer that others are compared with: the passage stays open, shows nobody what was read, and is decided when
    /// another person answers the same; otherwise it is disputed. Returns the state and version as the caller sees them.
    ///
    /// # Errors
    /// Those of [`Self::submit`]; [`Refusal::Invalid`] for a review that cannot be read without what is kept back, or that
    /// somebody has answered already.
    pub fn seed(
        &self,
        now: Instant,
        actor: &Actor,
        passage: &str,
        version: u32,
        verdict: &Verdict,
    ) -> Result<(State, u32), Failure<Refusal>> {
        check_verdict(verdict).map_err(|problem| Failure::Refused(Refusal::Invalid(problem)))?;
        self.write(Scope::Rows, || {
            let found = self.find_open(now, actor, passage, Some(version))?;
            found.check_claim(&actor.id)?;
            self.check_placeholder(found.held.sequence, verdict)?;
            self.check_crossing(found.held.sequence, verdict)?;
            let (step, _, _, detail) = consequence(verdict, actor);
            let sequence = found.held.sequence;
            if found.desk.matter.is_some() {
                let problem = "what only a supervisor decides is decided, and compared with nobody";
                return Err(Failure::Refused(Refusal::Invalid(problem.to_owned())));
            }
            let is_blind = found.eyes.blind.as_ref().is_some_and(|blind| blind.standing != Standing::Void);
            if is_blind || !can_be_blind(self.reason_of(&found)?) {
                let problem = "only a review that the photo alone answers, and that nobody has answered, can be one to compare with";
                return Err(Failure::Refused(Refusal::Invalid(problem.to_owned())));
            }
            self.open_seeded(now, sequence)?;
            self.record_plate_type(sequence, &actor.id, verdict)?;
            self.record_opinion(now, actor, sequence, verdict, Course::Hold)?;
            self.hold(now, actor, sequence, detail)?;
            Ok((step.to(), found.version() + 1))
        })
    }

    /// A plate that somebody found who looked again, after the machine or a person had decided or two people had agreed: what
    /// was read instead is remembered.
    fn uphold(&self, now: Instant, found: &Found, verdict: &Verdict) -> Result<(), LedgerError> {
        let Verdict::Plate { plate, jurisdiction, .. } = verdict else { return Ok(()) };
        let again = [ReviewReason::Reopened, ReviewReason::RefusedByBilling, ReviewReason::LookAlike];
        let again = again.map(ReviewReason::as_str);
        let is_checked = found.eyes.blind.as_ref().is_some_and(|blind| blind.standing != Standing::Void)
            || found.adjudicates().is_some()
            || found.reason.as_deref().is_some_and(|reason| again.contains(&reason));
        if is_checked {
            self.remember_confusion(now, found.held.sequence, (plate.as_str(), jurisdiction.as_str()))
        } else {
            Ok(())
        }
    }

    fn reason_of(&self, found: &Found) -> Result<ReviewReason, LedgerError> {
        let reason = found.reason.as_deref().unwrap_or_default();
        reason.parse().map_err(|e| LedgerError::Damaged(format!("{}: {e}", found.held.id)))
    }

    fn course_for(&self, now: Instant, actor: &Actor, found: &Found, verdict: &Verdict) -> Result<Course, LedgerError> {
        if found.adjudicates().is_some() {
            // A supervisor's word is what counts: nobody else is asked.
            return Ok(Course::Decide);
        }
        let settings = in_force(&self.changed_settings()?)?;
        let reason = self.reason_of(found)?;
        let passage = (found.held.sequence, found.held.id.as_str(), reason);
        self.course(now, actor, passage, found.eyes.blind.as_ref(), verdict, &settings)
    }

    /// Opens a decided passage again, with the decided plate as the suggestion. Returns the new version. When billing has
    /// it, a decision that differs goes there as a correction of that line, for this cause.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::WrongState`], [`Refusal::VersionConflict`], [`Refusal::BoundToExport`] until that
    /// is published, [`Refusal::Invalid`] without a remark.
    pub fn reopen(
        &self,
        now: Instant,
        actor: &Actor,
        passage: &str,
        version: u32,
        remark: &str,
        cause: Cause,
    ) -> Result<u32, Failure<Refusal>> {
        check_remark(Some(remark), true).map_err(|problem| Failure::Refused(Refusal::Invalid(problem)))?;
        self.write(Scope::Rows, || {
            let found = self.find(now, actor, passage)?;
            if !Move::Reopen.from().contains(&found.held.state) {
                return Err(Failure::Refused(Refusal::WrongState(found.held.state)));
            }
            if let Some(export) = self.under_way_with(&found.held)? {
                return Err(Failure::Refused(Refusal::BoundToExport(export)));
            }
            found.check_version(Some(version))?;
            self.doubt(now, &found.held, cause, remark)?;
            let entering = Entering::Review {
                reason: ReviewReason::Reopened,
                detail: remark.to_owned(),
                plate: found.plate,
                jurisdiction: found.jurisdiction,
            };
            let detail = json!({ "remark": remark, "cause": cause.as_str() });
            let event = NewEvent { at: now, kind: EventKind::Reopened, actor, detail };
            Ok(self.advance(&found.held, Move::Reopen, entering, &event)? + found.eyes.offset())
        })
    }

    /// Takes back one's own decision: the passage is in review again, with the decided plate as the suggestion, and
    /// claimed by the caller. Returns the review.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::WrongState`], [`Refusal::VersionConflict`], [`Refusal::BoundToExport`],
    /// [`Refusal::DecidedByOther`].
    pub fn undo(&self, now: Instant, actor: &Actor, passage: &str, version: u32) -> Result<Item, Failure<Refusal>> {
        self.write(Scope::Rows, || {
            let found = self.find(now, actor, passage)?;
            if found.held.state == State::InReview && found.eyes.decision().is_some() {
                return self.undo_held(now, actor, &found, version);
            }
            if !Move::Reopen.from().contains(&found.held.state) {
                return Err(Failure::Refused(Refusal::WrongState(found.held.state)));
            }
            let published = match found.held.question {
                // What is in a file that was published is opened again by a supervisor, not taken back.
                Some(Question::Withdrawn) => self.last_line(found.held.sequence)?.map(|last| last.export),
                _ => found.held.export,
            };
            if let Some(export) = self.under_way_with(&found.held)?.or(published) {
                return Err(Failure::Refused(Refusal::BoundToExport(export)));
            }
            if found.decided_by.as_deref() != Some(actor.id.as_str()) {
                return Err(Failure::Refused(Refusal::DecidedByOther));
            }
            found.check_version(Some(version))?;
            let entering = Entering::Review {
                reason: ReviewReason::Reopened,
                detail: TAKEN_BACK.to_owned(),
                plate: found.plate.clone(),
                jurisdiction: found.jurisdiction.clone(),
            };
            let event = NewEvent { at: now, kind: EventKind::Undone, actor, detail: json!({}) };
            let open = self.advance(&found.held, Move::Reopen, entering, &event)?;
            self.raise_flag_again(found.held.sequence, found.held.version, open)?;
            let opinions = self.opinions_of(found.held.sequence)?;
            let decisions = opinions.iter().filter(|opinion| !opinion.held && !opinion.withdrawn).count();
            self.withdraw(now, found.held.sequence, Some(&actor.id))?;
            self.forget_confusion(now, found.held.sequence)?;
            match &found.eyes.blind {
                // An earlier decision stands beside this one: a supervisor had opened it again, and so it is again.
                Some(blind) if decisions > 1 => {
                    self.unsettle_blind(found.held.sequence, blind, Standing::Reopened)?;
                }
                Some(blind) => self.wait_again(found.held.sequence, blind)?,
                None => {}
            }
            // Whoever takes their own back may decide it anew, also where others' answers are overdue by now.
            let opened = self.find(now, actor, passage)?;
            self.set_claim(now, actor, &opened, false, None)?;
            self.item(now, actor, passage)
        })
    }

    /// Takes back an answer that is held: for its author as if it had decided.
    fn undo_held(&self, now: Instant, actor: &Actor, found: &Found, version: u32) -> Result<Item, Failure<Refusal>> {
        found.check_version(Some(version))?;
        if let Some((_, until)) = &found.claim {
            return Err(Failure::Refused(Refusal::ClaimedByOther(*until)));
        }
        let sequence = found.held.sequence;
        let Some(blind) = &found.eyes.blind else { return Err(Failure::Refused(Refusal::DecidedByOther)) };
        let opinions = self.opinions_of(sequence)?;
        let given = opinions.iter().find(|opinion| opinion.waiting && opinion.actor == actor.id);
        let answer = given.map(|opinion| (opinion.plate.clone(), opinion.jurisdiction.clone()));
        let (plate, jurisdiction) = answer.unwrap_or_default();
        let alone = !opinions.iter().any(|opinion| opinion.waiting && opinion.actor != actor.id);
        let detail = json!({ "plate": plate });
        self.append(&NewEvent { at: now, kind: EventKind::OpinionWithdrawn, actor, detail }, sequence, None)?;
        // Who flagged it had been asked because of this answer.
        self.end_flags(now, actor, sequence)?;
        if alone && matches!(blind.origin, Origin::Second | Origin::Seeded) {
            // Nobody else has answered: it is an ordinary review again, and the first answer its suggestion.
            self.void_blind(now, sequence)?;
            self.run(
                "UPDATE passage SET reason = ?2, detail = ?3, plate = ?4, jurisdiction = ?5 WHERE sequence = ?1",
                params![sequence, ReviewReason::Reopened.as_str(), TAKEN_BACK, plate, jurisdiction],
            )?;
        } else {
            // Open also where the others still differ: that is a dispute with the next answer, and to be told so now would
            // say that the answer was not a decision.
            self.withdraw(now, sequence, Some(&actor.id))?;
            self.unsettle_blind(sequence, blind, Standing::Open)?;
        }
        // As above: a refusal here would say that the answer was no decision.
        let opened = self.find(now, actor, &found.held.id)?;
        self.set_claim(now, actor, &opened, false, None)?;
        self.item(now, actor, &found.held.id)
    }

    /// Sends a claimed review back to the recogniser with a fresh count of attempts. Returns the new version.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::WrongState`], [`Refusal::VersionConflict`], [`Refusal::ClaimedByOther`],
    /// [`Refusal::NotClaimed`].
    pub fn reprocess(&self, now: Instant, actor: &Actor, passage: &str, version: u32) -> Result<u32, Failure<Refusal>> {
        self.write(Scope::Rows, || {
            let found = self.find_open(now, actor, passage, Some(version))?;
            found.check_claim(&actor.id)?;
            if found.eyes.blind.is_some() {
                self.withdraw(now, found.held.sequence, None)?;
            }
            let version = self.reprocess_one(now, actor, &found.held, json!({}))?;
            Ok(version + self.eyes(found.held.sequence, actor)?.offset())
        })
    }

    fn check_crossing(&self, sequence: i64, verdict: &Verdict) -> Result<(), Failure<Refusal>> {
        let Verdict::Plate { plate, jurisdiction, another_crossing: false, .. } = verdict else { return Ok(()) };
        // Only what is accepted: of two that both wait, the first may be billed. Another plate is no objection, for here a
        // person decides, who is shown the other photo.
        let others: Vec<_> = self
            .in_the_way(sequence, (plate, jurisdiction))?
            .into_iter()
            .filter(|other| other.state == State::Accepted && other.relation != Relation::Towing)
            .map(|other| other.passage)
            .collect();
        if others.is_empty() { Ok(()) } else { Err(Failure::Refused(Refusal::PossibleDouble(others))) }
    }

    fn check_placeholder(&self, sequence: i64, verdict: &Verdict) -> Result<(), Failure<Refusal>> {
        let Verdict::Plate { plate, confirm_placeholder: false, .. } = verdict else { return Ok(()) };
        if !is_placeholder(plate) {
            return Ok(());
        }
        let read = self.run_one(
            "SELECT 1 FROM reading_attempt a WHERE a.passage_sequence = ?1 AND a.plate = ?2 LIMIT 1",
            params![sequence, plate.as_str()],
        )?;
        if read.is_some() { Ok(()) } else { Err(Failure::Refused(Refusal::Placeholder)) }
    }

    fn record_verdict(
        &self,
        now: Instant,
        actor: &Actor,
        sequence: i64,
        version: u32,
        verdict: &Verdict,
    ) -> Result<(), LedgerError> {
        let (plate, jurisdiction, code, remark) = verdict.columns();
        self.run(
            "INSERT INTO verdict (passage_sequence, version, at_ms, actor_role, actor_id, plate, jurisdiction,
                 reject_code, remark, plate_type) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                sequence,
                version,
                now,
                actor.role.as_str(),
                actor.id.as_str(),
                plate,
                jurisdiction,
                code,
                remark,
                verdict.plate_type().map(PlateType::as_str),
            ],
        )?;
        Ok(())
    }
}

fn consequence(verdict: &Verdict, actor: &Actor) -> (Move, Entering, EventKind, serde_json::Value) {
    match verdict {
        Verdict::Plate { plate, jurisdiction, another_crossing, confirm_placeholder, plate_type } => {
            let source = JurisdictionSource::Reviewer.as_str();
            let entering = Entering::Accepted {
                plate: plate.clone(),
                jurisdiction: jurisdiction.clone(),
                source,
                decided_by: actor.id.clone(),
                confidence: None,
            };
            let detail = json!({
                "plate": plate,
                "jurisdiction": jurisdiction,
                "jurisdiction_source": source,
                "another_crossing": another_crossing,
                "confirm_placeholder": confirm_placeholder,
                "plate_type": plate_type.map(PlateType::as_str),
            });
            (Move::AcceptByReviewer, entering, EventKind::Accepted, detail)
        }
        Verdict::Reject { code, remark } => {
            let entering = Entering::Rejected { code: *code, remark: remark.clone(), decided_by: actor.id.clone() };
            let detail = json!({ "code": code.as_str(), "blame": code.blame().as_str(), "remark": remark });
            (Move::Reject, entering, EventKind::Rejected, detail)
        }
    }
}

fn check_verdict(verdict: &Verdict) -> Result<(), String> {
    match verdict {
        Verdict::Plate { plate, jurisdiction, plate_type, .. } => {
            check_plate(plate).and_then(|()| check_issuer(jurisdiction)).map_err(|e| e.to_string())?;
            plate_type.map_or(Ok(()), |plate_type| plate_type.check(jurisdiction))
        }
        Verdict::Reject { code, remark } => check_remark(remark.as_deref(), *code == RejectCode::Other),
    }
}

fn check_remark(remark: Option<&str>, needed: bool) -> Result<(), String> {
    match remark {
        Some(text) if !text.trim().is_empty() => {
            tollbooth_pipeline::text::remark("remark", text).map(drop).map_err(|problem| problem.to_string())
        }
        _ if needed => Err("remark: is needed here, so that others can understand the decision".to_owned()),
        _ => Ok(()),
    }
}
