//! Adding up what happened since the last time.

use serde_json::{Map, Value, json};
use tollbooth_pipeline::role::Action;
use tollbooth_ports::failures::LedgerFailure;
use tollbooth_ports::ledger::telemetry::{self, Folded};
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize, now};

/// Events of one tick: some seconds of work, so that a ledger with a long past is added up without one endless call.
const EVENTS_A_TICK: u32 = 20_000;

/// Adds up; the next tick takes what is left.
pub fn run() -> Result<Folded, LedgerFailure> {
    telemetry::fold(now(), EVENTS_A_TICK)
}

/// `POST /v1/ticks/telemetry`
pub async fn tick(request: Request) -> Answer {
    authorize(&request, Action::Tick)?;
    request.query.only(&[])?;
    // It takes no parameters; a body that says otherwise is a misunderstanding better told than ignored.
    let body: Map<String, Value> = request.body.json().await?;
    if let Some(name) = body.keys().next() {
        return Err(Problem::new(Kind::InvalidRequest, format!("`{name}` is not known here; there are no members.")));
    }
    let folded = run()?;
    crate::collector::hand_over().await;
    Response::json(200, &json!({ "events": folded.events, "behind": folded.behind, "version": folded.version }))
}
