//! The calls on one blob, as the REST reference has them.
//!
//! <https://learn.microsoft.com/rest/api/storageservices/put-blob>,
//! <https://learn.microsoft.com/rest/api/storageservices/get-blob>
//!
//! Of what a write is answered with, `x-ms-content-crc64` is left out: nobody here reads it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use md5::Md5;
use sha2::Digest as _;

use super::words::{error, not_implemented, said};
use crate::failing::answer::{Answer, Asked};
use crate::failing::object::{Object, Objects};

/// Headers of a write that mean something and are not looked at here.
const UNKNOWN: [&str; 9] = [
    "if-match",
    "if-modified-since",
    "if-unmodified-since",
    "x-ms-blob-content-md5",
    "x-ms-content-crc64",
    "x-ms-copy-source",
    "x-ms-lease-id",
    "x-ms-access-tier",
    "x-ms-tags",
];
/// The same of a read.
const UNKNOWN_OF_READS: [&str; 8] = [
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
    "range",
    "x-ms-range",
    "x-ms-lease-id",
    "x-ms-range-get-content-md5",
];

/// Put Blob.
pub(super) fn put(asked: Asked, key: &str, objects: &mut Objects) -> Answer {
    if let Some(name) = UNKNOWN.into_iter().find(|name| asked.header(name).is_some()) {
        return not_implemented(name);
    }
    // What these ask for is another call than Put Blob.
    if let Some((name, _)) = asked.query.first() {
        return not_implemented(name);
    }
    match asked.header("x-ms-blob-type") {
        Some("BlockBlob") => {}
        Some(other) => return not_implemented(other),
        None => {
            let text = "An HTTP header that's mandatory for this request is not specified.";
            return error(400, "MissingRequiredHeader", text);
        }
    }
    if asked.header("content-length").is_none() {
        return error(411, "MissingContentLengthHeader", "Content-Length HTTP header is not specified.");
    }
    if key.len() > 1024 {
        return error(400, "OutOfRangeInput", "One of the request inputs is out of range.");
    }
    let digest = Md5::digest(&asked.body);
    if let Some(given) = asked.header("content-md5") {
        match STANDARD.decode(given) {
            Ok(bytes) if bytes.len() == 16 => {
                if bytes != digest.as_slice() {
                    let text = "The MD5 value specified in the request did not match with the MD5 value calculated by the \
                                server.";
                    return error(400, "Md5Mismatch", text);
                }
            }
            _ => {
                let text = "The MD5 value specified in the request is invalid. The MD5 value must be 128 bits and \
                            Base64-encoded.";
                return error(400, "InvalidMd5", text);
            }
        }
    }
    match asked.header("if-none-match") {
        Some("*") if objects.contains_key(key) => {
            return error(409, "BlobAlreadyExists", "The specified blob already exists.");
        }
        None | Some("*") => {}
        Some(_) => return not_implemented("If-None-Match with a value"),
    }
    let modified = Timestamp::now();
    let etag = format!("\"0x8{:X}\"", modified.as_nanosecond());
    let metadata = asked.headers.iter().filter(|(name, _)| name.starts_with("x-ms-meta-")).cloned().collect();
    let content_type = asked.header("content-type").unwrap_or("application/octet-stream").to_owned();
    let checksum = STANDARD.encode(digest);
    let answer = Answer::new(201)
        .with("etag", etag.clone())
        .with("last-modified", date(modified))
        .with("content-md5", checksum.clone())
        .with("x-ms-request-server-encrypted", "true");
    let answer = said(answer, asked.header("x-ms-version"));
    let checksum = Some(checksum);
    objects.insert(key.to_owned(), Object { bytes: asked.body, content_type, metadata, checksum, etag, modified });
    answer
}

/// Get Blob and Get Blob Properties: the same, and the body is left out where the method says so.
pub(super) fn get(asked: &Asked, key: &str, objects: &Objects) -> Answer {
    if let Some(name) = UNKNOWN_OF_READS.into_iter().find(|name| asked.header(name).is_some()) {
        return not_implemented(name);
    }
    if let Some((name, _)) = asked.query.first() {
        return not_implemented(name);
    }
    let Some(object) = objects.get(key) else {
        return error(404, "BlobNotFound", "The specified blob does not exist.");
    };
    let mut answer = Answer::new(200)
        .with("content-type", object.content_type.clone())
        .with("etag", object.etag.clone())
        .with("last-modified", date(object.modified))
        .with("accept-ranges", "bytes")
        .with("x-ms-blob-type", "BlockBlob");
    answer.body.clone_from(&object.bytes);
    answer.headers.extend(object.metadata.iter().cloned());
    if let Some(checksum) = &object.checksum {
        answer = answer.with("content-md5", checksum.clone());
    }
    said(answer, asked.header("x-ms-version"))
}

/// As headers and lists have it.
pub(super) fn date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
