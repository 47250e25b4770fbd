//! Calling others over HTTP: with a deadline for the whole exchange and a limit on the answer.
//!
//! The answer is streamed and given up when it grows over its limit, so that a broken server costs no memory. Redirects
//! are not followed. No header value is ever logged: one of them may be a key.

use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use futures::{SinkExt, StreamExt};
use spin_sdk::http::{
    ErrorCode, Headers, IncomingResponse, Method as SdkMethod, OutgoingRequest, Scheme, SendError, send,
};

use crate::deadline::within;

/// A request to somebody else.
pub struct Outgoing<'a> {
    /// What is sent.
    pub body: Option<Vec<u8>>,
    /// Absolute, `https://host[:port]/path?query`.
    pub url: &'a str,
    /// Names in lower case.
    pub headers: &'a [(&'a str, String)],
    /// Longest the whole exchange may take.
    pub limit: Duration,
    /// Most bytes of the answer's body.
    pub max_answer: usize,
}

/// A complete answer.
#[derive(Debug)]
pub struct Incoming {
    /// HTTP status.
    pub status: u16,
    /// The header `Retry-After`, if it is text.
    pub retry_after: Option<String>,
    /// All headers that are text, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no complete answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchFailure {
    /// The deadline is over.
    TimedOut,
    /// The answer is longer than allowed; the status is known.
    TooLong {
        /// HTTP status.
        status: u16,
    },
    /// The answer broke off; the status is known.
    BrokenOff {
        /// HTTP status.
        status: u16,
    },
    /// No connection, or none that lasted until a status came. The text is for operators.
    Unreachable(String),
    /// The manifest does not allow the host, or the request is malformed. The text is for operators.
    NotAllowed(String),
}

/// Sends a request and reads the whole answer: `POST` with a body, `GET` without.
///
/// # Errors
/// [`FetchFailure`]; whether the other side saw the request is unknown then.
pub async fn fetch(request: Outgoing<'_>) -> Result<Incoming, FetchFailure> {
    let method = if request.body.is_some() { SdkMethod::Post } else { SdkMethod::Get };
    exchange(&method, request).await
}

/// Sends a request of any method and reads the whole answer.
///
/// # Errors
/// [`FetchFailure`]; whether the other side saw the request is unknown then.
pub async fn exchange(method: &SdkMethod, request: Outgoing<'_>) -> Result<Incoming, FetchFailure> {
    let limit = request.limit;
    within(limit, send_and_receive(method, request)).await.unwrap_or(Err(FetchFailure::TimedOut))
}

async fn send_and_receive(method: &SdkMethod, request: Outgoing<'_>) -> Result<Incoming, FetchFailure> {
    let outgoing = prepare(method, &request).map_err(FetchFailure::NotAllowed)?;
    let mut sink = outgoing.take_body();
    let body = request.body.unwrap_or_default();
    let answer = pin!(async {
        let response: IncomingResponse = send(outgoing).await.map_err(unreachable)?;
        receive(&response, request.max_answer).await
    });
    // A server may answer before it has read everything, and close: what it says counts, not that writing failed.
    let upload = pin!(async move {
        let sent = if body.is_empty() { Ok(()) } else { sink.send(body).await };
        drop(sink);
        sent.is_ok()
    });
    match select(answer, upload).await {
        Either::Left((answer, _)) => answer,
        Either::Right((_, answer)) => answer.await,
    }
}

async fn receive(response: &IncomingResponse, most: usize) -> Result<Incoming, FetchFailure> {
    let status = response.status();
    let headers: Vec<(String, String)> = response
        .headers()
        .entries()
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_ascii_lowercase(), String::from_utf8(value).ok()?)))
        .collect();
    let retry_after = headers.iter().find(|(name, _)| name == "retry-after").map(|(_, value)| value.clone());
    let mut body = Vec::new();
    let mut stream = pin!(response.take_body_stream());
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| FetchFailure::BrokenOff { status })?;
        if body.len().saturating_add(chunk.len()) > most {
            return Err(FetchFailure::TooLong { status });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Incoming { status, retry_after, headers, body })
}

fn prepare(method: &SdkMethod, request: &Outgoing<'_>) -> Result<OutgoingRequest, String> {
    let (scheme, rest) = request.url.split_once("://").ok_or("the address has no scheme")?;
    let scheme = match scheme {
        "https" => Scheme::Https,
        "http" => Scheme::Http,
        _ => return Err("the address must start with https:// or http://".to_owned()),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let mut fields: Vec<(String, Vec<u8>)> =
        request.headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
    if let Some(body) = &request.body {
        fields.push(("content-length".to_owned(), body.len().to_string().into_bytes()));
    }
    let headers = Headers::from_list(&fields).map_err(|_| "a header cannot be sent".to_owned())?;
    let outgoing = OutgoingRequest::new(headers);
    let path = if path.is_empty() { "/" } else { path };
    outgoing
        .set_method(method)
        .and_then(|()| outgoing.set_scheme(Some(&scheme)))
        .and_then(|()| outgoing.set_authority(Some(authority)))
        .and_then(|()| outgoing.set_path_with_query(Some(path)))
        .map_err(|()| format!("the address {authority} cannot be used"))?;
    Ok(outgoing)
}

fn unreachable(error: SendError) -> FetchFailure {
    match error {
        SendError::Http(ErrorCode::HttpRequestDenied) => {
            FetchFailure::NotAllowed("the manifest's allowed_outbound_hosts do not allow this host".to_owned())
        }
        SendError::Http(ErrorCode::ConnectionTimeout | ErrorCode::ConnectionReadTimeout) => FetchFailure::TimedOut,
        SendError::Http(code) => FetchFailure::Unreachable(name(&code)),
        SendError::Io(_) => FetchFailure::Unreachable("the connection broke".to_owned()),
        SendError::RequestConversion(error) | SendError::ResponseConversion(error) => {
            FetchFailure::Unreachable(error.to_string())
        }
    }
}

/// The error's name without what it holds, in words.
fn name(code: &ErrorCode) -> String {
    let text = format!("{code:?}");
    let name = text.split("::").last().unwrap_or(&text);
    name.chars().take_while(|c| c.is_ascii_alphanumeric()).collect()
}
