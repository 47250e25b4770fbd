//! How many cameras of a booth are measured by themselves. What a camera is called is what its requests say: one that says another
//! name with each photo would otherwise be as many cameras, each of them looked at whenever old roll-ups go.
//!
//! Those of the last month count: cameras that were replaced or called otherwise, and names that were a mistake, keep no new one
//! out for good.

use std::collections::{BTreeMap, BTreeSet};

use tollbooth_pipeline::Instant;
use tollbooth_telemetry::{Step, Subject};

use super::measure::Measured;
use super::store::ROWS;
use crate::Ledger;
use crate::db::{Db, Value, params};
use crate::error::LedgerError;

/// Cameras of one booth in a month; the widest plaza has some thirty lanes with a few each.
const MOST: usize = 200;
/// How long a name counts after its last photo.
const LATELY_MS: i64 = 30 * 86_400_000;
/// Names of one booth that are known at all.
const MOST_NAMES: usize = 2_000;
/// What all others are measured as together: no camera can be called so.
pub(super) const OTHERS: &str = "…";

impl<D: Db> Ledger<D> {
    /// Has those that are too many measured together.
    pub(super) fn keep_cameras_few(&self, now: Instant, measured: &mut Measured) -> Result<(), LedgerError> {
        let seen: BTreeSet<&Subject> = measured.keys().map(|(subject, ..)| subject).collect();
        let cameras: Vec<&Subject> = seen.into_iter().filter(|one| matches!(one, Subject::Camera(..))).collect();
        let known = self.measured_among(&cameras)?;
        let mut new: BTreeMap<&str, Vec<Subject>> = BTreeMap::new();
        for camera in cameras.into_iter().filter(|camera| !known.contains(&camera.to_string())) {
            if let Subject::Camera(booth, _) = camera {
                new.entry(booth.as_str()).or_default().push(camera.clone());
            }
        }
        let mut too_many = BTreeSet::new();
        for (booth, cameras) in new {
            let room = MOST.saturating_sub(self.count_cameras_lately(now, booth)?);
            too_many.extend(cameras.into_iter().skip(room.min(MOST_NAMES.saturating_sub(self.count_cameras(booth)?))));
        }
        if too_many.is_empty() {
            return Ok(());
        }
        for ((subject, step, start), facts) in std::mem::take(measured) {
            let subject = match &subject {
                Subject::Camera(booth, _) if too_many.contains(&subject) => {
                    Subject::Camera(booth.clone(), OTHERS.into())
                }
                _ => subject,
            };
            measured.entry((subject, step, start)).or_default().merge(&facts);
        }
        Ok(())
    }

    /// Those of these of which something was measured before.
    fn measured_among(&self, cameras: &[&Subject]) -> Result<BTreeSet<String>, LedgerError> {
        let mut known = BTreeSet::new();
        for cameras in cameras.chunks(ROWS) {
            let places = (1..=cameras.len()).map(|n| format!("+?{n}")).collect::<Vec<_>>().join(", ");
            let names: Vec<Value> = cameras.iter().map(|camera| Value::from(camera.to_string())).collect();
            let sql = format!("SELECT subject FROM telemetry_subject WHERE subject IN ({places})");
            for row in self.run(&sql, &names)? {
                known.insert(row.columns().text()?);
            }
        }
        Ok(known)
    }

    /// How many names of a booth were ever measured.
    fn count_cameras(&self, booth: &str) -> Result<usize, LedgerError> {
        // `0` is the character behind `/`.
        let row = self.run_one(
            "SELECT count(*) FROM telemetry_subject WHERE subject >= +?1 AND subject < +?2",
            params![format!("camera:{booth}/"), format!("camera:{booth}0")],
        )?;
        row.map_or(Ok(0), |row| row.columns().number())
    }

    /// How many names of a booth were measured on a day of the last month.
    fn count_cameras_lately(&self, now: Instant, booth: &str) -> Result<usize, LedgerError> {
        let since = Step::Day.start(now.saturating_sub(LATELY_MS));
        let row = self.run_one(
            "SELECT count(*) FROM telemetry_subject s WHERE s.subject >= +?1 AND s.subject < +?2
               AND EXISTS (SELECT 1 FROM telemetry t WHERE t.subject = s.subject AND t.step = +?3 AND t.start_ms >= +?4)",
            params![format!("camera:{booth}/"), format!("camera:{booth}0"), Step::Day.as_str(), since],
        )?;
        row.map_or(Ok(0), |row| row.columns().number())
    }
}
