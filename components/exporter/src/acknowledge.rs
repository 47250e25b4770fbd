//! What billing answers to the lines of an export: recorded whole, or not at all.

use serde::{Deserialize, Serialize};
use tollbooth_pipeline::export::Disposition;
use tollbooth_pipeline::role::Action;
use tollbooth_pipeline::text;
use tollbooth_ports::ledger::export_protocol::{self, AcknowledgeFailure, Answer};
use tollbooth_web::{Answer as HttpAnswer, Kind, Problem, Request, Response, authorize, now};

use crate::files::{find, unknown};

/// Most rows of one upload; billing sends the others in a next one.
const MOST: usize = 2_000;
/// Largest upload.
const MAX_BYTES: u64 = 1_048_576;
/// Rows that a refusal names.
const MOST_NAMED: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    dispositions: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// As in the column `FileName` or `PassageId`.
    row: String,
    disposition: String,
    reason: Option<String>,
}

#[derive(Serialize)]
struct Done {
    recorded: u32,
    known: u32,
    to_review: u32,
    open: u32,
}

/// `POST /v1/exports/{sequence}/dispositions`
pub async fn submit(request: Request, sequence: &str) -> HttpAnswer {
    let caller = authorize(&request, Action::Acknowledge)?;
    request.query.only(&[])?;
    let Body { dispositions } = request.body.json_within(MAX_BYTES).await?;
    let sequence = find(sequence)?.sequence;
    if dispositions.is_empty() || dispositions.len() > MOST {
        return Err(Problem::invalid(vec![format!("dispositions: must have 1 to {MOST} rows")]));
    }
    let mut violations = Vec::new();
    let mut answers = Vec::with_capacity(dispositions.len());
    for (row, number) in dispositions.into_iter().zip(1..) {
        match answer(row) {
            Ok(answer) => answers.push(answer),
            Err(what) => violations.push(format!("row {number}: {what}")),
        }
    }
    if !violations.is_empty() {
        violations.truncate(MOST_NAMED);
        return Err(Problem::invalid(violations));
    }
    let done = export_protocol::acknowledge(now(), &caller.actor(), sequence, &answers).map_err(refused)?;
    let export_protocol::Acknowledged { recorded, known, to_review, open } = done;
    Response::json(200, &Done { recorded, known, to_review, open })
}

fn answer(row: Row) -> Result<Answer, String> {
    let outcome: Disposition = row.disposition.parse().map_err(|e| format!("{e}"))?;
    let reason = match (outcome, row.reason.as_deref()) {
        (Disposition::Refused, Some(reason)) => {
            Some(text::remark("reason", reason).map_err(|e| e.to_string())?.to_owned())
        }
        (Disposition::Refused, None) => {
            return Err("reason: is needed for `refused`, so that people know what to do".to_owned());
        }
        (_, Some(_)) => return Err("reason: belongs to `refused` only".to_owned()),
        (_, None) => None,
    };
    // The photo's name, as in the file, or the passage itself.
    let passage = row.row.split('.').next().unwrap_or_default().to_owned();
    Ok(Answer { passage, outcome: outcome.to_string(), reason })
}

fn refused(failure: AcknowledgeFailure) -> Problem {
    let named = |mut rows: Vec<String>| {
        rows.truncate(MOST_NAMED);
        rows
    };
    match failure {
        AcknowledgeFailure::NotFound => unknown(),
        AcknowledgeFailure::UnknownRows(rows) => Problem::new(
            Kind::UnknownRows,
            format!(
                "{} rows are not of this export. Nothing was recorded; send the rows of each export to that export.",
                rows.len()
            ),
        )
        .with("rows", named(rows)),
        AcknowledgeFailure::Contradictions(rows) => Problem::new(
            Kind::AnsweredBefore,
            format!(
                "{} rows were answered otherwise before, or twice here. Nothing was recorded: a row is answered once.",
                rows.len()
            ),
        )
        .with("rows", named(rows)),
        AcknowledgeFailure::Invalid(what) => Problem::invalid(vec![what]),
        AcknowledgeFailure::Ledger(failure) => failure.into(),
    }
}
