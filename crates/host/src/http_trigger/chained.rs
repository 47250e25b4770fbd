//! A component that answers another one.

use std::sync::Arc;

use http::{Request, Response, header};
use wasmtime_wasi_http::WasiBody;

use super::{
    InvokeFailure, Match,
    answers::{failed, overloaded, request_id},
    invoke, request_headers,
};
use crate::runtime::{Chain, ChainedAnswer, Components, LoadedComponent, MemoryClaim, Services};

impl Chain for Components {
    fn call(&self, services: &Arc<Services>, id: &str, request: Request<WasiBody>) -> Option<ChainedAnswer> {
        let target = self.get(id).filter(|target| target.faces.http.is_some())?;
        Some(Box::pin(respond(Arc::clone(services), Arc::clone(target), request)))
    }
}

/// Runs a component for another one. The caller's instance is counted already, so this takes no slot: a chain could
/// otherwise wait for itself.
async fn respond(
    services: Arc<Services>,
    component: Arc<LoadedComponent>,
    request: Request<WasiBody>,
) -> Response<WasiBody> {
    let found = Match::chained(&component.grants.id, request.uri().path());
    let id = request_id(request.headers());
    let (mut parts, body) = request.into_parts();
    // The caller's `Host` names the chaining domain; guests of Spin do not see it.
    parts.headers.remove(header::HOST);
    if request_headers::describe(&mut parts, &found, request_headers::CHAINED_CLIENT).is_err() {
        return failed();
    }
    let request = Request::from_parts(parts, body);
    match invoke(&services, &component, request, None, MemoryClaim::default()).await {
        Ok(response) => response,
        Err(InvokeFailure::Overloaded) => overloaded(&id),
        Err(InvokeFailure::Failed) => failed(),
    }
}
