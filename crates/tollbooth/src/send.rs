//! `tollbooth send`: photos from disk, as a camera would send them.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use tollbooth_client::progress::Progress;
use tollbooth_client::send::{Job, Journal, Outgoing, PhotoFile, SendOptions, find_photos, passage_key, send};
use tollbooth_client::{Api, CaptureTime, ClientError, PhotoParameters};

use crate::output::say;
use crate::server::{Server, exit_code};

/// Send photos of one booth's camera
#[derive(Args)]
#[command(after_help = "\
Examples:
  tollbooth send photos/ --booth north --token-file camera.token
  tollbooth send today/*.jpg --booth north --lane 2 --captured-at exif --journal sent.jsonl --jobs 8

A photo's key is made of its name and content, so running the same command again resends safely and doubles nothing.
With --journal, photos that were acknowledged before are not even sent again.
Exit codes: 0 every photo is acknowledged, 1 some were refused, 2 wrong command line, 3 some were given up: run the
command again.")]
pub(crate) struct Send {
    /// Photos, or directories of .jpg, .jpeg, .png and .webp files
    #[arg(required = true, value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
    /// The booth that the token's camera belongs to
    #[arg(long)]
    booth: String,
    /// The lane
    #[arg(long, default_value = "1")]
    lane: String,
    /// The camera
    #[arg(long, default_value = "cam-1")]
    camera: String,
    /// When the photos were taken: `mtime` (the file's modification time), `exif` (the photo's own time, which needs
    /// its offset), or an RFC 3339 time for all of them
    #[arg(long, default_value = "mtime", value_name = "mtime|exif|TIME")]
    captured_at: CaptureTime,
    /// Photos in flight
    #[arg(long, short, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    /// File that remembers what was acknowledged
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    #[command(flatten)]
    server: Server,
}

impl Send {
    pub(crate) fn run(self) -> u8 {
        exit_code(self.send())
    }

    fn send(&self) -> Result<u8, ClientError> {
        let api = self.server.api()?;
        let files = find_photos(&self.paths)?;
        let journal = self.journal.as_ref().map(|path| Journal::open(path, api.base())).transpose()?;
        let progress = Progress::new("sending", Some(files.len() as u64));
        let options = SendOptions {
            jobs: usize::from(self.jobs),
            journal: journal.as_ref(),
            progress: &progress,
            acknowledged: &|_, _| {},
        };
        let summary = send(files.into_iter().map(|file| self.job(&api, file)), &options);
        say(&summary);
        Ok(summary.exit_code())
    }

    fn job(&self, api: &Api, file: PhotoFile) -> Job {
        let (booth, lane, camera) = (self.booth.clone(), self.lane.clone(), self.camera.clone());
        let captured_at = self.captured_at.clone();
        let name = file.path.display().to_string();
        let prepare = move || {
            let photo = fs::read(&file.path).map_err(|e| format!("could not read it: {e}"))?;
            let modified = fs::metadata(&file.path).and_then(|metadata| metadata.modified()).ok();
            let captured_at = captured_at.of(&photo, modified).map_err(|e| e.to_string())?;
            let key = passage_key(&file.name(), &photo);
            Ok(Outgoing { about: PhotoParameters { booth, key, captured_at, lane, camera }, photo })
        };
        Job { name, api: api.clone(), prepare: Box::new(prepare) }
    }
}
