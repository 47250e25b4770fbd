//! tmp
use std::path::Path;
use crate::error::BenchError;
pub fn install() {}
pub fn forget(_d: &Path) {}
pub fn what_was_synced(_f: &Path, _t: &Path) -> Result<(), BenchError> { Ok(()) }
