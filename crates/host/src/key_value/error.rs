//! Why the key-value store did not do what it was asked.

/// Why an operation failed, as text for the guest.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{text}")]
pub struct KeyValueError {
    pub(super) text: String,
    /// The disk, or the database, has no room left.
    pub(super) full: bool,
}

impl KeyValueError {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), full: false }
    }
}

impl From<rusqlite::Error> for KeyValueError {
    fn from(error: rusqlite::Error) -> Self {
        let full = error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull);
        Self { text: error.to_string(), full }
    }
}
