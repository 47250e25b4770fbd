//! Messages to people: queued with what they tell about, delivered by somebody else.

use tollbooth_pipeline::Instant;

use super::Notice;
use crate::Ledger;
use crate::db::{Db, Row, params};
use crate::error::LedgerError;
use crate::passages::MAX_PAGE;

/// Longest wait before another try, in milliseconds: a day. A time further ahead was set by a clock that has been
/// set back since, or by a defect; either way the message is due.
const MAX_WAIT_MS: i64 = 86_400_000;

impl<D: Db> Ledger<D> {
    /// Notices due for delivery, oldest first.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn due_notices(&self, now: Instant, limit: u32) -> Result<Vec<Notice>, LedgerError> {
        self.run(
            "SELECT id, kind, subject, body, attempts FROM notice
             WHERE state = 'due' AND (next_attempt_at_ms <= ?1 OR next_attempt_at_ms > ?1 + ?2)
             ORDER BY sequence LIMIT ?3",
            params![now, MAX_WAIT_MS, limit.min(MAX_PAGE)],
        )?
        .into_iter()
        .map(notice)
        .collect()
    }

    /// Notes a delivery, or a failed one with the time of the next try (none: given up). Idempotent: what ended stays
    /// ended, and the same failure with the same next try counts once.
    ///
    /// # Errors
    /// `Damaged` when there is no such notice.
    pub fn notice_outcome(
        &self,
        now: Instant,
        id: &str,
        failure: Option<&str>,
        next: Option<Instant>,
    ) -> Result<(), LedgerError> {
        let state = match (failure, next) {
            (None, _) => "delivered",
            (Some(_), None) => "given-up",
            (Some(_), Some(_)) => "due",
        };
        self.write(|| {
            if self.run_one("SELECT 1 FROM notice WHERE id = ?1", params![id])?.is_none() {
                return Err(LedgerError::Damaged(format!("there is no notice {id}")));
            }
            self.run(
                "UPDATE notice SET state = ?2, attempts = attempts + 1, last_failure = ?3,
                     next_attempt_at_ms = coalesce(?4, 0), closed_at_ms = CASE WHEN ?2 = 'due' THEN NULL ELSE ?5 END
                 WHERE id = ?1 AND state = 'due'
                   AND NOT (last_failure IS ?3 AND ?2 = 'due' AND next_attempt_at_ms = ?4)",
                params![id, state, failure, next, now],
            )?;
            Ok(())
        })
    }
}

fn notice(row: Row) -> Result<Notice, LedgerError> {
    let mut columns = row.columns();
    Ok(Notice {
        id: columns.text()?,
        kind: columns.text()?,
        subject: columns.text()?,
        body: columns.text()?,
        attempts: columns.number()?,
    })
}
