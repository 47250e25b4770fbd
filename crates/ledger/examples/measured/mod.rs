//! What measurements of the ledger have in common: when it is, who sends, and what is sent.

use tollbooth_ledger::admin::Booth;
use tollbooth_ledger::db::Db;
use tollbooth_ledger::intake::NewPassage;
use tollbooth_ledger::{Actor, Failure, Ledger, LedgerError};
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::ident::{passage_id, photo_key, sha256_hex};

/// 2026-11-20T10:00:00Z
pub const NOW: i64 = 1_795_168_800_000;

/// Makes a booth that sends.
pub fn put_booth<D: Db>(ledger: &Ledger<D>, id: &str) -> Result<(), String> {
    let booth = Booth {
        id: id.to_owned(),
        name: "Measured".to_owned(),
        jurisdiction: "us-tx".to_owned(),
        lanes: vec![],
        time_zone: "America/Chicago".to_owned(),
        updated_at: 0,
    };
    ledger.put_booth(NOW, &Actor::system("measure"), &booth).map_err(|e| format!("{e:?}"))?;
    Ok(())
}

/// A passage that nobody has sent before, as intake would have it recorded.
pub fn passage(booth: &str, number: u64) -> NewPassage {
    let key = format!("key-{number}");
    let photo_sha256 = sha256_hex(key.as_bytes());
    NewPassage {
        passage: passage_id(booth, &key),
        booth: booth.to_owned(),
        photo_key: photo_key(booth, &key, &photo_sha256),
        picture_digest: NewPassage::digest_of_file(&photo_sha256).to_owned(),
        key,
        photo_sha256,
        photo_bytes: 100_000,
        photo_format: "jpeg".to_owned(),
        width: 1920,
        height: 1080,
        captured_at: rfc3339(NOW - 1_000),
        captured_at_instant: NOW - 1_000,
        lane: "1".to_owned(),
        camera: "front".to_owned(),
        damaged: false,
        sent_by: "tok_camera".to_owned(),
        traceparent: None,
        intake_ms: 12,
    }
}

/// Records a passage. A ledger that is busy for five seconds is asked again, as a camera would.
pub fn record<D: Db>(ledger: &Ledger<D>, passage: &NewPassage) -> Result<(), String> {
    loop {
        match ledger.record_passage(NOW, passage) {
            Ok(_) => return Ok(()),
            Err(Failure::Ledger(LedgerError::Unavailable { .. })) => {}
            Err(error) => return Err(format!("{error:?}")),
        }
    }
}
