//! What operators read of a sign-in that did not go as it should.

use tollbooth_web::Request;

/// One line for operators; what a provider says in it may be anything.
pub fn log(request: &Request, code: &str, cause: &str) {
    let cause: String = cause.chars().map(|c| if c.is_control() { ' ' } else { c }).take(1_000).collect();
    tollbooth_log::log!(Warn, request = request.id, sign_in = code, cause = cause);
}
