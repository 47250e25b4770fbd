//! `tollbooth:ledger/destinations`

use tollbooth_ledger::Failure;
use tollbooth_ledger::destinations as domain;
use tollbooth_pipeline::reason::UnknownCode;

use crate::bindings::exports::tollbooth::ledger::destinations::{
    Actor, Destination, DestinationReport, Guest, LedgerFailure, ReportFailure,
};
use crate::failure::actor;
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn report(now: i64, who: Actor, destination: DestinationReport) -> Result<(), ReportFailure> {
        let report = read(destination).map_err(|unknown| ReportFailure::Invalid(unknown.to_string()))?;
        Self::with_ledger(Some(now), |ledger| ledger.report_destination(now, &actor(&who), &report)).map_err(
            |failure| match failure {
                Failure::Refused(domain::Refusal::TooMany) => ReportFailure::TooMany,
                Failure::Ledger(error) => ReportFailure::Ledger(error.into()),
            },
        )
    }

    fn list(now: i64) -> Result<Vec<Destination>, LedgerFailure> {
        let found = Self::with_ledger(Some(now), |ledger| ledger.destinations(now))?;
        Ok(found.into_iter().map(destination).collect())
    }

    fn forget(name: String) -> Result<bool, LedgerFailure> {
        Ok(Self::with_ledger(None, |ledger| ledger.forget_destination(&name))?)
    }
}

fn read(given: DestinationReport) -> Result<domain::Report, UnknownCode> {
    Ok(domain::Report {
        kind: given.kind.parse()?,
        trouble: given.trouble.as_deref().map(str::parse).transpose()?,
        name: given.name,
        profile: given.profile,
        failing_since: given.failing_since,
        failures: given.failures,
        delivered_through: given.delivered_through,
        pending: given.pending,
        next_report_at: given.next_report_at,
    })
}

fn destination(found: domain::Destination) -> Destination {
    let reported = found.report;
    Destination {
        state: found.state.to_string(),
        last_trouble: found.last_trouble.map(|(trouble, _)| trouble.to_string()),
        last_trouble_at: found.last_trouble.map(|(_, at)| at),
        delivered_at: found.delivered_at,
        reported_at: found.reported_at,
        reported_by: found.reported_by,
        reported: DestinationReport {
            name: reported.name,
            kind: reported.kind.to_string(),
            profile: reported.profile,
            trouble: reported.trouble.map(|trouble| trouble.to_string()),
            failing_since: reported.failing_since,
            failures: reported.failures,
            delivered_through: reported.delivered_through,
            pending: reported.pending,
            next_report_at: reported.next_report_at,
        },
    }
}
