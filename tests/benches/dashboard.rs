//! How long the application takes to answer what its console asks, over two years of roll-ups of 50 booths: over HTTP, from the
//! built components. `scripts/bench telemetry` runs it. Prints; asserts nothing about time.
//!
//! The roll-ups are those of `tollbooth_telemetry::sample`, written into the ledger's file behind the application's back: adding
//! up two years of events would take a day.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rusqlite::Connection;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_telemetry::{Facts, Step, Subject, sample};
use tollbooth_tests::{Host, Ledger, Options};

const BOOTHS: i64 = 50;
const DAYS: i64 = 730;
const TIMES: usize = 15;
const DAY_MS: i64 = 86_400_000;
/// What the console's charts are drawn of.
const DRAWN: &str = "received,accepted,referred,rejected,reprocessed,billable_ms,reading_wait_ms,reading_run_ms,depth,age_ms,\
                     read_failed,refused,refused_strangers,cost_micros";
/// What its table of booths tells.
const OF_BOOTHS: &str = "received,unreadable,referred,accepted.judge,refused,refused_strangers";
/// What each is wanted to take at most.
const WANTED: Duration = Duration::from_millis(50);

fn main() {
    let host = Host::start_with(Options { ledger: Ledger::Sqlite, ..Options::default() });
    for n in 0..BOOTHS {
        let _ = host.camera(&format!("booth-{n}"));
    }
    // The standing, of all booths.
    assert_eq!(host.operator.post("/v1/ticks/telemetry", &serde_json::json!({})).status, 200);
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let began = Instant::now();
    let rows = fill(&host, now);
    println!("{rows} roll-ups of {BOOTHS} booths and their cameras over {DAYS} days, in {:.0?}", began.elapsed());

    let ago = |ms: i64| rfc3339(now - ms);
    let mut slowest = Duration::ZERO;
    let mut questions = vec![
        ("the present".to_owned(), "/v1/telemetry/present".to_owned()),
        ("a booth, the last 5 minutes".to_owned(), series("subject=booth:booth-7&step=minute", &ago(300_000))),
    ];
    let ranges = [("1 hour", 3_600_000), ("24 hours", DAY_MS), ("7 days", 7 * DAY_MS), ("90 days", 90 * DAY_MS)];
    for (range, back) in ranges.into_iter().chain([("2 years", DAYS * DAY_MS)]) {
        for (whom, subject) in [("all", "all"), ("a booth", "booth:booth-7")] {
            let asked = format!("subject={subject}&metrics={DRAWN}");
            questions.push((format!("{whom}, {range}"), series(&asked, &ago(back))));
        }
        questions.push((format!("beside a booth, {range}"), series("subject=all&metrics=folds,received", &ago(back))));
    }
    questions.extend([
        (
            "every booth, 24 hours by the hour".to_owned(),
            series(&format!("of=booth&step=hour&summed=true&metrics={OF_BOOTHS}"), &ago(DAY_MS)),
        ),
        (
            "a booth's cameras, 2 days".to_owned(),
            series("of=camera&booth=booth-7&step=day&metrics=received,unreadable,lag_ms", &ago(2 * DAY_MS)),
        ),
        (
            "every camera, a week, for a rule".to_owned(),
            series("of=camera&step=day&metrics=received", &ago(7 * DAY_MS)),
        ),
        ("what Prometheus reads".to_owned(), "/metrics".to_owned()),
    ]);
    for (what, path) in questions {
        let mut taken: Vec<Duration> = Vec::new();
        let mut bytes = 0;
        for _ in 0..TIMES {
            let began = Instant::now();
            let answer = host.operator.get(&path);
            taken.push(began.elapsed());
            assert_eq!(answer.status, 200, "{answer:?}");
            // An answer of nothing would be fast.
            let told: &[u8] = if path.contains("series") { b"\"facts\"" } else { b"booth-7" };
            assert!(answer.body.windows(told.len()).any(|part| part == told), "{what}: {answer:?}");
            bytes = answer.body.len();
        }
        taken.sort();
        let median = taken[TIMES / 2];
        slowest = slowest.max(median);
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        println!(
            "{what:<36} {bytes:>8} bytes  median {:>6.1} ms  longest {:>6.1} ms",
            ms(median),
            ms(taken[TIMES - 1])
        );
    }
    println!("the slowest takes {:.2} of the {WANTED:.0?} wanted", slowest.as_secs_f64() / WANTED.as_secs_f64());
}

/// A question as the console asks it, up to now.
fn series(asked: &str, from: &str) -> String {
    format!("/v1/telemetry/series?{asked}&from={from}")
}

/// Two years, hour by hour and day by day, and two days minute by minute; how many rows that is.
fn fill(host: &Host, now: i64) -> i64 {
    let mut ledger = Connection::open(host.state_dir().join("sqlite_db.db")).unwrap();
    ledger.busy_timeout(Duration::from_secs(60)).unwrap();
    let mut rows = 0;
    let booth = |n: i64| format!("booth-{n}");
    let cameras = (0..BOOTHS).map(|n| (Subject::Camera(booth(n), "front".to_owned()), n));
    let subjects = (0..BOOTHS).map(|n| (Subject::Booth(booth(n)), n)).chain([(Subject::All, 0)]).chain(cameras);
    for (subject, number) in subjects {
        // A booth a transaction: the application goes on meanwhile.
        let transaction = ledger.transaction().unwrap();
        let text = subject.to_string();
        transaction.execute("INSERT INTO telemetry_subject VALUES (?1) ON CONFLICT DO NOTHING", [&text]).unwrap();
        let mut insert = transaction.prepare("INSERT OR REPLACE INTO telemetry VALUES (?1, ?2, ?3, ?4)").unwrap();
        let mut steps = vec![(Step::Day, DAYS), (Step::Hour, DAYS * 24)];
        if !matches!(subject, Subject::Camera(..)) {
            steps.extend([(Step::Minute, 2_880), (Step::Total, 1)]);
        }
        for (step, count) in steps {
            for n in 0..count {
                let start = if step == Step::Total { 0 } else { step.start(now - 1) - n * step.length_ms() };
                let facts: Facts = match &subject {
                    Subject::All => sample::booth(number, BOOTHS, step, start),
                    Subject::Camera(..) => sample::camera(number, step, start),
                    Subject::Booth(_) | Subject::Recognizer(_) => sample::booth(number, 1, step, start),
                };
                rows += i64::try_from(insert.execute((&text, step.as_str(), start, facts.to_json().unwrap())).unwrap())
                    .unwrap();
            }
        }
        drop(insert);
        transaction.commit().unwrap();
    }
    rows
}
