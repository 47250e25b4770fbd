//! Conditional requests: who has a representation already is not sent it again (RFC 9110, section 13.1.2).

use crate::Request;

impl Request {
    /// Whether the caller has what this entity tag names, so that 304 is the answer. `etag` with its quotes, as it is sent.
    #[must_use]
    pub fn has(&self, etag: &str) -> bool {
        self.header("if-none-match").is_some_and(|tags| names(tags, etag))
    }
}

/// The weak comparison over the list of an `If-None-Match`: `*` names everything there is.
fn names(tags: &str, etag: &str) -> bool {
    let etag = etag.trim_start_matches("W/");
    tags.split(',').map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == etag || tag == "*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_a_list_and_in_its_weak_form() {
        assert!(names("\"a\", W/\"b-br\"", "\"b-br\""));
        assert!(names("W/\"b\"", "W/\"b\"") && names("*", "\"b\""));
    }

    #[test]
    fn another_tag_or_a_part_of_one_is_not_it() {
        for tags in ["\"b\"", "\"b-brx\"", "b-br", "", ",", "W/", "\"*\""] {
            assert!(!names(tags, "\"b-br\""), "{tags}");
        }
    }
}
