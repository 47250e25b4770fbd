//! The threads that send.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use super::{Journal, Outcome, Summary};
use crate::{Api, ClientError, PhotoParameters, progress::Progress};

/// Photos given up one after the other before the server counts as gone.
const GIVEN_UP_IN_A_ROW: u32 = 3;

/// A photo that is ready to be sent.
pub struct Outgoing {
    /// Booth, key, capture time, lane and camera.
    pub about: PhotoParameters,
    /// The file's bytes.
    pub photo: Vec<u8>,
    /// Whether the capture time is the file's, which copying changes: the same photo with another time is then a resend.
    pub time_may_change: bool,
}

/// A photo that is prepared when its turn comes: read from disk, or drawn.
pub struct Job {
    /// For messages.
    pub name: String,
    /// The installation, with the token of this photo's camera.
    pub api: Api,
    /// Prepares it; an error is a reason why it can never be sent.
    pub prepare: Box<dyn FnOnce() -> Result<Outgoing, String> + Send>,
}

/// How photos are sent.
pub struct SendOptions<'a> {
    /// Photos in flight, at least 1.
    pub jobs: usize,
    /// Where acknowledgements are noted.
    pub journal: Option<&'a Journal>,
    /// Told of every photo.
    pub progress: &'a Progress,
    /// Told of every acknowledgement, with the passage's id.
    pub acknowledged: &'a (dyn Fn(&PhotoParameters, &str) + Sync),
}

/// Sends photos until all are done or nothing further can succeed.
pub fn send(jobs: impl Iterator<Item = Job> + Send, options: &SendOptions<'_>) -> Summary {
    let run = Run { state: Mutex::new(State::default()), queue: Mutex::new(jobs), options };
    thread::scope(|scope| {
        for _ in 0..options.jobs.max(1) {
            scope.spawn(|| run.work());
        }
    });
    options.progress.finish();
    let mut summary = locked(&run.state).summary.clone();
    if summary.stopped.is_some() {
        summary.not_tried = locked(&run.queue).by_ref().map(drop).count() as u64;
    }
    summary
}

#[derive(Default)]
struct State {
    summary: Summary,
    given_up_in_a_row: u32,
}

struct Run<'a, I> {
    state: Mutex<State>,
    queue: Mutex<I>,
    options: &'a SendOptions<'a>,
}

impl<I: Iterator<Item = Job>> Run<'_, I> {
    fn work(&self) {
        while let Some(job) = self.next() {
            let name = job.name.clone();
            let (outcome, stop) = self.send_one(job);
            self.note(name, outcome, stop);
            self.options.progress.step();
        }
    }

    fn next(&self) -> Option<Job> {
        if locked(&self.state).summary.stopped.is_some() {
            return None;
        }
        locked(&self.queue).next()
    }

    /// What became of a photo, and why no further one needs to be tried.
    fn send_one(&self, job: Job) -> (Outcome, Option<String>) {
        let outgoing = match (job.prepare)() {
            Ok(outgoing) => outgoing,
            Err(reason) => return (Outcome::Refused(reason), None),
        };
        let about = &outgoing.about;
        if self.options.journal.is_some_and(|journal| journal.knows(&about.booth, &about.key)) {
            return (Outcome::Skipped, None);
        }
        match job.api.put_photo(about, &outgoing.photo) {
            Ok(received) => {
                (self.options.acknowledged)(about, &received.passage);
                let noted =
                    self.options.journal.map_or(Ok(()), |j| j.note(&about.booth, &about.key, &received.passage));
                let outcome = if received.new { Outcome::New } else { Outcome::Resent };
                // Without its journal the run goes on as one without: a resend is harmless.
                noted.unwrap_or_else(|e| self.options.progress.say(&format!("warning: {e}")));
                (outcome, None)
            }
            Err(ClientError::Refused { problem, .. })
                if outgoing.time_may_change && problem.slug() == "key-reused" && problem.differs == ["captured_at"] =>
            {
                (Outcome::DatedOtherwise, None)
            }
            Err(error) => refused_or_failed(&error),
        }
    }

    fn note(&self, name: String, outcome: Outcome, stop: Option<String>) {
        let mut state = locked(&self.state);
        match outcome {
            Outcome::Failed(_) => state.given_up_in_a_row += 1,
            Outcome::New | Outcome::Resent | Outcome::DatedOtherwise | Outcome::Refused(_) => {
                state.given_up_in_a_row = 0
            }
            Outcome::Skipped => {}
        }
        let gone = (state.given_up_in_a_row >= GIVEN_UP_IN_A_ROW)
            .then(|| format!("{GIVEN_UP_IN_A_ROW} photos in a row were given up; run the same command again later"));
        state.summary.add(name, outcome);
        if state.summary.stopped.is_none() {
            state.summary.stopped = stop.or(gone);
        }
    }
}

fn refused_or_failed(error: &ClientError) -> (Outcome, Option<String>) {
    match error {
        ClientError::Refused { problem, .. } => {
            let every = matches!(problem.status, 401 | 403) || problem.slug() == "unknown-booth";
            (Outcome::Refused(problem.to_string()), every.then(|| problem.to_string()))
        }
        ClientError::ServerFailed { problem, attempts, .. } => {
            // A full disk refuses every photo, and waiting does not help.
            let full = (problem.status == 507).then(|| problem.to_string());
            (Outcome::Failed(format!("{problem}, also at attempt {attempts}")), full)
        }
        ClientError::Unreachable { cause, attempts, .. } => {
            (Outcome::Failed(format!("no answer after {attempts} attempts: {cause}")), None)
        }
        other => (Outcome::Failed(other.to_string()), Some(other.to_string())),
    }
}

/// A lock that a thread died with holds counts at worst one too low; the thread's panic is passed on by the scope.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
