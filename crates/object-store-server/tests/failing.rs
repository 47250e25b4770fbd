//! The store that fails, while it does not: ranges, heads, and who may ask.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "all of this is test code; clippy.toml exempts only functions marked as tests"
)]

use std::time::Duration;

use rusty_s3::actions::{GetObject, HeadObject};
use rusty_s3::{Bucket, Credentials, S3Action as _, UrlStyle};
use tollbooth_object_store::azure::AzureBlob;
use tollbooth_object_store::s3::S3;
use tollbooth_object_store::{Address, Call, Dialect as _};
use tollbooth_object_store_server::{Agent, FailingStore, Kind};

const VALID: Duration = Duration::from_secs(60);

fn stored(server: &FailingStore) -> (Address, Bucket, Credentials) {
    let address = server.bucket("photos").unwrap();
    let call = S3::new(&address).unwrap().put("photos/a", b"0123456789").unwrap();
    assert_eq!(Agent::new().send(&call, Some(b"0123456789")).unwrap().status, 200);
    let bucket = Bucket::new(address.origin.clone(), UrlStyle::Path, address.bucket.clone(), address.region.clone());
    let credentials = Credentials::new(address.account.clone(), address.key.clone());
    (address, bucket.unwrap(), credentials)
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}

#[test]
fn a_part_of_an_object_comes_with_its_place_and_a_head_without_a_body() {
    let server = FailingStore::start(Kind::S3).unwrap();
    let (_, bucket, credentials) = stored(&server);
    let url = GetObject::new(&bucket, Some(&credentials), "photos/a").sign(VALID);
    for (range, status, place, body) in [
        ("bytes=2-4", 206, Some("bytes 2-4/10"), "234"),
        ("bytes=-2", 206, Some("bytes 8-9/10"), "89"),
        ("bytes=7-", 206, Some("bytes 7-9/10"), "789"),
        ("lines=1-2", 200, None, "0123456789"),
    ] {
        let mut reply = agent().get(url.as_str()).header("range", range).call().unwrap();
        assert_eq!(reply.status().as_u16(), status, "{range}");
        let given = reply.headers().get("content-range").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(given.as_deref(), place, "{range}");
        assert_eq!(reply.body_mut().read_to_string().unwrap(), body, "{range}");
    }
    let reply = agent().get(url.as_str()).header("range", "bytes=10-").call().unwrap();
    assert_eq!(reply.status().as_u16(), 416);
    let url = HeadObject::new(&bucket, Some(&credentials), "photos/a").sign(VALID);
    let mut reply = agent().head(url.as_str()).call().unwrap();
    assert_eq!(reply.status().as_u16(), 200);
    // The MD5 of the digits.
    assert_eq!(reply.headers().get("etag").unwrap(), "\"781e5e245d69b566979b86e28d23f2c7\"");
    assert_eq!(reply.headers().get("content-length").unwrap(), "10");
    assert!(reply.headers().contains_key("x-amz-meta-sha256"));
    assert_eq!(reply.body_mut().read_to_string().unwrap(), "");
}

#[test]
fn nobody_gets_anything_without_a_signature_that_is_good_now_and_for_this() {
    let server = FailingStore::start(Kind::S3).unwrap();
    let (address, bucket, credentials) = stored(&server);
    let asked = |url: &str| {
        let mut reply = agent().get(url).call().unwrap();
        (reply.status().as_u16(), reply.body_mut().read_to_string().unwrap())
    };
    let good = GetObject::new(&bucket, Some(&credentials), "photos/a").sign(VALID);
    assert_eq!(asked(good.as_str()).0, 200);
    let cut = good.as_str().get(..good.as_str().len() - 1).unwrap();
    for (url, code) in [
        (format!("{}photos/photos/a", address.origin), "AccessDenied"),
        (good.as_str().replace("photos/a?", "photos/b?"), "SignatureDoesNotMatch"),
        (good.as_str().replace("us-east-1", "eu-west-1"), "AuthorizationQueryParametersError"),
        (good.as_str().replace("Expires=60", "Expires=600"), "SignatureDoesNotMatch"),
        (cut.to_owned(), "SignatureDoesNotMatch"),
    ] {
        let (status, text) = asked(&url);
        assert!(status >= 400 && text.contains(&format!("<Code>{code}</Code>")), "{status}: {text}");
    }
    // Long ago, as the specification's example is.
    let old = GetObject::new(&bucket, Some(&credentials), "photos/a");
    let old = old.sign_with_time(VALID, &"2013-05-24T00:00:00Z".parse().unwrap());
    assert!(asked(old.as_str()).1.contains("expired"));
}

#[test]
fn azures_requests_are_good_with_the_signature_over_what_arrived_and_with_nothing_else() {
    let server = FailingStore::start(Kind::Azure).unwrap();
    let azure = AzureBlob::new(&server.bucket("photos").unwrap()).unwrap();
    let sent = |call: &Call, body: Option<&[u8]>| {
        let reply = Agent::new().send(call, body).unwrap();
        let code = reply.header("x-ms-error-code").unwrap_or_default().to_owned();
        (reply.status, code, reply)
    };
    let put = azure.put("photos/a", b"0123456789").unwrap();
    let (status, _, reply) = sent(&put, Some(b"0123456789"));
    assert_eq!(status, 201);
    // The MD5 of the digits.
    assert_eq!(reply.header("content-md5"), Some("eB5eJF1ptWaXm4bijSPyxw=="));
    let (status, code, _) = sent(&put, Some(b"0123456789"));
    assert_eq!((status, code.as_str()), (409, "BlobAlreadyExists"));
    let (status, code, _) = sent(&azure.put("photos/b", b"0123456789").unwrap(), Some(b"012345678x"));
    assert_eq!((status, code.as_str()), (400, "Md5Mismatch"));

    let good = azure.get("photos/a").unwrap();
    let (status, _, reply) = sent(&good, None);
    assert_eq!((status, reply.body.as_slice()), (200, b"0123456789".as_slice()));
    let without = |name: &str| Call {
        headers: good.headers.iter().filter(|(have, _)| have != name).cloned().collect(),
        ..good.clone()
    };
    let with = |name: &str, value: &str| {
        let mut call = without(name);
        call.headers.push((name.to_owned(), value.to_owned()));
        call
    };
    let elsewhere = Call { url: good.url.replace("photos/a", "photos/b"), ..good.clone() };
    for (call, status, code) in [
        (without("authorization"), 401, "NoAuthenticationInformation"),
        (with("authorization", "Bearer x"), 400, "InvalidAuthenticationInfo"),
        (with("authorization", "SharedKey tollbooth:AAAA"), 403, "AuthenticationFailed"),
        (with("x-ms-version", "2009-09-19"), 400, "InvalidHeaderValue"),
        (with("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT"), 403, "AuthenticationFailed"),
        (elsewhere, 403, "AuthenticationFailed"),
        (azure.get("photos/none").unwrap(), 404, "BlobNotFound"),
    ] {
        let (said, words, _) = sent(&call, None);
        assert_eq!((said, words.as_str()), (status, code), "{}", call.url);
    }
}
