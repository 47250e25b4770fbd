//! One request through one guest.
//!
//! The guest runs as a task of its own on the threads of its pool: it may go on after its response, and a client
//! that goes away does not end it. Whatever way it fails is logged here, once.

use std::sync::{Arc, Mutex, PoisonError};

use http::{Request, Response};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use wasmtime_wasi_http::{
    WasiBody, WasiHttpView,
    p2::bindings::http::types::{ErrorCode, Scheme},
};

use crate::runtime::{GuestState, LoadedComponent, Services};

/// Why a guest gave no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvokeFailure {
    /// There is no room for another instance.
    #[error("no room for another instance")]
    Overloaded,
    /// The guest ended without a response; the reason is in the log.
    #[error("the component failed")]
    Failed,
}

type Outcome = Result<Response<WasiBody>, InvokeFailure>;

/// Sends at most one outcome; the guest's response and its failure both hold it.
type Outlet = Arc<Mutex<Option<oneshot::Sender<Outcome>>>>;

/// Starts a guest and waits for its response. `slot` is kept until the guest has ended.
pub(crate) async fn invoke(
    services: &Arc<Services>,
    component: &Arc<LoadedComponent>,
    request: Request<WasiBody>,
    slot: Option<OwnedSemaphorePermit>,
) -> Outcome {
    let (sender, outcome) = oneshot::channel();
    let outlet: Outlet = Arc::new(Mutex::new(Some(sender)));
    let run = run(Arc::clone(services), Arc::clone(component), request, Arc::clone(&outlet), slot);
    services.threads(component.pool).spawn(services.guests.track_future(run));
    drop(outlet);
    outcome.await.unwrap_or(Err(InvokeFailure::Failed))
}

async fn run(
    services: Arc<Services>,
    component: Arc<LoadedComponent>,
    request: Request<WasiBody>,
    outlet: Outlet,
    slot: Option<OwnedSemaphorePermit>,
) {
    let ended = tokio::select! {
        ended = call(&services, &component, request, &outlet) => ended,
        () = services.ending.cancelled() => Err(wasmtime::Error::msg("ended by the shutdown")),
    };
    let sender = take(&outlet);
    let responded = sender.is_none();
    if let Err(error) = &ended {
        let failure = if error.is::<wasmtime::PoolConcurrencyLimitError>() {
            tracing::warn!(component = %component.id, %error, "no room for another instance");
            InvokeFailure::Overloaded
        } else {
            tracing::error!(component = %component.id, responded, error = %error.root_cause(), "a component failed");
            tracing::debug!(component = %component.id, "{error:#}");
            InvokeFailure::Failed
        };
        send(sender, Err(failure));
    } else if !responded {
        tracing::error!(component = %component.id, responded, error = "it returned without a response", "a component failed");
        send(sender, Err(InvokeFailure::Failed));
    }
    drop(slot);
}

async fn call(
    services: &Arc<Services>,
    component: &Arc<LoadedComponent>,
    request: Request<WasiBody>,
    outlet: &Outlet,
) -> wasmtime::Result<()> {
    let Some(face) = &component.http else {
        return Err(wasmtime::Error::msg("the component has no http trigger"));
    };
    let mut store = GuestState::store(component, services)?;
    let guest = face.instantiate_async(&mut store).await?;
    let control = Arc::clone(&store.data().control);
    let outlet = Arc::clone(outlet);
    let id = Arc::clone(&component.id);
    let set = move |response: Result<Response<WasiBody>, ErrorCode>| {
        let Some(sender) = take(&outlet) else {
            return;
        };
        if !control.may_respond() {
            send(Some(sender), Err(InvokeFailure::Failed));
            return;
        }
        let outcome = response.map_err(|code| {
            tracing::error!(component = %id, ?code, "a component answered with an error code");
            InvokeFailure::Failed
        });
        send(Some(sender), outcome);
        control.responded();
    };
    let mut http = store.data_mut().http();
    let request = http.new_incoming_request(Scheme::Http, request)?;
    let response = http.new_response_outparam_from_callback(set)?;
    guest.wasi_http_incoming_handler().call_handle(&mut store, request, response).await
}

fn take(outlet: &Outlet) -> Option<oneshot::Sender<Outcome>> {
    // An option is whole after any panic.
    outlet.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn send(sender: Option<oneshot::Sender<Outcome>>, outcome: Outcome) {
    if let Some(sender) = sender {
        // The client may be gone.
        let _ = sender.send(outcome);
    }
}
