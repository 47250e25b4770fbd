//! How many cameras of a booth are measured by themselves. What a camera is called is what its requests say: one that says another
//! name with each photo would otherwise be as many cameras, each of them looked at whenever old roll-ups go.

use std::collections::{BTreeMap, BTreeSet};

use tollbooth_telemetry::Subject;

use super::measure::Measured;
use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;

/// Cameras of one booth; the widest plaza has some thirty lanes with a few each.
const MOST: usize = 200;
/// More than this were known before there was a limit, if any were: they stay.
const MOST_KNOWN: u32 = 10_000;
/// What all others are measured as together: no camera can be called so.
pub(super) const OTHERS: &str = "…";

impl<D: Db> Ledger<D> {
    /// Has those that are too many measured together.
    pub(super) fn keep_cameras_few(&self, measured: &mut Measured) -> Result<(), LedgerError> {
        let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (subject, ..) in measured.keys() {
            if let Subject::Camera(booth, name) = subject {
                seen.entry(booth.clone()).or_default().insert(name.clone());
            }
        }
        let mut too_many = BTreeSet::new();
        for (booth, names) in seen {
            let mut known = self.measured_cameras(&booth)?;
            for name in names.into_iter().map(|name| Subject::Camera(booth.clone(), name)) {
                let text = name.to_string();
                if known.contains(&text) {
                    continue;
                }
                if known.len() < MOST {
                    known.insert(text);
                } else {
                    too_many.insert(name);
                }
            }
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
            "SELECT subject FROM telemetry_subject WHERE subject >= ?1 AND subject < ?2 ORDER BY subject LIMIT +?3",
            params![format!("camera:{booth}/"), format!("camera:{booth}0"), MOST_KNOWN],
        )?;
        rows.into_iter().map(|row| row.columns().text()).collect()
    }
}
