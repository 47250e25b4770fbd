//! The first operator's token: whoever can set the secret variable `operator_token` is an operator.
//!
//! The text never leaves this file: the ledger gets its digest, the log gets only what is wrong with it.

use spin_sdk::variables;
use tollbooth_pipeline::token;
use tollbooth_ports::failures::LedgerFailure;
use tollbooth_ports::ledger::admin;
use tollbooth_web::now;

/// Makes the token in the variable the first operator's. Does nothing when the variable is empty or unfit, or its
/// source is out of reach: the tokens that exist go on working.
pub fn ensure() -> Result<(), LedgerFailure> {
    let text = match variables::get("operator_token") {
        Ok(text) => text,
        Err(failure) => {
            let cause = format!("the variable operator_token cannot be read: {failure}");
            tollbooth_log::log!(Error, stage = "tokens", cause = cause);
            return Ok(());
        }
    };
    if text.is_empty() {
        return Ok(());
    }
    if let Err(what) = token::check_first(&text) {
        let cause = format!("the variable operator_token {what}; it is not used");
        tollbooth_log::log!(Error, stage = "tokens", cause = cause);
        return Ok(());
    }
    admin::ensure_first_operator(now(), &token::digest(&text))
}

/// Says in the log that nobody can be recognised, when that is why somebody was not: a new installation whose variable
/// was forgotten answers 401 to everybody and looks healthy.
pub fn tell_if_there_is_none() {
    if admin::list_tokens(None, 1).is_ok_and(|tokens| tokens.is_empty()) {
        let cause = "nobody has a token: set the secret variable operator_token to at least 20 characters, start again";
        tollbooth_log::log!(Error, stage = "tokens", cause = cause);
    }
}
