//! A crash at every moment of every scenario, and what is found afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::calls::Death;
use crate::drain::drain;
use crate::error::BenchError;
use crate::lab::Lab;
use crate::promises;
use crate::scenario::Scenario;
use crate::stage::{Prepared, Stage};

/// How often a client that gets no answer does its step again.
const MOST_TRIES: usize = 4;

/// What a part of the bench found.
#[derive(Debug, Default)]
pub struct Findings {
    /// Crash points, schedules or faults that were run.
    pub runs: usize,
    /// Broken promises, each with where it was found.
    pub violations: Vec<String>,
}

impl Findings {
    /// Adds those of another part.
    pub fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.violations.extend(other.violations);
    }
}

/// How much is to be tried.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Runs at once.
    pub jobs: usize,
    /// Every how many moments something happens; 1: at each.
    pub every: usize,
    /// Ends with the first point that breaks a promise.
    pub fail_fast: bool,
}

/// Crashes one scenario at its moments, in each way there is.
///
/// # Errors
/// [`BenchError`] when the bench itself fails.
pub fn scenario(lab: &Arc<Lab>, scenario: &Scenario, extent: Extent) -> Result<Findings, BenchError> {
    let prepared = prepare(lab, scenario)?;
    let (moments, mut findings) = unharmed(lab, scenario, &prepared)?;
    findings.violations.extend(scenario.missed(lab, &moments));
    let points = points(&moments, extent.every.max(1));
    let next = AtomicUsize::new(0);
    let (enough, struck) = (AtomicBool::new(false), AtomicBool::new(false));
    let work = || -> Result<Findings, BenchError> {
        let mut found = Findings::default();
        while !enough.load(Ordering::Relaxed)
            && let Some((moment, death)) = points.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let (fired, broken) = point(lab, scenario, &prepared, *moment, *death)?;
            found.runs += 1;
            struck.fetch_or(fired, Ordering::Relaxed);
            enough.fetch_or(extent.fail_fast && !broken.is_empty(), Ordering::Relaxed);
            let label = moments.get(*moment).map_or("", String::as_str);
            found.violations.extend(
                broken.into_iter().map(|what| format!("{} [{} {moment} {label}]: {what}", scenario.name, death.name())),
            );
        }
        Ok(found)
    };
    let found: Vec<Result<Findings, BenchError>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..extent.jobs).map(|_| scope.spawn(work)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    for part in found {
        findings.add(part?);
    }
    // Over a socket a moment need not come again. When none of them did, nothing was tried.
    if findings.runs > 0 && !struck.load(Ordering::Relaxed) {
        findings.violations.push(format!("{}: nothing ever died: none of its moments came again", scenario.name));
    }
    Ok(findings)
}

/// Where something dies. A short run takes every Nth moment of each way to die, each way beginning elsewhere, so that
/// together they meet more of the step.
fn points(moments: &[String], every: usize) -> Vec<(usize, Death)> {
    let mut points = Vec::new();
    for (place, death) in Death::ALL.into_iter().enumerate() {
        let possible: Vec<usize> = moments
            .iter()
            .enumerate()
            .filter(|(_, moment)| death.can_strike(moment))
            .map(|(number, _)| number)
            .collect();
        let first = (every / 2 + place * 7) % every.min(possible.len()).max(1);
        points.extend(possible.into_iter().skip(first).step_by(every).map(|moment| (moment, death)));
    }
    points
}

/// Does what comes before, and keeps the state.
///
/// # Errors
/// [`BenchError`]
pub fn prepare(lab: &Arc<Lab>, scenario: &Scenario) -> Result<Prepared, BenchError> {
    let mut stage =
        if scenario.furnished { Stage::furnished(lab, scenario.wakes)? } else { Stage::empty(lab, scenario.wakes)? };
    (scenario.before)(&mut stage)?;
    stage.keep()
}

/// The moments of the step when nothing goes wrong; a violation found here is one without any fault.
fn unharmed(lab: &Arc<Lab>, scenario: &Scenario, prepared: &Prepared) -> Result<(Vec<String>, Findings), BenchError> {
    let mut stage = Stage::from(lab, prepared, 1_000)?;
    stage.actor.wire.calls().watch();
    let answered = (scenario.step)(&mut stage.actor);
    stage.rest()?;
    let moments = stage.actor.wire.calls().moments();
    let mut violations = finish(stage, scenario)?;
    if !answered {
        violations.push("the step got no answer".to_owned());
    }
    let violations = violations.into_iter().map(|what| format!("{} [no fault]: {what}", scenario.name)).collect();
    Ok((moments, Findings { runs: 0, violations }))
}

/// Has something die at one moment: whether it did, and which promises were broken.
fn point(
    lab: &Arc<Lab>,
    scenario: &Scenario,
    prepared: &Prepared,
    moment: usize,
    death: Death,
) -> Result<(bool, Vec<String>), BenchError> {
    let mut stage = Stage::from(lab, prepared, 1_000)?;
    stage.actor.wire.calls().die_at(moment, death);
    let mut answered = (scenario.step)(&mut stage.actor);
    stage.rest()?;
    let fired = stage.actor.wire.calls().fired();
    stage.revive()?;
    stage.actor.wire.calls().watch();
    for _ in 1..MOST_TRIES {
        if answered {
            break;
        }
        answered = (scenario.step)(&mut stage.actor);
        stage.rest()?;
    }
    let mut broken = finish(stage, scenario)?;
    if !answered {
        broken.push("the step gets no answer, however often it is repeated".to_owned());
    }
    if !fired && !scenario.over_socket {
        broken.push("the bench is not deterministic: the moment never came".to_owned());
    }
    Ok((fired, broken))
}

fn finish(mut stage: Stage, scenario: &Scenario) -> Result<Vec<String>, BenchError> {
    if !scenario.furnished {
        stage.furnish()?;
        let upload =
            stage.shot("north", "after", 0, crate::photos::scripted(3, &[crate::photos::plate("AFT1234", 0.99)]));
        let _ = stage.actor.upload(&upload);
    }
    drain(&mut stage);
    stage.rest()?;
    let broken = promises::check(&stage);
    stage.end();
    broken
}
