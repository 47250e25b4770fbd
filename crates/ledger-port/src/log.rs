//! `tollbooth:ledger/log`

use tollbooth_ledger::log as domain;

use crate::bindings::exports::tollbooth::ledger::log::{Actor, Deed, Guest, LedgerFailure, Look};
use crate::failure::actor;
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn deeds(viewer: Actor, who: Option<String>, before: Option<u64>, limit: u32) -> Result<Vec<Deed>, LedgerFailure> {
        let viewer = actor(&viewer);
        let found = Self::with_ledger(None, |ledger| ledger.deeds(&viewer, who.as_deref(), before, limit))?;
        Ok(found.into_iter().map(deed).collect())
    }

    fn looks(
        who: Option<String>,
        passage: Option<String>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Look>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.looks(who.as_deref(), passage.as_deref(), before, limit))?;
        Ok(found.into_iter().map(look).collect())
    }
}

fn deed(found: domain::Deed) -> Deed {
    Deed {
        sequence: found.sequence,
        at: found.at,
        kind: found.kind,
        actor_role: found.actor_role,
        actor_id: found.actor_id,
        passage: found.passage,
        detail: found.detail,
    }
}

fn look(found: domain::Look) -> Look {
    Look { number: found.number, at: found.at, token: found.token, passage: found.passage }
}
