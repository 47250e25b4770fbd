//! The text of a bearer token: `tbt_<id>_<secret>`.
//!
//! The id finds the row, the SHA-256 of the whole text proves the secret. A secret has 256 random bits, so a slow
//! password hash would only slow down every request.

use sha2::{Digest, Sha256};

use crate::ident::{hex, random_id};

/// Longest token text accepted, in bytes.
pub const MAX_BYTES: usize = 200;

/// What every token's id begins with.
pub const ID_PREFIX: &str = "tok_";

/// Id of the first operator's token, whose text comes from a secret variable.
pub const FIRST_OPERATOR: &str = "tok_first";

/// A new token: its id, its text (shown once) and the digest that is stored.
#[derive(Clone)]
pub struct NewToken {
    /// `tok_…`
    pub id: String,
    /// To be shown once and never stored.
    pub text: String,
    /// SHA-256 of the text.
    pub digest: [u8; 32],
}

/// Makes a token from random bytes: 16 for the id, 32 for the secret.
#[must_use]
pub fn new(id: &[u8; 16], secret: &[u8; 32]) -> NewToken {
    let id = random_id("tok", id);
    let text = format!("tbt_{}_{}", id.trim_start_matches("tok_"), hex(secret));
    let digest = digest(&text);
    NewToken { id, text, digest }
}

/// The id a token text claims to belong to. A text of another form is the first operator's, or nobody's.
#[must_use]
pub fn claimed_id(text: &str) -> String {
    text.strip_prefix("tbt_")
        .and_then(|rest| rest.split_once('_'))
        .map_or_else(|| FIRST_OPERATOR.to_owned(), |(id, _)| format!("tok_{id}"))
}

/// The digest stored for a token text.
#[must_use]
pub fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Shortest text of the first operator's token, in bytes: what is shorter can be guessed.
const MIN_FIRST_BYTES: usize = 20;

/// Checks the text that an operator chose for the first token, the value of the variable `operator_token`.
///
/// # Errors
/// What is wrong with it, to follow the variable's name in a sentence. The text is not repeated.
pub fn check_first(text: &str) -> Result<(), &'static str> {
    if text.len() < MIN_FIRST_BYTES {
        return Err("has less than 20 characters");
    }
    if text.len() > MAX_BYTES {
        return Err("is longer than any token may be (200 characters)");
    }
    if !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("holds something other than visible ASCII characters, which no header can carry");
    }
    if claimed_id(text) != FIRST_OPERATOR {
        return Err("looks like a token made by this API (tbt_…), which belongs to another id");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_token_that_can_be_guessed_or_cannot_be_sent_is_refused() {
        assert!(check_first("0123456789012345678").is_err());
        assert!(check_first("0123456789 0123456789").is_err());
        assert!(check_first("01234567890123456789\n").is_err());
        assert!(check_first(&"x".repeat(201)).is_err());
        assert_eq!(check_first("01234567890123456789"), Ok(()));
    }

    #[test]
    fn a_first_token_that_would_be_looked_up_under_another_id_is_refused() {
        assert!(check_first("tbt_0123456789_0123456789").is_err());
    }

    #[test]
    fn a_token_names_its_id_and_its_digest_covers_the_whole_text() {
        let token = new(&[7; 16], &[9; 32]);
        assert_eq!(claimed_id(&token.text), token.id);
        assert_eq!(digest(&token.text), token.digest);
        assert_ne!(digest(&format!("{}x", token.text)), token.digest);
    }

    #[test]
    fn a_text_of_another_form_can_only_be_the_first_operators() {
        assert_eq!(claimed_id("tbo_abc"), FIRST_OPERATOR);
        assert_eq!(claimed_id(""), FIRST_OPERATOR);
    }
}
