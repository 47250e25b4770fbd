//! `tollbooth:ledger/telemetry`

use tollbooth_ledger::LedgerError;
use tollbooth_ledger::telemetry as domain;

use crate::bindings::exports::tollbooth::ledger::telemetry::{Folded, Guest, LedgerFailure, Rollup, Stretch};
use crate::failure::word;
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn fold(now: i64, most: u32) -> Result<Folded, LedgerFailure> {
        let domain::Folded { events, behind, version } =
            Self::with_ledger(Some(now), |ledger| ledger.fold_telemetry(now, most))?;
        Ok(Folded { events, behind, version })
    }

    fn standing() -> Result<String, LedgerFailure> {
        let standing = Self::with_ledger(None, |ledger| ledger.telemetry_standing())?;
        Ok(serde_json::to_string(&standing).map_err(|error| unwritable("the standing", &error))?)
    }

    fn rollups(subject: String, step: String, from: i64, to: i64) -> Result<Vec<Rollup>, LedgerFailure> {
        let (of, step) = (word(&subject)?, word(&step)?);
        let found = Self::with_ledger(None, |ledger| ledger.rollups(&of, step, from, to))?;
        Ok(found.into_iter().map(|rollup| sent(subject.clone(), &rollup)).collect::<Result<_, _>>()?)
    }

    fn rollups_of_all(kind: String, step: String, from: i64, to: i64) -> Result<Vec<Rollup>, LedgerFailure> {
        let step = word(&step)?;
        let found = Self::with_ledger(None, |ledger| ledger.rollups_of_all(&kind, step, from, to))?;
        Ok(found.into_iter().map(|found| sent(found.subject.to_string(), &found.rollup)).collect::<Result<_, _>>()?)
    }

    fn series(
        subject: String,
        span: String,
        metrics: Vec<String>,
        from: i64,
        to: i64,
    ) -> Result<Stretch, LedgerFailure> {
        let (of, span) = (word(&subject)?, word(&span)?);
        Ok(stretch(Self::with_ledger(None, |ledger| ledger.series(&of, span, &metrics, from, to))?)?)
    }

    fn series_of_all(
        kind: String,
        span: String,
        metrics: Vec<String>,
        from: i64,
        to: i64,
    ) -> Result<Stretch, LedgerFailure> {
        let span = word(&span)?;
        Ok(stretch(Self::with_ledger(None, |ledger| ledger.series_of_all(&kind, span, &metrics, from, to))?)?)
    }
}

fn stretch(found: domain::Stretch) -> Result<Stretch, LedgerError> {
    let rollups = found.rollups.into_iter().map(|found| sent(found.subject.to_string(), &found.rollup));
    Ok(Stretch { complete: found.complete, rollups: rollups.collect::<Result<_, _>>()? })
}

fn sent(subject: String, rollup: &domain::Rollup) -> Result<Rollup, LedgerError> {
    let facts = rollup.facts.to_json().map_err(|error| unwritable("a roll-up", &error))?;
    Ok(Rollup { subject, start: rollup.start, facts })
}

fn unwritable(what: &str, error: &serde_json::Error) -> LedgerError {
    LedgerError::Damaged(format!("{what} cannot be written as JSON: {error}"))
}
