//! Each passage against its own records and its photo.

use serde::Serialize;
use tollbooth_pipeline::ident::sha256_hex;
use tollbooth_pipeline::role::Action;
use tollbooth_pipeline::said::Finding as Found;
use tollbooth_ports::ledger::audit::{self, PhotoEntry};
use tollbooth_ports::photos;
use tollbooth_web::{Answer, Problem, Request, Response, authorize};

#[derive(Serialize)]
struct Page {
    /// Passages looked at.
    checked: usize,
    findings: Vec<Finding>,
    next: Option<u64>,
}

#[derive(Serialize)]
struct Finding {
    passage: String,
    finding: &'static str,
    detail: String,
}

/// `GET /v1/audit/passages`
pub fn inspect(request: &Request) -> Answer {
    authorize(request, Action::Audit)?;
    request.query.only(&["after", "limit"])?;
    let page = audit::inspect(request.query.cursor("after")?.unwrap_or(0), request.query.limit()?)?;
    let mut findings: Vec<Finding> = page
        .contradictions
        .into_iter()
        .map(|found| Finding { passage: found.passage, finding: Found::Contradiction.as_str(), detail: found.detail })
        .collect();
    for entry in &page.photos {
        findings.extend(look_at(entry)?);
    }
    Response::json(200, &Page { checked: page.photos.len(), findings, next: page.next })
}

fn look_at(entry: &PhotoEntry) -> Result<Option<Finding>, Problem> {
    let finding =
        |found: Found, detail| Some(Finding { passage: entry.passage.clone(), finding: found.as_str(), detail });
    let Some(photo) = photos::get(&entry.photo_key)? else {
        return Ok(finding(Found::PhotoMissing, format!("nothing is stored under {}", entry.photo_key)));
    };
    if photo.len() as u64 != entry.photo_bytes {
        let detail = format!("{} bytes are stored, {} were acknowledged", photo.len(), entry.photo_bytes);
        return Ok(finding(Found::PhotoChanged, detail));
    }
    let stored = sha256_hex(&photo);
    if stored != entry.photo_sha256 {
        let detail = format!("the stored photo has SHA-256 {stored}, {} was acknowledged", entry.photo_sha256);
        return Ok(finding(Found::PhotoChanged, detail));
    }
    Ok(None)
}
