//! Cameras all of whose photos are mirrored or upside down: one fault, however many reviews it makes.

use tollbooth_pipeline::Instant;

use crate::Ledger;
use crate::db::{Db, Row, params};
use crate::error::LedgerError;

/// Photos that wait because they seem to be turned, from which on it is the camera and no single photo.
const LEAST: u64 = 10;
/// Of the camera's photos that wait, at least this share, in percent: one in ten plates reads as well in a mirror.
const LEAST_PERCENT: u64 = 50;
/// Cameras listed at most.
const MOST: u32 = 100;

/// A camera that seems to look through a mirror, or to hang upside down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnedCamera {
    /// Booth id.
    pub booth: String,
    /// Lane at the booth.
    pub lane: String,
    /// Name of the camera.
    pub camera: String,
    /// Reviews that wait because of it.
    pub turned: u64,
    /// All reviews of the camera that wait.
    pub waiting: u64,
    /// Since when the oldest of them waits.
    pub since: Instant,
    /// The latest of them, to look at.
    pub passage: String,
}

impl<D: Db> Ledger<D> {
    /// Cameras most of whose waiting photos seem to be turned, those with the most first. A photo that somebody reads without
    /// knowing why it waits is not counted.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn turned_cameras(&self) -> Result<Vec<TurnedCamera>, LedgerError> {
        let rows = self.run(
            "SELECT few.booth_id, few.lane, few.camera, few.turned, few.waiting, few.since_ms,
                 (SELECT last.id FROM passage last WHERE last.sequence = few.latest)
             FROM (SELECT p.booth_id, p.lane, p.camera, count(*) FILTER (WHERE p.reason = 'photo-turned') AS turned,
                     count(*) AS waiting, min(p.review_opened_at_ms) FILTER (WHERE p.reason = 'photo-turned') AS since_ms,
                     max(p.sequence) FILTER (WHERE p.reason = 'photo-turned') AS latest
                 FROM passage p INDEXED BY passage_open WHERE p.state = 'in-review' AND NOT EXISTS (SELECT 1
                     FROM blind_review b WHERE b.passage_sequence = p.sequence AND b.standing IN ('open', 'disputed'))
                 GROUP BY p.booth_id, p.lane, p.camera) AS few
             WHERE few.turned >= +?1 AND few.turned * 100 >= few.waiting * +?2
             ORDER BY few.turned DESC, few.booth_id, few.lane, few.camera LIMIT +?3",
            params![LEAST, LEAST_PERCENT, MOST],
        )?;
        rows.into_iter().map(camera).collect()
    }
}

fn camera(row: Row) -> Result<TurnedCamera, LedgerError> {
    let mut columns = row.columns();
    Ok(TurnedCamera {
        booth: columns.text()?,
        lane: columns.text()?,
        camera: columns.text()?,
        turned: columns.number()?,
        waiting: columns.number()?,
        since: columns.integer()?,
        passage: columns.text()?,
    })
}
