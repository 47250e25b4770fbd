//! What must be true after everything was resent and drained, whatever happened before.
//!
//! The application is asked like any client asks it, and its files are looked into beside it: the answers alone could
//! agree with each other and still be wrong.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use serde_json::Value;
use tollbooth_pipeline::crossing::{Apart, Relation, Windows, relation};
use tollbooth_pipeline::ident::{photo_key, sha256_hex};

use crate::bills;
use crate::deliveries;
use crate::entry::{Entry, entries};
use crate::error::BenchError;
use crate::lab::OPERATOR_TOKEN;
use crate::outbox;
use crate::reviews;
use crate::sessions;
use crate::stage::Stage;
use crate::threshold;

pub use crate::entry::member;

/// Checks every promise; returns what is broken.
///
/// # Errors
/// [`BenchError`] when the bench cannot look.
pub fn check(stage: &Stage) -> Result<Vec<String>, BenchError> {
    let mut broken = stage.actor.witness.violations.clone();
    if let Some(cluster) = stage.lab().cluster() {
        cluster.write_down(stage.directory(), &stage.directory().join("sqlite_db.db"))?;
    }
    let ledger = stage.database("sqlite_db.db")?;
    let entries = entries(&ledger)?;
    balance(stage, entries.len(), &mut broken);
    telemetry(stage, &ledger, &mut broken)?;
    broken.extend(audit(stage).into_iter().map(|finding| format!("audit: {finding}")));
    acknowledged(stage, &entries, &mut broken);
    photos(stage, &entries, &mut broken);
    objects(stage, &entries, &mut broken)?;
    history(&ledger, &entries, &mut broken)?;
    leases(&ledger, &mut broken)?;
    people(stage, &ledger, &entries, &mut broken)?;
    sessions::check(stage, &ledger, &mut broken)?;
    threshold::check(stage, &ledger, &mut broken)?;
    blind(&ledger, &mut broken)?;
    reviews::check(stage, &ledger, &mut broken)?;
    desk(&ledger, &mut broken)?;
    crossings(&ledger, &mut broken)?;
    pictures(stage, &entries, &mut broken);
    outbox::check(&ledger, &stage.letters(), &mut broken)?;
    bills::check(stage, &entries, &mut broken);
    deliveries::check(stage, &mut broken);
    revoked(stage, &mut broken);
    Ok(broken)
}

/// Counted: the balance closes from both sides, nothing is left on the way, everything accepted is billed.
fn balance(stage: &Stage, passages: usize, broken: &mut Vec<String>) {
    let Some(answer) = stage.actor.wire.get("/v1/balance", OPERATOR_TOKEN) else {
        broken.push("balance: no answer".to_owned());
        return;
    };
    let balance = answer.json();
    if balance["closes"] != true {
        broken.push(format!("balance: does not close: {}", balance["violations"]));
    }
    let totals = &balance["totals"];
    if totals["from_events"] != totals["from_state"] {
        broken.push(format!("balance: the sides differ: {totals}"));
    }
    let state = &totals["from_state"];
    let count = |name: &str| state[name].as_u64().unwrap_or(u64::MAX);
    if count("received") != passages as u64 {
        broken.push(format!("balance: {passages} passages, but {} received", count("received")));
    }
    if count("waiting") + count("reading") != 0 {
        broken.push(format!("balance: something never came to an end: {state}"));
    }
    let on_the_way = count("awaiting_export") + count("awaiting_correction") + count("awaiting_withdrawal");
    if count("accepted") != count("billed") || on_the_way != 0 {
        broken.push(format!("balance: accepted is not billed: {state}"));
    }
}

/// Added up: what those who watch are shown is what the balance counts, and every event is in the roll-ups once.
fn telemetry(stage: &Stage, ledger: &Connection, broken: &mut Vec<String>) -> Result<(), BenchError> {
    let get = |path: &str| stage.actor.wire.get(path, OPERATOR_TOKEN).map(|answer| answer.json());
    let (Some(present), Some(balance)) = (get("/v1/telemetry/present"), get("/v1/balance")) else {
        broken.push("telemetry: no answer".to_owned());
        return Ok(());
    };
    let (shown, counted) = (&present["counts"], &balance["totals"]["from_state"]);
    let differs = |shown: &serde_json::Map<String, Value>| shown.iter().any(|(name, count)| counted[name] != *count);
    if shown.as_object().is_none_or(|shown| shown.len() < 9 || differs(shown)) {
        broken.push(format!("telemetry: shows {shown}, the balance is {counted}"));
    }
    let text = |sql: &str| ledger.query_row(sql, [], |row| row.get::<_, String>(0));
    let facts: Value = text("SELECT facts FROM telemetry WHERE subject = 'all' AND step = 'total'")
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    for (metric, kind) in
        [("received", "received"), ("leased", "leased"), ("billed", "billed"), ("exports", "export-published")]
    {
        let happened: i64 = ledger.query_row("SELECT count(*) FROM event WHERE kind = ?1", [kind], |row| row.get(0))?;
        let added_up = facts[metric].as_i64().unwrap_or_default();
        if happened != added_up {
            broken.push(format!("telemetry: {happened} times {kind}, {added_up} added up"));
        }
    }
    Ok(())
}

/// What the application's own audit of passages and photos finds.
#[must_use]
pub fn audit(stage: &Stage) -> Vec<String> {
    let mut findings = Vec::new();
    let mut after = 0;
    loop {
        let path = format!("/v1/audit/passages?after={after}&limit=50");
        let Some(answer) = stage.actor.wire.get(&path, OPERATOR_TOKEN).filter(|answer| answer.status == 200) else {
            findings.push("no answer".to_owned());
            return findings;
        };
        let page = answer.json();
        let found = page["findings"].as_array().map_or(&[][..], Vec::as_slice);
        findings.extend(found.iter().map(|finding| format!("{} {finding}", member(finding, "finding"))));
        match page["next"].as_u64() {
            Some(next) => after = next,
            None => return findings,
        }
    }
}

/// Acknowledged means durable, and every passage was once sent.
fn acknowledged(stage: &Stage, entries: &[Entry], broken: &mut Vec<String>) {
    let witness = &stage.actor.witness;
    let by_id: BTreeMap<&str, &Entry> = entries.iter().map(|entry| (entry.id.as_str(), entry)).collect();
    for (place, known) in &witness.acknowledged {
        match by_id.get(known.passage.as_str()) {
            None => broken.push(format!("lost: {} of {place:?} was acknowledged and is gone", known.passage)),
            Some(entry) => {
                let same = entry.place == *place
                    && entry.photo_sha256 == sha256_hex(&known.upload.photo)
                    && entry.captured_at == known.upload.captured_at
                    && entry.lane == known.upload.lane;
                if !same {
                    broken.push(format!("changed: {} is not what was acknowledged", known.passage));
                }
            }
        }
    }
    for place in witness.twice_new() {
        broken.push(format!("counted: {place:?} was acknowledged as new twice"));
    }
    broken.extend(witness.conflicts_with_nothing());
    for entry in entries {
        if !witness.sent.contains_key(&entry.place) {
            broken.push(format!("invented: nobody ever sent {:?}", entry.place));
        } else if !witness.acknowledged.contains_key(&entry.place) {
            broken.push(format!("unacknowledged: {:?} is in the ledger, and its resends were refused", entry.place));
        }
    }
}

/// No passage without its photo, byte for byte.
fn photos(stage: &Stage, entries: &[Entry], broken: &mut Vec<String>) {
    for entry in entries {
        let shown = stage.actor.wire.get(&format!("/v1/passages/{}/photo", entry.id), stage.actor.fact("supervisor"));
        let sent = stage.actor.witness.sent.get(&entry.place).into_iter().flatten();
        let same = shown.as_ref().is_some_and(|shown| {
            shown.status == 200
                && sha256_hex(&shown.body) == entry.photo_sha256
                && sent.clone().any(|upload| shown.body == *upload.photo)
        });
        if !same {
            let answer = shown.map_or_else(|| "nothing".to_owned(), |answer| answer.status.to_string());
            broken.push(format!("photo: that of {} is not what was sent (answer {answer})", entry.id));
        }
    }
}

/// An unreferenced photo exists only where no 2xx was sent; an export has one file.
fn objects(stage: &Stage, entries: &[Entry], broken: &mut Vec<String>) -> Result<(), BenchError> {
    let store = stage.database("sqlite_key_value.db")?;
    let mut statement = store.prepare("SELECT key FROM spin_key_value")?;
    let keys = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<BTreeSet<_>, _>>()?;
    let referenced: BTreeSet<&str> = entries.iter().map(|entry| entry.photo_key.as_str()).collect();
    let witness = &stage.actor.witness;
    let refused: BTreeSet<String> = witness
        .sent
        .iter()
        .flat_map(|(place, uploads)| uploads.iter().map(move |upload| (place, upload)))
        .filter(|(place, upload)| witness.acknowledged.get(*place).is_none_or(|known| known.upload != **upload))
        .map(|((booth, key), upload)| photo_key(booth, key, &sha256_hex(&upload.photo)))
        .collect();
    for key in keys.iter().filter(|key| key.starts_with("photos/")) {
        if !referenced.contains(key.as_str()) && !refused.contains(key) {
            broken.push(format!("object: {key} belongs to nothing"));
        }
    }
    bills::objects(stage, &keys, broken);
    for (name, connection) in [("key-value", &store), ("ledger", &stage.database("sqlite_db.db")?)] {
        let sound: String = connection.query_row("PRAGMA quick_check", [], |row| row.get(0))?;
        if sound != "ok" {
            broken.push(format!("{name}: SQLite finds {sound}"));
        }
    }
    Ok(())
}

/// One final state, reached by an unbroken chain of events.
fn history(ledger: &Connection, entries: &[Entry], broken: &mut Vec<String>) -> Result<(), BenchError> {
    let mut statement = ledger.prepare(
        "SELECT p.id, e.kind, e.from_state, e.to_state FROM event e JOIN passage p ON p.sequence = e.passage_sequence
         WHERE e.to_state IS NOT NULL ORDER BY e.sequence",
    )?;
    let mut now: BTreeMap<String, String> = BTreeMap::new();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, kind): (String, String) = (row.get(0)?, row.get(1)?);
        let (from, to): (Option<String>, String) = (row.get(2)?, row.get(3)?);
        if from != now.get(&id).cloned() {
            broken.push(format!("history: {id} was {:?} when `{kind}` left {from:?}", now.get(&id)));
        }
        now.insert(id, to);
    }
    for entry in entries {
        if now.get(&entry.id) != Some(&entry.state) {
            broken.push(format!(
                "history: {} is {}, its events end at {:?}",
                entry.id,
                entry.state,
                now.get(&entry.id)
            ));
        }
        if !["in-review", "accepted", "rejected", "duplicate"].contains(&entry.state.as_str()) {
            broken.push(format!("history: {} came to rest as {}", entry.id, entry.state));
        }
    }
    Ok(())
}

/// No lease is held for ever, and no attempt runs for ever.
fn leases(ledger: &Connection, broken: &mut Vec<String>) -> Result<(), BenchError> {
    let held: i64 =
        ledger.query_row("SELECT count(*) FROM passage WHERE lease_token IS NOT NULL", [], |row| row.get(0))?;
    let running: i64 =
        ledger.query_row("SELECT count(*) FROM reading_attempt WHERE outcome = 'running'", [], |row| row.get(0))?;
    if held + running != 0 {
        broken.push(format!("leases: {held} held and {running} attempts running after the drain"));
    }
    Ok(())
}

/// What a person was told is done is done, once.
fn people(stage: &Stage, ledger: &Connection, entries: &[Entry], broken: &mut Vec<String>) -> Result<(), BenchError> {
    let witness = &stage.actor.witness;
    for decided in &witness.decided {
        // The version that somebody is told is ahead of the passage's by one for each answer of theirs that was held, and by
        // one more for each of these that they had taken back (ADR 0024).
        let found: i64 = ledger.query_row(
            "SELECT count(*) FROM verdict v JOIN passage p ON p.sequence = v.passage_sequence
             WHERE p.id = ?1 AND v.plate IS ?3 AND v.plate_type IS ?4 AND ?2 = v.version + (
                 SELECT coalesce(sum(CASE WHEN o.withdrawn_at_ms <= v.at_ms THEN 2 ELSE 1 END), 0) FROM opinion o
                 WHERE o.passage_sequence = v.passage_sequence AND o.actor_id = v.actor_id AND o.held = 1
                     AND o.at_ms <= v.at_ms)",
            (&decided.passage, i64::try_from(decided.version).unwrap_or(-1), &decided.plate, &decided.of_type),
            |row| row.get(0),
        )?;
        // An answer that others must confirm first moved nothing, and is written down all the same; it stays so when
        // somebody else sends the passage back to the recogniser, which takes all answers back.
        let (held, ever): (i64, i64) = ledger.query_row(
            "SELECT count(*) FILTER (WHERE o.withdrawn_at_ms IS NULL), count(*)
             FROM opinion o JOIN passage p ON p.sequence = o.passage_sequence
             WHERE p.id = ?1 AND o.held = 1 AND o.plate IS ?2",
            (&decided.passage, &decided.plate),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        if found > 1 || held > 1 || found + ever == 0 {
            broken.push(format!("verdict: {decided:?} was acknowledged and found {found} times, held {held} times"));
        }
    }
    for (passage, version) in &witness.moved {
        if !entries.iter().any(|entry| entry.id == *passage && entry.version >= *version) {
            broken.push(format!("verdict: version {version} of {passage} was acknowledged and never came to be"));
        }
    }
    Ok(())
}

/// What was read independently is billed only when the answers agree or a supervisor has decided, and no answer waits for
/// nothing.
fn blind(ledger: &Connection, broken: &mut Vec<String>) -> Result<(), BenchError> {
    const BROKEN: [(&str, &str); 4] = [
        (
            "decided while answers were missing or differed",
            "b.standing IN ('open', 'disputed') AND p.state IN ('accepted', 'rejected')",
        ),
        ("settled and not decided", "b.standing = 'settled' AND p.state NOT IN ('accepted', 'rejected')"),
        (
            "the judge's answer was overruled by one person alone",
            "b.machine_error IS NOT NULL AND NOT EXISTS (SELECT 1 FROM opinion o
                 WHERE o.passage_sequence = p.sequence AND o.actor_role = 'supervisor' AND o.withdrawn_at_ms IS NULL)",
        ),
        (
            "an answer waits for nothing",
            "b.standing NOT IN ('open', 'disputed') AND EXISTS (SELECT 1 FROM opinion o
                 WHERE o.passage_sequence = p.sequence AND o.waiting = 1)",
        ),
    ];
    for (what, condition) in BROKEN {
        let sql = format!(
            "SELECT p.id FROM blind_review b JOIN passage p ON p.sequence = b.passage_sequence WHERE {condition}"
        );
        let mut statement = ledger.prepare(&sql)?;
        for id in statement.query_map([], |row| row.get::<_, String>(0))? {
            broken.push(format!("blind: {}: {what}", id?));
        }
    }
    Ok(())
}

/// What was flagged or kept is decided by whom it may be, and everything that was written about it has its line in the
/// history.
fn desk(ledger: &Connection, broken: &mut Vec<String>) -> Result<(), BenchError> {
    const BROKEN: [(&str, &str); 5] = [
        (
            "what was flagged was decided by somebody else than a supervisor",
            "SELECT p.id FROM flag f JOIN passage p ON p.sequence = f.passage_sequence
             JOIN verdict v ON v.passage_sequence = f.passage_sequence AND v.version = f.version + 1
             WHERE f.ended_at_ms IS NULL AND v.actor_role <> 'supervisor'",
        ),
        (
            "what was flagged was decided by whoever flagged it",
            "SELECT p.id FROM flag f JOIN passage p ON p.sequence = f.passage_sequence
             JOIN verdict v ON v.passage_sequence = f.passage_sequence AND v.version = f.version + 1
             WHERE f.ended_at_ms IS NULL AND v.actor_id = f.actor_id",
        ),
        (
            "somebody works on it who may not decide it",
            "SELECT p.id FROM flag f JOIN passage p ON p.sequence = f.passage_sequence AND p.version = f.version
             JOIN token t ON t.id = p.claimed_by
             WHERE f.ended_at_ms IS NULL AND (t.role <> 'supervisor' OR t.id = f.actor_id)",
        ),
        (
            "the history has other flags than there are",
            "SELECT p.id FROM passage p WHERE
                 (SELECT count(*) FROM flag f WHERE f.passage_sequence = p.sequence)
                     <> (SELECT count(*) FROM event e WHERE e.passage_sequence = p.sequence AND e.kind = 'flagged')
                 OR (SELECT count(*) FROM flag f WHERE f.passage_sequence = p.sequence AND f.ended_at_ms IS NOT NULL)
                     <> (SELECT count(*) FROM event e WHERE e.passage_sequence = p.sequence AND e.kind = 'unflagged')",
        ),
        (
            "the history has other assignments than there are",
            "SELECT p.id FROM passage p WHERE (SELECT count(*) FROM assignment a WHERE a.passage_sequence = p.sequence)
                 <> (SELECT count(*) FROM event e WHERE e.passage_sequence = p.sequence AND e.kind = 'assigned')",
        ),
    ];
    for (what, sql) in BROKEN {
        let mut statement = ledger.prepare(sql)?;
        for id in statement.query_map([], |row| row.get::<_, String>(0))? {
            broken.push(format!("desk: {}: {what}", id?));
        }
    }
    Ok(())
}

/// One crossing is billed once. Of passages that may show the same one by the rules and the default settings, the judge
/// accepts one only, and people accept no second one with the same or nearly the same plate: the bench never says that it
/// is another crossing.
fn crossings(ledger: &Connection, broken: &mut Vec<String>) -> Result<(), BenchError> {
    const WINDOWS: Windows = Windows { recross_ms: 60_000, towing_ms: 3_000, towing_one_camera_ms: 0 };
    let mut statement = ledger.prepare(
        "SELECT a.id, b.id, a.plate, b.plate, b.captured_at_ms - a.captured_at_ms, a.lane = b.lane, a.camera = b.camera,
                a.decided_by = 'judge' AND b.decided_by = 'judge'
         FROM passage a JOIN passage b ON b.booth_id = a.booth_id
             AND b.sequence > a.sequence AND abs(b.captured_at_ms - a.captured_at_ms) <= 60000
         WHERE a.state = 'accepted' AND b.state = 'accepted'",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (one, other): (String, String) = (row.get(0)?, row.get(1)?);
        let (plate, another): (String, String) = (row.get(2)?, row.get(3)?);
        let apart = Apart { ms: row.get(4)?, same_lane: row.get(5)?, same_camera: row.get(6)? };
        let by_judge: bool = row.get(7)?;
        let found = relation(&plate, &another, apart, WINDOWS);
        if let Some(relation) = found.filter(|relation| by_judge || *relation != Relation::Towing) {
            broken.push(format!("crossing: {one} and {other} may be one ({}), and both are billed", relation.as_str()));
        }
    }
    Ok(())
}

/// One picture is billed once, whatever is written beside it in the file and however it is encoded: compared by its pixels,
/// and among photos of one plate by a small copy of them.
fn pictures(stage: &Stage, entries: &[Entry], broken: &mut Vec<String>) {
    type Small<'a> = Vec<(&'a str, Vec<u8>)>;
    let mut billed: BTreeMap<(&str, String), &str> = BTreeMap::new();
    let mut small: BTreeMap<(&str, Option<&str>), Small<'_>> = BTreeMap::new();
    for entry in entries.iter().filter(|e| e.state == "accepted" && e.decided_by.as_deref() == Some("judge")) {
        let sent = stage.actor.witness.sent.get(&entry.place).into_iter().flatten();
        let photo = sent.map(|upload| &upload.photo).find(|photo| sha256_hex(photo) == entry.photo_sha256);
        let Some(Ok(pixels)) = photo.map(|photo| image::load_from_memory(photo)) else { continue };
        let picture = (entry.place.0.as_str(), sha256_hex(pixels.as_bytes()));
        if let Some(other) = billed.insert(picture, &entry.id) {
            broken.push(format!("picture: {other} and {} show the same pixels, and both are billed", entry.id));
        }
        let thumbnail = image::imageops::thumbnail(&pixels.to_luma8(), 24, 18).into_raw();
        let like = small.entry((entry.place.0.as_str(), entry.plate.as_deref())).or_default();
        for (other, theirs) in like.iter() {
            if thumbnail.iter().zip(theirs).all(|(a, b)| a.abs_diff(*b) <= 8) {
                broken.push(format!("picture: {other} and {} look the same, and both are billed", entry.id));
            }
        }
        like.push((entry.id.as_str(), thumbnail));
    }
}

/// A revoked token stays out. Last, for a broken promise here would add a passage.
fn revoked(stage: &Stage, broken: &mut Vec<String>) {
    for token in &stage.actor.witness.revoked {
        let path = "/v1/booths/north/passages/probe?captured_at=2026-11-01T05:30:00Z&lane=1&camera=front";
        let answer = stage.actor.wire.send("PUT", path, token, "image/jpeg", b"not a photo");
        if answer.as_ref().is_none_or(|answer| answer.status != 401) {
            broken.push(format!("token: a revoked one was answered with {:?}", answer.map(|answer| answer.brief())));
        }
    }
}
