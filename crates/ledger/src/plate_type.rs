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

    /// What somebody said of the type of a passage's plate.
    pub(crate) fn plate_type_by(&self, sequence: i64, who: &str) -> Result<Option<PlateType>, LedgerError> {
        let row = self.run_one(
            "SELECT t.plate_type FROM plate_type t WHERE t.passage_sequence = +?1 AND t.actor_id = +?2",
            params![sequence, who],
        )?;
        row.map_or(Ok(None), |row| row.columns().opt_parsed())
    }
}
