//! What marks a ledger that is moved from a SQLite file into PostgreSQL, and the words for whoever opens one of them
//! meanwhile or afterwards; see [`crate::moving`].

/// The table that a target has while a ledger is moved into it, and at no other time.
pub(crate) const MARKER: &str = "moving_house";

/// The schema version of a SQLite file whose ledger was moved away. No release will ever have it.
pub(crate) const SEALED: i64 = 2_000_000_000;

pub(crate) const SEALED_TEXT: &str = "this ledger was moved to PostgreSQL and is closed for good: run the application with \
     deploy/cluster/spin.toml; nothing was changed";

pub(super) const UNDER_WAY_TEXT: &str =
    "a ledger is being moved into this database: wait until `tollbooth migrate --from` has ended, or run it again";
