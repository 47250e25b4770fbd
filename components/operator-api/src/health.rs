//! Whether this installation works, for machines (`health`) and for people (`status`).

use serde_json::json;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::failures::LedgerFailure;
use tollbooth_ports::ledger::audit;
use tollbooth_web::{Answer, Problem, Request, Response, authorize, now};

use crate::first_operator;

/// `GET /v1/health`: needs no token; 200 only when the ledger answers and has the schema this program knows.
pub fn health(request: &Request) -> Answer {
    request.query.only(&[])?;
    first_operator::ensure().map_err(unhealthy)?;
    let status = audit::look(now()).map_err(unhealthy)?;
    Response::json(200, &json!({ "status": "ok", "schema_version": status.schema_version }))
}

/// To a load balancer a ledger that cannot be read is a service that cannot serve, whatever the cause.
fn unhealthy(failure: LedgerFailure) -> Problem {
    match failure {
        LedgerFailure::Unavailable(cause) => Problem::unavailable(format!("ledger unavailable: {cause}")),
        LedgerFailure::Damaged(cause) => Problem::unavailable(format!("ledger damaged: {cause}")),
    }
}

/// `GET /v1/status`: what an operator looks at first.
pub fn status(request: &Request) -> Answer {
    authorize(request, Action::ReadBalance)?;
    request.query.only(&[])?;
    let status = audit::look(now())?;
    Response::json(
        200,
        &json!({
            "schema_version": status.schema_version,
            "open_reviews": status.open_reviews,
            "oldest_open_review": status.oldest_open_review.map(rfc3339),
            "live_leases": status.live_leases,
            "overdue_leases": status.overdue_leases,
            "oldest_waiting": status.oldest_waiting.map(rfc3339),
            "last_export_run": status.last_export_run.map(rfc3339),
            "next_export_due": status.next_export_due.map(rfc3339),
            "undelivered_notices": status.undelivered_notices,
        }),
    )
}
