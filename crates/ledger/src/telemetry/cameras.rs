//! How many cameras of a booth are measured by themselves. What a camera is called is what its requests say: one that says another
//! name with each photo would otherwise be as many cameras, each of them looked at whenever old roll-ups go.
//!
//! Those of the last month count: cameras that were replaced or called otherwise, and names that were a mistake, keep no new one
//! out for good.

use std::collections::{BTreeMap, BTreeSet};

use tollbooth_pipeline::Instant;
use tollbooth_telemetry::{Step, Subject};

use super::measure::Measured;
use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;

/// Cameras of one booth in a month; the widest plaza has some thirty lanes with a few each.
const MOST: usize = 200;
/// How long a name counts after its last photo.
const LATELY_MS: i64 = 30 * 86_400_000;
/// Names of one booth that are known at all.
const MOST_NAMES: usize = 2_000;
/// More than this were known before there was a limit, if any were: they stay.
const MOST_KNOWN: u32 = 10_000;
/// What all others are measured as together: no camera can be called so.
pub(super) const OTHERS: &str = "…";

impl<D: Db> Ledger<D> {
    /// Has those that are too many measured together.
    pub(super) fn keep_cameras_few(&self, now: Instant, measured: &mut Measured) -> Result<(), LedgerError> {
        let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (subject, ..) in measured.keys() {
            if let Subject::Camera(booth, name) = subject {
                seen.entry(booth.clone()).or_default().insert(name.clone());
            }
        }
        let mut too_many = BTreeSet::new();
        for (booth, names) in seen {
            let known = self.measured_cameras(&booth)?;
            let mut new: Vec<Subject> = names.into_iter().map(|name| Subject::Camera(booth.clone(), name)).collect();
            new.retain(|camera| !known.contains(&camera.to_string()));
            if new.is_empty() {
                continue;
            }
            let room = MOST.saturating_sub(self.count_cameras_lately(now, &booth)?);
            too_many.extend(new.into_iter().skip(room.min(MOST_NAMES.saturating_sub(known.len()))));
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

    fn measured_cameras(&self, booth: &str) -> Result<BTreeSet<String>, LedgerError> {
        // `0` is the character behind `/`.
        let rows = self.run(
            "SELECT subject FROM telemetry_subject WHERE subject >= +?1 AND subject < +?2 ORDER BY subject LIMIT +?3",
            params![format!("camera:{booth}/"), format!("camera:{booth}0"), MOST_KNOWN],
        )?;
        rows.into_iter().map(|row| row.columns().text()).collect()
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
