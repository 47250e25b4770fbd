//! Bearer tokens. Never printed: not by `Debug`, not in an error.

use std::fmt;
use std::path::Path;

use crate::ClientError;

/// The text of a bearer token.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A token from its text; spaces and line breaks around it are dropped.
    ///
    /// # Errors
    /// [`ClientError::Token`] when it is empty or holds characters that no header may carry.
    pub fn new(text: &str) -> Result<Self, ClientError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ClientError::Token("it is empty".to_owned()));
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(ClientError::Token("it holds spaces or characters outside ASCII".to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// A token from a file that holds nothing else.
    ///
    /// # Errors
    /// [`ClientError::File`] or [`ClientError::Token`].
    pub fn from_file(path: &Path) -> Result<Self, ClientError> {
        let text = std::fs::read_to_string(path).map_err(ClientError::file("read the token from", path))?;
        Self::new(&text)
    }

    pub(crate) fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_shown_and_loses_the_line_break_of_its_file() {
        let token = Token::new("tbt_secret\n").unwrap();
        assert_eq!(token.header(), "Bearer tbt_secret");
        assert!(!format!("{token:?}").contains("secret"));
    }

    #[test]
    fn a_text_that_cannot_be_a_header_is_refused_without_repeating_it() {
        for bad in ["", "  \n", "two words", "tök"] {
            let error = Token::new(bad).unwrap_err().to_string();
            assert!(!error.contains("two words") && !error.contains("tök"), "{error}");
        }
    }
}
