//! No statement may read a whole table that grows for ever: at a million passages it would be noticed too late.
//! And none may be compiled more often than it must: a component's connection serves one request, and compiling costs
//! more than running.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use rusqlite::StatementStatus;

use tollbooth_ledger::db::{Db, DbError, Row, Value};
use tollbooth_ledger::dialect::Dialect;
use tollbooth_ledger::export::{Artefact, Begun, Cause, Export};
use tollbooth_ledger::failed_readings;
use tollbooth_ledger::native::NativeDb;
use tollbooth_ledger::reading::{Decision, Description, NextStep, Seen, ShadowResult};
use tollbooth_ledger::review::Filter;
use tollbooth_ledger::session::Secret;
use tollbooth_ledger::{Actor, Ledger};
use tollbooth_pipeline::export::{Manifest, PublishedLine};
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_pipeline::session::Purpose;
use tollbooth_pipeline::state::State;
use tollbooth_pipeline::token::{FIRST_OPERATOR, NewToken};

use crate::booth::*;

/// Writes down every statement.
struct Listening {
    inner: NativeDb,
    heard: RefCell<BTreeSet<String>>,
}

impl Db for &Listening {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DbError> {
        self.heard.borrow_mut().insert(sql.to_owned());
        self.inner.execute(sql, parameters)
    }
}

/// Counts how often SQLite compiled a statement again, by itself, after it had been prepared.
struct Compiling {
    inner: rusqlite::Connection,
    again: RefCell<BTreeMap<String, i32>>,
}

impl Db for &Compiling {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DbError> {
        let failed = |e: rusqlite::Error| DbError::new(e.to_string());
        let mut statement = self.inner.prepare_cached(sql).map_err(failed)?;
        let width = statement.column_count();
        let rows = statement
            .query_map(rusqlite::params_from_iter(parameters), |row| {
                (0..width).map(|at| row.get_ref(at)?.try_into()).collect::<rusqlite::Result<_>>().map(Row)
            })
            .and_then(Iterator::collect)
            .map_err(failed)?;
        let again = statement.reset_status(StatementStatus::RePrepare);
        *self.again.borrow_mut().entry(sql.to_owned()).or_default() += again;
        Ok(rows)
    }
}

/// Calls everything once, so that every statement is heard.
pub fn call_everything<D: Db>(ledger: &Ledger<D>) {
    ledger.put_booth(NOW, &operator(), &booth(BOOTH)).unwrap();
    ledger.create_token(NOW, &operator(), &camera_token("tok_1"), &[1; 32]).unwrap();
    ledger.ensure_first_operator(NOW, &[1; 32]).unwrap();
    ledger.ensure_first_operator(NOW, &[2; 32]).unwrap();
    ledger.revoke_token(NOW, &operator(), "tok_1").unwrap();
    ledger.put_settings(NOW, &operator(), &[("export.max_rows".into(), Some("5".into()))]).unwrap();
    ledger.put_settings(NOW, &operator(), &[("export.max_rows".into(), None)]).unwrap();
    assert!(ledger.authorize("nobody").is_err());
    ledger.admit(BOOTH, "1").unwrap();
    ledger.claim_wake_up(NOW, 500).unwrap();
    for key in ["1", "1", "2", "3", "4"] {
        ledger.record_passage(NOW, &passage(key)).unwrap();
    }
    let leases = ledger.lease_work(NOW, "a", 2, OURS).unwrap().leases;
    ledger.settle(NOW, &leases[0].attempt_token, reading(), acceptance("ABC1234")).unwrap();
    ledger.give_back(NOW, &leases[1].attempt_token).unwrap();
    let leases = ledger.lease_work(NOW, "a", 2, OURS).unwrap().leases;
    let review = NextStep::Review(referral(ReviewReason::BudgetSpent, None));
    ledger.settle_failed(NOW, &leases[0].attempt_token, &failed("quota-exhausted"), review).unwrap();
    assert_eq!(ledger.workers_died(NOW, "b", &["nobody".to_owned()]), Ok(0));
    ledger.lease_work(NOW + HOUR, "a", 2, OURS).unwrap();
    let all = Filter { booth: Some(BOOTH.into()), reason: Some("budget-spent".into()), unclaimed: true };
    for filter in [Filter::default(), all, Filter { unclaimed: true, ..Filter::default() }] {
        ledger.list_open(NOW, &reviewer("tok_a"), &filter, Some(0), 10).unwrap();
    }
    let who = reviewer("tok_a");
    let item = ledger.claim_next(NOW, &who, None, &Filter::default()).unwrap().unwrap();
    ledger.release(NOW, &who, &item.passage, item.version).unwrap();
    ledger.claim_for(NOW, &who, Some(&item.passage), &Filter::default(), Some(60)).unwrap();
    let (_, version) = ledger.submit(NOW, &who, &item.passage, item.version, &plate("XYZ9876")).unwrap();
    let undone = ledger.undo(NOW, &who, &item.passage, version).unwrap();
    let (_, version) = ledger.submit(NOW, &who, &item.passage, undone.version, &plate("XYZ9877")).unwrap();
    let version = ledger.reopen(NOW, &who, &item.passage, version, "doubt").unwrap();
    ledger.claim_next(NOW, &who, Some(&item.passage), &Filter::default()).unwrap();
    ledger.reprocess(NOW, &who, &item.passage, version).unwrap();
    ledger.passage(&item.passage).unwrap();
    ledger.history(&item.passage, 0, 10).unwrap();
    ledger.attempts_of(&item.passage).unwrap();
    for (booth, state) in
        [(None, None), (Some(BOOTH), None), (None, Some(State::Accepted)), (Some(BOOTH), Some(State::Accepted))]
    {
        ledger.search(booth, state, Some(100), 10).unwrap();
    }
    let Begun::Proceed(bound) = ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap() else { panic!() };
    let rows = ledger.export_rows(bound.sequence, 0, 10).unwrap();
    assert_eq!(rows.len(), 1);
    ledger.publish_export(NOW, &exporter(), bound.sequence, &artefact(ledger, &bound)).unwrap();
    assert_eq!(ledger.published_exports(0, 10).unwrap().len(), 1);
    assert_eq!(ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap(), Begun::NothingToExport);
    let known = ledger.export(1).unwrap().unwrap();
    let said = |export: &Export| artefact(ledger, export);
    let mut adopted: Manifest = serde_json::from_str(&said(&known).manifest).unwrap();
    adopted.previous_manifest_sha256 = known.manifest_sha256.clone().unwrap();
    (adopted.sequence, adopted.file_name) = (2, "2.csv".to_owned());
    let manifest = adopted.to_json().unwrap();
    let manifest_sha256 = Manifest::sha256_of(&manifest);
    let taken = Artefact { manifest, manifest_sha256, ..said(&known) };
    let line = PublishedLine { photo_name: "psg_1.jpg".into(), plate: "ABC1234".into(), time: String::new() };
    for new in [true, false] {
        assert_eq!(ledger.adopt_export(NOW, &operator(), &taken, std::slice::from_ref(&line)).unwrap().new, new);
    }
    ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap();
    assert_eq!(ledger.open_adopted_lines().unwrap(), 1);
    assert_eq!(ledger.latest_export().unwrap(), 2);
    ledger.unknown_exports(&["exports/1/manifest.json".to_owned()]).unwrap();
    ledger.note_older_ledger(NOW, 9).unwrap();
    let notice = ledger.due_notices(NOW, 10).unwrap().remove(0);
    for (failure, next) in [(Some("mailbox full"), Some(NOW + MINUTE)), (None, None)] {
        ledger.notice_outcome(NOW, &notice.id, failure, next).unwrap();
    }
    call_services(ledger);
    call_sessions(ledger);
    call_blind(ledger);
    ledger.balance(None, None).unwrap();
    ledger.balance(Some("2026"), Some("2027")).unwrap();
    ledger.look(NOW).unwrap();
    ledger.camera_clocks().unwrap();
    ledger.count_refusal(NOW, BOOTH, "image-size").unwrap();
    ledger.refusals(Some("2026"), Some("2027")).unwrap();
    let inspected = ledger.inspect(0, 10).unwrap();
    ledger.unreferenced(&inspected.photos.into_iter().map(|p| p.photo_key).collect::<Vec<_>>()).unwrap();
    let text = |text: &str| Some(text.to_owned());
    let one = failed_readings::Filter {
        reason: text("budget-spent"),
        class: text("quota-exhausted"),
        booth: text(BOOTH),
        passage: text("psg_1"),
    };
    for filter in [failed_readings::Filter::default(), one] {
        ledger.failed_readings(&filter, Some(0), 10).unwrap();
        ledger.reprocess_failed(NOW, &operator(), &filter, 10).unwrap();
    }
}

/// A sample that is disputed and settled, an answer taken back, a second reading, and every look at them.
fn call_blind<D: Db>(ledger: &Ledger<D>) {
    let set = |name: &str, value: &str| {
        ledger.put_settings(NOW, &operator(), &[(name.to_owned(), Some(value.to_owned()))]).unwrap();
    };
    for (name, value) in [
        ("reading.concurrency", "100"),
        ("judge.quality_sample_percent", "100"),
        ("review.second_reading_percent", "100"),
        ("review.min_agreement_percent", "50"),
    ] {
        set(name, value);
    }
    let (ann, sue) = (reviewer("tok_ann"), actor("supervisor".parse().unwrap(), "tok_sue"));
    for key in ["blind-1", "blind-2", "blind-3"] {
        ledger.record_passage(NOW, &passage(key)).unwrap();
    }
    let mut drawn = Vec::new();
    for lease in ledger.lease_work(NOW, "a", 100, OURS).unwrap().leases {
        let plate = format!("BLD{:04}", 100 * drawn.len());
        ledger.settle(NOW, &lease.attempt_token, reading_of(&plate, 0.99), acceptance(&plate)).unwrap();
        drawn.push(lease.passage);
    }
    let claim = |who: &Actor, id: &str| ledger.claim_next(NOW, who, Some(id), &Filter::default()).unwrap().unwrap();
    let id = &drawn[0];
    let (_, version) = ledger.submit(NOW, &ann, id, claim(&ann, id).version, &plate("XYZ0000")).unwrap();
    let undone = ledger.undo(NOW, &ann, id, version).unwrap();
    ledger.submit(NOW, &ann, id, undone.version, &plate("XYZ0000")).unwrap();
    for who in [&ann, &sue] {
        ledger.list_open(NOW, who, &Filter { reason: Some("disputed".into()), ..Filter::default() }, None, 10).unwrap();
        ledger.passage_for(who, id).unwrap();
        ledger.attempts_for(who, id).unwrap();
        ledger.related_for(who, id).unwrap();
        ledger.history_for(who, id, 0, 10).unwrap();
        ledger.answers(who, id).unwrap();
        for (booth, state) in [(None, None), (Some(BOOTH), Some(State::InReview)), (Some(BOOTH), Some(State::Accepted))]
        {
            ledger.search_for(who, booth, state, Some(1_000), 10).unwrap();
        }
    }
    let (_, version) = ledger.submit(NOW, &sue, id, claim(&sue, id).version, &plate("XYZ0000")).unwrap();
    ledger.reopen(NOW, &sue, id, version, "doubt").unwrap();
    ledger.reprocess(NOW, &ann, &drawn[1], claim(&ann, &drawn[1]).version).unwrap();
    set("review.second_reading_percent", "0");
    for lease in ledger.lease_work(NOW, "a", 100, OURS).unwrap().leases {
        let doubt = referral(ReviewReason::LowConfidence, Some("ABC1234"));
        ledger.settle(NOW, &lease.attempt_token, reading_of("ABC1234", 0.7), Decision::Review(doubt)).unwrap();
        let version = claim(&ann, &lease.passage).version;
        ledger.submit(NOW, &ann, &lease.passage, version, &plate(&format!("QQQ{version}"))).unwrap();
    }
    set("judge.quality_sample_percent", "0");
    set("review.min_agreement_percent", "0");
    ledger.record_passage(NOW, &passage("seeded")).unwrap();
    for lease in ledger.lease_work(NOW, "a", 100, OURS).unwrap().leases {
        let doubt = referral(ReviewReason::LowConfidence, Some("SED1234"));
        ledger.settle(NOW, &lease.attempt_token, reading_of("SED1234", 0.7), Decision::Review(doubt)).unwrap();
        ledger.seed(NOW, &sue, &lease.passage, claim(&sue, &lease.passage).version, &plate("SED1234")).unwrap();
    }
    assert!(!ledger.quality_sample(0, NOW + HOUR, 1).unwrap().passages.is_empty());
    assert!(!ledger.quality_people(0, NOW + HOUR).unwrap().is_empty());
    let change = ("judge.min_confidence".to_owned(), Some("0.97".to_owned()));
    ledger.apply_threshold(NOW, &operator(), &change, "{}").unwrap();
}

fn stored(made: &NewToken) -> Secret<'_> {
    Secret { id: &made.id, digest: &made.digest }
}

/// A link, the session it opens, its use and its end.
fn call_sessions<D: Db>(ledger: &Ledger<D>) {
    let link = Purpose::Link.secret(&[1; 16], &[1; 32]);
    let session = Purpose::Session.secret(&[2; 16], &[2; 32]);
    ledger.create_link(NOW, FIRST_OPERATOR, FIRST_OPERATOR, stored(&link)).unwrap();
    ledger.open_session(NOW, &link.text, stored(&session)).unwrap();
    let used = ledger.session(NOW + 2 * MINUTE, &session.text).unwrap();
    let who = Actor { id: FIRST_OPERATOR.into(), ..operator() };
    assert_eq!(ledger.end_sessions(NOW, &who, Some(&used.id)).unwrap(), 1);
    assert_eq!(ledger.end_sessions(NOW, &who, None).unwrap(), 0);
}

/// A service as the second, then as a shadow.
fn call_services<D: Db>(ledger: &Ledger<D>) {
    let (ours, service) = (OURS, &[Recognizer::PlateRecognizer][..]);
    let set = |policy: &str| {
        let policy = ("reading.policy".into(), Some(format!("\"{policy}\"")));
        let share = ("reading.shadow_percent".into(), Some("100".into()));
        ledger.put_settings(NOW, &operator(), &[policy, share]).unwrap();
    };
    let described = Description { component: "c".into(), model: "m".into(), price_micros: 7 };
    ledger.describe_recognizer(NOW, Recognizer::PlateRecognizer, Some(&described)).unwrap();
    for (number, policy) in ["second-opinion", "fallback"].into_iter().enumerate() {
        set(policy);
        ledger.record_passage(NOW, &passage(&format!("{policy}-1"))).unwrap();
        for lease in ledger.lease_work(NOW, "a", 100, ours).unwrap().leases {
            let doubt = Decision::AskSecond(ReviewReason::LowConfidence);
            ledger.settle(NOW, &lease.attempt_token, reading(), doubt).unwrap();
        }
        let now = NOW + HOUR * i64::try_from(number + 1).unwrap();
        ledger.describe_recognizer(now, Recognizer::PlateRecognizer, Some(&described)).unwrap();
        let lease = ledger.lease_work(now, "s", 1, service).unwrap().leases.remove(0);
        ledger.settle_failed(now, &lease.attempt_token, &failed("unauthorized"), NextStep::Wait).unwrap();
        ledger.related_to(&lease.passage).unwrap();
        ledger.waiting_for(now, &lease.passage).unwrap();
    }
    set("shadow");
    for lease in ledger.lease_work(NOW, "a", 100, ours).unwrap().leases {
        let seen = Seen { reading: reading_of("SHA123", 0.99), print: Some((0..=255).collect()) };
        ledger.settle(NOW, &lease.attempt_token, seen, acceptance("SHA123")).unwrap();
    }
    let later = NOW + 24 * HOUR;
    let shadow = ledger.lease_shadow(later, "s", service).unwrap().lease.unwrap();
    ledger.settle_shadow(later, &shadow.token, ShadowResult::Read(reading())).unwrap();
    ledger.recognizers(later, NOW - HOUR).unwrap();
}

#[test]
fn no_statement_reads_a_whole_growing_table() {
    let (_folder, path) = folder();
    let listening = Listening { inner: NativeDb::open(&path).unwrap(), heard: RefCell::default() };
    let ledger = Ledger::open(&listening, Some(NOW)).unwrap();
    listening.heard.borrow_mut().clear();
    call_everything(&ledger);

    let heard = listening.heard.borrow();
    let mut explained = 0;
    for sql in heard.iter().filter(|sql| !sql.starts_with("BEGIN") && !sql.starts_with("COMMIT")) {
        let explain = format!("EXPLAIN QUERY PLAN {sql}");
        let plan = listening.inner.execute(&explain, &vec![Value::Null; parameters(sql)]).unwrap();
        for Row(columns) in plan {
            let Some(Value::Text(step)) = columns.into_iter().next_back() else { panic!("no plan") };
            let growing = [
                "passage",
                "p",
                "shadow_task",
                "s",
                "mine",
                "other",
                "subject",
                "theirs",
                "event",
                "e",
                "bill_line",
                "l",
                "reading_attempt",
                "a",
                "verdict",
                "blind_review",
                "b",
                "opinion",
                "confusion",
                "c",
                "o",
            ];
            let whole = growing.iter().any(|table| step == format!("SCAN {table}"));
            assert!(!whole, "{step}\n{sql}");
            assert!(!step.contains("AUTOMATIC"), "{step}\n{sql}");
            // Accepted passages are nearly all there are, and a booth's are a good part of them.
            let narrow = [("export_sequence IS NULL", "passage_unbound"), ("'in-review' AND", "passage_state")];
            for (condition, index) in narrow {
                if sql.contains(condition) && step.contains("passage USING") {
                    let by_facts = step.contains("(id=?)") || step.contains("(booth_id=? AND plate=?");
                    assert!(step.contains(index) || by_facts, "{step}\n{sql}");
                }
            }
            explained += 1;
        }
    }
    assert!(explained > 60, "only {explained} steps were looked at");
}

/// The highest parameter of a statement.
fn parameters(sql: &str) -> usize {
    sql.split('?')
        .skip(1)
        .filter_map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok())
        .max()
        .unwrap_or(0)
}

#[test]
fn the_balance_is_counted_from_indexes_alone() {
    let (_folder, path) = folder();
    let listening = Listening { inner: NativeDb::open(&path).unwrap(), heard: RefCell::default() };
    let ledger = Ledger::open(&listening, Some(NOW)).unwrap();
    listening.heard.borrow_mut().clear();
    ledger.balance(None, None).unwrap();
    let heard = listening.heard.borrow();
    for sql in heard.iter().filter(|sql| sql.starts_with("SELECT")) {
        let plan = listening.inner.execute(&format!("EXPLAIN QUERY PLAN {sql}"), &[Value::Null, Value::Null]).unwrap();
        let Some(Value::Text(first)) = plan[0].0.last().cloned() else { panic!("no plan") };
        assert!(first.contains("COVERING INDEX") || first.contains("passage_unbound"), "{first}\n{sql}");
    }
}

/// SQLite compiles a statement again for each new value of a parameter that its plan may depend on; `+?1` keeps it
/// from looking.
#[test]
fn no_statement_is_compiled_twice() {
    let (_folder, path) = folder();
    open(&path);
    let compiling = Compiling { inner: rusqlite::Connection::open(&path).unwrap(), again: RefCell::default() };
    compiling.inner.set_prepared_statement_cache_capacity(200);
    let ledger = Ledger::open(&compiling, Some(NOW)).unwrap();
    compiling.again.borrow_mut().clear();
    call_everything(&ledger);
    let again = compiling.again.borrow();
    assert!(again.len() > 60, "only {} statements", again.len());
    let twice: Vec<_> = again.iter().filter(|(_, count)| **count > 0).map(|(sql, _)| sql).collect();
    assert!(twice.is_empty(), "{} statements: {twice:#?}", twice.len());
}
