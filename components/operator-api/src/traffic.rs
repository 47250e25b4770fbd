//! Who passes at a booth, by what was learned there: what the judge takes for likely before it looks at a plate.

use serde::Serialize;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::ident;
use tollbooth_pipeline::learned::{Observed, SeenIssuer, Traffic};
use tollbooth_pipeline::role::Action;
use tollbooth_pipeline::settings::Settings;
use tollbooth_ports::ledger::{admin, learning};
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize};

/// Issuers that are listed without having been seen: the likeliest of those.
const MOST_UNSEEN: usize = 20;

#[derive(Serialize)]
struct TrafficView {
    booth: String,
    jurisdiction: String,
    in_force: bool,
    version: Option<u32>,
    learned_at: Option<String>,
    checked_at: Option<String>,
    known_vehicles: f64,
    unknown_vehicles: f64,
    needed_vehicles: u64,
    issuers: Vec<IssuerView>,
}

#[derive(Serialize)]
struct IssuerView {
    issuer: String,
    vehicles: f64,
    usual_percent: f64,
    learned_percent: f64,
    series: Vec<SeriesView>,
}

#[derive(Serialize)]
struct SeriesView {
    pattern: String,
    vehicles: f64,
}

/// `GET /v1/booths/{booth}/traffic`
pub fn show(request: &Request, booth: &str) -> Answer {
    authorize(request, Action::ReadBalance)?;
    request.query.only(&[])?;
    ident::check_booth(booth)?;
    let found = learning::booth_traffic(booth)?
        .ok_or_else(|| Problem::new(Kind::UnknownBooth, "No booth is registered under this id."))?;
    let observed: Observed = serde_json::from_str(&found.observed)
        .map_err(|e| Problem::internal(format!("what was learned of {booth} cannot be read: {e}")))?;
    let changed = admin::changed_settings()?;
    let settings = Settings::from_changes(changed.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        .map_err(|e| Problem::internal(format!("the stored settings are invalid: {e}")))?;
    let usual = Traffic::around(&found.jurisdiction, settings.judge_home_share_percent / 100.0);
    Response::json(
        200,
        &TrafficView {
            booth: booth.to_owned(),
            in_force: found.in_force,
            version: found.version,
            learned_at: found.learned_at.map(rfc3339),
            checked_at: found.checked_at.map(rfc3339),
            known_vehicles: tenths(observed.known()),
            unknown_vehicles: tenths(observed.unknown),
            needed_vehicles: settings.judge_traffic_learned_from,
            issuers: issuers(&usual, &observed),
            jurisdiction: found.jurisdiction,
        },
    )
}

/// Those that were seen, and the likeliest of the others, by what was learned.
fn issuers(usual: &Traffic, observed: &Observed) -> Vec<IssuerView> {
    let learned = usual.seen(observed);
    let mut all: Vec<(&str, f64)> = learned.issuers().collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut unseen = 0;
    let listed = all.into_iter().filter(|(code, _)| {
        let is_seen = observed.issuers.contains_key(*code);
        unseen += usize::from(!is_seen);
        is_seen || unseen <= MOST_UNSEEN
    });
    let view = |(code, share): (&str, f64)| {
        let seen = observed.issuers.get(code);
        IssuerView {
            issuer: code.to_owned(),
            vehicles: tenths(seen.map_or(0.0, |seen| seen.vehicles)),
            usual_percent: thousandths(100.0 * usual.share(code)),
            learned_percent: thousandths(100.0 * share),
            series: seen.map(series).unwrap_or_default(),
        }
    };
    listed.map(view).collect()
}

fn series(seen: &SeenIssuer) -> Vec<SeriesView> {
    let mut series: Vec<SeriesView> = seen
        .series
        .iter()
        .map(|(pattern, vehicles)| SeriesView { pattern: pattern.clone(), vehicles: tenths(*vehicles) })
        .collect();
    series.sort_by(|a, b| b.vehicles.total_cmp(&a.vehicles));
    series
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

fn thousandths(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_seen_is_listed_with_both_shares_and_the_likeliest_of_the_others() {
        let mut observed = Observed::default();
        (0..300).for_each(|_| observed.add(0, Some("us-vt"), "ABC123"));
        let listed = issuers(&Traffic::around("us-tx", 0.85), &observed);
        assert_eq!(listed.len(), 1 + MOST_UNSEEN);
        assert_eq!(listed[0].issuer, "us-vt");
        assert!(listed[0].learned_percent > 50.0 && listed[0].usual_percent < 1.0);
        assert_eq!((listed[0].series[0].pattern.as_str(), listed[0].series[0].vehicles), ("AAA999", 300.0));
        assert!(listed.iter().any(|issuer| issuer.issuer == "us-tx" && issuer.vehicles == 0.0));
    }
}
