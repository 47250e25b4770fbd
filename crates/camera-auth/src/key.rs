//! The gateway's key, and what is derived from it: passwords of cameras, and the seals of nonces.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// Length of a camera's password, in characters: what fits into the forms of cameras. 80 bits, drawn by nobody.
pub const PASSWORD_CHARS: usize = 16;

/// Shortest text of a key, in bytes.
const MIN_KEY_BYTES: usize = 32;

/// The text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have at least {MIN_KEY_BYTES} characters; `openssl rand -hex 32` prints one")]
pub struct UnfitKey;

/// The secret of all cameras that push. Whoever has it can speak for each of them.
pub struct Key([u8; 32]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// The key of a text, which is taken as it is.
    ///
    /// # Errors
    /// [`UnfitKey`]
    pub fn new(text: &str) -> Result<Self, UnfitKey> {
        if text.len() < MIN_KEY_BYTES {
            return Err(UnfitKey);
        }
        Ok(Self(Sha256::digest(text.as_bytes()).into()))
    }

    /// The password of the camera with this user name: lower-case letters and digits. The same for ever, so that a password is
    /// changed by giving the camera another token.
    #[must_use]
    pub fn password(&self, user: &str) -> String {
        const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let sealed = self.seal("password", user);
        let digit = |byte: &u8| DIGITS.get(usize::from(byte & 31)).copied().map_or('0', char::from);
        sealed.iter().take(PASSWORD_CHARS).map(digit).collect()
    }

    /// HMAC-SHA-256 over what it is for and the text, so that no seal can be taken for one of another kind.
    pub(crate) fn seal(&self, purpose: &str, text: &str) -> [u8; 32] {
        // HMAC takes keys of any length: an error is none of this call.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return [0; 32] };
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }
}
