//! Passages whose reading finally failed: by cause, and back to the recogniser, one or in bulk.
//!
//! What a queue calls its dead letters. They lie in review, so people can decide them by hand; when the cause was an
//! outage, an operator sends them through again instead. Old attempts stay. Whoever is being looked at by a reviewer
//! at that moment is left alone.

use serde_json::{Value as Json, json};
use tollbooth_pipeline::Instant;

use crate::Ledger;
use crate::arrival::{behind, by_arrival};
use crate::clock::CLOCK_SLACK_MS;
use crate::db::{Db, Row, Value, params};
use crate::error::LedgerError;
use crate::event::{Actor, EventKind, NewEvent};
use crate::passages::MAX_PAGE;
use crate::scope::Scope;
use crate::sent_back::{not_theirs, unclaimed};
use crate::step::held_columns;

/// Most passages sent back in one transaction: it holds the write lock that cameras wait for.
pub const MAX_BULK: u32 = 200;

/// Attempts after which a passage is not sent back in bulk any more: whatever sends back all that failed, again and again,
/// would have one photo read for ever. People still decide it, and may send this one back by itself.
pub const MOST_ATTEMPTS: u32 = 200;

/// Which of them; absent fields do not filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Review reason, `recognizer-exhausted`.
    pub reason: Option<String>,
    /// How the last attempt ended, `outage`.
    pub class: Option<String>,
    /// Booth id.
    pub booth: Option<String>,
    /// `psg_…`
    pub passage: Option<String>,
}

/// A passage whose reading finally failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedReading {
    /// Order of receipt; the cursor.
    pub sequence: u64,
    /// `psg_…`
    pub passage: String,
    /// Booth id.
    pub booth: String,
    /// As the camera wrote it.
    pub captured_at: String,
    /// When it came to people.
    pub opened_at: Instant,
    /// Review reason.
    pub reason: String,
    /// How the last attempt ended: a failure class or `expired`.
    pub class: String,
    /// What is known of it, for operators.
    pub detail: String,
    /// Who read last.
    pub recognizer: String,
    /// Attempts ever made.
    pub attempts: u32,
}

/// How many failed for one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Review reason.
    pub reason: String,
    /// How the last attempt ended.
    pub class: String,
    /// Passages.
    pub passages: u64,
}

/// A page of failed readings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// All that match, by cause.
    pub causes: Vec<Cause>,
    /// In the order of receipt.
    pub items: Vec<FailedReading>,
    /// Cursor of the next page; none at the end.
    pub next: Option<u64>,
}

/// What was sent back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reprocessed {
    /// Sent to the recogniser again.
    pub passages: u32,
    /// Match as well and are left for the next call.
    pub left: u64,
    /// Match and are being looked at by a reviewer.
    pub claimed: u64,
}

/// What one call of an action did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentBack {
    /// This call's part.
    pub done: Reprocessed,
    /// The event that says who sends back what, for the next call; none when nothing was sent back.
    pub action: Option<u64>,
}

/// The last attempt ended without a reading.
const FAILED: &str = concat!(
    "FROM passage p INDEXED BY passage_open
         JOIN reading_attempt a ON a.passage_sequence = p.sequence AND a.attempt = p.last_attempt
     WHERE p.state = 'in-review' AND a.outcome NOT IN ('read', 'running', 'given-back') AND ",
    not_theirs!()
);

const ORDER: &str = by_arrival!("p");

impl<D: Db> Ledger<D> {
    /// Passages whose reading finally failed, and how many for which cause.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn failed_readings(&self, filter: &Filter, after: Option<u64>, limit: u32) -> Result<Page, LedgerError> {
        let mut parameters = Vec::new();
        let conditions = filter.conditions(&mut parameters);
        let limit = limit.clamp(1, MAX_PAGE);
        self.read(|| {
            let by_cause =
                format!("SELECT p.reason, a.outcome, count(*) {FAILED} {conditions} GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2");
            let causes = self.run(&by_cause, &parameters)?.into_iter().map(cause).collect::<Result<_, _>>()?;
            let rest = after.map_or_else(String::new, |last| {
                parameters.push(last.into());
                behind("p", parameters.len())
            });
            let page = format!(
                "SELECT p.sequence, p.id, p.booth_id, p.captured_at, p.review_opened_at_ms, p.reason, a.outcome, a.detail,
                     a.recognizer, p.last_attempt {FAILED} {conditions}{rest}{ORDER} LIMIT {limit}"
            );
            let items = self.run(&page, &parameters)?.into_iter().map(item).collect::<Result<Vec<_>, _>>()?;
            let full = items.len() == limit as usize;
            let next = items.last().filter(|_| full).map(|last| last.sequence);
            Ok(Page { causes, items, next })
        })
    }

    /// Sends up to `most` of them (at most [`MAX_BULK`]) to the recogniser again, oldest first, each with a fresh count
    /// of attempts; those with [`MOST_ATTEMPTS`] stay where they are, and are not among what is left.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn reprocess_failed(
        &self,
        now: Instant,
        actor: &Actor,
        filter: &Filter,
        most: u32,
    ) -> Result<Reprocessed, LedgerError> {
        Ok(self.send_back(now, actor, filter, most, None)?.done)
    }

    /// The same as a part of one action: many calls are on record once, by the event that the first of them wrote, which each
    /// passage's own event names. `action` is what the call before answered; of another person or another filter it is none,
    /// and another action begins.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn send_back(
        &self,
        now: Instant,
        actor: &Actor,
        filter: &Filter,
        most: u32,
        action: Option<u64>,
    ) -> Result<SentBack, LedgerError> {
        let mut parameters = params![now, CLOCK_SLACK_MS].to_vec();
        let conditions = filter.conditions(&mut parameters);
        let wanted = format!("{FAILED} {conditions} AND p.last_attempt < {MOST_ATTEMPTS}");
        self.write(Scope::Rows, || {
            let count = |condition: &str| {
                let row = self
                    .run_one(&format!("SELECT count(*), count(*) FILTER (WHERE {condition}) {wanted}"), &parameters)?;
                let mut columns =
                    row.ok_or_else(|| LedgerError::Damaged("failed readings cannot be counted".to_owned()))?.columns();
                Ok::<(u64, u64), LedgerError>((columns.number()?, columns.number()?))
            };
            let (all, free) = count(unclaimed!())?;
            let limit = most.clamp(1, MAX_BULK);
            let page = format!(
                "SELECT {} {wanted} AND {}{ORDER} LIMIT {limit} /*pg FOR NO KEY UPDATE OF p SKIP LOCKED */",
                held_columns!(),
                unclaimed!()
            );
            let rows = self.run(&page, &parameters)?;
            let action = match (rows.is_empty(), action) {
                (true, _) => None,
                (false, Some(begun)) if self.is_of_action(begun, actor, filter)? => Some(begun),
                (false, _) => Some(self.begin_action(now, actor, filter, free)?),
            };
            let passages = self.reprocess_all(now, actor, rows, &json!({ "bulk": true, "action": action }))?;
            let (left, claimed) = (free.saturating_sub(passages.into()), all.saturating_sub(free));
            Ok(SentBack { done: Reprocessed { passages, left, claimed }, action })
        })
    }

    /// Says once who sends back what, and how many there were when it began.
    fn begin_action(&self, now: Instant, actor: &Actor, filter: &Filter, free: u64) -> Result<u64, LedgerError> {
        let mut detail = filter.told();
        if let Some(members) = detail.as_object_mut() {
            members.insert("passages".to_owned(), free.into());
        }
        self.append_numbered(&NewEvent { at: now, kind: EventKind::SentBack, actor, detail }, None)
    }

    fn is_of_action(&self, begun: u64, actor: &Actor, filter: &Filter) -> Result<bool, LedgerError> {
        // The ledger counts with signed numbers: what does not fit was never a place in the history.
        let Ok(begun) = i64::try_from(begun) else { return Ok(false) };
        let row = self.run_one(
            "SELECT e.detail FROM event e WHERE e.sequence = +?1 AND e.kind = +?2 AND e.actor_id = +?3",
            params![begun, EventKind::SentBack.as_str(), actor.id.as_str()],
        )?;
        let Some(row) = row else { return Ok(false) };
        let told: Json = serde_json::from_str(&row.columns().text()?)
            .map_err(|e| LedgerError::Damaged(format!("the detail of event {begun} is no JSON: {e}")))?;
        let wanted = filter.told();
        Ok(["reason", "class", "booth", "passage"].iter().all(|name| told.get(name) == wanted.get(name)))
    }
}

impl Filter {
    /// As the history says it.
    fn told(&self) -> Json {
        json!({ "reason": self.reason, "class": self.class, "booth": self.booth, "passage": self.passage })
    }

    fn conditions(&self, parameters: &mut Vec<Value>) -> String {
        let mut sql = String::new();
        for (column, wanted) in [
            ("p.reason", &self.reason),
            ("a.outcome", &self.class),
            ("p.booth_id", &self.booth),
            ("p.id", &self.passage),
        ] {
            if let Some(wanted) = wanted {
                parameters.push(wanted.as_str().into());
                sql.push_str(&format!(" AND {column} || '' = ?{}", parameters.len()));
            }
        }
        sql
    }
}

fn cause(row: Row) -> Result<Cause, LedgerError> {
    let mut columns = row.columns();
    Ok(Cause { reason: columns.text()?, class: columns.text()?, passages: columns.number()? })
}

fn item(row: Row) -> Result<FailedReading, LedgerError> {
    let mut columns = row.columns();
    Ok(FailedReading {
        sequence: columns.number()?,
        passage: columns.text()?,
        booth: columns.text()?,
        captured_at: columns.text()?,
        opened_at: columns.integer()?,
        reason: columns.text()?,
        class: columns.text()?,
        detail: columns.text()?,
        recognizer: columns.text()?,
        attempts: columns.number()?,
    })
}
