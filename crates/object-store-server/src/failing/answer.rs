//! Requests as they came, and replies, whichever store they are of.

/// A request whose body is here.
#[derive(Debug)]
pub(super) struct Asked {
    /// `GET`, `HEAD` or `PUT`.
    pub(super) method: String,
    /// As it was sent, encoded.
    pub(super) path: String,
    /// Names and values, decoded.
    pub(super) query: Vec<(String, String)>,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    /// The body.
    pub(super) body: Vec<u8>,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

/// A reply.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) const fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(super) fn xml(status: u16, text: String) -> Self {
        let answer = Self::new(status).with("content-type", "application/xml");
        Self { body: text.into_bytes(), ..answer }
    }

    /// A page of something else than a store.
    pub(super) fn foreign() -> Self {
        let page = Self::new(404).with("content-type", "text/html");
        Self { body: b"<html><body><h1>404 Not Found</h1></body></html>".to_vec(), ..page }
    }
}
