//! Writing roll-ups and counts: many rows a statement, for each statement is a call out of a component.

use std::collections::BTreeSet;

use tollbooth_telemetry::{Facts, Subject};

use super::measure::{Measured, Moves};
use crate::Ledger;
use crate::db::{Db, Value};
use crate::error::LedgerError;

/// Rows of one statement.
pub(super) const ROWS: usize = 50;

impl<D: Db> Ledger<D> {
    /// Adds what was measured to what is stored. Inside the transaction that notes the events as added up.
    pub(super) fn add_measured(&self, measured: &Measured) -> Result<(), LedgerError> {
        let rows: Vec<_> = measured.iter().collect();
        for rows in rows.chunks(ROWS) {
            let keys: Vec<Value> = rows
                .iter()
                .flat_map(|((subject, step, start), _)| {
                    [Value::from(subject.to_string()), Value::from(step.as_str()), Value::from(*start)]
                })
                .collect();
            let mut merged: Vec<Facts> = vec![Facts::default(); rows.len()];
            for row in self.run(&select_rows(rows.len()), &keys)? {
                let mut columns = row.columns();
                let at: usize = columns.number()?;
                if let Some(slot) = merged.get_mut(at) {
                    *slot = readable(&columns.text()?)?;
                }
            }
            let mut values = Vec::with_capacity(rows.len() * 4);
            for (((subject, step, start), later), facts) in rows.iter().copied().zip(&mut merged) {
                facts.merge(later);
                values.extend([
                    Value::from(subject.to_string()),
                    Value::from(step.as_str()),
                    Value::from(*start),
                    Value::from(writable(facts)?),
                ]);
            }
            self.run(&upsert_rows(rows.len()), &values)?;
        }
        let subjects: BTreeSet<&Subject> = measured.keys().map(|(subject, ..)| subject).collect();
        self.note_subjects(&subjects.into_iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    fn note_subjects(&self, subjects: &[String]) -> Result<(), LedgerError> {
        for subjects in subjects.chunks(ROWS) {
            let rows = (1..=subjects.len()).map(|n| format!("(?{n})")).collect::<Vec<_>>().join(", ");
            let values: Vec<Value> = subjects.iter().map(|subject| Value::from(subject.as_str())).collect();
            self.run(
                &format!("INSERT INTO telemetry_subject (subject) VALUES {rows} ON CONFLICT DO NOTHING"),
                &values,
            )?;
        }
        Ok(())
    }

    /// Moves passages between the counts of where they are.
    pub(super) fn count_moves(&self, moves: &Moves) -> Result<(), LedgerError> {
        let moves: Vec<_> = moves.iter().filter(|(_, number)| **number != 0).collect();
        for moves in moves.chunks(ROWS) {
            let added = moves.iter().flat_map(|&(of, number)| key(of).into_iter().chain([Value::from(*number)]));
            self.run(&move_rows(moves.len()), &added.collect::<Vec<_>>())?;
        }
        if moves.is_empty() {
            return Ok(());
        }
        // All there are: the table is small, and read whole for each standing.
        self.run("DELETE FROM telemetry_standing WHERE passages = 0", &[]).map(drop)
    }
}

/// A booth, a state and an hour, as parameters.
fn key((booth, state, hour): &(String, String, String)) -> [Value; 3] {
    [booth, state, hour].map(|part| Value::from(part.as_str()))
}

fn writable(facts: &Facts) -> Result<String, LedgerError> {
    facts.to_json().map_err(|error| LedgerError::Damaged(format!("a roll-up cannot be written as JSON: {error}")))
}

pub(super) fn readable(text: &str) -> Result<Facts, LedgerError> {
    Facts::from_json(text).map_err(|error| LedgerError::Damaged(error.to_string()))
}

/// The roll-ups of so many keys, with the position of each key. CROSS JOIN: by the keys, not through all roll-ups.
fn select_rows(count: usize) -> String {
    let rows = (0..count)
        .map(|n| {
            let (a, b, c) = (n * 3 + 1, n * 3 + 2, n * 3 + 3);
            format!("(CAST({n} AS BIGINT), CAST(?{a} AS TEXT), CAST(?{b} AS TEXT), CAST(?{c} AS BIGINT))")
        })
        .collect::<Vec<_>>()
        .join(", ");
    format!(
        "WITH wanted (position, subject, step, start_ms) AS (VALUES {rows})
         SELECT w.position, t.facts FROM wanted w CROSS JOIN telemetry t
         WHERE t.subject = w.subject AND t.step = w.step AND t.start_ms = w.start_ms"
    )
}

/// Adds to so many counts of where passages are.
fn move_rows(count: usize) -> String {
    let rows = (0..count)
        .map(|n| {
            let (a, b, c, d) = (n * 4 + 1, n * 4 + 2, n * 4 + 3, n * 4 + 4);
            format!("(CAST(?{a} AS TEXT), CAST(?{b} AS TEXT), CAST(?{c} AS TEXT), CAST(?{d} AS BIGINT))")
        })
        .collect::<Vec<_>>()
        .join(", ");
    format!(
        "INSERT INTO telemetry_standing (booth_id, state, received_hour, passages) VALUES {rows}
         ON CONFLICT (booth_id, state, received_hour)
         DO UPDATE SET passages = telemetry_standing.passages + excluded.passages"
    )
}

fn upsert_rows(count: usize) -> String {
    let rows = (0..count)
        .map(|n| {
            let (a, b, c, d) = (n * 4 + 1, n * 4 + 2, n * 4 + 3, n * 4 + 4);
            format!("(CAST(?{a} AS TEXT), CAST(?{b} AS TEXT), CAST(?{c} AS BIGINT), CAST(?{d} AS TEXT))")
        })
        .collect::<Vec<_>>()
        .join(", ");
    format!(
        "INSERT INTO telemetry (subject, step, start_ms, facts) VALUES {rows}
         ON CONFLICT (subject, step, start_ms) DO UPDATE SET facts = excluded.facts"
    )
}
