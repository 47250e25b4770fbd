//! The two kinds of store.

/// What an object store speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// S3; the real one is SeaweedFS.
    S3,
    /// Azure Blob Storage; the real one is Azurite.
    Azure,
}
