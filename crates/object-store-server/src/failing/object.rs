//! What is stored, whichever store it is.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// An object.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) bytes: Vec<u8>,
    pub(super) content_type: String,
    /// `x-amz-meta-…` or `x-ms-meta-…`, as they came.
    pub(super) metadata: Vec<(String, String)>,
    /// In base64. S3: the SHA-256 that came with it, told only to those who ask. Azure: the MD5 of what came.
    pub(super) checksum: Option<String>,
    /// In quotes.
    pub(super) etag: String,
    pub(super) modified: Timestamp,
}

/// What is in a bucket or container, by name.
pub(super) type Objects = BTreeMap<String, Object>;
