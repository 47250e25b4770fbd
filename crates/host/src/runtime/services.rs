//! What all guests of an application share.

use std::{pin::Pin, sync::Arc};

use http::{Request, Response};
use tokio::runtime::Handle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wasmtime::Engine;
use wasmtime_wasi_http::WasiBody;

use super::{
    lanes::{LaneChanger, Urgency},
    memory::MemoryBudget,
    workers::Workers,
};
use crate::{
    host_calls::Bench, key_value::KeyValue, manifest::Pool, observe::Tracer, postgres::Postgres, sqlite::Database,
};

/// An answer that a component is about to give.
pub(crate) type ChainedAnswer = Pin<Box<dyn Future<Output = Response<WasiBody>> + Send>>;

/// How a guest reaches another component. Whoever implements it stands above the guests, for it starts one.
pub(crate) trait Chain: Send + Sync {
    /// Has a component answer; none when there is none with this id that answers requests.
    fn call(&self, services: &Arc<Services>, id: &str, request: Request<WasiBody>) -> Option<ChainedAnswer>;
}

/// What the components of an application share.
pub(crate) struct Services {
    pub(crate) engine: Engine,
    pub(crate) key_value: KeyValue,
    pub(crate) database: Arc<Database>,
    pub(crate) postgres: Arc<Postgres>,
    pub(crate) memory: Arc<MemoryBudget>,
    /// Bytes one instance may use.
    pub(crate) max_guest_memory: usize,
    pub(crate) bench: Bench,
    /// Guests of [`Pool::Reading`].
    pub(crate) workers: Arc<Workers>,
    /// Runs guests of [`Pool::Serving`].
    pub(crate) serving: Handle,
    /// Runs guests of [`Pool::Reading`].
    pub(crate) reading: Handle,
    /// Every running guest, those that go on after their response included.
    pub(crate) guests: TaskTracker,
    /// Cancelled when running guests have to end.
    pub(crate) ending: CancellationToken,
    /// The components, as one calls another.
    pub(crate) chain: Arc<dyn Chain>,
    /// Where traces are exported.
    pub(crate) tracer: Option<Arc<Tracer>>,
}

impl Services {
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Starts a guest on the threads of its pool. It counts as running until it ends.
    pub(crate) fn start_guest(
        &self,
        pool: Pool,
        urgency: Arc<Urgency>,
        guest: impl Future<Output = ()> + Send + 'static,
    ) {
        let guest = self.guests.track_future(guest);
        match pool {
            Pool::Serving => drop(self.serving.spawn(guest)),
            Pool::Reading => LaneChanger {
                guest: Box::pin(guest),
                urgency,
                reading: self.reading.clone(),
                serving: self.serving.clone(),
            }
            .start(),
        }
    }
}
