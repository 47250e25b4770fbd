//! `ListObjectsV2`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>

use std::collections::BTreeMap;
use std::ops::Bound;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::utf8_percent_encode;

use super::signature::ENCODED_PATH;
use super::words::{error, not_implemented};
use crate::failing::answer::{Answer, Asked};
use crate::failing::object::Object;

/// Most names of one reply, and as many as come when nobody says how many.
const MOST: usize = 1000;

/// What a request may say here; anything else would be passed over.
const KNOWN: [&str; 6] = ["list-type", "prefix", "max-keys", "start-after", "continuation-token", "encoding-type"];

/// Answers a list of a bucket's objects.
pub(super) fn list(asked: &Asked, bucket: &str, objects: &BTreeMap<String, Object>) -> Answer {
    let unknown = asked.query.iter().find(|(name, _)| !name.starts_with("X-Amz-") && !KNOWN.contains(&name.as_str()));
    if let Some((name, _)) = unknown {
        return not_implemented(&format!("The parameter {name}"));
    }
    let invalid = |what: &str| error(400, "InvalidArgument", what);
    let most = match asked.parameter("max-keys").map(str::parse::<usize>) {
        None => MOST,
        Some(Ok(most)) => most.min(MOST),
        Some(Err(_)) => return invalid("Provided max-keys not an integer or within integer range"),
    };
    let after = match asked.parameter("continuation-token") {
        None => asked.parameter("start-after").unwrap_or_default().to_owned(),
        // A token goes before the name to start after, as documented.
        Some(token) => match STANDARD.decode(token).ok().and_then(|name| String::from_utf8(name).ok()) {
            Some(name) => name,
            None => return invalid("The continuation token provided is incorrect"),
        },
    };
    let in_urls = match asked.parameter("encoding-type") {
        None => false,
        Some("url") => true,
        Some(_) => return invalid("Invalid Encoding Method specified in Request"),
    };
    let encoded = |text: &str| -> String {
        if in_urls {
            utf8_percent_encode(text, ENCODED_PATH).to_string()
        } else {
            quick_xml::escape::escape(text).into_owned()
        }
    };
    let prefix = asked.parameter("prefix").unwrap_or_default();
    let behind = objects.range::<String, _>((Bound::Excluded(&after), Bound::Unbounded));
    let mut found: Vec<(&String, &Object)> =
        behind.filter(|(name, _)| name.starts_with(prefix)).take(most + 1).collect();
    let truncated = found.len() > most;
    found.truncate(most);
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Name>{bucket}</Name><Prefix>{}</Prefix><KeyCount>{}</KeyCount><MaxKeys>{most}</MaxKeys>\
         <IsTruncated>{truncated}</IsTruncated>",
        encoded(prefix),
        found.len()
    );
    if in_urls {
        text.push_str("<EncodingType>url</EncodingType>");
    }
    if let Some(after) = asked.parameter("start-after") {
        text.push_str(&format!("<StartAfter>{}</StartAfter>", encoded(after)));
    }
    if let Some((last, _)) = found.last().filter(|_| truncated) {
        text.push_str(&format!("<NextContinuationToken>{}</NextContinuationToken>", STANDARD.encode(last.as_bytes())));
    }
    for (name, object) in found {
        text.push_str(&format!(
            "<Contents><Key>{}</Key><LastModified>{}</LastModified><ETag>{}</ETag><Size>{}</Size>\
             <StorageClass>STANDARD</StorageClass></Contents>",
            encoded(name),
            object.modified.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            quick_xml::escape::escape(object.etag.as_str()),
            object.bytes.len()
        ));
    }
    text.push_str("</ListBucketResult>");
    Answer::xml(200, text)
}
