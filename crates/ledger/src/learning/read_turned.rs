//! By which decision about its camera a photo is read, and what waits that was read by another one.
//!
//! Invariants: a photo is read by the decision that holds for its time of capture, each attempt says by which, and nothing is
//! accepted that was read by another one. What waits for people is read again in steps; what is decided stays as it is, and what
//! was billed stays billed.

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::turned::TurnInForce;

use super::Refusal;
use crate::Ledger;
use crate::arrival::by_arrival;
use crate::clock::CLOCK_SLACK_MS;
use crate::columns::Columns;
use crate::db::{Db, Row, params};
use crate::error::{Failure, LedgerError};
use crate::event::Actor;
use crate::failed_readings::{MAX_BULK, MOST_ATTEMPTS, Reprocessed};
use crate::scope::Scope;
use crate::sent_back::{not_theirs, unclaimed};
use crate::step::held_columns;

/// The decision that holds for a passage named `p`.
macro_rules! in_force_of_p {
    () => {
        "(SELECT max(n.id) FROM camera_turn n WHERE n.booth_id = p.booth_id AND n.lane = p.lane AND n.camera = p.camera
             AND n.withdrawn_at_ms IS NULL AND n.since_ms <= p.captured_at_ms
             AND (n.until_ms IS NULL OR n.until_ms > p.captured_at_ms))"
    };
}

/// The same as two columns, which [`turn_in_force`] reads: for a statement that looks at passages anyway.
macro_rules! turn_columns {
    () => {
        concat!(
            $crate::learning::in_force_of_p!(),
            ", (SELECT t.turned FROM camera_turn t WHERE t.id = ",
            $crate::learning::in_force_of_p!(),
            ")"
        )
    };
}
pub(crate) use {in_force_of_p, turn_columns};

/// Reads what [`turn_columns`] names; none where the camera is as it should be.
pub(crate) fn turn_in_force(columns: &mut Columns) -> Result<Option<TurnInForce>, LedgerError> {
    let (id, turned) = (columns.opt_number()?, columns.opt_parsed()?);
    Ok(id.zip(turned).map(|(id, turned)| TurnInForce { id, turned }))
}

/// Passages of the camera of a decision that wait for people and were read by another decision than holds. What is people's own
/// is left alone, and what would be read for ever.
macro_rules! read_otherwise {
    ($of:literal, $most:literal) => {
        concat!(
            "FROM passage p INDEXED BY passage_open
             JOIN reading_attempt a ON a.passage_sequence = p.sequence AND a.attempt = p.last_attempt
             JOIN camera_turn t ON t.booth_id = p.booth_id AND t.lane = p.lane AND t.camera = p.camera
             WHERE p.state = 'in-review' AND a.outcome = 'read' AND ",
            $of,
            " AND p.last_attempt < ",
            $most,
            " AND ",
            not_theirs!(),
            " AND a.turn_id IS DISTINCT FROM ",
            in_force_of_p!()
        )
    };
}

const COUNT: &str =
    concat!("SELECT count(*), count(*) FILTER (WHERE ", unclaimed!(), ") ", read_otherwise!("t.id = +?3", "+?4"));

/// The same of all decisions at once: the queue is gone through one time.
const COUNTS: &str = concat!("SELECT t.id, count(*) ", read_otherwise!("t.id > +?1", "+?2"), " GROUP BY t.id");

const PAGE: &str = concat!(
    "SELECT ",
    held_columns!(),
    " ",
    read_otherwise!("t.id = +?3", "+?4"),
    " AND ",
    unclaimed!(),
    by_arrival!("p"),
    " LIMIT +?5 /*pg FOR NO KEY UPDATE OF p SKIP LOCKED */"
);

const OF_PASSAGE: &str = concat!("SELECT ", turn_columns!(), " FROM passage p WHERE p.sequence = +?1");

/// Whether an attempt read by another decision than holds.
const READ_OTHERWISE: &str = concat!(
    "SELECT CASE WHEN a.turn_id IS DISTINCT FROM ",
    in_force_of_p!(),
    " THEN 1 ELSE 0 END FROM passage p JOIN reading_attempt a ON a.passage_sequence = p.sequence
     WHERE p.sequence = +?1 AND a.attempt = +?2"
);

impl<D: Db> Ledger<D> {
    /// The decision by which the photo of a passage is to be read; none where its camera is as it should be.
    pub(crate) fn turn_of(&self, sequence: i64) -> Result<Option<TurnInForce>, LedgerError> {
        let row = self.run_one(OF_PASSAGE, params![sequence])?;
        row.map_or(Ok(None), |row| turn_in_force(&mut row.columns()))
    }

    /// True when an attempt read the photo by another decision than holds now: what it read is not billed.
    pub(crate) fn was_read_otherwise(&self, sequence: i64, attempt: u32) -> Result<bool, LedgerError> {
        let row = self.run_one(READ_OTHERWISE, params![sequence, attempt])?;
        row.map_or(Ok(false), |row| row.columns().flag())
    }

    /// Sends up to `most` passages (at most [`MAX_BULK`]) of the camera to the recogniser again that wait for people and were
    /// read by another decision than holds for them now, oldest first. Old attempts stay.
    ///
    /// # Errors
    /// [`Refusal::NotFound`]
    pub fn read_turned_again(
        &self,
        now: Instant,
        actor: &Actor,
        id: u64,
        most: u32,
    ) -> Result<Reprocessed, Failure<Refusal>> {
        self.write(Scope::Rows, || {
            self.known_turn(id)?;
            let (all, free) = self.count_to_read(now, id)?;
            let limit = most.clamp(1, MAX_BULK);
            let rows = self.run(PAGE, params![now, CLOCK_SLACK_MS, id, MOST_ATTEMPTS, limit])?;
            let passages = self.reprocess_all(now, actor, rows, &json!({ "bulk": true, "camera_turn": id }))?;
            Ok(Reprocessed { passages, left: free.saturating_sub(passages.into()), claimed: all.saturating_sub(free) })
        })
    }

    /// How many there are, and how many of them nobody looks at.
    pub(super) fn count_to_read(&self, now: Instant, id: u64) -> Result<(u64, u64), LedgerError> {
        let row = self.run_one(COUNT, params![now, CLOCK_SLACK_MS, id, MOST_ATTEMPTS])?;
        let mut columns = row.ok_or_else(|| LedgerError::Damaged("what waits cannot be counted".to_owned()))?.columns();
        Ok((columns.number()?, columns.number()?))
    }

    /// The same of every decision that has some.
    pub(super) fn counts_to_read(&self) -> Result<Vec<(u64, u64)>, LedgerError> {
        let rows = self.run(COUNTS, params![0_i64, MOST_ATTEMPTS])?;
        let count = |row: Row| {
            let mut columns = row.columns();
            Ok((columns.number()?, columns.number()?))
        };
        rows.into_iter().map(count).collect()
    }
}
