//! Rules of alerts that staff define: list, define, change, try, delete, and put back.

use serde::{Deserialize, Serialize};
use tollbooth_alerts::staff::{Definition, Draft, Kind as Whom, MAX_RULES, METRICS, Metric, Preview};
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::alert_rules::{self as ledger, DefinedRule, RuleFailure, RuleVersion};
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize, now};

/// A rule and the version that it replaces.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeBody {
    version: f64,
    rule: Draft,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UndoBody {
    version: f64,
    to: Option<f64>,
}

/// All rules, and what a rule can watch.
#[derive(Serialize)]
struct RulesView {
    items: Vec<DefinedView>,
    most: usize,
    metrics: Vec<MetricView>,
}

#[derive(Serialize)]
struct MetricView {
    name: &'static str,
    title: &'static str,
    unit: &'static str,
    aggregations: Vec<&'static str>,
    of: Vec<&'static str>,
    is_level: bool,
    needs_many: bool,
}

impl From<&Metric> for MetricView {
    fn from(metric: &Metric) -> Self {
        Self {
            name: metric.name,
            title: metric.title,
            unit: metric.unit,
            aggregations: metric.aggregations().iter().map(|one| one.as_str()).collect(),
            of: metric.of().into_iter().map(Whom::as_str).collect(),
            is_level: metric.is_level(),
            needs_many: metric.needs_many(),
        }
    }
}

/// A rule as it is in force.
#[derive(Serialize)]
struct DefinedView {
    id: String,
    version: u32,
    deleted: bool,
    created_at: String,
    changed_at: String,
    changed_by: String,
    /// None: this program cannot read it.
    rule: Option<Draft>,
}

/// A rule and its versions, newest first.
#[derive(Serialize)]
struct HistoryView {
    rule: DefinedView,
    versions: Vec<VersionView>,
}

#[derive(Serialize)]
struct VersionView {
    version: u32,
    change: String,
    deleted: bool,
    at: String,
    by: ByView,
    /// None: this program cannot read it.
    rule: Option<Draft>,
}

#[derive(Serialize)]
struct ByView {
    role: String,
    id: String,
}

#[derive(Serialize)]
struct PreviewView {
    since: Option<String>,
    until: String,
    by_the_minute_since: String,
    fired: usize,
    alerts: Vec<FiringView>,
    unknown_percent: f64,
    now: Vec<PresentView>,
}

#[derive(Serialize)]
struct FiringView {
    fired_at: String,
    resolved_at: Option<String>,
    subjects: usize,
    worst: Option<f64>,
}

#[derive(Serialize)]
struct PresentView {
    of: Option<String>,
    value: Option<f64>,
}

/// `GET /v1/alerts/rules`
pub fn list(request: &Request) -> Answer {
    authorize(request, Action::ReadAlerts)?;
    request.query.only(&[])?;
    let items = ledger::list()?.into_iter().map(defined).collect();
    let metrics = METRICS.iter().map(MetricView::from).collect();
    Response::json(200, &RulesView { items, most: MAX_RULES, metrics })
}

/// `POST /v1/alerts/rules`
pub async fn define(request: Request) -> Answer {
    let caller = authorize(&request, Action::DefineAlerts)?;
    request.query.only(&[])?;
    let draft: Draft = request.body.json().await?;
    let rule = ledger::define(now(), &caller.actor(), &checked(&draft)?.to_json()).map_err(refused)?;
    let place = format!("/v1/alerts/rules/{}", rule.id);
    Ok(Response::json(201, &defined(rule))?.with_header("location", place))
}

/// `GET /v1/alerts/rules/{rule}`
pub fn show(request: &Request, id: &str) -> Answer {
    authorize(request, Action::ReadAlerts)?;
    request.query.only(&[])?;
    let (rule, versions) = ledger::get(id)?.ok_or_else(unknown)?;
    let versions = versions.into_iter().map(version).collect();
    Response::json(200, &HistoryView { rule: defined(rule), versions })
}

/// `PUT /v1/alerts/rules/{rule}`
pub async fn change(request: Request, id: &str) -> Answer {
    let caller = authorize(&request, Action::DefineAlerts)?;
    request.query.only(&[])?;
    let ChangeBody { version, rule } = request.body.json().await?;
    let definition = checked(&rule)?.to_json();
    let version = whole("version", version)?;
    let rule = ledger::change(now(), &caller.actor(), id, version, &definition).map_err(refused)?;
    Response::json(200, &defined(rule))
}

/// `DELETE /v1/alerts/rules/{rule}?version=3`
pub fn delete(request: &Request, id: &str) -> Answer {
    let caller = authorize(request, Action::DefineAlerts)?;
    request.query.only(&["version"])?;
    request.query.require("version")?;
    let version = request.query.number("version", 1, 1, u64::from(u32::MAX))?;
    let version = u32::try_from(version).unwrap_or(u32::MAX);
    ledger::delete(now(), &caller.actor(), id, version).map_err(refused)?;
    Ok(Response::new(204))
}

/// `POST /v1/alerts/rules/{rule}/undo`
pub async fn undo(request: Request, id: &str) -> Answer {
    let caller = authorize(&request, Action::DefineAlerts)?;
    request.query.only(&[])?;
    let UndoBody { version, to } = request.body.json().await?;
    let (version, to) = (whole("version", version)?, to.map(|to| whole("to", to)).transpose()?);
    let rule = ledger::undo(now(), &caller.actor(), id, version, to).map_err(refused)?;
    Response::json(200, &defined(rule))
}

/// `POST /v1/alerts/rules/preview`
pub async fn preview(request: Request) -> Answer {
    authorize(&request, Action::DefineAlerts)?;
    request.query.only(&[])?;
    let draft: Draft = request.body.json().await?;
    let text = ledger::preview(now(), &checked(&draft)?.to_json())?;
    let found: Preview = serde_json::from_str(&text)
        .map_err(|e| Problem::internal(format!("the ledger sent a preview that cannot be read: {e}")))?;
    Response::json(
        200,
        &PreviewView {
            since: found.since.map(rfc3339),
            until: rfc3339(found.until),
            by_the_minute_since: rfc3339(found.by_the_minute_since),
            fired: found.fired,
            alerts: found
                .alerts
                .into_iter()
                .map(|one| FiringView {
                    fired_at: rfc3339(one.fired_at),
                    resolved_at: one.resolved_at.map(rfc3339),
                    subjects: one.subjects,
                    worst: one.worst,
                })
                .collect(),
            unknown_percent: found.unknown_percent,
            now: found
                .now
                .into_iter()
                .map(|(id, value)| PresentView { of: Some(id).filter(|id| !id.is_empty()), value })
                .collect(),
        },
    )
}

/// The version of a rule; `3.0` is one, by JSON Schema.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked before")]
fn whole(what: &str, number: f64) -> Result<u32, Problem> {
    if number.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(&number) {
        return Ok(number as u32);
    }
    Err(Problem::new(Kind::InvalidRequest, format!("{what}: must be a whole number from 1 to {}.", u32::MAX)))
}

fn checked(draft: &Draft) -> Result<Definition, Problem> {
    draft.check().map_err(Problem::invalid)
}

/// None for one that is damaged, or of a later version: whoever sees it listed can delete or replace it.
fn draft(text: &str) -> Option<Draft> {
    Definition::from_json(text).ok().map(|definition| definition.draft().clone())
}

fn defined(found: DefinedRule) -> DefinedView {
    DefinedView {
        rule: draft(&found.definition),
        id: found.id,
        version: found.version,
        deleted: found.deleted,
        created_at: rfc3339(found.created_at),
        changed_at: rfc3339(found.changed_at),
        changed_by: found.changed_by,
    }
}

fn version(found: RuleVersion) -> VersionView {
    VersionView {
        rule: draft(&found.definition),
        version: found.version,
        change: found.change,
        deleted: found.deleted,
        at: rfc3339(found.at),
        by: ByView { role: found.by.role, id: found.by.id },
    }
}

fn refused(failure: RuleFailure) -> Problem {
    match failure {
        RuleFailure::NotFound => unknown(),
        RuleFailure::Changed => Problem::new(
            Kind::VersionConflict,
            "Somebody changed this rule since you looked at it. Read it again, and send its present version.",
        ),
        RuleFailure::TooMany => Problem::new(
            Kind::TooMany,
            format!("There are {MAX_RULES} rules, and there may be no more. Delete one that nobody needs."),
        ),
        RuleFailure::Invalid(violations) => Problem::invalid(violations),
        RuleFailure::Ledger(failure) => failure.into(),
    }
}

fn unknown() -> Problem {
    Problem::new(Kind::NotFound, "There is no such rule, or it was deleted; GET /v1/alerts/rules lists them.")
}
