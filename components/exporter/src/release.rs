//! A lost file that nobody has any more, given up by an operator: nothing waits for it afterwards.

use serde::{Deserialize, Serialize};
use tollbooth_pipeline::export::BILLING;
use tollbooth_pipeline::role::Action;
use tollbooth_pipeline::text;
use tollbooth_ports::ledger::export_protocol::{self, ExportEntry};
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize, now};

use crate::files::{find, unknown};
use crate::store;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    /// Why nobody can put it back.
    reason: String,
}

#[derive(Serialize)]
struct Released {
    export: u64,
    /// Of its lines, due with the next export.
    corrections: u32,
}

/// `POST /v1/exports/{sequence}/release`
pub async fn submit(request: Request, sequence: &str) -> Answer {
    let caller = authorize(&request, Action::Administer)?;
    request.query.only(&[])?;
    let Body { reason } = request.body.json().await?;
    let reason = text::remark("reason", &reason).map_err(|e| Problem::invalid(vec![e.to_string()]))?;
    let entry = find(sequence)?;
    entry.published_at.ok_or_else(unknown)?;
    let known = export_protocol::released_files()?.contains(&entry.sequence);
    if !known && !is_lost_anywhere(&entry)? {
        return Err(Problem::new(
            Kind::FileNotLost,
            format!(
                "The file of export {} is in the store as it was published, and so are its copies: nothing waits for it. \
                 Nothing was changed.",
                entry.sequence
            ),
        ));
    }
    let corrections = export_protocol::release_file(now(), &caller.actor(), entry.sequence, &reason)?;
    Response::json(200, &Released { export: entry.sequence, corrections: corrections.ok_or_else(unknown)? })
}

/// Whether its file, or that of a copy of it, is not what was published.
fn is_lost_anywhere(entry: &ExportEntry) -> Result<bool, Problem> {
    if is_lost(entry)? {
        return Ok(true);
    }
    let copies = export_protocol::profiles(now())?.into_iter().filter(|one| one.name != BILLING);
    for profile in copies.filter(|one| one.published_through >= entry.sequence) {
        let copy = export_protocol::get_copy(&profile.name, entry.sequence)?;
        // One that is not published has no digest, and is not lost.
        if copy.map_or(Ok(false), |copy| is_lost(&copy))? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_lost(entry: &ExportEntry) -> Result<bool, Problem> {
    let Some(sha256) = entry.sha256.as_deref() else { return Ok(false) };
    Ok(!store::is_whole(entry.sequence, sha256)?)
}
