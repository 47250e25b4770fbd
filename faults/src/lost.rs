//! The file of a published export that is lost from the store, and that somebody puts back when everything else is over:
//! corrections of its lines wait for it, and nothing else does; unless an operator gives the file up before.

use crate::actor::Actor;
use crate::before::{accepted, correctable, died_at, need, note};
use crate::error::BenchError;
use crate::stage::{Lost, Stage};
use crate::steps::{sent, ticked};

/// A correction is due of a line whose file is lost, and a camera is about to send something new.
pub fn correction_without_file(stage: &mut Stage) -> Result<(), BenchError> {
    correctable(stage)?;
    take_away(stage, "exports/1/%.csv")?;
    note(stage, "late", 400, accepted("LAT3333"))
}

/// What came since is exported; the correction waits.
pub fn the_rest_goes_on(actor: &mut Actor) -> bool {
    sent(actor, "late") && ticked(actor) && actor.export(false).is_some()
}

/// The file is lost, and nobody has exported since.
pub fn file_lost(stage: &mut Stage) -> Result<(), BenchError> {
    correctable(stage)?;
    take_away(stage, "exports/1/%.csv")
}

/// The operator gives the file up.
pub fn given_up(actor: &mut Actor) -> bool {
    actor.release(1).is_some()
}

/// The correction waits, the file is given up, and the correction is published.
pub fn given_up_in_between(actor: &mut Actor) -> bool {
    actor.export(false).is_some() && given_up(actor) && actor.export(false).is_some()
}

/// A correction whose manifest is stored and which is not published: its file and the one that it corrects were lost, the latter
/// was given up, and turned up after all.
pub fn stored_and_lost(stage: &mut Stage) -> Result<(), BenchError> {
    correctable(stage)?;
    died_at(
        stage,
        |moment| moment.starts_with("before") && moment.contains("UPDATE export SET state"),
        |actor| actor.export(false).is_some(),
    )?;
    take_away(stage, "exports/2/%.csv")?;
    take_away(stage, "exports/1/%.csv")?;
    need("the release", given_up(&mut stage.actor))?;
    put_back(stage)?;
    stage.lost.clear();
    Ok(())
}

fn take_away(stage: &mut Stage, pattern: &str) -> Result<(), BenchError> {
    let store = stage.database("sqlite_key_value.db")?;
    let lost = {
        let mut found = store.prepare("SELECT store, key, value FROM spin_key_value WHERE key LIKE ?1")?;
        let rows =
            found.query_map([pattern], |row| Ok(Lost { store: row.get(0)?, key: row.get(1)?, value: row.get(2)? }))?;
        rows.collect::<Result<Vec<_>, _>>()?
    };
    need("a file that can be lost", !lost.is_empty())?;
    for one in &lost {
        store.execute("DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2", (&one.store, &one.key))?;
    }
    stage.lost = lost;
    Ok(())
}

/// Puts back what was taken away; false when nothing was.
///
/// # Errors
/// [`BenchError::Database`]
pub fn put_back(stage: &Stage) -> Result<bool, BenchError> {
    if stage.lost.is_empty() {
        return Ok(false);
    }
    let store = stage.database("sqlite_key_value.db")?;
    for one in &stage.lost {
        store.execute(
            "INSERT OR IGNORE INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)",
            (&one.store, &one.key, &one.value),
        )?;
    }
    Ok(true)
}
