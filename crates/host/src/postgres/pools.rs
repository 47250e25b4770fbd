//! Pools of connections, one for each address.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime};
use tokio_postgres::{Config, NoTls, config::SslMode};

use super::{address, failure, tls};
use crate::{outbound::AllowedHosts, runtime::bindings::spin::postgres::postgres::Error};

/// Addresses for which there are pools, as under Spin.
const MAX_ADDRESSES: usize = 16;
/// How long a guest waits for a connection to become free, to be made, or to be cleaned.
const WAIT: Duration = Duration::from_secs(5);

/// What a connection's next user finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PostgresPooling {
    /// A connection in a fresh state. One whose user ended inside a transaction or a statement was closed.
    #[default]
    Fresh,
    /// As under Spin: session state is cleaned, a transaction that its user left open stays open.
    Spin,
}

/// The databases that guests reach.
pub(crate) struct Postgres {
    pools: Mutex<BTreeMap<String, Pool>>,
    pooling: PostgresPooling,
    connections: usize,
}

impl Postgres {
    /// `connections` is the most that there are to one address.
    pub(crate) fn new(pooling: PostgresPooling, connections: usize) -> Arc<Self> {
        Arc::new(Self { pools: Mutex::default(), pooling, connections: connections.max(1) })
    }

    pub(super) const fn pooling(&self) -> PostgresPooling {
        self.pooling
    }

    /// A connection for a guest. The address is checked at each call, because components share pools and differ in grants.
    pub(super) async fn take(&self, address: &str, allowed: &AllowedHosts) -> Result<Object, Error> {
        let config = address::read(address, allowed).map_err(Error::ConnectionFailed)?;
        let pool = self.pool(address, config)?;
        pool.get().await.map_err(|error| {
            Error::ConnectionFailed(match error {
                PoolError::Timeout(_) => format!("no connection within {} seconds", WAIT.as_secs()),
                PoolError::Backend(error) => failure::words(&error),
                other => other.to_string(),
            })
        })
    }

    #[expect(clippy::result_large_err, reason = "the error is what the interface prescribes")]
    fn pool(&self, address: &str, config: Config) -> Result<Pool, Error> {
        // A list of pools is whole after any panic.
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get(address) {
            return Ok(pool.clone());
        }
        if pools.len() >= MAX_ADDRESSES {
            return Err(Error::ConnectionFailed(format!("more than {MAX_ADDRESSES} addresses are in use")));
        }
        let pool = self.build(config).map_err(Error::ConnectionFailed)?;
        pools.insert(address.to_owned(), pool.clone());
        Ok(pool)
    }

    fn build(&self, config: Config) -> Result<Pool, String> {
        // Spin's choice: it leaves a transaction as it is. Where that is not wanted, such a connection never comes back.
        let ways = ManagerConfig { recycling_method: RecyclingMethod::Clean };
        let manager = if config.get_ssl_mode() == SslMode::Disable {
            Manager::from_config(config, NoTls, ways)
        } else {
            Manager::from_config(config, tls::connector()?, ways)
        };
        Pool::builder(manager)
            .max_size(self.connections)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(WAIT))
            .recycle_timeout(Some(WAIT))
            .build()
            .map_err(|error| error.to_string())
    }

    /// Closes every connection that no guest has.
    pub(crate) fn close(&self) {
        for pool in self.pools.lock().unwrap_or_else(PoisonError::into_inner).values() {
            pool.close();
        }
    }
}
