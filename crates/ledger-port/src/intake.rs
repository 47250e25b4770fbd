//! `tollbooth:ledger/intake`

use tollbooth_ledger::Failure;
use tollbooth_ledger::intake as domain;

use crate::bindings::exports::tollbooth::ledger::intake::{
    Admission, Guest, IntakeFailure, LedgerFailure, NewPassage, Receipt, Recorded,
};
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn admit(booth: String, key: String) -> Result<Admission, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.admit(&booth, &key))?;
        Ok(Admission {
            booth_known: found.booth_known,
            lanes: found.lanes,
            existing: found.existing.map(receipt),
            settings: found.settings,
        })
    }

    fn record_passage(now: i64, passage: NewPassage) -> Result<Recorded, IntakeFailure> {
        let passage = new_passage(passage);
        match Self::with_ledger(Some(now), |ledger| ledger.record_passage(now, &passage)) {
            Ok(domain::Recorded::New(found)) => Ok(Recorded::New(receipt(found))),
            Ok(domain::Recorded::Same(found)) => Ok(Recorded::Same(receipt(found))),
            Ok(domain::Recorded::Conflict(found)) => Ok(Recorded::Conflict(receipt(found))),
            Err(Failure::Refused(domain::Refusal::UnknownBooth)) => Err(IntakeFailure::UnknownBooth),
            Err(Failure::Refused(domain::Refusal::Revoked)) => Err(IntakeFailure::Revoked),
            Err(Failure::Ledger(error)) => Err(IntakeFailure::Ledger(error.into())),
        }
    }

    fn claim_wake_up(now: i64, quiet_ms: u32) -> Result<bool, LedgerFailure> {
        Ok(Self::with_ledger(Some(now), |ledger| ledger.claim_wake_up(now, quiet_ms))?)
    }

    fn count_refusal(now: i64, booth: String, reason: String) -> Result<(), LedgerFailure> {
        Ok(Self::with_ledger(Some(now), |ledger| ledger.count_refusal(now, &booth, &reason))?)
    }

    fn count_stranger(now: i64, booth: String, reason: String) -> Result<(), LedgerFailure> {
        Ok(Self::with_ledger(Some(now), |ledger| ledger.count_stranger(now, &booth, &reason))?)
    }

    fn note_storage_full(now: i64) -> Result<(), LedgerFailure> {
        Ok(Self::with_ledger(Some(now), |ledger| ledger.note_storage_full(now))?)
    }
}

fn receipt(found: domain::Receipt) -> Receipt {
    Receipt {
        passage: found.passage,
        state: found.state.to_string(),
        reason: found.reason,
        photo_sha256: found.photo_sha256,
        captured_at: found.captured_at,
        lane: found.lane,
        camera: found.camera,
    }
}

fn new_passage(passage: NewPassage) -> domain::NewPassage {
    domain::NewPassage {
        passage: passage.passage,
        booth: passage.booth,
        key: passage.key,
        photo_key: passage.photo_key,
        photo_sha256: passage.photo_sha256,
        picture_digest: passage.picture_digest,
        photo_bytes: passage.photo_bytes,
        photo_format: passage.photo_format,
        width: passage.width,
        height: passage.height,
        captured_at: passage.captured_at,
        captured_at_instant: passage.captured_at_instant,
        lane: passage.lane,
        camera: passage.camera,
        damaged: passage.damaged,
        sent_by: passage.sent_by,
        traceparent: passage.traceparent,
        intake_ms: passage.intake_ms,
    }
}
