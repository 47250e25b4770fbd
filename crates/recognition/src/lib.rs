//! Reads plates in process: finds text in a photo, reads it, and lets `tollbooth-plate` choose the plate.
//!
//! Two PP-OCR networks, and one that knows vehicles, run on `rten`, a pure Rust runtime, so the same code serves a
//! WebAssembly component (one thread, SIMD) and native tools. A [`Recognizer`] is a pure function of photo bytes and
//! models: no files, no network, no threads of its own, and no clock but the one its caller supplies.
//!
//! Foreign bytes are the rule here. Every photo is checked for format, completeness and number of pixels
//! before it is decoded, and the work per photo is bounded by [`Limits`]. It must not decide what is safe to
//! bill; it reports confidence and doubts.

mod bands;
mod contrast;
mod crop;
mod ctc;
mod detector;
mod error;
mod frame;
mod look;
mod marks;
mod models;
mod network;
mod photo;
mod raster;
mod reading;
mod recognizer;
mod regions;
mod rows;
mod settling;
mod speller;
mod stack;
mod stages;
mod turned;
mod vehicle;
mod view;
mod window;

pub use error::RecognitionError;
pub use models::Models;
pub use photo::Limits;
pub use reading::Reading;
pub use recognizer::{MODEL, Recognizer};
pub use stages::{Clock, Stages};
pub use tollbooth_plate::pair::{IssuerRead, Place};
pub use tollbooth_plate::{Candidate, Doubt, PlateSighting, TextLine};
pub use vehicle::Vehicle;
