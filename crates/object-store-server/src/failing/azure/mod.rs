//! Azure Blob Storage, as Microsoft's REST reference has it.
//!
//! <https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api>

mod calls;
mod list;
mod signature;
mod words;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use percent_encoding::percent_decode_str;
use sha2::{Digest as _, Sha256};

use self::words::{error, not_implemented, said};
use crate::failing::answer::{Answer, Asked};
use crate::failing::fault::{Fault, On};
use crate::failing::kind::Spoken;
use crate::failing::object::Objects;

pub(super) use self::words::ACCOUNT;

/// Azure Blob Storage with the account as the first part of the path, as the service is reached by an address without a name.
#[derive(Debug)]
pub(super) struct Azure;

impl Spoken for Azure {
    fn name(&self) -> &'static str {
        "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0"
    }

    /// `/ACCOUNT/CONTAINER/BLOB`. Whose account it is, is in the signature.
    fn place(&self, path: &str) -> (String, String) {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let mut parts = path.splitn(4, '/').skip(2);
        (decoded(parts.next().unwrap_or_default()), decoded(parts.next().unwrap_or_default()))
    }

    fn on(&self, asked: &Asked) -> On {
        match asked.method.as_str() {
            "PUT" => On::Write,
            _ if asked.parameter("comp") == Some("list") => On::List,
            _ => On::Read,
        }
    }

    fn verify(&self, asked: &Asked, now: i64) -> Result<(), Answer> {
        signature::verify(asked, now)
    }

    fn made(&self, asked: &Asked, _: &str, is_new: bool) -> Answer {
        if is_new {
            return said(Answer::new(201), asked.header("x-ms-version"));
        }
        error(409, "ContainerAlreadyExists", "The specified container already exists.")
    }

    fn no_bucket(&self) -> Answer {
        error(404, "ContainerNotFound", "The specified container does not exist.")
    }

    fn put(&self, asked: Asked, key: &str, objects: &mut Objects) -> Answer {
        calls::put(asked, key, objects)
    }

    fn get(&self, asked: &Asked, key: &str, objects: &Objects) -> Answer {
        calls::get(asked, key, objects)
    }

    fn list(&self, asked: &Asked, bucket: &str, objects: &Objects) -> Answer {
        let of_blobs = asked.parameter("restype") == Some("container") && asked.parameter("comp") == Some("list");
        if asked.method == "GET" && of_blobs {
            return list::list(asked, bucket, objects);
        }
        not_implemented("this call on a container")
    }

    fn not_allowed(&self) -> Answer {
        error(405, "UnsupportedHttpVerb", "The resource doesn't support specified Http Verb.")
    }

    fn failed(&self, fault: Fault) -> Option<Answer> {
        Some(match fault {
            Fault::SlowDown => error(
                503,
                "ServerBusy",
                "The server is currently unable to receive requests. Please retry your request.",
            ),
            Fault::InternalError => {
                error(500, "InternalError", "The server encountered an internal error. Please retry the request.")
            }
            // The page says of it: "the operation may or may not have succeeded on the server side".
            Fault::InternalErrorAfterwards => {
                error(500, "OperationTimedOut", "The operation could not be completed within the permitted time.")
            }
            Fault::BadDigest => {
                let text = "The MD5 value specified in the request did not match with the MD5 value calculated by the \
                            server.";
                error(400, "Md5Mismatch", text)
            }
            Fault::SaidToBeThere => error(409, "BlobAlreadyExists", "The specified blob already exists."),
            _ => return None,
        })
    }

    fn misstate(&self, answer: &mut Answer) {
        for (name, value) in &mut answer.headers {
            match name.as_str() {
                "x-ms-meta-sha256" => *value = hex::encode(Sha256::digest(b"other bytes")),
                "content-md5" => *value = STANDARD.encode(Md5::digest(b"other bytes")),
                _ => {}
            }
        }
    }
}
