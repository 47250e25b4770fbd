//! Following one passage through every stage.
//!
//! A trace is not recorded, it is the ledger's history in another form: each stage's span is computed from events that are
//! written anyway, so nothing on the way of a photo pays for it, it is there for passages of last year, and it cannot say
//! anything else than the history does. What a camera sends as `traceparent` is kept with the passage; where it sends none,
//! the trace's id is the passage's own, in another alphabet.
//!
//! Invariants: no span holds a plate, a name of a person or a path of a request; the ids of spans are derived, so that the
//! same span handed over twice is one span.

mod context;
mod ids;
#[cfg(feature = "otlp")]
pub mod otlp;
mod span;
mod stage;
mod stages;
mod way;

pub use context::{Context, InvalidContext};
pub use ids::{SpanId, TraceId};
pub use span::Span;
pub use stage::Stage;
pub use stages::spans;
pub use way::{Attempt, Bound, Moment, Way};
