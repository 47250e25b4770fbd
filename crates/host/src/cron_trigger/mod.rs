//! The cron trigger: calls components on a schedule, in this process.
//!
//! As under the Spin plugin a firing may overlap the one before it, up to a limit for each component; beyond the
//! limit a firing is left out. Nothing is made up for: a missed firing is gone, so components must not count on any.

mod firing;
mod schedule;

pub use firing::CronFailure;
pub(crate) use firing::{fire, run_schedule};
pub use schedule::Schedule;
