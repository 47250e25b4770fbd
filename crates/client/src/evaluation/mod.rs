//! How well plates are read: photos with known plates through the running application, and the score.
//!
//! Invariants
//! - What is scored is what the application recorded, read back through its API, or readings made natively and judged
//!   by the application's judge; nothing is recognised here.
//! - Photos do not disturb each other: no two of one booth are close in time or byte-identical, so neither "possible
//!   double" nor "duplicate" can decide about one.

mod booths;
mod breakdown;
mod error_kind;
mod identity;
mod interval;
mod outcome;
mod placement;
mod readings;
mod reliability;
mod report;
mod run;
mod score;
mod text;
mod threshold;
mod truth;

pub use booths::{BoothChoice, booth_jurisdiction};
pub use breakdown::{ConditionScore, Figures, IssuerScore, LegibilityScore};
pub use error_kind::{ErrorKind, error_kinds};
pub use identity::{Identity, IdentityFigures, IdentityIntervals, WrongPerson, WrongPersonCount, WrongPersonKind};
pub use interval::interval;
pub use outcome::{Outcome, Verdict};
pub use placement::{Place, place};
pub use readings::{TextShare, judge, settings_with, shares};
pub use reliability::{Bin, Reliability};
pub use run::{EvaluationOptions, evaluate};
pub use score::{Intervals, KindCount, Miss, Score};
pub use threshold::Threshold;
pub use truth::{Truth, TruthRow};
