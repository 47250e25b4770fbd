//! Names for the guests of the reading pool, and which of them died.
//!
//! Such a guest holds work that nobody else takes while it may be alive. Only the host knows that one is dead, so it tells
//! the next ones, in their environment, until one has heard it and ended well. The names are of no use to a guest that does
//! not look at them.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

/// A guest's own name.
const OWN_NAME: &str = "TOLLBOOTH_WORKER";
/// The names of the dead, with commas between.
const DEAD: &str = "TOLLBOOTH_DEAD_WORKERS";
/// So many are told at a time; more wait for their turn.
const MOST_TOLD: usize = 32;
/// So many are remembered; what a forgotten one held is free when its time is over.
const MOST_REMEMBERED: usize = 1_024;

/// All workers of this run of the host.
#[derive(Debug)]
pub(crate) struct Workers {
    run: String,
    started: AtomicU64,
    dead: Mutex<Vec<String>>,
}

impl Workers {
    /// With a prefix that no other run has.
    pub(crate) fn new(run: &str) -> Arc<Self> {
        Arc::new(Self { run: run.to_owned(), started: AtomicU64::new(0), dead: Mutex::default() })
    }

    /// A new worker, with whom the dead are told.
    pub(crate) fn start(self: &Arc<Self>) -> Worker {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let told = self.lock().iter().take(MOST_TOLD).cloned().collect();
        Worker { workers: Arc::clone(self), name: format!("{}-{number}", self.run), told, ended_well: false }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        // Names are whole after any panic.
        self.dead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One guest of the reading pool; dead when it is dropped before it ended well.
#[derive(Debug)]
pub(crate) struct Worker {
    workers: Arc<Workers>,
    name: String,
    told: Vec<String>,
    ended_well: bool,
}

impl Worker {
    /// What the guest finds in its environment.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        let mut variables = vec![(OWN_NAME.to_owned(), self.name.clone())];
        if !self.told.is_empty() {
            variables.push((DEAD.to_owned(), self.told.join(",")));
        }
        variables
    }

    /// The guest ended by itself: it holds nothing, and has done what it was told.
    pub(crate) fn ended_well(&mut self) {
        self.ended_well = true;
        self.workers.lock().retain(|name| !self.told.contains(name));
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let mut dead = self.workers.lock();
        if !self.ended_well && dead.len() < MOST_REMEMBERED {
            dead.push(std::mem::take(&mut self.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(worker: &Worker) -> Option<String> {
        worker.environment().into_iter().find(|(name, _)| name == DEAD).map(|(_, names)| names)
    }

    #[test]
    fn a_death_is_told_until_somebody_has_heard_it() {
        let workers = Workers::new("run");
        let (first, mut well) = (workers.start(), workers.start());
        drop(first);
        well.ended_well();
        drop(well);
        let second = workers.start();
        assert_eq!(told(&second).as_deref(), Some("run-0"));
        // It dies, too, and may not have told anybody.
        drop(second);
        let mut third = workers.start();
        assert_eq!(told(&third).as_deref(), Some("run-0,run-2"));
        third.ended_well();
        assert_eq!(told(&workers.start()), None);
    }

    #[test]
    fn no_more_are_told_than_an_environment_should_hold() {
        let workers = Workers::new("run");
        let many: Vec<_> = (0..100).map(|_| workers.start()).collect();
        drop(many);
        let mut worker = workers.start();
        assert_eq!(told(&worker).map(|names| names.split(',').count()), Some(MOST_TOLD));
        worker.ended_well();
        assert!(told(&workers.start()).is_some_and(|names| names.starts_with("run-32,")));
    }
}
