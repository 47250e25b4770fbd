//! What is usual between capture and receipt, by camera, of the passages received last.

use std::collections::BTreeMap;

use tollbooth_pipeline::camera_clock::usual_lag;

use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;

/// Passages looked at, the newest: what an operator polls must not grow with history. A camera with fewer than
/// [`tollbooth_pipeline::camera_clock::FEW`] among them is not judged.
const LAST_PASSAGES: i64 = 2_000;

/// A camera with a usual lag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraClock {
    /// Its booth.
    pub booth: String,
    /// The booth's time zone, a name of the IANA database.
    pub time_zone: String,
    /// Its name at the booth.
    pub camera: String,
    /// Passages that say so.
    pub passages: u64,
    /// From capture to receipt, in milliseconds: the median.
    pub usual_lag_ms: i64,
}

impl<D: Db> Ledger<D> {
    /// Cameras whose last passages agree on a lag, by booth and name.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn camera_clocks(&self) -> Result<Vec<CameraClock>, LedgerError> {
        let rows = self.run(
            "SELECT p.booth_id, b.time_zone, p.camera, p.received_at_ms - p.captured_at_ms
             FROM passage p CROSS JOIN booth b
             WHERE b.id = p.booth_id AND p.sequence > (SELECT max(sequence) FROM passage) - ?1",
            params![LAST_PASSAGES],
        )?;
        let mut lags: BTreeMap<(String, String, String), Vec<i64>> = BTreeMap::new();
        for row in rows {
            let mut columns = row.columns();
            let camera = (columns.text()?, columns.text()?, columns.text()?);
            lags.entry(camera).or_default().push(columns.integer()?);
        }
        let clock = |((booth, time_zone, camera), mut lags): ((String, String, String), Vec<i64>)| {
            let usual_lag_ms = usual_lag(&mut lags)?;
            Some(CameraClock { booth, time_zone, camera, passages: lags.len() as u64, usual_lag_ms })
        };
        Ok(lags.into_iter().filter_map(clock).collect())
    }
}
