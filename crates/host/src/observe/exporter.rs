//! Handing spans over: in batches, some seconds after they ended, over the client that guests use.
//!
//! The limits are the defaults of OpenTelemetry's batch processor. A batch that a collector does not take for now is tried
//! again for a while; then it is dropped and counted, and the log says so once a minute.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Full, Limited};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tollbooth_trace::otlp::{self, Exported, Sending};
use wasmtime_wasi_http::{Error, default_send_request};

use super::{OtlpOptions, Tracer};

/// Spans that wait at most.
const QUEUE: usize = 2_048;
/// Spans of a request.
const BATCH: usize = 512;
/// A batch waits so long to become full.
const DELAY: Duration = Duration::from_secs(5);
/// Pauses before a batch is sent again.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];
/// The log tells of trouble so often at most.
const TELL: Duration = Duration::from_secs(60);
/// When the host stops, the last batches have so long.
const FLUSH: Duration = Duration::from_secs(3);
/// Most bytes of an answer.
const MAX_ANSWER: usize = 65_536;

/// Hands over the spans of a tracer until it is stopped.
pub(crate) struct Exporter {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Exporter {
    /// Must be called within a tokio runtime.
    pub(crate) fn start(options: OtlpOptions) -> (Arc<Tracer>, Self) {
        let (tracer, spans) = Tracer::new(QUEUE);
        let stop = CancellationToken::new();
        let work = Work { options, tracer: Arc::clone(&tracer), told: None };
        let task = tokio::spawn(work.run(spans, stop.clone()));
        (tracer, Self { task, stop })
    }

    /// Hands over what ended so far, as far as that is quickly done.
    pub(crate) async fn finish(self) {
        self.stop.cancel();
        let abort = self.task.abort_handle();
        if tokio::time::timeout(FLUSH, self.task).await.is_err() {
            abort.abort();
        }
    }
}

struct Work {
    options: OtlpOptions,
    tracer: Arc<Tracer>,
    told: Option<Instant>,
}

impl Work {
    async fn run(mut self, mut spans: mpsc::Receiver<Exported>, stop: CancellationToken) {
        let mut batch = Vec::new();
        loop {
            let due = tokio::time::sleep(DELAY);
            tokio::pin!(due);
            while batch.len() < BATCH {
                let room = BATCH - batch.len();
                tokio::select! {
                    received = spans.recv_many(&mut batch, room) => if received == 0 {
                        return self.finish(spans, batch, &stop).await;
                    },
                    () = due.as_mut() => break,
                    () = stop.cancelled() => break,
                }
            }
            if stop.is_cancelled() {
                return self.finish(spans, batch, &stop).await;
            }
            self.hand_over(&mut batch, &stop).await;
        }
    }

    /// What ended until now; nothing more comes.
    async fn finish(
        &mut self,
        mut spans: mpsc::Receiver<Exported>,
        mut batch: Vec<Exported>,
        stop: &CancellationToken,
    ) {
        loop {
            while batch.len() < BATCH
                && let Ok(span) = spans.try_recv()
            {
                batch.push(span);
            }
            if batch.is_empty() {
                return;
            }
            self.hand_over(&mut batch, stop).await;
        }
    }

    async fn hand_over(&mut self, batch: &mut Vec<Exported>, stop: &CancellationToken) {
        if batch.is_empty() {
            return;
        }
        let spans = std::mem::take(batch);
        let number = u64::try_from(spans.len()).unwrap_or_default();
        let body = Bytes::from(otlp::request(&self.options.resource, "tollbooth", env!("CARGO_PKG_VERSION"), &spans));
        let mut pauses = PAUSES.iter();
        let lost = loop {
            let cause = match self.send(body.clone()).await {
                Ok(Sending::Taken) => break None,
                Ok(Sending::PartlyTaken { refused, cause }) => break Some((refused, cause)),
                Ok(Sending::Refused(cause)) => break Some((number, cause)),
                Ok(Sending::Later) => "it asks to be left alone".to_owned(),
                Err(cause) => cause,
            };
            match pauses.next().filter(|_| !stop.is_cancelled()) {
                None => break Some((number, cause)),
                Some(pause) => tokio::time::sleep(*pause).await,
            }
        };
        let dropped = lost.as_ref().map_or(0, |(dropped, _)| (*dropped).min(number));
        self.tracer.sent.fetch_add(number - dropped, Ordering::Relaxed);
        self.tracer.dropped.fetch_add(dropped, Ordering::Relaxed);
        if let Some((dropped, cause)) = lost {
            self.tell(dropped, &cause);
        }
    }

    fn tell(&mut self, dropped: u64, cause: &str) {
        if self.told.is_none_or(|at| at.elapsed() >= TELL) {
            self.told = Some(Instant::now());
            let collector = self.options.origin();
            tracing::warn!(dropped, collector, cause, "spans were not taken by the collector");
        }
    }

    async fn send(&self, body: Bytes) -> Result<Sending, String> {
        let authority = self.options.url.authority().map_or("", |authority| authority.as_str());
        let mut request = Request::post(self.options.url.clone())
            .header(header::HOST, authority)
            .header(header::CONTENT_TYPE, otlp::CONTENT_TYPE)
            .header(header::CONTENT_LENGTH, body.len());
        for (name, value) in &self.options.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(body).map_err(|never| -> Error { match never {} }));
        // Not in the words of the error: a header may be a key.
        let request = request.map_err(|_| "the request cannot be made; is a header's value one?".to_owned())?;
        let exchange = async {
            let (response, io) = default_send_request(request, None).await.map_err(|error| error.to_string())?;
            // Ends with the connection, which ends with the answer.
            tokio::spawn(io);
            let status = response.status().as_u16();
            let body = Limited::new(Box::pin(response.into_body()), MAX_ANSWER).collect().await;
            // What it did not take, it can say only in an answer that is whole.
            Ok(otlp::verdict(status, &body.map(|body| body.to_bytes()).unwrap_or_default()))
        };
        tokio::time::timeout(self.options.timeout, exchange)
            .await
            .unwrap_or_else(|_| Err("it does not answer".to_owned()))
    }
}
