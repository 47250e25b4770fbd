//! Where a list of stored names goes on: words of the store, given back to it.

use tollbooth_web::{Kind, Problem, Query};

/// Longest cursor: a key, or what Azure calls a marker.
const MAX_BYTES: usize = 1_024;

/// The query parameter `after`.
///
/// # Errors
/// It cannot have come from a store.
pub fn cursor(query: &Query) -> Result<Option<&str>, Problem> {
    match query.get("after") {
        Some(after) if !is_cursor(after) => Err(Problem::new(
            Kind::InvalidRequest,
            "The query parameter `after` must be `next` of the page before, as it was given.",
        )),
        after => Ok(after),
    }
}

fn is_cursor(text: &str) -> bool {
    (1..=MAX_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_what_a_store_may_have_said() {
        for good in ["photos/north/psg_1/00ff", "2!92!MDAwMDI3!x=="] {
            assert!(is_cursor(good), "{good}");
        }
        for bad in ["", "photos/a b", "photos/\u{15}", &"x".repeat(1_025)] {
            assert!(!is_cursor(bad), "{bad}");
        }
    }
}
