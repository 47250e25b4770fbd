//! `tollbooth simulate`: drawn photos of vehicles with known plates, into a folder or to an installation.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use tollbooth_client::progress::Progress;
use tollbooth_client::send::{SendOptions, send};
use tollbooth_client::{Api, Cameras, ClientError};
use tollbooth_simulator::{
    Distortion, FolderSummary, RoadCase, RoadOptions, SceneOptions, distort_folder, write_folder,
};

use crate::output::say;
use crate::server::{Server, exit_code};
use crate::traffic::{Booth, Pace, Traffic, booths};

/// Draw photos of vehicles, and send them or write them to a folder
#[derive(Args)]
#[command(after_help = "\
Examples:
  tollbooth simulate --count 30 --token-file operator.token
  tollbooth simulate --count 600 --booth north --lanes 1,2 --rate 2 --token-file camera.token
  tollbooth simulate --count 100 --seed 7 --into photos/
  tollbooth simulate --count 500 --seed 7 --preset night --into night/
  tollbooth simulate --count 5000 --seed 7 --preset road --home us-tx --into road/
  tollbooth simulate --count 20 --seed 7 --preset road --home us-tx --only mirrored --into mirrored/
  tollbooth simulate --distort photos/ --seed 7 --into worse/
  tollbooth simulate --distort photos/ --kinds blur,dark --into worse/

Without --booth an operator's token is needed: the booths are registered and get a camera each, whose tokens end with
the run. With --booth the token is that of the booth's camera. Without --rate the photos are sent as fast as the
server takes them, with capture times spread over --span; with it they are taken as they are sent.
The same --seed draws the same photos; with the same --start as well, they are the same passages and are resent.
--into writes photos and truth.csv, as `tollbooth evaluate` reads them; its column `condition` gives figures by
condition, and photos without a readable plate have none in the table and say why in `kind` and `cause`.
--preset road draws what passes a booth of --home: mostly its own plates, then its neighbours' and the other states' by
population, tribal, federal, foreign, temporary, dealer, trailer and personalised plates, frames that name other
states, fleet numbers, and cameras that write their name into the picture, look into a mirror or hang upside down. Its
truth.csv names the issuer, how well its name can be read (`legible`), and each such case in `condition`; --only draws
photos of one case.
--distort draws nothing: it writes worse copies of the photos of a folder with truth.csv, each called after its photo
and its kind. Everything written is decided by the seed, whatever the machine's number of cores.
Exit codes: 0 done, 1 some were refused or the folder cannot be written, 2 wrong command line, 3 some were given up.")]
pub(crate) struct Simulate {
    /// Photos
    #[arg(long, short = 'n', default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// What decides every photo [default: another one each time]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// What is drawn
    #[arg(long, value_enum, default_value = "mixed")]
    preset: Preset,
    /// Where the booth of the preset `road` stands, with --into or --booth [default: us-tx]
    #[arg(long, value_name = "CODE", value_parser = home)]
    home: Option<RoadOptions>,
    /// Of the preset `road`, nothing but photos of one case, like `mirrored`
    #[arg(long, value_name = "CASE", value_parser = case)]
    only: Option<RoadCase>,
    /// Write photos and truth.csv into this folder instead of sending
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
    /// Write worse copies of the photos in this folder instead of drawing any
    #[arg(long, value_name = "DIR", requires = "into", conflicts_with_all = ["preset", "count", "home", "only"])]
    distort: Option<PathBuf>,
    /// Kinds of worse copies [default: all of blur, dark, motion, tilt, noise, glare, small, coarse-jpeg]
    #[arg(long, value_delimiter = ',', value_name = "KIND,…", requires = "distort", value_parser = kind)]
    kinds: Vec<Distortion>,
    /// Booths to register and send from
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=100))]
    booths: u16,
    /// Send from this registered booth, with its camera's token
    #[arg(long, value_name = "ID", conflicts_with_all = ["into", "booths"])]
    booth: Option<String>,
    /// Lanes of a booth
    #[arg(long, default_value = "1,2", value_delimiter = ',', value_name = "LANE,…")]
    lanes: Vec<String>,
    /// Photos a second; without it as fast as possible
    #[arg(long, value_name = "N", value_parser = rate, conflicts_with = "into")]
    rate: Option<f64>,
    /// Capture time of the first photo, RFC 3339 [default: so that the last one is now]
    #[arg(long, value_name = "TIME", conflicts_with = "rate")]
    start: Option<Timestamp>,
    /// Time from the first capture to the last, like `1h`
    #[arg(long, default_value = "1h", value_name = "TIME")]
    span: SignedDuration,
    /// Photos in flight
    #[arg(long, short, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Preset {
    /// Everything a year at a booth brings, hard cases more often than on the road
    Mixed,
    /// Daylight, dry, clean vehicles straight ahead
    ClearDay,
    /// As mixed, at night
    Night,
    /// As mixed, in rain and fog
    BadWeather,
    /// Readable plates with much that makes reading hard, often together
    Hard,
    /// What passes a booth of --home, with plates that are easily billed to a wrong person
    Road,
    /// No readable plate: empty road, empty holder, black frame, damaged file, covered, muddy, cut or too far plates
    NothingToRead,
}

impl Preset {
    fn options(self, road: RoadOptions) -> SceneOptions {
        match self {
            Self::Road => SceneOptions::road(road),
            Self::Mixed => SceneOptions::mixed(),
            Self::ClearDay => SceneOptions::clear_day(),
            Self::Night => SceneOptions::night(),
            Self::BadWeather => SceneOptions::bad_weather(),
            Self::Hard => SceneOptions::hard(),
            Self::NothingToRead => SceneOptions::nothing_to_read(),
        }
    }
}

impl Simulate {
    pub(crate) fn run(self) -> u8 {
        let seed = self.seed.unwrap_or_else(fresh_seed);
        let options = match self.options(seed) {
            Ok(options) => options,
            Err(error) => return exit_code(Err(error)),
        };
        match &self.into {
            Some(folder) => self.write(folder, seed, &options),
            None => exit_code(self.send(seed, &options)),
        }
    }

    /// What is drawn. The cameras of a road are the seed's, too.
    fn options(&self, seed: u64) -> Result<SceneOptions, ClientError> {
        if self.preset != Preset::Road && (self.home.is_some() || self.only.is_some()) {
            return Err(ClientError::Usage("--home and --only belong to --preset road".to_owned()));
        }
        if self.home.is_some() && self.into.is_none() && self.booth.is_none() {
            let problem = "--home is for --into or --booth: booths that are registered here have states of their own";
            return Err(ClientError::Usage(problem.to_owned()));
        }
        let home = self.home.map_or_else(|| RoadOptions::of("us-tx"), Ok);
        let road = home.map_err(|error| ClientError::Usage(error.to_string()))?;
        Ok(self.preset.options(RoadOptions { plaza: seed, only: self.only, ..road }))
    }

    fn write(&self, folder: &Path, seed: u64, options: &SceneOptions) -> u8 {
        let written = match &self.distort {
            Some(from) => {
                let kinds = if self.kinds.is_empty() { Distortion::ALL.as_slice() } else { &self.kinds };
                distort_folder(from, folder, seed, kinds)
            }
            None => write_folder(folder, self.count, seed, options),
        };
        match written {
            Ok(FolderSummary { photos, readable, bytes }) => {
                let (folder, kilobytes) = (folder.display(), bytes / 1000);
                say(format_args!(
                    "{photos} photos in {folder}, {readable} with a readable plate, {kilobytes} KB, seed {seed}"
                ));
                0
            }
            Err(error) => {
                eprintln!("error: {}", with_cause(&error));
                1
            }
        }
    }

    fn send(&self, seed: u64, options: &SceneOptions) -> Result<u8, ClientError> {
        let api = self.server.api()?;
        match &self.booth {
            Some(id) => {
                let booth = Booth::registered(id, &self.lanes);
                self.send_from(seed, &[(booth, api)], options)
            }
            None => {
                let booths = booths(usize::from(self.booths), &self.lanes);
                let plans: Vec<_> = booths.iter().map(Booth::camera_plan).collect();
                let cameras = Cameras::register(&api, &plans)?;
                let from: Vec<_> = booths
                    .into_iter()
                    .filter_map(|booth| cameras.api(&booth.id).cloned().map(|api| (booth, api)))
                    .collect();
                let sent = self.send_from(seed, &from, options);
                cameras.revoke()?;
                sent
            }
        }
    }

    fn send_from(&self, seed: u64, booths: &[(Booth, Api)], scenes: &SceneOptions) -> Result<u8, ClientError> {
        let pace = match self.rate {
            Some(rate) => Pace::live(rate),
            None => {
                let start = match self.start {
                    Some(start) => start,
                    None => Timestamp::now().checked_sub(self.span).map_err(|e| ClientError::Usage(e.to_string()))?,
                };
                eprintln!(
                    "seed {seed}, from {start:.3}: --seed {seed} --start {start:.3} sends the same passages again"
                );
                Pace::Spread { start, span: self.span, count: self.count }
            }
        };
        let progress = Progress::new("sending", Some(u64::from(self.count)));
        let options =
            SendOptions { jobs: usize::from(self.jobs), journal: None, progress: &progress, acknowledged: &|_, _| {} };
        let traffic = Traffic::new(booths, scenes, seed, pace, self.count);
        let summary = send(traffic, &options);
        say(&summary);
        Ok(summary.exit_code())
    }
}

fn fresh_seed() -> u64 {
    // Short enough to be typed again.
    u64::from(u32::from_be_bytes(
        Sha256::digest(Timestamp::now().as_nanosecond().to_be_bytes()).first_chunk().copied().unwrap_or_default(),
    ))
}

fn kind(text: &str) -> Result<Distortion, String> {
    let known = Distortion::ALL.iter().copied();
    known.clone().find(|kind| kind.as_str() == text).ok_or_else(|| {
        let names: Vec<&str> = known.map(Distortion::as_str).collect();
        format!("must be one of {}", names.join(", "))
    })
}

fn home(text: &str) -> Result<RoadOptions, String> {
    RoadOptions::of(text).map_err(|error| error.to_string())
}

fn case(text: &str) -> Result<RoadCase, String> {
    RoadCase::ALL.iter().copied().find(|case| case.as_str() == text).ok_or_else(|| {
        let names: Vec<&str> = RoadCase::ALL.iter().map(|case| case.as_str()).collect();
        format!("must be one of {}", names.join(", "))
    })
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "give a number of photos a second".to_owned())?;
    if (0.001..=10_000.0).contains(&rate) { Ok(rate) } else { Err("must be from 0.001 to 10000".to_owned()) }
}

fn with_cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}
