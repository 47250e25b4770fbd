//! What people's answers were worth, and their pace: for supervisors alone, and never as a list of who is best.

use tollbooth_pipeline::Instant;

use crate::Ledger;
use crate::db::{Db, Row, params};
use crate::error::LedgerError;

/// Two answers of somebody that are further apart than this have a break between them, in milliseconds.
const BREAK_MS: i64 = 300_000;
/// Most people that are listed.
const MOST: u32 = 1_000;

/// The answers of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Token id.
    pub token: String,
    /// Name of the token; none when it is unknown here.
    pub name: Option<String>,
    /// Answers, those taken back included.
    pub answers: u64,
    /// Taken back.
    pub taken_back: u64,
    /// Answers of which is known what is right.
    pub checked: u64,
    /// Of those, right.
    pub right: u64,
    /// Photos that another reviewer read as well, neither knowing the other's answer.
    pub read_by_another: u64,
    /// Of those, answered alike.
    pub alike: u64,
    /// Answers that came at most five minutes after the one before, and the time that they took together: the pace at work.
    pub paced: u64,
    /// In milliseconds.
    pub paced_ms: u64,
}

impl<D: Db> Ledger<D> {
    /// Everybody who answered from `since` on and before `until`, in the order of their tokens.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn quality_people(&self, since: Instant, until: Instant) -> Result<Vec<Person>, LedgerError> {
        let rows = self.run(
            "WITH answers AS (
                 SELECT o.actor_id, o.withdrawn_at_ms, o.is_right,
                     o.at_ms - lag(o.at_ms) OVER (PARTITION BY o.actor_id ORDER BY o.at_ms, o.id) AS gap_ms,
                     (SELECT CASE WHEN q.plate IS NOT DISTINCT FROM o.plate
                          AND q.jurisdiction IS NOT DISTINCT FROM o.jurisdiction THEN 1 ELSE 0 END
                      FROM opinion q WHERE q.passage_sequence = o.passage_sequence AND q.actor_id <> o.actor_id
                          AND q.actor_role = 'reviewer' AND o.actor_role = 'reviewer'
                          AND q.withdrawn_at_ms IS NULL AND o.withdrawn_at_ms IS NULL
                      ORDER BY q.id LIMIT 1) AS alike
                 FROM opinion o WHERE o.at_ms >= +?1 AND o.at_ms < +?2)
             SELECT answers.actor_id, (SELECT t.name FROM token t WHERE t.id = answers.actor_id), count(*),
                 count(answers.withdrawn_at_ms), count(answers.is_right),
                 count(*) FILTER (WHERE answers.is_right = 1), count(answers.alike),
                 count(*) FILTER (WHERE answers.alike = 1), count(*) FILTER (WHERE answers.gap_ms <= +?3),
                 CAST(coalesce(sum(answers.gap_ms) FILTER (WHERE answers.gap_ms <= +?3), 0) AS BIGINT)
             FROM answers GROUP BY answers.actor_id ORDER BY answers.actor_id LIMIT +?4",
            params![since, until, BREAK_MS, MOST],
        )?;
        rows.into_iter().map(person).collect()
    }
}

fn person(row: Row) -> Result<Person, LedgerError> {
    let mut columns = row.columns();
    Ok(Person {
        token: columns.text()?,
        name: columns.opt_text()?,
        answers: columns.number()?,
        taken_back: columns.number()?,
        checked: columns.number()?,
        right: columns.number()?,
        read_by_another: columns.number()?,
        alike: columns.number()?,
        paced: columns.number()?,
        paced_ms: columns.number()?,
    })
}
