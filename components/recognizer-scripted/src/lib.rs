//! A recogniser that answers as a test tells it to.
//!
//! The script travels in the photo itself: a JSON object after the marker `tollbooth-script:` anywhere in the file
//! (tests append it behind the image's end, where decoders ignore it). A photo without a script is an empty road.
//! Never part of the production manifest.

mod script;

wit_bindgen::generate!({
    inline: "
        package tollbooth:recognizer-scripted;
        world recognizer-scripted {
            export tollbooth:recognizer/recognizer@0.1.0;
        }
    ",
    path: ["../../wit/types", "../../wit/recognizer"],
    world: "tollbooth:recognizer-scripted/recognizer-scripted",
    generate_all,
});

use exports::tollbooth::recognizer::recognizer::{Description, Failure, Guest, Hints, Reading};

struct RecognizerScripted;

impl Guest for RecognizerScripted {
    fn describe() -> Description {
        Description { name: "recognizer-scripted".to_owned(), model: "script-1".to_owned(), price_micros: 0 }
    }

    fn read(photo: Vec<u8>, hints: Hints) -> Result<Reading, Failure> {
        script::answer(&photo, hints.attempt)
    }
}

export!(RecognizerScripted);
