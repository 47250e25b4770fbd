//! Applying what is advised: one action, recorded with what it follows from.

use serde::Deserialize;
use serde_json::json;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::quality::{self, ApplyFailure};
use tollbooth_quality::advice::Advice;
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize, now};

use crate::measured::Known;
use crate::period::{DEFAULT_DAYS, MOST_DAYS, Period};

/// What was advised, as the caller saw it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThresholdBody {
    setting: String,
    value: f64,
    days: Option<f64>,
}

/// `POST /v1/quality/threshold`: only what is advised at this moment is applied. Whoever wants another value changes the
/// setting.
pub async fn apply(request: Request) -> Answer {
    let operator = authorize(&request, Action::Administer)?;
    request.query.only(&[])?;
    let ThresholdBody { setting, value, days } = request.body.json().await?;
    let days = days.map_or(Ok(DEFAULT_DAYS), whole_days)?;
    let known = Known::of(&Period::last(days))?;
    let advised = known.advice();
    let row = advised.row.and_then(|row| advised.tried.get(row)).filter(|_| advised.advice == Advice::Tighten);
    let Some(row) = row.filter(|row| row.setting.setting() == setting && is_same(row.value, value)) else {
        return Err(Problem::new(
            Kind::Conflict,
            "This is not what is advised now: look at GET /v1/quality again. Another value is set with PATCH /v1/settings.",
        ));
    };
    let because = json!({
        "days": days,
        "target_percent": known.settings.quality_target_percent,
        "read": row.read,
        "errors": row.errors,
        "at_most_percent": row.at_most_percent,
        "accepted_percent": row.accepted_percent,
    });
    quality::apply(now(), &operator.actor(), &setting, &json!(row.value).to_string(), &because.to_string()).map_err(
        |failure| match failure {
            ApplyFailure::Invalid(violations) => Problem::invalid(violations),
            ApplyFailure::Ledger(failure) => failure.into(),
        },
    )?;
    Response::json(200, &json!({ "setting": setting, "value": row.value, "because": because }))
}

fn whole_days(days: f64) -> Result<u64, Problem> {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "in range"
    )]
    if days.fract() == 0.0 && (1.0..=MOST_DAYS as f64).contains(&days) {
        return Ok(days as u64);
    }
    Err(Problem::invalid(vec![format!("days: must be a whole number from 1 to {MOST_DAYS}")]))
}

/// The list of values is fixed, so the same value is the same number.
fn is_same(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-9
}
