//! The rules that a reading keeps, whoever made it. An answer that breaks one is retried, not judged.

use tollbooth_pipeline::ident::check_issuer;
use tollbooth_pipeline::reading::{Candidate, Reading, Sighting};
use tollbooth_pipeline::text::shown;

use crate::ContractError;

/// Most plates in a reading: more than any photo of a lane shows.
pub const MAX_SIGHTINGS: usize = 50;
/// Most texts for one plate.
pub const MAX_CANDIDATES: usize = 20;
/// Longest text of a plate, in characters; real plates have ten at most.
pub const MAX_TEXT_CHARS: usize = 64;
/// Most doubts about one plate.
pub const MAX_DOUBTS: usize = 20;
/// Most names of issuers beside one plate.
pub const MAX_ISSUERS: usize = 20;
/// Most that a name weighs, as a natural logarithm: more is certain many times over.
const MAX_WEIGHT: f32 = 1_000.0;
/// Longest name of a recogniser, model or doubt, and longest evidence of a jurisdiction or an issuer, in bytes.
pub const MAX_NAME_BYTES: usize = 200;
/// Longest raw answer, in bytes.
pub const MAX_RAW_BYTES: usize = 65_536;
/// Furthest a box may reach, in pixels: no photo that is read has a longer side.
const MAX_PIXEL: f32 = 65_536.0;

/// Checks every rule of the contract that JSON's shape does not already enforce.
///
/// # Errors
/// The first rule that is broken, with the member's name; never with its value.
pub fn check_reading(reading: &Reading) -> Result<(), ContractError> {
    name("recognizer", &reading.recognizer)?;
    name("model", &reading.model)?;
    if reading.raw.len() > MAX_RAW_BYTES {
        return Err(ContractError::value("raw", format!("at most {MAX_RAW_BYTES} bytes")));
    }
    at_most("sightings", reading.sightings.len(), MAX_SIGHTINGS)?;
    for (index, sighting) in reading.sightings.iter().enumerate() {
        check_sighting(&format!("sightings[{index}]"), sighting)?;
    }
    Ok(())
}

fn check_sighting(at: &str, sighting: &Sighting) -> Result<(), ContractError> {
    let bounds = sighting.bounds;
    let within = |value: f32| (-MAX_PIXEL..=MAX_PIXEL).contains(&value);
    if ![bounds.x, bounds.y, bounds.width, bounds.height].into_iter().all(within)
        || bounds.width < 0.0
        || bounds.height < 0.0
    {
        return Err(ContractError::value(format!("{at}.bounds"), "must be pixels of the photo, sizes not negative"));
    }
    if sighting.candidates.is_empty() {
        return Err(ContractError::value(format!("{at}.candidates"), "must not be empty"));
    }
    at_most(&format!("{at}.candidates"), sighting.candidates.len(), MAX_CANDIDATES)?;
    for candidate in &sighting.candidates {
        check_candidate(&format!("{at}.candidates"), candidate)?;
    }
    share(&format!("{at}.plausibility"), sighting.plausibility)?;
    at_most(&format!("{at}.doubts"), sighting.doubts.len(), MAX_DOUBTS)?;
    for doubt in &sighting.doubts {
        name(&format!("{at}.doubts"), doubt)?;
    }
    at_most(&format!("{at}.issuers"), sighting.issuers.len(), MAX_ISSUERS)?;
    for read in &sighting.issuers {
        check_issuer(&read.code).map_err(|e| ContractError::value(format!("{at}.issuers.code"), e.problem))?;
        // A comparison with NaN is false, so NaN is refused, too.
        if !(0.0..=MAX_WEIGHT).contains(&read.weight) {
            return Err(ContractError::value(
                format!("{at}.issuers.weight"),
                format!("must be from 0 to {MAX_WEIGHT}"),
            ));
        }
        evidence(&format!("{at}.issuers.evidence"), &read.evidence)?;
    }
    let Some(read) = &sighting.jurisdiction else { return Ok(()) };
    check_issuer(&read.code).map_err(|e| ContractError::value(format!("{at}.jurisdiction.code"), e.problem))?;
    share(&format!("{at}.jurisdiction.confidence"), read.confidence)?;
    evidence(&format!("{at}.jurisdiction.evidence"), &read.evidence)
}

/// Text that reviewers are shown.
fn evidence(at: &str, text: &str) -> Result<(), ContractError> {
    if text.len() <= MAX_NAME_BYTES && shown(text, MAX_NAME_BYTES) == text {
        return Ok(());
    }
    let rule = "without controls, overrides of the direction and invisible characters";
    Err(ContractError::value(at, format!("must be at most {MAX_NAME_BYTES} bytes {rule}")))
}

fn check_candidate(at: &str, candidate: &Candidate) -> Result<(), ContractError> {
    let is_plate_text = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    if !(1..=MAX_TEXT_CHARS).contains(&candidate.text.len()) || !candidate.text.bytes().all(is_plate_text) {
        return Err(ContractError::value(
            format!("{at}.text"),
            format!("must be 1 to {MAX_TEXT_CHARS} capital letters and digits"),
        ));
    }
    share(&format!("{at}.confidence"), candidate.confidence)?;
    if !candidate.characters.is_empty() && candidate.characters.len() != candidate.text.len() {
        return Err(ContractError::value(format!("{at}.characters"), "must be empty or as long as the text"));
    }
    candidate.characters.iter().try_for_each(|value| share(&format!("{at}.characters"), *value))
}

fn share(at: &str, value: f32) -> Result<(), ContractError> {
    // A comparison with NaN is false, so NaN is refused, too.
    if (0.0..=1.0).contains(&value) { Ok(()) } else { Err(ContractError::value(at, "must be a number from 0 to 1")) }
}

fn at_most(at: &str, count: usize, most: usize) -> Result<(), ContractError> {
    if count <= most { Ok(()) } else { Err(ContractError::value(at, format!("at most {most} entries"))) }
}

pub(crate) fn name(at: &str, text: &str) -> Result<(), ContractError> {
    if text.is_empty() {
        return Err(ContractError::value(at, format!("must be 1 to {MAX_NAME_BYTES} bytes")));
    }
    evidence(at, text)
}
