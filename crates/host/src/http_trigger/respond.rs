//! From a parsed request to a response: routing, overload, and the answers the host gives itself.

use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use tokio::sync::Semaphore;
use wasmtime_wasi_http::WasiBody;

use super::{
    InvokeFailure, Match, Router, invoke,
    request_headers::{self, BadRequest},
};
use crate::runtime::{LoadedComponent, Services};

/// The path on which Spin tells that it is alive.
const HEALTH: &str = "/.well-known/spin/health";

/// Seconds after which a client may try again when the host is overloaded.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// The public face of an application.
pub(crate) struct Front {
    pub(crate) services: Arc<Services>,
    pub(crate) router: Router,
    /// One permit for each guest that a client may have running.
    pub(crate) slots: Arc<Semaphore>,
}

impl Front {
    /// Answers a request of a client. Never fails: every failure has a status code.
    pub(crate) async fn respond(&self, request: Request<WasiBody>, client: SocketAddr) -> Response<WasiBody> {
        let path = request.uri().path();
        if path == HEALTH {
            return text(StatusCode::OK, "OK");
        }
        let Some(found) = self.router.find(path) else {
            return empty(StatusCode::NOT_FOUND);
        };
        let Some(component) = self.services.component(&found.component) else {
            return empty(StatusCode::NOT_FOUND);
        };
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
            tracing::warn!(component = %component.id, "too many guests are running; a request is refused");
            return overloaded();
        };
        let (mut parts, body) = request.into_parts();
        let prepared = request_headers::make_absolute(&mut parts)
            .and_then(|()| request_headers::describe(&mut parts, &found, client));
        match prepared {
            Ok(()) => {}
            Err(BadRequest::Authority) => return empty(StatusCode::BAD_REQUEST),
            // The answer of Spin.
            Err(BadRequest::HeaderText) => return empty(StatusCode::INTERNAL_SERVER_ERROR),
        }
        let request = Request::from_parts(parts, body);
        match invoke(&self.services, component, request, Some(slot)).await {
            Ok(response) => response,
            Err(failure) => answer_failure(failure),
        }
    }
}

/// Runs a component for another one. The caller's instance is counted already, so this takes no slot: a chain could
/// otherwise wait for itself.
pub(crate) async fn respond_chained(
    services: &Arc<Services>,
    component: &Arc<LoadedComponent>,
    request: Request<WasiBody>,
) -> Response<WasiBody> {
    let found = Match::chained(&component.id, request.uri().path());
    let (mut parts, body) = request.into_parts();
    // The caller's `Host` names the chaining domain; guests of Spin do not see it.
    parts.headers.remove(header::HOST);
    if request_headers::describe(&mut parts, &found, request_headers::CHAINED_CLIENT).is_err() {
        return empty(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let request = Request::from_parts(parts, body);
    match invoke(services, component, request, None).await {
        Ok(response) => response,
        Err(failure) => answer_failure(failure),
    }
}

fn answer_failure(failure: InvokeFailure) -> Response<WasiBody> {
    match failure {
        InvokeFailure::Overloaded => overloaded(),
        // A 5xx body reveals nothing; the log has it all.
        InvokeFailure::Failed => empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn overloaded() -> Response<WasiBody> {
    let mut response = empty(StatusCode::SERVICE_UNAVAILABLE);
    response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    response
}

fn empty(status: StatusCode) -> Response<WasiBody> {
    text(status, "")
}

fn text(status: StatusCode, text: &'static str) -> Response<WasiBody> {
    let body = Full::new(Bytes::from_static(text.as_bytes())).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}
