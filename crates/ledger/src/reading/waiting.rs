//! Why a passage waits, for people who look at it. Reads only.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::gate::WaitReason;
use tollbooth_pipeline::policy;
use tollbooth_pipeline::recognizer::Recognizer;

use crate::Ledger;
use crate::clock::CLOCK_SLACK_MS;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::setting::in_force;

/// What a waiting passage waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Who is to read it by the settings in force.
    pub recognizer: Recognizer,
    /// Why it is not read yet.
    pub reason: WaitReason,
    /// Until when, where that is known.
    pub until: Option<Instant>,
}

impl<D: Db> Ledger<D> {
    /// What a passage waits for; none when it does not wait, or does not exist.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn waiting_for(&self, now: Instant, passage: &str) -> Result<Option<Waiting>, LedgerError> {
        let found = self.run_one(
            "SELECT turn, next_attempt_at_ms, waiting_since_ms FROM passage WHERE id = ?1 AND state = 'waiting'",
            params![passage],
        )?;
        let Some(mut columns) = found.map(crate::db::Row::columns) else { return Ok(None) };
        let settings = in_force(&self.changed_settings()?)?;
        let recognizer = policy::awaited(columns.parsed()?, &settings);
        let (next_at, since) = (columns.integer()?, columns.integer()?);
        if next_at > now && since <= now.saturating_add(CLOCK_SLACK_MS) {
            return Ok(Some(Waiting { recognizer, reason: WaitReason::Retry, until: Some(next_at) }));
        }
        Ok(Some(match self.gate(now, recognizer, &settings)?.room(now) {
            Ok(_) => Waiting { recognizer, reason: WaitReason::Queued, until: None },
            Err(wait) => Waiting { recognizer, reason: wait.reason, until: wait.until },
        }))
    }
}
