//! What people do about alerts: take care of one, ask not to hear of a rule for a while, try whether messages arrive.

use std::collections::BTreeSet;

use serde_json::json;
use tollbooth_alerts::{recipients, test};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::capture::rfc3339;

use super::Alert;
use super::rules::Ruled;
use crate::Ledger;
use crate::db::{Db, params};
use crate::error::{Failure, LedgerError};
use crate::event::{Actor, EventKind, NewEvent};
use crate::scope::Scope;
use crate::setting::in_force;

/// Longest time for which a rule can be silenced, in milliseconds: a week.
pub const MAX_SNOOZE_MS: i64 = 7 * 86_400_000;

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No such alert or rule.
    NotFound,
    /// The alert is over.
    Over,
    /// What is wrong with the values, one sentence each.
    Invalid(Vec<String>),
}

impl<D: Db> Ledger<D> {
    /// Notes that somebody takes care of an alert: no more reminders, and its end is told all the same. Idempotent; the
    /// first to say so stays.
    ///
    /// # Errors
    /// [`Refusal`]
    pub fn acknowledge_alert(
        &self,
        now: Instant,
        actor: &Actor,
        id: &str,
        remark: Option<&str>,
    ) -> Result<Alert, Failure<Refusal>> {
        self.write(Scope::Messages, || {
            let before = self.alert_by_id(id)?.ok_or(Failure::Refused(Refusal::NotFound))?;
            if before.state != "firing" {
                return Err(Failure::Refused(Refusal::Over));
            }
            if before.acknowledged_at.is_some() {
                return Ok(before);
            }
            self.run(
                "UPDATE alert SET acknowledged_at_ms = ?2, acknowledged_by = ?3, remark = ?4 WHERE id = ?1",
                params![id, now, actor.id.as_str(), remark],
            )?;
            self.note_alert(now, actor, EventKind::AlertAcknowledged, id, &before.rule)?;
            let after = self.alert_by_id(id)?;
            Ok(after.ok_or_else(|| LedgerError::Damaged(format!("alert {id} vanished")))?)
        })
    }

    /// Silences a rule until then, or, with none, lets it be heard again. It goes on to fire; nobody is told.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for a time that is over or more than [`MAX_SNOOZE_MS`] ahead; [`Refusal::NotFound`].
    pub fn snooze_alerts(
        &self,
        now: Instant,
        actor: &Actor,
        rule: &str,
        until: Option<Instant>,
        reason: &str,
    ) -> Result<(), Failure<Refusal>> {
        if until.is_some_and(|until| until <= now || until > now.saturating_add(MAX_SNOOZE_MS)) {
            let text = "until: must lie ahead, and seven days at most".to_owned();
            return Err(Failure::Refused(Refusal::Invalid(vec![text])));
        }
        self.write(Scope::Messages, || {
            // One that cannot be read, too: what it found before goes on.
            self.ruled(rule)?.ok_or(Failure::Refused(Refusal::NotFound))?;
            match until {
                Some(until) => self.run(
                    "INSERT INTO alert_snooze (rule, until_ms, reason, snoozed_by, snoozed_at_ms)
                     VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (rule) DO UPDATE SET until_ms = excluded.until_ms, reason = excluded.reason,
                         snoozed_by = excluded.snoozed_by, snoozed_at_ms = excluded.snoozed_at_ms",
                    params![rule, until, reason, actor.id.as_str(), now],
                )?,
                None => self.run("DELETE FROM alert_snooze WHERE rule = +?1", params![rule])?,
            };
            let detail = json!({ "rule": rule, "until": until.map(rfc3339), "reason": reason });
            self.append_general(&NewEvent { at: now, kind: EventKind::AlertSnoozed, actor, detail }, None)?;
            Ok(())
        })
    }

    /// Queues a message to everybody who would be told of this rule, so that they see that it arrives; the messages' ids.
    /// Within a minute the same messages are meant.
    ///
    /// # Errors
    /// [`Refusal::NotFound`]; [`Refusal::Invalid`] for a rule that this program cannot read.
    pub fn test_alert(&self, now: Instant, actor: &Actor, rule: &str) -> Result<Vec<String>, Failure<Refusal>> {
        self.write(Scope::Messages, || {
            let settings = in_force(&self.changed_settings()?)?;
            let ruled = self.ruled(rule)?.ok_or(Failure::Refused(Refusal::NotFound))?;
            let (text, whom) = match &ruled {
                Ruled::BuiltIn(rule) => {
                    (test(&rule.words(), &actor.id, now), recipients(*rule, &settings, false, &BTreeSet::new()))
                }
                Ruled::Defined(found) => {
                    (test(&found.definition.words(&found.id), &actor.id, now), found.definition.recipients(&settings))
                }
                Ruled::Unreadable => {
                    let text =
                        "rule: this version cannot read it, so whom it tells is not known; save it anew or delete it";
                    return Err(Failure::Refused(Refusal::Invalid(vec![text.to_owned()])));
                }
            };
            let minute = (now / 60_000).to_string();
            let mut ids = Vec::with_capacity(whom.len());
            for one in &whom {
                let key = [rule, minute.as_str()];
                ids.push(self.queue(now, "test", &key, (one.channel, &one.addressee), &text, "")?);
            }
            Ok(ids)
        })
    }

    /// Tells people, once for each `found`, that nothing is exported: export `found` lies in the store of export files,
    /// and this ledger never bound it. The alert follows with the next look at the rules.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn note_older_ledger(&self, _now: Instant, found: u64) -> Result<(), LedgerError> {
        let known = self.run_one("SELECT 1 FROM alert_watch WHERE older_than >= ?1", params![found])?;
        // Without a write first: the exporter comes every minute.
        if known.is_none() {
            self.run("UPDATE alert_watch SET older_than = ?1 WHERE one = 1 AND older_than < ?1", params![found])?;
        }
        Ok(())
    }
}
