//! What somebody decided about a camera that is mirrored or upside down: one decision instead of a review for each photo.
//!
//! Invariants: a camera is turned in one way at a time. A decision is ended, or taken back as if it had never been made; no row
//! of it is lost. What follows for photos is the business of `read_turned`.

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::turned::Turned;

use super::Refusal;
use crate::Ledger;
use crate::db::{Db, Row, params};
use crate::error::{Failure, LedgerError};
use crate::event::{Actor, EventKind, NewEvent};
use crate::scope::Scope;

/// Decisions listed at most, the latest.
const MOST: u32 = 100;

/// A camera that somebody found turned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraTurn {
    /// Grows.
    pub id: u64,
    /// Booth id.
    pub booth: String,
    /// Lane at the booth.
    pub lane: String,
    /// Name of the camera.
    pub camera: String,
    /// How it is turned.
    pub turned: Turned,
    /// Of photos taken from then on.
    pub since: Instant,
    /// And before that; none until it is ended.
    pub until: Option<Instant>,
    /// When it was decided.
    pub decided_at: Instant,
    /// By whom: a token.
    pub decided_by: String,
    /// When it was taken back, as a mistake.
    pub withdrawn_at: Option<Instant>,
    /// Passages that wait for people and whose last reading went by another decision than holds now.
    pub to_read: u64,
}

/// A decision to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTurn {
    /// Booth id.
    pub booth: String,
    /// Lane at the booth.
    pub lane: String,
    /// Name of the camera.
    pub camera: String,
    /// How it is turned.
    pub turned: Turned,
    /// Of photos taken from then on; none for all there are.
    pub since: Option<Instant>,
}

macro_rules! turn_columns {
    () => {
        "t.id, t.booth_id, t.lane, t.camera, t.turned, t.since_ms, t.until_ms, t.decided_at_ms, t.decided_by,
         t.withdrawn_at_ms"
    };
}

const BY_ID: &str =
    concat!("SELECT ", turn_columns!(), " FROM camera_turn t WHERE t.id = +?1 /*pg FOR NO KEY UPDATE */");

impl<D: Db> Ledger<D> {
    /// What was decided about cameras, the latest first, 100 at most.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn camera_turns(&self) -> Result<Vec<CameraTurn>, LedgerError> {
        let sql = concat!("SELECT ", turn_columns!(), " FROM camera_turn t ORDER BY t.id DESC LIMIT +?1");
        self.read(|| {
            let found: Result<Vec<CameraTurn>, LedgerError> =
                self.run(sql, params![MOST])?.into_iter().map(turn).collect();
            let mut found = found?;
            if found.is_empty() {
                return Ok(found);
            }
            for (id, passages) in self.counts_to_read()? {
                for turn in found.iter_mut().filter(|turn| turn.id == id) {
                    turn.to_read = passages;
                }
            }
            Ok(found)
        })
    }

    /// Says how a camera is turned. What was decided about it before and not ended is ended with it, where it began earlier:
    /// of photos from before it goes on holding. Else it is taken back. The same again answers the decision there is.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where there is no such booth.
    pub fn decide_turn(&self, now: Instant, actor: &Actor, wanted: &NewTurn) -> Result<CameraTurn, Failure<Refusal>> {
        self.write(Scope::Admin, || {
            let booth = self.run_one("SELECT b.id FROM booth b WHERE b.id = +?1", params![wanted.booth.as_str()])?;
            booth.ok_or(Failure::Refused(Refusal::NotFound))?;
            let since = wanted.since.unwrap_or(0);
            let open = self.run_one(
                concat!(
                    "SELECT ",
                    turn_columns!(),
                    " FROM camera_turn t WHERE t.booth_id = +?1 AND t.lane = +?2 AND t.camera = +?3
                         AND t.withdrawn_at_ms IS NULL AND t.until_ms IS NULL /*pg FOR NO KEY UPDATE */"
                ),
                params![wanted.booth.as_str(), wanted.lane.as_str(), wanted.camera.as_str()],
            )?;
            if let Some(open) = open.map(turn).transpose()? {
                if open.turned == wanted.turned && open.since == since {
                    return Ok(self.with_rest(now, open)?);
                }
                if since > open.since {
                    self.end_known_turn(now, actor, open, since)?;
                } else {
                    self.take_back_turn(now, actor, &open)?;
                }
            }
            let row = self.run_one(
                "INSERT INTO camera_turn (booth_id, lane, camera, turned, since_ms, decided_at_ms, decided_by)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id",
                params![
                    wanted.booth.as_str(),
                    wanted.lane.as_str(),
                    wanted.camera.as_str(),
                    wanted.turned.as_str(),
                    since,
                    now,
                    actor.id.as_str(),
                ],
            )?;
            let id: u64 =
                row.ok_or_else(|| LedgerError::Damaged("a decision got no number".to_owned()))?.columns().number()?;
            let decided = self.known_turn(id)?;
            self.tell_turn(now, actor, EventKind::CameraTurnDecided, &decided)?;
            Ok(self.with_rest(now, decided)?)
        })
    }

    /// Ends a decision: photos taken from `until` on are read as they come. One that is ended or taken back stays as it is.
    ///
    /// # Errors
    /// [`Refusal::NotFound`]
    pub fn end_turn(
        &self,
        now: Instant,
        actor: &Actor,
        id: u64,
        until: Instant,
    ) -> Result<CameraTurn, Failure<Refusal>> {
        self.write(Scope::Admin, || {
            let known = self.known_turn(id)?;
            if known.until.is_some() || known.withdrawn_at.is_some() {
                return Ok(self.with_rest(now, known)?);
            }
            let until = until.max(known.since);
            let ended = self.end_known_turn(now, actor, known, until)?;
            Ok(self.with_rest(now, ended)?)
        })
    }

    /// Takes a decision back that was a mistake: photos are read as if it had never been made. Again changes nothing.
    ///
    /// # Errors
    /// [`Refusal::NotFound`]
    pub fn withdraw_turn(&self, now: Instant, actor: &Actor, id: u64) -> Result<CameraTurn, Failure<Refusal>> {
        self.write(Scope::Admin, || {
            let known = self.known_turn(id)?;
            if known.withdrawn_at.is_none() {
                self.take_back_turn(now, actor, &known)?;
            }
            let withdrawn = CameraTurn { withdrawn_at: known.withdrawn_at.or(Some(now)), ..known };
            Ok(self.with_rest(now, withdrawn)?)
        })
    }

    fn with_rest(&self, now: Instant, turn: CameraTurn) -> Result<CameraTurn, LedgerError> {
        let (to_read, _) = self.count_to_read(now, turn.id)?;
        Ok(CameraTurn { to_read, ..turn })
    }

    /// The decision of this number, held.
    pub(super) fn known_turn(&self, id: u64) -> Result<CameraTurn, Failure<Refusal>> {
        let row = self.run_one(BY_ID, params![id])?.ok_or(Failure::Refused(Refusal::NotFound))?;
        Ok(turn(row)?)
    }

    fn end_known_turn(
        &self,
        now: Instant,
        actor: &Actor,
        known: CameraTurn,
        until: Instant,
    ) -> Result<CameraTurn, LedgerError> {
        self.run(
            "UPDATE camera_turn SET until_ms = ?2, ended_at_ms = ?3, ended_by = ?4 WHERE id = ?1",
            params![known.id, until, now, actor.id.as_str()],
        )?;
        let ended = CameraTurn { until: Some(until), ..known };
        self.tell_turn(now, actor, EventKind::CameraTurnEnded, &ended)?;
        Ok(ended)
    }

    fn take_back_turn(&self, now: Instant, actor: &Actor, known: &CameraTurn) -> Result<(), LedgerError> {
        self.run(
            "UPDATE camera_turn SET withdrawn_at_ms = ?2, withdrawn_by = ?3 WHERE id = ?1",
            params![known.id, now, actor.id.as_str()],
        )?;
        self.tell_turn(now, actor, EventKind::CameraTurnWithdrawn, known)
    }

    fn tell_turn(&self, now: Instant, actor: &Actor, kind: EventKind, turn: &CameraTurn) -> Result<(), LedgerError> {
        let detail = json!({
            "camera_turn": turn.id,
            "lane": turn.lane,
            "camera": turn.camera,
            "turned": turn.turned.as_str(),
            "since_ms": turn.since,
            "until_ms": turn.until,
        });
        self.append_general(&NewEvent { at: now, kind, actor, detail }, Some(&turn.booth))
    }
}

fn turn(row: Row) -> Result<CameraTurn, LedgerError> {
    let mut columns = row.columns();
    Ok(CameraTurn {
        id: columns.number()?,
        booth: columns.text()?,
        lane: columns.text()?,
        camera: columns.text()?,
        turned: columns.parsed()?,
        since: columns.integer()?,
        until: columns.opt_integer()?,
        decided_at: columns.integer()?,
        decided_by: columns.text()?,
        withdrawn_at: columns.opt_integer()?,
        to_read: 0,
    })
}
