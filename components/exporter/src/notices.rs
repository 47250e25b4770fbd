//! Delivery of notices, after the export and never instead of it: a receiver that is down must not stop the billing.

use tollbooth_ports::failures::LedgerFailure;
use tollbooth_ports::ledger::export_protocol::{self, Notice};
use tollbooth_ports::notifier;
use tollbooth_web::now;

use crate::retry;

/// Most notices delivered in one go.
const MOST: u32 = 50;

/// Delivers what is due. Failures are recorded with the time of the next try and logged, nothing more.
pub fn deliver_due() {
    if let Err(failure) = deliver_all() {
        eprintln!("level=warn stage=notices cause=\"{failure:?}\"");
    }
}

fn deliver_all() -> Result<(), LedgerFailure> {
    for notice in export_protocol::due_notices(now(), MOST)? {
        deliver(notice)?;
    }
    Ok(())
}

fn deliver(notice: Notice) -> Result<(), LedgerFailure> {
    let message =
        notifier::Notice { id: notice.id.clone(), kind: notice.kind, subject: notice.subject, body: notice.body };
    let at = now();
    let (failure, next) = match notifier::deliver(&message) {
        Ok(()) => (None, None),
        Err(notifier::Failure::Unavailable(what)) => (Some(what), retry::next_try(notice.attempts, at)),
        Err(notifier::Failure::Refused(what)) => (Some(what), None),
    };
    if let Some(what) = &failure {
        let next = next.map_or_else(|| "none".to_owned(), tollbooth_pipeline::capture::rfc3339);
        eprintln!("level=warn stage=notices notice={} next={next} cause={what:?}", notice.id);
    }
    export_protocol::notice_outcome(at, &notice.id, failure.as_deref(), next)
}
