//! How often a photo goes to the database server and back: the time of its way is most of what intake costs there. And what a
//! lease costs there, for which all who read wait, and what a claim looks through.

use std::cell::RefCell;

use tollbooth_ledger::Ledger;
use tollbooth_ledger::db::{Db, DbError, Row, Value};
use tollbooth_ledger::dialect::Dialect;
use tollbooth_ledger::intake::Recorded;
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_ledger::reading::MAX_BACKLOG;
use tollbooth_ledger::review::Filter;
use tollbooth_pipeline::recognizer::Recognizer;
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

/// A ledger with a booth whose every statement is heard, on a server of its own.
fn listened(what: &str) -> Option<(Server, Ledger<Listening>)> {
    let server = Server::start(&programs_or_skip(what)?, Commits::Unsynced).unwrap();
    let connect = || PostgresDb::open(&server.url(SUPERUSER, "postgres")).unwrap();
    Ledger::migrate(connect(), Some(NOW)).unwrap().put_booth(NOW, &operator(), &booth(BOOTH)).unwrap();
    let ledger = Ledger::open(Listening { inner: connect(), heard: RefCell::default() }, None).unwrap();
    Some((server, ledger))
}

#[test]
fn a_photo_is_admitted_in_one_statement_and_recorded_in_one_and_a_connection_begins_with_a_rollback() {
    let Some((_server, ledger)) = listened("the statements of a photo") else { return };
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

/// How PostgreSQL would do it; only the instant and the slack of clocks may be left to be given.
fn plan(ledger: &Ledger<Listening>, sql: &str) -> String {
    let sql = sql.replace("?1", &NOW.to_string()).replace("?2", "0").replace("?4", "0");
    // The word is by what a statement is known that answers with rows.
    let plan = ledger.db().inner.execute(&format!("EXPLAIN /* RETURNING its plan */ {sql}"), &[]).unwrap();
    format!("{plan:?}")
}

/// Photos that were read before, and photos that wait behind them.
const READ: i64 = 400;
const WAITING: i64 = 2_000;

#[test]
fn the_oldest_photo_that_waits_is_found_without_those_that_were_read_and_nobody_counts_under_the_lock() {
    let Some((_server, ledger)) = listened("the statements of a lease") else { return };
    // One picture at other times waits for nobody: after the first, people look at it.
    for n in 0..READ + WAITING {
        let picture = if n < READ { "one picture".to_owned() } else { format!("picture {n}") };
        ledger.record_passage(NOW, &passage_with(&n.to_string(), &picture, NOW - n * SECOND)).unwrap();
    }
    let first = ledger.lease_work(NOW, "worker", 1, &[Recognizer::InProcess]).unwrap().leases;
    assert_eq!(first.len(), 1);
    // What the database knows of its tables, as it finds out by itself after a while.
    ledger.db().inner.execute("ANALYZE passage", &[]).unwrap();
    ledger.db().heard.take();

    let work = ledger.lease_work(NOW, "worker", 1, &[Recognizer::InProcess]).unwrap();
    assert_eq!((work.leases.len(), work.backlog), (1, MAX_BACKLOG - 1));
    let statements = ledger.db().heard.take();
    let looking: Vec<&String> = statements.iter().filter(|sql| sql.contains("INDEXED BY passage_waiting")).collect();
    assert_eq!(looking.len(), 2, "how many wait, and the oldest: {statements:#?}");
    for sql in looking {
        let plan = plan(&ledger, &sql.replace("+?3", "1"));
        assert!(plan.contains("Scan using passage_waiting"), "{plan}");
    }

    let begun = statements.iter().position(|sql| sql == "BEGIN").unwrap();
    let counts = |sql: &&String| sql.starts_with("SELECT count(*) FROM (");
    assert_eq!(statements.iter().filter(counts).count(), 1, "{statements:#?}");
    assert_eq!(statements.iter().skip(begun).filter(counts).count(), 0, "{statements:#?}");
    // Locks of leasing and of the recogniser, its standing, the photo, its move with an event, the attempt, what the booth and
    // the camera taught.
    let ended = statements.iter().position(|sql| sql == "COMMIT").unwrap();
    assert_eq!(ended - begun, 10, "others wait while these are on their way: {statements:#?}");
}

/// Reviews that were decided before, and reviews that are open behind them.
const DECIDED: i64 = 200;
const OPEN: i64 = 2_000;

#[test]
fn the_oldest_open_review_is_found_without_those_that_were_decided_and_what_one_holds_without_all_that_are_open() {
    let Some((_server, ledger)) = listened("the statements of a claim") else { return };
    // One picture at other times waits for nobody: after the first, people look at it.
    for n in 0..=DECIDED + OPEN {
        ledger.record_passage(NOW, &passage_with(&n.to_string(), "one picture", NOW - n * SECOND)).unwrap();
    }
    let ann = reviewer("tok_ann");
    let claim = || ledger.claim_next(NOW, &ann, None, &Filter::default()).unwrap().unwrap();
    for _ in 0..DECIDED {
        let oldest = claim();
        ledger.submit(NOW, &ann, &oldest.passage, oldest.version, &reject()).unwrap();
    }
    ledger.db().inner.execute("ANALYZE passage", &[]).unwrap();
    ledger.db().heard.take();

    assert_eq!(claim().sequence, DECIDED + 2, "the first is not in review");
    let statements = ledger.db().heard.take();
    for (index, times) in [("passage_open", 2), ("passage_claimed", 1)] {
        let named = format!("INDEXED BY {index}");
        let looking: Vec<&String> = statements.iter().filter(|sql| sql.contains(&named)).collect();
        assert_eq!(looking.len(), times, "{statements:#?}");
        for sql in looking {
            let plan = plan(&ledger, &sql.replace("+?3", "'tok_ann'"));
            assert!(plan.contains(&format!("Scan using {index}")), "{plan}");
        }
    }
}
