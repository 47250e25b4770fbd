//! The service's own reply, kept beside the reading.

use serde_json::json;
use tollbooth_recognizer_contract::MAX_RAW_BYTES;

/// The reply as JSON of at most [`MAX_RAW_BYTES`]. A longer one is replaced by its beginning, inside an object that
/// says so; a truncated JSON text by itself would look complete to nobody and parse for nobody.
pub fn keep(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    if text.len() <= MAX_RAW_BYTES {
        return text.into_owned();
    }
    // Quotes and controls grow up to six times when escaped again.
    let head: String = text.chars().take(MAX_RAW_BYTES / 8).collect();
    json!({ "truncated": true, "bytes": body.len(), "head": head }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reply_is_cut_and_says_so() {
        assert_eq!(keep(b"{\"a\":1}"), "{\"a\":1}");
        let long = "\u{1}".repeat(MAX_RAW_BYTES + 1);
        let kept = keep(long.as_bytes());
        assert!(kept.len() <= MAX_RAW_BYTES, "{}", kept.len());
        let value: serde_json::Value = serde_json::from_str(&kept).unwrap();
        assert_eq!(value["bytes"], MAX_RAW_BYTES + 1);
        assert!(keep("é".repeat(MAX_RAW_BYTES).as_bytes()).len() <= MAX_RAW_BYTES);
    }
}
