//! The answer to `POST /read`.

use serde::{Deserialize, Serialize};
use tollbooth_pipeline::reading::Reading;

use crate::{Class, ContractError, Failure, check_reading};

/// Longest answer, in bytes: a raw reply of 64 KiB whose every byte JSON escapes to two, and the longest reading.
/// Stop reading a body here; nothing longer is valid.
pub const MAX_ANSWER_BYTES: usize = 524_288;

/// What `POST /read` answers, with status 200 in either case. Exactly one member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The photo was read. Without sightings: looked, and found no plate.
    Reading(Reading),
    /// It was not read.
    Failure(Failure),
}

/// The reading in an answer as it came over HTTP.
///
/// # Errors
/// The failure that the recogniser reports; an outage for any status but 200; an invalid answer for a body that breaks
/// the contract.
pub fn parse_answer(status: u16, body: &[u8]) -> Result<Reading, Failure> {
    if status != 200 {
        return Err(Failure::new(Class::Outage, &format!("the recogniser answered with status {status}")));
    }
    match parse(body) {
        Ok(Answer::Reading(reading)) => Ok(reading),
        Ok(Answer::Failure(failure)) => Err(failure.received()),
        Err(error) => Err(Failure::new(Class::InvalidAnswer, &error.to_string())),
    }
}

fn parse(body: &[u8]) -> Result<Answer, ContractError> {
    if body.len() > MAX_ANSWER_BYTES {
        return Err(ContractError::TooLong { limit: MAX_ANSWER_BYTES });
    }
    let answer: Answer = serde_json::from_slice(body).map_err(|e| ContractError::shape(&e))?;
    if let Answer::Reading(reading) = &answer {
        check_reading(reading)?;
    }
    Ok(answer)
}

/// An answer's body. A reading that breaks the contract is sent as an invalid answer, so that the recogniser that made
/// it is named as the cause.
#[must_use]
pub fn render_answer(outcome: Result<Reading, Failure>) -> Vec<u8> {
    let answer = match outcome {
        Ok(reading) => match check_reading(&reading) {
            Ok(()) => Answer::Reading(reading),
            Err(error) => Answer::Failure(Failure::new(Class::InvalidAnswer, &error.to_string())),
        },
        Err(failure) => Answer::Failure(failure.received()),
    };
    // Texts and finite numbers always serialise; an empty body would be an invalid answer to the caller.
    serde_json::to_vec(&answer).unwrap_or_default()
}
