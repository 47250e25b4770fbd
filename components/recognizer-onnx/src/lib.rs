//! Reads plates in process, with the PP-OCR models embedded at build time.
//!
//! Imports nothing but clocks: no network, no store, no secret. One instance reads many photos; the models are loaded
//! at the first.

mod convert;

use std::cell::OnceCell;
use std::time::{Duration, Instant};

use tollbooth_recognition::{MODEL, Models, RecognitionError, Recognizer};

wit_bindgen::generate!({
    inline: "
        package tollbooth:recognizer-onnx;
        world recognizer-onnx {
            export tollbooth:recognizer/recognizer@0.1.0;
        }
    ",
    path: ["../../wit/types", "../../wit/recognizer"],
    world: "tollbooth:recognizer-onnx/recognizer-onnx",
    generate_all,
});

use exports::tollbooth::recognizer::recognizer::{Description, Failure, Guest, Hints, Reading};

/// The component's id, recorded with each reading.
const NAME: &str = "recognizer-onnx";

static DETECTION: &[u8] = include_bytes!("../../../models/plate_detection.onnx");
static RECOGNITION: &[u8] = include_bytes!("../../../models/plate_recognition.onnx");
static VEHICLE: &[u8] = include_bytes!("../../../models/vehicle.onnx");

thread_local! {
    static RECOGNIZER: OnceCell<Recognizer> = const { OnceCell::new() };
    static STARTED: Instant = Instant::now();
}

struct RecognizerOnnx;

impl Guest for RecognizerOnnx {
    fn describe() -> Description {
        Description { name: NAME.to_owned(), model: MODEL.to_owned(), price_micros: 0 }
    }

    fn read(photo: Vec<u8>, _hints: Hints) -> Result<Reading, Failure> {
        RECOGNIZER.with(|cell| {
            let recognizer = match cell.get() {
                Some(recognizer) => recognizer,
                None => {
                    let loaded = load().map_err(convert::failure)?;
                    cell.get_or_init(|| loaded)
                }
            };
            let began = elapsed();
            let reading = recognizer.read(&photo).map_err(convert::failure)?;
            Ok(convert::reading(&reading, elapsed().saturating_sub(began)))
        })
    }
}

fn load() -> Result<Recognizer, RecognitionError> {
    let models = Models { detection: DETECTION.into(), recognition: RECOGNITION.into(), vehicle: VEHICLE.into() };
    Ok(Recognizer::new(models)?.with_clock(elapsed))
}

/// Monotonic time, for the stages' durations.
fn elapsed() -> Duration {
    STARTED.with(Instant::elapsed)
}

export!(RecognizerOnnx);
