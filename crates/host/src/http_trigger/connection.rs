//! Accepting connections and speaking HTTP/1.1 on them.
//!
//! hyper answers by itself what Spin, built on it too, answers by itself: 400 for a path that is not UTF-8, 431 for
//! more than 100 headers.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use http::{Request, header};
use http_body_util::BodyExt as _;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Front, body::RequestBody};

/// A client must send its next request head within this time, or lose the connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// A client must take something of an answer within this time: the guest that writes it holds an instance.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
/// Pause after a failed accept: the usual reason is that file descriptors ran out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections until `stop`. Returns at once then; connections finish the request they are in and are
/// counted in `connections`.
pub(crate) async fn serve(listener: TcpListener, front: Arc<Front>, stop: CancellationToken, connections: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, client)) => {
                connections.spawn(speak(stream, client, Arc::clone(&front), stop.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn speak(stream: TcpStream, client: SocketAddr, front: Arc<Front>, stop: CancellationToken) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its write delay");
    }
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIMEOUT));
    let stream = Box::pin(stream);
    let service = service_fn(move |request: Request<Incoming>| {
        let front = Arc::clone(&front);
        async move {
            let expects_continue = request.headers().contains_key(header::EXPECT);
            let request = request.map(|body| RequestBody::new(body, expects_continue).boxed_unsync());
            Ok::<_, Infallible>(front.respond(request, client).await)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // A client that has sent all it had to say may close its side and still wants the answer.
        .half_close(true)
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.as_mut().await
        }
    };
    if let Err(error) = ended {
        // Clients vanish and time out all the time; a guest that failed is logged elsewhere.
        tracing::debug!(%client, %error, "a connection ended early");
    }
}
