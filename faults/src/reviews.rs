//! What must be true of decisions, second readings and billing's answers, whatever died meanwhile: each counts once or not at
//! all, and nobody confirms themselves.

use rusqlite::Connection;

use crate::error::BenchError;
use crate::stage::Stage;

/// What must find no passage, and what it means when it does.
const BROKEN: &[(&str, &str)] = &[
    (
        "people's decisions and the history of them differ",
        "SELECT p.id FROM passage p WHERE (SELECT count(*) FROM verdict v WHERE v.passage_sequence = p.sequence)
             <> (SELECT count(*) FROM event e WHERE e.passage_sequence = p.sequence
                 AND e.kind IN ('accepted', 'rejected') AND e.actor_role IN ('reviewer', 'supervisor'))",
    ),
    (
        "an answer decided and is no decision, or the other way round",
        "SELECT p.id FROM passage p WHERE (SELECT count(*) FROM verdict v WHERE v.passage_sequence = p.sequence)
             <> (SELECT count(*) FROM opinion o WHERE o.passage_sequence = p.sequence AND o.held = 0)",
    ),
    (
        "answers that were held and the history of them differ",
        "SELECT p.id FROM passage p WHERE (SELECT count(*) FROM opinion o
                 WHERE o.passage_sequence = p.sequence AND o.held = 1)
             <> (SELECT count(*) FROM event e WHERE e.passage_sequence = p.sequence AND e.kind = 'opinion-given')",
    ),
    (
        "whoever read it first confirmed themselves",
        "SELECT p.id FROM passage p JOIN blind_review b ON b.passage_sequence = p.sequence
         WHERE b.standing = 'settled' AND b.people = 2
             AND NOT EXISTS (SELECT 1 FROM opinion o WHERE o.passage_sequence = p.sequence
                 AND o.actor_role = 'supervisor' AND o.withdrawn_at_ms IS NULL)
             AND (SELECT count(DISTINCT o.actor_id) FROM opinion o WHERE o.passage_sequence = p.sequence
                 AND o.withdrawn_at_ms IS NULL) < 2",
    ),
    (
        "it was billed and is looked at again, and nothing says why",
        "SELECT p.id FROM passage p WHERE p.correction IN ('open', 'due')
             AND NOT EXISTS (SELECT 1 FROM recall r WHERE r.passage_sequence = p.sequence)",
    ),
    (
        "billing refused the line, and it stands",
        "SELECT p.id FROM passage p JOIN disposition d ON d.passage_sequence = p.sequence AND d.outcome = 'refused'
         WHERE p.state = 'accepted' AND p.correction IS NULL AND p.export_sequence IS NOT NULL
             AND d.revision = coalesce((SELECT max(c.revision) FROM correction c
                 WHERE c.passage_sequence = p.sequence), 1)",
    ),
    (
        "billing's answers and the history of them differ",
        "SELECT p.id FROM passage p WHERE (SELECT count(*) FROM disposition d WHERE d.passage_sequence = p.sequence)
             <> (SELECT count(*) FROM event e WHERE e.passage_sequence = p.sequence
                 AND e.kind IN ('billing-took', 'billing-found-no-owner', 'billing-refused'))",
    ),
    (
        "what was taken over after a restore is here as accepted, and is not bound to the export that billed it",
        "SELECT p.id FROM passage p JOIN adopted_line a ON a.passage_id = p.id
         WHERE p.state = 'accepted' AND p.correction IS NULL AND p.export_sequence IS NULL",
    ),
    (
        "what was taken over after a restore was billed once more",
        "SELECT p.id FROM passage p JOIN adopted_line a ON a.passage_id = p.id
         JOIN bill_line l ON l.passage_sequence = p.sequence WHERE l.export_sequence <> a.export_sequence",
    ),
];

/// Adds what is broken.
///
/// # Errors
/// [`BenchError`] when the ledger cannot be looked into.
pub fn check(stage: &Stage, ledger: &Connection, broken: &mut Vec<String>) -> Result<(), BenchError> {
    for (what, sql) in BROKEN {
        let mut statement = ledger.prepare(sql)?;
        for id in statement.query_map([], |row| row.get::<_, String>(0))? {
            broken.push(format!("reviews: {}: {what}", id?));
        }
    }
    let count = |sql: &str, of: &str| ledger.query_row(sql, [of], |row| row.get::<_, i64>(0));
    let undone = &stage.actor.witness.undone;
    for passage in undone {
        let told = undone.iter().filter(|other| *other == passage).count();
        let found = count(
            "SELECT count(*) FROM event e JOIN passage p ON p.sequence = e.passage_sequence
             WHERE p.id = ?1 AND e.kind IN ('undone', 'opinion-withdrawn')",
            passage,
        )?;
        if found < i64::try_from(told).unwrap_or(i64::MAX) {
            broken.push(format!("reviews: {passage}: {told} decisions were taken back, the history has {found}"));
        }
    }
    for noted in &stage.actor.witness.noted {
        let found: i64 = ledger.query_row(
            "SELECT (SELECT count(*) FROM disposition d JOIN passage p ON p.sequence = d.passage_sequence
                     WHERE p.id = ?1 AND d.export_sequence = ?2 AND d.outcome = ?3)
                 + (SELECT count(*) FROM adopted_answer w
                     WHERE w.passage_id = ?1 AND w.export_sequence = ?2 AND w.outcome = ?3 AND w.settled = 0)",
            (&noted.passage, i64::try_from(noted.export).unwrap_or(-1), noted.outcome),
            |row| row.get(0),
        )?;
        if found != 1 {
            broken.push(format!("reviews: {noted:?} was acknowledged and is there {found} times"));
        }
    }
    Ok(())
}
