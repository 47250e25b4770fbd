//! What is known of the texts of a folder's photos before it is held against the truth: the input of
//! `networks/fit_certainty.py`.
//!
//! `cargo run --release -p tollbooth-client --example certainty -- FOLDER READINGS > certainty.csv`
//!
//! The folder holds `truth.csv`; the readings are those of the recogniser's native program. Each photo passes a booth of its
//! plate's own state; without one, of California. Plates that may not have been seen whole are left out: other rules hold for
//! them.

use std::path::Path;
use std::process::ExitCode;

use tollbooth_client::evaluation::{BoothChoice, Truth, shares};

/// Trust of a plate that no rule but the probability of its text keeps from being billed, less what sums of numbers lose.
const WHOLE: f64 = 0.999;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, readings] = arguments.as_slice() else {
        eprintln!("usage: certainty FOLDER READINGS");
        return ExitCode::FAILURE;
    };
    let booths = BoothChoice { everywhere: None, otherwise: "us-ca" };
    let found = Truth::read(Path::new(folder)).and_then(|truth| shares(&truth, Path::new(readings), booths));
    match found {
        Ok(found) => {
            println!("file,share,in_series,right");
            for text in found.iter().filter(|text| text.trust > WHOLE) {
                println!("{},{},{},{}", text.file, text.share, text.is_in_series, text.is_right);
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("certainty: {error}");
            ExitCode::FAILURE
        }
    }
}
