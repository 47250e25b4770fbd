//! Whether there is room for what is to be measured: a disk that fills up in the third hour has measured nothing.

use std::path::Path;
use std::process::Command;

/// Bytes that are free where this folder is; none where the system does not say.
pub fn free(folder: &Path) -> Option<u64> {
    let said = Command::new("df").args(["--output=avail", "--block-size=1"]).arg(folder).output().ok()?;
    String::from_utf8(said.stdout).ok()?.lines().last()?.trim().parse().ok()
}
