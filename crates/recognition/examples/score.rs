//! Scores the recogniser on a folder of photos with known plates.
//!
//! `cargo run --release -p tollbooth-recognition --example score -- ../shared/data/us-photos`
//!
//! The folder holds `truth.csv` with the columns `file` and `plate`. Models come from `models/`
//! (`scripts/models` fetches them). `--json FILE` also writes every reading, one JSON document a line, or why there is none.
//! A run that ended before its time is continued by the same command: photos of which the file has a whole line are left out.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tollbooth_plate::{DEFAULT_ACCEPT_CONFIDENCE, confusable, text};
use tollbooth_recognition::{MODEL, Models, Reading, RecognitionError, Recognizer, Stages};

type Failure = Box<dyn std::error::Error>;

/// A line on standard error after so many photos: thousands take hours.
const TOLD_AFTER: usize = 50;

/// One photo and what was made of it.
struct Outcome {
    file: String,
    truth: String,
    read: String,
    confidence: f32,
    doubts: String,
    is_accepted: bool,
    stages: Stages,
}

impl Outcome {
    fn is_exact(&self) -> bool {
        self.read == self.truth
    }

    fn is_right(&self) -> bool {
        confusable::fold(&self.read) == confusable::fold(&self.truth)
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("score: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("name a folder of photos with a truth.csv")?);
    let mut json = match (arguments.next().as_deref(), arguments.next()) {
        (Some("--json"), Some(file)) => Some(continued(Path::new(&file))?),
        (None, _) => None,
        _ => return Err("usage: score FOLDER [--json FILE]".into()),
    };
    let recognizer = recognizer()?;
    let mut outcomes = Vec::new();
    let mut truths = truths(&folder)?;
    let all = truths.len();
    if let Some((_, read)) = &json {
        truths.retain(|(file, _)| !read.contains(file));
        if truths.len() < all {
            eprintln!("{} of {all} photos were read before; what follows is of the others", all - truths.len());
        }
    }
    let left = truths.len();
    for (done, (file, truth)) in truths.into_iter().enumerate() {
        if done > 0 && done % TOLD_AFTER == 0 {
            eprintln!("{done} of {left} photos read");
        }
        let answer = recognizer.read(&fs::read(folder.join(&file))?);
        if let Some((out, _)) = &mut json {
            let line = match &answer {
                Ok(reading) => serde_json::json!({ "file": file, "truth": truth, "reading": reading }),
                Err(error) => {
                    let is_empty_frame = matches!(error, RecognitionError::EmptyFrame { .. });
                    let error = error.to_string();
                    serde_json::json!({ "file": file, "truth": truth, "error": error, "is_empty_frame": is_empty_frame })
                }
            };
            writeln!(out, "{line}")?;
        }
        match answer {
            Ok(reading) => outcomes.push(outcome(file, truth, &reading)),
            // What is wrong with the photo is an answer; what is wrong with the recogniser ends the run.
            Err(error @ RecognitionError::Model { .. }) => return Err(format!("{file}: {error}").into()),
            Err(error) => println!("{:<15} {file:<44} {error}", "not read"),
        }
    }
    report(&folder, &outcomes);
    Ok(())
}

/// A file of readings, to be written on behind its last whole line, and the photos of which it has one.
fn continued(path: &Path) -> Result<(fs::File, BTreeSet<String>), Failure> {
    let told = |what: String| format!("{}: {what}", path.display());
    let (mut read, mut length) = (BTreeSet::new(), 0_u64);
    match fs::File::open(path) {
        Ok(before) => {
            let mut before = BufReader::new(before);
            let mut line = Vec::new();
            // The last line may be half a one, where the run before was ended.
            while before.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
                length += line.len() as u64;
                let value: serde_json::Value =
                    serde_json::from_slice(&line).map_err(|e| told(format!("holds what is no reading: {e}")))?;
                let make =
                    value.get("reading").and_then(|reading| reading.get("model")).and_then(|model| model.as_str());
                if make.is_some_and(|make| make != MODEL) {
                    return Err(
                        told("holds readings of another make than this program's; name another file".into()).into()
                    );
                }
                let file = value.get("file").and_then(|file| file.as_str());
                read.insert(file.ok_or_else(|| told("holds a line without a file".into()))?.to_owned());
                line.clear();
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(told(error.to_string()).into()),
    }
    let mut file = fs::OpenOptions::new().create(true).write(true).truncate(false).open(path)?;
    file.set_len(length)?;
    file.seek(SeekFrom::End(0))?;
    Ok((file, read))
}

fn recognizer() -> Result<Recognizer, Failure> {
    let models = Models::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models"))?;
    let recognizer = Recognizer::new(models)?;
    Ok(recognizer.with_clock(since_start))
}

/// Processor time where the system tells it, so that other work on the machine does not count.
#[cfg(unix)]
fn since_start() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
}

#[cfg(not(unix))]
fn since_start() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}

/// File and normalised plate of every line of `truth.csv`, which needs no quoting.
fn truths(folder: &Path) -> Result<Vec<(String, String)>, Failure> {
    let path = folder.join("truth.csv");
    let csv = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let column = |name| header.iter().position(|&title| title == name).ok_or(format!("truth.csv has no column {name}"));
    let (file, plate) = (column("file")?, column("plate")?);
    lines
        .filter(|line| !line.is_empty())
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let field = |index: usize| fields.get(index).copied().ok_or(format!("short line in truth.csv: {line}"));
            Ok((field(file)?.to_owned(), text::normalise(field(plate)?)))
        })
        .collect()
}

fn outcome(file: String, truth: String, reading: &Reading) -> Outcome {
    let sighting = reading.plates.first();
    let best = sighting.and_then(|sighting| sighting.best());
    let confidence = best.map_or(0.0, |candidate| candidate.confidence);
    Outcome {
        file,
        truth,
        read: best.map(|candidate| candidate.text.clone()).unwrap_or_default(),
        confidence,
        doubts: sighting.map(|sighting| format!("{:?}", sighting.doubts)).unwrap_or_default(),
        is_accepted: confidence >= DEFAULT_ACCEPT_CONFIDENCE
            && sighting.is_some_and(|sighting| !sighting.touches_border && !sighting.evidence.has_rival()),
        stages: reading.stages,
    }
}

fn report(folder: &Path, outcomes: &[Outcome]) {
    for miss in outcomes.iter().filter(|outcome| !outcome.is_exact()) {
        let mark = match (miss.is_right(), miss.is_accepted) {
            (true, _) => "folded",
            (false, true) => "WRONG ACCEPTED",
            (false, false) => "wrong",
        };
        println!(
            "{mark:<15} {:<44} truth {:<9} read {:<9} {:.3} {}",
            miss.file, miss.truth, miss.read, miss.confidence, miss.doubts
        );
    }
    let count = |test: &dyn Fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| test(outcome)).count();
    let all = outcomes.len();
    let accepted = count(&|outcome| outcome.is_accepted);
    let wrong = count(&|outcome| outcome.is_accepted && !outcome.is_right());
    let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    println!("{}: {all} photos", folder.display());
    println!("  exact        {:5.1} %", percent(count(&Outcome::is_exact), all));
    println!("  O/0 folded   {:5.1} %", percent(count(&Outcome::is_right), all));
    println!("  accepted     {:5.1} % at {DEFAULT_ACCEPT_CONFIDENCE}", percent(accepted, all));
    println!("  wrong among  {:5.1} % ({wrong} of {accepted})", percent(wrong, accepted));
    let mut totals: Vec<f64> = outcomes.iter().map(|o| o.stages.total_ms() / 1e3).collect();
    totals.sort_by(f64::total_cmp);
    let median = totals.get(totals.len() / 2).copied().unwrap_or(0.0);
    println!("  CPU s/photo  {median:.3} median");
    let mean =
        |part: fn(&Stages) -> f64| outcomes.iter().map(|o| part(&o.stages)).sum::<f64>() / 1e3 / all.max(1) as f64;
    println!(
        "  CPU s/photo  {:.3} mean (decode {:.3}, glance {:.3}, full look {:.3}, close look {:.3}, contrast look {:.3}, bands {:.3})",
        mean(Stages::total_ms),
        mean(|s| s.decode_ms),
        mean(|s| s.glance_ms),
        mean(|s| s.full_look_ms),
        mean(|s| s.close_look_ms),
        mean(|s| s.contrast_look_ms),
        mean(|s| s.bands_ms)
    );
}
