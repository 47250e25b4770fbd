//! Amazon S3 and the many that speak as it does.
//!
//! Requests are signed in their address (Signature Version 4, query parameters). The body is not part of that signature;
//! its SHA-256 is, as `x-amz-checksum-sha256`, which the store checks before it answers.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusty_s3::actions::{CreateBucket, GetObject, ListObjectsV2, PutObject};
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use sha2::{Digest, Sha256};
use url::Url;

use crate::address::{Address, AddressError};
use crate::call::{Call, Dialect, Listing};

/// How long a signed address is good for: longer than a request may take, with room for clocks apart.
const VALID: Duration = Duration::from_secs(300);
/// Most names of one reply.
const MAX_KEYS: u32 = 1_000;
const DIGEST_HEADER: &str = "x-amz-meta-sha256";

/// A bucket.
#[derive(Debug)]
pub struct S3 {
    bucket: Bucket,
    credentials: Credentials,
}

impl S3 {
    /// The bucket at an address. A host that begins with the bucket's name is taken as virtual-hosted style, any other as
    /// path style.
    ///
    /// # Errors
    /// [`AddressError`]
    pub fn new(address: &Address) -> Result<Self, AddressError> {
        let wrong = || AddressError { setting: "photos_origin", must: "must be an address a bucket can be at" };
        let (endpoint, style) = if address.host_begins_with(&address.bucket) {
            let mut endpoint = address.origin.clone();
            let host = address.origin.host_str().unwrap_or_default();
            let host = host.get(address.bucket.len().saturating_add(1)..).unwrap_or_default();
            endpoint.set_host(Some(host)).map_err(|_| wrong())?;
            (endpoint, UrlStyle::VirtualHost)
        } else {
            (address.origin.clone(), UrlStyle::Path)
        };
        let bucket =
            Bucket::new(endpoint, style, address.bucket.clone(), address.region.clone()).map_err(|_| wrong())?;
        Ok(Self { bucket, credentials: Credentials::new(address.account.clone(), address.key.clone()) })
    }

    /// Makes the bucket itself. Components never do; it is for those who set a store up.
    #[must_use]
    pub fn make(&self) -> Call {
        call("PUT", CreateBucket::new(&self.bucket, &self.credentials).sign(VALID), Vec::new())
    }
}

fn call(method: &'static str, url: Url, headers: Vec<(String, String)>) -> Call {
    Call { method, url: url.into(), headers }
}

impl Dialect for S3 {
    fn put(&self, key: &str, content: &[u8]) -> Result<Call, String> {
        let digest = Sha256::digest(content);
        let headers = vec![
            ("content-type".to_owned(), "application/octet-stream".to_owned()),
            // Written once: whoever comes second is told so, whatever he brings.
            ("if-none-match".to_owned(), "*".to_owned()),
            ("x-amz-checksum-sha256".to_owned(), STANDARD.encode(digest)),
            (DIGEST_HEADER.to_owned(), hex::encode(digest)),
        ];
        let mut action = PutObject::new(&self.bucket, Some(&self.credentials), key);
        for (name, value) in &headers {
            action.headers_mut().insert(name.clone(), value.clone());
        }
        Ok(call("PUT", action.sign(VALID), headers))
    }

    fn get(&self, key: &str) -> Result<Call, String> {
        Ok(call("GET", GetObject::new(&self.bucket, Some(&self.credentials), key).sign(VALID), Vec::new()))
    }

    fn list(&self, prefix: &str, cursor: Option<&str>, limit: u32) -> Result<Call, String> {
        let mut action = ListObjectsV2::new(&self.bucket, Some(&self.credentials));
        action.with_prefix(prefix);
        action.with_max_keys(limit.clamp(1, MAX_KEYS) as usize);
        if let Some(cursor) = cursor {
            action.with_start_after(cursor);
        }
        Ok(call("GET", action.sign(VALID), Vec::new()))
    }

    fn listed(&self, body: &[u8]) -> Result<Listing, String> {
        let text = std::str::from_utf8(body).map_err(|_| "a list that is no text".to_owned())?;
        let list = ListObjectsV2::parse_response(text).map_err(|e| format!("a list that cannot be read: {e}"))?;
        let keys: Vec<String> = list.contents.into_iter().map(|object| object.key).collect();
        // A name is a cursor, so that the list goes on where it was whatever replica is asked.
        match (list.next_continuation_token, keys.last().cloned()) {
            // Nothing to go on after: taken as the end, it would hide what comes.
            (Some(_), None) => Err("a list that goes on and names nothing".to_owned()),
            (Some(_), next) => Ok(Listing { keys, next }),
            (None, _) => Ok(Listing { keys, next: None }),
        }
    }

    fn digest_header(&self) -> &'static str {
        DIGEST_HEADER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s3(origin: &str) -> S3 {
        S3::new(&Address::new(origin, "photos", "eu-central-1", "id", "secret").unwrap()).unwrap()
    }

    #[test]
    fn a_host_that_begins_with_the_buckets_name_is_the_bucket() {
        let url = |origin| s3(origin).get("photos/a/b").unwrap().url;
        assert!(url("http://127.0.0.1:8333").starts_with("http://127.0.0.1:8333/photos/photos/a/b?"));
        let hosted = url("https://photos.s3.eu-central-1.amazonaws.com");
        assert!(hosted.starts_with("https://photos.s3.eu-central-1.amazonaws.com/photos/a/b?"), "{hosted}");
    }

    #[test]
    fn what_guards_a_write_is_signed_with_it() {
        let call = s3("https://s3.example").put("photos/a", b"photo").unwrap();
        let signed =
            "X-Amz-SignedHeaders=content-type%3Bhost%3Bif-none-match%3Bx-amz-checksum-sha256%3Bx-amz-meta-sha256";
        assert!(call.url.contains(signed), "{}", call.url);
        assert!(!call.url.contains("secret"));
    }

    #[test]
    fn a_list_ends_where_the_store_says_so() {
        let page = |truncated: bool, token: &str| {
            format!(
                "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>photos</Name>\
                 <IsTruncated>{truncated}</IsTruncated>{token}<EncodingType>url</EncodingType><Contents><Key>photos%2Fa</Key>\
                 <Size>1</Size></Contents></ListBucketResult>"
            )
        };
        let s3 = s3("https://s3.example");
        let more = s3.listed(page(true, "<NextContinuationToken>t</NextContinuationToken>").as_bytes()).unwrap();
        assert_eq!(more, Listing { keys: vec!["photos/a".to_owned()], next: Some("photos/a".to_owned()) });
        assert_eq!(s3.listed(page(false, "").as_bytes()).unwrap().next, None);
        // Cut off: not the end.
        assert!(s3.listed(page(true, "").as_bytes()).is_err());
        assert!(s3.listed(b"<html>sign in, please</html>").is_err());
        let nothing = "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>photos</Name>\
                       <IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>";
        assert!(s3.listed(nothing.as_bytes()).is_err());
    }
}
