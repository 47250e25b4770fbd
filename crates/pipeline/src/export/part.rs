//! What of an export is fetched, as the log names it.

use crate::reason::named;

named! {
    /// What of an export was fetched.
    Part, "part of an export" {
        /// Its file.
        File = "file",
        /// Its manifest, or the signature of that.
        Manifest = "manifest",
    }
}
