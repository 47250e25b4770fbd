//! Rules that staff define: what is measured, against what, for how long, and who hears of it.
//!
//! A rule is looked at with the same numbers, and lives the same life (pending, firing, resolved; one alert however many
//! booths, cameras or recognisers it concerns), as the built-in ones; a preview runs the very same functions over the past.
//! Everything comes from roll-ups, so a rule costs the same on a ledger of any size. No SQL, no clock.

mod check;
mod definition;
mod findings;
mod metric;
mod preview;
mod rollups;
mod track;

pub use check::{MAX_NAME_CHARS, MAX_RULES, MAX_WINDOW_MINUTES};
pub use definition::{Comparison, Definition, Draft, NoData, Place, Quiet, UnreadableRule};
pub use findings::{Look, findings};
pub use metric::{Aggregation, Kind, METRICS, Metric, Source, find};
pub use preview::{Firing, Preview, most_reach, needed_for_preview, preview};
pub use rollups::{Known, Need, Rollups, Whose, needed};
