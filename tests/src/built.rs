//! Where what was built lies.

use std::path::{Path, PathBuf};

/// The repository's root.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The built host.
pub(crate) fn tollbooth() -> PathBuf {
    repository().join("target/release/tollbooth")
}
