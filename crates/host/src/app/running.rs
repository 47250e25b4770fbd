//! A serving application, and how it stops.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{App, ReadingThreads, StateDir};
use crate::{
    HostError,
    cron_trigger::{CronFailure, fire, run_schedule},
    http_trigger::{Front, Places, Tallies, serve},
    observe::{Exporter, serve_metrics},
    runtime::{Components, EpochTicker, Services},
};

/// The client address of requests made by the process itself.
const OWN_CLIENT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// An application that serves. Dropping it without [`Running::shutdown`] ends its guests where they are.
pub struct Running {
    address: SocketAddr,
    front: Arc<Front>,
    services: Arc<Services>,
    components: Arc<Components>,
    stop: CancellationToken,
    connections: TaskTracker,
    schedules: JoinSet<()>,
    exporter: Option<Exporter>,
    // Kept until the end, dropped in this order: guests first, their clock next, the lock last.
    _reading: ReadingThreads,
    _ticker: EpochTicker,
    _state_dir: StateDir,
}

impl App {
    /// Serves on a listener and starts the cron triggers.
    ///
    /// # Errors
    /// [`HostError::System`] when the listener has no address.
    pub fn serve(self, listener: TcpListener) -> Result<Running, HostError> {
        let parts = self.0;
        let address = listener
            .local_addr()
            .map_err(|source| HostError::System { action: "learn the address listened on", source })?;
        let front = Arc::new(Front {
            services: Arc::clone(&parts.services),
            components: Arc::clone(&parts.components),
            router: parts.router,
            places: Places::new(parts.max_concurrent_guests),
            tallies: Tallies::default(),
        });
        let stop = CancellationToken::new();
        let connections = TaskTracker::new();
        let serving = serve(listener, parts.max_connections, Arc::clone(&front), stop.clone(), connections.clone());
        connections.spawn(serving);
        let mut schedules = JoinSet::new();
        if parts.run_schedules {
            for (component, schedule) in parts.schedules {
                schedules.spawn(run_schedule(Arc::clone(&parts.services), component, schedule));
            }
        }
        Ok(Running {
            address,
            front,
            services: parts.services,
            components: parts.components,
            stop,
            connections,
            schedules,
            exporter: parts.exporter,
            _reading: parts.reading,
            _ticker: parts.ticker,
            _state_dir: parts.state_dir,
        })
    }
}

impl Running {
    /// The address it serves on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Answers `GET /metrics` on another listener, which must be one of this machine alone: it asks for no password. What each
    /// component used, for Prometheus.
    ///
    /// # Errors
    /// [`HostError::Usage`] for a listener that others can reach.
    pub fn serve_metrics(&self, listener: TcpListener) -> Result<SocketAddr, HostError> {
        let address = listener
            .local_addr()
            .map_err(|source| HostError::System { action: "learn the address of the metrics", source })?;
        if !address.ip().is_loopback() {
            return Err(HostError::Usage(format!(
                "the metrics would be told to everybody who reaches {address}: they need no password, so give an address of \
                 this machine alone, like 127.0.0.1:9464"
            )));
        }
        let (services, components) = (Arc::clone(&self.services), Arc::clone(&self.components));
        self.connections.spawn(serve_metrics(listener, services, components, self.stop.clone()));
        Ok(address)
    }

    /// Guests that are running now, those that go on after their response included.
    #[must_use]
    pub fn running_guests(&self) -> usize {
        self.services.guests.len()
    }

    /// A request to the application without a connection, with its whole answer. The request needs an absolute URI or
    /// a `Host` header.
    ///
    /// # Errors
    /// [`HostError::System`] when the answer breaks off.
    pub async fn request(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HostError> {
        let request = request.map(|body| Full::new(body).map_err(|never| match never {}).boxed_unsync());
        let (head, body) = self.front.respond(request, OWN_CLIENT).await.into_parts();
        let body = body.collect().await.map_err(|error| HostError::System {
            action: "read the application's own answer",
            source: std::io::Error::other(error.to_string()),
        })?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }

    /// Fires a component's cron trigger now and waits for its end.
    ///
    /// # Errors
    /// Why the firing did not succeed.
    pub async fn invoke_cron(&self, component: &str) -> Result<(), CronFailure> {
        let known = self.components.get(component);
        match known.filter(|component| component.faces.cron.is_some()) {
            Some(component) => fire(&self.services, component).await,
            None => Err(CronFailure::NoSuchTrigger(component.to_owned())),
        }
    }

    /// Stops: no new connections and firings, then every request and guest may finish, then the databases are
    /// closed. After `patience`, or as soon as `hurry` is ready, guests that still run are ended. Returns how many
    /// guests had to be ended.
    pub async fn shutdown(mut self, patience: Duration, hurry: impl Future<Output = ()> + Send) -> usize {
        self.stop.cancel();
        self.schedules.abort_all();
        self.connections.close();
        self.services.guests.close();
        let finished = async {
            // Connections first: a request that is being read may still start a guest.
            self.connections.wait().await;
            self.services.guests.wait().await;
        };
        let cut_off = tokio::select! {
            () = finished => 0,
            () = tokio::time::sleep(patience) => self.end_guests().await,
            () = hurry => self.end_guests().await,
        };
        if let Some(exporter) = self.exporter.take() {
            exporter.finish().await;
        }
        let services = Arc::clone(&self.services);
        let closed = tokio::task::spawn_blocking(move || {
            services.key_value.close();
            services.database.close();
            services.postgres.close();
        });
        if let Err(error) = closed.await {
            tracing::error!(%error, "the databases were not closed; the next start recovers them");
        }
        cut_off
    }

    async fn end_guests(&self) -> usize {
        let running = self.services.guests.len();
        self.services.ending.cancel();
        self.services.guests.wait().await;
        running
    }
}
