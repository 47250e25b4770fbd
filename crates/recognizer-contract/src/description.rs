//! The answer to `GET /describe`.

use serde::{Deserialize, Serialize};

use crate::ContractError;
use crate::check::name;

/// Longest description, in bytes.
const MAX_DESCRIPTION_BYTES: usize = 4_096;

/// Who would read, and for how much. Asking has no side effect and calls no service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// Component id, `recognizer-plate-recognizer`.
    pub name: String,
    /// Model or API version.
    pub model: String,
    /// Price per call in millionths of the accounting currency.
    pub price_micros: u64,
}

/// A description as it came over HTTP.
///
/// # Errors
/// [`ContractError`] when the body is too long, of another shape, or a name is empty or too long.
pub fn parse_description(body: &[u8]) -> Result<Description, ContractError> {
    if body.len() > MAX_DESCRIPTION_BYTES {
        return Err(ContractError::TooLong { limit: MAX_DESCRIPTION_BYTES });
    }
    let description: Description = serde_json::from_slice(body).map_err(|e| ContractError::shape(&e))?;
    name("name", &description.name)?;
    name("model", &description.model)?;
    Ok(description)
}

/// A description's body.
#[must_use]
pub fn render_description(description: &Description) -> Vec<u8> {
    // Texts and numbers always serialise.
    serde_json::to_vec(description).unwrap_or_default()
}
