//! Earlier photos of a plate at any booth of this operator, to be seen beside the one to decide: the same vehicle looks the
//! same. What a person decided comes before what the machine did.
//!
//! Nothing is told of a passage whose own reading is kept back from the viewer, and nothing of one that is.

use tollbooth_pipeline::judge::JUDGE;
use tollbooth_pipeline::state::State;

use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::event::Actor;

/// Photos that are shown.
const MOST_SHOWN: usize = 2;
/// Passages that are looked at for them: of some of them what was read is kept back.
const MOST_LOOKED_AT: u32 = 8;

/// An accepted passage with the same plate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// `psg_…`
    pub passage: String,
    /// Booth id.
    pub booth: String,
    /// As the camera wrote it.
    pub captured_at: String,
    /// `us-tx`
    pub jurisdiction: Option<String>,
    /// A person looked at it and decided.
    pub by_person: bool,
}

impl<D: Db> Ledger<D> {
    /// The latest accepted passages with this plate, at most two, those that people decided first; none where the viewer may
    /// not know what was read of this one.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn earlier_for(&self, viewer: &Actor, id: &str, plate: &str) -> Result<Vec<Earlier>, LedgerError> {
        if self.passage_for(viewer, id)?.is_none_or(|passage| passage.kept_back) {
            return Ok(Vec::new());
        }
        let rows = self.run(
            "SELECT o.id FROM booth AS place CROSS JOIN passage AS o
             WHERE o.booth_id = place.id AND o.plate = +?1 AND o.state = 'accepted' AND o.id <> +?2
             ORDER BY CASE WHEN o.decided_by = 'judge' THEN 1 ELSE 0 END, o.captured_at_ms DESC, o.sequence DESC
             LIMIT +?3",
            params![plate, id, MOST_LOOKED_AT],
        )?;
        let mut shown = Vec::new();
        for row in rows {
            let other = self.passage_for(viewer, &row.columns().text()?)?;
            // To this viewer it may be in another state, or with another plate.
            let Some(other) = other.filter(|other| !other.kept_back && other.state == State::Accepted) else {
                continue;
            };
            if other.plate.as_deref() != Some(plate) {
                continue;
            }
            shown.push(Earlier {
                by_person: other.decided_by.as_deref() != Some(JUDGE),
                passage: other.id,
                booth: other.booth,
                captured_at: other.captured_at,
                jurisdiction: other.jurisdiction,
            });
            if shown.len() == MOST_SHOWN {
                break;
            }
        }
        Ok(shown)
    }
}
