//! `tollbooth:ledger/changes`

use tollbooth_ledger::admin as domain;

use crate::bindings::exports::tollbooth::ledger::changes::{Actor, Change, Guest, LedgerFailure};
use crate::failure::word;
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn changes_of(what: String, before: Option<u64>, limit: u32) -> Result<Vec<Change>, LedgerFailure> {
        let what: domain::Changed = word(&what)?;
        let found = Self::with_ledger(None, |ledger| ledger.changes(what, before, limit))?;
        Ok(found.into_iter().map(change).collect())
    }
}

fn change(found: domain::Change) -> Change {
    Change {
        sequence: found.sequence,
        at: found.at,
        kind: found.kind,
        by: Actor { role: found.actor_role, id: found.actor_id },
        booth: found.booth,
        detail: found.detail,
    }
}
