//! Every destination on a thread of its own, so that none waits for another.

use std::thread;
use std::time::Duration;

use tollbooth_client::RetryPolicy;

use crate::Trouble;
use crate::config::{Config, Destination};
use crate::courier::{Courier, Pass};
use crate::progress::StateDir;
use crate::published::Publisher;
use crate::standing::Standing;
use crate::stop::Stop;

/// Told how destinations stand, at each change and at least at each look.
pub trait Reporter: Send + Sync {
    /// What fails here must not stop a delivery.
    fn report(&self, standing: &Standing);
}

/// How it runs.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// End when all is delivered, or given up.
    pub once: bool,
    /// Write files again that were delivered and are no longer there; with `once`.
    pub restore: bool,
    /// Waits after what may pass by itself. With `once`, its attempts are all there are.
    pub retry: RetryPolicy,
    /// Wait after what needs people.
    pub refused: Duration,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            once: false,
            restore: false,
            retry: RetryPolicy {
                attempts: 4,
                first_wait: Duration::from_secs(2),
                longest_wait: Duration::from_secs(300),
                ..RetryPolicy::default()
            },
            refused: Duration::from_secs(900),
        }
    }
}

/// How a destination ended.
#[derive(Debug)]
pub struct Outcome {
    /// Its name.
    pub name: String,
    /// What was done, as far as it came.
    pub done: Pass,
    /// Why it did not get to its end.
    pub trouble: Option<Trouble>,
}

impl Outcome {
    /// 0, or what the trouble is.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.trouble.as_ref().map_or(0, Trouble::exit_code)
    }
}

/// Delivers to all destinations until stopped, or once.
pub fn run(
    config: &Config,
    state: &StateDir,
    publisher: &dyn Publisher,
    reporter: &dyn Reporter,
    options: &RunOptions,
    stop: &Stop,
) -> Vec<Outcome> {
    thread::scope(|scope| {
        let threads: Vec<_> = config
            .destinations
            .iter()
            .map(|destination| {
                scope.spawn(move || {
                    let publisher = publisher.of_profile(&destination.profile);
                    let publisher = publisher.as_ref();
                    Worker { destination, every: config.every, state, publisher, reporter, options, stop }.run()
                })
            })
            .collect();
        let ended = threads.into_iter().map(thread::ScopedJoinHandle::join);
        ended
            .zip(&config.destinations)
            .map(|(outcome, destination)| {
                outcome.unwrap_or_else(|_| Outcome {
                    name: destination.name.clone(),
                    done: Pass::default(),
                    trouble: Some(Trouble::Odd("its thread ended by itself; see the log".to_owned())),
                })
            })
            .collect()
    })
}

struct Worker<'a> {
    destination: &'a Destination,
    every: Duration,
    state: &'a StateDir,
    publisher: &'a dyn Publisher,
    reporter: &'a dyn Reporter,
    options: &'a RunOptions,
    stop: &'a Stop,
}

impl Worker<'_> {
    fn run(&self) -> Outcome {
        let mut outcome = Outcome { name: self.destination.name.clone(), done: Pass::default(), trouble: None };
        let mut failures = 0;
        let mut courier = loop {
            match Courier::new(self.destination, self.publisher, self.state) {
                Ok(courier) => break courier,
                Err(trouble) => {
                    failures += 1;
                    let wait = self.wait(Some(&trouble), failures);
                    self.stand(None, Some(&trouble), failures, wait);
                    outcome.trouble = Some(trouble);
                    if self.options.once {
                        return outcome;
                    }
                    self.stop.wait(wait);
                    if self.stop.is_set() {
                        return outcome;
                    }
                }
            }
        };
        while !self.stop.is_set() {
            let before = courier.delivered_through();
            let mut pass = Pass::default();
            let done = if self.options.restore {
                courier.restore(&mut pass, self.stop)
            } else {
                courier.pass(&mut pass, self.stop)
            };
            self.tell(&pass);
            // One that gets on is not failing: it starts with short waits again.
            failures = match &done {
                Ok(()) => 0,
                Err(_) if courier.delivered_through() > before => 1,
                Err(_) => failures + 1,
            };
            outcome.trouble = done.err();
            let goes_on = outcome.trouble.is_none() && !self.options.restore && courier.pending() > 0;
            let wait = if goes_on { Duration::ZERO } else { self.wait(outcome.trouble.as_ref(), failures) };
            self.stand(Some(&courier), outcome.trouble.as_ref(), failures, wait);
            if self.options.once {
                // Not gathered by one that runs for years.
                outcome.done.add(pass);
                let is_passing = outcome.trouble.as_ref().is_some_and(Trouble::is_passing);
                if !goes_on && (!is_passing || failures >= self.options.retry.attempts) {
                    break;
                }
            }
            self.stop.wait(wait);
        }
        outcome
    }

    fn wait(&self, trouble: Option<&Trouble>, failures: u32) -> Duration {
        match trouble {
            None => self.every,
            Some(passing) if passing.is_passing() => self.options.retry.wait(failures, None, fastrand::f64()),
            Some(_) => self.options.refused.mul_f64(0.9 + 0.2 * fastrand::f64()),
        }
    }

    fn tell(&self, pass: &Pass) {
        for name in &pass.written {
            tracing::info!(destination = self.destination.name, file = name, "delivered");
        }
        if pass.found > 0 {
            tracing::info!(destination = self.destination.name, exports = pass.found, "lay there already");
        }
    }

    /// Says how it stands now: one line for each failure, none for a look that found nothing to do. Without a courier its
    /// progress is not known.
    fn stand(&self, courier: Option<&Courier<'_>>, trouble: Option<&Trouble>, failures: u32, wait: Duration) {
        let pending = courier.map_or(0, Courier::pending);
        let standing = Standing {
            name: self.destination.name.clone(),
            kind: self.destination.kind().into(),
            profile: self.destination.profile.clone(),
            target: self.destination.target(),
            state: trouble.map_or(if pending > 0 { "delivering" } else { "up-to-date" }, Trouble::state).into(),
            detail: trouble.map(ToString::to_string),
            delivered_through: courier.map_or(0, Courier::delivered_through),
            pending,
            failures,
            next_attempt_seconds: wait.as_secs(),
        };
        if let Some(trouble) = trouble {
            tracing::error!(
                destination = standing.name,
                state = &*standing.state,
                delivered_through = standing.delivered_through,
                pending = standing.pending,
                failures,
                next_attempt_seconds = standing.next_attempt_seconds,
                "{trouble}"
            );
        }
        self.reporter.report(&standing);
    }
}
