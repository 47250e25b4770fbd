//! One tick: takes one lease after the other until nothing is left or the time slice ends.
//!
//! A service is waited for, not computed, so several lanes of one instance call at the same time; how many calls there
//! really are is the ledger's decision. Where only the rate of a service holds work back, the tick waits for it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use futures::future::{join, join_all};
use tollbooth_attempt::{self as attempt, Outcome, Report};
use tollbooth_pipeline::policy::Policy;
use tollbooth_pipeline::settings::Settings;
use tollbooth_ports::failures::LedgerFailure;
use tollbooth_ports::ledger::access;
use tollbooth_ports::ledger::reading::{self, Description, Lease, ShadowLease};
use tollbooth_web::now;

use crate::{client, clock, services};

/// Calls at the same time in one instance. More instances call more; the limits per service hold for all of them.
const LANES: usize = 4;

/// What one lane has to do.
enum Task {
    Read(Box<Lease>),
    Shadow(Box<ShadowLease>),
}

/// What the lanes of a tick share.
struct Tick {
    started: i64,
    report: RefCell<Report>,
    /// Services that were asked to describe themselves in this tick, so that none is asked twice.
    asked: RefCell<BTreeSet<String>>,
    /// When a service that has work may be called again, by its rate.
    next_call_at: Cell<Option<i64>>,
    /// When this tick takes no more work.
    ends_at: Cell<i64>,
}

/// Runs one tick.
pub async fn run() -> Result<Report, LedgerFailure> {
    let started = now();
    let tick = Tick {
        started,
        report: RefCell::default(),
        asked: RefCell::default(),
        next_call_at: Cell::new(None),
        ends_at: Cell::new(i64::MAX),
    };
    loop {
        // One lane looks first: an idle tick asks once.
        if let Some((task, settings)) = tick.take().await? {
            let others = (1..LANES).map(|_| tick.lane(None));
            let (first, rest) = join(tick.lane(Some((task, settings))), join_all(others)).await;
            first?;
            rest.into_iter().collect::<Result<(), _>>()?;
        }
        match tick.next_call_at.take().filter(|at| *at < tick.ends_at.get()) {
            Some(at) => {
                access::release();
                clock::until(at).await;
            }
            None => return Ok(tick.report.into_inner()),
        }
    }
}

impl Tick {
    async fn lane(&self, mut first: Option<(Task, Settings)>) -> Result<(), LedgerFailure> {
        loop {
            let next = match first.take() {
                Some(task) => Some(task),
                None => self.take().await?,
            };
            let Some((task, settings)) = next else { return Ok(()) };
            let outcome = match &task {
                Task::Read(lease) => match crate::attempt::run(lease, &settings).await? {
                    Outcome::Settled(settled) => settled.state,
                    Outcome::LostLease => "lost-lease".to_owned(),
                },
                Task::Shadow(lease) => {
                    crate::attempt::run_shadow(lease, &settings).await?;
                    "shadow".to_owned()
                }
            };
            self.report.borrow_mut().count(&outcome);
        }
    }

    /// Leases one task; none when there is nothing to do now or the time slice is over.
    async fn take(&self) -> Result<Option<(Task, Settings)>, LedgerFailure> {
        loop {
            if now() >= self.ends_at.get() {
                return Ok(None);
            }
            let mut work = reading::lease_work(now(), &self.worker(), 1, &services::able())?;
            let settings = attempt::settings(&work.settings)?;
            self.ends_at.set(self.started.saturating_add(slice_ms(&settings)));
            self.report.borrow_mut().backlog = work.backlog;
            if let Some(lease) = work.leases.pop() {
                return Ok(Some((Task::Read(Box::new(lease)), settings)));
            }
            self.remember(work.next_call_at);
            if self.describe(work.undescribed).await? {
                continue;
            }
            // Passages come first; shadows only while none can be read.
            if settings.reading_policy != Policy::Shadow {
                return Ok(None);
            }
            let shadows = reading::lease_shadow(now(), &self.worker(), &services::able())?;
            self.remember(shadows.next_call_at);
            if let Some(lease) = shadows.lease {
                return Ok(Some((Task::Shadow(Box::new(lease)), settings)));
            }
            if !self.describe(shadows.undescribed).await? {
                return Ok(None);
            }
        }
    }

    fn remember(&self, next_call_at: Option<i64>) {
        let known = self.next_call_at.get();
        self.next_call_at.set(known.into_iter().chain(next_call_at).min());
    }

    /// Asks services who they are; false when there was nobody to ask.
    async fn describe(&self, wanted: impl IntoIterator<Item = String>) -> Result<bool, LedgerFailure> {
        let mut asked_any = false;
        for service in wanted {
            if !self.asked.borrow_mut().insert(service.clone()) {
                continue;
            }
            asked_any = true;
            let found = match client::describe(&service).await {
                Ok(found) => {
                    Some(Description { component: found.name, model: found.model, price_micros: found.price_micros })
                }
                Err(cause) => {
                    tollbooth_log::log!(Warn, stage = "services", recognizer = service, cause = cause);
                    None
                }
            };
            reading::describe(now(), &service, found.as_ref())?;
        }
        Ok(asked_any)
    }

    /// A name for the lease's row; for people, never for correctness.
    fn worker(&self) -> String {
        format!("service-call@{}", self.started)
    }
}

fn slice_ms(settings: &Settings) -> i64 {
    i64::try_from(settings.reading_slice_seconds).unwrap_or(i64::MAX).saturating_mul(1000)
}
