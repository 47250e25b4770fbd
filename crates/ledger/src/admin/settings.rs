//! Changing settings: all of a change or none, checked against everything else that is in force.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::settings::{DEFINITIONS, Settings};

use super::Refusal;
use crate::Ledger;
use crate::db::{Db, params};
use crate::error::Failure;
use crate::event::{Actor, EventKind, NewEvent};
use crate::scope::Scope;

/// A setting and its new JSON value; none for back to the default.
pub type SettingChange = (String, Option<String>);

impl<D: Db> Ledger<D> {
    /// Changes settings. A value equal to the default is stored as the default.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] names every unknown setting, wrong value and contradiction.
    pub fn put_settings(&self, now: Instant, actor: &Actor, changes: &[SettingChange]) -> Result<(), Failure<Refusal>> {
        self.write(Scope::Admin, || self.change_settings(now, actor, changes, EventKind::SettingsChanged, Map::new()))
    }

    /// The same inside a transaction, as an event of another kind that says more.
    pub(crate) fn change_settings(
        &self,
        now: Instant,
        actor: &Actor,
        changes: &[SettingChange],
        kind: EventKind,
        more: Map<String, Json>,
    ) -> Result<(), Failure<Refusal>> {
        let before: BTreeMap<String, String> = self.changed_settings()?.into_iter().collect();
        let after = after(&before, changes).map_err(|v| Failure::Refused(Refusal::Invalid(v)))?;
        let mut detail = Map::new();
        for definition in DEFINITIONS {
            let (old, new) = (before.get(definition.name), after.get(definition.name));
            if old == new {
                continue;
            }
            match new {
                Some(value) => self.run(
                    "INSERT INTO setting (name, value) VALUES (?1, ?2)
                     ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    params![definition.name, value.as_str()],
                )?,
                None => self.run("DELETE FROM setting WHERE name = ?1", params![definition.name])?,
            };
            detail.insert(definition.name.to_owned(), json!({ "from": parsed(old), "to": parsed(new) }));
        }
        if !detail.is_empty() {
            detail.extend(more);
            self.append_general(&NewEvent { at: now, kind, actor, detail: Json::Object(detail) }, None)?;
        }
        Ok(())
    }
}

fn parsed(value: Option<&String>) -> Json {
    value.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Json::Null)
}

/// What differs from the defaults after the changes, values in their shortest spelling.
fn after(
    before: &BTreeMap<String, String>,
    changes: &[SettingChange],
) -> Result<BTreeMap<String, String>, Vec<String>> {
    let mut wanted = before.clone();
    let mut violations = Vec::new();
    for (name, value) in changes {
        if !DEFINITIONS.iter().any(|definition| definition.name == name) {
            violations.push(format!("`{name}` is no setting; GET /v1/settings lists them"));
            continue;
        }
        match value {
            Some(value) => wanted.insert(name.clone(), value.clone()),
            None => wanted.remove(name),
        };
    }
    match Settings::from_changes(wanted.iter().map(|(name, value)| (name.as_str(), value.as_str()))) {
        Ok(settings) if violations.is_empty() => Ok(different(&settings)),
        Ok(_) => Err(violations),
        Err(invalid) => {
            violations.extend(invalid.0);
            Err(violations)
        }
    }
}

fn different(settings: &Settings) -> BTreeMap<String, String> {
    settings
        .values()
        .into_iter()
        .zip(Settings::default().values())
        .filter(|(value, default)| value != default)
        .map(|((name, value), _)| (name.to_owned(), value.to_string()))
        .collect()
}
