//! The log for those who answer for what people do: every change that a person made, and every photo that somebody looked
//! at.
//!
//! Changes are the events that are written anyway; looks, and downloads of files for billing, have rows of their own.
//!
//! Whoever reads the log may have to answer a blind review: of one that is open or disputed it says no more than the
//! passage's history, nor, until that is over, what others looked at while they read it.

mod day;
mod downloads;
mod looks;

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::blind::Standing;

use crate::Ledger;
use crate::blind::{row_is_kept_back, told};
use crate::clock::CLOCK_SLACK_MS;
use crate::columns::Columns;
use crate::db::{Db, Row, Value, params};
use crate::error::LedgerError;
use crate::event::{Actor, EventKind};
use crate::passages::Event;

pub use downloads::Download;
pub use looks::Look;

/// Most entries on a page.
const MAX_PAGE: u32 = 200;

/// What of the log is wanted; nothing set wants all of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// Only of this person, `tok_…`.
    pub who: Option<&'a str>,
    /// Only of this passage.
    pub passage: Option<&'a str>,
    /// Not before this time.
    pub since: Option<Instant>,
    /// Before this time.
    pub until: Option<Instant>,
}

/// Somebody who may have left a trace in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// `tok_…`
    pub token: String,
    /// What they may now.
    pub role: String,
    /// What they are called.
    pub name: String,
    /// They may nothing any more.
    pub revoked: bool,
}

/// Something that a person did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Its place in the history.
    pub sequence: u64,
    /// When.
    pub at: Instant,
    /// What, as in the history of a passage.
    pub kind: String,
    /// Role that they had then.
    pub actor_role: String,
    /// `tok_…`
    pub actor_id: String,
    /// What they are called now.
    pub actor_name: Option<String>,
    /// Which passage it was done to, if one.
    pub passage: Option<String>,
    /// JSON.
    pub detail: String,
}

impl<D: Db> Ledger<D> {
    /// What people did, the newest first, as far as the viewer may know it; of these kinds only, where some are named.
    /// `before` is the last sequence seen.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn deeds(
        &self,
        viewer: &Actor,
        wanted: &Wanted<'_>,
        kinds: &[String],
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Deed>, LedgerError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let (after, end) = self.around(&EVENTS, wanted)?;
        let (mut seen, mut before) = (Vec::new(), before.unwrap_or(u64::MAX).min(end));
        let kinds_asked = stored_as(kinds);
        // Pages are cut after what is kept back is left out, so that their length says nothing.
        while seen.len() < limit as usize {
            let page = self.events_of_people(wanted, &kinds_asked, (after, before), limit)?;
            let Some(last) = page.last() else { break };
            before = last.event.sequence;
            let told = page.into_iter().filter_map(|done| deed(done, viewer));
            seen.extend(told.filter(|deed| kinds.is_empty() || kinds.contains(&deed.kind)));
        }
        seen.truncate(limit as usize);
        Ok(seen)
    }

    fn events_of_people(
        &self,
        wanted: &Wanted<'_>,
        kinds: &[&str],
        (after, before): (u64, u64),
        limit: u32,
    ) -> Result<Vec<Done>, LedgerError> {
        let mut asked = Asked::new(
            "SELECT e.sequence, e.at_ms, e.kind, e.actor_role, e.actor_id, e.detail, p.id, b.standing, t.name
             FROM event e LEFT JOIN passage p ON p.sequence = e.passage_sequence
                 LEFT JOIN blind_review b ON b.passage_sequence = e.passage_sequence
                 LEFT JOIN token t ON t.id = e.actor_id
             WHERE e.actor_role NOT IN ('system', 'camera') AND e.sequence < +?1 AND e.sequence > +?2",
            vec![before.into(), after.into()],
        );
        asked.equal("e.actor_id", wanted.who);
        asked.of_passage("e.passage_sequence", wanted.passage);
        asked.between("e.at_ms", wanted);
        asked.one_of("e.kind", kinds);
        let rows = asked.run(self, "ORDER BY e.sequence DESC", limit)?;
        rows.into_iter().map(|row| done(row.columns())).collect()
    }

    /// Everybody who is no camera, in the order of their tokens. `after` is the last token seen.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn named(&self, after: Option<&str>, limit: u32) -> Result<Vec<Named>, LedgerError> {
        let rows = self.run(
            "SELECT t.id, t.role, t.name, t.revoked_at_ms IS NOT NULL FROM token t
             WHERE t.id > +?1 AND t.role <> 'camera' ORDER BY t.id LIMIT +?2",
            params![after.unwrap_or_default(), limit.clamp(1, MAX_PAGE)],
        )?;
        rows.into_iter().map(|row| named(row.columns())).collect()
    }

    /// Two numbers between which everything of the wanted time lies, neither included: what is numbered in the order in
    /// which it was written is nearly in the order of its times, for clocks differ by no more than the slack.
    fn around(&self, list: &List, wanted: &Wanted<'_>) -> Result<(u64, u64), LedgerError> {
        let number = |sql: &str, at: Instant| -> Result<Option<u64>, LedgerError> {
            self.run_one(sql, params![at])?.map(|row| row.columns().number()).transpose()
        };
        let after = match wanted.since {
            Some(since) => number(list.last_before, since.saturating_sub(CLOCK_SLACK_MS))?,
            None => None,
        };
        let before = match wanted.until {
            Some(until) => number(list.first_from, until.saturating_add(CLOCK_SLACK_MS))?,
            None => None,
        };
        Ok((after.unwrap_or(0), before.unwrap_or(u64::MAX)))
    }
}

/// Where a time lies in a list that is numbered.
struct List {
    last_before: &'static str,
    first_from: &'static str,
}

const EVENTS: List = List {
    last_before: "SELECT e.sequence FROM event e WHERE e.actor_role NOT IN ('system', 'camera') AND e.at_ms < +?1
        ORDER BY e.at_ms DESC, e.sequence DESC LIMIT 1",
    first_from: "SELECT e.sequence FROM event e WHERE e.actor_role NOT IN ('system', 'camera') AND e.at_ms >= +?1
        ORDER BY e.at_ms, e.sequence LIMIT 1",
};

/// The kinds under which what is told as one of these may be stored: an answer that is held is told to its author as the
/// decision that they take it for.
fn stored_as(kinds: &[String]) -> Vec<&str> {
    let held = [EventKind::OpinionGiven.as_str(), EventKind::OpinionWithdrawn.as_str()];
    let told = [EventKind::Accepted, EventKind::Rejected, EventKind::Undone].map(EventKind::as_str);
    let mut stored: Vec<&str> = kinds.iter().map(String::as_str).collect();
    if stored.iter().any(|kind| told.contains(kind)) {
        stored.extend(held);
    }
    stored
}

/// A statement whose conditions are added as they are wanted, rather than written as `?1 IS NULL OR …`, which no index can
/// serve.
struct Asked {
    sql: String,
    parameters: Vec<Value>,
}

impl Asked {
    fn new(sql: &str, parameters: Vec<Value>) -> Self {
        Self { sql: sql.to_owned(), parameters }
    }

    /// The name of a new parameter.
    fn parameter(&mut self, value: Value) -> String {
        self.parameters.push(value);
        format!("+?{}", self.parameters.len())
    }

    fn equal(&mut self, column: &str, value: Option<&str>) {
        if let Some(value) = value {
            let name = self.parameter(value.into());
            self.sql.push_str(&format!(" AND {column} = {name}"));
        }
    }

    fn of_passage(&mut self, column: &str, id: Option<&str>) {
        if let Some(id) = id {
            let name = self.parameter(id.into());
            self.sql.push_str(&format!(" AND {column} = (SELECT w.sequence FROM passage w WHERE w.id = {name})"));
        }
    }

    fn between(&mut self, column: &str, wanted: &Wanted<'_>) {
        for (operator, at) in [(">=", wanted.since), ("<", wanted.until)] {
            if let Some(at) = at {
                let name = self.parameter(at.into());
                // The numbers lead to it: no other index may be taken instead.
                self.sql.push_str(&format!(" AND {column} + 0 {operator} {name}"));
            }
        }
    }

    fn one_of(&mut self, column: &str, values: &[&str]) {
        if !values.is_empty() {
            let names: Vec<String> = values.iter().map(|value| self.parameter((*value).into())).collect();
            self.sql.push_str(&format!(" AND {column} IN ({})", names.join(", ")));
        }
    }

    fn run<D: Db>(mut self, ledger: &Ledger<D>, order: &str, limit: u32) -> Result<Vec<Row>, LedgerError> {
        let limit = self.parameter(limit.into());
        ledger.run(&format!("{} {order} LIMIT {limit}", self.sql), &self.parameters)
    }
}

/// An event of a person before it is decided what of it the viewer may know.
struct Done {
    event: Event,
    passage: Option<String>,
    /// Of the passage's blind review, where there is one.
    standing: Option<Standing>,
    name: Option<String>,
}

fn done(mut columns: Columns) -> Result<Done, LedgerError> {
    let event = Event {
        sequence: columns.number()?,
        at: columns.integer()?,
        kind: columns.text()?,
        actor_role: columns.text()?,
        actor_id: columns.text()?,
        from_state: None,
        to_state: None,
        detail: columns.text()?,
    };
    Ok(Done { event, passage: columns.opt_text()?, standing: columns.opt_parsed()?, name: columns.opt_text()? })
}

fn deed(done: Done, viewer: &Actor) -> Option<Deed> {
    let event =
        told(done.event, viewer, row_is_kept_back(viewer, done.standing), done.standing == Some(Standing::Disputed))?;
    Some(Deed {
        sequence: event.sequence,
        at: event.at,
        kind: event.kind,
        actor_role: event.actor_role,
        actor_id: event.actor_id,
        actor_name: done.name,
        passage: done.passage,
        detail: event.detail,
    })
}

fn named(mut columns: Columns) -> Result<Named, LedgerError> {
    Ok(Named { token: columns.text()?, role: columns.text()?, name: columns.text()?, revoked: columns.flag()? })
}
