//! Every statement on PostgreSQL, where it is installed.

use std::sync::Barrier;

use tollbooth_ledger::Ledger;
use tollbooth_ledger::LedgerError;
use tollbooth_ledger::intake::Recorded;
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_pipeline::state::State;
use tollbooth_postgres_server::{Commits, SUPERUSER, Server, programs_or_skip};

use crate::booth::*;
use crate::queries::call_everything;

fn server(what: &str) -> Option<Server> {
    Some(Server::start(&programs_or_skip(what)?, Commits::Unsynced).unwrap())
}

fn connect(server: &Server) -> PostgresDb {
    PostgresDb::open(&server.url(SUPERUSER, "postgres")).unwrap()
}

#[test]
fn every_call_of_the_ledger_is_carried_out_by_postgresql() {
    let Some(server) = server("every call on PostgreSQL") else { return };
    let ledger = Ledger::migrate(connect(&server), Some(NOW)).unwrap();
    call_everything(&ledger);
    for row in ledger.balance(None, None).unwrap() {
        let violations = tollbooth_pipeline::balance::violations(&row.from_events, &row.from_state);
        assert!(violations.is_empty(), "{violations:?}\n{row:#?}");
    }
}

#[test]
fn a_component_never_makes_the_schema_and_says_who_does() {
    let Some(server) = server("an empty PostgreSQL database") else { return };
    let refused = Ledger::open(connect(&server), Some(NOW)).unwrap_err();
    assert!(matches!(&refused, LedgerError::Damaged(text) if text.contains("tollbooth migrate")), "{refused}");
    Ledger::migrate(connect(&server), Some(NOW)).unwrap();
    Ledger::migrate(connect(&server), Some(NOW)).unwrap();
    Ledger::open(connect(&server), None).unwrap();
}

#[test]
fn the_same_frame_from_many_cameras_at_once_is_one_original_and_duplicates() {
    let Some(server) = server("a frame raced on PostgreSQL") else { return };
    let ledger = Ledger::migrate(connect(&server), Some(NOW)).unwrap();
    ledger.put_booth(NOW, &operator(), &booth(BOOTH)).unwrap();
    for round in 0..10 {
        let start = Barrier::new(8);
        let states: Vec<State> = std::thread::scope(|scope| {
            let sent = |n: usize| {
                let (start, server) = (&start, &server);
                move || {
                    let ledger = Ledger::open(connect(server), None).unwrap();
                    let frame = passage_with(&format!("{round}-{n}"), &format!("photo {round}"), NOW);
                    start.wait();
                    match ledger.record_passage(NOW, &frame).unwrap() {
                        Recorded::New(receipt) => receipt.state,
                        other => panic!("not new: {other:?}"),
                    }
                }
            };
            let threads: Vec<_> = (0..8).map(|n| scope.spawn(sent(n))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(states.iter().filter(|state| **state == State::Waiting).count(), 1, "{states:?}");
        assert_eq!(states.iter().filter(|state| **state == State::Duplicate).count(), 7, "{states:?}");
    }
}
