//! How everything stands at the end of a fold: what a live view shows without asking the ledger anything.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Instant;

/// How everything stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Grows with each fold that saw something new; what answers are tagged with.
    pub version: u64,
    /// When the fold ran.
    pub at: Instant,
    /// Whether events are left that the next fold takes.
    pub behind: bool,
    /// Booths by id.
    pub booths: BTreeMap<String, BoothStanding>,
    /// Recognisers by name.
    pub recognizers: BTreeMap<String, RecognizerStanding>,
    /// When the last export run started.
    pub last_export_run: Option<Instant>,
    /// When the next one is due.
    pub next_export_due: Option<Instant>,
    /// When an export was published last.
    pub last_published: Option<Instant>,
    /// Messages to people that are due or were given up.
    pub undelivered_messages: u64,
    /// Copies of exports by name.
    #[serde(default)]
    pub copies: BTreeMap<String, CopyStanding>,
    /// Destinations of published files by name.
    #[serde(default)]
    pub destinations: BTreeMap<String, DestinationStanding>,
    /// When the rules of alerts were looked at last; none before the first time, and in standings of before.
    pub alerts_looked_at: Option<Instant>,
    /// Alerts that fire, by severity.
    #[serde(default)]
    pub alerts_firing: BTreeMap<String, u64>,
    /// When a photo was last refused for want of room; none: never, and in standings of before.
    pub storage_full_at: Option<Instant>,
    /// Telemetry is switched off: everything but what is said of alerts, messages and room is of the time before.
    #[serde(default)]
    pub is_off: bool,
}

/// How a copy of exports stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyStanding {
    /// The last export that was copied; 0 for none.
    pub published_through: i64,
    /// Published exports that are not copied.
    pub waiting: i64,
    /// When the first of them is, or was, due.
    pub due_at: Option<Instant>,
}

/// How a destination of published files stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationStanding {
    /// Whose files it gets: `billing`, or the name of a copy.
    pub profile: String,
    /// `well`, `retrying`, `refused`, `ledger-older` or `silent`
    pub state: String,
    /// The last export that was delivered; 0 for none.
    pub delivered_through: i64,
    /// Published exports that it does not have, as far as is known.
    pub pending: i64,
    /// Since when it fails; none while it does not.
    pub failing_since: Option<Instant>,
    /// When it was last reported.
    pub reported_at: Instant,
}

/// How a booth stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoothStanding {
    /// As people call it.
    pub name: String,
    /// Of the IANA database.
    pub time_zone: String,
    /// Passages by where they are now, and `received`, `billed` and `to-bill`: the same counts as in the balance.
    pub counts: BTreeMap<String, i64>,
    /// When the oldest passage in a stage was received.
    pub oldest: BTreeMap<String, Instant>,
    /// When a photo was acknowledged last.
    pub last_received: Option<Instant>,
}

/// How a recogniser stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecognizerStanding {
    /// Why it is left alone; none while it is called.
    pub open_reason: Option<String>,
    /// Since when.
    pub opened_at: Option<Instant>,
    /// Until when.
    pub retry_at: Option<Instant>,
    /// Calls of the UTC day, reserved included.
    pub calls_today: i64,
    /// Money of the UTC day, reserved included, in millionths of the accounting currency.
    pub money_today_micros: i64,
    /// What the settings allow; none for the recogniser in process.
    pub calls_per_day: Option<i64>,
    /// The same for money.
    pub money_per_day_micros: Option<i64>,
}

impl Standing {
    /// Over all booths.
    #[must_use]
    pub fn total(&self, state: &str) -> i64 {
        self.booths.values().filter_map(|booth| booth.counts.get(state)).sum()
    }

    /// The oldest over all booths.
    #[must_use]
    pub fn oldest(&self, stage: &str) -> Option<Instant> {
        self.booths.values().filter_map(|booth| booth.oldest.get(stage)).min().copied()
    }
}
