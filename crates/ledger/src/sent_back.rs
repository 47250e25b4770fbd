//! Reviews that are sent back to the recogniser in bulk: which of them may be, and how it is done.
//!
//! Whatever the ground is, people keep what is theirs: what they look at for another reason than what was read, and what
//! somebody is looking at.

use serde_json::Value as Json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::policy::Turn;
use tollbooth_pipeline::state::Move;

use crate::Ledger;
use crate::db::{Db, Row};
use crate::error::LedgerError;
use crate::event::{Actor, EventKind, NewEvent};
use crate::step::{Entering, Held};

/// People do not look at passage `p` for another reason than what was read. One that is read without a suggestion is theirs,
/// too: whoever lists the others must not be able to tell a sample by it, and what somebody answered of it is not thrown away
/// in bulk.
macro_rules! not_theirs {
    () => {
        "p.reason NOT IN ('reopened', 'refused-by-billing', 'repeated-frame')
             AND NOT EXISTS (SELECT 1 FROM blind_review b WHERE b.passage_sequence = p.sequence
                 AND b.standing IN ('open', 'disputed'))"
    };
}
pub(crate) use not_theirs;

/// Nobody looks at passage `p`, unless a clock that has been set back since says so. `?1` is now, `?2` the slack of clocks.
macro_rules! unclaimed {
    () => {
        "(p.claimed_until_ms IS NULL OR p.claimed_until_ms <= ?1 OR p.claimed_at_ms > ?1 + ?2)"
    };
}
pub(crate) use unclaimed;

impl<D: Db> Ledger<D> {
    /// Sends each of these back with a fresh count of attempts, and answers how many they were. Rows begin with
    /// `held_columns`; `detail` is what the history says of each.
    pub(crate) fn reprocess_all(
        &self,
        now: Instant,
        actor: &Actor,
        rows: Vec<Row>,
        detail: &Json,
    ) -> Result<u32, LedgerError> {
        let mut passages = 0;
        for row in rows {
            let held = Held::read(&mut row.columns())?;
            self.reprocess_one(now, actor, &held, detail.clone())?;
            passages += 1;
        }
        Ok(passages)
    }

    /// The same of one that is held. Answers its new version.
    pub(crate) fn reprocess_one(
        &self,
        now: Instant,
        actor: &Actor,
        held: &Held,
        detail: Json,
    ) -> Result<u32, LedgerError> {
        let entering = Entering::Waiting { next_attempt_at: 0, counted_attempts: 0, turn: Turn::First };
        let event = NewEvent { at: now, kind: EventKind::Reprocessed, actor, detail };
        let version = self.advance(held, Move::Reprocess, entering, &event)?;
        self.end_assignment(now, held.sequence)?;
        Ok(version)
    }
}
