//! A camera that is stuck sends one picture for days. PostgreSQL's figures say then that pictures repeat, and its plans follow
//! them: whether a new one was seen before must not be looked for in all that the booth ever sent.

use tollbooth_ledger::Ledger;
use tollbooth_ledger::db::{Db, Row, Value};
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_pipeline::ident::sha256_hex;
use tollbooth_pipeline::state::State;
use tollbooth_postgres_server::{Commits, SUPERUSER, Server, programs_or_skip};

use crate::booth::*;

/// How often the picture came.
const COPIES: u32 = 5_000;

/// Passages that this transaction read so far, and what the connection did before that the server has not counted yet.
fn read(db: &PostgresDb) -> i64 {
    let sql = "SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables
        WHERE relname = 'passage'";
    let rows = db.execute(sql, &[]).unwrap();
    match rows.as_slice() {
        [Row(columns)] => match columns.as_slice() {
            [Value::Integer(count)] => *count,
            other => panic!("{other:?} is no count"),
        },
        other => panic!("{other:?} is no count"),
    }
}

#[test]
fn a_new_picture_is_looked_for_in_a_few_rows_however_often_a_stuck_camera_sent_another() {
    let Some(programs) = programs_or_skip("recording beside a stuck camera") else { return };
    let server = Server::start(&programs, Commits::Unsynced).unwrap();
    let db = PostgresDb::open(&server.url(SUPERUSER, "postgres")).unwrap();
    let ledger = Ledger::migrate(db, Some(NOW)).unwrap();
    ledger.put_booth(NOW, &operator(), &booth(BOOTH)).unwrap();
    let digest = passage_with("any", "stuck", NOW).picture_digest;
    let sql = format!(
        "INSERT INTO passage (id, version, booth_id, passage_key, lane, camera, captured_at, captured_at_ms, received_at_ms,
            received_hour, sent_by, photo_key, photo_sha256, picture_digest, photo_bytes, photo_format, width_pixels,
            height_pixels, state, reason, review_opened_at_ms)
         SELECT 'psg_' || n, 1, '{BOOTH}', 'stuck-' || n, '1', 'front', '2026-11-20T10:00:00Z', {NOW} + n, {NOW},
            '2026-11-20T10', 'tok_camera', 'photos/' || n, '{}', '{digest}', 100000, 'jpeg', 1920, 1080, 'in-review',
            'repeated-frame', {NOW} FROM generate_series(1, {COPIES}) AS n",
        sha256_hex(b"stuck")
    );
    ledger.db().execute(&sql, &[]).unwrap();
    ledger.db().execute("ANALYZE passage", &[]).unwrap();
    let new = |n: u32| {
        let recorded = ledger.record_passage(NOW, &passage_with(&format!("new-{n}"), &format!("picture {n}"), NOW));
        assert_eq!(state(&recorded.unwrap()), State::Waiting);
    };
    // From the sixth on the server plans for any picture.
    (0..10).for_each(new);
    ledger.db().execute("BEGIN", &[]).unwrap();
    let before = read(ledger.db());
    new(10);
    let after = read(ledger.db());
    ledger.db().execute("COMMIT", &[]).unwrap();
    assert!(after - before < 50, "{} passages were read to record one", after - before);

    // The picture that everybody knows is known, by what it is and by its file.
    let again = ledger.record_passage(NOW, &passage_with("again", "stuck", NOW - SECOND)).unwrap();
    assert_eq!(state(&again), State::InReview);
    let same = ledger.record_passage(NOW, &passage_with("same", "stuck", NOW + 7)).unwrap();
    assert_eq!(state(&same), State::Duplicate);
}

fn state(recorded: &tollbooth_ledger::intake::Recorded) -> State {
    match recorded {
        tollbooth_ledger::intake::Recorded::New(receipt) => receipt.state,
        other => panic!("{other:?} is not new"),
    }
}
