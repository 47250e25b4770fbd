//! `tollbooth send`: photos from disk, as a camera would send them.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use clap::Args;
use jiff::tz::TimeZone;
use tollbooth_client::progress::Progress;
use tollbooth_client::send::{
    Found, Job, Journal, Outgoing, PhotoFile, SendOptions, Summary, Watch, copied_folder, far_from_its_own_time,
    find_photos, passage_key, send,
};
use tollbooth_client::{Api, CaptureTime, ClientError, PhotoParameters};

use crate::output::say;
use crate::server::{Server, exit_code};

/// Send photos of one booth's camera
#[derive(Args)]
#[command(after_help = "\
Examples:
  tollbooth send photos/ --booth north --token-file camera.token
  tollbooth send today/*.jpg --booth north --lane 2 --captured-at exif --journal sent.jsonl --jobs 8
  tollbooth send trail-camera/ --booth north --captured-at exif --time-zone America/Chicago
  tollbooth send /srv/ftp/north-front --watch --booth north --journal north-front.jsonl

A photo's key is made of its name and content, so running the same command again resends safely and doubles nothing.
With --journal, photos that were acknowledged before are not even sent again. A copy of the folder doubles nothing either,
whatever times its files have; but what is first sent from a copy is dated by it, so times that look copied are said.
Of a directory every JPEG, PNG and WebP file is sent, whatever its name; other images (HEIC, AVIF, raw) are named.
With --watch it goes on until it is stopped, and sends what others write into the directory once a file's size rests.
Exit codes: 0 every photo is acknowledged, 1 some were refused or left out, 2 wrong command line, 3 some were given up:
run the command again.")]
pub(crate) struct Send {
    /// Photos, or directories of them: JPEG, PNG and WebP
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
    /// When the photos were taken: `mtime` (the file's modification time), `exif` (the photo's own time, by its offset or
    /// in --time-zone), or an RFC 3339 time for all of them
    #[arg(long, default_value = "mtime", value_name = "mtime|exif|TIME")]
    captured_at: CaptureTime,
    /// Where the camera's clock stands, for photos that say their time without an offset
    #[arg(long, value_name = "ZONE", value_parser = time_zone)]
    time_zone: Option<TimeZone>,
    /// Photos in flight
    #[arg(long, short, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    /// File that remembers what was acknowledged
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Go on, and send what is written into the directories later: for cameras that upload by FTP or to a share
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    server: Server,
}

/// Between two looks at a folder that is watched.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// After photos that were given up: the server is gone, and cameras go on writing meanwhile.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Doubtful times named; more are counted.
const MAX_NAMED: usize = 20;

fn time_zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| format!("`{name}` is no zone of the time zone database, like America/Chicago"))
}

fn warn_of(doubtful: &[String]) {
    if doubtful.is_empty() {
        return;
    }
    eprintln!("warning: {} files were written at another time than their photos say:", doubtful.len());
    for line in doubtful.iter().take(MAX_NAMED) {
        eprintln!("  {line}");
    }
    if doubtful.len() > MAX_NAMED {
        eprintln!("  … and {} more", doubtful.len() - MAX_NAMED);
    }
    eprintln!("  Passages are billed by the first time that is sent. Next time, send with --captured-at exif.");
}

impl Send {
    pub(crate) fn run(self) -> u8 {
        exit_code(self.send())
    }

    fn send(&self) -> Result<u8, ClientError> {
        let api = self.server.api()?;
        let journal = self.journal.as_ref().map(|path| Journal::open(path, api.base())).transpose()?;
        if self.watch {
            return self.go_on(&api, journal.as_ref());
        }
        let Found { photos, left_out } = find_photos(&self.paths)?;
        let summary = self.send_all(&api, journal.as_ref(), photos, left_out);
        Ok(summary.exit_code())
    }

    /// Sends what comes, until nothing further can succeed or somebody stops it.
    fn go_on(&self, api: &Api, journal: Option<&Journal>) -> Result<u8, ClientError> {
        let mut watch = Watch::default();
        loop {
            let ripe = watch.look(&self.paths)?;
            let mut pause = LOOK_EVERY;
            if !(ripe.photos.is_empty() && ripe.left_out.is_empty()) {
                let paths: Vec<PathBuf> = ripe.photos.iter().map(|photo| photo.path.clone()).collect();
                let summary = self.send_all(api, journal, ripe.photos, ripe.left_out);
                if summary.stopped.is_some() && summary.failed.is_empty() {
                    // What refuses every photo, a revoked token for one, is nothing that waiting helps.
                    return Ok(summary.exit_code());
                }
                watch.tried(&paths, &summary);
                if !summary.failed.is_empty() {
                    pause = LOOK_AGAIN;
                }
            }
            std::thread::sleep(pause);
        }
    }

    fn send_all(
        &self,
        api: &Api,
        journal: Option<&Journal>,
        files: Vec<PhotoFile>,
        left_out: Vec<(PathBuf, &'static str)>,
    ) -> Summary {
        let progress = Progress::new("sending", Some(files.len() as u64));
        let options =
            SendOptions { jobs: usize::from(self.jobs), journal, progress: &progress, acknowledged: &|_, _| {} };
        if self.captured_at == CaptureTime::FileModified {
            let paths = files.iter().map(|file| file.path.as_path());
            copied_folder(paths, SystemTime::now()).inspect(|warning| progress.say(warning));
        }
        let doubtful = Arc::new(Mutex::new(Vec::new()));
        let mut summary = send(files.into_iter().map(|file| self.job(api, file, &doubtful)), &options);
        summary.left_out =
            left_out.into_iter().map(|(path, why)| (path.display().to_string(), why.to_owned())).collect();
        say(&summary);
        warn_of(&doubtful.lock().unwrap_or_else(PoisonError::into_inner));
        summary
    }

    fn job(&self, api: &Api, file: PhotoFile, doubtful: &Arc<Mutex<Vec<String>>>) -> Job {
        let (booth, lane, camera) = (self.booth.clone(), self.lane.clone(), self.camera.clone());
        let (source, zone, doubtful) = (self.captured_at.clone(), self.time_zone.clone(), Arc::clone(doubtful));
        let name = file.path.display().to_string();
        let prepare = move || {
            let photo = fs::read(&file.path).map_err(|e| format!("could not read it: {e}"))?;
            let modified = fs::metadata(&file.path).and_then(|metadata| metadata.modified()).ok();
            let captured_at = source.of(&photo, modified, zone.as_ref()).map_err(|e| e.to_string())?;
            let time_may_change = source == CaptureTime::FileModified;
            if time_may_change
                && let Some(why) = modified.and_then(|modified| far_from_its_own_time(&photo, modified, zone.as_ref()))
            {
                let line = format!("{}: sent as taken at {captured_at}, but {why}", file.path.display());
                doubtful.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
            let key = passage_key(&file.name(), &photo);
            Ok(Outgoing { about: PhotoParameters { booth, key, captured_at, lane, camera }, photo, time_may_change })
        };
        Job { name, api: api.clone(), prepare: Box::new(prepare) }
    }
}
