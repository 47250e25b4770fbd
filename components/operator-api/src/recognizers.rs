//! Recognisers: how each stands, what it may do, and what it did on traffic. The comparison an operator chooses a
//! policy by.

use serde::Serialize;
use serde_json::{Map, Value, json};
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::limits::Limits;
use tollbooth_pipeline::policy::{Policy, Turn};
use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_pipeline::role::Action;
use tollbooth_pipeline::settings::Settings;
use tollbooth_ports::ledger::admin;
use tollbooth_ports::ledger::recognizers::{self, Overview, Traffic};
use tollbooth_web::{Answer, Problem, Request, Response, authorize, now};

/// Longest time that is looked back on, in hours: a week.
const LONGEST_HOURS: u64 = 168;

#[derive(Serialize)]
struct Answered {
    policy: &'static str,
    since: String,
    items: Vec<Value>,
}

/// `GET /v1/recognizers`: `hours` looks back, 24 when absent.
pub fn list(request: &Request) -> Answer {
    authorize(request, Action::Administer)?;
    request.query.only(&["hours"])?;
    let hours = request.query.number("hours", 24, 1, LONGEST_HOURS)?;
    let at = now();
    let since = at.saturating_sub(i64::try_from(hours).unwrap_or(i64::MAX).saturating_mul(3_600_000));
    let changed = admin::changed_settings()?;
    let settings = Settings::from_changes(changed.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        .map_err(|e| Problem::internal(format!("the stored settings are invalid: {e}")))?;
    let items = recognizers::look(at, since)?
        .into_iter()
        .map(|found| described(&found, &settings))
        .collect::<Result<_, _>>()?;
    Response::json(200, &Answered { policy: settings.reading_policy.as_str(), since: rfc3339(since), items })
}

fn described(found: &Overview, settings: &Settings) -> Result<Value, Problem> {
    let recognizer: Recognizer =
        found.name.parse().map_err(|e| Problem::internal(format!("the ledger names a recogniser: {e}")))?;
    Ok(json!({
        "name": found.name,
        "used_as": used_as(recognizer, settings).map(Turn::as_str),
        "component": found.component,
        "model": found.model,
        "price_micros": found.price_micros,
        "circuit": {
            "state": found.circuit,
            "reason": found.reason,
            "opened_at": found.opened_at.map(rfc3339),
            "retry_at": found.retry_at.map(rfc3339),
            "consecutive_failures": found.consecutive_failures,
        },
        "in_flight": found.in_flight,
        "waiting": found.waiting,
        "today": { "calls": found.calls_today, "money_micros": found.money_today_micros },
        "limits": limits(recognizer, settings),
        "traffic": traffic(&found.traffic),
        "shadows": shadows(&found.shadows),
    }))
}

/// What the settings in force use it as.
fn used_as(recognizer: Recognizer, settings: &Settings) -> Option<Turn> {
    if recognizer == settings.reading_recognizer {
        return Some(Turn::First);
    }
    (recognizer == settings.reading_second_recognizer && settings.reading_policy != Policy::One).then_some(Turn::Second)
}

fn limits(recognizer: Recognizer, settings: &Settings) -> Value {
    let limits = Limits::of(recognizer, settings);
    json!({
        "concurrency": limits.concurrency,
        "calls_per_second": limits.service.map(|s| s.calls_per_second),
        "calls_per_day": limits.service.map(|s| s.calls_per_day),
        "money_per_day_micros": limits.service.map(|s| s.money_per_day_micros),
        "max_attempts": settings.reading_max_attempts,
        "lease_seconds": settings.reading_lease_seconds,
    })
}

fn traffic(found: &Traffic) -> Value {
    let failures: Map<String, Value> = found.failures.iter().map(|(class, n)| (class.clone(), json!(n))).collect();
    json!({
        "calls": found.calls,
        "plates": found.plates,
        "no_plates": found.no_plates,
        "failures": failures,
        "read_rate": share(found.plates, found.calls),
        "accepted": found.accepted,
        "agreement": agreement(found.compared, found.agreed),
        "agreement_with_people": agreement(found.compared_with_people, found.agreed_with_people),
        "p50_ms": found.p50_ms,
        "p95_ms": found.p95_ms,
        "cost_micros": found.cost_micros,
        "cost_per_accepted_micros": found.cost_micros.checked_div(found.accepted),
    })
}

fn shadows(found: &Traffic) -> Value {
    let mut shown = traffic(found);
    if let Some(members) = shown.as_object_mut() {
        members.insert("agreement_with_used".to_owned(), agreement(found.compared_with_used, found.agreed_with_used));
    }
    shown
}

fn agreement(compared: u64, agreed: u64) -> Value {
    json!({ "compared": compared, "agreed": agreed, "rate": share(agreed, compared) })
}

/// Null where there is nothing to divide by: no traffic is not a rate of zero.
#[expect(clippy::cast_precision_loss, reason = "counts of calls are far below 2^53")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_divided_by_nothing() {
        assert_eq!(share(0, 0), None);
        assert_eq!(share(1, 4), Some(0.25));
    }

    #[test]
    fn a_second_is_used_only_where_the_policy_has_one() {
        let with = |policy| Settings { reading_policy: policy, ..Settings::default() };
        assert_eq!(used_as(Recognizer::InProcess, &with(Policy::One)), Some(Turn::First));
        assert_eq!(used_as(Recognizer::PlateRecognizer, &with(Policy::One)), None);
        assert_eq!(used_as(Recognizer::PlateRecognizer, &with(Policy::Shadow)), Some(Turn::Second));
        assert_eq!(used_as(Recognizer::Custom, &with(Policy::Shadow)), None);
    }
}
