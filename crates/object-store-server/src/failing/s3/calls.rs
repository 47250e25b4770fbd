//! The calls on one object, as the REST reference has them.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use md5::Md5;
use sha2::{Digest as _, Sha256};

use super::words::{error, not_implemented};
use crate::failing::answer::{Answer, Asked};
use crate::failing::object::Object;

const CHECKSUM: &str = "x-amz-checksum-sha256";

/// Headers of a write that mean something and are not looked at here.
const UNKNOWN: [&str; 6] =
    ["content-md5", "if-match", "x-amz-copy-source", "x-amz-tagging", "x-amz-acl", "x-amz-storage-class"];

/// `PutObject`.
pub(super) fn put(asked: Asked, key: &str, objects: &mut BTreeMap<String, Object>) -> Answer {
    if let Some(name) = UNKNOWN.into_iter().find(|name| asked.header(name).is_some()) {
        return not_implemented(&format!("The header {name}"));
    }
    if asked.header("content-length").is_none() {
        return error(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
    }
    if key.len() > 1024 {
        return error(400, "KeyTooLongError", "Your key is too long");
    }
    let digest = Sha256::digest(&asked.body);
    if let Some(given) = asked.header(CHECKSUM) {
        match STANDARD.decode(given) {
            Ok(bytes) if bytes.len() == 32 => {
                if bytes != digest.as_slice() {
                    let text = "The SHA256 you specified did not match the calculated checksum.";
                    return error(400, "BadDigest", text);
                }
            }
            _ => {
                return error(400, "InvalidRequest", "Value for x-amz-checksum-sha256 header is invalid.");
            }
        }
    }
    match asked.header("if-none-match") {
        None => {}
        Some("*") if objects.contains_key(key) => {
            let text = "At least one of the pre-conditions you specified did not hold";
            return error(412, "PreconditionFailed", text);
        }
        Some("*") => {}
        Some(_) => return not_implemented("The header If-None-Match with a value"),
    }
    let etag = format!("\"{}\"", hex::encode(Md5::digest(&asked.body)));
    let metadata = asked.headers.iter().filter(|(name, _)| name.starts_with("x-amz-meta-")).cloned().collect();
    let checksum = asked.header(CHECKSUM).map(ToOwned::to_owned);
    let content_type = asked.header("content-type").unwrap_or("binary/octet-stream").to_owned();
    let mut answer = Answer::new(200).with("etag", etag.clone());
    if let Some(checksum) = &checksum {
        answer = answer.with(CHECKSUM, checksum.clone());
    }
    let modified = Timestamp::now();
    objects.insert(key.to_owned(), Object { bytes: asked.body, content_type, metadata, checksum, etag, modified });
    answer
}

/// `GetObject` and `HeadObject`: the same, and the body is left out where the method says so.
pub(super) fn get(asked: &Asked, key: &str, objects: &BTreeMap<String, Object>) -> Answer {
    if let Some(name) =
        ["if-match", "if-none-match", "if-modified-since"].into_iter().find(|name| asked.header(name).is_some())
    {
        return not_implemented(&format!("The header {name}"));
    }
    let Some(object) = objects.get(key) else {
        return error(404, "NoSuchKey", "The specified key does not exist.");
    };
    let length = object.bytes.len();
    let mut answer = Answer::new(200);
    answer.body.clone_from(&object.bytes);
    if let Some((first, last)) = asked.header("range").and_then(range) {
        let Some(part) = part(first, last, length) else {
            let refused = error(416, "InvalidRange", "The requested range is not satisfiable");
            return refused.with("content-range", format!("bytes */{length}"));
        };
        answer = Answer::new(206).with("content-range", format!("bytes {}-{}/{length}", part.start, part.end - 1));
        answer.body = object.bytes.get(part).unwrap_or_default().to_vec();
    }
    answer = answer
        .with("content-type", object.content_type.clone())
        .with("etag", object.etag.clone())
        .with("accept-ranges", "bytes")
        .with("last-modified", object.modified.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    answer.headers.extend(object.metadata.iter().cloned());
    if let Some(checksum) = object.checksum.as_ref().filter(|_| asked.header("x-amz-checksum-mode") == Some("ENABLED"))
    {
        answer = answer.with(CHECKSUM, checksum.clone());
    }
    answer
}

/// `bytes=FIRST-LAST`, `bytes=FIRST-` and `bytes=-LENGTH`; any other range is as if there were none (RFC 9110, 14.2).
fn range(text: &str) -> Option<(Option<usize>, Option<usize>)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) };
    match (number(first)?, number(last)?) {
        (None, None) => None,
        (Some(first), Some(last)) if last < first => None,
        range => Some(range),
    }
}

/// The part of so many bytes that a range means; none where it means nothing.
fn part(first: Option<usize>, last: Option<usize>, length: usize) -> Option<std::ops::Range<usize>> {
    let part = match (first, last) {
        (Some(first), last) => first..last.map_or(length, |last| last.saturating_add(1).min(length)),
        (None, last) => length.saturating_sub(last.unwrap_or(0))..length,
    };
    (part.start < part.end).then_some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_means_what_rfc_9110_says() {
        let of = |text: &str| range(text).map(|(first, last)| part(first, last, 10));
        assert_eq!(of("bytes=0-3"), Some(Some(0..4)));
        assert_eq!(of("bytes=8-"), Some(Some(8..10)));
        assert_eq!(of("bytes=-3"), Some(Some(7..10)));
        assert_eq!(of("bytes=5-99"), Some(Some(5..10)));
        assert_eq!(of("bytes=10-"), Some(None), "nothing is there");
        assert_eq!(of("bytes=-0"), Some(None));
        for none in ["bytes=3-1", "bytes=-", "bytes=a-b", "items=0-1"] {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
