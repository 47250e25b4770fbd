//! A request as it is to be sent, and a reply as it came.

/// A `POST`. Header values are not printed: one of them is the key.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// Absolute.
    pub url: String,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| *name).collect();
        write!(f, "POST {} {names:?} ({} bytes)", self.url, self.body.len())
    }
}

/// A complete reply. Redirects were not followed: a key goes to the host it was given for and to no other.
#[derive(Debug, Clone, Copy)]
pub struct Reply<'a> {
    /// HTTP status.
    pub status: u16,
    /// The header `Retry-After`, if any.
    pub retry_after: Option<&'a str>,
    /// The body, already bounded.
    pub body: &'a [u8],
    /// When it came, in milliseconds since 1970-01-01T00:00:00Z; for `Retry-After` as a date.
    pub received_at_ms: i64,
    /// How long it took, in milliseconds; for services that do not say how long they worked.
    pub waited_ms: u32,
}
