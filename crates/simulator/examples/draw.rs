//! Writes a folder of drawn photos with `truth.csv`:
//! `cargo run --release -p tollbooth-simulator --example draw -- FOLDER [COUNT] [SEED] [mixed|clear-day]`

use std::process::ExitCode;
use std::time::Instant;

use tollbooth_simulator::{SceneOptions, write_folder};

const USAGE: &str = "usage: draw FOLDER [COUNT] [SEED] [mixed|clear-day]";

fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()) {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Vec<String>) -> Result<String, String> {
    let mut arguments = arguments.into_iter();
    let folder = arguments.next().ok_or(USAGE)?;
    let count = number(arguments.next(), 100)?;
    let seed = number(arguments.next(), 1)?;
    let options = match arguments.next().as_deref() {
        None | Some("mixed") => SceneOptions::mixed(),
        Some("clear-day") => SceneOptions::clear_day(),
        Some(other) => return Err(format!("no preset is called `{other}`; {USAGE}")),
    };
    let started = Instant::now();
    let summary = write_folder(&folder, count, seed, &options).map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
        format!("{error}{}", cause.unwrap_or_default())
    })?;
    let seconds = started.elapsed().as_secs_f64().max(1e-9);
    Ok(format!(
        "{} photos in {folder}, {} with a readable plate, {} KB on average, {:.1} photos/s",
        summary.photos,
        summary.readable,
        summary.bytes / u64::from(summary.photos.max(1)) / 1024,
        f64::from(summary.photos) / seconds,
    ))
}

fn number<T: std::str::FromStr>(argument: Option<String>, otherwise: T) -> Result<T, String> {
    match argument {
        None => Ok(otherwise),
        Some(text) => text.parse().map_err(|_| format!("`{text}` is not a number; {USAGE}")),
    }
}
