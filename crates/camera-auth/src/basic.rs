//! HTTP Basic: user and password in base64 (RFC 7617).

use base64::{Engine as _, prelude::BASE64_STANDARD};

/// Longest credentials, in bytes.
const MAX_BYTES: usize = 512;

/// User and password; none when the text is not such a pair.
pub(crate) fn read(credentials: &str) -> Option<(String, String)> {
    if credentials.len() > MAX_BYTES {
        return None;
    }
    let text = String::from_utf8(BASE64_STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}
