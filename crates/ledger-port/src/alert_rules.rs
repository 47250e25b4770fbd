//! `tollbooth:ledger/alert-rules`

use tollbooth_alerts::staff::Definition;
use tollbooth_ledger::alerts as domain;
use tollbooth_ledger::{Failure, LedgerError};

use crate::bindings::exports::tollbooth::ledger::alert_rules::{
    Actor, DefinedRule, Guest, LedgerFailure, RuleFailure, RuleVersion,
};
use crate::failure::actor;
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn list() -> Result<Vec<DefinedRule>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.defined_rules())?;
        Ok(found.into_iter().map(kept).collect())
    }

    fn get(id: String) -> Result<Option<(DefinedRule, Vec<RuleVersion>)>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.defined_rule(&id))?;
        Ok(found.map(|(found, versions)| (kept(found), versions.into_iter().map(version).collect())))
    }

    fn define(now: i64, who: Actor, definition: String) -> Result<DefinedRule, RuleFailure> {
        let definition = readable(&definition)?;
        Self::with_ledger(Some(now), |ledger| ledger.define_rule(now, &actor(&who), &definition))
            .map(rule)
            .map_err(rule_failure)
    }

    fn change(now: i64, who: Actor, id: String, version: u32, definition: String) -> Result<DefinedRule, RuleFailure> {
        let definition = readable(&definition)?;
        Self::with_ledger(Some(now), |ledger| ledger.change_rule(now, &actor(&who), &id, version, &definition))
            .map(rule)
            .map_err(rule_failure)
    }

    fn delete(now: i64, who: Actor, id: String, version: u32) -> Result<(), RuleFailure> {
        Self::with_ledger(Some(now), |ledger| ledger.delete_rule(now, &actor(&who), &id, version)).map_err(rule_failure)
    }

    fn undo(now: i64, who: Actor, id: String, version: u32, to: Option<u32>) -> Result<DefinedRule, RuleFailure> {
        Self::with_ledger(Some(now), |ledger| ledger.undo_rule(now, &actor(&who), &id, version, to))
            .map(rule)
            .map_err(rule_failure)
    }

    fn preview(now: i64, definition: String) -> Result<String, LedgerFailure> {
        let found = Self::with_ledger(Some(now), |ledger| {
            let definition = Definition::from_json(&definition).map_err(damaged)?;
            ledger.preview_rule(now, &definition)
        })?;
        serde_json::to_string(&found).map_err(|error| LedgerFailure::Damaged(error.to_string()))
    }
}

fn readable(text: &str) -> Result<Definition, RuleFailure> {
    Definition::from_json(text).map_err(|error| RuleFailure::Ledger(damaged(error).into()))
}

/// The caller checked it with the same code: what does not pass here is a defect.
fn damaged(error: impl std::fmt::Display) -> LedgerError {
    LedgerError::Damaged(format!("the caller sent {error}"))
}

fn rule_failure(failure: Failure<domain::RuleRefusal>) -> RuleFailure {
    match failure {
        Failure::Refused(domain::RuleRefusal::NotFound) => RuleFailure::NotFound,
        Failure::Refused(domain::RuleRefusal::Changed) => RuleFailure::Changed,
        Failure::Refused(domain::RuleRefusal::TooMany) => RuleFailure::TooMany,
        Failure::Refused(domain::RuleRefusal::Invalid(violations)) => RuleFailure::Invalid(violations),
        Failure::Ledger(error) => RuleFailure::Ledger(error.into()),
    }
}

fn rule(found: domain::DefinedRule) -> DefinedRule {
    DefinedRule {
        definition: found.definition.to_json(),
        id: found.id,
        version: found.version,
        deleted: found.deleted,
        created_at: found.created_at,
        changed_at: found.changed_at,
        changed_by: found.changed_by,
    }
}

fn kept(found: domain::KeptRule) -> DefinedRule {
    DefinedRule {
        definition: found.definition,
        id: found.id,
        version: found.version,
        deleted: found.deleted,
        created_at: found.created_at,
        changed_at: found.changed_at,
        changed_by: found.changed_by,
    }
}

fn version(found: domain::RuleVersion) -> RuleVersion {
    RuleVersion {
        definition: found.definition,
        version: found.version,
        change: found.change,
        deleted: found.deleted,
        at: found.at,
        by: Actor { role: found.actor.role, id: found.actor.id },
    }
}
