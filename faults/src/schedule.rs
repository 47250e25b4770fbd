//! Random schedules: a seed makes a script, the script is run, and what fails is shrunk and printed.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::calls::Death;
use crate::crash::Findings;
use crate::deed::{Fault, Step, schedule};
use crate::drain::drain;
use crate::error::BenchError;
use crate::lab::Lab;
use crate::meanwhile::overlap;
use crate::promises;
use crate::stage::{BOOTHS, Prepared, Stage};

/// Which schedules to run, and how.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// The first seed.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// Runs at once.
    pub jobs: usize,
    /// Ends with the first seed that breaks a promise.
    pub fail_fast: bool,
}

/// Runs all seeds.
///
/// # Errors
/// [`BenchError`] when the bench itself fails.
pub fn all(
    lab: &Arc<Lab>,
    extent: Extent,
    deaths: &[Death],
    told: &(dyn Fn(u64) + Sync),
) -> Result<Findings, BenchError> {
    let prepared = Stage::furnished(lab, true)?.keep()?;
    let next = AtomicU64::new(0);
    let enough = AtomicBool::new(false);
    let work = || -> Result<Findings, BenchError> {
        let mut found = Findings::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= extent.count || enough.load(Ordering::Relaxed) {
                return Ok(found);
            }
            let seed = extent.first + number;
            let steps = schedule(seed, deaths);
            let broken = run(lab, &prepared, seed, &steps)?;
            found.runs += 1;
            if !broken.is_empty() {
                enough.store(extent.fail_fast, Ordering::Relaxed);
                found.violations.push(report(lab, &prepared, seed, steps, &broken)?);
            }
            told(number + 1);
        }
    };
    let parts: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..extent.jobs).map(|_| scope.spawn(work)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    let mut findings = Findings::default();
    for part in parts {
        findings.add(part?);
    }
    Ok(findings)
}

/// One schedule: what is broken after it.
fn run(lab: &Arc<Lab>, prepared: &Prepared, seed: u64, steps: &[Step]) -> Result<Vec<String>, BenchError> {
    let mut stage = Stage::from(lab, prepared, 1_000_000 + seed.wrapping_mul(1_000))?;
    for step in steps {
        if let Some(token) = step.deed.revokes().or_else(|| step.fault.revokes()) {
            let token = stage.actor.fact(&token).to_owned();
            stage.actor.witness.revoking.insert(token);
        }
        match &step.fault {
            Fault::None => step.deed.run(&mut stage.actor),
            Fault::Death(moment, death) => {
                stage.actor.wire.calls().die_at(*moment, *death);
                step.deed.run(&mut stage.actor);
                stage.rest()?;
                stage.revive()?;
            }
            Fault::Meanwhile(moment, other) => {
                let (deed, other) = (step.deed.clone(), other.clone());
                let one = move |actor: &mut crate::actor::Actor| {
                    deed.run(actor);
                    true
                };
                let two = move |actor: &mut crate::actor::Actor| {
                    other.run(actor);
                    true
                };
                overlap(&mut stage, *moment, one, two)?;
            }
        }
        // What goes on after an answer ends before the next deed, so that a schedule can be repeated.
        stage.rest()?;
        stage.actor.wire.calls().watch();
    }
    for booth in BOOTHS {
        // Cameras whose token was revoked get another one at last.
        stage.token(&format!("camera-{booth}"), "camera", Some(booth))?;
    }
    drain(&mut stage);
    stage.rest()?;
    let broken = promises::check(&stage);
    stage.end();
    broken
}

/// Leaves out one step after the other, then one fault after the other, for as long as something stays broken.
fn report(
    lab: &Arc<Lab>,
    prepared: &Prepared,
    seed: u64,
    mut steps: Vec<Step>,
    broken: &[String],
) -> Result<String, BenchError> {
    let mut broken = broken.to_vec();
    let all = steps.len();
    let mut at = 0;
    while at < steps.len() {
        let mut fewer = steps.clone();
        fewer.remove(at);
        let found = run(lab, prepared, seed, &fewer)?;
        if found.is_empty() {
            at += 1;
        } else {
            (steps, broken) = (fewer, found);
        }
    }
    for at in 0..steps.len() {
        let mut calmer = steps.clone();
        match calmer.get_mut(at) {
            Some(step) if !matches!(step.fault, Fault::None) => step.fault = Fault::None,
            _ => continue,
        }
        let found = run(lab, prepared, seed, &calmer)?;
        if !found.is_empty() {
            (steps, broken) = (calmer, found);
        }
    }
    let mut text = format!("seed {seed}: {}", broken.join("; "));
    // Writing to a text does not fail.
    let _ = write!(text, "\n    shrunk from {all} steps to {}:", steps.len());
    for step in steps {
        let _ = write!(text, "\n      {:?} <- {:?}", step.deed, step.fault);
    }
    Ok(text)
}

impl Fault {
    fn revokes(&self) -> Option<String> {
        match self {
            Self::Meanwhile(_, deed) => deed.revokes(),
            Self::None | Self::Death(..) => None,
        }
    }
}
