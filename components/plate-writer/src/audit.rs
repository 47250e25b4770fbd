//! `tollbooth:ledger/audit`

use tollbooth_ledger::audit as domain;
use tollbooth_pipeline::balance;

use crate::PlateWriter;
use crate::bindings::exports::tollbooth::ledger::audit::{BalanceRow, Counts, Guest, LedgerFailure, Status};
use crate::database::with_ledger;

impl Guest for PlateWriter {
    fn balance(from_hour: Option<String>, to_hour: Option<String>) -> Result<Vec<BalanceRow>, LedgerFailure> {
        let found = with_ledger(None, |ledger| ledger.balance(from_hour.as_deref(), to_hour.as_deref()))?;
        Ok(found.into_iter().map(row).collect())
    }

    fn look(now: i64) -> Result<Status, LedgerFailure> {
        let found = with_ledger(Some(now), |ledger| ledger.look(now))?;
        Ok(Status {
            schema_version: found.schema_version,
            open_reviews: found.open_reviews,
            oldest_open_review: found.oldest_open_review,
            live_leases: found.live_leases,
            oldest_waiting: found.oldest_waiting,
            last_export_run: found.last_export_run,
            next_export_due: found.next_export_due,
            undelivered_notices: found.undelivered_notices,
        })
    }
}

fn row(found: domain::BalanceRow) -> BalanceRow {
    BalanceRow {
        hour: found.hour,
        booth: found.booth,
        from_events: counts(found.from_events),
        from_state: counts(found.from_state),
    }
}

fn counts(found: balance::Counts) -> Counts {
    Counts {
        received: found.received,
        waiting: found.waiting,
        reading: found.reading,
        in_review: found.in_review,
        accepted: found.accepted,
        rejected: found.rejected,
        duplicate: found.duplicate,
        billed: found.billed,
        awaiting_export: found.awaiting_export,
    }
}
