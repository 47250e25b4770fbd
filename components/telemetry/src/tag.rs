//! Conditional answers: who has the present version is told so, and nothing else.

use std::fmt::Display;

use tollbooth_web::{Answer, Request, Response};

/// JSON that changes when its version does; 304 for whoever has it. Private and asked for again each time.
pub fn json(
    request: &Request,
    version: impl Display,
    value: impl FnOnce() -> Result<serde_json::Value, tollbooth_web::Problem>,
) -> Answer {
    let etag = format!("\"t{version}\"");
    let response = match request.header("if-none-match") {
        Some(tags) if names(tags, &etag) => Response::new(304),
        _ => Response::json(200, &value()?)?,
    };
    Ok(response.with_header("etag", etag).with_header("cache-control", "private, no-cache"))
}

/// The weak comparison of RFC 9110, section 13.1.2, over a list.
fn names(tags: &str, etag: &str) -> bool {
    tags.split(',').map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == etag || tag == "*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_a_list_and_in_its_weak_form() {
        assert!(names("\"t1\", W/\"t2\"", "\"t2\""));
        assert!(!names("\"t12\"", "\"t1\""));
        assert!(!names("", "\"t1\""));
    }
}
