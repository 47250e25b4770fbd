//! What staff see of alerts and do about them.

use serde::Deserialize;
use serde_json::json;
use tollbooth_pipeline::mail_address::addresses;
use tollbooth_pipeline::role::Action;
use tollbooth_pipeline::text;
use tollbooth_ports::ledger::alerts::{self as ledger, AlertFailure};
use tollbooth_ports::ledger::messages;
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize, now};

use crate::tick::in_force;
use crate::views::{AlertLife, AlertView, MessageView, Page, RuleView, RulesView};

const HOUR_MS: i64 = 3_600_000;
/// Messages of one alert that are shown with it.
const MOST_MESSAGES: u32 = 200;
/// Longest silence about a rule, in hours: a week.
const MOST_HOURS: f64 = 168.0;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AcknowledgeBody {
    remark: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SnoozeBody {
    hours: f64,
    reason: String,
}

/// The body of routes that take none: absent, or `{}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoParameters {}

/// `GET /v1/alerts`
pub fn rules(request: &Request) -> Answer {
    authorize(request, Action::ReadAlerts)?;
    request.query.only(&[])?;
    let (looked_at, rules) = ledger::rules(now())?;
    let rules: Result<Vec<RuleView>, Problem> = rules.into_iter().map(RuleView::try_from).collect();
    let heard = is_heard(&messages::changed_settings()?);
    let looked_at = looked_at.map(tollbooth_pipeline::capture::rfc3339);
    Response::json(200, &RulesView { looked_at, heard, rules: rules? })
}

/// Whether anybody is told of the built-in rules. While the stored settings are invalid no message goes out: nobody hears, and
/// what is wrong is seen here all the more.
fn is_heard(changed: &[(String, String)]) -> bool {
    in_force(changed).is_ok_and(|settings| settings.alerts_chat || addresses(&settings.alerts_mail_to).next().is_some())
}

/// `GET /v1/alerts/history`
pub fn history(request: &Request) -> Answer {
    authorize(request, Action::ReadAlerts)?;
    let query = &request.query;
    query.only(&["before", "limit"])?;
    let limit = query.limit()?;
    let found = ledger::history(query.cursor("before")?, limit)?;
    let full = u32::try_from(found.len()).is_ok_and(|count| count >= limit);
    let next = found.last().map(|alert| alert.sequence).filter(|_| full);
    let items: Result<Vec<AlertView>, Problem> = found.into_iter().map(AlertView::try_from).collect();
    Response::json(200, &Page { items: items?, next })
}

/// `GET /v1/alerts/{id}`
pub fn show(request: &Request, id: &str) -> Answer {
    authorize(request, Action::ReadAlerts)?;
    request.query.only(&[])?;
    let alert = ledger::get(id)?
        .ok_or_else(|| Problem::new(Kind::NotFound, "There is no such alert; GET /v1/alerts/history lists them."))?;
    let messages = messages::about(id, MOST_MESSAGES)?.into_iter().map(MessageView::from).collect();
    Response::json(200, &AlertLife { alert: AlertView::try_from(alert)?, messages })
}

/// `POST /v1/alerts/{id}/acknowledge`
pub async fn acknowledge(request: Request, id: &str) -> Answer {
    let caller = authorize(&request, Action::HandleAlerts)?;
    request.query.only(&[])?;
    let AcknowledgeBody { remark } = request.body.json().await?;
    let remark = remark.map(|remark| checked("remark", &remark)).transpose()?;
    let alert = ledger::acknowledge(now(), &caller.actor(), id, remark.as_deref()).map_err(refused)?;
    Response::json(200, &AlertView::try_from(alert)?)
}

/// `PUT /v1/alerts/rules/{rule}/snooze`
pub async fn snooze(request: Request, rule: &str) -> Answer {
    let caller = authorize(&request, Action::HandleAlerts)?;
    request.query.only(&[])?;
    let SnoozeBody { hours, reason } = request.body.json().await?;
    let whole = whole_hours(hours).ok_or_else(|| {
        Problem::new(Kind::InvalidRequest, format!("hours: must be a whole number from 1 to {MOST_HOURS}."))
    })?;
    let reason = checked("reason", &reason)?;
    let at = now();
    let until = at.saturating_add(whole.saturating_mul(HOUR_MS));
    ledger::set_snooze(at, &caller.actor(), rule, Some(until), &reason).map_err(refused)?;
    Response::json(
        200,
        &json!({ "rule": rule, "until": tollbooth_pipeline::capture::rfc3339(until), "reason": reason }),
    )
}

/// `DELETE /v1/alerts/rules/{rule}/snooze`
pub fn wake_up(request: &Request, rule: &str) -> Answer {
    let caller = authorize(request, Action::HandleAlerts)?;
    request.query.only(&[])?;
    ledger::set_snooze(now(), &caller.actor(), rule, None, "").map_err(refused)?;
    Ok(Response::new(204))
}

/// `POST /v1/alerts/rules/{rule}/test`
pub async fn test(request: Request, rule: &str) -> Answer {
    let caller = authorize(&request, Action::HandleAlerts)?;
    request.query.only(&[])?;
    let NoParameters {} = request.body.json().await?;
    let ids = ledger::test(now(), &caller.actor(), rule).map_err(refused)?;
    Response::json(202, &json!({ "messages": ids }))
}

fn checked(what: &'static str, given: &str) -> Result<String, Problem> {
    text::remark(what, given).map_err(|e| Problem::invalid(vec![e.to_string()]))
}

/// A whole number in range; `24.0` is one, by JSON Schema.
#[allow(clippy::cast_possible_truncation, reason = "the range is checked before")]
fn whole_hours(hours: f64) -> Option<i64> {
    (hours.fract() == 0.0 && (1.0..=MOST_HOURS).contains(&hours)).then_some(hours as i64)
}

fn refused(failure: AlertFailure) -> Problem {
    match failure {
        AlertFailure::NotFound => {
            Problem::new(Kind::NotFound, "There is no such alert or rule; GET /v1/alerts lists them.")
        }
        AlertFailure::Over => Problem::new(Kind::Conflict, "This alert is over."),
        AlertFailure::Invalid(violations) => Problem::invalid(violations),
        AlertFailure::Ledger(failure) => failure.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_hears_of_alerts_without_a_way_to_them_or_while_the_settings_are_invalid() {
        let heard = |changes: &[(&str, &str)]| {
            let changes: Vec<_> =
                changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            is_heard(&changes)
        };
        let mail = ("alerts.mail_to", "\"ops@example.org\"");
        assert!(!heard(&[]));
        assert!(heard(&[mail]) && heard(&[("alerts.chat", "true")]));
        assert!(!heard(&[mail, ("of.a.later.program", "1")]));
    }
}
