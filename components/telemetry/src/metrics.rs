//! `GET /metrics`: for Prometheus, with a secret of its own that opens nothing else, or an operator's or supervisor's
//! token.

use subtle::ConstantTimeEq;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::telemetry;
use tollbooth_telemetry::{Facts, Step, Subject, exposition};
use tollbooth_web::{Answer, Problem, Request, Response, authorize, required_variable};

use crate::series;
use crate::standing::standing;

/// A shorter secret can be guessed.
const MIN_SECRET_BYTES: usize = 20;

/// `GET /metrics`
pub fn expose(request: &Request) -> Answer {
    let scraper = bearer(request).map(is_scraper).transpose()?.unwrap_or(false);
    let role = if scraper { None } else { Some(authorize(request, Action::ReadBalance)?.role) };
    request.query.only(&[])?;
    let standing = standing()?;
    let mut totals: Vec<(Subject, Facts)> = Vec::new();
    let mut found = telemetry::rollups("all", Step::Total.as_str(), 0, 1)?;
    for kind in ["booth", "recognizer"] {
        found.extend(telemetry::rollups_of_all(kind, Step::Total.as_str(), 0, 1)?);
    }
    for rollup in found {
        let subject: Subject = rollup
            .subject
            .parse()
            .map_err(|error| Problem::internal(format!("the ledger sent a subject that is none: {error}")))?;
        let mut facts = series::readable(&rollup.facts)?;
        if let Some(role) = role {
            series::keep_back(&mut facts, role);
        }
        totals.push((subject, facts));
    }
    let text = exposition::text(&standing, &totals)
        .map_err(|error| Problem::internal(format!("the metrics cannot be written: {error}")))?;
    Ok(Response::new(200)
        .with_header("content-type", exposition::CONTENT_TYPE)
        .with_header("cache-control", "no-store")
        .with_body(text.into_bytes()))
}

fn bearer(request: &Request) -> Option<&str> {
    let (scheme, secret) = request.header("authorization")?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

/// Whether it is the scraper's secret. One that is not set, or too short to be one, opens nothing; one that cannot be
/// read is an outage, not a refusal.
fn is_scraper(given: &str) -> Result<bool, Problem> {
    let secret = required_variable("metrics_token").map_err(Problem::unavailable)?;
    Ok(secret.len() >= MIN_SECRET_BYTES && bool::from(secret.as_bytes().ct_eq(given.as_bytes())))
}
