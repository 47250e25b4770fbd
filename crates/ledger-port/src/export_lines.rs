//! Lines of exports, of `tollbooth:ledger/export-protocol`, as people look at them.

use tollbooth_ledger::export::lines as domain;

use crate::bindings::exports::tollbooth::ledger::export_protocol::{Answered, AnsweredLine, Answers, Corrects};

pub fn line(found: domain::AnsweredLine) -> AnsweredLine {
    AnsweredLine {
        line: found.line,
        passage: found.passage,
        booth: found.booth,
        lane: found.lane,
        captured_at: found.captured_at,
        plate: found.plate,
        jurisdiction: found.jurisdiction,
        plate_type: found.plate_type.map(|of| of.to_string()),
        decided_by: found.decided_by,
        correction: found.correction.map(|correction| Corrects {
            export: correction.export,
            action: correction.action.to_string(),
            cause: correction.cause.to_string(),
            reject_code: correction.reject_code,
        }),
        answer: found.answer.map(|answer| Answered {
            outcome: answer.outcome.to_string(),
            reason: answer.reason,
            at: answer.at,
        }),
    }
}

pub fn answers(found: domain::Answers) -> Answers {
    Answers { billed: found.billed, owner_not_found: found.owner_not_found, refused: found.refused, open: found.open }
}
