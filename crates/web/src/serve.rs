//! From the host's request to the host's response, and on to the work that follows it.

use std::future::Future;
use std::pin::pin;

use futures::SinkExt;
use spin_sdk::http::{Fields, IncomingRequest, OutgoingResponse, ResponseOutparam};

use crate::body;
use crate::deadline::{elapsed, within};
use crate::pace::TAKING;
use crate::{Answer, Problem, Request, Response};

/// Bytes of an answer that are handed over at a time.
const PIECE: usize = 65_536;

/// An answer, and what is to be done after it was sent.
pub struct Reply<F> {
    /// What the caller gets.
    pub answer: Answer,
    /// Runs after the response was sent; nobody waits for it and nothing may depend on it.
    pub afterwards: Option<F>,
}

impl<F> From<Answer> for Reply<F> {
    fn from(answer: Answer) -> Self {
        Self { answer, afterwards: None }
    }
}

/// Serves one request. The response is complete for the caller before `afterwards` starts.
pub async fn serve<H, R, F>(incoming: IncomingRequest, out: ResponseOutparam, handle: H)
where
    H: FnOnce(Request) -> R,
    R: Future<Output = Reply<F>>,
    F: Future<Output = ()>,
{
    // Whoever asks for permission to send a body gets the answer instead of the permission, and sends nothing.
    let expects_permission = incoming.headers().has("expect");
    let (id, unread, recognised, request) = Request::decode(incoming);
    let reply = match request {
        Ok(request) => handle(request).await,
        Err(problem) => Reply { answer: Err(problem), afterwards: None },
    };
    let response = reply.answer.unwrap_or_else(|problem| problem.into_response(&id));
    send(out, response, &id).await;
    if let Some(work) = reply.afterwards {
        work.await;
    }
    if !expects_permission {
        body::drain(&unread, recognised.get()).await;
    }
}

async fn send(out: ResponseOutparam, response: Response, id: &str) {
    // Files that carry their digest in their name may be kept; everything else is about people and is not.
    let kept = response.headers.iter().any(|(name, _)| name == "cache-control");
    let mut headers: Vec<(String, Vec<u8>)> =
        response.headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
    let length = response.rest.as_ref().map_or(response.body.len() as u64, |rest| rest.bytes);
    // Of an answer that says "you have it" the length would be that of what is not sent.
    if response.status != 304 {
        headers.push(("content-length".to_owned(), length.to_string().into_bytes()));
    }
    headers.push(("x-request-id".to_owned(), id.as_bytes().to_vec()));
    if !kept {
        headers.push(("cache-control".to_owned(), b"no-store".to_vec()));
    }
    headers.push(("cross-origin-resource-policy".to_owned(), b"same-origin".to_vec()));
    headers.push(("x-content-type-options".to_owned(), b"nosniff".to_vec()));
    let fields = match Fields::from_list(&headers) {
        Ok(fields) => fields,
        Err(e) => {
            tollbooth_log::log!(Error, request = id, cause = format_args!("a header of ours is invalid: {e:?}"));
            Fields::new()
        }
    };
    let outgoing = OutgoingResponse::new(fields);
    if outgoing.set_status_code(response.status).is_err() {
        tollbooth_log::log!(Error, request = id, cause = format_args!("status {} is invalid", response.status));
    }
    let mut sink = pin!(outgoing.take_body());
    out.set(outgoing);
    let began = elapsed();
    let whole = std::iter::once(Ok(response.body));
    let pieces: Box<dyn Iterator<Item = Result<Vec<u8>, String>>> = match response.rest {
        Some(rest) => rest.pieces,
        None => Box::new(whole),
    };
    let mut sent = 0_u64;
    for fetched in pieces {
        let fetched = match fetched {
            Ok(fetched) => fetched,
            Err(cause) => {
                tollbooth_log::log!(Error, request = id, cause = cause);
                return;
            }
        };
        for piece in fetched.chunks(PIECE) {
            let left = TAKING.allows(sent).saturating_sub(elapsed().saturating_sub(began));
            // What was done stays done, and a resend finds it.
            match within(left, sink.send(piece.to_vec())).await {
                Some(Ok(())) => sent += piece.len() as u64,
                Some(Err(e)) => {
                    tollbooth_log::log!(
                        Debug,
                        request = id,
                        cause = format_args!("the caller did not take the answer: {e:?}")
                    );
                    return;
                }
                None => {
                    tollbooth_log::log!(Debug, request = id, cause = "the caller takes the answer too slowly");
                    return;
                }
            }
        }
    }
}

/// The type of `afterwards` for stages that do nothing after their answer.
pub type Nothing = std::future::Ready<()>;

impl From<Problem> for Reply<Nothing> {
    fn from(problem: Problem) -> Self {
        Self { answer: Err(problem), afterwards: None }
    }
}
