//! What one look at the rules has to tell, before it is queued.

use std::collections::BTreeSet;

use tollbooth_alerts::{Severity, Tell, Text, Told, Words, telling};
use tollbooth_pipeline::Instant;

use super::Alert;
use crate::error::LedgerError;

/// Channels and addresses.
pub(super) type Whom = BTreeSet<(String, String)>;

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Tellings(pub Vec<Telling>);

/// An alert that somebody is told of.
#[derive(Debug)]
pub(super) struct Telling {
    pub tell: Tell,
    pub severity: Severity,
    pub alert: String,
    pub rule: String,
    pub title: String,
    /// Which telling of this alert it is.
    pub number: String,
    pub channel: String,
    pub addressee: String,
    pub text: Text,
}

impl Tellings {
    pub fn note(
        &mut self,
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
        self.0.extend(whom.iter().map(|(channel, addressee)| Telling {
            tell,
            severity,
            alert: alert.id.clone(),
            rule: alert.rule.clone(),
            title: alert.title.clone(),
            number: number.to_owned(),
            channel: channel.clone(),
            addressee: addressee.clone(),
            text: text.clone(),
        }));
        Ok(())
    }
}
