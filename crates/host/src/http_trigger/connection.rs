//! Accepting connections and speaking HTTP/1.1 on them.
//!
//! hyper answers by itself what Spin, built on it too, answers by itself: 400 for a path that is not UTF-8, 431 for
//! more than 100 headers.

use std::{
    convert::Infallible,
    io::ErrorKind,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wasmtime_wasi_http::{Error, WasiBody};

use super::{
    Front,
    body::RequestBody,
    crowd::{Crowd, InRequest, Membership},
    paced::Paced,
};
use crate::runtime::network;

/// A client must send its next request head within this time, or lose the connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// A connection that has to go and just began a request has this long to finish it.
const PARTING: Duration = Duration::from_secs(2);
/// Pause after a failed accept: the usual reason is that file descriptors ran out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections until `stop`, so many at once. Returns at once then; connections finish the request they are in
/// and are counted in `connections`.
pub(crate) async fn serve(
    listener: TcpListener,
    limit: usize,
    front: Arc<Front>,
    stop: CancellationToken,
    connections: TaskTracker,
) {
    let crowd = Crowd::new(limit);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, client)) => match crowd.enter(network(client.ip())) {
                Some(member) => {
                    connections.spawn(speak(stream, client, Arc::new(member), Arc::clone(&front), stop.clone()));
                }
                // Closed unheard: every other connection is in a request.
                None => front.tallies.crowded.note(),
            },
            // That client has gone; whoever is behind it is not kept waiting.
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => {
                tracing::debug!(%error, "a client left before it was accepted");
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn speak(
    stream: TcpStream,
    client: SocketAddr,
    member: Arc<Membership>,
    front: Arc<Front>,
    stop: CancellationToken,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its write delay");
    }
    let leave = member.leave.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let front = Arc::clone(&front);
        let in_request = member.begin_request();
        async move {
            let expects_continue = request.headers().contains_key(header::EXPECT);
            let request = request.map(|body| RequestBody::new(body, expects_continue).boxed_unsync());
            let answer = front.respond(request, client).await;
            Ok::<_, Infallible>(answer.map(|body| Counted { body, _in_request: in_request }))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // A client that has sent all it had to say may close its side and still wants the answer.
        .half_close(true)
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(Paced::new(stream)), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.as_mut().await
        }
        () = leave.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::time::timeout(PARTING, connection.as_mut()).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = ended {
        // Clients vanish and time out all the time; a guest that failed is logged elsewhere.
        tracing::debug!(%client, %error, "a connection ended early");
    }
}

/// The body of an answer, whose connection is in a request until the whole of it is handed over.
struct Counted {
    body: WasiBody,
    _in_request: InRequest,
}

impl Body for Counted {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
