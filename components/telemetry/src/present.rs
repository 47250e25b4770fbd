//! How everything stands, and what happened in the last minutes: what a live view asks for every second or two.

use serde_json::{Map, Value, json};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::telemetry;
use tollbooth_telemetry::{BoothStanding, Facts, RecognizerStanding, Standing, Step};
use tollbooth_web::{Answer, Request, authorize, now};

use crate::standing::standing;
use crate::tag;

/// Rates are over so many whole minutes.
const RATE_MINUTES: i64 = 5;

/// `GET /v1/telemetry/present`
pub fn show(request: &Request) -> Answer {
    let caller = authorize(request, Action::ReadBalance)?;
    request.query.only(&[])?;
    let standing = standing()?;
    // Whoever watches must learn that it was switched off, which is no new version of the figures; and whoever reviews is
    // told less, so what somebody else of the same browser has is not the same.
    let of_role = if caller.role.may(Action::Review) { 2 } else { 0 };
    let version = standing.version.saturating_mul(4) | of_role | u64::from(standing.is_off);
    // Messages are counted as they stand now, between folds too, and go on being counted while nothing is added up.
    let version = format!("{version}-{}", standing.undelivered_messages);
    tag::json(request, version, || {
        let to = Step::Minute.start(now());
        let from = to - RATE_MINUTES * Step::Minute.length_ms();
        let mut recent = Facts::default();
        for rollup in telemetry::rollups("all", Step::Minute.as_str(), from, to)? {
            recent.merge(&crate::series::readable(&rollup.facts)?);
        }
        crate::series::keep_back(&mut recent, caller.role);
        // Levels of minutes that are over say nothing about now.
        let happened: Map<String, Value> = recent
            .iter()
            .filter(|(name, _)| !name.starts_with("depth.") && !name.starts_with("age_ms."))
            .map(|(name, number)| (name.to_owned(), json!(number)))
            .collect();
        Ok(json!({
            "version": standing.version,
            "at": (standing.version > 0).then(|| rfc3339(standing.at)),
            "behind": standing.behind,
            "enabled": !standing.is_off,
            "counts": totals(&standing),
            "oldest": oldest_of_all(&standing),
            "recent": { "from": rfc3339(from), "to": rfc3339(to), "minutes": RATE_MINUTES, "facts": happened },
            "booths": standing.booths.iter().map(|(id, booth)| booth_view(id, booth)).collect::<Vec<_>>(),
            "recognizers": standing.recognizers.iter().map(|(name, r)| recognizer_view(name, r)).collect::<Vec<_>>(),
            "export": {
                "last_run": standing.last_export_run.map(rfc3339),
                "last_published": standing.last_published.map(rfc3339),
                "next_due": standing.next_export_due.map(rfc3339),
            },
            "undelivered_messages": standing.undelivered_messages,
        }))
    })
}

/// Names of the counts, as everywhere else in the API.
const COUNTS: [(&str, &str); 9] = [
    ("received", "received"),
    ("waiting", "waiting"),
    ("reading", "reading"),
    ("in_review", "in-review"),
    ("accepted", "accepted"),
    ("rejected", "rejected"),
    ("duplicate", "duplicate"),
    ("billed", "billed"),
    ("awaiting_export", "to-bill"),
];

const STAGES: [(&str, &str); 3] = [("waiting", "waiting"), ("reading", "reading"), ("in_review", "in-review")];

fn totals(standing: &Standing) -> Value {
    named(|state| standing.total(state))
}

fn counts(booth: &BoothStanding) -> Value {
    named(|state| booth.counts.get(state).copied().unwrap_or_default())
}

fn named(count: impl Fn(&str) -> i64) -> Value {
    COUNTS.iter().map(|(name, state)| ((*name).to_owned(), json!(count(state)))).collect::<Map<_, _>>().into()
}

fn stages(oldest: impl Fn(&str) -> Option<Instant>) -> Value {
    STAGES
        .iter()
        .map(|(name, stage)| ((*name).to_owned(), json!(oldest(stage).map(rfc3339))))
        .collect::<Map<_, _>>()
        .into()
}

fn oldest_of_all(standing: &Standing) -> Value {
    stages(|stage| standing.oldest(stage))
}

fn booth_view(id: &str, booth: &BoothStanding) -> Value {
    json!({
        "id": id,
        "name": booth.name,
        "time_zone": booth.time_zone,
        "counts": counts(booth),
        "oldest": stages(|stage| booth.oldest.get(stage).copied()),
        "last_received": booth.last_received.map(rfc3339),
    })
}

fn recognizer_view(name: &str, found: &RecognizerStanding) -> Value {
    json!({
        "name": name,
        "open_reason": found.open_reason,
        "opened_at": found.opened_at.map(rfc3339),
        "retry_at": found.retry_at.map(rfc3339),
        "calls_today": found.calls_today,
        "calls_per_day": found.calls_per_day,
        "money_today_micros": found.money_today_micros,
        "money_per_day_micros": found.money_per_day_micros,
    })
}
