//! What passages teach about a booth and its cameras: who passes there, which texts are the camera's own, and which camera
//! hangs the wrong way round.
//!
//! Invariants: nothing is learned from what was decided by it. Who passes is learned from plates whose issuer a person named or
//! the plate alone does, never from those that the traffic here decided. A camera's text is learned from its place, never
//! from what became of the passage. Everything is looked up by indexes and bounded, whatever the ledger holds; everything
//! learned can be inspected, and what is wrong about a camera forgotten.

mod camera_texts;
mod read_again;
mod read_turned;
mod traffic;
mod turned;
mod turns;

pub use camera_texts::{CameraTextRow, Refusal};
pub use read_again::{AgainFilter, MOST_READ_AGAIN, ReadPassage, ReadPassages};
pub(crate) use read_turned::{in_force_of_p, turn_columns, turn_in_force};
pub use traffic::BoothTraffic;
pub use turned::TurnedCamera;
pub use turns::{CameraTurn, NewTurn};

use tollbooth_pipeline::learned::Learned;
use tollbooth_pipeline::settings::Settings;

use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;

impl<D: Db> Ledger<D> {
    /// The same of a passage.
    pub(crate) fn learned_of(&self, sequence: i64, settings: &Settings) -> Result<Option<Learned>, LedgerError> {
        let row = self
            .run_one("SELECT p.booth_id, p.lane, p.camera FROM passage p WHERE p.sequence = +?1", params![sequence])?;
        let Some(row) = row else { return Ok(None) };
        let mut columns = row.columns();
        let (booth, lane, camera) = (columns.text()?, columns.text()?, columns.text()?);
        self.learned((&booth, &lane, &camera), settings)
    }

    /// What was learned of the booth and the camera of a passage; none where nothing was.
    pub(crate) fn learned(
        &self,
        (booth, lane, camera): (&str, &str, &str),
        settings: &Settings,
    ) -> Result<Option<Learned>, LedgerError> {
        let learned = Learned {
            traffic: self.traffic_in_force(booth, settings)?,
            texts: self.texts_of_camera(booth, lane, camera)?,
            turned: None,
        };
        Ok(Some(learned).filter(|learned| !learned.is_nothing()))
    }
}
