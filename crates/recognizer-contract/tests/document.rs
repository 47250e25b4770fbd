//! The contract's document shows messages that the code takes.

use std::fs;
use std::path::Path;

use tollbooth_recognizer_contract::{Class, HEADERS, MAX_SIGHTINGS, MAX_TEXT_CHARS, parse_answer, parse_description};

fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/recognizers.md");
    fs::read_to_string(&path).unwrap_or_default()
}

#[test]
fn every_example_in_the_document_is_a_message_of_the_contract() {
    let document = document();
    let examples: Vec<&str> = document.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(examples.len(), 4, "a description, a reading and two failures");
    let mut readings = 0;
    for example in examples {
        if parse_description(example.as_bytes()).is_ok() {
            continue;
        }
        match parse_answer(200, example.as_bytes()) {
            Ok(reading) => readings += reading.sightings.len(),
            Err(failure) => assert_ne!(failure.class, Class::InvalidAnswer, "{example}: {}", failure.detail),
        }
    }
    assert_eq!(readings, 1);
}

#[test]
fn every_class_header_and_limit_is_in_the_document() {
    let document = document();
    for class in Class::ALL {
        assert!(document.lines().any(|line| line.starts_with(&format!("| `{class}` |"))), "{class}");
    }
    for header in HEADERS {
        assert!(document.contains(&format!("| `{header}` |")), "{header}");
    }
    assert!(document.contains(&format!("longer than {MAX_TEXT_CHARS} characters")));
    assert!(document.contains(&format!("more than {MAX_SIGHTINGS} plates")));
}
