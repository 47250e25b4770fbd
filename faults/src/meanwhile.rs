//! Two things at once, in an order that can be repeated: one guest is held at a moment while somebody else acts.

use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::actor::Actor;
use crate::error::BenchError;
use crate::stage::Stage;

/// How long a guest is held for somebody who has to wait for its transaction: just so that they meet.
const MEET: Duration = Duration::from_millis(10);
/// The same in PostgreSQL, where a transaction keeps only those out who want the same: others are to be through before it goes
/// on, or the two would never meet.
const MEET_INSIDE: Duration = Duration::from_millis(300);
/// How long a guest is held for somebody who need not wait. Nobody takes that long.
const FINISH: Duration = Duration::from_secs(8);

/// What became of two who met.
pub struct Meeting {
    /// Whether the moment came; otherwise the other was never run.
    pub met: bool,
    /// Whether both got all their answers.
    pub answered: bool,
    /// The moments of the one, and of the other where they met.
    pub moments: Vec<String>,
}

/// Runs `one`, and at its `moment` all of `other`. When the held guest has a transaction open, `other` only starts
/// there and goes on beside it.
///
/// # Errors
/// [`BenchError::Stuck`]
pub fn overlap(
    stage: &mut Stage,
    moment: usize,
    one: impl FnOnce(&mut Actor) -> bool,
    other: impl FnOnce(&mut Actor) -> bool + Send + 'static,
) -> Result<Meeting, BenchError> {
    let mut them = stage.actor.fork();
    let meet = if stage.lab().cluster().is_some() { MEET_INSIDE } else { MEET };
    let (handed_over, threads) = mpsc::channel::<JoinHandle<(Actor, bool)>>();
    let meanwhile = move |transaction: bool| {
        let (done, ended) = mpsc::channel();
        let thread = thread::spawn(move || {
            let answered = other(&mut them);
            // Whoever waited may have gone on.
            let _ = done.send(());
            (them, answered)
        });
        let _ = handed_over.send(thread);
        let _ = ended.recv_timeout(if transaction { meet } else { FINISH });
    };
    stage.actor.wire.calls().hold_at(moment, Box::new(meanwhile));
    let mut answered = one(&mut stage.actor);
    stage.rest()?;
    let met = stage.actor.wire.calls().fired();
    let moments = stage.actor.wire.calls().moments();
    stage.actor.wire.calls().watch();
    if let Some((them, their_answers)) = threads.try_iter().next().and_then(|thread| thread.join().ok()) {
        answered &= their_answers;
        stage.actor.witness.merge(them.witness);
        stage.actor.facts.extend(them.facts.into_iter().filter(|(name, _)| name.starts_with("camera-")));
    }
    stage.rest()?;
    Ok(Meeting { met, answered, moments })
}
