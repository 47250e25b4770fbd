//! The supervisor's desk: what only a supervisor decides, and what is kept for somebody.
//!
//! A review is the desk's because of what is written beside it (a flag, a dispute, an answer nobody confirmed in time); it
//! stays in review, with its version, and shows nobody who reviews that it is. Flags and assignments hold for one version of
//! a passage, so no move of it can leave one behind.
//!
//! Invariants: whoever flagged or answered a review never decides it as a supervisor; what is kept for somebody is kept only
//! as long as they can decide it. An answer is overdue by the clock alone: no sweep has to find it.

mod assign;
mod flag;
mod people;

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::desk::{Matter, overdue_since};

use crate::Ledger;
use crate::clock::CLOCK_SLACK_MS;
use crate::db::{Db, Value, params};
use crate::error::LedgerError;
use crate::event::Actor;
use crate::setting::in_force;

pub use assign::{Assigned, What};
pub use people::Colleague;

/// The flag that stands, of the table `passage`: for `FROM flag f WHERE`.
macro_rules! flag_stands {
    () => {
        "f.passage_sequence = passage.sequence AND f.version = passage.version AND f.ended_at_ms IS NULL"
    };
}
pub(crate) use flag_stands;

/// Why only a supervisor decides this review; NULL for what anybody decides. `?4` is when an answer must have been given to
/// be overdue.
macro_rules! matter {
    () => {
        concat!(
            "(CASE WHEN EXISTS (SELECT 1 FROM blind_review b WHERE b.passage_sequence = passage.sequence
                     AND b.standing = 'disputed') THEN 'disputed'
                 WHEN EXISTS (SELECT 1 FROM flag f WHERE ",
            $crate::desk::flag_stands!(),
            ") THEN 'flagged'
                 WHEN EXISTS (SELECT 1 FROM opinion o WHERE o.passage_sequence = passage.sequence AND o.waiting = 1
                     AND o.at_ms <= ?4) THEN 'overdue' END)"
        )
    };
}
pub(crate) use matter;

/// The assignment that holds, of the table `passage`, at `?1` with the slack `?2`: for `FROM assignment a WHERE`.
macro_rules! assignment_holds {
    () => {
        "a.passage_sequence = passage.sequence AND a.version = passage.version AND a.ended_at_ms IS NULL
         AND a.until_ms > ?1 AND a.assigned_at_ms <= ?1 + ?2"
    };
}
pub(crate) use assignment_holds;

/// The same where it keeps others away: whoever left, cannot decide it any more or has answered it keeps nobody away.
macro_rules! assignment_keeps {
    () => {
        concat!(
            $crate::desk::assignment_holds!(),
            " AND EXISTS (SELECT 1 FROM token k WHERE k.id = a.assignee_id AND k.revoked_at_ms IS NULL
                  AND (k.role = 'supervisor' OR (k.role = 'reviewer' AND ",
            $crate::desk::matter!(),
            " IS NULL)))
              AND NOT EXISTS (SELECT 1 FROM opinion o WHERE o.passage_sequence = passage.sequence
                  AND o.actor_id = a.assignee_id AND o.waiting = 1)"
        )
    };
}
pub(crate) use assignment_keeps;

/// How an open review stands to somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Desk {
    /// Why only a supervisor decides it.
    pub matter: Option<Matter>,
    /// They flagged it.
    pub is_own_flag: bool,
    /// It is kept for somebody else until then.
    pub kept_until: Option<Instant>,
}

const DESK: &str = concat!(
    "SELECT ",
    matter!(),
    ", EXISTS (SELECT 1 FROM flag f WHERE ",
    flag_stands!(),
    " AND f.actor_id = +?3), (SELECT a.until_ms FROM assignment a WHERE ",
    assignment_keeps!(),
    " AND a.assignee_id <> +?3) FROM passage WHERE passage.sequence = +?5"
);

impl<D: Db> Ledger<D> {
    /// The parameters `?1` to `?4` of these statements: now, the clocks' slack, the caller, and when an answer that waits must
    /// have been given to be overdue.
    pub(crate) fn desk_parameters(&self, now: Instant, actor: &Actor) -> Result<Vec<Value>, LedgerError> {
        let hours = in_force(&self.changed_settings()?)?.review_second_reading_hours;
        Ok(vec![now.into(), CLOCK_SLACK_MS.into(), actor.id.as_str().into(), overdue_since(now, hours).into()])
    }

    /// How an open review stands to somebody.
    pub(crate) fn desk_of(&self, now: Instant, actor: &Actor, sequence: i64) -> Result<Desk, LedgerError> {
        let mut parameters = self.desk_parameters(now, actor)?;
        parameters.push(sequence.into());
        let Some(row) = self.run_one(DESK, &parameters)? else { return Ok(Desk::default()) };
        let mut columns = row.columns();
        Ok(Desk { matter: columns.opt_parsed()?, is_own_flag: columns.flag()?, kept_until: columns.opt_integer()? })
    }

    /// What was kept for somebody is done, or is somebody else's.
    pub(crate) fn end_assignment(&self, now: Instant, sequence: i64) -> Result<(), LedgerError> {
        self.run(
            "UPDATE assignment SET ended_at_ms = ?2 WHERE passage_sequence = ?1 AND ended_at_ms IS NULL",
            params![sequence, now],
        )?;
        Ok(())
    }

    /// A supervisor took back what they had decided about a flag: it stands again, at the version of now.
    pub(crate) fn raise_flag_again(&self, sequence: i64, decided: u32, now_at: u32) -> Result<(), LedgerError> {
        self.run(
            "UPDATE flag SET version = ?3 WHERE passage_sequence = ?1 AND version = ?2 AND ended_at_ms IS NULL",
            params![sequence, decided.saturating_sub(1), now_at],
        )?;
        Ok(())
    }
}
