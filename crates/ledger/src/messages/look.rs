//! Reading the outbox.

use tollbooth_messages::Channel;
use tollbooth_pipeline::Instant;

use super::{Attempt, COLUMNS, Message, Standing, message};
use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::passages::MAX_PAGE;

/// Which messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only in this state.
    pub state: Option<String>,
    /// Only of this channel.
    pub channel: Option<String>,
}

impl<D: Db> Ledger<D> {
    /// Messages before `before`, newest first.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn messages(&self, filter: &Filter, before: Option<u64>, limit: u32) -> Result<Vec<Message>, LedgerError> {
        self.run(
            &format!(
                "SELECT {COLUMNS} FROM message WHERE sequence < +?1 AND (CAST(?2 AS TEXT) IS NULL OR state = ?2)
                    AND (CAST(?3 AS TEXT) IS NULL OR channel = ?3) ORDER BY sequence DESC LIMIT +?4"
            ),
            params![
                before.unwrap_or(u64::MAX),
                filter.state.as_deref(),
                filter.channel.as_deref(),
                limit.min(MAX_PAGE)
            ],
        )?
        .into_iter()
        .map(|row| message(&mut row.columns()))
        .collect()
    }

    /// Messages about one thing, digests that tell of it among others too, oldest first.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn messages_about(&self, thread: &str, limit: u32) -> Result<Vec<Message>, LedgerError> {
        let limit = limit.min(MAX_PAGE);
        let mut found = self.run(
            &format!("SELECT {COLUMNS} FROM message WHERE thread = +?1 AND thread <> '' ORDER BY sequence LIMIT +?2"),
            params![thread, limit],
        )?;
        found.extend(self.run(
            &format!(
                "SELECT {COLUMNS} FROM message_alert told CROSS JOIN message
                 WHERE told.alert_id = +?1 AND id = told.message_id ORDER BY sequence LIMIT +?2"
            ),
            params![thread, limit],
        )?);
        let mut found: Vec<Message> =
            found.into_iter().map(|row| message(&mut row.columns())).collect::<Result<_, _>>()?;
        found.sort_by_key(|message| message.sequence);
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    /// One message.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn message(&self, id: &str) -> Result<Option<Message>, LedgerError> {
        let row = self.run_one(&format!("SELECT {COLUMNS} FROM message WHERE id = ?1"), params![id])?;
        row.map(|row| message(&mut row.columns())).transpose()
    }

    /// The deliveries of a message that were begun last, at most a page of them, newest first.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn message_attempts(&self, id: &str) -> Result<Vec<Attempt>, LedgerError> {
        self.run(
            "SELECT a.number, a.worker, a.repetition, a.started_at_ms, a.finished_at_ms, a.outcome, a.detail
             FROM message m JOIN message_attempt a ON a.message_sequence = m.sequence
             WHERE m.id = ?1 ORDER BY a.number DESC LIMIT +?2",
            params![id, MAX_PAGE],
        )?
        .into_iter()
        .map(|row| {
            let mut columns = row.columns();
            Ok(Attempt {
                number: columns.number()?,
                worker: columns.text()?,
                repetition: columns.flag()?,
                started_at: columns.integer()?,
                finished_at: columns.opt_integer()?,
                outcome: columns.text()?,
                detail: columns.text()?,
            })
        })
        .collect()
    }

    /// How every channel stands.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn message_channels(&self, now: Instant) -> Result<Vec<Standing>, LedgerError> {
        Channel::ALL.iter().map(|channel| self.standing_of(now, channel.as_str())).collect()
    }

    pub(crate) fn standing_of(&self, now: Instant, channel: &str) -> Result<Standing, LedgerError> {
        let row = self.run_one(
            "SELECT coalesce(c.failures, 0), c.failing_since_ms, coalesce(c.reason, ''), coalesce(c.detail, ''),
                CASE WHEN c.held_until_ms > +?2 THEN c.held_until_ms END, c.last_handed_over_at_ms,
                (SELECT count(*) FROM (SELECT 1 FROM message WHERE channel = +?1 AND state = 'due' LIMIT 1000) AS few)
                + (SELECT count(*) FROM message WHERE channel = +?1 AND state = 'leased')
             FROM (SELECT 1) AS one LEFT JOIN message_channel c ON c.name = +?1",
            params![channel, now],
        )?;
        let row = row.ok_or_else(|| LedgerError::Damaged("the ledger does not answer a count".to_owned()))?;
        let mut columns = row.columns();
        Ok(Standing {
            channel: channel.to_owned(),
            failures: columns.number()?,
            failing_since: columns.opt_integer()?,
            reason: columns.text()?,
            detail: columns.text()?,
            held_until: columns.opt_integer()?,
            last_handed_over_at: columns.opt_integer()?,
            waiting: columns.number()?,
        })
    }
}
