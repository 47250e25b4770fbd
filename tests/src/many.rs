//! Many accepted passages at once, as a million photos would leave them in the ledger's file: for what depends on their
//! number and on nothing else. Their photos are not there.

use std::time::Duration;

use rusqlite::Connection;

use crate::Host;

const ACCEPTED: &str =
    "INSERT INTO passage (id, version, booth_id, passage_key, lane, camera, captured_at, captured_at_ms,
        received_at_ms, received_hour, sent_by, photo_key, photo_sha256, photo_bytes, photo_format, width_pixels,
        height_pixels, state, plate, jurisdiction, jurisdiction_source, decided_by, decided_at_ms, confidence)
    WITH RECURSIVE n (i) AS (SELECT ?1 + 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 + ?2)
    SELECT printf('psg_%026d', i), 1, 'north', printf('bench-%d', i), '1', 'front', '2026-11-20T10:15:30-06:00',
        1795191330000 + i, 1795191330000, '2026-11-20T16', 'tok_bench', printf('photos/north/bench/%d', i),
        printf('%064d', i), 100000, 'jpeg', 1920, 1080, 'accepted', printf('B%07d', i), 'us-tx', 'read', 'judge',
        1795191330000, 0.99 FROM n";

/// Writes so many accepted passages of booth `north`, which must be registered, behind those that were written before.
///
/// # Panics
/// When the ledger's file cannot be written.
#[expect(clippy::expect_used, reason = "a ledger that cannot be written fails the test")]
pub fn accept_many(host: &Host, before: u64, count: u64) {
    let ledger = Connection::open(host.state_dir().join("sqlite_db.db")).expect("the ledger's file");
    ledger.busy_timeout(Duration::from_secs(30)).expect("a timeout");
    let number = |count: u64| i64::try_from(count).expect("few enough");
    ledger.execute(ACCEPTED, [number(before), number(count)]).expect("passages");
}
