//! `tollbooth evaluate`: how well plates are read, through an application of its own or a running one.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value, json};
use tollbooth_client::evaluation::{
    BoothChoice, EvaluationOptions, Score, Truth, booth_jurisdiction, evaluate, judge, settings_with,
};
use tollbooth_client::{Api, ClientError};
use tollbooth_host::{HostError, Manifest};

use crate::output::say;
use crate::server::{Access, exit_code};
use crate::temporary::Temporary;

/// What a shell reports for a command that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// Score the recogniser on a folder of photos with known plates
#[derive(Args)]
#[command(after_help = "\
Examples:
  tollbooth evaluate photos/
  tollbooth evaluate photos/ --json > score.json
  tollbooth evaluate photos/ --report report.html
  tollbooth evaluate photos/ --booth-jurisdiction us-tx
  tollbooth evaluate photos/ --readings readings.jsonl
  tollbooth evaluate photos/ --url http://127.0.0.1:3000 --token-file operator.token

The folder holds photos and truth.csv with the columns `file` and `plate`, perhaps `jurisdiction` (the issuer). An empty
plate means that none can be read; such a photo counts as right when nothing was accepted. Plates are compared as
letters and digits; `wrong_accepted` counts every accepted plate that is not exactly the truth. A column `condition`
(words with spaces between) gives figures by condition, `legible` (name-clear, name-hard, not-legible) by how well the
issuer's name can be read; `other_plate` and `hidden_plate`, as `tollbooth simulate` writes them, tell mistakes apart,
and `label_remark` is shown beside a miss. Intervals are 95 %, Clopper-Pearson.
A serial names an owner only together with its issuer: where the table has `jurisdiction`, issuer and pair are scored
as well, and who of the accepted would be billed wrongly. Each photo passes a booth of its plate's own state;
--booth-jurisdiction sends everything to a booth of one state, as at a real plaza. No photo decides about another: at
each booth they are two hours apart.
Without --url the application of the manifest is started in a temporary directory. There, when no plate has a
jurisdiction in the table, plates that name another one than the booth's are not held against them. With --url the
passages stay in that installation AND ARE BILLED by it: use one that is for tests.
--readings starts nothing: it judges what the recogniser's native program has read, for thousands of photos
(docs/recognition.md). Photos it has not read are left out and counted.
JSON keys: photos, exact, folded (after O=0, I=1), accepted, wrong_accepted (of the accepted; 0 when nothing was), all
shares of 1, seconds_per_photo, misses (file, truth, read, state, reason, confidence, kinds), intervals, reliability,
thresholds, error_kinds, conditions, issuers, legible, unread. With `jurisdiction` in the table, else null: issuer_right
and identity_right (of the plates with a known issuer), wrong_identity_accepted (wrong persons among the accepted), all
shares of 1, wrong_identities (how many), identity_intervals; wrong_person_kinds, wrong_persons, pair_reliability.
Exit codes: 0 scored, 1 the folder or the application is wrong, 2 wrong command line, 3 reading did not go on.")]
pub(crate) struct Evaluate {
    /// Folder with photos and truth.csv
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
    /// Also write one HTML file with diagrams, mistakes and misses
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Readings made natively, one JSON object a line, instead of the application
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    readings: Option<PathBuf>,
    /// A running installation to use, with an operator's token
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    access: Access,
    /// The manifest of the application to start
    #[arg(long, short = 'f', default_value = "spin.toml", value_name = "FILE")]
    manifest: PathBuf,
    /// Where compiled code is kept between evaluations
    #[arg(long, default_value = ".tollbooth/compiled", value_name = "DIR")]
    cache_dir: PathBuf,
    /// Jurisdiction of booths for plates without one in the table
    #[arg(long, default_value = "us-ca", value_name = "CODE")]
    jurisdiction: String,
    /// Send everything to a booth of this state, whatever issued the plate
    #[arg(long, value_name = "CODE", value_parser = booth_jurisdiction, conflicts_with = "jurisdiction")]
    booth_jurisdiction: Option<String>,
    /// A setting of the application that is started, `judge.min_confidence=0.9`; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE", conflicts_with = "url")]
    settings: Vec<String>,
    /// Give up when no photo is read for this many seconds
    #[arg(long, default_value_t = 300, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    patience: u64,
}

impl Evaluate {
    pub(crate) fn run(self) -> Result<u8, HostError> {
        let truth = match Truth::read(&self.folder) {
            Ok(truth) => truth,
            Err(error) => return Ok(exit_code(Err(error))),
        };
        if let Some(readings) = &self.readings {
            let judged = self.changes().and_then(|changes| judge(&truth, readings, self.booths(), &changes));
            return Ok(self.finish(judged));
        }
        let Some(url) = &self.url else { return self.run_here(truth) };
        let scored =
            self.access.api(url, 8).and_then(|api| score(&api, &truth, self.booths(), self.patience, &Map::new()));
        Ok(self.finish(scored))
    }

    /// Starts the application, scores, and leaves nothing behind.
    fn run_here(self, truth: Truth) -> Result<u8, HostError> {
        let changes = match self.changes() {
            Ok(changes) => changes,
            Err(error) => return Ok(exit_code(Err(error))),
        };
        let application = Temporary::start(Manifest::read(&self.manifest)?, self.cache_dir.clone())?;
        let operator = application.operator().clone();
        let (everywhere, otherwise) = (self.booth_jurisdiction.clone(), self.jurisdiction.clone());
        let patience = self.patience;
        let scored = application.until_interrupted(move || {
            operator.change_settings(&changes)?;
            let booths = BoothChoice { everywhere: everywhere.as_deref(), otherwise: &otherwise };
            score(&operator, &truth, booths, patience, &changes)
        })?;
        drop(application);
        Ok(scored.map_or(INTERRUPTED, |scored| self.finish(scored)))
    }

    /// Prints the score, and writes the report that was asked for.
    fn finish(&self, scored: Result<Score, ClientError>) -> u8 {
        exit_code(scored.and_then(|score| {
            if let Some(path) = &self.report {
                let folder = self.folder.file_name().unwrap_or(self.folder.as_os_str());
                let title = format!("How plates were read: {}", folder.to_string_lossy());
                std::fs::write(path, score.to_html(&title)).map_err(|source| ClientError::File {
                    action: "write",
                    path: path.clone(),
                    source,
                })?;
            }
            if self.json {
                say(format_args!("{:#}", json!(score)));
            } else {
                say(&score);
            }
            Ok(0)
        }))
    }

    fn booths(&self) -> BoothChoice<'_> {
        BoothChoice { everywhere: self.booth_jurisdiction.as_deref(), otherwise: &self.jurisdiction }
    }

    /// Settings of the application that is started.
    fn changes(&self) -> Result<Map<String, Value>, ClientError> {
        let mut changes = Map::new();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        changes.insert("reading.concurrency".to_owned(), json!(cores));
        for setting in &self.settings {
            let (name, value) = setting
                .split_once('=')
                .ok_or_else(|| ClientError::Usage(format!("--set {setting} is not of the form name=value")))?;
            // Words need no quotes.
            let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
            changes.insert(name.to_owned(), value);
        }
        Ok(changes)
    }
}

fn score(
    operator: &Api,
    truth: &Truth,
    booths: BoothChoice<'_>,
    patience: u64,
    changes: &Map<String, Value>,
) -> Result<Score, ClientError> {
    let settings = settings_with(changes)?;
    let options =
        EvaluationOptions { booths, jobs: 4, patience: Duration::from_secs(patience), quiet: false, settings };
    evaluate(operator, truth, &options)
}
