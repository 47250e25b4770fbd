//! Every parser that sees bytes of somebody else, each with what must hold for any input whatsoever.
//!
//! `fuzz/` looks for inputs that break these functions; what it found, and a small corpus, are in `fuzz/corpus` and are
//! replayed by this crate's test with the ordinary toolchain. A broken promise is a panic, in here only.

mod photos;
mod pushes;
mod replies;
mod requests;

/// Name of a target, and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// All targets; `fuzz/corpus` has a folder for each.
pub const TARGETS: [Target; 14] = [
    ("photo_header", photos::header),
    ("decode_jpeg", photos::jpeg),
    ("decode_png", photos::png),
    ("decode_webp", photos::webp),
    ("azure_vision", replies::azure_vision),
    ("plate_recognizer", replies::plate_recognizer),
    ("contract", replies::contract),
    ("hints", replies::hints),
    ("request_target", requests::target),
    ("traceparent", requests::traceparent),
    ("captured_at", requests::captured_at),
    ("push", pushes::push),
    ("push_time", pushes::push_time),
    ("credentials", pushes::credentials),
];

/// Runs a target by name.
///
/// # Panics
/// When the input breaks a promise, or there is no such target.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    assert!(target.is_some(), "there is no target {name}");
    if let Some((_, check)) = target {
        check(data);
    }
}
