//! How well plates are read: photos with known plates through the running application, and the score.
//!
//! Invariants
//! - What is scored is what the application recorded, read back through its API; nothing is recognised here.
//! - Photos do not disturb each other: no two of one booth are close in time or byte-identical, so neither "possible
//!   double" nor "duplicate" can decide about one.

mod placement;
mod run;
mod score;
mod truth;

pub use placement::{Place, place};
pub use run::{EvaluationOptions, evaluate};
pub use score::{Miss, Outcome, Score, Verdict};
pub use truth::{Truth, TruthRow};
