//! What people answered, and what follows from it.

use serde_json::{Value as Json, json};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::blind::{self, Answer, Origin, Standing, Weighed, can_be_blind};
use tollbooth_pipeline::plate_type::PlateType;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::settings::Settings;

use super::{Blind, draw::Lot};
use crate::Ledger;
use crate::db::{Db, Row, params};
use crate::error::LedgerError;
use crate::event::{Actor, EventKind, NewEvent};
use crate::verdict::Verdict;

/// How many of somebody's last checked answers say how often they are right, and how many there must be.
const LAST_CHECKED: u32 = 50;
const ENOUGH_CHECKED: i64 = 20;

/// Somebody's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opinion {
    pub id: i64,
    pub at: Instant,
    pub actor: String,
    pub role: String,
    pub plate: Option<String>,
    pub jurisdiction: Option<String>,
    pub reject_code: Option<String>,
    pub remark: Option<String>,
    pub held: bool,
    pub waiting: bool,
    pub withdrawn: bool,
    /// What its author said last of the type of this passage's plate.
    pub plate_type: Option<PlateType>,
}

impl Opinion {
    pub(crate) fn answer(&self) -> Answer {
        match (&self.plate, &self.jurisdiction) {
            (Some(plate), Some(issuer)) => {
                Answer::Plate { plate: plate.clone(), issuer: issuer.clone(), plate_type: self.plate_type }
            }
            _ => Answer::Reject,
        }
    }
}

/// What follows from a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    /// It decides.
    Decide,
    /// Others must answer first.
    Hold,
}

pub(crate) fn answer_of(verdict: &Verdict) -> Answer {
    match verdict {
        Verdict::Plate { plate, jurisdiction, plate_type, .. } => {
            Answer::Plate { plate: plate.clone(), issuer: jurisdiction.clone(), plate_type: *plate_type }
        }
        Verdict::Reject { .. } => Answer::Reject,
    }
}

impl<D: Db> Ledger<D> {
    /// Every answer to a passage, in order.
    pub(crate) fn opinions_of(&self, sequence: i64) -> Result<Vec<Opinion>, LedgerError> {
        let rows = self.run(
            "SELECT o.id, o.at_ms, o.actor_id, o.actor_role, o.plate, o.jurisdiction, o.reject_code, o.remark, o.held,
                 o.waiting, CASE WHEN o.withdrawn_at_ms IS NULL THEN 0 ELSE 1 END, t.plate_type
             FROM opinion o LEFT JOIN plate_type t ON t.passage_sequence = o.passage_sequence AND t.actor_id = o.actor_id
             WHERE o.passage_sequence = +?1 ORDER BY o.id",
            params![sequence],
        )?;
        rows.into_iter().map(opinion).collect()
    }

    /// What follows from somebody's verdict on an open review. Opens, or disputes, a blind review where that follows.
    pub(crate) fn course(
        &self,
        now: Instant,
        actor: &Actor,
        (sequence, passage, reason): (i64, &str, ReviewReason),
        blind: Option<&Blind>,
        verdict: &Verdict,
        settings: &Settings,
    ) -> Result<Course, LedgerError> {
        let Some(blind) = blind.filter(|blind| blind.standing != Standing::Void) else {
            return self.course_of_ordinary(now, actor, (sequence, passage, reason), settings);
        };
        if blind.standing != Standing::Open {
            return Ok(Course::Decide);
        }
        let mut people: Vec<Answer> = self
            .opinions_of(sequence)?
            .iter()
            .filter(|o| o.waiting && o.actor != actor.id)
            .map(Opinion::answer)
            .collect();
        people.push(answer_of(verdict));
        match blind::weigh(blind.machine.as_ref(), &people, blind.people) {
            Weighed::Agreed => Ok(Course::Decide),
            Weighed::Another => Ok(Course::Hold),
            Weighed::Disputed => {
                self.run(
                    "UPDATE blind_review SET standing = 'disputed' WHERE passage_sequence = ?1",
                    params![sequence],
                )?;
                let system = Actor::system("manual-review");
                let event = NewEvent { at: now, kind: EventKind::Disputed, actor: &system, detail: json!({}) };
                self.append(&event, sequence, None)?;
                Ok(Course::Hold)
            }
        }
    }

    fn course_of_ordinary(
        &self,
        now: Instant,
        actor: &Actor,
        (sequence, passage, reason): (i64, &str, ReviewReason),
        settings: &Settings,
    ) -> Result<Course, LedgerError> {
        let open = can_be_blind(reason) || (reason == ReviewReason::Reopened && self.is_taken_back(sequence)?);
        if !open {
            return Ok(Course::Decide);
        }
        let lot = match self.draw(Origin::Second, passage, settings.review_second_reading_percent)? {
            Some(lot) => lot,
            None if self.agrees_too_seldom(&actor.id, settings.review_min_agreement_percent)? => Lot::CHOSEN,
            None => return Ok(Course::Decide),
        };
        self.open_blind(now, sequence, Origin::Second, 2, lot, None)?;
        Ok(Course::Hold)
    }

    /// The last answer was held, and its author took it back: whoever answers now is the first, and others read after them
    /// as before.
    fn is_taken_back(&self, sequence: i64) -> Result<bool, LedgerError> {
        Ok(self.opinions_of(sequence)?.last().is_some_and(|opinion| opinion.held && opinion.withdrawn))
    }

    /// A review whose answer a supervisor knows.
    pub(crate) fn open_seeded(&self, now: Instant, sequence: i64) -> Result<(), LedgerError> {
        self.open_blind(now, sequence, Origin::Seeded, 2, Lot::CHOSEN, None)
    }

    fn agrees_too_seldom(&self, actor: &str, least_percent: f64) -> Result<bool, LedgerError> {
        if least_percent <= 0.0 {
            return Ok(false);
        }
        let row = self.run_one(
            "SELECT count(*), count(*) FILTER (WHERE few.is_right = 1) FROM (
                 SELECT o.is_right FROM opinion o WHERE o.actor_id = +?1 AND o.is_right IS NOT NULL
                 ORDER BY o.id DESC LIMIT +?2) AS few",
            params![actor, LAST_CHECKED],
        )?;
        let Some(row) = row else { return Ok(false) };
        let mut columns = row.columns();
        let (checked, right) = (columns.integer()?, columns.integer()?);
        #[expect(clippy::cast_precision_loss, reason = "at most fifty")]
        let percent = 100.0 * right as f64 / checked.max(1) as f64;
        Ok(checked >= ENOUGH_CHECKED && percent < least_percent)
    }

    /// Writes an answer down.
    pub(crate) fn record_opinion(
        &self,
        now: Instant,
        actor: &Actor,
        sequence: i64,
        verdict: &Verdict,
        course: Course,
    ) -> Result<(), LedgerError> {
        let (plate, jurisdiction, code, remark) = verdict.columns();
        let held = i64::from(course == Course::Hold);
        self.run(
            "INSERT INTO opinion (passage_sequence, at_ms, actor_role, actor_id, plate, jurisdiction, reject_code, remark,
                 held, waiting) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
            params![sequence, now, actor.role.as_str(), actor.id.as_str(), plate, jurisdiction, code, remark, held],
        )?;
        Ok(())
    }

    /// Ends a claim with an answer that is held, and says so in the history.
    pub(crate) fn hold(&self, now: Instant, actor: &Actor, sequence: i64, detail: Json) -> Result<(), LedgerError> {
        self.end_claim(sequence)?;
        self.end_assignment(now, sequence)?;
        self.append(&NewEvent { at: now, kind: EventKind::OpinionGiven, actor, detail }, sequence, None)
    }

    /// What is right is known: every answer is right or wrong from now on.
    pub(crate) fn settle_blind(
        &self,
        now: Instant,
        sequence: i64,
        blind: &Blind,
        right: &Answer,
    ) -> Result<(), LedgerError> {
        if blind.standing == Standing::Void {
            return Ok(());
        }
        let (plate, issuer) = match right {
            Answer::Plate { plate, issuer, .. } => (Some(plate.as_str()), Some(issuer.as_str())),
            Answer::Reject => (None, None),
        };
        let error = blind.machine.as_ref().and_then(|machine| blind::error(machine, right));
        self.run(
            "UPDATE blind_review SET standing = 'settled', settled_at_ms = ?2, right_plate = ?3, right_jurisdiction = ?4,
                 machine_error = ?5 WHERE passage_sequence = ?1",
            params![sequence, now, plate, issuer, error.map(blind::AnswerError::as_str)],
        )?;
        for opinion in self.opinions_of(sequence)?.iter().filter(|opinion| !opinion.withdrawn) {
            let is_right = i64::from(blind::agree(&opinion.answer(), right));
            self.run("UPDATE opinion SET waiting = 0, is_right = ?2 WHERE id = ?1", params![opinion.id, is_right])?;
        }
        Ok(())
    }

    /// Nobody knows any more what is right: a decision was taken back, or the passage was opened again.
    pub(crate) fn unsettle_blind(&self, sequence: i64, blind: &Blind, standing: Standing) -> Result<(), LedgerError> {
        if blind.standing == Standing::Void {
            return Ok(());
        }
        self.run(
            "UPDATE blind_review SET standing = ?2, settled_at_ms = NULL, right_plate = NULL, right_jurisdiction = NULL,
                 machine_error = NULL WHERE passage_sequence = ?1",
            params![sequence, standing.as_str()],
        )?;
        self.run("UPDATE opinion SET is_right = NULL WHERE passage_sequence = ?1", params![sequence])?;
        Ok(())
    }

    /// An answer was taken back: what others answered stands, and waits again, or is still a dispute without it.
    pub(crate) fn wait_again(&self, sequence: i64, blind: &Blind) -> Result<(), LedgerError> {
        if blind.standing == Standing::Void {
            return Ok(());
        }
        let standing: Vec<Answer> =
            self.opinions_of(sequence)?.iter().filter(|o| o.held && !o.withdrawn).map(Opinion::answer).collect();
        let disputed = blind::weigh(blind.machine.as_ref(), &standing, blind.people) == Weighed::Disputed;
        self.unsettle_blind(sequence, blind, if disputed { Standing::Disputed } else { Standing::Open })?;
        self.run(
            "UPDATE opinion SET waiting = 1 WHERE passage_sequence = ?1 AND held = 1 AND withdrawn_at_ms IS NULL",
            params![sequence],
        )?;
        Ok(())
    }

    /// Takes the answers of somebody, or of everybody, back.
    pub(crate) fn withdraw(&self, now: Instant, sequence: i64, actor: Option<&str>) -> Result<(), LedgerError> {
        self.run(
            "UPDATE opinion SET waiting = 0, withdrawn_at_ms = ?2, is_right = NULL
             WHERE passage_sequence = ?1 AND withdrawn_at_ms IS NULL AND actor_id = coalesce(?3, actor_id)",
            params![sequence, now, actor],
        )?;
        Ok(())
    }

    /// A passage that was read anew and is no blind review any more.
    pub(crate) fn void_blind(&self, now: Instant, sequence: i64) -> Result<(), LedgerError> {
        let Some(blind) = self.blind_of(sequence)? else { return Ok(()) };
        self.unsettle_blind(sequence, &blind, Standing::Void)?;
        self.withdraw(now, sequence, None)
    }
}

fn opinion(row: Row) -> Result<Opinion, LedgerError> {
    let mut columns = row.columns();
    Ok(Opinion {
        id: columns.integer()?,
        at: columns.integer()?,
        actor: columns.text()?,
        role: columns.text()?,
        plate: columns.opt_text()?,
        jurisdiction: columns.opt_text()?,
        reject_code: columns.opt_text()?,
        remark: columns.opt_text()?,
        held: columns.flag()?,
        waiting: columns.flag()?,
        withdrawn: columns.flag()?,
        plate_type: columns.opt_parsed()?,
    })
}
