//! What must be true of messages and alerts after every fault: none is lost, none is told twice without saying so, a rule has
//! one alert at a time, and whoever is told of its beginning is told of its end, once. Mail is held against what arrived.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use crate::error::BenchError;
use crate::post::{Behaviour, Letter};

/// What must find no row, and what it means when it does.
const BROKEN: &[(&str, &str)] = &[
    (
        "SELECT id FROM message WHERE state NOT IN ('handed-over', 'withdrawn', 'dead')",
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
        "SELECT thread FROM message WHERE thread <> '' AND kind <> 'digest' AND thread NOT IN (SELECT id FROM alert)",
        "tells of an alert that there is not",
    ),
    (
        "SELECT id FROM alert WHERE tellings > 0 AND NOT EXISTS (SELECT 1 FROM message WHERE thread = alert.id)
             AND NOT EXISTS (SELECT 1 FROM message_alert WHERE alert_id = alert.id)",
        "counts as told, and there is no message",
    ),
    (
        "SELECT id FROM message WHERE kind = 'digest'
             AND (SELECT count(*) FROM message_alert WHERE message_id = message.id) < 2",
        "is a digest of fewer than two alerts",
    ),
    (
        "SELECT message_id FROM message_alert WHERE message_id NOT IN (SELECT id FROM message WHERE kind = 'digest')",
        "stands on the page of an alert, and is no digest",
    ),
    (
        "SELECT a.id FROM alert a WHERE (SELECT count(*) FROM event
             WHERE kind = 'alert-fired' AND json_extract(detail, '$.alert') = a.id) <> 1",
        "has no event of its beginning, or several",
    ),
    (
        "SELECT a.id FROM alert a WHERE (SELECT count(*) FROM event WHERE kind = 'alert-resolved'
             AND json_extract(detail, '$.alert') = a.id) <> (a.state = 'resolved')",
        "has no event of its end, or one too many",
    ),
    (
        "SELECT a.id FROM alert a WHERE (SELECT count(*) FROM event WHERE kind = 'alert-acknowledged'
             AND json_extract(detail, '$.alert') = a.id) <> (a.acknowledged_at_ms IS NOT NULL)",
        "is taken care of, and the history does not say so once",
    ),
    (
        // By itself, or among others in a digest, which begins with a line for each.
        "SELECT a.id FROM alert a JOIN json_each(a.told) t WHERE (SELECT count(*) FROM message m
             WHERE m.channel = json_extract(t.value, '$[0]') AND m.addressee = json_extract(t.value, '$[1]')
             AND ((m.thread = a.id AND m.subject LIKE '%] Recovered: %')
                 OR (instr(m.body, char(10) || '- Recovered: ' || a.title || char(10)) > 0 AND EXISTS (SELECT 1
                     FROM message_alert d WHERE d.alert_id = a.id AND d.message_id = m.id)))) <> (a.state = 'resolved')",
        "is over and its end was not told once to everybody who was told of it, or it is not and was told to be",
    ),
    (
        "SELECT m.thread FROM message m JOIN alert a ON a.id = m.thread WHERE m.subject = '[TollBooth] ' || a.title
         GROUP BY m.thread, m.channel, m.addressee HAVING count(*) > 1 AND max(a.tellings) <= 1",
        "was told of once, and there are several messages of its beginning for one receiver",
    ),
    (
        "SELECT m.id FROM message m JOIN alert a ON a.id = m.thread WHERE NOT EXISTS (SELECT 1 FROM json_each(a.told) t
             WHERE m.channel = json_extract(t.value, '$[0]') AND m.addressee = json_extract(t.value, '$[1]'))",
        "tells somebody of an alert of whom the alert does not know it",
    ),
    // Rules that count at once, so that nothing is waited for before people are told.
    (
        "SELECT a.id FROM alert a WHERE a.tellings = 0 AND a.inhibited = 0 AND a.acknowledged_at_ms IS NULL
             AND a.rule IN ('export-empty', 'export-late', 'export-file-lost', 'review-backlog', 'delivery-dead')
             AND NOT EXISTS (SELECT 1 FROM alert_snooze s WHERE s.rule = a.rule)
             AND (a.state = 'firing' OR NOT EXISTS (SELECT 1 FROM event e WHERE e.kind = 'alert-snoozed'
                 AND json_extract(e.detail, '$.rule') = a.rule))",
        "fired, and nobody was told",
    ),
    (
        "SELECT m.id FROM message m WHERE m.state = 'dead' AND NOT EXISTS (SELECT 1 FROM event e
             WHERE e.kind = 'message-dead' AND json_extract(e.detail, '$.message') = m.id)",
        "was given up and the history does not say so",
    ),
    (
        "SELECT m.id FROM message m WHERE (SELECT count(*) FROM event e WHERE e.kind = 'message-withdrawn'
             AND json_extract(e.detail, '$.message') = m.id) <> (m.state = 'withdrawn')",
        "was taken back and the history does not say so once",
    ),
    (
        "SELECT a.id FROM alert a JOIN alert_rule r ON r.id = a.rule WHERE a.state = 'firing' AND r.deleted = 1",
        "goes on, and its rule was deleted",
    ),
    (
        "SELECT r.id FROM alert_rule r WHERE r.version <> (SELECT max(v.version) FROM alert_rule_version v
             WHERE v.rule_id = r.id) OR r.version <> (SELECT count(*) FROM alert_rule_version v WHERE v.rule_id = r.id)
             OR r.version <> (SELECT count(*) FROM event e WHERE e.kind = 'alert-rule-changed'
                 AND json_extract(e.detail, '$.rule') = r.id)",
        "is a rule whose versions have a gap, or are not in the history once",
    ),
];

/// Adds what is broken.
///
/// # Errors
/// [`BenchError`] when the ledger cannot be looked into.
pub fn check(ledger: &Connection, letters: &[Letter], broken: &mut Vec<String>) -> Result<(), BenchError> {
    for (sql, what) in BROKEN {
        let mut statement = ledger.prepare(sql)?;
        let found = statement.query_map([], |row| row.get::<_, String>(0))?;
        for id in found {
            broken.push(format!("messages: {} {what}", id?));
        }
    }
    mail(ledger, letters, broken)
}

/// What counts as handed over arrived; what may have arrived is never sent again as if it were new; what was given up was
/// turned away for good; nothing arrived that is not in the outbox.
fn mail(ledger: &Connection, letters: &[Letter], broken: &mut Vec<String>) -> Result<(), BenchError> {
    let mut statement = ledger.prepare("SELECT id, state, addressee FROM message WHERE channel = 'mail'")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
    let sent: BTreeMap<String, (String, String)> = rows.collect::<Result<_, _>>()?;
    for (id, (state, addressee)) in &sent {
        let mine: Vec<&Letter> = letters.iter().filter(|letter| letter.id == *id && letter.arrived).collect();
        if state == "handed-over" && mine.is_empty() {
            broken.push(format!("mail: {id} counts as handed over and never arrived"));
        }
        if mine.iter().filter(|letter| !letter.repetition).count() > 1 {
            broken.push(format!("mail: {id} arrived twice and did not say so"));
        }
        if state == "dead" && addressee != Behaviour::Refuses.address() {
            broken.push(format!("mail: {id} to {addressee} was given up"));
        }
    }
    let strange: BTreeSet<&str> =
        letters.iter().map(|letter| letter.id.as_str()).filter(|id| !sent.contains_key(*id)).collect();
    for id in strange {
        broken.push(format!("mail: {id} arrived and is in no outbox"));
    }
    Ok(())
}
