//! Answers.

use serde::Serialize;

use crate::{Kind, Problem};

/// An answer with its whole body in memory.
#[derive(Debug, Clone)]
pub struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// What a browser does with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Shows it.
    Inline,
    /// Saves it.
    Attachment,
}

impl Response {
    /// An answer without a body.
    #[must_use]
    pub const fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A JSON answer.
    ///
    /// # Errors
    /// An internal problem when the value cannot be serialised.
    pub fn json(status: u16, value: &impl Serialize) -> Result<Self, Problem> {
        let body =
            serde_json::to_vec(value).map_err(|e| Problem::internal(format!("cannot serialise an answer: {e}")))?;
        Ok(Self::new(status).with_header("content-type", "application/json").with_body(body))
    }

    /// A stored file with a name and a digest, which becomes its `ETag`. Whatever is in it, a browser runs nothing of it,
    /// and lets no other site have it.
    #[must_use]
    pub fn file(disposition: Disposition, name: &str, content_type: &str, sha256: &str, bytes: Vec<u8>) -> Self {
        let how = match disposition {
            Disposition::Inline => "inline",
            Disposition::Attachment => "attachment",
        };
        Self::new(200)
            .with_header("content-type", content_type)
            .with_header("content-disposition", format!("{how}; filename=\"{name}\""))
            .with_header("etag", format!("\"{sha256}\""))
            .with_header("content-security-policy", "sandbox; default-src 'none'")
            .with_header("cross-origin-resource-policy", "same-origin")
            .with_body(bytes)
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    /// The answer to a method this route does not know.
    #[must_use]
    pub fn method_not_allowed(allowed: &str) -> Problem {
        Problem::new(Kind::MethodNotAllowed, format!("Use {allowed}.")).with_header("allow", allowed)
    }
}
