//! What the reading stage and a recogniser behind HTTP say to each other: `wit/recognizer` as JSON.
//!
//! Services over HTTP are components of their own with their own host and secret, so they cannot be composed into the
//! reading stage; this contract takes the place of the WIT import. One photo, one exchange:
//!
//! - `POST /read` with the photo's bytes as body and the [`Hints`] as headers. The answer is always status 200 and an
//!   [`Answer`]: `{"reading": {…}}` or `{"failure": {…}}`.
//! - `GET /describe` answers a [`Description`].
//!
//! Whatever else comes back is no answer: [`parse_answer`] turns another status into an outage and a body that breaks
//! a rule into an invalid answer, never into an empty road. Both sides check with the same code.
//!
//! Works native and in wasm; must not know HTTP clients, WASI or any one service.

mod answer;
mod check;
mod description;
mod error;
mod failure;
mod hints;

pub use answer::{Answer, MAX_ANSWER_BYTES, parse_answer, render_answer};
pub use check::{
    MAX_CANDIDATES, MAX_DOUBTS, MAX_ISSUERS, MAX_NAME_BYTES, MAX_RAW_BYTES, MAX_SIGHTINGS, MAX_TEXT_CHARS,
    check_reading,
};
pub use description::{Description, parse_description, render_description};
pub use error::ContractError;
pub use failure::{Class, Failure, MAX_DETAIL_CHARS};
pub use hints::{HEADERS, Hints};
pub use tollbooth_pipeline::reading::{Bounds, Candidate, JurisdictionRead, Reading, Sighting};

/// Path of a reading, `POST`.
pub const READ_PATH: &str = "/read";
/// Path of the description, `GET`.
pub const DESCRIBE_PATH: &str = "/describe";
