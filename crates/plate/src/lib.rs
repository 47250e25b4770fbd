//! Plate text rules: what a plate's text may look like, which letters are mistaken for which, which state a
//! text names, and which of all the lines of text in a photo is the plate.
//!
//! Everything here is a pure function of text and geometry, so any service that returns lines of text goes
//! through the same rules as the recogniser in process. It must not do IO, know WASI or HTTP, or decide
//! whether a plate is billed: it reports evidence and doubts, the judge decides.
//!
//! Serials say how probable a text is of an issuer, and so may choose among the texts that were read; word lists advise.

mod abroad;
mod badges;
mod barred;
mod confidence;
pub mod confusable;
pub mod consensus;
mod county;
mod fusion;
mod geometry;
pub mod issuer;
mod joining;
pub mod jurisdiction;
pub mod keying;
mod labels;
mod line;
mod named;
mod nearer;
pub mod noise;
pub mod pair;
mod picker;
mod register;
pub mod serial;
mod sighting;
mod spelling;
pub mod text;
pub mod turned;

pub use barred::{has_open_eight, may_be_a_barred_zero, names_barred_zeros};
pub use confidence::{DEFAULT_ACCEPT_CONFIDENCE, Evidence, most_for_text};
pub use county::may_be_a_county;
pub use geometry::{Bounds, Quad};
pub use jurisdiction::JurisdictionRead;
pub use line::{Alternative, Character, TextLine};
pub use named::{is_one_issuers, is_vouched_for, plate_before_writing};
pub use picker::{is_plain_plate, pick, with_registers};
pub use register::names_other_register;
pub use sighting::{Candidate, Doubt, PlateSighting};
pub use spelling::Spelling;
