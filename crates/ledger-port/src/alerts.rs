//! `tollbooth:ledger/alerts`

use tollbooth_ledger::Failure;
use tollbooth_ledger::alerts as domain;

use crate::bindings::exports::tollbooth::ledger::alerts::{
    Actor, Alert, AlertFailure, Evaluated, Guest, LedgerFailure, Rule, Snooze,
};
use crate::failure::actor;
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn evaluate(now: i64) -> Result<Option<Evaluated>, LedgerFailure> {
        let done = Self::with_ledger(Some(now), |ledger| ledger.evaluate_alerts(now))?;
        Ok(done.map(|done| Evaluated { fired: done.fired, resolved: done.resolved, messages: done.messages }))
    }

    fn rules(now: i64) -> Result<(Option<i64>, Vec<Rule>), LedgerFailure> {
        let (looked_at, rules) = Self::with_ledger(Some(now), |ledger| ledger.alert_rules(now))?;
        Ok((looked_at, rules.into_iter().map(rule).collect()))
    }

    fn history(before: Option<u64>, limit: u32) -> Result<Vec<Alert>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.alerts(before, limit))?;
        Ok(found.into_iter().map(alert).collect())
    }

    fn get(id: String) -> Result<Option<Alert>, LedgerFailure> {
        Ok(Self::with_ledger(None, |ledger| ledger.alert_by_id(&id))?.map(alert))
    }

    fn acknowledge(now: i64, who: Actor, id: String, remark: Option<String>) -> Result<Alert, AlertFailure> {
        Self::with_ledger(Some(now), |ledger| ledger.acknowledge_alert(now, &actor(&who), &id, remark.as_deref()))
            .map(alert)
            .map_err(alert_failure)
    }

    fn set_snooze(now: i64, who: Actor, rule: String, until: Option<i64>, reason: String) -> Result<(), AlertFailure> {
        Self::with_ledger(Some(now), |ledger| ledger.snooze_alerts(now, &actor(&who), &rule, until, &reason))
            .map_err(alert_failure)
    }

    fn test(now: i64, who: Actor, rule: String) -> Result<Vec<String>, AlertFailure> {
        Self::with_ledger(Some(now), |ledger| ledger.test_alert(now, &actor(&who), &rule)).map_err(alert_failure)
    }
}

fn alert_failure(failure: Failure<domain::Refusal>) -> AlertFailure {
    match failure {
        Failure::Refused(domain::Refusal::NotFound) => AlertFailure::NotFound,
        Failure::Refused(domain::Refusal::Over) => AlertFailure::Over,
        Failure::Refused(domain::Refusal::Invalid(violations)) => AlertFailure::Invalid(violations),
        Failure::Ledger(error) => AlertFailure::Ledger(error.into()),
    }
}

fn rule(found: domain::RuleStanding) -> Rule {
    Rule {
        name: found.rule,
        title: found.title,
        defined: found.defined,
        severity: found.severity.as_str().to_owned(),
        state: found.state.as_str().to_owned(),
        since: found.since,
        alert: found.alert.map(alert),
        snoozed: found.snoozed.map(|(until, reason, by)| Snooze { until, reason, by }),
        left_out: found.left_out,
    }
}

fn alert(found: domain::Alert) -> Alert {
    Alert {
        sequence: found.sequence,
        id: found.id,
        rule: found.rule,
        title: found.title,
        severity: found.severity,
        state: found.state,
        summary: found.summary,
        lines: found.lines,
        fired_at: found.fired_at,
        resolved_at: found.resolved_at,
        told_at: found.told_at,
        tellings: found.tellings,
        inhibited: found.inhibited,
        acknowledged_at: found.acknowledged_at,
        acknowledged_by: found.acknowledged_by,
        remark: found.remark,
    }
}
