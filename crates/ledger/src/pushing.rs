//! What is known of a camera that pushes, before its push is read.

use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;

/// How the pushes of one camera become passages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushingCamera {
    /// Its token.
    pub token: String,
    /// The booth it may send for.
    pub booth: String,
    /// None: its events name their lane.
    pub lane: Option<String>,
    /// Its name at the booth.
    pub camera: String,
    /// IANA name: where its clock stands.
    pub time_zone: String,
    /// Its token is revoked: it may send nothing, and somebody must see that it goes on trying.
    pub revoked: bool,
}

impl<D: Db> Ledger<D> {
    /// The camera with this token; none for a token that is unknown or not set up for pushes.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn pushing_camera(&self, token: &str) -> Result<Option<PushingCamera>, LedgerError> {
        let row = self.run_one(
            "SELECT t.id, t.booth_id, c.lane, c.camera, coalesce(c.time_zone, b.time_zone), t.revoked_at_ms IS NOT NULL
             FROM pushing_camera c, token t, booth b
             WHERE c.token_id = ?1 AND t.id = c.token_id AND b.id = t.booth_id",
            params![token],
        )?;
        row.map(|row| {
            let mut columns = row.columns();
            Ok(PushingCamera {
                token: columns.text()?,
                booth: columns.text()?,
                lane: columns.opt_text()?,
                camera: columns.text()?,
                time_zone: columns.text()?,
                revoked: columns.flag()?,
            })
        })
        .transpose()
    }
}
