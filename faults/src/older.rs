//! A ledger that was restored from a backup of before the last export, beside the store of after it.
//!
//! Nothing may be exported then: the lines would be billed again, under a number that billing knows already.

use std::sync::Arc;

use serde_json::json;

use crate::before::billable;
use crate::error::BenchError;
use crate::lab::{Lab, OPERATOR_TOKEN};
use crate::stage::Stage;

/// Asks for an export in every way, and looks whether anything was bound or published.
///
/// # Errors
/// [`BenchError`] when the bench itself fails.
pub fn exports_nothing(lab: &Arc<Lab>) -> Result<Vec<String>, BenchError> {
    let mut before = Stage::furnished(lab, false)?;
    billable(&mut before)?;
    let before = before.keep()?;
    let mut after = Stage::from(lab, &before, 1_000)?;
    let _ = after.actor.export(false);
    let after = after.keep()?;
    let restored = before.with_store_of(lab, &after)?;

    let stage = Stage::from(lab, &restored, 1_001)?;
    let mut broken = Vec::new();
    for path in ["/v1/exports", "/v1/ticks/export", "/v1/exports"] {
        match stage.actor.wire.post(path, OPERATOR_TOKEN, &json!({})) {
            Some(answer) if answer.status == 409 && answer.text("type").ends_with(":ledger-older") => {}
            Some(answer) => broken.push(format!("an older ledger exports: POST {path} gave {}", answer.brief())),
            None => broken.push(format!("an older ledger: POST {path} gave no answer")),
        }
    }
    match stage.actor.wire.get("/v1/balance", OPERATOR_TOKEN) {
        Some(answer) if answer.json()["totals"]["from_state"]["billed"] == 0 => {}
        other => broken.push(format!("an older ledger billed: {}", other.map(|a| a.brief()).unwrap_or_default())),
    }
    stage.end();
    Ok(broken)
}
