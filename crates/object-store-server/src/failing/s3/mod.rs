//! S3, as Amazon's REST reference has it.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html>

mod calls;
mod list;
mod signature;
mod words;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use sha2::{Digest as _, Sha256};

use self::words::{error, not_implemented};
use crate::failing::answer::{Answer, Asked};
use crate::failing::fault::{Fault, On};
use crate::failing::kind::Spoken;
use crate::failing::object::Objects;

pub(super) use self::words::{ACCOUNT, REGION};

/// S3 with the bucket as the first part of the path, and signatures in the query.
#[derive(Debug)]
pub(super) struct Amazon;

impl Spoken for Amazon {
    fn name(&self) -> &'static str {
        "AmazonS3"
    }

    /// `/BUCKET/KEY`
    fn place(&self, path: &str) -> (String, String) {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let path = path.strip_prefix('/').unwrap_or(path);
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        (decoded(bucket), decoded(key))
    }

    fn on(&self, asked: &Asked) -> On {
        match asked.method.as_str() {
            "PUT" => On::Write,
            _ if asked.parameter("list-type").is_some() => On::List,
            _ => On::Read,
        }
    }

    fn verify(&self, asked: &Asked, now: i64) -> Result<(), Answer> {
        signature::verify(asked, now)
    }

    fn made(&self, _: &Asked, bucket: &str, is_new: bool) -> Answer {
        if is_new {
            return Answer::new(200).with("location", format!("/{bucket}"));
        }
        let text = "Your previous request to create the named bucket succeeded and you already own it.";
        error(409, "BucketAlreadyOwnedByYou", text)
    }

    fn no_bucket(&self) -> Answer {
        error(404, "NoSuchBucket", "The specified bucket does not exist")
    }

    fn put(&self, asked: Asked, key: &str, objects: &mut Objects) -> Answer {
        calls::put(asked, key, objects)
    }

    fn get(&self, asked: &Asked, key: &str, objects: &Objects) -> Answer {
        calls::get(asked, key, objects)
    }

    fn list(&self, asked: &Asked, bucket: &str, objects: &Objects) -> Answer {
        if asked.method == "GET" && asked.parameter("list-type") == Some("2") {
            return list::list(asked, bucket, objects);
        }
        not_implemented("This call on a bucket")
    }

    fn not_allowed(&self) -> Answer {
        error(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
    }

    fn failed(&self, fault: Fault) -> Option<Answer> {
        Some(match fault {
            Fault::SlowDown => error(503, "SlowDown", "Please reduce your request rate."),
            Fault::InternalError | Fault::InternalErrorAfterwards => {
                error(500, "InternalError", "We encountered an internal error. Please try again.")
            }
            Fault::BadDigest => {
                let text = "The SHA256 you specified did not match the calculated checksum.";
                error(400, "BadDigest", text)
            }
            Fault::SaidToBeThere => {
                let text = "At least one of the pre-conditions you specified did not hold";
                error(412, "PreconditionFailed", text)
            }
            _ => return None,
        })
    }

    fn misstate(&self, answer: &mut Answer) {
        let other = Sha256::digest(b"other bytes");
        for (name, value) in &mut answer.headers {
            match name.as_str() {
                "x-amz-meta-sha256" => *value = hex::encode(other),
                "x-amz-checksum-sha256" => *value = STANDARD.encode(other),
                _ => {}
            }
        }
    }
}
