//! Pairs that meet: one is held at each of its moments in turn, and the other acts there.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::actor::Actor;
use crate::crash::{self, Findings};
use crate::drain::drain;
use crate::error::BenchError;
use crate::lab::Lab;
use crate::meanwhile::overlap;
use crate::promises;
use crate::scenario::{self, Scenario};
use crate::stage::{Prepared, Stage};

/// Two who act at once.
pub struct Pair {
    /// What comes before, and the one who is held.
    pub one: Scenario,
    /// Who acts meanwhile.
    pub other: fn(&mut Actor) -> bool,
}

/// Holds the one at every moment. `jobs` runs go on at once.
///
/// # Errors
/// [`BenchError`] when the bench itself fails.
pub fn pair(lab: &Arc<Lab>, pair: &Pair, jobs: usize) -> Result<Findings, BenchError> {
    let prepared = crash::prepare(lab, &pair.one)?;
    let next = AtomicUsize::new(0);
    let work = || -> Result<Findings, BenchError> {
        let mut found = Findings::default();
        loop {
            let moment = next.fetch_add(1, Ordering::Relaxed);
            let Some(broken) = meeting(lab, pair, &prepared, moment)? else { return Ok(found) };
            found.runs += 1;
            let name = pair.one.name;
            found.violations.extend(broken.into_iter().map(|what| format!("{name} [held at {moment}]: {what}")));
        }
    };
    let mut findings = Findings::default();
    let parts: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    for part in parts {
        findings.add(part?);
    }
    Ok(findings)
}

/// None when the one never came to this moment: all were tried.
fn meeting(
    lab: &Arc<Lab>,
    pair: &Pair,
    prepared: &Prepared,
    moment: usize,
) -> Result<Option<Vec<String>>, BenchError> {
    let mut stage = Stage::from(lab, prepared, 1_000)?;
    let fired = overlap(&mut stage, moment, pair.one.step, pair.other)?;
    if !fired {
        stage.end();
        return Ok(None);
    }
    if !pair.one.furnished {
        stage.furnish()?;
    }
    drain(&mut stage);
    stage.rest()?;
    let broken = promises::check(&stage);
    stage.end();
    broken.map(Some)
}

/// All pairs.
#[must_use]
pub fn all() -> Vec<Pair> {
    scenario::pairs()
}
