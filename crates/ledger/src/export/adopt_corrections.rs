//! Corrections that a newer ledger published, taken over after a restore.
//!
//! What billing has now is written down as it is. What this ledger says of the passage is older, so the passage comes to
//! people with what was published as the suggestion: decided the same way, nothing is sent; otherwise one more
//! correction follows. Nobody decides in the name of the people whose decision was lost; where it was not lost, and the
//! correction of it was due here, that correction is published by now.

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::export::{Action, Cause, PublishedCorrection, Question};
use tollbooth_pipeline::plate_type::PlateType;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::state::{Move, State};

use crate::Ledger;
use crate::columns::Columns;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::event::{Actor, EventKind, NewEvent};
use crate::plate_type::plate_type_of;
use crate::step::{Entering, Held, held_columns};

const KEEP: &str =
    "INSERT INTO adopted_correction (passage_id, revision, export_sequence, corrects_export, action, cause,
        plate, jurisdiction, reject_code, decided_by, file_row, settled, plate_type)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT (passage_id, revision) DO NOTHING";

/// Corrections whose passage is here with the line that they correct, so many at a time, for looking for the next goes through
/// all that wait. Of one passage there is one at most: the next corrects it.
const READY: &str = concat!(
    "SELECT ",
    held_columns!(),
    ", c.revision, c.export_sequence, c.plate, c.jurisdiction, p.plate, p.jurisdiction, c.plate_type, ",
    plate_type_of!("p"),
    "
     FROM adopted_correction c JOIN passage p ON p.id = c.passage_id
     WHERE c.settled = 0 AND (
         EXISTS (SELECT 1 FROM bill_line l WHERE l.passage_sequence = p.sequence AND c.revision = 2
             AND +l.export_sequence = c.corrects_export)
         OR EXISTS (SELECT 1 FROM correction b WHERE b.passage_sequence = p.sequence AND b.revision = c.revision - 1
             AND b.export_sequence = c.corrects_export))
     ORDER BY c.passage_id, c.revision LIMIT 500"
);

/// Billing has what was due.
const SETTLE: &str = "UPDATE passage SET correction = CASE WHEN state = 'rejected' THEN 'withdrawn' END,
        export_sequence = CASE WHEN state = 'accepted' THEN CAST(?2 AS BIGINT) END
    WHERE sequence = ?1 AND correction = 'due'";

/// It was asked already, of what billing had before.
const ASK_OF_THIS: &str = "UPDATE passage SET detail = ?2, plate = ?3, jurisdiction = ?4
    WHERE sequence = ?1 AND state = 'in-review' AND correction = 'open' AND reason = 'reopened'";

const BIND: &str =
    "INSERT INTO correction (export_sequence, passage_sequence, revision, corrects_export, action, cause,
        plate, jurisdiction, reject_code, decided_by, booth_id, received_hour, plate_type)
    SELECT c.export_sequence, p.sequence, c.revision, c.corrects_export, c.action, c.cause, c.plate, c.jurisdiction,
        c.reject_code, c.decided_by, p.booth_id, p.received_hour, c.plate_type
    FROM adopted_correction c JOIN passage p ON p.id = c.passage_id WHERE p.sequence = ?1 AND c.revision = ?2";

impl<D: Db> Ledger<D> {
    pub(super) fn keep_adopted_corrections(
        &self,
        sequence: u64,
        corrections: &[PublishedCorrection],
        after: u64,
        bound_through: u64,
    ) -> Result<(), LedgerError> {
        let replaces = |c: &PublishedCorrection| c.action == Action::Replace;
        for (c, row) in corrections.iter().zip(after + 1..) {
            self.run(
                KEEP,
                params![
                    c.passage.as_str(),
                    c.revision,
                    sequence,
                    c.corrects.export,
                    c.action.as_str(),
                    c.cause.as_str(),
                    replaces(c).then(|| c.plate.clone()),
                    replaces(c).then(|| c.jurisdiction.clone()),
                    (!replaces(c)).then(|| c.reject_code.clone()),
                    c.decided_by.as_str(),
                    row,
                    i64::from(row <= bound_through),
                    c.plate_type.map(PlateType::as_str),
                ],
            )?;
        }
        Ok(())
    }

    /// Takes over what has become possible: a line may be bound by now that was not when its correction was adopted.
    pub(super) fn settle_adopted_corrections(&self, now: Instant, actor: &Actor) -> Result<(), LedgerError> {
        loop {
            let ready = self.run(READY, &[])?;
            if ready.is_empty() {
                return Ok(());
            }
            for row in ready {
                self.settle_adopted_correction(now, actor, row.columns())?;
            }
        }
    }

    fn settle_adopted_correction(&self, now: Instant, actor: &Actor, mut columns: Columns) -> Result<(), LedgerError> {
        let held = Held::read(&mut columns)?;
        let revision: u32 = columns.number()?;
        let export: u64 = columns.number()?;
        let says = columns.opt_text()?.zip(columns.opt_text()?);
        let decided = columns.opt_text()?.zip(columns.opt_text()?);
        let (type_there, type_here): (Option<PlateType>, Option<PlateType>) =
            (columns.opt_parsed()?, columns.opt_parsed()?);
        self.run(BIND, params![held.sequence, revision])?;
        self.run(
            "UPDATE adopted_correction SET settled = 1 WHERE passage_id = ?1 AND revision = ?2",
            params![held.id.as_str(), revision],
        )?;
        let detail = json!({ "export": export, "revision": revision });
        // The same plate of another type is somebody else's.
        let was_due = held.question == Some(Question::Due) && decided == says && type_here == type_there;
        let kind = if was_due { EventKind::Corrected } else { EventKind::CorrectionAdopted };
        let event = NewEvent { at: now, kind, actor, detail };
        self.append(&event, held.sequence, Some((held.state, held.state)))?;
        if was_due {
            return self.run(SETTLE, params![held.sequence, export]).map(drop);
        }
        self.ask_again(now, actor, &held, says, type_there)
    }

    /// Opens a passage whose decision is older than what billing has of it.
    fn ask_again(
        &self,
        now: Instant,
        actor: &Actor,
        held: &Held,
        says: Option<(String, String)>,
        plate_type: Option<PlateType>,
    ) -> Result<(), LedgerError> {
        if held.question == Some(Question::Due) {
            return Ok(());
        }
        // Decided without the type that billing has, it would be corrected once more.
        let of_type = plate_type.map(|of_type| format!(", {of_type}")).unwrap_or_default();
        let remark = match &says {
            Some((plate, jurisdiction)) => format!(
                "A backup was restored. Before that, billing was sent a correction of this passage: {plate}, {jurisdiction}{of_type}."
            ),
            None => "A backup was restored. Before that, billing was told to bill nothing for this passage.".to_owned(),
        };
        let (plate, jurisdiction) = says.unzip();
        if !matches!(held.state, State::Accepted | State::Rejected) {
            return self.run(ASK_OF_THIS, params![held.sequence, remark, plate, jurisdiction]).map(drop);
        }
        self.doubt(now, held, Cause::Restored, &remark)?;
        let entering = Entering::Review { reason: ReviewReason::Reopened, detail: remark, plate, jurisdiction };
        let event = NewEvent { at: now, kind: EventKind::Recalled, actor, detail: json!({ "cause": "restored" }) };
        self.advance(held, Move::Reopen, entering, &event).map(drop)
    }
}
