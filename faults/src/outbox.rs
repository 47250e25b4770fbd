//! What must be true of messages and alerts after every fault: none is lost, none is told twice without saying so, and
//! a rule has one alert at a time.

use rusqlite::Connection;

use crate::error::BenchError;

/// What must find no row, and what it means when it does.
const BROKEN: &[(&str, &str)] = &[
    (
        "SELECT id FROM message WHERE state NOT IN ('handed-over', 'withdrawn')",
        "never left the outbox",
    ),
    (
        "SELECT m.id FROM message m JOIN message_attempt a ON a.message_sequence = m.sequence
         WHERE a.repetition = 0 AND EXISTS (SELECT 1 FROM message_attempt e WHERE e.message_sequence = a.message_sequence
             AND e.number < a.number AND e.outcome IN ('lost', 'unclear', 'running'))",
        "was delivered again without saying so",
    ),
    (
        "SELECT m.id FROM message m JOIN message_attempt a ON a.message_sequence = m.sequence
         WHERE a.outcome = 'handed-over' GROUP BY m.id HAVING count(*) > 1",
        "was handed over twice, as the ledger knows it",
    ),
    (
        "SELECT m.id FROM message m WHERE m.attempts
             <> (SELECT count(*) FROM message_attempt a WHERE a.message_sequence = m.sequence)",
        "has other deliveries than it counts",
    ),
    (
        "SELECT thread FROM message WHERE thread <> '' AND thread NOT IN (SELECT id FROM alert)",
        "tells of an alert that there is not",
    ),
    (
        "SELECT id FROM alert WHERE tellings > 0 AND NOT EXISTS (SELECT 1 FROM message WHERE thread = alert.id)",
        "counts as told, and there is no message",
    ),
    (
        "SELECT a.id FROM alert a WHERE (SELECT count(*) FROM event
             WHERE kind = 'alert-fired' AND json_extract(detail, '$.alert') = a.id) <> 1",
        "has no event of its beginning, or several",
    ),
];

/// Adds what is broken.
///
/// # Errors
/// [`BenchError`] when the ledger cannot be looked into.
pub fn check(ledger: &Connection, broken: &mut Vec<String>) -> Result<(), BenchError> {
    for (sql, what) in BROKEN {
        let mut statement = ledger.prepare(sql)?;
        let found = statement.query_map([], |row| row.get::<_, String>(0))?;
        for id in found {
            broken.push(format!("messages: {} {what}", id?));
        }
    }
    Ok(())
}
