//! Pairs that meet: one is held at each of its moments in turn, and the other acts there.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::actor::Actor;
use crate::crash::{self, Extent, Findings};
use crate::drain::drain;
use crate::error::BenchError;
use crate::lab::Lab;
use crate::meanwhile::overlap;
use crate::promises;
use crate::scenario::Scenario;
use crate::stage::{Prepared, Stage};

/// Two who act at once.
pub struct Pair {
    /// What comes before, and the one who is held.
    pub one: Scenario,
    /// Who acts meanwhile.
    pub other: fn(&mut Actor) -> bool,
}

/// What came of a moment.
enum Held {
    /// The two met there; the promises that were broken.
    Met(Vec<String>),
    /// The one never came to it: all were tried. The moments of a step that nobody disturbed.
    Over(Vec<String>),
}

/// Holds the one at its moments.
///
/// # Errors
/// [`BenchError`] when the bench itself fails.
pub fn pair(lab: &Arc<Lab>, pair: &Pair, extent: Extent) -> Result<Findings, BenchError> {
    let prepared = crash::prepare(lab, &pair.one)?;
    let next = AtomicUsize::new(0);
    let enough = AtomicBool::new(false);
    let undisturbed = OnceLock::new();
    let work = || -> Result<Findings, BenchError> {
        let mut found = Findings::default();
        while !enough.load(Ordering::Relaxed) {
            let moment = next.fetch_add(extent.every.max(1), Ordering::Relaxed);
            let broken = match meeting(lab, pair, &prepared, moment)? {
                Held::Met(broken) => broken,
                Held::Over(moments) => {
                    // Of all that come to the end the first one is enough.
                    let _ = undisturbed.set(moments);
                    return Ok(found);
                }
            };
            found.runs += 1;
            enough.fetch_or(extent.fail_fast && !broken.is_empty(), Ordering::Relaxed);
            let name = pair.one.name;
            found.violations.extend(broken.into_iter().map(|what| format!("{name} [held at {moment}]: {what}")));
        }
        Ok(found)
    };
    let mut findings = Findings::default();
    let parts: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..extent.jobs).map(|_| scope.spawn(work)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    for part in parts {
        findings.add(part?);
    }
    // Not known when it ended with the first broken promise.
    findings.violations.extend(undisturbed.get().and_then(|moments| pair.one.missed(lab, moments)));
    Ok(findings)
}

fn meeting(lab: &Arc<Lab>, pair: &Pair, prepared: &Prepared, moment: usize) -> Result<Held, BenchError> {
    let mut stage = Stage::from(lab, prepared, 1_000)?;
    let meeting = overlap(&mut stage, moment, pair.one.step, pair.other)?;
    if !meeting.met {
        stage.end();
        return Ok(Held::Over(meeting.moments));
    }
    if !pair.one.furnished {
        stage.furnish()?;
    }
    drain(&mut stage);
    stage.rest()?;
    let mut broken = promises::check(&stage)?;
    if !meeting.answered {
        broken.push("nothing failed, and somebody got no answer".to_owned());
    }
    stage.end();
    Ok(Held::Met(broken))
}
