//! Sends photos: in parallel, each until it is acknowledged, refused or given up, and safely again after an interruption.
//!
//! Invariants
//! - A photo's key is derived from its name and content, so a second run resends instead of doubling.
//! - A photo counts as acknowledged only after a 2xx; the journal is written after that, never before.
//! - What would refuse every photo (a bad token, an unknown booth, a server that is gone) ends the run early.

mod file_times;
mod image_kind;
mod journal;
mod passage_key;
mod photo_files;
mod run;
mod summary;
mod watch;

pub use file_times::{copied_folder, far_from_its_own_time};
pub use journal::Journal;
pub use passage_key::passage_key;
pub use photo_files::{Found, PhotoFile, find_photos};
pub use run::{Job, Outgoing, SendOptions, send};
pub use summary::{Outcome, Summary};
pub use watch::{Ripe, Watch};
