//! `tollbooth:ledger/audit`

use tollbooth_ledger::{audit as domain, camera_clocks, inspection, refusals};
use tollbooth_pipeline::balance;

use crate::bindings::exports::tollbooth::ledger::audit::{
    BalanceRow, CameraClock, Contradiction, Counts, Guest, Inspected, LedgerFailure, PhotoEntry, Refusals, Status,
};
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn balance(from_hour: Option<String>, to_hour: Option<String>) -> Result<Vec<BalanceRow>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.balance(from_hour.as_deref(), to_hour.as_deref()))?;
        Ok(found.into_iter().map(row).collect())
    }

    fn look(now: i64) -> Result<Status, LedgerFailure> {
        let found = Self::with_ledger(Some(now), |ledger| ledger.look(now))?;
        Ok(Status {
            schema_version: found.schema_version,
            open_reviews: found.open_reviews,
            oldest_open_review: found.oldest_open_review,
            live_leases: found.live_leases,
            overdue_leases: found.overdue_leases,
            oldest_waiting: found.oldest_waiting,
            last_export_run: found.last_export_run,
            next_export_due: found.next_export_due,
            undelivered_messages: found.undelivered_messages,
            storage_full: found.storage_full,
            first_hour: found.first_hour,
        })
    }

    fn camera_clocks() -> Result<Vec<CameraClock>, LedgerFailure> {
        Ok(Self::with_ledger(None, |ledger| ledger.camera_clocks())?.into_iter().map(clock).collect())
    }

    fn refused(from_hour: Option<String>, to_hour: Option<String>) -> Result<Vec<Refusals>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.refusals(from_hour.as_deref(), to_hour.as_deref()))?;
        Ok(found.into_iter().map(refusal).collect())
    }

    fn inspect(after: u64, limit: u32) -> Result<Inspected, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.inspect(after, limit))?;
        Ok(Inspected {
            photos: found.photos.into_iter().map(photo).collect(),
            contradictions: found.contradictions.into_iter().map(contradiction).collect(),
            next: found.next,
        })
    }

    fn unreferenced(photo_keys: Vec<String>) -> Result<Vec<String>, LedgerFailure> {
        Ok(Self::with_ledger(None, |ledger| {
            ledger.unreferenced(&photo_keys).map(|keys| keys.into_iter().map(ToOwned::to_owned).collect())
        })?)
    }

    fn outdone(photo_keys: Vec<String>) -> Result<Vec<String>, LedgerFailure> {
        Ok(Self::with_ledger(None, |ledger| {
            ledger.outdone(&photo_keys).map(|keys| keys.into_iter().map(ToOwned::to_owned).collect())
        })?)
    }

    fn unknown_exports(export_keys: Vec<String>) -> Result<Vec<String>, LedgerFailure> {
        Ok(Self::with_ledger(None, |ledger| {
            ledger.unknown_exports(&export_keys).map(|keys| keys.into_iter().map(ToOwned::to_owned).collect())
        })?)
    }
}

fn clock(found: camera_clocks::CameraClock) -> CameraClock {
    CameraClock {
        booth: found.booth,
        time_zone: found.time_zone,
        camera: found.camera,
        passages: found.passages,
        usual_lag_ms: found.usual_lag_ms,
    }
}

fn refusal(found: refusals::Refusals) -> Refusals {
    Refusals { booth: found.booth, reason: found.reason, uploads: found.uploads }
}

fn photo(found: inspection::PhotoEntry) -> PhotoEntry {
    PhotoEntry {
        passage: found.passage,
        photo_key: found.photo_key,
        photo_sha256: found.photo_sha256,
        photo_bytes: found.photo_bytes,
    }
}

fn contradiction(found: inspection::Contradiction) -> Contradiction {
    Contradiction { passage: found.passage, detail: found.detail }
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
        awaiting_correction: found.awaiting_correction,
        awaiting_withdrawal: found.awaiting_withdrawal,
        withdrawn: found.withdrawn,
        in_question: found.in_question,
        bill_lines: found.bill_lines,
        acknowledged: found.acknowledged,
        owner_not_found: found.owner_not_found,
        refused_by_billing: found.refused_by_billing,
    }
}
