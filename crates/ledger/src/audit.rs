//! Proof that nothing fell through the cracks. Reads only.
//!
//! The two sides of the balance share nothing but the passages they count: one adds up the moves in the append-only
//! events, the other looks where passages are now. Both are taken from indexes that hold the columns needed, so a
//! million passages are counted without reading them.

use std::collections::BTreeMap;

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::balance::Counts;
use tollbooth_pipeline::export::{Disposition, Question};
use tollbooth_pipeline::state::State;

use crate::Ledger;
use crate::arrival::by_arrival;
use crate::billing::{Stand, change_of_stand};
use crate::clock::CLOCK_SLACK_MS;
use crate::columns::Columns;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::event::EventKind;
use crate::messages::UNDELIVERED;
use crate::migrate;
use crate::schema::SCHEMA_VERSION;
use crate::storage::FULL_MS;

/// One hour of receipt at one booth, counted twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceRow {
    /// `2026-11-20T10`, UTC.
    pub hour: String,
    /// Booth id.
    pub booth: String,
    /// Counted from the append-only events.
    pub from_events: Counts,
    /// Counted from the present state.
    pub from_state: Counts,
}

/// What an operator looks at first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Of the ledger and of this program.
    pub schema_version: u32,
    /// Reviews that wait for a person.
    pub open_reviews: u64,
    /// When the oldest of them was opened.
    pub oldest_open_review: Option<Instant>,
    /// Readings in flight.
    pub live_leases: u64,
    /// Leases that ended more than [`OVERDUE_MS`] ago and that nobody took back: no worker ticks.
    pub overdue_leases: u64,
    /// When the oldest passage that waits to be read was received.
    pub oldest_waiting: Option<Instant>,
    /// When the last export run started, whatever came of it.
    pub last_export_run: Option<Instant>,
    /// When the next scheduled one is due.
    pub next_export_due: Option<Instant>,
    /// Messages to people that are due or were given up.
    pub undelivered_messages: u64,
    /// Within the last minute a photo could not be stored for want of room.
    pub storage_full: bool,
    /// The first hour of receipt that has a passage: whoever counts everything, piece by piece, begins there.
    pub first_hour: Option<String>,
}

/// A lease that ended is taken back by the next tick, a few seconds later. One that ended longer ago than this, in
/// milliseconds, says that no tick comes.
pub const OVERDUE_MS: i64 = 60_000;

/// No hour is greater: `~` sorts behind all digits.
pub(crate) const END: &str = "~";

const BY_ARRIVAL: &str = by_arrival!("passage");

// Each query names a partial index's condition or the columns of an index in their order, and needs no sorting.
const BY_EVENTS: &str = "SELECT received_hour, booth_id, kind, from_state, to_state, count(*) FROM event
    WHERE to_state IS NOT NULL AND received_hour >= ?1 AND received_hour < ?2
    GROUP BY received_hour, booth_id, kind, from_state, to_state";
const BY_STATE: &str = "SELECT received_hour, booth_id, state, count(*) FROM passage
    WHERE received_hour >= ?1 AND received_hour < ?2 GROUP BY received_hour, booth_id, state";
// What awaits export is counted by itself, not as a remainder: a bill line that vanished must show. These are the few
// rows since the last export; the index must be named, for SQLite would rather go through all that were ever accepted.
const BY_UNBOUND: &str = "SELECT received_hour, booth_id, count(*) FROM passage INDEXED BY passage_unbound
    WHERE state = 'accepted' AND export_sequence IS NULL AND correction IS NULL AND received_hour >= ?1 AND received_hour < ?2
    GROUP BY received_hour, booth_id";
// CROSS JOIN fixes the order: lines by hour first, the few exports looked up.
const BY_LINES: &str = "SELECT l.received_hour, l.booth_id, e.state = 'published', count(*)
    FROM bill_line l CROSS JOIN export e
    WHERE e.sequence = l.export_sequence AND l.received_hour >= ?1 AND l.received_hour < ?2
    GROUP BY l.received_hour, l.booth_id, e.state";

// Lines of the export under way that are in the history as billed already: the last of them publishes it.
const BY_TOLD: &str = "SELECT l.received_hour, l.booth_id, count(*) FROM export e CROSS JOIN bill_line l
    WHERE e.state = 'bound' AND e.kind = 'lines' AND e.told_line > 0 AND l.export_sequence = e.sequence
        AND l.line <= e.told_line AND l.received_hour >= ?1 AND l.received_hour < ?2
    GROUP BY l.received_hour, l.booth_id";

// The few that were billed and whose decision billing does not have, or that it was told to bill nothing for.
const BY_QUESTION: &str = "SELECT received_hour, booth_id, correction, state, count(*) FROM passage
    INDEXED BY passage_correction
    WHERE correction IS NOT NULL AND received_hour >= ?1 AND received_hour < ?2
    GROUP BY received_hour, booth_id, correction, state";
const BY_DISPOSITION: &str = "SELECT received_hour, booth_id, outcome, count(*) FROM disposition
    WHERE received_hour >= ?1 AND received_hour < ?2 GROUP BY received_hour, booth_id, outcome";

type Sides = BTreeMap<(String, String), (Flow, Counts)>;

/// Moves of one hour and booth, added up. Signed, so that a wrong history shows itself instead of wrapping around.
#[derive(Default)]
struct Flow {
    received: i64,
    billed: i64,
    bill_lines: i64,
    withdrawn: i64,
    in_question: i64,
    awaiting_correction: i64,
    awaiting_withdrawal: i64,
    acknowledged: i64,
    owner_not_found: i64,
    refused: i64,
    states: [i64; State::ALL.len()],
}

impl<D: Db> Ledger<D> {
    /// Counts both sides at the same moment, by hour of receipt and booth, `from <= hour < to`.
    ///
    /// # Errors
    /// `Damaged` when the events alone cannot be true (more left a state than entered it).
    pub fn balance(&self, from: Option<&str>, to: Option<&str>) -> Result<Vec<BalanceRow>, LedgerError> {
        let range = params![from.unwrap_or_default(), to.unwrap_or(END)];
        let [events, states, unbound, lines, told, questions, answers] = self.read(|| {
            let count = |sql| self.run(sql, range);
            let [told, questions, answers] = [count(BY_TOLD)?, count(BY_QUESTION)?, count(BY_DISPOSITION)?];
            Ok::<_, LedgerError>([
                count(BY_EVENTS)?,
                count(BY_STATE)?,
                count(BY_UNBOUND)?,
                count(BY_LINES)?,
                told,
                questions,
                answers,
            ])
        })?;
        let mut sides = Sides::new();
        for row in events {
            let mut columns = row.columns();
            side(&mut sides, &mut columns)?.0.add(&mut columns)?;
        }
        for row in states {
            let mut columns = row.columns();
            let counts = &mut side(&mut sides, &mut columns)?.1;
            let state = columns.parsed()?;
            let number: u64 = columns.number()?;
            counts.received += number;
            *of_state(counts, state) += number;
        }
        for row in unbound {
            let mut columns = row.columns();
            let counts = &mut side(&mut sides, &mut columns)?.1;
            let number: u64 = columns.number()?;
            counts.awaiting_export += number;
        }
        for row in lines {
            let mut columns = row.columns();
            let counts = &mut side(&mut sides, &mut columns)?.1;
            let published = columns.flag()?;
            let number: u64 = columns.number()?;
            *(if published { &mut counts.bill_lines } else { &mut counts.awaiting_export }) += number;
        }
        for row in told {
            let mut columns = row.columns();
            let counts = &mut side(&mut sides, &mut columns)?.1;
            let number: u64 = columns.number()?;
            counts.awaiting_export = counts.awaiting_export.saturating_sub(number);
            counts.bill_lines += number;
        }
        for row in questions {
            let mut columns = row.columns();
            let counts = &mut side(&mut sides, &mut columns)?.1;
            let (question, state): (Question, State) = (columns.parsed()?, columns.parsed()?);
            let number: u64 = columns.number()?;
            *(match (question, state) {
                (Question::Open, _) => &mut counts.in_question,
                (Question::Due, State::Accepted) => &mut counts.awaiting_correction,
                (Question::Due, _) => &mut counts.awaiting_withdrawal,
                (Question::Withdrawn, _) => &mut counts.withdrawn,
            }) += number;
        }
        for row in answers {
            let mut columns = row.columns();
            let counts = &mut side(&mut sides, &mut columns)?.1;
            let outcome: Disposition = columns.parsed()?;
            let number: u64 = columns.number()?;
            *(match outcome {
                Disposition::Billed => &mut counts.acknowledged,
                Disposition::OwnerNotFound => &mut counts.owner_not_found,
                Disposition::Refused => &mut counts.refused_by_billing,
            }) += number;
        }
        for (_, counts) in sides.values_mut() {
            let otherwise =
                counts.in_question + counts.awaiting_correction + counts.awaiting_withdrawal + counts.withdrawn;
            counts.billed = counts.bill_lines.saturating_sub(otherwise);
        }
        sides.into_iter().map(|((hour, booth), (flow, state))| balance_row(hour, booth, &flow, state)).collect()
    }

    /// Answers only when the ledger can be read and its schema is exactly the one this program knows.
    ///
    /// # Errors
    /// `Damaged` names the migration that differs.
    pub fn look(&self, now: Instant) -> Result<Status, LedgerError> {
        self.read(|| {
            migrate::verify(&self.db)?;
            let row = self
                .run_one(
                    &format!(
                        "SELECT
                            (SELECT count(*) FROM passage WHERE state = 'in-review'),
                            (SELECT min(review_opened_at_ms) FROM passage WHERE state = 'in-review'),
                            (SELECT count(*) FROM passage WHERE state = 'reading'
                                AND lease_expires_at_ms > ?1 AND leased_at_ms <= ?1 + ?2),
                            (SELECT count(*) FROM passage WHERE state = 'reading' AND lease_expires_at_ms <= ?1 - ?3),
                            (SELECT received_at_ms FROM passage WHERE state = 'waiting'{BY_ARRIVAL} LIMIT 1),
                            {UNDELIVERED},
                            EXISTS (SELECT 1 FROM storage_full WHERE id = 1 AND abs(?1 - noted_at_ms) < ?4),
                            (SELECT min(received_hour) FROM passage)"
                    ),
                    params![now, CLOCK_SLACK_MS, OVERDUE_MS, FULL_MS],
                )?
                .ok_or_else(|| LedgerError::Damaged("the ledger does not answer a count".to_owned()))?;
            let mut columns = row.columns();
            let schedule = self.export_schedule(now)?;
            Ok(Status {
                schema_version: SCHEMA_VERSION,
                open_reviews: columns.number()?,
                oldest_open_review: columns.opt_integer()?,
                live_leases: columns.number()?,
                overdue_leases: columns.number()?,
                oldest_waiting: columns.opt_integer()?,
                last_export_run: schedule.last_started_at,
                next_export_due: Some(schedule.due_at),
                undelivered_messages: columns.number()?,
                storage_full: columns.flag()?,
                first_hour: columns.opt_text()?,
            })
        })
    }
}

fn side<'a>(sides: &'a mut Sides, columns: &mut Columns) -> Result<&'a mut (Flow, Counts), LedgerError> {
    Ok(sides.entry((columns.text()?, columns.text()?)).or_default())
}

impl Flow {
    fn add(&mut self, columns: &mut Columns) -> Result<(), LedgerError> {
        let kind = columns.text()?;
        let from = columns.opt_text()?;
        let to = columns.text()?;
        let number = columns.integer()?;
        if kind == EventKind::Received.as_str() {
            self.received += number;
        }
        self.add_billing(&kind, from.as_deref(), &to, number);
        for (slot, state) in self.states.iter_mut().zip(State::ALL) {
            if to == state.as_str() {
                *slot += number;
            }
            if from.as_deref() == Some(state.as_str()) {
                *slot -= number;
            }
        }
        Ok(())
    }

    /// What an event says of what billing has, and of what it answered.
    fn add_billing(&mut self, kind: &str, from: Option<&str>, to: &str, number: i64) {
        if let Some((left, entered)) = change_of_stand(kind, from, to) {
            match left {
                Some(left) => *self.of_stand(left) -= number,
                None => self.bill_lines += number,
            }
            *self.of_stand(entered) += number;
        } else if kind == EventKind::BillingTook.as_str() {
            self.acknowledged += number;
        } else if kind == EventKind::BillingFoundNoOwner.as_str() {
            self.owner_not_found += number;
        } else if kind == EventKind::BillingRefused.as_str() {
            self.refused += number;
        }
    }

    const fn of_stand(&mut self, stand: Stand) -> &mut i64 {
        match stand {
            Stand::Billed => &mut self.billed,
            Stand::Withdrawn => &mut self.withdrawn,
            Stand::InQuestion => &mut self.in_question,
            Stand::AwaitingCorrection => &mut self.awaiting_correction,
            Stand::AwaitingWithdrawal => &mut self.awaiting_withdrawal,
        }
    }
}

fn balance_row(hour: String, booth: String, flow: &Flow, state: Counts) -> Result<BalanceRow, LedgerError> {
    let mut events = Counts::default();
    let whole = |number: i64| {
        u64::try_from(number).map_err(|_| {
            LedgerError::Damaged(format!(
                "the events of {hour} at {booth} let more passages leave a state than enter it"
            ))
        })
    };
    events.received = whole(flow.received)?;
    events.billed = whole(flow.billed)?;
    events.bill_lines = whole(flow.bill_lines)?;
    events.withdrawn = whole(flow.withdrawn)?;
    events.in_question = whole(flow.in_question)?;
    events.awaiting_correction = whole(flow.awaiting_correction)?;
    events.awaiting_withdrawal = whole(flow.awaiting_withdrawal)?;
    events.acknowledged = whole(flow.acknowledged)?;
    events.owner_not_found = whole(flow.owner_not_found)?;
    events.refused_by_billing = whole(flow.refused)?;
    for (slot, name) in flow.states.iter().zip(State::ALL) {
        *of_state(&mut events, name) = whole(*slot)?;
    }
    events.awaiting_export = events.accepted.saturating_sub(events.billed + events.awaiting_correction);
    Ok(BalanceRow { hour, booth, from_events: events, from_state: state })
}

fn of_state(counts: &mut Counts, state: State) -> &mut u64 {
    match state {
        State::Waiting => &mut counts.waiting,
        State::Reading => &mut counts.reading,
        State::InReview => &mut counts.in_review,
        State::Accepted => &mut counts.accepted,
        State::Rejected => &mut counts.rejected,
        State::Duplicate => &mut counts.duplicate,
    }
}
