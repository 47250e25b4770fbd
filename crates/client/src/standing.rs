//! How an installation stands: health, balance, reviews and exports in one look.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::{ExportProfile, ReportedDestination};
use crate::{Api, ClientError};

/// Violations printed; more are counted.
const MAX_PRINTED: usize = 20;
/// A copy that is due for longer than this is late, as it is to the alert `export-late`.
const LATE_MS: i64 = 600_000;
/// Hours whose balance is asked for at once where that of all is wanted. A day of a state's cameras is seconds of the database's
/// work; all there ever were may take longer than it lets a statement run.
const PIECE_HOURS: i64 = 24;
/// Violations of the balance that are kept, as many as the server tells at once.
const MAX_VIOLATIONS: usize = 1_000;
const HOUR_MS: i64 = 3_600_000;

/// Passages by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Acknowledged as new.
    pub received: u64,
    /// Waiting to be read.
    pub waiting: u64,
    /// Being read.
    pub reading: u64,
    /// Waiting for a person.
    pub in_review: u64,
    /// To be billed.
    pub accepted: u64,
    /// Not to be billed.
    pub rejected: u64,
    /// The same frame again.
    pub duplicate: u64,
    /// Accepted, on a published bill line.
    pub billed: u64,
    /// Accepted, not on a published bill line yet.
    pub awaiting_export: u64,
    /// Accepted; billing has something else until a correction is published.
    #[serde(default)]
    pub awaiting_correction: u64,
    /// Rejected; billing has a line until its withdrawal is published.
    #[serde(default)]
    pub awaiting_withdrawal: u64,
    /// Rejected; billing was told to bill nothing.
    #[serde(default)]
    pub withdrawn: u64,
    /// Billed or withdrawn, opened again and not decided yet.
    #[serde(default)]
    pub in_question: u64,
    /// Lines that billing refused.
    #[serde(default)]
    pub refused_by_billing: u64,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.received, other.received),
            (&mut self.waiting, other.waiting),
            (&mut self.reading, other.reading),
            (&mut self.in_review, other.in_review),
            (&mut self.accepted, other.accepted),
            (&mut self.rejected, other.rejected),
            (&mut self.duplicate, other.duplicate),
            (&mut self.billed, other.billed),
            (&mut self.awaiting_export, other.awaiting_export),
            (&mut self.awaiting_correction, other.awaiting_correction),
            (&mut self.awaiting_withdrawal, other.awaiting_withdrawal),
            (&mut self.withdrawn, other.withdrawn),
            (&mut self.in_question, other.in_question),
            (&mut self.refused_by_billing, other.refused_by_billing),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
}

#[derive(Deserialize)]
struct Balance {
    closes: bool,
    violations: Vec<String>,
    totals: Totals,
}

impl Balance {
    fn ask(api: &Api, from: Option<&str>, to: Option<&str>) -> Result<Self, ClientError> {
        understood("GET /v1/balance", api.balance(from, to)?)
    }

    /// Of all hours, in pieces, of which this one begins the second: each passage is in one, by its hour of receipt. What is in
    /// the first piece belongs to no passage.
    fn in_pieces(api: &Api, first: &str) -> Result<Self, ClientError> {
        let mut whole = Self::ask(api, None, Some(first))?;
        let (mut from, last) = (first.to_owned(), hours_ago(0));
        loop {
            let end = later(&from, PIECE_HOURS).filter(|end| last.as_ref().is_some_and(|last| end < last));
            let piece = Self::ask(api, Some(&from), end.as_deref())?;
            whole.closes &= piece.closes;
            whole.violations.extend(piece.violations);
            whole.violations.truncate(MAX_VIOLATIONS);
            whole.totals.from_state.add(&piece.totals.from_state);
            match end {
                Some(end) => from = end,
                None => return Ok(whole),
            }
        }
    }
}

#[derive(Deserialize)]
struct Totals {
    from_state: Counts,
}

#[derive(Deserialize)]
struct Status {
    open_reviews: u64,
    oldest_open_review: Option<String>,
    live_leases: u64,
    overdue_leases: u64,
    oldest_waiting: Option<String>,
    last_export_run: Option<String>,
    next_export_due: Option<String>,
    undelivered_messages: u64,
    /// None where there is no passage, and from a server of before.
    #[serde(default)]
    first_hour: Option<String>,
    #[serde(default)]
    doubtful_clocks: Vec<DoubtfulClock>,
}

/// A camera that seems to write local time and call it UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoubtfulClock {
    /// Its booth.
    pub booth: String,
    /// Its name there.
    pub camera: String,
    /// What is wrong and what to do.
    pub detail: String,
}

/// How an installation stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The installation.
    pub url: String,
    /// What `GET /v1/health` said, `ok`.
    pub health: String,
    /// The first hour of receipt that was counted, `2026-11-20T10` (UTC); none where all were.
    pub counted_from: Option<String>,
    /// Whether every hour that was counted closes at every booth, counted twice.
    pub closes: bool,
    /// What does not.
    pub violations: Vec<String>,
    /// The passages of these hours by state.
    pub passages: Counts,
    /// Passages that wait for a person.
    pub open_reviews: u64,
    /// When the oldest of them came to people, RFC 3339.
    pub oldest_open_review: Option<String>,
    /// Readings in flight.
    pub live_leases: u64,
    /// Leases that ended long ago and that nobody took back: no worker ticks.
    pub overdue_leases: u64,
    /// When the oldest waiting passage was received, RFC 3339.
    pub oldest_waiting: Option<String>,
    /// When an export ran last, RFC 3339.
    pub last_export_run: Option<String>,
    /// When the next one is due, RFC 3339.
    pub next_export_due: Option<String>,
    /// Messages to people that are due or were given up.
    pub undelivered_messages: u64,
    /// Cameras whose capture times cannot be right.
    pub doubtful_clocks: Vec<DoubtfulClock>,
    /// Whether the token may read exports. If not, nothing is known of copies and destinations.
    pub exports_known: bool,
    /// Copies of exports that wait or are late, in a sentence each. Empty, too, for a token that may not read exports.
    pub copies_in_trouble: Vec<String>,
    /// The same of destinations of published files.
    pub destinations_in_trouble: Vec<String>,
}

impl Standing {
    /// Asks an installation, with a token that may read the balance, and counts the passages that were received in this hour
    /// (`2026-11-20T10`, UTC) and since; without one all that ever were, which takes longer the longer it has been running.
    ///
    /// # Errors
    /// As every route.
    pub fn ask(api: &Api, from: Option<String>) -> Result<Self, ClientError> {
        let health = api.health()?;
        let status: Status = understood("GET /v1/status", api.status()?)?;
        let balance = match (&from, &status.first_hour) {
            (None, Some(first)) => Balance::in_pieces(api, first)?,
            _ => Balance::ask(api, from.as_deref(), None)?,
        };
        let (copies, destinations) = (told(api.export_profiles())?, told(api.destinations())?);
        Ok(Self {
            url: api.base().to_owned(),
            health: health.get("status").and_then(Value::as_str).unwrap_or_default().to_owned(),
            counted_from: from,
            closes: balance.closes,
            violations: balance.violations,
            passages: balance.totals.from_state,
            open_reviews: status.open_reviews,
            oldest_open_review: status.oldest_open_review,
            live_leases: status.live_leases,
            overdue_leases: status.overdue_leases,
            oldest_waiting: status.oldest_waiting,
            last_export_run: status.last_export_run,
            next_export_due: status.next_export_due,
            undelivered_messages: status.undelivered_messages,
            doubtful_clocks: status.doubtful_clocks,
            exports_known: copies.is_some() && destinations.is_some(),
            copies_in_trouble: copies.iter().flatten().filter_map(copy_in_trouble).collect(),
            destinations_in_trouble: destinations.iter().flatten().filter_map(destination_in_trouble).collect(),
        })
    }

    /// 0 when the installation is healthy and every balance closes, else 1.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        u8::from(!(self.closes && self.health == "ok"))
    }
}

/// The hour of this moment so many hours ago, as [`Standing::ask`] wants it.
#[must_use]
pub fn hours_ago(hours: i64) -> Option<String> {
    hour_of(Timestamp::now().as_millisecond().checked_sub(hours.checked_mul(HOUR_MS)?)?)
}

/// The hour so many hours after this one; none for what is no hour.
fn later(hour: &str, hours: i64) -> Option<String> {
    let begins: Timestamp = format!("{hour}:00:00Z").parse().ok()?;
    hour_of(begins.as_millisecond().checked_add(hours.checked_mul(HOUR_MS)?)?)
}

fn hour_of(at_ms: i64) -> Option<String> {
    Some(Timestamp::from_millisecond(at_ms).ok()?.strftime("%Y-%m-%dT%H").to_string())
}

/// Not every token that may read the status may read exports: what is refused is not known.
fn told<T>(answer: Result<Vec<T>, ClientError>) -> Result<Option<Vec<T>>, ClientError> {
    match answer {
        Err(ClientError::Refused { .. }) => Ok(None),
        other => other.map(Some),
    }
}

fn copy_in_trouble(profile: &ExportProfile) -> Option<String> {
    let due = profile.due_at.as_deref().and_then(|due| due.parse::<Timestamp>().ok());
    let late = due.is_some_and(|due| Timestamp::now().as_millisecond() - due.as_millisecond() > LATE_MS);
    if profile.waiting == 0 || !(late || profile.waits_for.is_some()) {
        return None;
    }
    let since = profile.due_at.as_ref().map(|due| format!(", the first due at {due}")).unwrap_or_default();
    let why = profile.waits_for.as_ref().map(|why| format!(". {why}")).unwrap_or_default();
    Some(format!("{}: {} not copied{since}{why}", profile.name, profile.waiting))
}

fn destination_in_trouble(found: &ReportedDestination) -> Option<String> {
    if found.state == "well" {
        return None;
    }
    let trouble = found.trouble.as_ref().map(|trouble| format!(" ({trouble})")).unwrap_or_default();
    let since = match &found.failing_since {
        Some(since) => format!("since {since}"),
        None => format!("last reported {}", found.reported_at),
    };
    Some(format!("{}: {}{trouble} {since}, {} not delivered", found.name, found.state, found.pending))
}

fn understood<T: serde::de::DeserializeOwned>(request: &str, answer: Value) -> Result<T, ClientError> {
    serde_json::from_value(answer)
        .map_err(|e| ClientError::UnexpectedAnswer { request: request.to_owned(), problem: e.to_string() })
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let passages = &self.passages;
        let since =
            |time: &Option<String>| time.as_ref().map_or_else(String::new, |time| format!(", oldest since {time}"));
        let or_never = |time: &Option<String>| time.clone().unwrap_or_else(|| "never".to_owned());
        writeln!(f, "{}  health: {}", self.url, self.health)?;
        let from = self.counted_from.as_ref();
        let from =
            from.map_or_else(String::new, |hour| format!(" since {hour}:00Z (`--all` counts all there ever were)"));
        writeln!(f, "received         {}{from}", passages.received)?;
        writeln!(f, "  waiting        {}{}", passages.waiting, since(&self.oldest_waiting))?;
        writeln!(f, "  reading        {} ({} leases)", passages.reading, self.live_leases)?;
        if self.overdue_leases > 0 {
            writeln!(
                f,
                "                 {} of them ended and nobody took them back: is a worker running?",
                self.overdue_leases
            )?;
        }
        // All of them, whenever they came: somebody has to look at them.
        writeln!(f, "  in review      {}{}", self.open_reviews, since(&self.oldest_open_review))?;
        writeln!(f, "  accepted       {}", passages.accepted)?;
        writeln!(f, "  rejected       {}", passages.rejected)?;
        writeln!(f, "  duplicate      {}", passages.duplicate)?;
        writeln!(f, "of the accepted")?;
        writeln!(f, "  billed         {}", passages.billed)?;
        writeln!(f, "  to be exported {}", passages.awaiting_export)?;
        let corrected = passages.awaiting_correction + passages.awaiting_withdrawal;
        if corrected + passages.in_question + passages.withdrawn + passages.refused_by_billing > 0 {
            writeln!(f, "after they were billed")?;
            writeln!(f, "  in question    {}", passages.in_question)?;
            writeln!(f, "  to be corrected {corrected}")?;
            writeln!(f, "  withdrawn      {}", passages.withdrawn)?;
            writeln!(f, "  refused by billing {}", passages.refused_by_billing)?;
        }
        writeln!(
            f,
            "export           last run {}, next due {}",
            or_never(&self.last_export_run),
            or_never(&self.next_export_due)
        )?;
        writeln!(f, "messages         {} not delivered", self.undelivered_messages)?;
        if !self.exports_known {
            writeln!(f, "exports          copies and destinations are not told to this token")?;
        }
        for copy in &self.copies_in_trouble {
            writeln!(f, "copy             {copy}")?;
        }
        for destination in &self.destinations_in_trouble {
            writeln!(f, "destination      {destination}")?;
        }
        for clock in &self.doubtful_clocks {
            writeln!(f, "clock            {} {}: {}", clock.booth, clock.camera, clock.detail)?;
        }
        write!(f, "balance          {}", if self.closes { "closes" } else { "DOES NOT CLOSE" })?;
        for violation in self.violations.iter().take(MAX_PRINTED) {
            write!(f, "\n  {violation}")?;
        }
        if self.violations.len() > MAX_PRINTED {
            write!(f, "\n  … and {} more", self.violations.len() - MAX_PRINTED)?;
        }
        Ok(())
    }
}
