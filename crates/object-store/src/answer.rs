//! What a reply of a store means. An outage is never taken for an answer: "there is no such object" counts only where
//! the store itself says so, in its own words, for a proxy in between says 404, too.
//!
//! Codes: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>,
//! <https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes>

use serde::Deserialize;

use crate::call::Reply;

/// What a reply means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// Done; the body is what was asked for.
    Done,
    /// There is no such object.
    Absent,
    /// There is an object of this key already.
    Present,
    /// Not now; the same again may help. For operators.
    Again(String),
    /// Not until somebody changes something. For operators.
    Refused(String),
    /// No room left.
    Full,
}

/// The document both kinds of store send with an error.
#[derive(Deserialize)]
#[serde(rename = "Error", rename_all = "PascalCase")]
struct ErrorDocument {
    code: String,
}

/// Longest code that is believed to be one.
const MAX_CODE: usize = 64;

/// The store's own code of an error; none when nobody gave one, as a proxy would not.
fn code(reply: &Reply) -> Option<String> {
    let word = |code: &str| {
        (!code.is_empty() && code.len() <= MAX_CODE && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.'))
            .then(|| code.to_owned())
    };
    if let Some(code) = reply.header("x-ms-error-code") {
        return word(code);
    }
    let text = std::str::from_utf8(&reply.body).ok()?;
    word(&quick_xml::de::from_str::<ErrorDocument>(text.trim_start_matches('\u{feff}')).ok()?.code)
}

/// Says what a reply means.
#[must_use]
pub fn meaning(reply: &Reply) -> Meaning {
    let status = reply.status;
    if (200..300).contains(&status) {
        return Meaning::Done;
    }
    let code = code(reply);
    let said = || match &code {
        Some(code) => format!("the store answered {status} {code}"),
        None => format!("status {status} came from the store's address, not in a store's words"),
    };
    match (status, code.as_deref()) {
        (_, Some("XMinioStorageFull" | "InsufficientStorage" | "QuotaExceeded" | "InsufficientCapacity"))
        | (507, _) => Meaning::Full,
        (404, Some("NoSuchKey" | "BlobNotFound")) => Meaning::Absent,
        (404, Some(_)) => Meaning::Refused(said()),
        // S3 and Azure; 412 needs no words, for only this condition is ever set.
        (412, _) | (409, Some("BlobAlreadyExists")) => Meaning::Present,
        // The store does not know that a write may have a condition: it would overwrite.
        (501, _) => Meaning::Refused(format!("{}: it must know If-None-Match on a PUT", said())),
        (_, Some("RequestTimeTooSkewed")) => Meaning::Refused(format!("{}: its clock and this one are apart", said())),
        // What arrived is not what was sent, or did not all arrive.
        (
            400,
            Some(
                "BadDigest"
                | "InvalidDigest"
                | "XAmzContentSHA256Mismatch"
                | "XAmzContentChecksumMismatch"
                | "IncompleteBody"
                | "RequestTimeout"
                | "Md5Mismatch",
            ),
        ) => Meaning::Again(said()),
        (404, None) | (408 | 409 | 425 | 429 | 500..=599, _) => Meaning::Again(said()),
        _ => Meaning::Refused(said()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    fn coded(status: u16, code: &str) -> Reply {
        reply(status, &format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>m</Message></Error>"))
    }

    #[test]
    fn only_the_store_itself_says_that_there_is_no_such_object() {
        assert_eq!(meaning(&coded(404, "NoSuchKey")), Meaning::Absent);
        let azure =
            Reply { status: 404, headers: vec![("x-ms-error-code".into(), "BlobNotFound".into())], body: Vec::new() };
        assert_eq!(meaning(&azure), Meaning::Absent);
        for proxy in ["", "not found", "<html><h1>404 Not Found</h1></html>", "<Error><Code></Code></Error>"] {
            assert!(matches!(meaning(&reply(404, proxy)), Meaning::Again(_)), "{proxy}");
        }
        // A bucket that does not exist is no absent photo.
        assert!(matches!(meaning(&coded(404, "NoSuchBucket")), Meaning::Refused(_)));
        assert!(matches!(meaning(&coded(404, "ContainerNotFound")), Meaning::Refused(_)));
    }

    #[test]
    fn what_a_retry_helps_with_is_told_from_what_it_does_not() {
        for again in
            [coded(503, "SlowDown"), coded(409, "ConditionalRequestConflict"), coded(400, "BadDigest"), reply(502, "")]
        {
            assert!(matches!(meaning(&again), Meaning::Again(_)), "{again:?}");
        }
        for refused in [
            coded(403, "SignatureDoesNotMatch"),
            coded(403, "RequestTimeTooSkewed"),
            reply(301, ""),
            coded(501, "NotImplemented"),
        ] {
            assert!(matches!(meaning(&refused), Meaning::Refused(_)), "{refused:?}");
        }
        assert_eq!(meaning(&coded(507, "XMinioStorageFull")), Meaning::Full);
        assert_eq!(meaning(&coded(403, "QuotaExceeded")), Meaning::Full);
        assert_eq!(meaning(&coded(412, "PreconditionFailed")), Meaning::Present);
        assert_eq!(meaning(&coded(409, "BlobAlreadyExists")), Meaning::Present);
    }

    #[test]
    fn nothing_foreign_reaches_a_log() {
        let Meaning::Refused(text) = meaning(&coded(400, "a b\u{1b}[31m")) else { panic!() };
        assert_eq!(text, "status 400 came from the store's address, not in a store's words");
    }
}
