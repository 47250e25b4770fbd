//! What people said of the type of a plate.
//!
//! Beside the passage, a row for whoever answered: the type of a passage is what its decider said, so nothing must be cleared when it is
//! opened again, and who takes an answer for the decision sees the type that they gave, and nobody else's.

use tollbooth_pipeline::plate_type::PlateType;

use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::verdict::Verdict;

/// The type that the decider of a passage recorded, of a table by this name.
macro_rules! plate_type_of {
    ($passage:literal) => {
        concat!(
            "(SELECT t.plate_type FROM plate_type t WHERE t.passage_sequence = ",
            $passage,
            ".sequence AND t.actor_id = ",
            $passage,
            ".decided_by)"
        )
    };
}
pub(crate) use plate_type_of;

/// What was recorded of the type of this plate of a passage, by the names of its sequence, plate and issuer (none: any issuer): by who
/// decided for it last, or, where nobody did, with the last answer that was this plate, as of what was read again before others
/// had answered. Whoever is shown it must not be one who may still have to answer.
macro_rules! type_recorded {
    ($sequence:literal, $plate:literal, $issuer:literal) => {
        concat!(
            "CASE WHEN EXISTS (SELECT 1 FROM verdict v WHERE v.passage_sequence = ",
            $sequence,
            " AND v.plate = ",
            $plate,
            " AND v.jurisdiction = coalesce(",
            $issuer,
            ", v.jurisdiction)) THEN (SELECT v.plate_type FROM verdict v WHERE v.passage_sequence = ",
            $sequence,
            " AND v.plate = ",
            $plate,
            " AND v.jurisdiction = coalesce(",
            $issuer,
            ", v.jurisdiction) ORDER BY v.version DESC LIMIT 1) ELSE (SELECT t.plate_type FROM opinion o
             JOIN plate_type t ON t.passage_sequence = o.passage_sequence AND t.actor_id = o.actor_id
             WHERE o.passage_sequence = ",
            $sequence,
            " AND o.plate = ",
            $plate,
            " AND o.jurisdiction = coalesce(",
            $issuer,
            ", o.jurisdiction) AND NOT EXISTS (SELECT 1 FROM opinion n
                 WHERE n.passage_sequence = o.passage_sequence AND n.actor_id = o.actor_id AND n.id > o.id)
             ORDER BY o.id DESC LIMIT 1) END"
        )
    };
}
pub(crate) use type_recorded;

impl<D: Db> Ledger<D> {
    /// Writes down what somebody said of the type with a verdict, in place of what they said before. Inside its transaction.
    pub(crate) fn record_plate_type(&self, sequence: i64, who: &str, verdict: &Verdict) -> Result<(), LedgerError> {
        let said = verdict.plate_type();
        let sql = match said {
            Some(_) => {
                "INSERT INTO plate_type (passage_sequence, actor_id, plate_type) VALUES (?1, ?2, ?3)
                 ON CONFLICT (passage_sequence, actor_id) DO UPDATE SET plate_type = excluded.plate_type"
            }
            None => "UPDATE plate_type SET plate_type = ?3 WHERE passage_sequence = ?1 AND actor_id = ?2",
        };
        self.run(sql, params![sequence, who, said.map(PlateType::as_str)]).map(drop)
    }

    /// What those said of the type whose answer to a blind review is this very plate, where this answer leaves it out and they do
    /// not differ among themselves: who leaves it out has said nothing against it, and the owner of a trailer is another one.
    pub(crate) fn type_said_before(&self, sequence: i64, verdict: &Verdict) -> Result<Option<PlateType>, LedgerError> {
        let ((Some(plate), Some(issuer), ..), None) = (verdict.columns(), verdict.plate_type()) else {
            return Ok(None);
        };
        let rows = self.run(
            "SELECT DISTINCT t.plate_type FROM opinion o JOIN plate_type t ON t.passage_sequence = o.passage_sequence
                 AND t.actor_id = o.actor_id
             WHERE o.passage_sequence = +?1 AND o.waiting = 1 AND o.plate = +?2 AND o.jurisdiction = +?3
                 AND t.plate_type IS NOT NULL LIMIT 2",
            params![sequence, plate, issuer],
        )?;
        let mut rows = rows.into_iter();
        match (rows.next(), rows.next()) {
            (Some(only), None) => only.columns().opt_parsed(),
            _ => Ok(None),
        }
    }

    /// What people recorded of the type of this plate before the passage was read again.
    pub(crate) fn type_recorded(
        &self,
        sequence: i64,
        (plate, issuer): (&str, &str),
    ) -> Result<Option<PlateType>, LedgerError> {
        let sql = concat!("SELECT ", type_recorded!("+?1", "+?2", "+?3"));
        let row = self.run_one(sql, params![sequence, plate, issuer])?;
        row.map_or(Ok(None), |row| row.columns().opt_parsed())
    }

    /// What somebody said of the type of a passage's plate.
    pub(crate) fn plate_type_by(&self, sequence: i64, who: &str) -> Result<Option<PlateType>, LedgerError> {
        let row = self.run_one(
            "SELECT t.plate_type FROM plate_type t WHERE t.passage_sequence = +?1 AND t.actor_id = +?2",
            params![sequence, who],
        )?;
        row.map_or(Ok(None), |row| row.columns().opt_parsed())
    }
}
