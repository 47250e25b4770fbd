//! What a store must be able to do.

use crate::StoreFailure;

/// What is known of an object stored under the same key before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// The key is derived from the content: writing it again changes nothing.
    SameKeyIsSameContent,
    /// The key says nothing about the content: look first, and refuse other content.
    Compare,
}

/// A page of keys in ascending order.
pub struct Keys {
    /// The keys.
    pub keys: Vec<String>,
    /// Cursor of the next page; none at the end.
    pub next: Option<String>,
}

/// A store of immutable objects.
pub trait Objects {
    /// Stores an object durably.
    ///
    /// # Errors
    /// As the port has them.
    fn put(key: &str, content: &[u8], overwrite: Overwrite) -> Result<(), StoreFailure>;

    /// Fetches an object.
    ///
    /// # Errors
    /// As the port has them.
    fn get(key: &str) -> Result<Option<Vec<u8>>, StoreFailure>;

    /// Lists keys with a prefix, those after the cursor.
    ///
    /// # Errors
    /// As the port has them.
    fn list(prefix: &str, after: Option<&str>, limit: u32) -> Result<Keys, StoreFailure>;
}
