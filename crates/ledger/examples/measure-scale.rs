//! Measures what recording, leasing, claiming and exporting cost beside a past of so many passages, on SQLite and, where it
//! is installed, on PostgreSQL; how many a second are recorded by several clients at once; and how large a passage is.
//!
//! `cargo run --release -p tollbooth-ledger --features native,native-postgres --example measure-scale -- [sqlite | postgres]
//! [PASSAGES ...]`
//!
//! Without figures: beside 10,000 and 100,000. The past is billed and published; the present (what waits, what people are to
//! decide, what is to be exported) is the same beside each, so a cost that grows does so because of the past. Each is told as
//! a ratio to the smallest past in the same run, as soon as it is known. In the end leasing and claiming are measured once more,
//! while 50,000 photos wait for readers and as many for people. Prints; asserts nothing about time. Commits are on the
//! disk. The files lie in a temporary folder: set `TMPDIR` to measure another disk. A past that does not fit there is left out,
//! and that is said.
//!
//! The past's ids and digests are in order, for ten million in the order of chance would be a day's writing. So indexes are as
//! deep as they will be, and what a page costs that is not in memory shows in less than it will.

#[path = "measured/disk.rs"]
mod disk;
mod measured;

use std::path::Path;
use std::time::{Duration, Instant as Clock};

use tollbooth_ledger::db::{Db, Value};
use tollbooth_ledger::dialect::Dialect;
use tollbooth_ledger::export::{Artefact, Begun, Cause, Export};
use tollbooth_ledger::native::NativeDb;
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_ledger::review::Filter;
use tollbooth_ledger::{Actor, Ledger};
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::export::Manifest;
use tollbooth_pipeline::ident::sha256_hex;
use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_postgres_server::{Commits, SUPERUSER, Server, programs_or_skip};

use measured::{NOW, passage, put_booth, record};

/// Of the past, and of all but the clients at once.
const BOOTH: &str = "booth-1";
const DEFAULT: [u64; 2] = [10_000, 100_000];
/// Calls of each kind.
const TIMES: u64 = 200;
/// Exports that are measured, and the lines of each.
const EXPORTS: u64 = 5;
const LINES: u64 = 500;
/// What waits for readers, and as much for people, in the end.
const BACKLOG: u64 = 50_000;
/// Rows of one statement that makes the past.
const CHUNK: u64 = 100_000;
/// In so many rounds the past is written, billed and published, as it is in years of hours: what an update left behind is used
/// again by then, beside a short past as beside a long one.
const ROUNDS: u64 = 10;
/// What a passage takes where nothing was measured yet, in bytes; and what is needed beside, for logs of changes above all.
const GUESS: u64 = 5_000;
const BESIDE: u64 = 4_000_000_000;
/// Passages that clients record at once.
const AT_ONCE: u64 = 2_000;
const CLIENTS: [u64; 4] = [1, 4, 8, 16];

type Measured<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What was measured beside one past: median times, by what.
type Costs = Vec<(&'static str, Duration)>;

/// What is to be measured.
struct Asked {
    /// Beside how many passages, the least first.
    pasts: Vec<u64>,
    sqlite: bool,
    postgres: bool,
}

impl Asked {
    fn read(arguments: impl Iterator<Item = String>) -> Measured<Self> {
        let (mut pasts, mut sqlite, mut postgres) = (Vec::new(), false, false);
        for argument in arguments {
            match argument.as_str() {
                "sqlite" => sqlite = true,
                "postgres" => postgres = true,
                number => {
                    let no_number =
                        |e| format!("{number} is neither sqlite nor postgres nor a number of passages: {e}");
                    pasts.push(number.parse::<u64>().map_err(no_number)?);
                }
            }
        }
        if pasts.is_empty() {
            pasts.extend(DEFAULT);
        }
        pasts.sort_unstable();
        let both = sqlite == postgres;
        Ok(Self { pasts, sqlite: sqlite || both, postgres: postgres || both })
    }
}

/// What the smaller pasts of a database showed.
#[derive(Default)]
struct Before {
    least: Option<Costs>,
    bytes: Option<u64>,
}

impl Before {
    /// Whether there is room for so many passages; says so where there is not.
    fn has_room(&self, name: &str, past: u64) -> bool {
        let of_past = past.saturating_mul(self.bytes.unwrap_or(GUESS));
        // A tenth more: the larger one was not measured yet.
        let needed = of_past.saturating_add(of_past / 10).saturating_add(BESIDE);
        let folder = std::env::temp_dir();
        let free = disk::free(&folder).unwrap_or(u64::MAX);
        if free < needed {
            let gigabytes = |bytes: u64| bytes.div_ceil(1_000_000_000);
            println!(
                "{name}, a past of {past} passages: left out, for it takes about {} GB, and {} has {} GB",
                gigabytes(needed),
                folder.display(),
                gigabytes(free)
            );
        }
        free >= needed
    }

    fn report(&mut self, (costs, bytes): (Costs, u64)) {
        self.bytes = Some(bytes);
        let least = &*self.least.get_or_insert_with(|| costs.clone());
        for ((what, cost), (_, least)) in costs.iter().zip(least) {
            let ratio = cost.as_secs_f64() / least.as_secs_f64();
            println!("  {what:<34} median {:>8.2} ms   ratio {ratio:.2}", cost.as_secs_f64() * 1000.0);
        }
    }
}

fn main() -> Measured {
    let asked = Asked::read(std::env::args().skip(1))?;
    if asked.sqlite {
        in_sqlite(&asked.pasts)?;
    }
    if asked.postgres {
        in_postgres(&asked.pasts)?;
    }
    Ok(())
}

fn in_sqlite(pasts: &[u64]) -> Measured {
    let mut before = Before::default();
    for past in pasts {
        if !before.has_room("SQLite", *past) {
            continue;
        }
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("ledger.sqlite");
        let open = || open_file(&path);
        let size = |ledger: &Ledger<NativeDb>| {
            number(ledger, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        };
        before.report(measure("SQLite", &open, *past, size)?);
    }
    Ok(())
}

fn in_postgres(pasts: &[u64]) -> Measured {
    let Some(programs) = programs_or_skip("the ledger at scale on PostgreSQL") else { return Ok(()) };
    let mut before = Before::default();
    for past in pasts {
        if !before.has_room("PostgreSQL", *past) {
            continue;
        }
        let server = Server::start(&programs, Commits::Synced)?;
        let url = server.url(SUPERUSER, "postgres");
        let connect = || PostgresDb::open(&url).map_err(|e| e.text);
        Ledger::migrate(connect()?, Some(NOW))?;
        let open = || -> Measured<Ledger<PostgresDb>> { Ok(Ledger::open(connect()?, None)?) };
        let size = |ledger: &Ledger<PostgresDb>| number(ledger, "SELECT pg_database_size(current_database())");
        before.report(measure("PostgreSQL", &open, *past, size)?);
    }
    Ok(())
}

fn open_file(path: &Path) -> Measured<Ledger<NativeDb>> {
    Ok(Ledger::open(NativeDb::open(path).map_err(|e| e.text)?, Some(NOW))?)
}

fn measure<D: Db>(
    name: &str,
    open: &(dyn Fn() -> Measured<Ledger<D>> + Sync),
    past: u64,
    size: impl Fn(&Ledger<D>) -> Measured<u64>,
) -> Measured<(Costs, u64)> {
    let began = Clock::now();
    let ledger = open()?;
    let postgres = ledger.db().dialect() == Dialect::Postgres;
    if postgres {
        // What is written here in one statement came in a million: no limit that a call has is its limit.
        ledger.db().execute("SET statement_timeout = 0", &[]).map_err(|e| e.text)?;
    }
    for number in 1..=CLIENTS.into_iter().max().unwrap_or(1) {
        put_booth(&ledger, &booth(number))?;
    }
    set(&ledger, &[("export.max_rows", "1000000"), ("export.step_rows", "10000")])?;
    let before = size(&ledger)?;
    let mut written = 0;
    while written < past {
        let next = past.div_ceil(ROUNDS).min(past - written);
        fill(&ledger, "accepted", written, next)?;
        while publish(&ledger)? {}
        written += next;
        if postgres {
            // As the server does in its own time, of which there were years.
            ledger.db().execute("VACUUM", &[]).map_err(|e| e.text)?;
        }
        eprintln!("{name}: {written} of {past} passages of the past after {:.0?}", began.elapsed());
    }
    let bytes = (size(&ledger)? - before).checked_div(past).unwrap_or_default();
    // The present: the same beside every past.
    fill(&ledger, "in-review", past, TIMES * 2)?;
    fill(&ledger, "accepted", past + TIMES * 2, EXPORTS * LINES)?;
    set(&ledger, &[("export.max_rows", &LINES.to_string())])?;
    // As the server would have done in its own time; SQLite's plans know no figures, here as anywhere.
    if postgres {
        ledger.db().execute("ANALYZE", &[]).map_err(|e| e.text)?;
    }
    println!("{name}, a past of {past} passages: {bytes} bytes each, written in {:.0?}", began.elapsed());

    let mut costs = vec![("recording", times(TIMES, |n| record(&ledger, &passage(BOOTH, n)).map_err(Into::into))?)];
    costs.push(("leasing and giving back", times(TIMES, |_| lease(&ledger))?));
    costs.push(("claiming a review", times(TIMES, |n| claim(&ledger, n))?));
    costs.push((
        "binding and publishing 500 lines",
        times(EXPORTS, |_| if publish(&ledger)? { Ok(()) } else { Err("nothing to export".into()) })?,
    ));
    let made = past + TIMES * 2 + EXPORTS * LINES;
    fill(&ledger, "waiting", made, BACKLOG)?;
    fill(&ledger, "in-review", made + BACKLOG, BACKLOG)?;
    if postgres {
        ledger.db().execute("ANALYZE", &[]).map_err(|e| e.text)?;
    }
    costs.push(("leasing, where 50,000 wait", times(TIMES, |_| lease(&ledger))?));
    costs.push(("claiming, where 50,000 are open", times(TIMES, |n| claim(&ledger, TIMES + n))?));
    let reviewer = Actor { id: "tok_measure".to_owned(), role: "reviewer".to_owned() };
    costs.push((
        "listing the first 50 of those",
        times(EXPORTS, |_| Ok(ledger.list_open(NOW, &reviewer, &Filter::default(), None, 50).map(drop)?))?,
    ));
    for clients in CLIENTS {
        println!("  recorded a second by {clients:>2} clients: {:>6.0}", recorded_by(open, clients)?);
    }
    Ok((costs, bytes))
}

fn lease<D: Db>(ledger: &Ledger<D>) -> Measured {
    let work = ledger.lease_work(NOW, "measure", 1, &[Recognizer::InProcess])?;
    let lease = work.leases.into_iter().next().ok_or("nothing to lease, of what was just recorded")?;
    ledger.give_back(NOW, &lease.attempt_token).map_err(|e| format!("{e:?}").into())
}

fn claim<D: Db>(ledger: &Ledger<D>, number: u64) -> Measured {
    // Nobody holds more than a hundred.
    let person = Actor { id: format!("tok_measure_{}", number / 100), ..Actor::system("measure") };
    let claimed = ledger.claim_next(NOW, &person, None, &Filter::default()).map_err(|e| format!("{e:?}"))?;
    claimed.map(drop).ok_or_else(|| "nothing to claim".into())
}

/// The median of so many calls.
fn times(count: u64, mut call: impl FnMut(u64) -> Measured) -> Measured<Duration> {
    let mut taken = Vec::new();
    for n in 0..count {
        let began = Clock::now();
        call(n)?;
        taken.push(began.elapsed());
    }
    taken.sort_unstable();
    Ok(taken.get(taken.len() / 2).copied().unwrap_or_default())
}

fn booth(number: u64) -> String {
    format!("booth-{number}")
}

/// How many passages a second so many clients record, each at a booth and over a connection of its own: those of one booth are
/// recorded one after the other, so that the same frame is found.
fn recorded_by<D: Db>(open: &(dyn Fn() -> Measured<Ledger<D>> + Sync), clients: u64) -> Measured<f64> {
    let each = AT_ONCE / clients;
    let began = Clock::now();
    std::thread::scope(|scope| -> Measured {
        let running: Vec<_> = (0..clients)
            .map(|client| {
                scope.spawn(move || -> Measured {
                    let ledger = open()?;
                    for n in 0..each {
                        // Numbers that nobody else has, in this round or before.
                        let number = (clients * 1_000 + client) * 1_000_000 + n;
                        record(&ledger, &passage(&booth(client + 1), number))?;
                    }
                    Ok(())
                })
            })
            .collect();
        for thread in running {
            thread.join().map_err(|_| "a client died")??;
        }
        Ok(())
    })?;
    Ok((each * clients) as f64 / began.elapsed().as_secs_f64())
}

/// Writes passages in this state, as intake and judge would have left them, behind those that were written before.
fn fill<D: Db>(ledger: &Ledger<D>, state: &str, before: u64, count: u64) -> Measured {
    let undecided = "CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS BIGINT), CAST(NULL AS DOUBLE PRECISION)";
    let (decided, reviewed, waiting) = match state {
        "accepted" => {
            ("'us-tx', 'read', 'judge', 1795168800000, 0.99", "CAST(NULL AS TEXT), CAST(NULL AS BIGINT)", "NULL")
        }
        "waiting" => (undecided, "CAST(NULL AS TEXT), CAST(NULL AS BIGINT)", "1795168800000"),
        _ => (undecided, "'low-confidence', 1795168800000", "NULL"),
    };
    let sql = format!(
        "INSERT INTO passage (id, version, booth_id, passage_key, lane, camera, captured_at, captured_at_ms,
            received_at_ms, received_hour, sent_by, photo_key, photo_sha256, picture_digest, photo_bytes,
            photo_format, width_pixels, height_pixels, state, plate, jurisdiction, jurisdiction_source, decided_by, decided_at_ms, confidence,
            reason, review_opened_at_ms, waiting_since_ms)
         WITH RECURSIVE n (i) AS (
            SELECT CAST(?1 AS BIGINT) UNION ALL SELECT n.i + 1 FROM n WHERE n.i + 1 < CAST(?2 AS BIGINT)
         ), d (i, digits) AS (SELECT n.i, substr(CAST(100000000000 + n.i AS TEXT), 2) FROM n)
         SELECT 'psg_000000000000000' || d.digits, 1, '{BOOTH}', 'past-' || d.digits, '1', 'front', '2026-11-20T10:00:00Z',
            1795168800000 - d.i * 1000, 1795168800000, '2026-11-20T10', 'tok_past', 'photos/{BOOTH}/past/' || d.digits,
            '00000000000000000000000000000000000000000000000000000' || d.digits,
            '000000000000000000000' || d.digits, 100000, 'jpeg', 1920, 1080, '{state}',
            'B' || d.digits, {decided}, {reviewed}, CAST({waiting} AS BIGINT) FROM d"
    );
    let mut from = before;
    while from < before + count {
        let to = (from + CHUNK).min(before + count);
        let place = |number: u64| i64::try_from(number).map(Value::from);
        ledger.db().execute(&sql, &[place(from)?, place(to)?]).map_err(|e| e.text)?;
        from = to;
    }
    Ok(())
}

/// Binds and publishes what is accepted, as far as one file takes it: false when there was nothing. Its file is not rendered:
/// `scripts/bench export` measures that.
fn publish<D: Db>(ledger: &Ledger<D>) -> Measured<bool> {
    let actor = Actor::system("measure");
    match ledger.begin_export(NOW, &actor, Cause::Requested)? {
        Begun::Proceed(bound) => {
            let artefact = artefact(&bound)?;
            ledger.publish_export(NOW, &actor, bound.sequence, &artefact).map_err(|e| format!("{e:?}"))?;
            Ok(true)
        }
        Begun::NothingToExport | Begun::NotDue(_) => Ok(false),
    }
}

fn artefact(bound: &Export) -> Measured<Artefact> {
    let manifest = Manifest {
        sequence: bound.sequence,
        kind: bound.kind,
        file_name: bound.file_name.clone(),
        profile: bound.profile.clone(),
        keying_rules: None,
        rows: bound.rows,
        bytes: 1,
        sha256: sha256_hex(bound.file_name.as_bytes()),
        window_from: bound.window_from.map(rfc3339),
        window_to: rfc3339(bound.window_to),
        previous_manifest_sha256: bound.previous_manifest_sha256.clone().ok_or("the export before is unpublished")?,
        copy: None,
    };
    let text = manifest.to_json()?;
    let manifest_sha256 = Manifest::sha256_of(&text);
    Ok(Artefact { sha256: manifest.sha256, bytes: manifest.bytes, manifest: text, manifest_sha256 })
}

fn set<D: Db>(ledger: &Ledger<D>, settings: &[(&str, &str)]) -> Measured {
    let changes: Vec<(String, Option<String>)> =
        settings.iter().map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned()))).collect();
    ledger.put_settings(NOW, &Actor::system("measure"), &changes).map_err(|e| format!("{e:?}").into())
}

fn number<D: Db>(ledger: &Ledger<D>, sql: &str) -> Measured<u64> {
    let rows = ledger.db().execute(sql, &[]).map_err(|e| e.text)?;
    match rows.first().and_then(|row| row.0.first()) {
        Some(Value::Integer(number)) => Ok(u64::try_from(*number)?),
        _ => Err(format!("{sql} gave no number").into()),
    }
}
