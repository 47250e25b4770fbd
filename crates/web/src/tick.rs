//! What ticks and wake-ups of a stage have in common.

use serde_json::json;

use crate::{Answer, Method, Problem, Request, Response};

/// Whether who ticks waits for the report: with `wait=true`.
///
/// # Errors
/// `method-not-allowed` for anything but POST; `invalid-request`.
pub fn waits(request: &Request) -> Result<bool, Problem> {
    if request.method != Method::Post {
        return Err(Response::method_not_allowed("POST"));
    }
    request.query.only(&["wait"])?;
    request.query.flag("wait")
}

/// The answer to who does not wait.
///
/// # Errors
/// As [`Response::json`].
pub fn accepted() -> Answer {
    Response::json(202, &json!({ "accepted": true }))
}
