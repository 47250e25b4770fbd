//! A test's toll booth: a ledger in a temporary folder and the shortest way to get a passage into any state.

use std::path::{Path, PathBuf};

use tollbooth_ledger::admin::{Booth, Token};
use tollbooth_ledger::db::{Db, Row, Value};
use tollbooth_ledger::dialect::Dialect;
use tollbooth_ledger::export::{Artefact, Begun, Cause, Export};
use tollbooth_ledger::intake::{NewPassage, Receipt, Recorded};
use tollbooth_ledger::passages::Passage;
use tollbooth_ledger::reading::{Acceptance, Decision, FailedAttempt, Lease, NextStep, Referral};
use tollbooth_ledger::review::{Filter, Item, Verdict};
use tollbooth_ledger::{Actor, Ledger};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::export::{
    CorrectionLine, Kind, Manifest, Place, Profile, render, render_corrections, row_sha256,
};
use tollbooth_pipeline::ident::{passage_id, photo_key, sha256_hex};
use tollbooth_pipeline::judge::JurisdictionSource;
use tollbooth_pipeline::plate_type::PlateType;
use tollbooth_pipeline::reading::{Bounds, Candidate, Reading, Sighting};
use tollbooth_pipeline::reason::{RejectCode, ReviewReason};
use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::settings::Settings;

use crate::site::{Site, TestDb, connection, file, on_postgres};

/// 2026-11-20T10:00:00Z
pub const NOW: Instant = 1_795_168_800_000;
pub const SECOND: Instant = 1_000;
pub const MINUTE: Instant = 60 * SECOND;
pub const HOUR: Instant = 60 * MINUTE;
/// When everything of [`NOW`] can be told: on PostgreSQL what is younger may still be joined by what was begun before.
pub const SETTLED: Instant = NOW + MINUTE;
pub const BOOTH: &str = "north-1";

/// What the composed recogniser can do.
pub const OURS: &[Recognizer] = &[Recognizer::InProcess];

pub type TestLedger = Ledger<TestDb>;

/// How long a lease lasts by default.
pub fn lease_time() -> Instant {
    i64::try_from(Settings::default().reading_lease_seconds).unwrap() * SECOND
}

/// A ledger that vanishes with the test.
pub struct World {
    _site: Site,
    pub path: PathBuf,
    pub ledger: TestLedger,
}

/// An empty place for a ledger.
pub fn folder() -> (Site, PathBuf) {
    let site = Site::new();
    let path = site.path();
    (site, path)
}

/// An empty folder for a ledger in a file, whichever database the tests are run on.
pub fn file_folder() -> (Site, PathBuf) {
    let site = Site::of_a_file();
    let path = site.path();
    (site, path)
}

/// Opens the ledger as a component does, but without waiting for the disk: no test here cuts the power.
pub fn open(path: &Path) -> TestLedger {
    if on_postgres() { Ledger::open(connection(path), Some(NOW)).unwrap() } else { open_file(path) }
}

/// The same of a file, whichever database the tests are run on.
pub fn open_file(path: &Path) -> TestLedger {
    let ledger = Ledger::open(file(path), Some(NOW)).unwrap();
    ledger.db().execute("PRAGMA synchronous = OFF", &[]).unwrap();
    ledger
}

/// A ledger with the booth [`BOOTH`].
pub fn world() -> World {
    let (site, path) = folder();
    let ledger = open(&path);
    world_of(site, path, ledger)
}

/// The same in a file, whichever database the tests are run on: for what only a file has.
pub fn file_world() -> World {
    let (site, path) = file_folder();
    let ledger = open_file(&path);
    world_of(site, path, ledger)
}

fn world_of(site: Site, path: PathBuf, ledger: TestLedger) -> World {
    ledger.put_booth(NOW, &operator(), &booth(BOOTH)).unwrap();
    World { _site: site, path, ledger }
}

pub fn actor(role: Role, id: &str) -> Actor {
    Actor { role: role.to_string(), id: id.to_owned() }
}

pub fn operator() -> Actor {
    actor(Role::Operator, "tok_operator")
}

pub fn reviewer(id: &str) -> Actor {
    actor(Role::Reviewer, id)
}

pub fn exporter() -> Actor {
    Actor::system("exporter")
}

pub fn booth(id: &str) -> Booth {
    Booth {
        id: id.to_owned(),
        name: "North plaza".to_owned(),
        jurisdiction: "us-tx".to_owned(),
        lanes: vec!["1".to_owned(), "2".to_owned()],
        time_zone: "America/Chicago".to_owned(),
        updated_at: 0,
    }
}

pub fn camera_token(id: &str) -> Token {
    Token {
        id: id.to_owned(),
        role: Role::Camera,
        booth: Some(BOOTH.to_owned()),
        booths: None,
        name: "Camera 1".to_owned(),
        created_at: 0,
        created_by: String::new(),
        revoked_at: None,
    }
}

/// A passage with a photo of its own, captured five seconds before [`NOW`].
pub fn passage(key: &str) -> NewPassage {
    passage_with(key, &format!("photo {key}"), NOW - 5 * SECOND)
}

pub fn passage_with(key: &str, photo: &str, captured_at: Instant) -> NewPassage {
    passage_at(BOOTH, key, photo, captured_at)
}

pub fn passage_at(booth: &str, key: &str, photo: &str, captured_at: Instant) -> NewPassage {
    let photo_sha256 = sha256_hex(photo.as_bytes());
    NewPassage {
        passage: passage_id(booth, key),
        booth: booth.to_owned(),
        key: key.to_owned(),
        photo_key: photo_key(booth, key, &photo_sha256),
        picture_digest: NewPassage::digest_of_file(&photo_sha256).to_owned(),
        photo_sha256,
        photo_bytes: 100_000,
        photo_format: "jpeg".to_owned(),
        width: 1920,
        height: 1080,
        captured_at: rfc3339(captured_at),
        captured_at_instant: captured_at,
        lane: "1".to_owned(),
        camera: "north-1-a".to_owned(),
        damaged: false,
        sent_by: "tok_camera".to_owned(),
        traceparent: None,
        intake_ms: 12,
    }
}

pub fn reading() -> Reading {
    Reading {
        recognizer: "recognizer-scripted".to_owned(),
        model: "1".to_owned(),
        sightings: vec![],
        vehicle: None,
        duration_ms: 650,
        cost_micros: 0,
        raw: "{}".to_owned(),
    }
}

/// A reading of one plate.
pub fn reading_of(text: &str, confidence: f32) -> Reading {
    let candidates = vec![Candidate { text: text.to_owned(), confidence, characters: vec![] }];
    let sighting = Sighting {
        bounds: Bounds { x: 700.0, y: 470.0, width: 150.0, height: 75.0 },
        candidates,
        jurisdiction: None,
        issuers: vec![],
        touches_border: false,
        plausibility: 1.0,
        doubts: vec![],
    };
    Reading { sightings: vec![sighting], ..reading() }
}

pub fn acceptance(plate: &str) -> Decision {
    Decision::Accept(Acceptance {
        plate: plate.to_owned(),
        jurisdiction: "us-tx".to_owned(),
        source: JurisdictionSource::AssumedFromBooth,
        confidence: 0.99,
    })
}

pub fn referral(reason: ReviewReason, plate: Option<&str>) -> Referral {
    Referral { reason, detail: "Look at it.".to_owned(), plate: plate.map(ToOwned::to_owned) }
}

pub fn failed(class: &str) -> FailedAttempt {
    FailedAttempt {
        class: class.to_owned(),
        retry_after_ms: None,
        detail: "no answer".to_owned(),
        duration_ms: 30_000,
        cost_micros: 1_500,
        recognizer: "recognizer-scripted".to_owned(),
        model: "1".to_owned(),
    }
}

/// What a person says of a plate.
pub fn plate_of(issuer: &str, text: &str, plate_type: Option<PlateType>) -> Verdict {
    Verdict::Plate {
        plate: text.to_owned(),
        jurisdiction: issuer.to_owned(),
        another_crossing: false,
        confirm_placeholder: false,
        plate_type,
    }
}

/// Of a plate of Oklahoma.
pub fn plate(text: &str) -> Verdict {
    plate_of("us-ok", text, None)
}

/// Of a plate of Texas.
pub fn texan(text: &str) -> Verdict {
    plate_of("us-tx", text, None)
}

pub fn reject() -> Verdict {
    Verdict::Reject { code: RejectCode::NoPlate, remark: None }
}

impl World {
    /// The ledger, opened by somebody else.
    pub fn another(&self) -> TestLedger {
        open(&self.path)
    }

    pub fn set(&self, changes: &[(&str, &str)]) {
        let changes: Vec<_> = changes.iter().map(|(n, v)| ((*n).to_owned(), Some((*v).to_owned()))).collect();
        self.ledger.put_settings(NOW, &operator(), &changes).unwrap();
    }

    pub fn record(&self, passage: &NewPassage) -> Receipt {
        match self.ledger.record_passage(NOW, passage).unwrap() {
            Recorded::New(receipt) => receipt,
            other => panic!("not new: {other:?}"),
        }
    }

    /// Records passages `key-0` … and returns their ids.
    pub fn record_many(&self, count: usize) -> Vec<String> {
        (0..count).map(|n| self.record(&passage(&format!("key-{n}"))).passage).collect()
    }

    pub fn lease(&self, now: Instant) -> Lease {
        self.ledger.lease_work(now, "ocr-call", 1, OURS).unwrap().leases.pop().expect("nothing to lease")
    }

    /// A passage that the judge accepted with this plate.
    pub fn accepted(&self, key: &str, plate: &str) -> Passage {
        let id = self.record(&passage(key)).passage;
        let lease = self.lease(NOW);
        assert_eq!(lease.passage, id);
        self.ledger.settle(NOW, &lease.attempt_token, reading(), acceptance(plate)).unwrap();
        self.get(&id)
    }

    /// A passage that waits for a person.
    pub fn in_review(&self, key: &str) -> Passage {
        let id = self.record(&passage(key)).passage;
        let lease = self.lease(NOW);
        assert_eq!(lease.passage, id);
        let decision = Decision::Review(referral(ReviewReason::LowConfidence, Some("ABC1234")));
        self.ledger.settle(NOW, &lease.attempt_token, reading(), decision).unwrap();
        self.get(&id)
    }

    pub fn claim(&self, now: Instant, who: &str, passage: &str) -> Item {
        self.ledger.claim_next(now, &reviewer(who), Some(passage), &Filter::default()).unwrap().unwrap()
    }

    pub fn fail(&self, now: Instant, lease: &Lease, next: NextStep) {
        self.ledger.settle_failed(now, &lease.attempt_token, &failed("timed-out"), next).unwrap();
    }

    pub fn get(&self, id: &str) -> Passage {
        self.ledger.passage(id).unwrap().expect("no such passage")
    }

    pub fn kinds(&self, id: &str) -> Vec<String> {
        self.ledger.history(id, 0, 1_000).unwrap().into_iter().map(|event| event.kind).collect()
    }

    pub fn export(&self, now: Instant) -> Export {
        export(&self.ledger, now).expect("nothing to export")
    }

    /// Runs one statement on the database, as somebody with a database tool could.
    pub fn sql(&self, sql: &str) -> Result<Vec<Row>, String> {
        sql_of(&self.ledger, sql)
    }

    /// What changes whenever somebody else changes the database; none where the database does not tell.
    pub fn data_version(&self) -> Option<i64> {
        (self.ledger.db().dialect() == Dialect::Sqlite).then(|| self.number("PRAGMA data_version"))
    }

    pub fn number(&self, sql: &str) -> i64 {
        match self.sql(sql).unwrap().first().and_then(|row| row.0.first().cloned()) {
            Some(Value::Integer(number)) => number,
            other => panic!("{sql}: {other:?}"),
        }
    }

    pub fn assert_balanced(&self) {
        assert_balanced(&self.ledger);
    }
}

/// Begins a transaction that writes, outside of any call, as a process that dies in the middle of one leaves it.
pub fn begin_writing<D: Db>(ledger: &Ledger<D>) {
    let begin = match ledger.db().dialect() {
        Dialect::Sqlite => "BEGIN IMMEDIATE",
        Dialect::Postgres => "BEGIN",
    };
    ledger.db().execute(begin, &[]).unwrap();
}

/// Runs one statement. What takes guards away is written as SQLite has it, and differs on PostgreSQL.
fn sql_of<D: Db>(ledger: &Ledger<D>, sql: &str) -> Result<Vec<Row>, String> {
    let run = |sql: &str| ledger.db().execute(sql, &[]).map_err(|e| e.text);
    if ledger.db().dialect() == Dialect::Sqlite {
        return run(sql);
    }
    if sql == "PRAGMA foreign_keys = OFF" {
        return run("SET session_replication_role = replica");
    }
    let Some(trigger) = sql.strip_prefix("DROP TRIGGER ") else { return run(sql) };
    let on = run(&format!(
        "SELECT CAST(c.relname AS TEXT) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = '{trigger}'"
    ))?;
    let [Row(values)] = on.as_slice() else { return Err(format!("{trigger}: {} tables", on.len())) };
    let [Value::Text(table)] = values.as_slice() else { return Err(format!("{trigger}: {values:?}")) };
    run(&format!("DROP TRIGGER {trigger} ON {table}"))
}

pub fn assert_balanced(ledger: &TestLedger) {
    balanced(ledger);
}

/// On any database.
pub fn balanced<D: Db>(ledger: &Ledger<D>) {
    for row in ledger.balance(None, None).unwrap() {
        let violations = tollbooth_pipeline::balance::violations(&row.from_events, &row.from_state);
        assert!(violations.is_empty(), "{} {}: {violations:?}\n{row:#?}", row.hour, row.booth);
    }
}

/// Asks for an export and carries it through; none when there was nothing.
pub fn export<D: Db>(ledger: &Ledger<D>, now: Instant) -> Option<Export> {
    match ledger.begin_export(now, &exporter(), Cause::Requested).unwrap() {
        Begun::Proceed(bound) => Some(publish(ledger, now, &bound)),
        Begun::NothingToExport => None,
        Begun::NotDue(at) => panic!("a requested export is always due, not at {at}"),
    }
}

pub fn publish<D: Db>(ledger: &Ledger<D>, now: Instant, bound: &Export) -> Export {
    ledger.publish_export(now, &exporter(), bound.sequence, &artefact(ledger, bound)).unwrap()
}

/// The file of an export.
pub fn content<D: Db>(ledger: &Ledger<D>, bound: &Export) -> Vec<u8> {
    if bound.kind == Kind::Corrections {
        let lines = correction_lines(ledger, bound);
        assert_eq!(lines.len(), bound.rows as usize);
        return render_corrections(&lines, &bound.keying_rules).unwrap();
    }
    let lines: Vec<_> = ledger.export_rows(bound.sequence, 0, 100_000).unwrap().into_iter().map(|(_, l)| l).collect();
    assert_eq!(lines.len(), bound.rows as usize);
    render(bound.profile.parse::<Profile>().unwrap(), &lines, "/v1/photos/").unwrap()
}

pub fn correction_lines<D: Db>(ledger: &Ledger<D>, bound: &Export) -> Vec<CorrectionLine> {
    let rows = ledger.correction_rows(bound.sequence, 0, 100_000).unwrap();
    rows.into_iter()
        .map(|row| {
            let corrected = content(ledger, &ledger.export(row.corrects_export).unwrap().unwrap());
            let found = tollbooth_pipeline::export::raw_rows(&corrected)
                .zip(1..)
                .find(|(line, _)| String::from_utf8_lossy(line).contains(&row.passage));
            let (line, number) = found.unwrap();
            CorrectionLine {
                corrects: Place { export: row.corrects_export, row: number, sha256: row_sha256(line) },
                action: row.action,
                cause: row.cause,
                passage: row.passage,
                revision: row.revision,
                plate: row.plate.unwrap_or_default(),
                jurisdiction: row.jurisdiction.unwrap_or_default(),
                reject_code: row.reject_code.unwrap_or_default(),
                captured_at: row.captured_at,
                booth: row.booth,
                lane: row.lane,
                decided_by: row.decided_by,
                plate_type: row.plate_type,
            }
        })
        .collect()
}

/// Renders an export as the exporter does.
pub fn artefact<D: Db>(ledger: &Ledger<D>, bound: &Export) -> Artefact {
    let file = content(ledger, bound);
    let manifest = Manifest {
        sequence: bound.sequence,
        kind: bound.kind,
        file_name: bound.file_name.clone(),
        profile: bound.profile.clone(),
        keying_rules: None,
        rows: bound.rows,
        bytes: file.len() as u64,
        sha256: sha256_hex(&file),
        window_from: bound.window_from.map(rfc3339),
        window_to: rfc3339(bound.window_to),
        previous_manifest_sha256: bound.previous_manifest_sha256.clone().unwrap(),
        copy: None,
    };
    let text = manifest.to_json().unwrap();
    Artefact {
        sha256: manifest.sha256,
        bytes: manifest.bytes,
        manifest_sha256: Manifest::sha256_of(&text),
        manifest: text,
    }
}
