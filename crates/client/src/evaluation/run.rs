//! The run: register, send, wait, read back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::ident::sha256_hex;
use tollbooth_pipeline::identity::{Weighed, weighed};
use tollbooth_pipeline::reading::Sighting;
use tollbooth_pipeline::settings::Settings;

use super::{BoothChoice, Outcome, Place, Score, Truth, TruthRow, place};
use crate::progress::Progress;
use crate::send::{Job, Outgoing, SendOptions, Summary, passage_key, send};
use crate::{Api, Booth, CameraPlan, Cameras, ClientError, PassageView, PhotoParameters, ReadingView};

/// Time between two looks at passages that are being read.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// Passages looked at before waiting again: they are read in about the order they were sent.
const LOOKED_AT: usize = 16;
/// Without any progress for this long, the reading stage is asked to look for work.
const TICK_AFTER: Duration = Duration::from_secs(5);

/// How an evaluation is done.
pub struct EvaluationOptions<'a> {
    /// Which states' booths the photos pass.
    pub booths: BoothChoice<'a>,
    /// Uploads in flight.
    pub jobs: usize,
    /// Longest time without any photo being read.
    pub patience: Duration,
    /// Whether to show progress.
    pub quiet: bool,
    /// The application's settings that differ from the defaults: what it would have said of a plate that a person decides
    /// is weighed with them again.
    pub settings: Settings,
}

/// Evaluates an application with an operator's token: sends every photo of the table from booths made for this run,
/// waits until each is read, and scores.
///
/// # Errors
/// [`ClientError`] when the table is wrong, the application fails, or reading does not go on.
pub fn evaluate<'a>(operator: &Api, truth: &'a Truth, options: &EvaluationOptions<'a>) -> Result<Score, ClientError> {
    let run = Run::new(truth, options)?;
    let cameras = Cameras::register(operator, &run.cameras())?;
    let sent = run.send(&cameras, options);
    cameras.revoke()?;
    let (summary, passages) = sent?;
    if summary.exit_code() == 3 || summary.stopped.is_some() {
        return Err(ClientError::Stalled(format!("not every photo could be sent: {summary}")));
    }
    let refused: BTreeMap<_, _> = summary.refused.into_iter().collect();
    let judged = |row: &TruthRow, view: Option<&PassageView>| {
        let weigh = |sighting: &Sighting| weighed(sighting, options.booths.of(row), &options.settings);
        outcome(row, view, refused.get(&row.file), weigh)
    };
    // A passage with all its readings is let go as soon as it is judged: thousands of them would not fit.
    let rows: BTreeMap<&str, &TruthRow> = truth.rows.iter().map(|row| (row.file.as_str(), row)).collect();
    let mut read: BTreeMap<String, Outcome> = BTreeMap::new();
    wait(operator, passages, options, |file, view| {
        if let Some(row) = rows.get(file.as_str()).copied() {
            let outcome = judged(row, Some(&view));
            read.insert(file, outcome);
        }
    })?;
    let outcomes: Vec<Outcome> =
        truth.rows.iter().map(|row| read.remove(&row.file).unwrap_or_else(|| judged(row, None))).collect();
    Ok(Score::of(&outcomes))
}

struct Run<'a> {
    truth: &'a Truth,
    /// Tells this run's booths from those of every other run.
    id: String,
    now: Timestamp,
    keys: Vec<String>,
    places: Vec<Place>,
}

impl<'a> Run<'a> {
    fn new(truth: &'a Truth, options: &EvaluationOptions<'a>) -> Result<Self, ClientError> {
        let now = Timestamp::now();
        let (mut digests, mut keys) = (Vec::new(), Vec::new());
        for row in &truth.rows {
            let path = truth.folder.join(&row.file);
            let photo = std::fs::read(&path).map_err(ClientError::file("read", &path))?;
            digests.push(sha256_hex(&photo));
            keys.push(passage_key(&row.file, &photo));
        }
        let booths = options.booths;
        let places = place(truth.rows.iter().zip(&digests).map(|(row, digest)| (booths.of(row), digest.as_str())));
        Ok(Self { truth, id: format!("{:x}", now.as_millisecond()), now, keys, places })
    }

    fn booth(&self, place: &Place) -> String {
        format!("evaluate-{}-{}-{}", self.id, place.jurisdiction, place.number)
    }

    fn cameras(&self) -> Vec<CameraPlan> {
        let booths: BTreeSet<_> = self.places.iter().map(|place| (self.booth(place), &place.jurisdiction)).collect();
        booths
            .into_iter()
            .map(|(id, jurisdiction)| CameraPlan {
                booth: Booth {
                    name: format!("Evaluation {id}"),
                    id,
                    jurisdiction: jurisdiction.clone(),
                    lanes: Vec::new(),
                    time_zone: "UTC".to_owned(),
                },
                token_name: format!("evaluation {}", self.id),
            })
            .collect()
    }

    fn send(
        &self,
        cameras: &Cameras,
        options: &EvaluationOptions<'_>,
    ) -> Result<(Summary, Vec<(String, String)>), ClientError> {
        let mut jobs = Vec::new();
        let mut files = BTreeMap::new();
        for ((row, place), key) in self.truth.rows.iter().zip(&self.places).zip(&self.keys) {
            let booth = self.booth(place);
            let api = cameras.api(&booth).ok_or_else(|| ClientError::Usage(format!("no camera at {booth}")))?;
            let captured = rfc3339(self.now.as_millisecond() - i64::try_from(place.hours_ago).unwrap_or(0) * 3_600_000);
            files.insert((booth.clone(), key.clone()), row.file.clone());
            let path = self.truth.folder.join(&row.file);
            let (lane, camera) = ("1".to_owned(), "evaluate".to_owned());
            let about = PhotoParameters { booth, key: key.clone(), captured_at: captured, lane, camera };
            let prepare = move || {
                let photo = std::fs::read(&path).map_err(|e| format!("could not read it: {e}"))?;
                Ok(Outgoing { about, photo, time_may_change: false })
            };
            jobs.push(Job { name: row.file.clone(), api: api.clone(), prepare: Box::new(prepare) });
        }
        let progress = progress("sending", jobs.len(), options.quiet);
        let passages = Mutex::new(Vec::new());
        let acknowledged = |about: &PhotoParameters, passage: &str| {
            if let Some(file) = files.get(&(about.booth.clone(), about.key.clone())) {
                let mut passages = passages.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                passages.push((file.clone(), passage.to_owned()));
            }
        };
        let options =
            SendOptions { jobs: options.jobs, journal: None, progress: &progress, acknowledged: &acknowledged };
        let summary = send(jobs.into_iter(), &options);
        Ok((summary, passages.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)))
    }
}

/// Waits until every passage is settled, and hands over file names and what became of them, one by one.
fn wait(
    operator: &Api,
    passages: Vec<(String, String)>,
    options: &EvaluationOptions<'_>,
    mut settle: impl FnMut(String, PassageView),
) -> Result<(), ClientError> {
    let progress = progress("reading", passages.len(), options.quiet);
    let mut settled = 0_u64;
    let mut pending = passages;
    let (mut last_progress, mut last_tick) = (Instant::now(), Instant::now());
    while !pending.is_empty() {
        let before = settled;
        let mut looked_at = 0;
        let mut left = Vec::new();
        for (file, passage) in pending {
            if looked_at >= LOOKED_AT {
                left.push((file, passage));
                continue;
            }
            let view = operator.passage(&passage)?;
            if view.is_settled() {
                settled += 1;
                settle(file, view);
            } else {
                looked_at += 1;
                left.push((file, passage));
            }
        }
        pending = left;
        progress.set(settled);
        if settled > before {
            last_progress = Instant::now();
        } else if last_progress.elapsed() > options.patience {
            let waiting = pending.len();
            let seconds = options.patience.as_secs();
            let words = format!("{waiting} photos wait to be read and none was for {seconds} s; see the server's log");
            return Err(ClientError::Stalled(words));
        }
        if last_progress.elapsed() > TICK_AFTER && last_tick.elapsed() > TICK_AFTER {
            last_tick = Instant::now();
            operator.tick("reading")?;
        }
        if !pending.is_empty() {
            std::thread::sleep(LOOK_AGAIN);
        }
    }
    progress.finish();
    Ok(())
}

fn outcome(
    row: &TruthRow,
    view: Option<&PassageView>,
    refused: Option<&String>,
    weigh: impl Fn(&Sighting) -> Option<Weighed>,
) -> Outcome {
    let reading = view.and_then(PassageView::latest_reading);
    let sighting = reading.and_then(|reading| reading.sightings.first());
    let weighed = sighting.and_then(weigh);
    let best = sighting.and_then(|sighting| sighting.candidates.first());
    let accepted = view.is_some_and(|view| view.state == "accepted");
    let likeliest = weighed.as_ref().map(|weighed| weighed.issuer().to_owned());
    Outcome {
        file: row.file.clone(),
        truth: row.plate.clone(),
        // Decided, or suggested to a person.
        read: view
            .and_then(|view| view.plate.clone())
            .or_else(|| best.map(|candidate| candidate.text.clone()))
            .unwrap_or_default(),
        confidence: weighed
            .as_ref()
            .map(Weighed::sure_of_text)
            .or(best.map(|candidate| f64::from(candidate.confidence))),
        others_read: reading.map(others).unwrap_or_default(),
        state: view.map_or_else(|| "refused".to_owned(), |view| view.state.clone()),
        reason: view.map_or_else(|| refused.cloned(), |view| view.reason.clone()),
        reading_ms: reading.map(|reading| reading.duration_ms),
        issuer: view.filter(|_| accepted).and_then(|view| view.jurisdiction.clone()).or(likeliest),
        pair_confidence: weighed.as_ref().map(Weighed::sure_of_pair),
        about: row.clone(),
    }
}

/// Texts of all plates but the first.
fn others(reading: &ReadingView) -> Vec<String> {
    let rest = reading.sightings.iter().skip(1);
    rest.flat_map(|sighting| &sighting.candidates).map(|candidate| candidate.text.clone()).collect()
}

fn progress(what: &str, total: usize, quiet: bool) -> Progress {
    if quiet { Progress::silent() } else { Progress::new(what, Some(total as u64)) }
}
