//! `tollbooth:ledger/learning`

use tollbooth_ledger::learning as domain;
use tollbooth_ledger::{Failure, LedgerError};

use crate::bindings::exports::tollbooth::ledger::learning::{
    Actor, AgainFilter, CameraText, CameraTurn, ForgetFailure, Guest, LedgerFailure, NewTurn, ReadPassage,
    ReadPassages, ReadTurned, Traffic, TurnFailure, TurnedCamera,
};
use crate::failure::{actor, word};
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn booth_traffic(booth: String) -> Result<Option<Traffic>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.booth_traffic(&booth))?;
        Ok(found.map(traffic).transpose()?)
    }

    fn camera_texts(
        viewer: Actor,
        booth: Option<String>,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<CameraText>, LedgerFailure> {
        let viewer = actor(&viewer);
        let found = Self::with_ledger(None, |ledger| ledger.camera_texts_for(&viewer, booth.as_deref(), after, limit))?;
        Ok(found.into_iter().map(camera_text).collect())
    }

    fn forget_camera_text(now: i64, who: Actor, id: u64) -> Result<(), ForgetFailure> {
        let forget = Self::with_ledger(Some(now), |ledger| ledger.forget_camera_text(now, &actor(&who), id));
        forget.map_err(|failure| match failure {
            Failure::Refused(domain::Refusal::NotFound) => ForgetFailure::NotFound,
            Failure::Ledger(error) => error.into(),
        })
    }

    fn turned_cameras() -> Result<Vec<TurnedCamera>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.turned_cameras())?;
        Ok(found.into_iter().map(turned).collect())
    }

    fn camera_turns() -> Result<Vec<CameraTurn>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.camera_turns())?;
        Ok(found.into_iter().map(turn).collect())
    }

    fn decide_turn(now: i64, who: Actor, wanted: NewTurn) -> Result<CameraTurn, TurnFailure> {
        let wanted = domain::NewTurn {
            booth: wanted.booth,
            lane: wanted.lane,
            camera: wanted.camera,
            turned: word(&wanted.turned)?,
            since: wanted.since,
        };
        let decided = Self::with_ledger(Some(now), |ledger| ledger.decide_turn(now, &actor(&who), &wanted));
        decided.map(turn).map_err(turn_failure)
    }

    fn end_turn(now: i64, who: Actor, id: u64, until: i64) -> Result<CameraTurn, TurnFailure> {
        let ended = Self::with_ledger(Some(now), |ledger| ledger.end_turn(now, &actor(&who), id, until));
        ended.map(turn).map_err(turn_failure)
    }

    fn withdraw_turn(now: i64, who: Actor, id: u64) -> Result<CameraTurn, TurnFailure> {
        let withdrawn = Self::with_ledger(Some(now), |ledger| ledger.withdraw_turn(now, &actor(&who), id));
        withdrawn.map(turn).map_err(turn_failure)
    }

    fn read_turned_again(now: i64, who: Actor, id: u64, most: u32) -> Result<ReadTurned, TurnFailure> {
        let sent = Self::with_ledger(Some(now), |ledger| ledger.read_turned_again(now, &actor(&who), id, most));
        let sent = sent.map_err(turn_failure)?;
        Ok(ReadTurned { passages: sent.passages, left: sent.left, claimed: sent.claimed })
    }

    fn read_again(wanted: AgainFilter, after: Option<u64>, limit: u32) -> Result<ReadPassages, LedgerFailure> {
        let wanted = filter(wanted)?;
        let found = Self::with_ledger(None, |ledger| ledger.read_again(&wanted, after, limit))?;
        Ok(ReadPassages {
            items: found.items.into_iter().map(read_passage).collect::<Result<_, _>>()?,
            settings: found.settings,
            next: found.next,
        })
    }
}

impl From<LedgerError> for ForgetFailure {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error.into())
    }
}

impl From<LedgerError> for TurnFailure {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error.into())
    }
}

fn turn_failure(failure: Failure<domain::Refusal>) -> TurnFailure {
    match failure {
        Failure::Refused(domain::Refusal::NotFound) => TurnFailure::NotFound,
        Failure::Ledger(error) => error.into(),
    }
}

fn turn(found: domain::CameraTurn) -> CameraTurn {
    CameraTurn {
        id: found.id,
        booth: found.booth,
        lane: found.lane,
        camera: found.camera,
        turned: found.turned.to_string(),
        since: found.since,
        until: found.until,
        decided_at: found.decided_at,
        decided_by: found.decided_by,
        withdrawn_at: found.withdrawn_at,
        to_read: found.to_read,
    }
}

fn unwritable(error: serde_json::Error) -> LedgerError {
    LedgerError::Damaged(format!("what was learned cannot be written as JSON: {error}"))
}

fn traffic(found: domain::BoothTraffic) -> Result<Traffic, LedgerError> {
    Ok(Traffic {
        jurisdiction: found.jurisdiction,
        version: found.version,
        learned_at: found.learned_at,
        checked_at: found.checked_at,
        in_force: found.is_in_force,
        observed: serde_json::to_string(&found.observed).map_err(unwritable)?,
    })
}

fn camera_text(found: domain::CameraTextRow) -> CameraText {
    CameraText {
        id: found.id,
        booth: found.booth,
        lane: found.lane,
        camera: found.camera,
        text: found.text,
        x: found.bounds.x,
        y: found.bounds.y,
        width: found.bounds.width,
        height: found.bounds.height,
        learned_at: found.learned_at,
        passage: found.passage,
        forgotten_at: found.forgotten_at,
    }
}

fn turned(found: domain::TurnedCamera) -> TurnedCamera {
    TurnedCamera {
        booth: found.booth,
        lane: found.lane,
        camera: found.camera,
        turned: found.turned,
        waiting: found.waiting,
        since: found.since,
        passage: found.passage,
    }
}

fn filter(wanted: AgainFilter) -> Result<domain::AgainFilter, LedgerError> {
    Ok(domain::AgainFilter {
        passage: wanted.passage,
        booth: wanted.booth,
        state: wanted.state.as_deref().map(word).transpose()?,
        reason: wanted.reason,
        since: wanted.since,
        until: wanted.until,
    })
}

fn read_passage(found: domain::ReadPassage) -> Result<ReadPassage, LedgerError> {
    Ok(ReadPassage {
        passage: found.passage,
        booth: found.booth,
        booth_jurisdiction: found.booth_jurisdiction,
        state: found.state.to_string(),
        reason: found.reason,
        plate: found.plate,
        jurisdiction: found.jurisdiction,
        decided_by: found.decided_by,
        reading: serde_json::to_string(&found.reading).map_err(unwritable)?,
        learned: found.learned.map(|learned| learned.to_json()).transpose().map_err(unwritable)?,
    })
}
