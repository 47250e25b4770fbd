//! What people do about a message: have it sent again, or not at all. Each is an event with its actor.

use serde_json::json;
use tollbooth_pipeline::Instant;

use super::Message;
use crate::Ledger;
use crate::db::{Db, params};
use crate::error::{Failure, LedgerError};
use crate::event::{Actor, EventKind, NewEvent};
use crate::scope::Scope;

/// Most messages of one state that one look takes back.
const MOST_WITHDRAWN: u32 = 200;

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No such message.
    NotFound,
    /// Its state, which does not allow this.
    WrongState(String),
}

impl<D: Db> Ledger<D> {
    /// Has a message that was given up, or that waits, tried now, and its channel with it: somebody mended what was wrong.
    ///
    /// # Errors
    /// [`Refusal`]
    pub fn retry_message(&self, now: Instant, actor: &Actor, id: &str) -> Result<Message, Failure<Refusal>> {
        self.write(Scope::Messages, || {
            let before = self.in_state(id, &["dead", "due"])?;
            self.run(
                "UPDATE message SET state = 'due', closed_at_ms = NULL, next_attempt_at_ms = ?2, tried_from_ms = ?2
                 WHERE id = ?1",
                params![id, now],
            )?;
            self.run("UPDATE message_channel SET held_until_ms = 0 WHERE name = ?1", params![before.channel.as_str()])?;
            self.note_message(now, actor, EventKind::MessageRetried, &before)
        })
    }

    /// Takes a message back that waits or was given up.
    ///
    /// # Errors
    /// [`Refusal`]; a message under way is [`Refusal::WrongState`] until its delivery ends.
    pub fn withdraw_message(&self, now: Instant, actor: &Actor, id: &str) -> Result<Message, Failure<Refusal>> {
        self.write(Scope::Messages, || {
            let before = self.in_state(id, &["dead", "due"])?;
            self.run("UPDATE message SET state = 'withdrawn', closed_at_ms = ?2 WHERE id = ?1", params![id, now])?;
            self.note_message(now, actor, EventKind::MessageWithdrawn, &before)
        })
    }

    /// Takes back what lies in the outbox for a channel that was switched off: nobody would ever take it. What is under way
    /// is left alone. Inside the transaction of a look at the rules; so many at a time, for each is an event.
    pub(crate) fn withdraw_messages_of(&self, now: Instant, channel: &str) -> Result<(), LedgerError> {
        let actor = Actor::system("messenger");
        // One statement a state: each has an index of its own.
        for sql in [
            "SELECT id, state FROM message WHERE channel = +?1 AND state = 'due' ORDER BY sequence LIMIT +?2",
            "SELECT id, state FROM message WHERE channel = +?1 AND state = 'dead' ORDER BY sequence LIMIT +?2",
        ] {
            for row in self.run(sql, params![channel, MOST_WITHDRAWN])? {
                let mut columns = row.columns();
                let (id, from) = (columns.text()?, columns.text()?);
                let taken = self.run_one(
                    "UPDATE message SET state = 'withdrawn', closed_at_ms = ?2 WHERE id = ?1 AND state = +?3 RETURNING id",
                    params![id.as_str(), now, from.as_str()],
                )?;
                if taken.is_some() {
                    let detail = json!({ "message": id, "from": from, "because": "channel-switched-off" });
                    let kind = EventKind::MessageWithdrawn;
                    self.append_general(&NewEvent { at: now, kind, actor: &actor, detail }, None)?;
                }
            }
        }
        Ok(())
    }

    fn in_state(&self, id: &str, allowed: &[&str]) -> Result<Message, Failure<Refusal>> {
        let held = self.run_one("SELECT 1 FROM message WHERE id = ?1 /*pg FOR NO KEY UPDATE */", params![id])?;
        let found = if held.is_some() { self.message(id)? } else { None };
        let message = found.ok_or(Failure::Refused(Refusal::NotFound))?;
        if allowed.contains(&message.state.as_str()) {
            return Ok(message);
        }
        Err(Failure::Refused(Refusal::WrongState(message.state)))
    }

    fn note_message(
        &self,
        now: Instant,
        actor: &Actor,
        kind: EventKind,
        before: &Message,
    ) -> Result<Message, Failure<Refusal>> {
        let detail = json!({ "message": before.id, "from": before.state });
        self.append_general(&NewEvent { at: now, kind, actor, detail }, None)?;
        let after = self.message(&before.id)?;
        Ok(after.ok_or_else(|| LedgerError::Damaged(format!("message {} vanished", before.id)))?)
    }
}
