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
    let handled = async |request| match request {
        Ok(request) => handle(request).await,
        Err(problem) => Reply { answer: Err(problem), afterwards: None },
    };
    reply(incoming, out, handled).await;
}

/// Sends whoever asks to another address of this application, for good.
pub async fn redirect(incoming: IncomingRequest, out: ResponseOutparam, location: String) {
    let response = Response::new(308).with_header("location", location);
    reply(incoming, out, async |_| Reply::<Nothing>::from(Ok(response))).await;
}

/// Answers a request, whether it could be decoded or not.
async fn reply<F: Future<Output = ()>>(
    incoming: IncomingRequest,
    out: ResponseOutparam,
    handle: impl AsyncFnOnce(Result<Request, Problem>) -> Reply<F>,
) {
    // Whoever asks for permission to send a body gets the answer instead of the permission, and sends nothing.
    let expects_permission = incoming.headers().has("expect");
    let (id, unread, recognised, request) = Request::decode(incoming);
    let reply = handle(request).await;
    let response = reply.answer.unwrap_or_else(|problem| problem.into_response(&id));
    send(out, response, &id).await;
    if let Some(work) = reply.afterwards {
        work.await;
    }
    if !expects_permission {
        body::drain(&unread, recognised.get()).await;
    }
}

/// What an answer has unless it says otherwise itself. Files that carry their digest in their name may be kept; everything else
/// is about people and is not. Nothing that is no page of ours is to be rendered, framed or told to others.
const UNLESS_GIVEN: [(&str, &str); 5] = [
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
];

/// An answer's headers, each policy once: two of one are joined by a comma, and browsers then heed neither.
fn headers(response: &Response, id: &str) -> Vec<(String, Vec<u8>)> {
    let given = response.headers.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes()));
    let mut headers: Vec<(String, Vec<u8>)> = given.collect();
    let length = response.rest.as_ref().map_or(response.body.len() as u64, |rest| rest.bytes);
    // Of an answer that says "you have it" the length would be that of what is not sent.
    if response.status != 304 {
        headers.push(("content-length".to_owned(), length.to_string().into_bytes()));
    }
    headers.push(("x-request-id".to_owned(), id.as_bytes().to_vec()));
    for (name, value) in UNLESS_GIVEN {
        if response.headers.iter().all(|(given, _)| given != name) {
            headers.push((name.to_owned(), value.as_bytes().to_vec()));
        }
    }
    headers
}

async fn send(out: ResponseOutparam, response: Response, id: &str) {
    let headers = headers(&response, id);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Disposition, Kind};

    fn values(response: &Response, wanted: &str) -> Vec<String> {
        let all = headers(response, "req_1");
        let found = all.into_iter().filter(|(name, _)| name == wanted);
        found.map(|(_, value)| String::from_utf8(value).unwrap()).collect()
    }

    #[test]
    fn every_answer_has_each_policy_once() {
        let json = Problem::new(Kind::NotFound, "").into_response("req_1");
        let photo = Response::file(Disposition::Inline, "a.jpg", "image/jpeg", "00", vec![1]);
        let kept = Response::new(304).with_header("cache-control", "private, no-cache");
        for response in [&json, &photo, &kept] {
            for (name, _) in UNLESS_GIVEN {
                assert_eq!(values(response, name).len(), 1, "{name}");
            }
        }
        assert_eq!(values(&json, "content-security-policy"), ["default-src 'none'; frame-ancestors 'none'"]);
        assert_eq!(values(&photo, "content-security-policy"), ["sandbox; default-src 'none'"]);
        assert_eq!(values(&photo, "cross-origin-resource-policy"), ["same-origin"]);
        assert_eq!(
            (values(&json, "cache-control"), values(&kept, "cache-control")),
            (vec!["no-store".to_owned()], vec!["private, no-cache".to_owned()])
        );
        assert_eq!(values(&kept, "content-length"), [""; 0]);
    }
}
