//! Conditional answers: who has the present version is told so, and nothing else.

use std::fmt::Display;

use serde::Serialize;
use tollbooth_web::{Answer, Problem, Request, Response};

/// JSON that changes when its version does; 304 for whoever has it. Private and asked for again each time.
pub fn json<T: Serialize>(
    request: &Request,
    version: impl Display,
    value: impl FnOnce() -> Result<T, Problem>,
) -> Answer {
    let etag = format!("\"t{version}\"");
    let response = if request.has(&etag) { Response::new(304) } else { Response::json(200, &value()?)? };
    Ok(response.with_header("etag", etag).with_header("cache-control", "private, no-cache"))
}
