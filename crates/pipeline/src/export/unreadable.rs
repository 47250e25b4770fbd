//! Why a published file cannot be read back.

/// Why a file is no bill file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It could not be read to its end.
    #[error("it cannot be read: {0}")]
    Io(String),
    /// The header is another.
    #[error("the header is not that of a bill file")]
    Header,
    /// A line that cannot be one.
    #[error("line {line}: {what}")]
    Line {
        /// From 1, the header included.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
}
