//! An object store in this process that fails when it is told to, in the ways in which stores and what is before them fail.
//!
//! SeaweedFS and Azurite are the real ones; they cannot be made to lie. This one keeps objects in memory and answers the calls
//! that `photos-s3` and `photos-azure-blob` make (an object written, fetched and looked at, names listed, and the making of a
//! bucket) as the REST references say: signatures are verified, conditions and checksums of a write are looked at before
//! anything is stored, errors have the documented status, code and document. What a request asks beyond that is refused as not
//! implemented, never passed over.

mod answer;
mod azure;
mod fault;
mod kind;
mod object;
mod s3;
mod wire;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Runtime;
use tollbooth_object_store::Address;
use tollbooth_object_store::azure::AzureBlob;
use tollbooth_object_store::s3::S3;

use self::kind::Spoken;
use self::object::Objects;
use crate::agent::Agent;
use crate::kind::Kind;

pub use self::fault::{Fault, On};

/// A running server.
#[derive(Debug)]
pub struct FailingStore {
    kind: Kind,
    runtime: Option<Runtime>,
    port: u16,
    state: Arc<Mutex<State>>,
}

/// What the server knows.
#[derive(Debug, Default)]
struct State {
    buckets: BTreeMap<String, Objects>,
    planned: Vec<Planned>,
    given: u32,
    /// What stale lists tell of.
    before: BTreeMap<String, Objects>,
}

/// A fault for requests to come.
#[derive(Debug)]
struct Planned {
    on: On,
    fault: Fault,
    times: u32,
}

impl State {
    /// The fault of a request, which is thereby given.
    fn fault(&mut self, on: On) -> Option<Fault> {
        let planned = self.planned.iter_mut().find(|planned| planned.on == on && planned.times > 0)?;
        planned.times -= 1;
        self.given += 1;
        Some(planned.fault)
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // Every change is made at once.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FailingStore {
    /// Starts a server with nothing in it, on a free port of this machine.
    ///
    /// # Errors
    /// What the system refused.
    pub fn start(kind: Kind) -> Result<Self, String> {
        let text = |error: std::io::Error| error.to_string();
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(text)?;
        listener.set_nonblocking(true).map_err(text)?;
        let port = listener.local_addr().map_err(text)?.port();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("failing-store")
            .enable_all()
            .build()
            .map_err(text)?;
        let state = Arc::new(Mutex::new(State::default()));
        let serving = Arc::clone(&state);
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(text)?
        };
        let spoken: &'static dyn Spoken = match kind {
            Kind::S3 => &s3::Amazon,
            Kind::Azure => &azure::Azure,
        };
        runtime.spawn(wire::serve(listener, spoken, serving));
        Ok(Self { kind, runtime: Some(runtime), port, state })
    }

    /// A new bucket or container, and how it is reached.
    ///
    /// # Errors
    /// What the server answered.
    pub fn bucket(&self, name: &str) -> Result<Address, String> {
        let (account, key) = match self.kind {
            Kind::S3 => s3::ACCOUNT,
            Kind::Azure => azure::ACCOUNT,
        };
        let origin = format!("http://127.0.0.1:{}", self.port);
        let address = Address::new(&origin, name, s3::REGION, account, key).map_err(|e| e.to_string())?;
        let call = match self.kind {
            Kind::S3 => S3::new(&address).map_err(|e| e.to_string())?.make(),
            Kind::Azure => AzureBlob::new(&address).map_err(|e| e.to_string())?.make()?,
        };
        let reply = Agent::new().send(&call, Some(b""))?;
        if (200..300).contains(&reply.status) {
            return Ok(address);
        }
        Err(format!("{}: {}", reply.status, String::from_utf8_lossy(&reply.body)))
    }

    /// Of which kind it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Has so many requests of a kind fail, after those that were told to before; `u32::MAX` for all until [`Self::heal`].
    pub fn fail(&self, on: On, fault: Fault, times: u32) {
        let mut state = locked(&self.state);
        if fault == Fault::StaleList {
            state.before = state.buckets.clone();
        }
        state.planned.push(Planned { on, fault, times });
    }

    /// How many requests failed so far: what is planned still is.
    #[must_use]
    pub fn failed(&self) -> u32 {
        locked(&self.state).given
    }

    /// Has nothing fail any more. How many requests failed since it was asked last: a test that counts none has tried nothing.
    #[must_use = "nothing may have failed"]
    pub fn heal(&self) -> u32 {
        let mut state = locked(&self.state);
        state.planned.clear();
        std::mem::take(&mut state.given)
    }

    /// What is stored under a key, as it lies there.
    #[must_use]
    pub fn stored(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        locked(&self.state).buckets.get(bucket)?.get(key).map(|object| object.bytes.clone())
    }

    /// The names in a bucket with a prefix, in order.
    #[must_use]
    pub fn names(&self, bucket: &str, prefix: &str) -> Vec<String> {
        let state = locked(&self.state);
        let names = state.buckets.get(bucket).into_iter().flat_map(BTreeMap::keys);
        names.filter(|name| name.starts_with(prefix)).cloned().collect()
    }

    /// Changes a byte of an object where it lies; its digest stays. Whether there was one.
    #[must_use]
    pub fn damage(&self, bucket: &str, key: &str) -> bool {
        let mut state = locked(&self.state);
        let objects = state.buckets.get_mut(bucket);
        let Some(object) = objects.and_then(|objects| objects.get_mut(key)) else { return false };
        changed(&mut object.bytes);
        true
    }

    /// Takes an object away. Whether there was one.
    #[must_use]
    pub fn lose(&self, bucket: &str, key: &str) -> bool {
        locked(&self.state).buckets.get_mut(bucket).is_some_and(|objects| objects.remove(key).is_some())
    }
}

impl Drop for FailingStore {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Whoever is kept waiting is not waited for.
            runtime.shutdown_background();
        }
    }
}

/// Changes the byte in the middle, where a photo has its picture.
fn changed(bytes: &mut [u8]) {
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 0x20;
    }
}
