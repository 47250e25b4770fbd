//! Destinations of published files: reported by `tollbooth deliver`, shown to people. What is reported are words of a list
//! and numbers, so that no secret, user or address of a server can get here.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::destination::{self, DestinationKind, Trouble};
use tollbooth_pipeline::export::{BILLING, is_copy_name};
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::destinations::{self as ledger, Destination, DestinationReport, ReportFailure};
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize, now};

/// Longest time to a next report that is believed: a day.
const LONGEST_WAIT_SECONDS: u64 = 86_400;
/// Longest time that something fails: ten years.
const LONGEST_FAILURE_SECONDS: u64 = 315_360_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    kind: String,
    profile: String,
    /// What is wrong; null: all is well.
    trouble: Option<String>,
    /// How long it fails already.
    #[serde(deserialize_with = "whole")]
    failing_seconds: u64,
    #[serde(deserialize_with = "whole")]
    failures: u64,
    #[serde(deserialize_with = "whole")]
    delivered_through: u64,
    #[serde(deserialize_with = "whole")]
    pending: u64,
    #[serde(deserialize_with = "whole")]
    next_report_seconds: u64,
}

/// Up to here every whole number is exact in floating point.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A whole number, not negative; `3.0` is one, by JSON Schema.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked before")]
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let exact = |number: f64| (number.fract() == 0.0 && (0.0..EXACT).contains(&number)).then_some(number as u64);
    let found = number.as_u64().or_else(|| number.as_f64().and_then(exact));
    found.ok_or_else(|| D::Error::custom("a whole number is needed, and none below 0"))
}

#[derive(Serialize)]
struct Destinations {
    items: Vec<View>,
}

#[derive(Serialize)]
struct View {
    name: String,
    kind: String,
    profile: String,
    state: String,
    trouble: Option<String>,
    failing_since: Option<String>,
    failures: u32,
    last_trouble: Option<String>,
    last_trouble_at: Option<String>,
    delivered_through: u64,
    delivered_at: Option<String>,
    pending: u64,
    reported_at: String,
    reported_by: String,
}

impl From<Destination> for View {
    fn from(found: Destination) -> Self {
        let reported = found.reported;
        Self {
            failing_since: reported.trouble.as_ref().map(|_| rfc3339(reported.failing_since)),
            name: reported.name,
            kind: reported.kind,
            profile: reported.profile,
            state: found.state,
            trouble: reported.trouble,
            failures: reported.failures,
            last_trouble: found.last_trouble,
            last_trouble_at: found.last_trouble_at.map(rfc3339),
            delivered_through: reported.delivered_through,
            delivered_at: found.delivered_at.map(rfc3339),
            pending: reported.pending,
            reported_at: rfc3339(found.reported_at),
            reported_by: found.reported_by,
        }
    }
}

/// `GET /v1/destinations`
pub fn list(request: &Request) -> Answer {
    authorize(request, Action::ReadExports)?;
    request.query.only(&[])?;
    let items = ledger::list(now())?.into_iter().map(View::from).collect();
    Response::json(200, &Destinations { items })
}

/// `PUT /v1/destinations/{name}`
pub async fn report(request: Request, name: &str) -> Answer {
    let caller = authorize(&request, Action::ReportDelivery)?;
    request.query.only(&[])?;
    let body: Body = request.body.json().await?;
    let at = now();
    let report = read(name, body, at)?;
    ledger::report(at, &caller.actor(), &report).map_err(refused)?;
    Ok(Response::new(204))
}

/// `DELETE /v1/destinations/{name}`
pub fn forget(request: &Request, name: &str) -> Answer {
    authorize(request, Action::Administer)?;
    request.query.only(&[])?;
    if !ledger::forget(name)? {
        return Err(Problem::new(Kind::NotFound, "There is no such destination; GET /v1/destinations lists them."));
    }
    Ok(Response::new(204))
}

fn read(name: &str, body: Body, at: i64) -> Result<DestinationReport, Problem> {
    let mut wrong = Vec::new();
    if !destination::is_name(name) {
        wrong.push(format!("name: must be 1 to {} lower-case letters, digits or `-`", destination::LONGEST_NAME));
    }
    wrong.extend(body.kind.parse::<DestinationKind>().err().map(|e| format!("kind: {e}")));
    wrong.extend(
        body.trouble.as_deref().and_then(|word| word.parse::<Trouble>().err()).map(|e| format!("trouble: {e}")),
    );
    if body.profile != BILLING && !is_copy_name(&body.profile) {
        wrong.push(format!("profile: must be `{BILLING}` or the name of a copy"));
    }
    for (name, number, most) in [
        ("failing_seconds", body.failing_seconds, LONGEST_FAILURE_SECONDS),
        ("next_report_seconds", body.next_report_seconds, LONGEST_WAIT_SECONDS),
        ("failures", body.failures, u64::from(u32::MAX)),
        // The ledger counts with signed numbers.
        ("delivered_through", body.delivered_through, i64::MAX as u64),
        ("pending", body.pending, i64::MAX as u64),
    ] {
        if number > most {
            wrong.push(format!("{name}: must be at most {most}"));
        }
    }
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    let ms = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000);
    Ok(DestinationReport {
        name: name.to_owned(),
        kind: body.kind,
        profile: body.profile,
        trouble: body.trouble,
        failing_since: at.saturating_sub(ms(body.failing_seconds)),
        failures: u32::try_from(body.failures).unwrap_or(u32::MAX),
        delivered_through: body.delivered_through,
        pending: body.pending,
        next_report_at: at.saturating_add(ms(body.next_report_seconds)),
    })
}

fn refused(failure: ReportFailure) -> Problem {
    match failure {
        ReportFailure::TooMany => Problem::new(
            Kind::TooManyDestinations,
            format!(
                "{} destinations are known already. An operator forgets one that is gone: DELETE /v1/destinations/NAME.",
                destination::MOST_DESTINATIONS
            ),
        ),
        ReportFailure::Invalid(what) => Problem::invalid(vec![what]),
        ReportFailure::Ledger(failure) => failure.into(),
    }
}
