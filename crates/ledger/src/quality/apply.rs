//! Applying a threshold: a change of a setting that says what it was taken from.

use serde_json::{Map, Value as Json};
use tollbooth_pipeline::Instant;

use crate::Ledger;
use crate::admin::{Refusal, SettingChange};
use crate::db::Db;
use crate::error::{Failure, LedgerError};
use crate::event::{Actor, EventKind};
use crate::scope::Scope;

/// The settings that measurements advise on.
const THRESHOLDS: [&str; 2] = ["judge.min_confidence", "judge.max_wrong_person_percent"];

impl<D: Db> Ledger<D> {
    /// Sets a threshold, and writes into the same event what it follows from.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for another setting or a value that is not allowed; `Damaged` for a reason that is no JSON.
    pub fn apply_threshold(
        &self,
        now: Instant,
        actor: &Actor,
        change: &SettingChange,
        because: &str,
    ) -> Result<(), Failure<Refusal>> {
        if !THRESHOLDS.contains(&change.0.as_str()) {
            return Err(Failure::Refused(Refusal::Invalid(vec![format!("`{}` is no threshold", change.0)])));
        }
        let because: Json = serde_json::from_str(because)
            .map_err(|e| LedgerError::Damaged(format!("the caller sent a reason that is no JSON: {e}")))?;
        self.write(Scope::Admin, || {
            let detail = Map::from_iter([("because".to_owned(), because)]);
            self.change_settings(now, actor, std::slice::from_ref(change), EventKind::ThresholdApplied, detail)
        })
    }
}
