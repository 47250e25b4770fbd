//! Handing out messages, within what each channel bears, and taking back what died.

use tollbooth_messages::Channel;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::ident::derived_id;

use super::{COLUMNS, LEASE_MS, Lease, message};
use crate::Ledger;
use crate::clock::CLOCK_SLACK_MS;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::passages::MAX_PAGE;
use crate::scope::Scope;

/// The time in which deliveries are counted against what a channel bears.
const RATE_MS: i64 = 60_000;
/// Longest wait before another try. A time further ahead was set by a clock that has been set back since.
const MAX_WAIT_MS: i64 = 86_400_000 + CLOCK_SLACK_MS;

macro_rules! due {
    () => {
        "FROM message WHERE channel = +?1 AND state = 'due' AND (next_attempt_at_ms <= +?2 OR next_attempt_at_ms > +?2 + ?3)"
    };
}

/// A lease that ended, or that a clock began which has been set back since.
macro_rules! expired {
    () => {
        "FROM message WHERE channel = +?1 AND state = 'leased'
            AND (lease_expires_at_ms <= +?2 OR lease_expires_at_ms > +?2 + ?3)"
    };
}

/// An earlier message to the same addressee, in this state, that tells of the same alert: by itself, or in a digest. What tells of
/// others only is not waited for: one that its receiver defers would hold every page back. By the few that are due or leased: an
/// addressee may have had thousands.
macro_rules! earlier {
    ($state:literal) => {
        concat!(
            " AND (thread = '' OR NOT EXISTS (SELECT 1 FROM message earlier WHERE earlier.channel = +?1 AND earlier.state = '",
            $state,
            "' AND earlier.sequence < message.sequence AND earlier.addressee || '' = message.addressee
                AND (earlier.thread = message.thread
                    OR EXISTS (SELECT 1 FROM message_alert told
                        WHERE told.alert_id = message.thread AND told.message_id = earlier.id)
                    OR EXISTS (SELECT 1 FROM message_alert told
                        WHERE told.alert_id = earlier.thread AND told.message_id = message.id)
                    OR EXISTS (SELECT 1 FROM message_alert told CROSS JOIN message_alert again
                        WHERE told.message_id = earlier.id AND again.message_id = message.id
                            AND again.alert_id = told.alert_id))))"
        )
    };
}

/// Messages about one thing reach an addressee in their order: the end of an alert does not overtake its beginning.
const TAKE: &str = concat!(
    "SELECT sequence, id, attempts ",
    due!(),
    earlier!("due"),
    earlier!("leased"),
    " ORDER BY sequence LIMIT +?4 /*pg FOR NO KEY UPDATE OF message SKIP LOCKED */"
);

impl<D: Db> Ledger<D> {
    /// Whether a message could be taken by one of these channels now. Takes nothing.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn messages_wait(&self, now: Instant, able: &[Channel]) -> Result<bool, LedgerError> {
        for channel in able {
            if self.channel_waits(now, *channel)? && self.channel_room(now, *channel)? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Leases up to `limit` messages of these channels to `worker`, oldest first, each for [`LEASE_MS`]: deliver them,
    /// then settle each. Who dies in between delays a message, and makes its next delivery a repetition.
    ///
    /// A channel bears so many at once and a minute, over all callers; one that fails is held for a while, and then a
    /// single message tries for all.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn lease_messages(
        &self,
        now: Instant,
        worker: &str,
        limit: u32,
        able: &[Channel],
    ) -> Result<Vec<Lease>, LedgerError> {
        let mut found = Vec::new();
        for channel in able {
            // Without a write lock first: there is hardly ever one.
            if self.channel_waits(now, *channel)? {
                let left = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
                found.extend(self.write(Scope::Messages, || self.lease_from(now, worker, left, *channel))?);
            }
        }
        Ok(found)
    }

    fn channel_waits(&self, now: Instant, channel: Channel) -> Result<bool, LedgerError> {
        let due = params![channel.as_str(), now, MAX_WAIT_MS];
        if self.run_one(concat!("SELECT 1 ", due!(), " LIMIT 1"), due)?.is_some() {
            return Ok(true);
        }
        let ended = params![channel.as_str(), now, LEASE_MS + CLOCK_SLACK_MS];
        Ok(self.run_one(concat!("SELECT 1 ", expired!(), " LIMIT 1"), ended)?.is_some())
    }

    fn lease_from(&self, now: Instant, worker: &str, limit: u32, channel: Channel) -> Result<Vec<Lease>, LedgerError> {
        self.take_back_messages(now, channel)?;
        let room = self.channel_room(now, channel)?.min(limit).min(MAX_PAGE);
        if room == 0 {
            return Ok(Vec::new());
        }
        let due = self.run(TAKE, params![channel.as_str(), now, MAX_WAIT_MS, room])?;
        due.into_iter()
            .map(|row| {
                let mut columns = row.columns();
                let (sequence, id) = (columns.integer()?, columns.text()?);
                self.take_message(now, worker, sequence, &id, columns.number::<u32>()? + 1)
            })
            .collect()
    }

    fn take_message(
        &self,
        now: Instant,
        worker: &str,
        sequence: i64,
        id: &str,
        number: u32,
    ) -> Result<Lease, LedgerError> {
        let token = derived_id("dlv", &[id, &number.to_string(), &now.to_string(), worker]);
        let row = self.run_one(
            &format!(
                "UPDATE message SET state = 'leased', lease_token = ?2, lease_expires_at_ms = ?3, attempts = ?4
                 WHERE sequence = ?1 AND state = 'due' RETURNING {COLUMNS}"
            ),
            params![sequence, token.as_str(), now.saturating_add(LEASE_MS), number],
        )?;
        let row = row.ok_or_else(|| LedgerError::Damaged(format!("message {id} vanished while it was held")))?;
        let message = message(&mut row.columns())?;
        self.run(
            "INSERT INTO message_attempt (message_sequence, number, channel, worker, repetition, started_at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![sequence, number, message.channel.as_str(), worker, i64::from(message.doubtful), now],
        )?;
        Ok(Lease { token, message })
    }

    /// Leases that ended without an outcome: whether the message arrived is not known.
    fn take_back_messages(&self, now: Instant, channel: Channel) -> Result<(), LedgerError> {
        let ended = self.run(
            concat!("SELECT sequence, attempts ", expired!(), " ORDER BY sequence /*pg FOR NO KEY UPDATE */"),
            params![channel.as_str(), now, LEASE_MS + CLOCK_SLACK_MS],
        )?;
        for row in ended {
            let mut columns = row.columns();
            let (sequence, number) = (columns.integer()?, columns.integer()?);
            self.run(
                "UPDATE message_attempt SET outcome = 'lost', finished_at_ms = ?3
                 WHERE message_sequence = ?1 AND number = ?2 AND outcome = 'running'",
                params![sequence, number, now],
            )?;
            self.run(
                "UPDATE message SET state = 'due', lease_token = NULL, lease_expires_at_ms = NULL, doubtful = 1,
                     next_attempt_at_ms = ?2 WHERE sequence = ?1",
                params![sequence, now],
            )?;
        }
        Ok(())
    }

    /// How many deliveries of this channel may begin now.
    fn channel_room(&self, now: Instant, channel: Channel) -> Result<u32, LedgerError> {
        let row = self.run_one(
            "SELECT (SELECT count(*) FROM message WHERE channel = +?1 AND state = 'leased' AND lease_expires_at_ms > +?2),
                (SELECT count(*) FROM message_attempt
                  WHERE channel = +?1 AND started_at_ms > +?2 - ?3 AND started_at_ms <= +?2),
                coalesce(c.failures, 0), coalesce(c.held_until_ms, 0)
             FROM (SELECT 1) AS one LEFT JOIN message_channel c ON c.name = +?1",
            params![channel.as_str(), now, RATE_MS],
        )?;
        let Some(mut columns) = row.map(crate::db::Row::columns) else { return Ok(0) };
        let (live, lately): (u32, u32) = (columns.number()?, columns.number()?);
        let (failures, held_until): (u32, Instant) = (columns.number()?, columns.integer()?);
        if held_until > now && held_until <= now.saturating_add(MAX_WAIT_MS) {
            return Ok(0);
        }
        let at_once = if failures > 0 { 1 } else { channel.at_once() };
        Ok(at_once.saturating_sub(live).min(channel.a_minute().saturating_sub(lately)))
    }
}
