//! A bucket or container for one application under test.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tollbooth_object_store::Address;
use tollbooth_object_store_server::{Key, Kind, Server, installed_or_skip};

/// One bucket on a server.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// None where the test keeps the server itself.
    server: Option<Arc<Mutex<Server>>>,
    kind: Kind,
    address: Arc<Address>,
}

/// The server that tests of this process share while any of them uses it: of S3, which the cluster's manifest has.
static SHARED: Mutex<Weak<Mutex<Server>>> = Mutex::new(Weak::new());
static NAMES: AtomicU32 = AtomicU32::new(0);

impl Bucket {
    /// A new bucket on a server of S3 that other tests use, too. None, said loudly, where it is not installed.
    #[must_use]
    pub fn new(what: &str) -> Option<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let server = match shared.upgrade() {
            Some(server) => server,
            None => {
                let server = started(Kind::S3, what)?;
                *shared = Arc::downgrade(&server);
                server
            }
        };
        Some(Self::on(server, Kind::S3))
    }

    /// A new bucket or container on a server of its own, which may be killed.
    #[must_use]
    pub fn alone(kind: Kind, what: &str) -> Option<Self> {
        started(kind, what).map(|server| Self::on(server, kind))
    }

    /// A bucket of this name on a server of S3 of its own, which knows these keys as well.
    #[must_use]
    pub fn with_keys(name: &str, keys: &[Key], what: &str) -> Option<Self> {
        started_with(Kind::S3, keys, what).map(|server| Self::named(server, Kind::S3, name))
    }

    fn on(server: Arc<Mutex<Server>>, kind: Kind) -> Self {
        let name = format!("test-{}", NAMES.fetch_add(1, Ordering::Relaxed));
        Self::named(server, kind, &name)
    }

    #[expect(clippy::panic, reason = "test set-up")]
    fn named(server: Arc<Mutex<Server>>, kind: Kind, name: &str) -> Self {
        let address = server.lock().unwrap_or_else(PoisonError::into_inner).bucket(name);
        let address = Arc::new(address.unwrap_or_else(|error| panic!("{error}")));
        Self { server: Some(server), kind, address }
    }

    /// A bucket or container on a server that the test keeps itself.
    #[must_use]
    pub fn at(kind: Kind, address: Address) -> Self {
        Self { server: None, kind, address: Arc::new(address) }
    }

    /// The same bucket reached over another port of this machine, that of something before its server.
    ///
    /// # Panics
    /// When the server is not on this machine, which no test's is.
    #[must_use]
    #[expect(clippy::expect_used, reason = "test set-up")]
    pub fn over(&self, port: u16) -> Self {
        let mut address = Address::clone(&self.address);
        address.origin.set_port(Some(port)).expect("an address with a port");
        Self { address: Arc::new(address), ..self.clone() }
    }

    /// The port of its server.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.origin.port_or_known_default().unwrap_or_default()
    }

    /// How it is reached.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The variables of `deploy/cluster/spin.toml`.
    #[must_use]
    pub fn variables(&self) -> [(&'static str, String); 5] {
        let address = &self.address;
        [
            ("photos_origin", address.origin.as_str().trim_end_matches('/').to_owned()),
            ("photos_bucket", address.bucket.clone()),
            ("photos_region", address.region.clone()),
            ("photos_account", address.account.clone()),
            ("photos_key", address.key.clone()),
        ]
    }

    /// The component that speaks to it, as the manifest names its file.
    #[must_use]
    pub const fn component(&self) -> &'static str {
        match self.kind {
            Kind::S3 => "photos_s3.wasm",
            Kind::Azure => "photos_azure_blob.wasm",
        }
    }

    /// The server, to be killed and started again.
    ///
    /// # Panics
    /// When the test keeps the server itself.
    #[expect(clippy::expect_used, reason = "test set-up")]
    pub fn server(&self) -> MutexGuard<'_, Server> {
        let server = self.server.as_ref().expect("a server that this bucket was made with");
        server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn started(kind: Kind, what: &str) -> Option<Arc<Mutex<Server>>> {
    started_with(kind, &[], what)
}

#[expect(clippy::panic, reason = "test set-up")]
fn started_with(kind: Kind, keys: &[Key], what: &str) -> Option<Arc<Mutex<Server>>> {
    installed_or_skip(kind, what).then(|| {
        let server = Server::start_with(kind, keys).unwrap_or_else(|error| panic!("{error}"));
        Arc::new(Mutex::new(server))
    })
}
