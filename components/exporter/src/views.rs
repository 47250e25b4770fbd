//! The shapes of the answers.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_ports::ledger::export_protocol::{Cause, ExportEntry};
use tollbooth_web::{Answer, Response};

use crate::copies::Made;
use crate::run::{End, Outcome};

/// The body of routes that take none: absent, or `{}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoParameters {}

/// A page of a list; `next` is the cursor of the page after it, null at the end.
#[derive(Serialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<u64>,
}

/// An export, published or bound.
#[derive(Serialize)]
pub struct ExportView {
    sequence: u64,
    kind: String,
    state: String,
    profile: String,
    copy: Option<String>,
    file_name: String,
    rows: u32,
    window_from: Option<String>,
    window_to: String,
    bound_at: String,
    published_at: Option<String>,
    sha256: Option<String>,
    bytes: Option<u64>,
    previous_manifest_sha256: Option<String>,
    manifest_sha256: Option<String>,
    file_url: Option<String>,
    manifest_url: Option<String>,
    /// Whether the file is lost and was given up: its address answers that, and no file.
    file_released: bool,
}

impl ExportView {
    /// The same of an export whose file is lost and was given up.
    pub fn with_file_released(self, file_released: bool) -> Self {
        Self { file_released, ..self }
    }
}

impl From<ExportEntry> for ExportView {
    fn from(entry: ExportEntry) -> Self {
        let of = entry.copy.as_ref().map(|profile| format!("?profile={profile}")).unwrap_or_default();
        let url = |what: &str| entry.published_at.map(|_| format!("/v1/exports/{}/{what}{of}", entry.sequence));
        Self {
            file_url: url("file"),
            manifest_url: url("manifest"),
            file_released: false,
            sequence: entry.sequence,
            kind: entry.kind,
            state: entry.state,
            profile: entry.profile,
            copy: entry.copy,
            file_name: entry.file_name,
            rows: entry.rows,
            window_from: entry.window_from.map(rfc3339),
            window_to: rfc3339(entry.window_to),
            bound_at: rfc3339(entry.bound_at),
            published_at: entry.published_at.map(rfc3339),
            sha256: entry.sha256,
            bytes: entry.bytes,
            previous_manifest_sha256: entry.previous_manifest_sha256,
            manifest_sha256: entry.manifest_sha256,
        }
    }
}

/// What a run did for a copy.
#[derive(Serialize)]
struct CopiesView {
    profile: String,
    exports: Vec<ExportView>,
    /// Whether it did not get as far as it should; its profile says what it waits for, or the log what failed, and the next
    /// run goes on.
    failed: bool,
}

impl From<&Made> for CopiesView {
    fn from(made: &Made) -> Self {
        Self {
            profile: made.profile.clone(),
            exports: made.published.iter().cloned().map(ExportView::from).collect(),
            failed: made.trouble.is_some(),
        }
    }
}

/// What a run answers: 201 when somebody asked and files were published, 200 otherwise.
///
/// "Nothing to export", "not due" and a failure never look alike.
pub fn report(outcome: &Outcome, made: &[Made], cause: Cause) -> Answer {
    let copies: Vec<_> = made.iter().map(CopiesView::from).collect();
    if let Some(first) = outcome.published.first() {
        let exports: Vec<_> = outcome.published.iter().cloned().map(ExportView::from).collect();
        let complete = !matches!(outcome.end, End::Bound);
        let body = json!({ "outcome": "published", "exports": exports, "complete": complete, "copies": copies });
        return match cause {
            Cause::Scheduled => Response::json(200, &body),
            Cause::Requested => Response::json(201, &body)
                .map(|answer| answer.with_header("location", format!("/v1/exports/{}", first.sequence))),
        };
    }
    match outcome.end {
        End::NotDue(next) => {
            Response::json(200, &json!({ "outcome": "not-due", "next_due_at": rfc3339(next), "copies": copies }))
        }
        End::NothingToExport => Response::json(200, &json!({ "outcome": "nothing-to-export", "copies": copies })),
        // Another exporter was faster in every step: what it published is not ours to report.
        End::Bound => Response::json(200, &json!({ "outcome": "left-to-others", "copies": copies })),
    }
}
