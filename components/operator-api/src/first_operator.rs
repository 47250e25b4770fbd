//! The first operator's token: whoever can set the secret variable `operator_token` is an operator.
//!
//! The text never leaves this file: the ledger gets its digest, the log gets only what is wrong with it.

use spin_sdk::variables;
use tollbooth_pipeline::token;
use tollbooth_ports::failures::LedgerFailure;
use tollbooth_ports::ledger::admin;
use tollbooth_web::now;

/// Shortest text accepted, in characters: what is shorter can be guessed.
const MIN_CHARS: usize = 20;

/// Makes the token in the variable the first operator's. Does nothing when the variable is empty or unfit, or its
/// source is out of reach: the tokens that exist go on working.
pub fn ensure() -> Result<(), LedgerFailure> {
    let text = match variables::get("operator_token") {
        Ok(text) => text,
        Err(failure) => {
            eprintln!("level=error stage=tokens cause=\"the variable operator_token cannot be read: {failure}\"");
            return Ok(());
        }
    };
    if text.is_empty() {
        return Ok(());
    }
    if let Err(what) = check(&text) {
        eprintln!("level=error stage=tokens cause=\"the variable operator_token {what}; it is not used\"");
        return Ok(());
    }
    admin::ensure_first_operator(now(), &token::digest(&text))
}

fn check(text: &str) -> Result<(), &'static str> {
    if text.len() < MIN_CHARS {
        return Err("has less than 20 characters");
    }
    if text.len() > token::MAX_BYTES {
        return Err("is longer than any token may be (200 characters)");
    }
    if !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("holds something other than visible ASCII characters, which no header can carry");
    }
    if token::claimed_id(text) != token::FIRST_OPERATOR {
        return Err("looks like a token made by this API (tbt_…), which belongs to another id");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_can_be_guessed_or_cannot_be_sent_is_refused() {
        assert!(check("0123456789012345678").is_err());
        assert!(check("0123456789 0123456789").is_err());
        assert!(check("01234567890123456789\n").is_err());
        assert!(check(&"x".repeat(201)).is_err());
        assert_eq!(check("01234567890123456789"), Ok(()));
    }

    #[test]
    fn a_text_that_would_be_looked_up_under_another_id_is_refused() {
        assert!(check("tbt_0123456789_0123456789").is_err());
    }
}
