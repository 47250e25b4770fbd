//! An S3 server in this process that fails when it is told to, in the ways in which stores and what is before them fail.
//!
//! SeaweedFS is the real one; it cannot be made to lie. This one keeps objects in memory and answers the calls that
//! `photos-s3` makes (`PUT`, `GET` with ranges, `HEAD`, `ListObjectsV2`, and the making of a bucket) as the REST reference
//! says: signatures are verified, conditions and checksums of a write are looked at before anything is stored, errors have
//! the documented status, code and document. What a request asks beyond that is refused as not implemented, never passed over.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html>

mod answer;
mod calls;
mod list;
mod signature;
mod wire;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Runtime;
use tollbooth_object_store::Address;
use tollbooth_object_store::s3::S3;

use crate::Agent;
use crate::failing::calls::Object;

/// The only account, and the only region.
const ACCOUNT: (&str, &str) = ("tollbooth", "secret-of-the-tests");
const REGION: &str = "us-east-1";

/// Which requests fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Objects that are written.
    Write,
    /// Objects that are fetched or looked at.
    Read,
    /// Lists.
    List,
}

/// How a request fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 503 `SlowDown`; nothing was done.
    SlowDown,
    /// 500 `InternalError`; nothing was done.
    InternalError,
    /// 500 `InternalError`, although it was done.
    InternalErrorAfterwards,
    /// 400 `BadDigest`, as if what arrived were not what was sent; nothing was done.
    BadDigest,
    /// The connection ends without a reply; nothing was done.
    Broken,
    /// The connection ends without a reply, although it was done.
    BrokenAfterwards,
    /// The reply has its whole length in its head, and ends in its midst.
    CutOff,
    /// One byte of the reply's body is another; its headers are as they were.
    WrongBytes,
    /// The digest and the checksum that the reply states are those of other bytes.
    WrongDigest,
    /// The bytes are damaged when they are written down, and the reply says that all is well. For writes.
    DamagedAtRest,
    /// A list of what there was when this fault was set. Amazon's own lists are of the moment; not all stores' are.
    StaleList,
    /// 404 and a page, as something before the store answers that does not know it.
    ForeignPage,
    /// It is done as it should be, after this time.
    Late(Duration),
}

/// A running server.
#[derive(Debug)]
pub struct FailingS3 {
    runtime: Option<Runtime>,
    port: u16,
    state: Arc<Mutex<State>>,
}

/// What the server knows.
#[derive(Debug, Default)]
struct State {
    buckets: BTreeMap<String, BTreeMap<String, Object>>,
    planned: Vec<Planned>,
    given: u32,
    /// What stale lists tell of.
    before: BTreeMap<String, BTreeMap<String, Object>>,
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

impl FailingS3 {
    /// Starts a server with nothing in it, on a free port of this machine.
    ///
    /// # Errors
    /// What the system refused.
    pub fn start() -> Result<Self, String> {
        let text = |error: std::io::Error| error.to_string();
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(text)?;
        listener.set_nonblocking(true).map_err(text)?;
        let port = listener.local_addr().map_err(text)?.port();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("failing-s3")
            .enable_all()
            .build()
            .map_err(text)?;
        let state = Arc::new(Mutex::new(State::default()));
        let serving = Arc::clone(&state);
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(text)?
        };
        runtime.spawn(wire::serve(listener, serving));
        Ok(Self { runtime: Some(runtime), port, state })
    }

    /// A new bucket, and how it is reached.
    ///
    /// # Errors
    /// What the server answered.
    pub fn bucket(&self, name: &str) -> Result<Address, String> {
        let (account, secret) = ACCOUNT;
        let origin = format!("http://127.0.0.1:{}", self.port);
        let address = Address::new(&origin, name, REGION, account, secret).map_err(|e| e.to_string())?;
        let reply = Agent::new().send(&S3::new(&address).map_err(|e| e.to_string())?.make(), Some(b""))?;
        if reply.status == 200 {
            return Ok(address);
        }
        Err(format!("{}: {}", reply.status, String::from_utf8_lossy(&reply.body)))
    }

    /// Has so many requests of a kind fail, after those that were told to before; `u32::MAX` for all until [`Self::heal`].
    pub fn fail(&self, on: On, fault: Fault, times: u32) {
        let mut state = locked(&self.state);
        if fault == Fault::StaleList {
            state.before = state.buckets.clone();
        }
        state.planned.push(Planned { on, fault, times });
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

impl Drop for FailingS3 {
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
