//! Requests as they came, and replies, in the words of S3.

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

    /// An error as <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html> has it.
    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        let request = "4442587FB7D0A2F9";
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
             <RequestId>{request}</RequestId></Error>"
        );
        Self::xml(status, text).with("x-amz-request-id", request)
    }

    /// Something that this server does not do, said in the store's words.
    pub(super) fn not_implemented(what: &str) -> Self {
        Self::error(501, "NotImplemented", &format!("{what} implies functionality that is not implemented"))
    }

    /// A page of something else than a store.
    pub(super) fn foreign() -> Self {
        let page = Self::new(404).with("content-type", "text/html");
        Self { body: b"<html><body><h1>404 Not Found</h1></body></html>".to_vec(), ..page }
    }
}
