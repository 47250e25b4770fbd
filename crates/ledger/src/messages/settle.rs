//! What became of a delivery, and what that says of its channel.

use serde_json::json;
use tollbooth_messages::{Failure, Outcome, retry};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::ident::sha256_hex;

use super::said;
use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::event::{Actor, EventKind, NewEvent};
use crate::scope::Scope;

/// A message under a lease, as far as settling needs it.
struct Held {
    sequence: i64,
    id: String,
    channel: String,
    attempts: u32,
    tried_from: Instant,
}

impl<D: Db> Ledger<D> {
    /// Records the outcome of a delivery. False: the lease was taken back meanwhile, and nothing is recorded; then the
    /// message is delivered again, as a repetition.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn settle_message(&self, now: Instant, token: &str, outcome: &Outcome) -> Result<bool, LedgerError> {
        self.write(Scope::Messages, || {
            let row = self.run_one(
                "SELECT sequence, id, channel, attempts, tried_from_ms FROM message WHERE lease_token = ?1
                 /*pg FOR NO KEY UPDATE */",
                params![token],
            )?;
            let Some(row) = row else { return Ok(false) };
            let mut columns = row.columns();
            let held = Held {
                sequence: columns.integer()?,
                id: columns.text()?,
                channel: columns.text()?,
                attempts: columns.number()?,
                tried_from: columns.integer()?,
            };
            let (class, detail) = said(outcome);
            self.run(
                "UPDATE message_attempt SET outcome = ?3, detail = ?4, finished_at_ms = ?5
                 WHERE message_sequence = ?1 AND number = ?2 AND outcome = 'running'",
                params![held.sequence, held.attempts, class, detail, now],
            )?;
            match outcome {
                Outcome::HandedOver { reference } => self.handed_over(now, &held, reference.as_deref())?,
                Outcome::Failed(failure) => self.failed(now, &held, failure)?,
            }
            Ok(true)
        })
    }

    fn handed_over(&self, now: Instant, held: &Held, reference: Option<&str>) -> Result<(), LedgerError> {
        self.run(
            "UPDATE message SET state = 'handed-over', lease_token = NULL, lease_expires_at_ms = NULL, reference = ?2,
                 closed_at_ms = ?3 WHERE sequence = ?1",
            params![held.sequence, reference, now],
        )?;
        self.channel_is_well(&held.channel, Some(now))
    }

    fn failed(&self, now: Instant, held: &Held, failure: &Failure) -> Result<(), LedgerError> {
        let of_channel = failure.class.is_of_the_channel();
        let failures = if of_channel { self.failures_of(&held.channel)?.saturating_add(1) } else { 0 };
        let next = retry::after(failure, held.attempts, failures, held.tried_from, now, seed(held));
        if of_channel {
            self.channel_failed(now, &held.channel, failure, failures, next.channel_until)?;
        } else {
            self.channel_is_well(&held.channel, None)?;
        }
        self.run(
            "UPDATE message SET state = ?2, lease_token = NULL, lease_expires_at_ms = NULL, last_class = ?3,
                 last_failure = ?4, next_attempt_at_ms = ?5, closed_at_ms = CAST(?6 AS BIGINT),
                 doubtful = CASE WHEN CAST(?7 AS BIGINT) <> 0 THEN 1 ELSE doubtful END
             WHERE sequence = ?1",
            params![
                held.sequence,
                if next.message_at.is_some() { "due" } else { "dead" },
                failure.class.as_str(),
                failure.detail.as_str(),
                next.message_at.unwrap_or(0),
                next.message_at.is_none().then_some(now),
                i64::from(failure.class.may_have_arrived()),
            ],
        )?;
        if next.message_at.is_none() {
            let detail = json!({ "message": held.id, "class": failure.class.as_str(), "attempts": held.attempts });
            let actor = Actor::system("messenger");
            self.append_general(&NewEvent { at: now, kind: EventKind::MessageDead, actor: &actor, detail }, None)?;
        }
        Ok(())
    }

    fn failures_of(&self, channel: &str) -> Result<u32, LedgerError> {
        let row = self.run_one("SELECT failures FROM message_channel WHERE name = ?1", params![channel])?;
        row.map_or(Ok(0), |row| row.columns().number())
    }

    fn channel_failed(
        &self,
        now: Instant,
        channel: &str,
        failure: &Failure,
        failures: u32,
        until: Option<Instant>,
    ) -> Result<(), LedgerError> {
        self.run(
            "INSERT INTO message_channel (name, failures, failing_since_ms, reason, detail, held_until_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (name) DO UPDATE SET failures = excluded.failures, reason = excluded.reason,
                 detail = excluded.detail, held_until_ms = excluded.held_until_ms,
                 failing_since_ms = coalesce(message_channel.failing_since_ms, excluded.failing_since_ms)",
            params![channel, failures, now, failure.class.as_str(), failure.detail.as_str(), until.unwrap_or(0)],
        )
        .map(drop)
    }

    fn channel_is_well(&self, channel: &str, handed_over_at: Option<Instant>) -> Result<(), LedgerError> {
        self.run(
            "INSERT INTO message_channel (name, last_handed_over_at_ms) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET failures = 0, failing_since_ms = NULL, reason = '', detail = '',
                 held_until_ms = 0,
                 last_handed_over_at_ms = coalesce(excluded.last_handed_over_at_ms, message_channel.last_handed_over_at_ms)",
            params![channel, handed_over_at],
        )
        .map(drop)
    }
}

/// Spreads waits: the same for the same try, different for others.
fn seed(held: &Held) -> u64 {
    let digest = sha256_hex(format!("{}/{}", held.id, held.attempts).as_bytes());
    digest.get(..8).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0)
}
