//! Messages to people: queued with what they tell about, delivered by somebody else.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::ident::derived_id;

use super::Notice;
use crate::Ledger;
use crate::db::{Db, Row, params};
use crate::error::LedgerError;
use crate::passages::MAX_PAGE;
use crate::scope::Scope;

/// Longest wait before another try, in milliseconds: a day. A time further ahead was set by a clock that has been
/// set back since, or by a defect; either way the message is due.
const MAX_WAIT_MS: i64 = 86_400_000;

/// How long a notice that was handed out is kept from others, in milliseconds: longer than any delivery takes.
const RESERVED_MS: i64 = 120_000;

macro_rules! due {
    () => {
        "state = 'due' AND (next_attempt_at_ms <= ?1 OR next_attempt_at_ms > ?1 + ?2)"
    };
}

impl<D: Db> Ledger<D> {
    /// Tells people, once for each `found`, that nothing is exported: export `found` lies in the store of export files,
    /// and this ledger never bound it.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn note_older_ledger(&self, now: Instant, found: u64) -> Result<(), LedgerError> {
        let id = derived_id("ntc", &["ledger-older", &found.to_string()]);
        // Without a write lock first: the exporter comes every minute.
        if self.run_one("SELECT 1 FROM notice WHERE id = ?1", params![id.as_str()])?.is_some() {
            return Ok(());
        }
        self.write(Scope::Rows, || {
            self.run(
                "INSERT INTO notice (id, kind, subject, body, created_at_ms) VALUES (?1, 'ledger-older', ?2, ?3, ?4)
                 ON CONFLICT (id) DO NOTHING",
                params![
                    id.as_str(),
                    "Nothing is exported: the ledger is older than what was published",
                    format!(
                        "Export {found} was published before, and this ledger does not know it; a backup was restored. \
                         Nothing is exported until what was published is taken over: `tollbooth restore --help`."
                    ),
                    now,
                ],
            )
            .map(drop)
        })
    }

    /// Notices due for delivery, oldest first, each reserved for the caller for a while: two exporters that run at
    /// the same time never deliver the same one. Who dies with a reservation delays its notice, and loses nothing.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn due_notices(&self, now: Instant, limit: u32) -> Result<Vec<Notice>, LedgerError> {
        let due = params![now, MAX_WAIT_MS];
        // Without a write lock first: there is hardly ever one.
        if self.run_one(concat!("SELECT 1 FROM notice WHERE ", due!(), " LIMIT 1"), due)?.is_none() {
            return Ok(Vec::new());
        }
        let reserved = self.run(
            concat!(
                "UPDATE notice SET next_attempt_at_ms = CAST(?1 AS BIGINT) + ?4 WHERE sequence IN
                     (SELECT sequence FROM notice WHERE ",
                due!(),
                " ORDER BY sequence LIMIT +?3 /*pg FOR UPDATE SKIP LOCKED */)
                 RETURNING sequence, id, kind, subject, body, attempts"
            ),
            params![now, MAX_WAIT_MS, limit.min(MAX_PAGE), RESERVED_MS],
        )?;
        let mut notices = reserved.into_iter().map(notice).collect::<Result<Vec<_>, _>>()?;
        // RETURNING promises no order.
        notices.sort_by_key(|(sequence, _)| *sequence);
        Ok(notices.into_iter().map(|(_, notice)| notice).collect())
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
        self.write(Scope::Rows, || {
            if self.run_one("SELECT 1 FROM notice WHERE id = ?1", params![id])?.is_none() {
                return Err(LedgerError::Damaged(format!("there is no notice {id}")));
            }
            self.run(
                "UPDATE notice SET state = ?2, attempts = attempts + 1, last_failure = ?3,
                     next_attempt_at_ms = coalesce(CAST(?4 AS BIGINT), 0),
                     closed_at_ms = CASE WHEN ?2 <> 'due' THEN CAST(?5 AS BIGINT) END
                 WHERE id = ?1 AND state = 'due'
                   AND NOT (last_failure IS NOT DISTINCT FROM ?3 AND ?2 = 'due' AND next_attempt_at_ms = ?4)",
                params![id, state, failure, next, now],
            )?;
            Ok(())
        })
    }
}

fn notice(row: Row) -> Result<(u64, Notice), LedgerError> {
    let mut columns = row.columns();
    let sequence = columns.number()?;
    let notice = Notice {
        id: columns.text()?,
        kind: columns.text()?,
        subject: columns.text()?,
        body: columns.text()?,
        attempts: columns.number()?,
    };
    Ok((sequence, notice))
}
