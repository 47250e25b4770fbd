//! What a move of a passage means for what billing has of it.
//!
//! Invariants: what was published stays as it is; a passage that was billed and opened again is in question until it is
//! decided; decided as billing has it, nothing is sent; decided otherwise, or refused by billing before, one correction
//! is due. At every moment a passage that was ever billed is exactly one of: billed, in question, due, withdrawn.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::blind::Standing;
use tollbooth_pipeline::export::{Cause, Question};
use tollbooth_pipeline::plate_type::PlateType;
use tollbooth_pipeline::state::{Move, State};

use crate::Ledger;
use crate::columns::Columns;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::event::EventKind;
use crate::step::{Entering, Held};

/// What a move changes beside the state.
pub(crate) struct Billing {
    pub question: Option<Question>,
    pub export: Option<u64>,
    /// The move's event is called this.
    pub kind: Option<EventKind>,
    /// An event before the move's, and one after it.
    pub before: Option<EventKind>,
    pub after: Option<EventKind>,
}

/// The last line of a passage that was given to an export.
pub(crate) struct LastLine {
    pub export: u64,
    pub revision: u32,
    /// Plate and issuer; none when it told billing to bill nothing.
    pub says: Option<(String, String)>,
    /// Whether billing refused it.
    pub refused: bool,
    /// Type of that plate; none where nobody recorded one.
    pub plate_type: Option<PlateType>,
}

const LAST_CORRECTION: &str = "SELECT c.export_sequence, c.revision, c.plate, c.jurisdiction,
        EXISTS (SELECT 1 FROM disposition d WHERE d.passage_sequence = c.passage_sequence AND d.revision = c.revision
            AND d.outcome = 'refused'), c.plate_type
    FROM correction c WHERE c.passage_sequence = +?1 ORDER BY c.revision DESC LIMIT 1";

const BILL_LINE: &str = "SELECT l.export_sequence, l.revision, l.plate, l.jurisdiction,
        EXISTS (SELECT 1 FROM disposition d WHERE d.passage_sequence = l.passage_sequence AND d.revision = l.revision
            AND d.outcome = 'refused'), l.plate_type
    FROM bill_line l WHERE l.passage_sequence = +?1";

/// The export under way that holds a line of this passage.
const UNDER_WAY: &str = "SELECT x.sequence FROM export x WHERE x.state = 'bound' AND (x.sequence = CAST(?2 AS BIGINT)
    OR EXISTS (SELECT 1 FROM correction c WHERE c.passage_sequence = ?1 AND +c.export_sequence = x.sequence))";

impl<D: Db> Ledger<D> {
    pub(crate) fn towards_billing(&self, held: &Held, step: Move, entering: &Entering) -> Result<Billing, LedgerError> {
        let (question, export) = (held.question, held.export);
        let same = Billing { question, export, kind: None, before: None, after: None };
        let open = Billing { question: Some(Question::Open), export: None, kind: None, before: None, after: None };
        Ok(match (step, question) {
            (Move::Reopen, None) if export.is_some() => Billing { kind: Some(EventKind::Recalled), ..open },
            (Move::Reopen, Some(Question::Withdrawn)) => Billing { kind: Some(EventKind::Recalled), ..open },
            (Move::Reopen, Some(Question::Due)) => Billing { before: Some(EventKind::CorrectionDropped), ..open },
            (Move::AcceptByJudge | Move::AcceptByReviewer | Move::Reject, Some(Question::Open)) => {
                self.decided(held, entering)?
            }
            _ => same,
        })
    }

    fn decided(&self, held: &Held, entering: &Entering) -> Result<Billing, LedgerError> {
        let last = self.last_line(held.sequence)?.ok_or_else(|| {
            LedgerError::Damaged(format!("{}: it was billed, and its bill line is not there", held.id))
        })?;
        let decision = match entering {
            Entering::Accepted { plate, jurisdiction, .. } => Some((plate.clone(), jurisdiction.clone())),
            _ => None,
        };
        // The same plate of another type is somebody else's.
        let plate_type = match entering {
            Entering::Accepted { decided_by, .. } => self.plate_type_by(held.sequence, decided_by)?,
            _ => None,
        };
        let stands = decision == last.says && plate_type == last.plate_type && !last.refused;
        let question = match (stands, &decision) {
            (true, Some(_)) => None,
            (true, None) => Some(Question::Withdrawn),
            (false, _) => Some(Question::Due),
        };
        let after = Some(if stands { EventKind::Confirmed } else { EventKind::CorrectionDue });
        let export = (stands && decision.is_some()).then_some(last.export);
        Ok(Billing { question, export, kind: None, before: None, after })
    }

    /// The last line of a passage that was given to an export, published or not.
    pub(crate) fn last_line(&self, passage_sequence: i64) -> Result<Option<LastLine>, LedgerError> {
        let row = match self.run_one(LAST_CORRECTION, params![passage_sequence])? {
            Some(row) => Some(row),
            None => self.run_one(BILL_LINE, params![passage_sequence])?,
        };
        row.map(|row| last_line(row.columns())).transpose()
    }

    /// The export that is bound to a line of this passage and not published yet: a matter of moments.
    pub(crate) fn under_way_with(&self, held: &Held) -> Result<Option<u64>, LedgerError> {
        let row = self.run_one(UNDER_WAY, params![held.sequence, held.export])?;
        row.map(|row| row.columns().number()).transpose()
    }

    /// What was decided of a passage is doubted, whoever opens it again: nobody knows any more what is right, and why is
    /// noted of a passage that billing has something of. Inside the transaction that opens it.
    pub(crate) fn doubt(&self, now: Instant, held: &Held, cause: Cause, remark: &str) -> Result<(), LedgerError> {
        if let Some(blind) = self.blind_of(held.sequence)? {
            self.unsettle_blind(held.sequence, &blind, Standing::Reopened)?;
        }
        self.forget_confusion(now, held.sequence)?;
        if held.export.is_none() && held.question.is_none() {
            return Ok(());
        }
        self.run(
            "INSERT INTO recall (passage_sequence, at_ms, cause, remark) VALUES (?1, ?2, ?3, ?4)",
            params![held.sequence, now, cause.as_str(), remark],
        )
        .map(drop)
    }
}

/// Where a passage stands that was ever billed: exactly one of these at every moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stand {
    /// Billing has what is decided here.
    Billed,
    /// Billing was told to bill nothing.
    Withdrawn,
    /// It is being looked at again.
    InQuestion,
    /// It was decided otherwise, and the line that replaces billing's is not published yet.
    AwaitingCorrection,
    /// The same, and nothing is to be billed.
    AwaitingWithdrawal,
}

/// What an event says of that: where the passage stood before, none when it was never billed, and where it stands since.
/// With the state that it left and the one that it entered; none for an event that says nothing of it.
pub(crate) fn change_of_stand(kind: &str, from: Option<&str>, to: &str) -> Option<(Option<Stand>, Stand)> {
    let rejected = State::Rejected.as_str();
    let standing = |state: Option<&str>| if state == Some(rejected) { Stand::Withdrawn } else { Stand::Billed };
    let settled = standing(Some(to));
    let due = if to == rejected { Stand::AwaitingWithdrawal } else { Stand::AwaitingCorrection };
    let is = |other: EventKind| kind == other.as_str();
    if is(EventKind::Billed) {
        Some((None, Stand::Billed))
    } else if is(EventKind::Recalled) {
        Some((Some(standing(from)), Stand::InQuestion))
    } else if is(EventKind::Confirmed) {
        Some((Some(Stand::InQuestion), settled))
    } else if is(EventKind::CorrectionDue) {
        Some((Some(Stand::InQuestion), due))
    } else if is(EventKind::CorrectionDropped) {
        Some((Some(due), Stand::InQuestion))
    } else if is(EventKind::Corrected) {
        Some((Some(due), settled))
    } else {
        None
    }
}

fn last_line(mut columns: Columns) -> Result<LastLine, LedgerError> {
    Ok(LastLine {
        export: columns.number()?,
        revision: columns.number()?,
        says: columns.opt_text()?.zip(columns.opt_text()?),
        refused: columns.flag()?,
        plate_type: columns.opt_parsed()?,
    })
}
