//! `tollbooth:ledger/log`

use tollbooth_ledger::log as domain;

use crate::bindings::exports::tollbooth::ledger::log::{
    Actor, Deed, Download, Guest, LedgerFailure, Look, Named, Wanted,
};
use crate::failure::actor;
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn deeds(
        viewer: Actor,
        wanted: Wanted,
        kinds: Vec<String>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Deed>, LedgerFailure> {
        let viewer = actor(&viewer);
        let found = Self::with_ledger(None, |ledger| ledger.deeds(&viewer, &asked(&wanted), &kinds, before, limit))?;
        Ok(found.into_iter().map(deed).collect())
    }

    fn looks(viewer: Actor, wanted: Wanted, before: Option<u64>, limit: u32) -> Result<Vec<Look>, LedgerFailure> {
        let viewer = actor(&viewer);
        let found = Self::with_ledger(None, |ledger| ledger.looks(&viewer, &asked(&wanted), before, limit))?;
        Ok(found.into_iter().map(look).collect())
    }

    fn downloads(wanted: Wanted, before: Option<u64>, limit: u32) -> Result<Vec<Download>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.downloads(&asked(&wanted), before, limit))?;
        Ok(found.into_iter().map(download).collect())
    }

    fn people(after: Option<String>, limit: u32) -> Result<Vec<Named>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.named(after.as_deref(), limit))?;
        Ok(found.into_iter().map(named).collect())
    }
}

fn asked(wanted: &Wanted) -> domain::Wanted<'_> {
    domain::Wanted {
        who: wanted.who.as_deref(),
        passage: wanted.passage.as_deref(),
        since: wanted.since,
        until: wanted.until,
    }
}

fn deed(found: domain::Deed) -> Deed {
    Deed {
        sequence: found.sequence,
        at: found.at,
        kind: found.kind,
        actor_role: found.actor_role,
        actor_id: found.actor_id,
        actor_name: found.actor_name,
        passage: found.passage,
        detail: found.detail,
    }
}

fn look(found: domain::Look) -> Look {
    Look { number: found.number, at: found.at, token: found.token, name: found.name, passage: found.passage }
}

fn download(found: domain::Download) -> Download {
    Download {
        number: found.number,
        at: found.at,
        token: found.token,
        name: found.name,
        export: found.export,
        profile: found.profile,
        part: found.part,
    }
}

fn named(found: domain::Named) -> Named {
    Named { token: found.token, role: found.role, name: found.name, revoked: found.revoked }
}
