//! What is measured, and how measurements add up.
//!
//! A roll-up is a set of [`Facts`] about one [`Subject`] in one [`Step`] of time: whole numbers by name, each name one of
//! the [`Metric`]s, some with a label behind a dot (`refused.image-size`). How two roll-ups become one follows from the
//! metric alone, so minutes, hours and days can never disagree about it. Nothing here knows SQL, HTTP or a clock.

mod bounds;
#[cfg(feature = "exposition")]
pub mod exposition;
mod facts;
pub mod histogram;
mod merged;
mod metric;
#[cfg(feature = "sample")]
pub mod sample;
mod span;
mod standing;
mod step;
mod subject;

pub use crate::facts::{Facts, UnreadableFacts};
pub use crate::merged::Merged;
pub use crate::metric::{Kind, METRICS, Metric, Of, find};
pub use crate::span::{Span, UnknownSpan};
pub use crate::standing::{BoothStanding, CopyStanding, DestinationStanding, RecognizerStanding, Standing};
pub use crate::step::{Step, UnknownStep};
pub use crate::subject::{Subject, UnknownSubject};

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
pub type Instant = i64;
