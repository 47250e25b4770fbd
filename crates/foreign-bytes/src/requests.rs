//! What callers of the API write into a request's target: paths, queries, capture times.

use tollbooth_pipeline::capture;
use tollbooth_trace::{Context, TraceId};
use tollbooth_web::split_target;

/// Never panics; whatever is taken holds no control characters and names no parameter twice.
pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok((path, query)) = split_target(text) else { return };
    assert!(path.iter().all(|segment| !segment.chars().any(char::is_control)), "a control character in the path");
    for name in ["captured_at", "limit", "after", "x"] {
        if let Some(value) = query.get(name) {
            assert!(!value.chars().any(char::is_control), "a control character in {name}");
        }
    }
    // Numbers out of range are problems; whatever is taken is in range.
    if let Ok(limit) = query.limit() {
        assert!((1..=200).contains(&limit), "a page of {limit}");
    }
    if let Ok(Some(cursor)) = query.cursor("after") {
        assert!(i64::try_from(cursor).is_ok(), "a cursor of {cursor}");
    }
}

/// Never panics; a time that is taken lies in its bounds, and what is kept of it names the same instant and stays as it is.
pub fn captured_at(data: &[u8]) {
    const NOW: i64 = 1_795_168_800_000; // 2026-11-20T10:00:00Z
    const AGE_HOURS: u64 = 720;
    const AHEAD_SECONDS: u64 = 300;
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(taken) = capture::check(text, NOW, AGE_HOURS, AHEAD_SECONDS) else { return };
    assert_eq!(taken.text, capture::readable(text));
    assert_eq!(capture::check(&taken.text, NOW, AGE_HOURS, AHEAD_SECONDS).as_ref(), Ok(&taken), "kept as another time");
    let age = NOW - taken.instant;
    assert!((-300_000..=720 * 3_600_000).contains(&age), "an age of {age} ms");
    let again = capture::check(&capture::rfc3339(taken.instant), NOW, AGE_HOURS, AHEAD_SECONDS);
    assert!(again.is_ok_and(|again| again.instant == taken.instant), "another instant when written again");
}

/// A header that is taken is passed on in one form, which everybody takes for the same.
pub fn traceparent(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(context) = Context::parse(text) else { return };
    let passed_on = context.to_string();
    assert_eq!(passed_on.len(), 55);
    assert_eq!(Context::parse(&passed_on), Ok(context));
    let id = context.trace.to_string();
    assert_eq!(text.get(3..35), Some(id.as_str()), "the trace is the sender's");
    // What nobody sent, but whose id it could be.
    assert_eq!(TraceId::of_passage(&context.trace.passage()), context.trace);
}
