//! Answers.

use serde::Serialize;

use crate::{Kind, Problem};

/// An answer with its body in memory, or with one that comes piece by piece.
#[derive(Debug)]
pub struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) rest: Option<Rest>,
}

/// A body that is fetched while it is sent, so that one piece of it is in memory.
pub(crate) struct Rest {
    /// Of the whole body.
    pub(crate) bytes: u64,
    pub(crate) pieces: Box<dyn Iterator<Item = Result<Vec<u8>, String>>>,
}

impl std::fmt::Debug for Rest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes in pieces", self.bytes)
    }
}

impl Problem {
    /// The answer to whoever gets nothing else.
    pub(crate) fn into_response(self, request_id: &str) -> Response {
        let status = self.kind().status();
        let (headers, body) = self.into_parts(request_id);
        let response = Response::new(status).with_header("content-type", "application/problem+json").with_body(body);
        headers.into_iter().fold(response, |response, (name, value)| response.with_header(name, value))
    }
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
        Self { status, headers: Vec::new(), body: Vec::new(), rest: None }
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
            .with_body(bytes)
    }

    /// Sets the status.
    #[must_use]
    pub const fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
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

    /// Sets a body of so many bytes that comes in pieces. A piece that cannot be fetched ends the answer before its length
    /// is reached, which the caller notices, and says why in the log.
    #[must_use]
    pub fn with_pieces(mut self, bytes: u64, pieces: impl Iterator<Item = Result<Vec<u8>, String>> + 'static) -> Self {
        self.rest = Some(Rest { bytes, pieces: Box::new(pieces) });
        self
    }

    /// The answer to a method this route does not know.
    #[must_use]
    pub fn method_not_allowed(allowed: &str) -> Problem {
        Problem::new(Kind::MethodNotAllowed, format!("Use {allowed}.")).with_header("allow", allowed)
    }
}
