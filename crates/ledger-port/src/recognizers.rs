//! `tollbooth:ledger/recognizers`

use tollbooth_ledger::recognizers as domain;

use crate::bindings::exports::tollbooth::ledger::recognizers::{Guest, LedgerFailure, Overview, Traffic};
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn look(now: i64, since: i64) -> Result<Vec<Overview>, LedgerFailure> {
        let found = Self::with_ledger(Some(now), |ledger| ledger.recognizers(now, since))?;
        Ok(found.into_iter().map(overview).collect())
    }
}

fn overview(found: domain::Overview) -> Overview {
    let open = found.circuit.open;
    let description = found.description.as_ref();
    Overview {
        name: found.recognizer.to_string(),
        component: description.map(|d| d.component.clone()),
        model: description.map(|d| d.model.clone()),
        price_micros: description.map(|d| d.price_micros),
        circuit: found.phase.to_string(),
        reason: open.map(|open| open.reason.to_string()),
        opened_at: open.map(|open| open.opened_at),
        retry_at: open.map(|open| open.retry_at),
        consecutive_failures: found.circuit.failures,
        in_flight: found.in_flight,
        waiting: found.waiting,
        calls_today: found.calls_today,
        money_today_micros: found.money_today_micros,
        traffic: traffic(found.traffic),
        shadows: traffic(found.shadows),
    }
}

fn traffic(found: domain::Traffic) -> Traffic {
    Traffic {
        calls: found.calls,
        plates: found.plates,
        no_plates: found.no_plates,
        failures: found.failures,
        cost_micros: found.cost_micros,
        accepted: found.accepted,
        compared: found.compared,
        agreed: found.agreed,
        compared_with_people: found.compared_with_people,
        agreed_with_people: found.agreed_with_people,
        compared_with_used: found.compared_with_used,
        agreed_with_used: found.agreed_with_used,
        p50_ms: found.p50_ms,
        p95_ms: found.p95_ms,
    }
}
