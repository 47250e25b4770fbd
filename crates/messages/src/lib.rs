//! Messages to people and programs: what a notifier is asked and answers, what a service's reply means, and when a
//! delivery that failed is tried again.
//!
//! No HTTP client, no SQL, no clock and no randomness: components send what is built here and hand back what came; the
//! ledger asks when the next try is due. Invariants: a message keeps its id through every delivery; a delivery that may
//! have arrived makes the next one a repetition that says so; no plate and no secret is in a message or a failure.

mod channel;
pub mod chat;
pub mod contract;
pub mod graph;
mod outcome;
pub mod retry;

pub use channel::Channel;
pub use outcome::{Class, Failure, MAX_DETAIL_CHARS, Outcome};

/// Longest subject, in characters.
pub const MAX_SUBJECT_CHARS: usize = 200;
/// Longest body, in characters: a page of text, and far below what any receiver refuses.
pub const MAX_BODY_CHARS: usize = 10_000;
