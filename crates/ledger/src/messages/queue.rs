//! Queuing, inside the transaction of what a message tells about.

use tollbooth_messages::{MAX_BODY_CHARS, MAX_SUBJECT_CHARS};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::ident::derived_id;

use crate::Ledger;
use crate::clock::CLOCK_SLACK_MS;
use crate::db::{Db, params};
use crate::error::LedgerError;

const HOUR_MS: i64 = 3_600_000;

/// A message about to be queued.
pub(crate) struct NewMessage<'a> {
    /// What it is about.
    pub kind: &'a str,
    /// What makes it this message and no other, besides channel and addressee.
    pub key: &'a [&'a str],
    /// `log`, `mail`, `chat`.
    pub channel: &'a str,
    /// Empty where the channel has one receiver.
    pub addressee: &'a str,
    /// One line.
    pub subject: &'a str,
    /// Plain text.
    pub body: &'a str,
    /// `alr_…`, `dig_…`, or empty.
    pub thread: &'a str,
}

impl<D: Db> Ledger<D> {
    /// Queues a message unless it was queued before; returns its id.
    pub(crate) fn queue_message(&self, now: Instant, new: &NewMessage<'_>) -> Result<String, LedgerError> {
        let parts: Vec<&str> = [new.kind].iter().chain(new.key).chain(&[new.channel, new.addressee]).copied().collect();
        let id = derived_id("msg", &parts);
        let subject: String = new.subject.chars().filter(|c| !c.is_control()).take(MAX_SUBJECT_CHARS).collect();
        let body: String = new.body.chars().filter(|c| !c.is_control() || *c == '\n').take(MAX_BODY_CHARS).collect();
        self.run(
            "INSERT INTO message (id, kind, channel, addressee, subject, body, thread, created_at_ms, tried_from_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8) ON CONFLICT (id) DO NOTHING",
            params![id.as_str(), new.kind, new.channel, new.addressee, subject, body, new.thread, now],
        )?;
        Ok(id)
    }

    /// How many messages an address was sent in the hour before `now`, counted up to `most`.
    pub(crate) fn messages_to(&self, addressee: &str, now: Instant, most: u32) -> Result<u32, LedgerError> {
        let row = self.run_one(
            // What lies ahead was written by a clock that has been set back since.
            "SELECT count(*) FROM (SELECT 1 FROM message WHERE addressee = +?1 AND created_at_ms > +?2
                AND created_at_ms <= +?3 LIMIT +?4) AS few",
            params![addressee, now.saturating_sub(HOUR_MS), now.saturating_add(CLOCK_SLACK_MS), most],
        )?;
        row.map_or(Ok(0), |row| row.columns().number())
    }
}
