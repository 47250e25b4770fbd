//! A ledger that is moved: at every moment one of the two, or none, can be opened.

use tollbooth_ledger::db::Db as _;
use tollbooth_ledger::moving::{self, Standing};
use tollbooth_ledger::native::NativeDb;
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_ledger::{Failure, Ledger, LedgerError};
use tollbooth_pipeline::ident::passage_id;
use tollbooth_postgres_server::{Commits, SUPERUSER, Server, programs_or_skip};

use crate::booth::*;

#[test]
fn a_file_whose_ledger_was_moved_is_refused_with_where_it_went_and_is_otherwise_as_it_was() {
    let world = file_world();
    world.record(&passage("1"));
    assert_eq!(moving::standing(world.ledger.db()), Ok(Standing::Open));
    let identity = moving::identity(world.ledger.db()).unwrap();
    assert_ne!(identity, moving::identity(file_world().ledger.db()).unwrap(), "another ledger is another");
    moving::seal(world.ledger.db()).unwrap();
    let refused = Ledger::open(NativeDb::open(&world.path).unwrap(), Some(NOW)).unwrap_err();
    // An outage to whoever asks: cameras come back, and find the new place.
    assert!(matches!(refused, LedgerError::Unavailable { .. }), "{refused:?}");
    assert!(refused.to_string().contains("was moved to PostgreSQL"), "{refused}");
    // Nor does it take a photo from who opened it before and had to wait for the lock.
    let late = world.ledger.record_passage(NOW, &passage("2")).unwrap_err();
    assert!(matches!(late, Failure::Ledger(LedgerError::Unavailable { .. })), "{late:?}");
    // Nor anything else, of the history or beside it.
    let counted = world.ledger.count_refusal(NOW, BOOTH, "image-size").unwrap_err();
    assert!(matches!(counted, LedgerError::Unavailable { .. }), "{counted:?}");
    let late = [
        world.ledger.count_stranger(NOW, BOOTH, "unauthorized"),
        world.ledger.note_look(NOW, "tok_camera", &passage_id(BOOTH, "1")),
    ];
    assert!(late.iter().all(Result::is_err), "{late:?}");
    for change in ["UPDATE booth SET name = 'other'", "DELETE FROM booth", "DELETE FROM passage"] {
        assert!(world.sql(change).is_err(), "{change}");
    }
    let kept = NativeDb::open(&world.path).unwrap();
    assert_eq!(moving::standing(&kept), Ok(Standing::Sealed));
    assert_eq!(moving::identity(&kept), Ok(identity));
    assert_eq!(kept.execute("SELECT count(*) FROM passage", &[]).unwrap().len(), 1);
}

#[test]
fn a_file_of_another_release_is_not_moved() {
    let (_folder, path) = file_folder();
    let empty = NativeDb::open(&path).unwrap();
    assert!(matches!(moving::standing(&empty), Err(LedgerError::Damaged(text)) if text.contains("holds no ledger")));
    empty.execute("PRAGMA user_version = 1", &[]).unwrap();
    assert!(matches!(moving::standing(&empty), Err(LedgerError::Damaged(text)) if text.contains("schema version 1")));
}

#[test]
fn a_database_that_a_ledger_is_being_moved_into_is_opened_by_nobody() {
    let Some(programs) = programs_or_skip("a move into PostgreSQL") else { return };
    let server = Server::start(&programs, Commits::Unsynced).unwrap();
    let connect = || PostgresDb::open(&server.url(SUPERUSER, "postgres")).unwrap();
    let target = connect();
    moving::make_schema(&target, NOW).unwrap();
    assert_eq!(moving::guest_of(&target), Ok(None));
    moving::begin(&target, "who", NOW).unwrap();
    assert_eq!(moving::guest_of(&target), Ok(Some("who".to_owned())));
    moving::make_schema(&target, NOW).unwrap();
    for opened in [Ledger::open(connect(), None), Ledger::migrate(connect(), Some(NOW))] {
        let refused = opened.unwrap_err();
        assert!(matches!(refused, LedgerError::Unavailable { .. }), "{refused:?}");
        assert!(refused.to_string().contains("is being moved into this database"), "{refused}");
    }
    target.script(&format!("{}; DROP TABLE {}", moving::NOTE_PENDING, moving::MARKER)).unwrap();
    Ledger::open(connect(), None).unwrap();
}
