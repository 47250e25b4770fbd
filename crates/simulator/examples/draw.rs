//! Writes a folder of drawn photos with `truth.csv`:
//! `cargo run --release -p tollbooth-simulator --example draw -- FOLDER [COUNT] [SEED] [PRESET]`

use std::process::ExitCode;
use std::time::Instant;

use tollbooth_simulator::{SceneOptions, write_folder};

const USAGE: &str = "usage: draw FOLDER [COUNT] [SEED] [PRESET]";

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
    let preset = arguments.next().unwrap_or_else(|| "mixed".to_owned());
    let options = SceneOptions::preset(&preset)
        .ok_or_else(|| format!("no preset is called `{preset}`; known are {}", SceneOptions::PRESETS.join(", ")))?;
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
