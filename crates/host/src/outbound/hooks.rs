//! The sender of a guest's outgoing requests.

use std::sync::Arc;

use http::{Request, Response};
use http_body_util::BodyExt;
use tollbooth_trace::{Context, otlp::Kind};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks, default_send_request};

use super::chained_component;
use crate::{
    host_calls::{CallKind, Verdict},
    observe::{OpenSpan, context_of},
    runtime::{Grants, GuestControl, Services},
};

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sent = Result<(Response<WasiBody>, Io), Error>;

/// What `wasi:http` calls for one guest.
pub(crate) struct OutboundHooks {
    sender: Sender,
}

#[derive(Clone)]
struct Sender {
    component: Arc<Grants>,
    services: Arc<Services>,
    control: Arc<GuestControl>,
    trace: Option<Context>,
}

impl OutboundHooks {
    pub(crate) fn new(
        component: &Arc<Grants>,
        services: &Arc<Services>,
        control: &Arc<GuestControl>,
        trace: Option<Context>,
    ) -> Self {
        Self {
            sender: Sender {
                component: Arc::clone(component),
                services: Arc::clone(services),
                control: Arc::clone(control),
                trace,
            },
        }
    }
}

impl WasiHttpHooks for OutboundHooks {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        processed: Io,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        // What becomes of the response body in the guest is the guest's own business.
        drop(processed);
        let sender = self.sender.clone();
        Box::new(async move { sender.send(request, options).await })
    }
}

impl Sender {
    async fn send(self, request: Request<WasiBody>, options: Option<RequestOptions>) -> Sent {
        if !self.component.allowed_hosts.allows(request.uri()) {
            self.report_denied(request.uri());
            return Err(Error::HttpRequestDenied);
        }
        let Some(calls) = self.control.calls.clone() else {
            return self.deliver(request, options).await;
        };
        let operation = format!("{} {}", request.method(), request.uri());
        let before = calls.before(self.control.call(CallKind::OutboundHttp, &operation));
        match self.control.carry_out(before).await {
            Ok(Verdict::Fail(_)) => return Err(Error::ConnectionTerminated),
            Ok(_) => {}
            Err(killed) => return Err(Error::InternalError(Some(killed.to_string()))),
        }
        let sent = self.deliver(request, options).await;
        let after = calls.after(self.control.call(CallKind::OutboundHttp, &operation));
        match self.control.carry_out(after).await {
            Ok(_) => sent,
            Err(killed) => Err(Error::InternalError(Some(killed.to_string()))),
        }
    }

    async fn deliver(&self, mut request: Request<WasiBody>, options: Option<RequestOptions>) -> Sent {
        let mut span = self.span(&mut request);
        let sent = self.carry(request, options).await;
        if let Some(span) = &mut span {
            match &sent {
                Ok((response, _)) => span.status(response.status()),
                Err(_) => span.failed("no answer"),
            }
        }
        sent
    }

    /// A request that names the trace it belongs to stays in it: one run reads photos of many passages, and each call is part of
    /// its own passage's way. (Spin writes its own in its place.) Any other belongs to the run.
    fn span(&self, request: &mut Request<WasiBody>) -> Option<OpenSpan> {
        let tracer = self.services.tracer.as_ref()?;
        let parent = context_of(request.headers()).or(self.trace);
        let mut span = tracer.begin(parent, Kind::Client, request.method().to_string())?;
        span.text("http.request.method", request.method().as_str());
        span.text("server.address", request.uri().host().unwrap_or_default());
        span.text("component_id", &self.component.id);
        span.tell(request.headers_mut());
        Some(span)
    }

    async fn carry(&self, request: Request<WasiBody>, options: Option<RequestOptions>) -> Sent {
        match chained_component(request.uri()) {
            Some(id) => {
                let id = id.to_owned();
                self.chain(&id, request, options).await
            }
            None => {
                let (response, io) = default_send_request(request, options).await?;
                let response = response.map(BodyExt::boxed_unsync);
                Ok((response, Box::new(io) as Io))
            }
        }
    }

    async fn chain(&self, id: &str, request: Request<WasiBody>, options: Option<RequestOptions>) -> Sent {
        let Some(answer) = self.services.chain.call(&self.services, id, request) else {
            tracing::error!(component = %self.component.id, target = id, "a request by service chaining has no target; give that component an http trigger, or select it with --only");
            // The answer of Spin, where a wildcard covers existing components only.
            return Err(Error::HttpRequestDenied);
        };
        let response = match options.and_then(|options| options.first_byte_timeout) {
            Some(limit) => tokio::time::timeout(limit, answer).await.map_err(|_| Error::ConnectionReadTimeout)?,
            None => answer.await,
        };
        Ok((response, Box::new(async { Ok(()) }) as Io))
    }

    fn report_denied(&self, uri: &http::Uri) {
        let scheme = uri.scheme_str().unwrap_or("https");
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let id = &self.component.id;
        tracing::error!(
            component = %id,
            "a request to {scheme}://{authority} was denied; to allow it, add \"{scheme}://{authority}\" to component.{id}.allowed_outbound_hosts"
        );
    }
}
