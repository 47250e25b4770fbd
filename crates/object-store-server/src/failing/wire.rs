//! The HTTP side: requests come in whole, are verified, fail if they are to, and are answered.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;

use super::answer::{Answer, Asked};
use super::{Fault, On, State, calls, changed, list, locked, signature};

/// Answers whoever connects.
pub(super) async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let service = service_fn(move |request| exchange(request, Arc::clone(&state)));
            // An end in the midst is what faults are made of.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// An error ends the connection.
async fn exchange(request: Request<Incoming>, state: Arc<Mutex<State>>) -> Result<Response<Sent>, io::Error> {
    let asked = whole(request).await?;
    let fault = locked(&state).fault(kind(&asked));
    if let Some(Fault::Late(time)) = fault {
        tokio::time::sleep(time).await;
    }
    let answer = answered(asked, fault, &mut locked(&state))?;
    let mut response = Response::builder().status(answer.status).header("server", "AmazonS3");
    for (name, value) in &answer.headers {
        response = response.header(name.as_str(), value.as_str());
    }
    let length = answer.body.len();
    let mut bytes = Bytes::from(answer.body);
    let end = if fault == Some(Fault::CutOff) { End::BreaksSoon } else { End::Whole };
    if end == End::BreaksSoon {
        bytes.truncate(length / 2);
    }
    response.header("content-length", length).body(Sent { part: Some(bytes), end }).map_err(io::Error::other)
}

/// The request with its body, all of it.
async fn whole(request: Request<Incoming>) -> Result<Asked, io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes().to_vec();
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let query = head.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let query = query.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    });
    let headers = head.headers.iter();
    let headers =
        headers.map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    Ok(Asked {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: query.collect(),
        headers: headers.collect(),
        body,
    })
}

fn kind(asked: &Asked) -> On {
    match asked.method.as_str() {
        "PUT" => On::Write,
        _ if asked.parameter("list-type").is_some() => On::List,
        _ => On::Read,
    }
}

/// The reply; an error is none.
fn answered(asked: Asked, fault: Option<Fault>, state: &mut State) -> Result<Answer, io::Error> {
    let broken = || io::Error::other("broken, as it was told to");
    match fault {
        Some(Fault::SlowDown) => return Ok(Answer::error(503, "SlowDown", "Please reduce your request rate.")),
        Some(Fault::InternalError) => return Ok(internal_error()),
        Some(Fault::BadDigest) => {
            let text = "The SHA256 you specified did not match the calculated checksum.";
            return Ok(Answer::error(400, "BadDigest", text));
        }
        Some(Fault::ForeignPage) => return Ok(Answer::foreign()),
        Some(Fault::Broken) => return Err(broken()),
        _ => {}
    }
    let (bucket, key) = place(&asked.path);
    let mut answer = carried_out(asked, (&bucket, &key), fault == Some(Fault::StaleList), state);
    match fault {
        Some(Fault::InternalErrorAfterwards) => return Ok(internal_error()),
        Some(Fault::BrokenAfterwards) => return Err(broken()),
        Some(Fault::WrongBytes) => changed(&mut answer.body),
        Some(Fault::WrongDigest) => misstate(&mut answer),
        Some(Fault::DamagedAtRest) if answer.status == 200 => {
            let objects = state.buckets.get_mut(&bucket);
            if let Some(object) = objects.and_then(|objects| objects.get_mut(&key)) {
                changed(&mut object.bytes);
            }
        }
        _ => {}
    }
    Ok(answer)
}

/// What the store does that nothing ails.
fn carried_out(asked: Asked, (bucket, key): (&str, &str), stale: bool, state: &mut State) -> Answer {
    if let Err(refused) = signature::verify(&asked, Timestamp::now().as_second()) {
        return refused;
    }
    if asked.method == "PUT" && key.is_empty() {
        if state.buckets.contains_key(bucket) {
            let text = "Your previous request to create the named bucket succeeded and you already own it.";
            return Answer::error(409, "BucketAlreadyOwnedByYou", text);
        }
        state.buckets.insert(bucket.to_owned(), BTreeMap::new());
        return Answer::new(200).with("location", format!("/{bucket}"));
    }
    let (Some(objects), before) = (state.buckets.get_mut(bucket), state.before.get(bucket)) else {
        return Answer::error(404, "NoSuchBucket", "The specified bucket does not exist");
    };
    match (asked.method.as_str(), key) {
        ("GET", "") if asked.parameter("list-type") == Some("2") => match before.filter(|_| stale) {
            Some(before) => list::list(&asked, bucket, before),
            None => list::list(&asked, bucket, objects),
        },
        ("GET" | "HEAD", "") => Answer::not_implemented("This call on a bucket"),
        ("GET" | "HEAD", key) => calls::get(&asked, key, objects),
        ("PUT", key) => calls::put(asked, key, objects),
        _ => {
            let text = "The specified method is not allowed against this resource.";
            Answer::error(405, "MethodNotAllowed", text)
        }
    }
}

/// Bucket and key of a path, `/BUCKET/KEY`.
fn place(path: &str) -> (String, String) {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let path = path.strip_prefix('/').unwrap_or(path);
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    (decoded(bucket), decoded(key))
}

fn internal_error() -> Answer {
    Answer::error(500, "InternalError", "We encountered an internal error. Please try again.")
}

/// States the digest and the checksum of other bytes than are sent.
fn misstate(answer: &mut Answer) {
    let other = Sha256::digest(b"other bytes");
    for (name, value) in &mut answer.headers {
        match name.as_str() {
            "x-amz-meta-sha256" => *value = hex::encode(other),
            "x-amz-checksum-sha256" => *value = STANDARD.encode(other),
            _ => {}
        }
    }
}

/// A body, or the beginning of one.
struct Sent {
    part: Option<Bytes>,
    end: End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// It was all of it.
    Whole,
    /// The connection breaks when what was said is on its way.
    BreaksSoon,
    /// Now.
    Breaks,
}

impl Body for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(part) = self.part.take() {
            return Poll::Ready(Some(Ok(Frame::data(part))));
        }
        match self.end {
            End::Whole => Poll::Ready(None),
            End::BreaksSoon => {
                self.end = End::Breaks;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            End::Breaks => Poll::Ready(Some(Err(io::Error::other("broken, as it was told to")))),
        }
    }
}
