//! Measures what a dashboard asks of the ledger (`cargo bench --bench dashboard`: of the application, over HTTP), over two years of roll-ups of many booths, on SQLite and, where it is installed, on
//! PostgreSQL; and what PostgreSQL's note of each event costs the statement that records a passage.
//!
//! `cargo run --release -p tollbooth-ledger --features native,native-postgres --example measure-telemetry -- [BOOTHS] [DAYS]`
//!
//! Prints; asserts nothing about time. The files lie in a temporary folder: set `TMPDIR` to measure another disk.

mod measured;

use std::time::{Duration, Instant as Clock};

use tollbooth_ledger::Ledger;
use tollbooth_ledger::db::{Db, Value};
use tollbooth_ledger::native::NativeDb;
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_postgres_server::{Commits, SUPERUSER, Server, programs_or_skip};
use tollbooth_telemetry::{Facts, Span, Step, Subject, sample};

use measured::{NOW, passage, put_booth, record};

const DAY: i64 = 86_400_000;
const ROWS: usize = 100;
const TIMES: usize = 21;
/// Passages recorded with and without the note.
const RECORDED: u64 = 3_000;

type Measured = Result<(), Box<dyn std::error::Error>>;

fn main() -> Measured {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<i64>());
    let booths = arguments.next().transpose()?.unwrap_or(50);
    let days = arguments.next().transpose()?.unwrap_or(730);
    let folder = tempfile::tempdir()?;
    let sqlite = NativeDb::open(&folder.path().join("ledger.sqlite")).map_err(|e| e.text)?;
    measure("SQLite", &Ledger::open(sqlite, Some(NOW))?, booths, days)?;
    let Some(programs) = programs_or_skip("telemetry on PostgreSQL") else { return Ok(()) };
    let server = Server::start(&programs, Commits::Synced)?;
    let connect = || PostgresDb::open(&server.url(SUPERUSER, "postgres")).map_err(|e| e.text);
    let ledger = Ledger::migrate(connect()?, Some(NOW))?;
    measure("PostgreSQL", &ledger, booths, days)?;
    notes(&ledger)
}

fn measure<D: Db>(name: &str, ledger: &Ledger<D>, booths: i64, days: i64) -> Measured {
    let began = Clock::now();
    for n in 0..booths {
        put_booth(ledger, &format!("booth-{n}"))?;
    }
    let mut subjects = vec![(Subject::All, 0)];
    subjects.extend((0..booths).map(|n| (Subject::Booth(format!("booth-{n}")), n)));
    subjects.extend((0..booths).map(|n| (Subject::Camera(format!("booth-{n}"), "front".to_owned()), n)));
    let mut rows = 0;
    for (subject, number) in &subjects {
        run(ledger, "INSERT INTO telemetry_subject (subject) VALUES (?1)", &[subject.to_string().into()])?;
        let mut steps = vec![(Step::Day, days), (Step::Hour, days * 24)];
        if !matches!(subject, Subject::Camera(..)) {
            steps.extend([(Step::Minute, 2_880), (Step::Total, 1)]);
        }
        for (step, count) in steps {
            rows += fill(ledger, subject, step, count, |start| match subject {
                Subject::All => sample::booth(*number, booths, step, start),
                Subject::Booth(_) | Subject::Recognizer(_) => sample::booth(*number, 1, step, start),
                Subject::Camera(..) => sample::camera(*number, step, start),
            })?;
        }
    }
    ledger.fold_telemetry(NOW, 1_000_000)?;
    println!("{name}: {rows} roll-ups of {booths} booths over {days} days, written in {:.0?}", began.elapsed());
    let one = Subject::Booth("booth-7".to_owned());
    let span = |subject: &Subject, step: Step, back: i64| {
        ledger.rollups(subject, step, NOW - back, NOW).map(|found| found.len())
    };
    time("the present", || ledger.telemetry_standing().map(|standing| standing.booths.len()))?;
    time("all, 24 hours in minutes", || span(&Subject::All, Step::Minute, DAY))?;
    time("all, 2 days in minutes", || span(&Subject::All, Step::Minute, 2 * DAY))?;
    time("all, 7 days in hours", || span(&Subject::All, Step::Hour, 7 * DAY))?;
    time("all, 90 days in hours", || span(&Subject::All, Step::Hour, 90 * DAY))?;
    time("all, 2 years in days", || span(&Subject::All, Step::Day, days * DAY))?;
    time("a booth, 90 days in hours", || span(&one, Step::Hour, 90 * DAY))?;
    time("a booth, 2 years in days", || span(&one, Step::Day, days * DAY))?;
    time("every booth, 24 hours in hours", || {
        ledger.rollups_of_all("booth", Step::Hour, NOW - DAY, NOW).map(|found| found.len())
    })?;
    time("every camera, 24 hours in hours", || {
        ledger.rollups_of_all("camera", Step::Hour, NOW - DAY, NOW).map(|found| found.len())
    })?;
    let drawn = ["received", "accepted", "referred", "reading_wait_ms", "depth", "age_ms"].map(ToOwned::to_owned);
    let series = |span: Span, back: i64| {
        ledger.series(&Subject::All, span, &drawn, span.start(NOW - back), NOW).map(|found| found.rollups.len())
    };
    time("all, 24 hours by 15 minutes", || series(Span::FifteenMinutes, DAY))?;
    time("all, 90 days by the day", || series(Span::Day, 90 * DAY))?;
    time("all, 2 years by the week", || series(Span::Week, days * DAY))?;
    time("what Prometheus reads", || ledger.rollups_of_all("booth", Step::Total, 0, 1).map(|found| found.len()))?;
    time("an idle tick", || ledger.fold_telemetry(NOW, 1_000_000).map(|_| 1))?;
    Ok(())
}

fn fill<D: Db>(
    ledger: &Ledger<D>,
    subject: &Subject,
    step: Step,
    count: i64,
    facts: impl Fn(i64) -> Facts,
) -> Result<i64, Box<dyn std::error::Error>> {
    let last = step.start(NOW - 1);
    let starts: Vec<i64> =
        (0..count).map(|n| last - n * if step == Step::Total { 0 } else { step.length_ms() }).collect();
    run(ledger, "BEGIN", &[])?;
    for chunk in starts.chunks(ROWS) {
        let places = (0..chunk.len())
            .map(|n| format!("(?{}, ?{}, ?{}, ?{})", n * 4 + 1, n * 4 + 2, n * 4 + 3, n * 4 + 4))
            .collect::<Vec<_>>()
            .join(", ");
        let mut values = Vec::with_capacity(chunk.len() * 4);
        for start in chunk {
            values.extend([
                Value::from(subject.to_string()),
                Value::from(step.as_str()),
                Value::from(*start),
                Value::from(facts(*start).to_json()?),
            ]);
        }
        run(ledger, &format!("INSERT INTO telemetry (subject, step, start_ms, facts) VALUES {places}"), &values)?;
    }
    run(ledger, "COMMIT", &[])?;
    Ok(count)
}

fn run<D: Db>(ledger: &Ledger<D>, sql: &str, values: &[Value]) -> Measured {
    ledger.db().execute(sql, values).map(drop).map_err(|error| error.text.into())
}

/// Prints the median and the longest of several times.
fn time<E: std::error::Error + 'static>(what: &str, ask: impl Fn() -> Result<usize, E>) -> Measured {
    let mut taken: Vec<Duration> = Vec::new();
    let mut rows = 0;
    for _ in 0..TIMES {
        let began = Clock::now();
        rows = ask()?;
        taken.push(began.elapsed());
    }
    taken.sort();
    let (median, longest) = (taken.get(TIMES / 2), taken.last());
    let ms = |taken: Option<&Duration>| taken.map_or(0.0, |taken| taken.as_secs_f64() * 1000.0);
    println!("  {what:<32} {rows:>6} rows  median {:>6.2} ms  longest {:>6.2} ms", ms(median), ms(longest));
    Ok(())
}

/// Recording a passage with the note of its event and without, in turns.
fn notes<D: Db>(ledger: &Ledger<D>) -> Measured {
    let mut per_second = [Vec::new(), Vec::new()];
    for round in 0..6_u64 {
        let noted = round % 2 == 0;
        let state = if noted { "ENABLE" } else { "DISABLE" };
        run(ledger, &format!("ALTER TABLE event {state} TRIGGER event_pending"), &[])?;
        let began = Clock::now();
        for n in 0..RECORDED {
            record(ledger, &passage("booth-1", round * RECORDED + n))?;
        }
        let speed = u32::try_from(RECORDED).map(f64::from)? / began.elapsed().as_secs_f64();
        if let Some(slot) = per_second.get_mut(usize::from(noted)) {
            slot.push(speed);
        }
    }
    for (name, found) in ["without the note", "with the note"].iter().zip(&per_second) {
        let all: Vec<String> = found.iter().map(|speed| format!("{speed:.0}")).collect();
        println!("  passages recorded a second, {name}: {}", all.join(", "));
    }
    Ok(())
}
