//! From a parsed request to a response: routing, overload, and the answers the host gives itself.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use tollbooth_trace::otlp::Kind;
use wasmtime_wasi_http::WasiBody;

use super::{
    InvokeFailure, Match, Router,
    answers::{bad_request, empty, failed, overloaded, request_id, text},
    invoke,
    places::Places,
    request_headers::{self, BadRequest},
    tally::Tally,
};
use crate::{
    observe::{OpenSpan, context_of},
    runtime::{Caller, Components, MemoryClaim, Services},
};

/// The path on which Spin tells that it is alive.
const HEALTH: &str = "/.well-known/spin/health";

/// A body that is declared longer than this, in bytes, waits for memory before its guest starts.
const LARGE_BODY: usize = 1 << 20;
/// What a body costs in all, in its own lengths: as it came, while it is checked, in the library that stores it, in the
/// host, and what the growing of each leaves behind.
const COPIES: usize = 5;
/// How long it waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// The public face of an application.
pub(crate) struct Front {
    pub(crate) services: Arc<Services>,
    pub(crate) components: Arc<Components>,
    pub(crate) router: Router,
    pub(crate) places: Places,
    pub(crate) tallies: Tallies,
}

/// What clients are refused for, told once a second.
pub(crate) struct Tallies {
    no_place: Arc<Tally>,
    no_memory: Arc<Tally>,
    unauthorized: Arc<Tally>,
    forbidden: Arc<Tally>,
    pub(super) crowded: Arc<Tally>,
}

impl Default for Tallies {
    fn default() -> Self {
        Self {
            no_place: Tally::new(
                "requests were refused with 503: too many are in work, or too many of one caller, or too many for one component",
            ),
            no_memory: Tally::new(
                "requests were refused with 503: there was no memory for them, or no room for another instance",
            ),
            unauthorized: Tally::new("requests were answered with 401: no token, or none that is known"),
            forbidden: Tally::new("requests were answered with 403: the token does not allow them"),
            crowded: Tally::new("connections were closed unheard: there are too many"),
        }
    }
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
        let Some(component) = self.components.get(&found.component) else {
            return empty(StatusCode::NOT_FOUND);
        };
        let id = request_id(request.headers());
        let caller = Caller::of(request.headers(), client);
        let (mut parts, body) = request.into_parts();
        let prepared = request_headers::check(&parts)
            .and_then(|()| request_headers::make_absolute(&mut parts))
            .and_then(|()| request_headers::describe(&mut parts, &found, client));
        if let Err(refused) = prepared {
            return refuse(refused, &id);
        }
        let Some(memory) = self.memory(caller, &parts.headers).await else {
            self.tallies.no_memory.note();
            return overloaded(&id);
        };
        // Only now: large bodies that wait for memory must not hold the places of small ones.
        let Some(place) = self.places.take(caller, &component.grants.id) else {
            self.tallies.no_place.note();
            return overloaded(&id);
        };
        let span = self.span(&found, &parts.method, &component.grants.id, &mut parts.headers);
        let request = Request::from_parts(parts, body);
        let answered = invoke(&self.services, component, request, Some(place), memory).await;
        if let Some(mut span) = span {
            match &answered {
                Ok(response) => span.status(response.status()),
                Err(InvokeFailure::Overloaded) => span.status(StatusCode::SERVICE_UNAVAILABLE),
                Err(InvokeFailure::Failed) => span.status(StatusCode::INTERNAL_SERVER_ERROR),
            }
        }
        match answered {
            Ok(response) => {
                match response.status() {
                    StatusCode::UNAUTHORIZED => self.tallies.unauthorized.note(),
                    StatusCode::FORBIDDEN => self.tallies.forbidden.note(),
                    _ => {}
                }
                response
            }
            Err(InvokeFailure::Overloaded) => {
                self.tallies.no_memory.note();
                overloaded(&id)
            }
            Err(InvokeFailure::Failed) => failed(),
        }
    }

    /// Of the request, part of the trace that it brings. Says which route it was for: a path may hold a camera's password.
    fn span(&self, found: &Match, method: &Method, component: &str, headers: &mut HeaderMap) -> Option<OpenSpan> {
        let tracer = self.services.tracer.as_ref()?;
        let name = format!("{method} {}", found.based_route);
        let mut span = tracer.begin(context_of(headers), Kind::Server, name)?;
        span.text("http.request.method", method.as_str());
        span.text("http.route", &found.based_route);
        span.text("url.scheme", "http");
        span.text("component_id", component);
        span.tell(headers);
        Some(span)
    }

    /// What a guest may take for this caller. Sets memory aside for a large body, so that many of them wait here, where
    /// they cost nothing, instead of failing half-read. A stranger's body is not read, so nothing is set aside for it.
    async fn memory(&self, caller: Caller, headers: &HeaderMap) -> Option<MemoryClaim> {
        let declared = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let large = declared.filter(|bytes: &usize| *bytes > LARGE_BODY && !caller.is_stranger());
        let reserved = match large {
            None => None,
            Some(bytes) => {
                let bytes = bytes.saturating_mul(COPIES);
                Some(self.services.memory.wait_for_large(caller, bytes, PATIENCE).await?)
            }
        };
        Some(MemoryClaim { caller: Some(caller), reserved })
    }
}

fn refuse(refused: BadRequest, id: &HeaderValue) -> Response<WasiBody> {
    match refused {
        BadRequest::Authority => bad_request("The request needs exactly one Host, and the same as its target.", id),
        BadRequest::HeaderText => bad_request("A header holds bytes that are not UTF-8.", id),
        BadRequest::TransferCoding => empty(StatusCode::NOT_IMPLEMENTED),
    }
}
