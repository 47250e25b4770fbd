//! The listener for Prometheus: `GET /metrics` and nothing else, for this machine alone.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::sync::CancellationToken;

use super::metrics;
use crate::runtime::{Components, Services};

/// Connections at once; one more waits.
const CONNECTIONS: usize = 4;
/// A request must be there by then, or the connection goes.
const PATIENCE: Duration = Duration::from_secs(10);
/// A connection lasts so long at most: scrapers come again.
const LONGEST: Duration = Duration::from_secs(300);
/// Pause after a failed accept: the usual reason is that file descriptors ran out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Answers until `stop`.
pub(crate) async fn serve(
    listener: TcpListener,
    services: Arc<Services>,
    components: Arc<Components>,
    stop: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let (services, components, stop) = (Arc::clone(&services), Arc::clone(&components), stop.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let response = answer(&request, &services, &components);
                async move { Ok::<_, Infallible>(response) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(PATIENCE)
                .serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                // Whoever went away has no complaint.
                _ = connection => {}
                () = tokio::time::sleep(LONGEST) => {}
                () = stop.cancelled() => {}
            }
            drop(place);
        });
    }
}

fn answer(request: &Request<Incoming>, services: &Services, components: &Components) -> Response<Full<Bytes>> {
    let (status, kind, text) = match (request.uri().path(), request.method()) {
        ("/metrics", &Method::GET) => (StatusCode::OK, metrics::CONTENT_TYPE, metrics::text(services, components)),
        ("/metrics", _) => (StatusCode::METHOD_NOT_ALLOWED, "text/plain", "Use GET.\n".to_owned()),
        _ => (StatusCode::NOT_FOUND, "text/plain", "There is /metrics.\n".to_owned()),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    response
}
