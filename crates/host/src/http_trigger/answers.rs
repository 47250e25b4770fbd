//! The answers the host gives by itself.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use wasmtime_wasi_http::WasiBody;

/// Seconds after which a client may try again when the host is overloaded.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");
const REQUEST_ID: &str = "x-request-id";

/// Too much is asked at once: RFC 9457, in the words of the application's own answer to an outage, with the request's id.
pub(super) fn overloaded(id: &HeaderValue) -> Response<WasiBody> {
    let mut response = problem(
        StatusCode::SERVICE_UNAVAILABLE,
        "unavailable",
        "The service is busy or out of reach; try again",
        "Too many requests are in work. Nothing was stored. Send the same request again.",
        id,
    );
    response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    response
}

/// The request breaks a rule of HTTP.
pub(super) fn bad_request(detail: &str, id: &HeaderValue) -> Response<WasiBody> {
    problem(StatusCode::BAD_REQUEST, "invalid-request", "The request breaks a rule", detail, id)
}

fn problem(status: StatusCode, slug: &str, title: &str, detail: &str, id: &HeaderValue) -> Response<WasiBody> {
    // Of words that need no escaping, and an id that holds none that would.
    let body = format!(
        r#"{{"type":"urn:tollbooth:problem:{slug}","title":"{title}","status":{},"detail":"{detail}","request_id":"{}"}}"#,
        status.as_u16(),
        id.to_str().unwrap_or_default()
    );
    let mut response = text(status, body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REQUEST_ID, id.clone());
    response
}

/// What was asked of the application failed. A 5xx body reveals nothing; the log has it all.
pub(super) fn failed() -> Response<WasiBody> {
    empty(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The request's id: the caller's when it is one, as the application takes it, else a new one.
pub(super) fn request_id(headers: &HeaderMap) -> HeaderValue {
    let given = headers.get(REQUEST_ID).filter(|value| is_request_id(value.as_bytes()));
    given.cloned().unwrap_or_else(|| {
        let mut random = [0; 8];
        // Without randomness the id is one that many share: it identifies no more, and harms nothing.
        let _ = getrandom::fill(&mut random);
        HeaderValue::try_from(format!("req_{:016x}", u64::from_le_bytes(random)))
            .unwrap_or_else(|_| HeaderValue::from_static("req_none"))
    })
}

fn is_request_id(text: &[u8]) -> bool {
    (1..=64).contains(&text.len()) && text.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
}

pub(super) fn empty(status: StatusCode) -> Response<WasiBody> {
    text(status, "")
}

pub(super) fn text(status: StatusCode, text: impl Into<Bytes>) -> Response<WasiBody> {
    let body = Full::new(text.into()).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}
