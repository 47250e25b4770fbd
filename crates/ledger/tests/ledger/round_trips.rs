//! How often a photo goes to the database server and back: the time of its way is most of what intake costs there.

use std::cell::RefCell;

use tollbooth_ledger::Ledger;
use tollbooth_ledger::db::{Db, DbError, Row, Value};
use tollbooth_ledger::dialect::Dialect;
use tollbooth_ledger::intake::Recorded;
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_pipeline::state::State;
use tollbooth_postgres_server::{Commits, SUPERUSER, Server, programs_or_skip};

use crate::booth::*;

/// Writes down every statement, in order.
struct Listening {
    inner: PostgresDb,
    heard: RefCell<Vec<String>>,
}

impl Db for Listening {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DbError> {
        self.heard.borrow_mut().push(sql.to_owned());
        self.inner.execute(sql, parameters)
    }
}

#[test]
fn a_photo_is_admitted_in_one_statement_and_recorded_in_one_and_a_connection_begins_with_a_rollback() {
    let Some(programs) = programs_or_skip("the statements of a photo") else { return };
    let server = Server::start(&programs, Commits::Unsynced).unwrap();
    let connect = || PostgresDb::open(&server.url(SUPERUSER, "postgres")).unwrap();
    Ledger::migrate(connect(), Some(NOW)).unwrap().put_booth(NOW, &operator(), &booth(BOOTH)).unwrap();

    let ledger = Ledger::open(Listening { inner: connect(), heard: RefCell::default() }, None).unwrap();
    let heard = || ledger.db().heard.take();
    let opened = heard();
    // Whatever a dead guest left open on it is undone before anything is looked at.
    assert_eq!(opened.first().map(String::as_str), Some("ROLLBACK"), "{opened:#?}");
    assert_eq!(opened.len(), 2, "{opened:#?}");

    // A new photo, the same frame under another key, and the same picture at another time.
    for (key, captured_at, state) in
        [("1", NOW, State::Waiting), ("2", NOW, State::Duplicate), ("3", NOW - SECOND, State::InReview)]
    {
        assert!(ledger.admit(BOOTH, key).unwrap().booth_known);
        assert_eq!(heard().len(), 1, "admitting {key}");
        let recorded = ledger.record_passage(NOW, &passage_with(key, "one picture", captured_at)).unwrap();
        assert!(matches!(&recorded, Recorded::New(receipt) if receipt.state == state), "{recorded:?}");
        let statements = heard();
        // Its lock is taken within: nobody else waits for a way to the server and back.
        assert!(
            matches!(statements.as_slice(), [only] if only.starts_with("SELECT * FROM record_passage_")),
            "recording {key}: {statements:#?}"
        );
    }
}
