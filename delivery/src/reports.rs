//! How destinations stand, told to the server, for people who look there and for its alerts.
//!
//! Told by a thread of its own, the newest of each destination, once a minute unless something changed: a server that is down
//! holds up no delivery, and is told again later. What is told are words of a list and numbers: the text of an error may
//! name a user, a folder or a server of somebody else's, and stays here.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tollbooth_client::{Api, DestinationReport};
use tollbooth_pipeline::destination::Trouble;

use crate::standing::Standing;
use crate::worker::Reporter;
use crate::{StateDir, board};

/// What did not change is told again after this.
const AGAIN: Duration = Duration::from_secs(60);
/// With `--once` nobody knows when the next run is: it is missed after a day.
const ONCE_SECONDS: u64 = 86_400;

/// Tells several.
pub struct Told<'a>(pub &'a [&'a dyn Reporter]);

impl Reporter for Told<'_> {
    fn report(&self, standing: &Standing) {
        for reporter in self.0 {
            reporter.report(standing);
        }
    }
}

/// Tells the server.
pub struct Reports {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
    once: bool,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    woken: Condvar,
}

#[derive(Default)]
struct Waiting {
    /// The newest of each destination that is to be told.
    reports: BTreeMap<String, DestinationReport>,
    /// What is so, of each destination.
    last: BTreeMap<String, DestinationReport>,
    /// What was told last, and when.
    told: BTreeMap<String, (Changes, Instant)>,
    /// Since when a destination fails, in seconds of Unix time.
    failing_since: BTreeMap<String, u64>,
    ended: bool,
}

/// What of a report is told at once when it changes.
type Changes = (Option<String>, u64, u64);

impl Reports {
    /// Begins to tell. Since when destinations fail is taken over from the process before.
    #[must_use]
    pub fn start(state: &StateDir, api: Api, once: bool) -> Self {
        let shared = Arc::new(Shared::default());
        let before = board::read(state.path()).unwrap_or_default();
        lock(&shared).failing_since =
            before.into_iter().filter_map(|(name, posted)| Some((name, posted.failing_since?))).collect();
        let telling = shared.clone();
        let thread = std::thread::spawn(move || tell(&telling, &api));
        Self { shared, thread, once }
    }

    /// Tells what is left, once, and ends.
    pub fn finish(self) {
        lock(&self.shared).ended = true;
        self.shared.woken.notify_all();
        if self.thread.join().is_err() {
            tracing::error!("the thread that reports to the server ended by itself");
        }
    }
}

impl Reporter for Reports {
    fn report(&self, standing: &Standing) {
        let now = unix_seconds();
        let mut waiting = lock(&self.shared);
        let failing_seconds = if standing.is_well() {
            waiting.failing_since.remove(&standing.name);
            0
        } else {
            let since = *waiting.failing_since.entry(standing.name.clone()).or_insert(now);
            now.saturating_sub(since)
        };
        let wait = if self.once { ONCE_SECONDS } else { standing.next_attempt_seconds.saturating_add(AGAIN.as_secs()) };
        let report = of(standing, failing_seconds, wait);
        waiting.last.insert(standing.name.clone(), report.clone());
        let known = waiting.told.get(&standing.name);
        let is_news = known.is_none_or(|(told, at)| *told != changes(&report) || at.elapsed() >= AGAIN);
        // One that waits to be told is replaced by what is so now.
        if is_news || waiting.reports.contains_key(&standing.name) {
            waiting.reports.insert(standing.name.clone(), report);
            self.shared.woken.notify_all();
        }
    }
}

fn of(standing: &Standing, failing_seconds: u64, next_report_seconds: u64) -> DestinationReport {
    let trouble = (!standing.is_well()).then(|| match standing.state.parse::<Trouble>() {
        Ok(trouble) => trouble,
        // A word that the server would refuse: what is wrong is said without it.
        Err(_) => Trouble::OddAnswer,
    });
    DestinationReport {
        kind: standing.kind.clone().into_owned(),
        profile: standing.profile.clone(),
        trouble: trouble.map(|trouble| trouble.to_string()),
        failing_seconds,
        failures: standing.failures,
        delivered_through: standing.delivered_through,
        pending: standing.pending,
        next_report_seconds: next_report_seconds.min(ONCE_SECONDS),
    }
}

fn changes(report: &DestinationReport) -> Changes {
    (report.trouble.clone(), report.delivered_through, report.pending)
}

fn tell(shared: &Shared, api: &Api) {
    let mut fails = false;
    loop {
        let mut waiting = lock(shared);
        while waiting.reports.is_empty() && !waiting.ended {
            waiting = shared.woken.wait_timeout(waiting, AGAIN).unwrap_or_else(PoisonError::into_inner).0;
            if !waiting.ended {
                again(&mut waiting, Instant::now());
            }
        }
        let Some((name, report)) = waiting.reports.pop_first() else { return };
        // Also when it fails: the next look tells what is so then, and a server that is down is not asked all the time.
        waiting.told.insert(name.clone(), (changes(&report), Instant::now()));
        drop(waiting);
        match api.report_destination(&name, &report) {
            Ok(()) => fails = false,
            // Once, and not at every look: the delivery itself says that the server is down.
            Err(error) if !fails => {
                fails = true;
                tracing::warn!(destination = name, "how it stands could not be told to the server: {error}");
            }
            Err(_) => {}
        }
    }
}

/// What was not told for a minute is told again: a file that takes long must not look like a delivery that does not run.
fn again(waiting: &mut Waiting, now: Instant) {
    let due = waiting.told.iter().filter(|(_, (_, at))| now.duration_since(*at) >= AGAIN);
    let names: Vec<String> = due.map(|(name, _)| name.clone()).collect();
    for name in names {
        let since = waiting.failing_since.get(&name);
        let failing_seconds = since.map_or(0, |since| unix_seconds().saturating_sub(*since));
        if let Some(last) = waiting.last.get(&name) {
            let report = DestinationReport { failing_seconds, ..last.clone() };
            waiting.reports.insert(name, report);
        }
    }
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, Waiting> {
    shared.waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(state: &'static str, failures: u32) -> Standing {
        Standing {
            name: "billing".into(),
            kind: "sftp".into(),
            profile: "records".into(),
            target: "sftp://sftp.billing.example:22/incoming".into(),
            state: state.into(),
            detail: Some("the login is refused: tolls@sftp.billing.example".into()),
            delivered_through: 3,
            pending: 2,
            failures,
            next_attempt_seconds: 900,
        }
    }

    #[test]
    fn what_is_told_has_no_text_of_a_server_in_it() {
        let report = of(&standing("login-refused", 4), 60, 960);
        assert_eq!(report.trouble.as_deref(), Some("login-refused"));
        assert_eq!((report.failing_seconds, report.pending, report.next_report_seconds), (60, 2, 960));
        let text = serde_json::to_string(&report).unwrap();
        assert!(!text.contains("billing.example") && !text.contains("tolls"), "{text}");
        assert_eq!(of(&standing("delivering", 0), 0, 60).trouble, None);
    }

    #[test]
    fn what_was_told_a_minute_ago_is_told_again_however_long_a_file_takes() {
        let (mut waiting, told) = (Waiting::default(), Instant::now());
        let report = of(&standing("delivering", 0), 0, 60);
        waiting.last.insert("billing".to_owned(), report.clone());
        waiting.told.insert("billing".to_owned(), (changes(&report), told));
        again(&mut waiting, told);
        assert!(waiting.reports.is_empty(), "it was told just now");
        again(&mut waiting, told + AGAIN);
        assert_eq!(waiting.reports.get("billing"), Some(&report));
    }
}
