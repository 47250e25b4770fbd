//! The HTTP side: requests come in whole, are verified, fail if they are to, and are answered.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use tokio::net::TcpListener;

use super::answer::{Answer, Asked};
use super::fault::Fault;
use super::kind::Spoken;
use super::object::Objects;
use super::{State, changed, locked};

/// Answers whoever connects.
pub(super) async fn serve(listener: TcpListener, spoken: &'static dyn Spoken, state: Arc<Mutex<State>>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let service = service_fn(move |request| exchange(request, spoken, Arc::clone(&state)));
            // An end in the midst is what faults are made of.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// An error ends the connection.
async fn exchange(
    request: Request<Incoming>,
    spoken: &'static dyn Spoken,
    state: Arc<Mutex<State>>,
) -> Result<Response<Sent>, io::Error> {
    let asked = whole(request).await?;
    let fault = locked(&state).fault(spoken.on(&asked));
    if let Some(Fault::Late(time)) = fault {
        tokio::time::sleep(time).await;
    }
    let answer = answered(asked, fault, spoken, &mut locked(&state))?;
    let mut response = Response::builder().status(answer.status).header("server", spoken.name());
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

/// The reply; an error is none.
fn answered(asked: Asked, fault: Option<Fault>, spoken: &dyn Spoken, state: &mut State) -> Result<Answer, io::Error> {
    let broken = || io::Error::other("broken, as it was told to");
    let told = fault.and_then(|fault| spoken.failed(fault));
    match (fault, told) {
        (Some(Fault::ForeignPage), _) => return Ok(Answer::foreign()),
        (Some(Fault::Broken), _) => return Err(broken()),
        (Some(Fault::InternalErrorAfterwards), Some(told)) => {
            carried_out(asked, false, spoken, state);
            return Ok(told);
        }
        (_, Some(told)) => return Ok(told),
        (_, None) => {}
    }
    let (bucket, key) = spoken.place(&asked.path);
    let mut answer = carried_out(asked, fault == Some(Fault::StaleList), spoken, state);
    match fault {
        Some(Fault::BrokenAfterwards) => return Err(broken()),
        Some(Fault::WrongBytes) => changed(&mut answer.body),
        Some(Fault::WrongDigest) => spoken.misstate(&mut answer),
        Some(Fault::DamagedAtRest) if (200..300).contains(&answer.status) => {
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
fn carried_out(asked: Asked, stale: bool, spoken: &dyn Spoken, state: &mut State) -> Answer {
    if let Err(refused) = spoken.verify(&asked, Timestamp::now().as_second()) {
        return refused;
    }
    let (bucket, key) = spoken.place(&asked.path);
    if asked.method == "PUT" && key.is_empty() {
        let is_new = !state.buckets.contains_key(&bucket);
        let made = spoken.made(&asked, &bucket, is_new);
        if is_new {
            state.buckets.insert(bucket, Objects::new());
        }
        return made;
    }
    let (Some(objects), before) = (state.buckets.get_mut(&bucket), state.before.get(&bucket)) else {
        return spoken.no_bucket();
    };
    match (asked.method.as_str(), key.as_str()) {
        ("GET" | "HEAD", "") => match before.filter(|_| stale) {
            Some(before) => spoken.list(&asked, &bucket, before),
            None => spoken.list(&asked, &bucket, objects),
        },
        ("GET" | "HEAD", key) => spoken.get(&asked, key, objects),
        ("PUT", key) => spoken.put(asked, key, objects),
        _ => spoken.not_allowed(),
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
