//! A request to a store and its reply, whoever sends it.

/// A request, signed. Its address may hold a signature: it is for nobody's log.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// `GET` or `PUT`.
    pub method: &'static str,
    /// The whole address, with query.
    pub url: String,
    /// Names in lower case. `content-length` is the transport's.
    pub headers: Vec<(String, String)>,
}

/// A complete reply.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

/// Part of a list of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// In ascending order.
    pub keys: Vec<String>,
    /// What asks for the next part; none at the end. Only the dialect that made it knows what it means.
    pub next: Option<String>,
}

/// Metadata that is written beside each object: the SHA-256 of its bytes in hexadecimal digits.
pub const DIGEST: &str = "sha256";

/// How a kind of store is spoken to.
pub trait Dialect {
    /// Stores an object unless there is one of this key.
    ///
    /// # Errors
    /// Why no request can be made of it, for operators.
    fn put(&self, key: &str, content: &[u8]) -> Result<Call, String>;

    /// Fetches an object.
    ///
    /// # Errors
    /// As [`Dialect::put`].
    fn get(&self, key: &str) -> Result<Call, String>;

    /// Lists names with a prefix, those after `cursor` only.
    ///
    /// # Errors
    /// As [`Dialect::put`].
    fn list(&self, prefix: &str, cursor: Option<&str>, limit: u32) -> Result<Call, String>;

    /// Reads the reply to [`Dialect::list`].
    ///
    /// # Errors
    /// What is wrong with it.
    fn listed(&self, body: &[u8]) -> Result<Listing, String>;

    /// The header that holds the [`DIGEST`] of an object.
    fn digest_header(&self) -> &'static str;
}
