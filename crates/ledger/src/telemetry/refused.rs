//! Refused uploads, from their counts by hour into roll-ups: what was not counted before.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::capture::hour;
use tollbooth_telemetry::{Facts, Step, Subject};

use super::measure::{Measured, put};
use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;

/// The tables, with the metric each one feeds.
pub(super) const SOURCES: [(&str, &str); 2] = [("refusal", "refused"), ("stranger_refusal", "refused_strangers")];

impl<D: Db> Ledger<D> {
    /// Whether uploads were refused since the last fold.
    pub(super) fn has_uncounted_refusals(&self, since: Instant) -> Result<bool, LedgerError> {
        for (table, _) in SOURCES {
            let sql = format!("SELECT 1 FROM {table} WHERE hour >= ?1 AND uploads <> counted LIMIT 1");
            if self.run_one(&sql, params![hour(since)])?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Measures refusals since the last fold. They are known by the hour only: those of this hour belong to this minute,
    /// those of an hour that is over to its last one.
    pub(super) fn measure_refusals(
        &self,
        now: Instant,
        since: Instant,
        measured: &mut Measured,
    ) -> Result<(), LedgerError> {
        for (table, metric) in SOURCES {
            let sql = format!(
                "SELECT hour, booth_id, reason, uploads, uploads - counted FROM {table}
                 WHERE hour >= ?1 AND uploads <> counted ORDER BY hour, booth_id, reason"
            );
            for row in self.run(&sql, params![hour(since)])? {
                let mut columns = row.columns();
                let (of, booth, reason) = (columns.text()?, columns.text()?, columns.text()?);
                let (uploads, new) = (columns.integer()?, columns.integer()?);
                let mut facts = Facts::default();
                facts.add(format!("{metric}.{reason}"), new);
                let at = last_moment(&of, now);
                put(measured, &Subject::All, at, &facts);
                put(measured, &Subject::Booth(booth.clone()), at, &facts);
                self.run(
                    &format!("UPDATE {table} SET counted = ?4 WHERE hour = ?1 AND booth_id = ?2 AND reason = ?3"),
                    params![of, booth, reason, uploads],
                )?;
            }
        }
        Ok(())
    }
}

/// `now` while this hour lasts, else its last minute.
fn last_moment(of: &str, now: Instant) -> Instant {
    let mut at = now;
    // At most as many hours back as there were none of telemetry; texts of hours compare like the hours.
    while hour(at).as_str() > of {
        at = Step::Hour.start(at) - 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_an_hour_that_is_over_belong_to_its_last_minute() {
        let now = 1_795_168_800_000; // 2026-11-20T10:00:00Z
        assert_eq!(last_moment("2026-11-20T10", now), now);
        assert_eq!(last_moment("2026-11-20T09", now), now - 1);
        assert_eq!(last_moment("2026-11-20T07", now), now - 2 * 3_600_000 - 1);
    }
}
