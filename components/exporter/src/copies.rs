//! Copies of exports, made after billing's own: one that fails keeps none of the others waiting.
//!
//! A copy is rendered by the routines that render an export, from the same lines. Nothing is bound for it, so there is
//! nothing to be finished: what a run leaves behind when it dies is made again, or found stored and published as it is. The
//! same holds after a restore. A stored copy names the manifest of the export that it is a copy of, so it is taken over
//! when that is the one this ledger has, and refused when not.

use std::time::Duration;

use tollbooth_pipeline::export::{BILLING, CopyMark, Manifest};
use tollbooth_ports::exports;
use tollbooth_ports::ledger::export_protocol::{self, Artefact, Cause, CopyTask, ExportEntry, NextCopy};
use tollbooth_ports::types::Actor;
use tollbooth_web::{elapsed, now};

use crate::publish::{self, Publication};
use crate::run::{LONGEST, MAX_FILES, Outcome};
use crate::run_error::{RunError, defect};
use crate::store;

/// What a run did for one copy.
pub struct Made {
    /// Name of its profile.
    pub profile: String,
    /// What was published, in sequence.
    pub published: Vec<ExportEntry>,
    /// Why it did not get further; the next run goes on.
    pub trouble: Option<RunError>,
}

/// Billing's run, and then the copies. One that failed keeps no copy of what is published waiting, and is told all the same.
/// An older ledger does: nothing goes out before it knows what was published.
pub fn run_after(
    billing: Result<Outcome, RunError>,
    actor: &Actor,
    cause: Cause,
) -> Result<(Outcome, Vec<Made>), RunError> {
    if let Err(older @ RunError::OlderLedger { .. }) = billing {
        return Err(older);
    }
    match (billing, run(actor, cause)) {
        (Err(failure), Err(copies)) => {
            // One of them can be answered; the other is not lost for that.
            tollbooth_log::log!(Error, stage = "export", cause = copies);
            Err(failure)
        }
        (billing, made) => Ok((billing?, made?)),
    }
}

/// Makes every copy that is due, or that lacks something when somebody asked. Time for one file each there is always, so
/// that no copy waits for another that has much to catch up with.
fn run(actor: &Actor, cause: Cause) -> Result<Vec<Made>, RunError> {
    let began = elapsed();
    let named = export_protocol::profiles(now())?.into_iter().filter(|one| one.named && one.name != BILLING);
    Ok(named
        .map(|one| {
            let mut published = Vec::new();
            let trouble = go_on(actor, cause, &one.name, began, &mut published).err();
            if let Some(trouble) = trouble.as_ref().filter(|trouble| !matches!(trouble, RunError::Waits(_))) {
                tollbooth_log::log!(Error, stage = "export", copy = one.name, cause = trouble);
            }
            Made { profile: one.name, published, trouble }
        })
        .collect())
}

fn go_on(
    actor: &Actor,
    cause: Cause,
    profile: &str,
    began: Duration,
    published: &mut Vec<ExportEntry>,
) -> Result<(), RunError> {
    for _ in 0..MAX_FILES {
        let task = match export_protocol::next_copy_of(now(), profile, cause)? {
            NextCopy::Proceed(task) => task,
            NextCopy::NotNamed | NextCopy::UpToDate | NextCopy::NotDue(_) => break,
        };
        if let Publication::Published(entry) = copy(actor, profile, task)? {
            published.push(*entry);
        }
        if elapsed().saturating_sub(began) > LONGEST {
            break;
        }
    }
    Ok(())
}

fn copy(actor: &Actor, profile: &str, task: CopyTask) -> Result<Publication, RunError> {
    let CopyTask { entry, of_manifest_sha256, missing } = task;
    let mark = CopyMark { profile: profile.to_owned(), of_manifest_sha256 };
    if let Some(artefact) = stored(&entry, &mark)? {
        return publish::release(actor, &entry, &artefact);
    }
    if missing > 0 {
        return Err(RunError::Waits(waits_for(entry.sequence, missing)));
    }
    publish::publish(actor, &entry, Some(mark))
}

/// Why the copy of an export waits.
pub fn waits_for(sequence: u64, missing: u32) -> String {
    format!(
        "Export {sequence} was taken over after a restore, and this ledger does not have {missing} of its lines, or not the \
         rows at which they stand. The copy is made when cameras have sent these passages again, or when `tollbooth restore \
         --published DIR` finds the copy, or the export for its rows."
    )
}

/// The copy that was stored before, when its file is there, too; none: it is to be rendered.
fn stored(entry: &ExportEntry, mark: &CopyMark) -> Result<Option<Artefact>, RunError> {
    let Some(bytes) = exports::get(&publish::manifest_key(entry))? else { return Ok(None) };
    let apart = || {
        let what = "is stored as the copy of another export, or after another copy: this ledger and the store went apart. \
                    Run `tollbooth audit`";
        defect(entry, what.to_owned())
    };
    let manifest = String::from_utf8(bytes).map_err(|_| apart())?;
    let read: Manifest = serde_json::from_str(&manifest).map_err(|_| apart())?;
    if read.copy.as_ref() != Some(mark)
        || Some(&read.previous_manifest_sha256) != entry.previous_manifest_sha256.as_ref()
    {
        return Err(apart());
    }
    let there = store::is_whole(entry.sequence, &read.sha256)?;
    let manifest_sha256 = Manifest::sha256_of(&manifest);
    Ok(there.then_some(Artefact { sha256: read.sha256, bytes: read.bytes, manifest, manifest_sha256 }))
}
