//! Front and rear photos are one crossing: whoever accepts a plate, judge or reviewer, looks here first, inside the
//! accepting transaction, where no other acceptance can come in between.

use tollbooth_pipeline::reason::ReviewReason;

use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::scope::Scope;
use crate::setting::{in_force, seconds_ms};

/// Which other passages of the same vehicle count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counting {
    /// Accepted ones: those that are, or will be, billed.
    Accepted,
    /// And those held back as doubles, so that a third photo of one crossing is caught as well.
    HeldBackToo,
}

impl<D: Db> Ledger<D> {
    /// Another passage of the same plate at the same booth within `judge.recross_seconds` of capture time.
    ///
    /// The plate alone decides: front and rear may be read with different jurisdictions.
    pub(crate) fn same_crossing(
        &self,
        sequence: i64,
        plate: &str,
        counting: Counting,
    ) -> Result<Option<String>, LedgerError> {
        let within = seconds_ms(in_force(&self.changed_settings()?)?.judge_recross_seconds);
        let held_back = match counting {
            Counting::Accepted => "",
            Counting::HeldBackToo => ReviewReason::PossibleDouble.as_str(),
        };
        self.lock(Scope::BoothOf(sequence))?;
        self.run_one(
            "SELECT other.id FROM passage AS mine JOIN passage AS other
               ON other.booth_id = mine.booth_id AND other.plate = +?2
              AND other.captured_at_ms BETWEEN mine.captured_at_ms - ?3 AND mine.captured_at_ms + ?3
             WHERE mine.sequence = +?1 AND other.sequence <> +?1
               AND (other.state = 'accepted' OR (other.state = 'in-review' AND other.reason = +?4))
             ORDER BY other.sequence LIMIT 1",
            params![sequence, plate, within, held_back],
        )?
        .map(|row| row.columns().text())
        .transpose()
    }
}
