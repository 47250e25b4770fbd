//! Telling people: who hears of an alert now, and who had their share of this hour and hears of it as soon as there is room.
//!
//! What one look has to tell one address by e-mail is one message: whoever hears of many rules
//! gets a digest, and not ten mails when the power fails. The log and the chat have a message for each alert.

use std::collections::BTreeMap;

use serde_json::json;
use tollbooth_alerts::{Decision, Part, Recipient, Severity, Tell, Text, digest};
use tollbooth_messages::Channel;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::ident::derived_id;

use super::Alert;
use super::apply::Watched;
use super::tellings::{Telling, Tellings, Whom};
use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::messages::{DIGEST_THREAD, NewMessage};

/// E-mails of alerts to one address in an hour; what comes beyond it waits, but pages and ends.
const MOST_AN_HOUR: u32 = 10;

/// What a digest is about, as far as the kind of a message goes.
const DIGEST: &str = "digest";

impl<D: Db> Ledger<D> {
    /// Notes whom to tell, and that they were told. An address that is full holds nobody else back.
    pub(super) fn tell(
        &self,
        now: Instant,
        tell: Tell,
        watched: &Watched<'_>,
        alert: &Alert,
        decision: Decision,
        tellings: &mut Tellings,
    ) -> Result<(), LedgerError> {
        let before = whom(alert, &alert.told)?;
        let wanted = match tell {
            Tell::Resolved => before.clone(),
            Tell::Fired | Tell::Reminder | Tell::Grew => pairs(&watched.whom),
        };
        let (free, full) =
            if tell == Tell::Resolved { (wanted, Whom::new()) } else { self.with_room(now, alert, wanted)? };
        if free.is_empty() {
            return Ok(());
        }
        let number = alert.tellings.to_string();
        tellings.note(now, tell, &watched.words, alert, &number, &free)?;
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
        Ok(())
    }

    /// The same for those of whom the last telling had to wait and who have room now. Who is no longer to be told is not.
    pub(super) fn tell_held(
        &self,
        now: Instant,
        watched: &Watched<'_>,
        alert: &Alert,
        tellings: &mut Tellings,
    ) -> Result<(), LedgerError> {
        let held: Whom = whom(alert, &alert.held)?.intersection(&pairs(&watched.whom)).cloned().collect();
        if held.is_empty() {
            return Ok(());
        }
        let before = whom(alert, &alert.told)?;
        let (free, full) = self.with_room(now, alert, held)?;
        if free.is_empty() {
            return Ok(());
        }
        let number = format!("{}-held-{now}", alert.tellings);
        let (again, first): (Whom, Whom) = free.iter().cloned().partition(|one| before.contains(one));
        tellings.note(now, Tell::Fired, &watched.words, alert, &number, &first)?;
        tellings.note(now, Tell::Reminder, &watched.words, alert, &number, &again)?;
        let all: Whom = before.union(&free).cloned().collect();
        self.run(
            "UPDATE alert SET told = ?2, held = ?3 WHERE id = ?1",
            params![alert.id.as_str(), json!(all).to_string(), json!(full).to_string()],
        )?;
        Ok(())
    }

    /// Queues what one look has to tell; how many messages that is.
    pub(super) fn queue_tellings(&self, now: Instant, tellings: Tellings) -> Result<u32, LedgerError> {
        let mut queued = 0_u32;
        let mut mails = BTreeMap::<String, Vec<Telling>>::new();
        for one in tellings.0 {
            if one.channel == Channel::Mail.as_str() {
                mails.entry(one.addressee.clone()).or_default().push(one);
            } else {
                self.queue_telling(now, &one)?;
                queued += 1;
            }
        }
        for (address, all) in &mails {
            match all.as_slice() {
                [one] => self.queue_telling(now, one)?,
                several => self.queue_digest(now, address, several)?,
            }
            queued += 1;
        }
        Ok(queued)
    }

    fn queue_telling(&self, now: Instant, one: &Telling) -> Result<(), LedgerError> {
        let key = [one.alert.as_str(), one.tell.as_str(), one.number.as_str()];
        self.queue(now, &one.rule, &key, (&one.channel, &one.addressee), &one.text, &one.alert)?;
        Ok(())
    }

    fn queue_digest(&self, now: Instant, address: &str, several: &[Telling]) -> Result<(), LedgerError> {
        let parts: Vec<Part<'_>> = several
            .iter()
            .map(|one| Part { tell: one.tell, severity: one.severity, title: &one.title, body: &one.text.body })
            .collect();
        let at = now.to_string();
        let thread = derived_id(DIGEST_THREAD, &[address, at.as_str()]);
        let whom = (Channel::Mail.as_str(), address);
        let message = self.queue(now, DIGEST, &[at.as_str()], whom, &digest(&parts), &thread)?;
        for one in several {
            self.run(
                "INSERT INTO message_alert (alert_id, message_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                params![one.alert.as_str(), message.as_str()],
            )?;
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
