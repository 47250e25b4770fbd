//! Telling people: who hears of an alert now, and who had their share of this hour and hears of it as soon as there is room.

use std::collections::BTreeSet;

use serde_json::json;
use tollbooth_alerts::{Decision, Recipient, Severity, Tell, Text, Told, Words, telling};
use tollbooth_messages::Channel;
use tollbooth_pipeline::Instant;

use super::Alert;
use super::apply::Watched;
use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::messages::NewMessage;

/// E-mails of alerts to one address in an hour; what comes beyond it waits, but pages and ends.
const MOST_AN_HOUR: u32 = 10;

/// Channels and addresses.
type Whom = BTreeSet<(String, String)>;

impl<D: Db> Ledger<D> {
    /// Queues the messages; how many. An address that is full holds nobody else back.
    pub(super) fn tell(
        &self,
        now: Instant,
        tell: Tell,
        watched: &Watched<'_>,
        alert: &Alert,
        decision: Decision,
    ) -> Result<u32, LedgerError> {
        let before = whom(alert, &alert.told)?;
        let wanted = match tell {
            Tell::Resolved => before.clone(),
            Tell::Fired | Tell::Reminder | Tell::Grew => pairs(&watched.whom),
        };
        let (free, full) =
            if tell == Tell::Resolved { (wanted, Whom::new()) } else { self.with_room(now, alert, wanted)? };
        if free.is_empty() {
            return Ok(0);
        }
        let number = alert.tellings.to_string();
        self.queue_telling(now, tell, &watched.words, alert, &number, &free)?;
        if tell != Tell::Resolved {
            let all: Whom = before.union(&free).cloned().collect();
            self.run(
                "UPDATE alert SET told = ?2, told_at_ms = ?3, told_subjects = ?4, tellings = tellings + 1, held = ?5
                 WHERE id = ?1",
                params![
                    alert.id.as_str(),
                    json!(all).to_string(),
                    now,
                    u32::try_from(decision.subjects).unwrap_or(u32::MAX),
                    json!(full).to_string()
                ],
            )?;
        }
        Ok(u32::try_from(free.len()).unwrap_or(u32::MAX))
    }

    /// Tells those of whom the last telling had to wait and who have room now; how many. Who is no longer to be told is
    /// not.
    pub(super) fn tell_held(&self, now: Instant, watched: &Watched<'_>, alert: &Alert) -> Result<u32, LedgerError> {
        let held: Whom = whom(alert, &alert.held)?.intersection(&pairs(&watched.whom)).cloned().collect();
        if held.is_empty() {
            return Ok(0);
        }
        let before = whom(alert, &alert.told)?;
        let (free, full) = self.with_room(now, alert, held)?;
        if free.is_empty() {
            return Ok(0);
        }
        let number = format!("{}-held-{now}", alert.tellings);
        let (again, first): (Whom, Whom) = free.iter().cloned().partition(|one| before.contains(one));
        self.queue_telling(now, Tell::Fired, &watched.words, alert, &number, &first)?;
        self.queue_telling(now, Tell::Reminder, &watched.words, alert, &number, &again)?;
        let all: Whom = before.union(&free).cloned().collect();
        self.run(
            "UPDATE alert SET told = ?2, held = ?3 WHERE id = ?1",
            params![alert.id.as_str(), json!(all).to_string(), json!(full).to_string()],
        )?;
        Ok(u32::try_from(free.len()).unwrap_or(u32::MAX))
    }

    fn queue_telling(
        &self,
        now: Instant,
        tell: Tell,
        words: &Words<'_>,
        alert: &Alert,
        number: &str,
        whom: &Whom,
    ) -> Result<(), LedgerError> {
        let severity: Severity = alert.severity.parse().map_err(LedgerError::Damaged)?;
        let lines: Vec<String> = serde_json::from_str(&alert.lines)
            .map_err(|e| LedgerError::Damaged(format!("the lines of alert {}: {e}", alert.id)))?;
        // As it was called when it began, so that mail clients keep its messages together.
        let words = Words { title: &alert.title, ..*words };
        let about =
            Told { words, severity, id: &alert.id, summary: &alert.summary, lines: &lines, fired_at: alert.fired_at };
        let text = telling(tell, &about, now);
        for (channel, addressee) in whom {
            let key = [alert.id.as_str(), tell.as_str(), number];
            self.queue(now, &alert.rule, &key, (channel, addressee), &text, &alert.id)?;
        }
        Ok(())
    }

    /// Who can be told now, and who got their share of e-mails of this hour. A page reaches everybody.
    fn with_room(&self, now: Instant, alert: &Alert, wanted: Whom) -> Result<(Whom, Whom), LedgerError> {
        let (mut free, mut full) = (Whom::new(), Whom::new());
        for (channel, addressee) in wanted {
            let counts = channel == Channel::Mail.as_str() && alert.severity != Severity::Page.as_str();
            let is_full = counts && self.messages_to(&addressee, now, MOST_AN_HOUR)? >= MOST_AN_HOUR;
            let side = if is_full { &mut full } else { &mut free };
            side.insert((channel, addressee));
        }
        Ok((free, full))
    }

    pub(super) fn queue(
        &self,
        now: Instant,
        kind: &str,
        key: &[&str],
        (channel, addressee): (&str, &str),
        text: &Text,
        thread: &str,
    ) -> Result<String, LedgerError> {
        let (subject, body) = (text.subject.as_str(), text.body.as_str());
        self.queue_message(now, &NewMessage { kind, key, channel, addressee, subject, body, thread })
    }
}

fn pairs(whom: &[Recipient]) -> Whom {
    whom.iter().map(|one| (one.channel.to_owned(), one.addressee.clone())).collect()
}

fn whom(alert: &Alert, text: &str) -> Result<Whom, LedgerError> {
    serde_json::from_str(text).map_err(|e| LedgerError::Damaged(format!("whom alert {} told: {e}", alert.id)))
}
