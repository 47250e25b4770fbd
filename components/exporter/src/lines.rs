//! The lines of an export with what billing answered to them, for people who look at it. Programs read the file.

use serde::Serialize;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::export_protocol::{self, AnsweredLine, Answers, Part};
use tollbooth_web::{Answer, Request, Response, authorize};

use crate::files::{find, note, unknown};

#[derive(Serialize)]
struct Lines {
    items: Vec<LineView>,
    next: Option<u64>,
    answers: AnswersView,
}

/// How many lines of the whole export were answered how.
#[derive(Serialize)]
struct AnswersView {
    billed: u32,
    owner_not_found: u32,
    refused: u32,
    open: u32,
}

#[derive(Serialize)]
struct LineView {
    passage: String,
    booth: String,
    lane: String,
    captured_at: String,
    plate: Option<String>,
    jurisdiction: Option<String>,
    plate_type: Option<String>,
    decided_by: String,
    correction: Option<CorrectionView>,
    answer: Option<AnswerView>,
}

#[derive(Serialize)]
struct CorrectionView {
    corrects_export: u64,
    action: String,
    cause: String,
    reject_code: Option<String>,
}

#[derive(Serialize)]
struct AnswerView {
    disposition: String,
    reason: Option<String>,
    at: String,
}

impl From<AnsweredLine> for LineView {
    fn from(line: AnsweredLine) -> Self {
        Self {
            passage: line.passage,
            booth: line.booth,
            lane: line.lane,
            captured_at: line.captured_at,
            plate: line.plate,
            jurisdiction: line.jurisdiction,
            plate_type: line.plate_type,
            decided_by: line.decided_by,
            correction: line.correction.map(|correction| CorrectionView {
                corrects_export: correction.export,
                action: correction.action,
                cause: correction.cause,
                reject_code: correction.reject_code,
            }),
            answer: line.answer.map(|answer| AnswerView {
                disposition: answer.outcome,
                reason: answer.reason,
                at: rfc3339(answer.at),
            }),
        }
    }
}

/// `GET /v1/exports/{sequence}/lines`
pub fn list(request: &Request, sequence: &str) -> Answer {
    let caller = authorize(request, Action::ReadExports)?;
    let query = &request.query;
    query.only(&["after", "limit"])?;
    let (after, limit) = (query.cursor("after")?.unwrap_or(0), query.limit()?);
    let entry = find(sequence)?;
    if entry.published_at.is_none() {
        return Err(unknown());
    }
    // Whoever reads the lines has read what the file says.
    note(request, &caller, &entry, Part::File)?;
    let Answers { billed, owner_not_found, refused, open } = export_protocol::count_answers(entry.sequence)?;
    let found = export_protocol::answered_lines(entry.sequence, after, limit)?;
    let full = u32::try_from(found.len()).is_ok_and(|found| found >= limit);
    let next = found.last().map(|line| line.line).filter(|_| full);
    let items = found.into_iter().map(LineView::from).collect();
    Response::json(200, &Lines { items, next, answers: AnswersView { billed, owner_not_found, refused, open } })
}
