//! One firing, and the loop that makes firings.

use std::{sync::Arc, time::Duration};

use chrono::Utc;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tollbooth_trace::{Context, otlp::Kind};

use super::Schedule;
use crate::{
    observe::{End, OpenSpan},
    runtime::{
        GuestState, LoadedComponent, MemoryClaim, Services, Urgency,
        bindings::{CronError, CronMetadata},
    },
};

/// Wall clocks jump; a waiting trigger looks at the clock at least this often.
const LOOK: Duration = Duration::from_secs(10);

/// Why a firing did not succeed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CronFailure {
    /// There is no component with this id and a cron trigger.
    #[error("no component `{0}` has a cron trigger")]
    NoSuchTrigger(String),
    /// As many firings as allowed are still running.
    #[error("earlier firings are still running")]
    StillRunning,
    /// The component answered with an error.
    #[error("the component answered: {0}")]
    Refused(String),
    /// The component trapped, could not be started, or was ended.
    #[error("{0}")]
    Broken(String),
}

/// Runs one firing to its end. A failure is logged here, once.
pub(crate) async fn fire(services: &Arc<Services>, component: &Arc<LoadedComponent>) -> Result<(), CronFailure> {
    let Ok(slot) = Arc::clone(&component.cron_slots).try_acquire_owned() else {
        tracing::debug!(component = %component.grants.id, "a firing is left out: earlier ones are still running");
        return Err(CronFailure::StillRunning);
    };
    let (done, ended) = oneshot::channel();
    let urgency = Urgency::new(component.grants.pool);
    let guest = run(Arc::clone(services), Arc::clone(component), Arc::clone(&urgency), slot);
    let run = component.grants.usage.metered(async move {
        // Whoever fired may be gone.
        let _ = done.send(guest.await);
    });
    services.start_guest(component.grants.pool, urgency, run);
    let result = match ended.await {
        Ok(result) => result,
        Err(_) => Err(CronFailure::Broken("the host failed while it ran".to_owned())),
    };
    if let Err(reason) = &result {
        tracing::error!(component = %component.grants.id, %reason, "a cron firing failed");
    }
    result
}

async fn run(
    services: Arc<Services>,
    component: Arc<LoadedComponent>,
    urgency: Arc<Urgency>,
    slot: OwnedSemaphorePermit,
) -> Result<(), CronFailure> {
    let name = format!("cron {}", component.grants.id);
    let mut span = services.tracer.as_ref().and_then(|tracer| tracer.begin(None, Kind::Internal, name));
    let trace = span.as_ref().map(OpenSpan::context);
    let ended = tokio::select! {
        ended = call(&services, &component, urgency, trace) => ended,
        () = services.ending.cancelled() => {
            Err(CronFailure::Broken("ended by the shutdown".to_owned()))
        }
    };
    component.grants.usage.ended(if ended.is_ok() { End::Well } else { End::Failed });
    if let (Some(span), Err(failure)) = (&mut span, &ended) {
        span.failed(&failure.to_string());
    }
    drop(slot);
    ended
}

async fn call(
    services: &Arc<Services>,
    component: &Arc<LoadedComponent>,
    urgency: Arc<Urgency>,
    trace: Option<Context>,
) -> Result<(), CronFailure> {
    let broken = |error: wasmtime::Error| CronFailure::Broken(format!("{error:#}"));
    let Some(face) = &component.faces.cron else {
        return Err(CronFailure::NoSuchTrigger(component.grants.id.to_string()));
    };
    let mut store =
        GuestState::store(&component.grants, services, urgency, MemoryClaim::default(), trace).map_err(broken)?;
    let guest = face.instantiate_async(&mut store).await.map_err(broken)?;
    let timestamp = match &services.bench.clock {
        Some(clock) => clock.wall().as_secs(),
        None => u64::try_from(Utc::now().timestamp()).unwrap_or_default(),
    };
    let answer = guest.call_handle_cron_event(&mut store, CronMetadata { timestamp }).await.map_err(broken)?;
    store.data_mut().ended_well();
    answer.map_err(|CronError::Other(reason)| CronFailure::Refused(reason))
}

/// Fires a component on its schedule until the host stops. Must run on the serving threads.
pub(crate) async fn run_schedule(services: Arc<Services>, component: Arc<LoadedComponent>, schedule: Schedule) {
    let mut last = Utc::now();
    while let Some(next) = schedule.next_after(last) {
        while let Ok(left) = (next - Utc::now()).to_std() {
            tokio::time::sleep(left.min(LOOK)).await;
        }
        // A clock that jumped ahead makes one firing, not all that it skipped.
        last = next.max(Utc::now());
        let (services, component) = (Arc::clone(&services), Arc::clone(&component));
        // Its failure is logged by `fire`.
        tokio::spawn(async move { fire(&services, &component).await });
    }
    tracing::warn!(component = %component.grants.id, "its cron trigger has no further firing");
}
