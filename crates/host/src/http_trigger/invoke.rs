//! One request through one guest.
//!
//! The guest runs as a task of its own on the threads of its pool: it may go on after its response, and a client
//! that goes away does not end it. Whatever way it fails is logged here, once.

use std::sync::{Arc, Mutex, PoisonError};

use http::{Request, Response};
use tokio::sync::oneshot;
use tollbooth_trace::otlp::Kind;
use wasmtime_wasi_http::{
    WasiBody, WasiHttpView,
    p2::bindings::http::types::{ErrorCode, Scheme},
};

use super::places::Place;
use crate::{
    observe::{End, OpenSpan, context_of},
    runtime::{GuestState, LoadedComponent, MemoryClaim, Services, Urgency},
};

/// Why a guest gave no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvokeFailure {
    /// There is no room for another instance, or no memory for this one, now.
    #[error("no room for another instance")]
    Overloaded,
    /// The guest ended without a response; the reason is in the log.
    #[error("the component failed")]
    Failed,
}

type Outcome = Result<Response<WasiBody>, InvokeFailure>;

/// Sends at most one outcome; the guest's response and its failure both hold it.
type Outlet = Arc<Mutex<Option<oneshot::Sender<Outcome>>>>;

/// Starts a guest and waits for its response. `place` is kept until the guest has ended: what it does after its answer
/// takes an instance, too.
pub(crate) async fn invoke(
    services: &Arc<Services>,
    component: &Arc<LoadedComponent>,
    mut request: Request<WasiBody>,
    place: Option<Place>,
    memory: MemoryClaim,
) -> Outcome {
    let (sender, outcome) = oneshot::channel();
    let outlet: Outlet = Arc::new(Mutex::new(Some(sender)));
    let urgency = Urgency::new(component.grants.pool);
    // Of the run, which may go on after the response. The guest is told that it is in it.
    let span = services.tracer.as_ref().and_then(|tracer| {
        let name = format!("execute_wasm_component {}", component.grants.id);
        tracer.begin(context_of(request.headers()), Kind::Internal, name)
    });
    if let Some(span) = &span {
        span.tell(request.headers_mut());
    }
    let guest = Guest {
        services: Arc::clone(services),
        component: Arc::clone(component),
        urgency: Arc::clone(&urgency),
        outlet,
        span,
    };
    let run = component.grants.usage.metered(guest.run(request, place, memory));
    services.start_guest(component.grants.pool, urgency, run);
    outcome.await.unwrap_or(Err(InvokeFailure::Failed))
}

/// Why a guest ended that asked for more memory than there was.
#[derive(Debug, thiserror::Error)]
#[error("there was no memory for it")]
struct NoMemory;

struct Guest {
    services: Arc<Services>,
    component: Arc<LoadedComponent>,
    urgency: Arc<Urgency>,
    outlet: Outlet,
    span: Option<OpenSpan>,
}

impl Guest {
    async fn run(mut self, request: Request<WasiBody>, place: Option<Place>, memory: MemoryClaim) {
        let ended = tokio::select! {
            ended = self.call(request, memory) => ended,
            () = self.services.ending.cancelled() => Err(wasmtime::Error::msg("ended by the shutdown")),
        };
        self.report(ended);
        drop(place);
    }

    async fn call(&self, request: Request<WasiBody>, memory: MemoryClaim) -> wasmtime::Result<()> {
        let Some(face) = &self.component.faces.http else {
            return Err(wasmtime::Error::msg("the component has no http trigger"));
        };
        let trace = self.span.as_ref().map(OpenSpan::context);
        let mut store =
            GuestState::store(&self.component.grants, &self.services, Arc::clone(&self.urgency), memory, trace)?;
        let control = Arc::clone(&store.data().control);
        // A guest that was refused memory ends as any that cannot go on; the cause tells that another time will do.
        let named = |error: wasmtime::Error| if control.lacked_memory() { NoMemory.into() } else { error };
        let guest = face.instantiate_async(&mut store).await.map_err(named)?;
        let (outlet, id) = (Arc::clone(&self.outlet), Arc::clone(&self.component.grants.id));
        let hand_over = Arc::clone(&control);
        let set = move |response: Result<Response<WasiBody>, ErrorCode>| {
            let Some(sender) = take(&outlet) else {
                return;
            };
            if !hand_over.may_respond() {
                send(sender, Err(InvokeFailure::Failed));
                return;
            }
            let outcome = response.map_err(|code| {
                tracing::error!(component = %id, ?code, "a component answered with an error code");
                InvokeFailure::Failed
            });
            send(sender, outcome);
            hand_over.responded();
        };
        let mut http = store.data_mut().http();
        let request = http.new_incoming_request(Scheme::Http, request)?;
        let response = http.new_response_outparam_from_callback(set)?;
        guest.wasi_http_incoming_handler().call_handle(&mut store, request, response).await.map_err(named)?;
        store.data_mut().ended_well();
        Ok(())
    }

    /// Logs a failure, and answers for a guest that did not.
    fn report(&mut self, ended: wasmtime::Result<()>) {
        let sender = take(&self.outlet);
        let (id, responded) = (&self.component.grants.id, sender.is_none());
        let failure = match ended {
            Err(error) if error.is::<wasmtime::PoolConcurrencyLimitError>() => {
                tracing::warn!(component = %id, %error, "no room for another instance");
                InvokeFailure::Overloaded
            }
            Err(error) if error.is::<NoMemory>() => {
                tracing::debug!(component = %id, responded, "no memory for a guest");
                InvokeFailure::Overloaded
            }
            Err(error) => {
                tracing::error!(component = %id, responded, error = %error.root_cause(), "a component failed");
                tracing::debug!(component = %id, "{error:#}");
                InvokeFailure::Failed
            }
            Ok(()) if responded => return self.component.grants.usage.ended(End::Well),
            Ok(()) => {
                tracing::error!(component = %id, "a component returned without a response");
                InvokeFailure::Failed
            }
        };
        self.component.grants.usage.ended(match failure {
            InvokeFailure::Overloaded => End::Refused,
            InvokeFailure::Failed => End::Failed,
        });
        if let Some(span) = &mut self.span {
            span.failed(&failure.to_string());
        }
        if let Some(sender) = sender {
            send(sender, Err(failure));
        }
    }
}

fn take(outlet: &Outlet) -> Option<oneshot::Sender<Outcome>> {
    // An option is whole after any panic.
    outlet.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn send(sender: oneshot::Sender<Outcome>, outcome: Outcome) {
    // The client may be gone.
    let _ = sender.send(outcome);
}
