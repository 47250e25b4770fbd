//! `tollbooth:ledger/failed-readings`

use tollbooth_ledger::failed_readings as domain;

use crate::bindings::exports::tollbooth::ledger::failed_readings::{
    Actor, Cause, FailedReading, Filter, Guest, LedgerFailure, Page, Reprocessed,
};
use crate::failure::actor;
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn list_failed(wanted: Filter, after: Option<u64>, limit: u32) -> Result<Page, LedgerFailure> {
        let wanted = filter(wanted);
        let found = Self::with_ledger(None, |ledger| ledger.failed_readings(&wanted, after, limit))?;
        Ok(Page {
            causes: found.causes.into_iter().map(cause).collect(),
            items: found.items.into_iter().map(item).collect(),
            next: found.next,
        })
    }

    fn reprocess_failed(
        now: i64,
        who: Actor,
        wanted: Filter,
        most: u32,
        action: Option<u64>,
    ) -> Result<Reprocessed, LedgerFailure> {
        let wanted = filter(wanted);
        let sent = Self::with_ledger(Some(now), |ledger| ledger.send_back(now, &actor(&who), &wanted, most, action))?;
        let domain::SentBack { done, action } = sent;
        Ok(Reprocessed { passages: done.passages, left: done.left, claimed: done.claimed, action })
    }
}

fn filter(wanted: Filter) -> domain::Filter {
    domain::Filter { reason: wanted.reason, class: wanted.class, booth: wanted.booth, passage: wanted.passage }
}

fn cause(found: domain::Cause) -> Cause {
    Cause { reason: found.reason, class: found.class, passages: found.passages }
}

fn item(found: domain::FailedReading) -> FailedReading {
    FailedReading {
        passage: found.passage,
        booth: found.booth,
        captured_at: found.captured_at,
        opened_at: found.opened_at,
        reason: found.reason,
        class: found.class,
        detail: found.detail,
        recognizer: found.recognizer,
        attempts: found.attempts,
    }
}
