//! Whether this installation works, for machines (`health`) and for people (`status`).

use serde_json::{Value, json};
use tollbooth_pipeline::camera_clock::is_local_time_as_utc;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::role::Action;
use tollbooth_pipeline::said::Health;
use tollbooth_ports::failures::LedgerFailure;
use tollbooth_ports::ledger::audit;
use tollbooth_web::{Answer, Problem, Request, Response, authorize, now};

use crate::{first_operator, time_zone};

/// `GET /v1/health`: needs no token; 200 only when the ledger answers and has the schema this program knows. On a full disk it
/// does, and says so: photos are refused, and whoever would be sent elsewhere finds everything else here.
pub fn health(request: &Request) -> Answer {
    request.query.only(&[])?;
    first_operator::ensure().map_err(unhealthy)?;
    let status = audit::look(now()).map_err(unhealthy)?;
    let health = if status.storage_full { Health::StorageFull } else { Health::Ok };
    Response::json(200, &json!({ "status": health.as_str(), "schema_version": status.schema_version }))
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
    let at = now();
    let status = audit::look(at)?;
    let clocks: Vec<Value> = audit::camera_clocks()?.iter().filter_map(|clock| doubtful_clock(clock, at)).collect();
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
            "undelivered_messages": status.undelivered_messages,
            "first_hour": status.first_hour,
            "doubtful_clocks": clocks,
        }),
    )
}

/// A camera whose clock cannot be right, as an operator is told of it.
fn doubtful_clock(clock: &audit::CameraClock, at: i64) -> Option<Value> {
    let offset = time_zone::offset_seconds(&clock.time_zone, at)?;
    is_local_time_as_utc(clock.usual_lag_ms, offset).then(|| {
        json!({
            "booth": clock.booth,
            "camera": clock.camera,
            "passages": clock.passages,
            "usual_lag_seconds": clock.usual_lag_ms / 1000,
            "detail": format!(
                "Its photos arrive {} minutes after their capture times, which is how far {} is behind UTC: it seems to \
                 write local time and call it UTC (Z). Have it write the offset, or set its clock to UTC.",
                clock.usual_lag_ms / 60_000, clock.time_zone
            ),
        })
    })
}
