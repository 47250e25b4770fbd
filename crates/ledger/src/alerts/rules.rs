//! Rules that staff define: every version is kept with who made it, and any of them can be put back.

use serde_json::json;
use tollbooth_alerts::staff::{Definition, MAX_NAME_CHARS, MAX_RULES, Place, UnreadableRule as UnreadableText};
use tollbooth_alerts::{Rule, UnreadableRuleFacts};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::ident::derived_id;
use tollbooth_telemetry::Subject;

use crate::Ledger;
use crate::columns::Columns;
use crate::db::{Db, params};
use crate::error::{Failure, LedgerError};
use crate::event::{Actor, EventKind, NewEvent};
use crate::passages::MAX_PAGE;
use crate::scope::Scope;
use crate::setting::in_force;

/// Most cameras that a rule of each one looks at, by name; a rule of one is never among too many.
pub(super) const MOST_CAMERAS: u32 = 500;
/// A camera of which no photo came for longer was taken down, or is called something else by now.
pub(super) const LATELY_MS: i64 = 7 * 24 * 3_600_000;

/// Characters of what is wrong with a rule that people are told; lists of all that would be right are longer.
const MAX_CAUSE_CHARS: usize = 160;

/// A rule that staff defined, as it is in force.
#[derive(Debug, Clone, PartialEq)]
pub struct DefinedRule {
    /// `rul_…`
    pub id: String,
    /// Grows with every change.
    pub version: u32,
    /// It is no longer looked at, and can be put back.
    pub deleted: bool,
    /// The rule.
    pub definition: Definition,
    /// When it was first defined.
    pub created_at: Instant,
    /// When it was last changed.
    pub changed_at: Instant,
    /// Who changed it last: id of the token.
    pub changed_by: String,
}

/// A rule that staff defined, as it is kept. This program may be unable to read it: it is damaged, or of a later version. It
/// is listed, changed and deleted all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRule {
    /// `rul_…`
    pub id: String,
    /// Grows with every change.
    pub version: u32,
    /// It is no longer looked at, and can be put back.
    pub deleted: bool,
    /// The rule, as JSON.
    pub definition: String,
    /// When it was first defined.
    pub created_at: Instant,
    /// When it was last changed.
    pub changed_at: Instant,
    /// Who changed it last: id of the token.
    pub changed_by: String,
}

impl KeptRule {
    fn read(self) -> Result<DefinedRule, LedgerError> {
        let definition = definition(&self.definition)?;
        Ok(self.with(definition))
    }

    fn with(self, definition: Definition) -> DefinedRule {
        DefinedRule {
            definition,
            id: self.id,
            version: self.version,
            deleted: self.deleted,
            created_at: self.created_at,
            changed_at: self.changed_at,
            changed_by: self.changed_by,
        }
    }
}

/// A version of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleVersion {
    /// From 1.
    pub version: u32,
    /// `created`, `changed`, `deleted` or `undone`.
    pub change: String,
    /// The rule as it was from then on, as JSON; as for [`KeptRule`].
    pub definition: String,
    /// Whether it was looked at from then on.
    pub deleted: bool,
    /// When.
    pub at: Instant,
    /// Who: role and id of the token.
    pub actor: Actor,
}

/// Why no rule was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleRefusal {
    /// No such rule, or it was deleted.
    NotFound,
    /// Somebody changed it since it was looked at.
    Changed,
    /// There are as many rules as there may be.
    TooMany,
    /// What is wrong, one sentence each.
    Invalid(Vec<String>),
}

/// A rule by its name or id.
pub(super) enum Ruled {
    BuiltIn(Rule),
    Defined(Box<DefinedRule>),
    /// Staff defined it, and this program cannot read it.
    Unreadable,
}

/// The rules that staff defined and did not delete.
pub(super) struct Kept {
    pub readable: Vec<DefinedRule>,
    /// They must not keep back what the others find.
    pub unreadable: Vec<UnreadableRule>,
}

/// A rule that this program cannot read.
#[derive(Debug)]
pub(super) struct UnreadableRule {
    pub facts: UnreadableRuleFacts,
    /// It is switched off, as far as that can be told: nobody misses it.
    pub is_off: bool,
}

const RULES: &str =
    "SELECT held.id, held.version, held.deleted, made.definition, held.created_at_ms, made.at_ms, made.actor_id
    FROM alert_rule held JOIN alert_rule_version made ON made.rule_id = held.id AND made.version = held.version";

impl<D: Db> Ledger<D> {
    /// The rules that staff defined, by age, without deleted ones.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn defined_rules(&self) -> Result<Vec<KeptRule>, LedgerError> {
        self.run(&format!("{RULES} WHERE held.deleted = 0 ORDER BY held.created_at_ms, held.id"), &[])?
            .into_iter()
            .map(|row| kept(&mut row.columns()))
            .collect()
    }

    /// The same, as far as this program can read them.
    pub(super) fn kept_rules(&self) -> Result<Kept, LedgerError> {
        let mut found = Kept { readable: Vec::new(), unreadable: Vec::new() };
        for kept in self.defined_rules()? {
            match Definition::from_json(&kept.definition) {
                Ok(definition) => found.readable.push(kept.with(definition)),
                Err(UnreadableText(cause)) => found.unreadable.push(unreadable(kept, &cause)),
            }
        }
        Ok(found)
    }

    /// One rule, deleted or not, and its last versions, newest first.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn defined_rule(&self, id: &str) -> Result<Option<(KeptRule, Vec<RuleVersion>)>, LedgerError> {
        self.read(|| {
            let Some(found) = self.rule_by_id(id)? else { return Ok(None) };
            let versions = self.run(
                "SELECT version, change, definition, deleted, at_ms, actor_role, actor_id FROM alert_rule_version
                 WHERE rule_id = ?1 ORDER BY version DESC LIMIT +?2",
                params![id, MAX_PAGE],
            )?;
            let versions: Result<Vec<_>, LedgerError> =
                versions.into_iter().map(|row| version(&mut row.columns())).collect();
            Ok(Some((found, versions?)))
        })
    }

    /// Defines a rule.
    ///
    /// # Errors
    /// [`RuleRefusal::Invalid`] names what does not fit this installation; [`RuleRefusal::TooMany`] beyond [`MAX_RULES`].
    pub fn define_rule(
        &self,
        now: Instant,
        actor: &Actor,
        definition: &Definition,
    ) -> Result<DefinedRule, Failure<RuleRefusal>> {
        self.write(Scope::Messages, || {
            self.has_room_for_rule()?;
            self.fits(now, definition, None)?;
            let row = self.run_one("SELECT count(*) FROM alert_rule", &[])?;
            let number: i64 = row.map_or(Ok(0), |row| row.columns().integer())?;
            let id = derived_id("rul", &[&now.to_string(), &number.to_string(), &actor.id, definition.name()]);
            self.write_version(now, actor, &id, 1, "created", &definition.to_json(), false)?;
            self.run(
                "INSERT INTO alert_rule (id, version, deleted, created_at_ms) VALUES (?1, 1, 0, ?2)",
                params![id.as_str(), now],
            )?;
            self.rule_as_it_is(&id)
        })
    }

    /// Changes a rule, if it is still of this version. What it found so far is forgotten: what is wrong is wrong anew. An
    /// alert of it that fires goes on until the changed rule finds nothing.
    ///
    /// # Errors
    /// [`RuleRefusal::NotFound`], also for a deleted one; [`RuleRefusal::Changed`]; [`RuleRefusal::Invalid`].
    pub fn change_rule(
        &self,
        now: Instant,
        actor: &Actor,
        id: &str,
        version: u32,
        definition: &Definition,
    ) -> Result<DefinedRule, Failure<RuleRefusal>> {
        self.write(Scope::Messages, || {
            let before = self.of_version(id, version)?;
            if before.deleted {
                return Err(Failure::Refused(RuleRefusal::NotFound));
            }
            if let Ok(same) = before.clone().read()
                && same.definition == *definition
            {
                return Ok(same);
            }
            self.fits(now, definition, Some(id))?;
            self.next_version(now, actor, &before, "changed", &definition.to_json(), false)?;
            self.rule_as_it_is(id)
        })
    }

    /// Deletes a rule, if it is still of this version. An alert of it that fires ends with the next look, and whoever was
    /// told of it is told of the end.
    ///
    /// # Errors
    /// As for [`Ledger::change_rule`].
    pub fn delete_rule(&self, now: Instant, actor: &Actor, id: &str, version: u32) -> Result<(), Failure<RuleRefusal>> {
        self.write(Scope::Messages, || {
            let before = self.of_version(id, version)?;
            if before.deleted {
                return Err(Failure::Refused(RuleRefusal::NotFound));
            }
            Ok(self.next_version(now, actor, &before, "deleted", &before.definition, true)?)
        })
    }

    /// Puts a version back, the one before the last where none is named, if the rule is still of `version`. That is a
    /// version of its own, so it can be undone as well.
    ///
    /// # Errors
    /// [`RuleRefusal::NotFound`], [`RuleRefusal::Changed`], [`RuleRefusal::TooMany`]; [`RuleRefusal::Invalid`] where there is no such
    /// version, or where it no longer fits.
    pub fn undo_rule(
        &self,
        now: Instant,
        actor: &Actor,
        id: &str,
        version: u32,
        to: Option<u32>,
    ) -> Result<DefinedRule, Failure<RuleRefusal>> {
        self.write(Scope::Messages, || {
            let before = self.of_version(id, version)?;
            let to = to.unwrap_or(version.saturating_sub(1));
            let row = self.run_one(
                "SELECT definition, deleted FROM alert_rule_version WHERE rule_id = ?1 AND version = ?2",
                params![id, to],
            )?;
            let Some(mut columns) = row.map(crate::db::Row::columns) else {
                let text =
                    format!("to: the rule has no version {to}; its first is 1, and the present one is {version}");
                return Err(Failure::Refused(RuleRefusal::Invalid(vec![text])));
            };
            let (text, deleted) = (columns.text()?, columns.flag()?);
            let Ok(definition) = definition(&text) else {
                let text = format!("to: version {to} was written by another program, and this one cannot read it");
                return Err(Failure::Refused(RuleRefusal::Invalid(vec![text])));
            };
            if !deleted {
                if before.deleted {
                    self.has_room_for_rule()?;
                }
                self.fits(now, &definition, Some(id))?;
            }
            self.next_version(now, actor, &before, "undone", &text, deleted)?;
            self.rule_as_it_is(id)
        })
    }

    /// A built-in rule of this name, or one that staff defined and did not delete.
    pub(super) fn ruled(&self, rule: &str) -> Result<Option<Ruled>, LedgerError> {
        if let Ok(rule) = rule.parse() {
            return Ok(Some(Ruled::BuiltIn(rule)));
        }
        let found = self.rule_by_id(rule)?.filter(|found| !found.deleted);
        Ok(found.map(|found| match found.read() {
            Ok(found) => Ruled::Defined(Box::new(found)),
            Err(_) => Ruled::Unreadable,
        }))
    }

    fn rule_by_id(&self, id: &str) -> Result<Option<KeptRule>, LedgerError> {
        let row = self.run_one(&format!("{RULES} WHERE held.id = +?1"), params![id])?;
        row.map(|row| kept(&mut row.columns())).transpose()
    }

    fn of_version(&self, id: &str, version: u32) -> Result<KeptRule, Failure<RuleRefusal>> {
        let found = self.rule_by_id(id)?.ok_or(Failure::Refused(RuleRefusal::NotFound))?;
        if found.version == version { Ok(found) } else { Err(Failure::Refused(RuleRefusal::Changed)) }
    }

    fn rule_as_it_is(&self, id: &str) -> Result<DefinedRule, Failure<RuleRefusal>> {
        let found = self.rule_by_id(id)?;
        let found = found.ok_or_else(|| LedgerError::Damaged(format!("rule {id} was written and is not there")))?;
        Ok(found.read()?)
    }

    fn has_room_for_rule(&self) -> Result<(), Failure<RuleRefusal>> {
        let row = self.run_one("SELECT count(*) FROM alert_rule WHERE deleted = 0", &[])?;
        let live: u32 = row.map_or(Ok(0), |row| row.columns().number())?;
        let most = u32::try_from(MAX_RULES).unwrap_or(u32::MAX);
        if live < most { Ok(()) } else { Err(Failure::Refused(RuleRefusal::TooMany)) }
    }

    /// What a rule asks of this installation: a name of its own, a booth or camera that there is, a chat that is on.
    fn fits(&self, now: Instant, definition: &Definition, id: Option<&str>) -> Result<(), Failure<RuleRefusal>> {
        let mut found = Vec::new();
        let others = self.kept_rules()?.readable;
        if others.iter().any(|other| Some(other.id.as_str()) != id && other.definition.name() == definition.name()) {
            found.push("name: another rule has it; messages of both could not be told apart".to_owned());
        }
        found.extend(self.place_problem(now, definition.place())?);
        if definition.draft().chat && !in_force(&self.changed_settings()?)?.alerts_chat {
            found.push("chat: the chat is switched off; an operator sets alerts.chat first".to_owned());
        }
        if found.is_empty() { Ok(()) } else { Err(Failure::Refused(RuleRefusal::Invalid(found))) }
    }

    /// What keeps a rule from being looked at where it says; none when nothing does.
    fn place_problem(&self, now: Instant, place: &Place) -> Result<Option<String>, LedgerError> {
        Ok(match place {
            Place::Booth(booth) => {
                let known = self.run_one("SELECT 1 FROM booth WHERE id = ?1", params![booth.as_str()])?;
                known
                    .is_none()
                    .then(|| format!("of: booth `{booth}` is not registered; GET /v1/telemetry/present lists booths"))
            }
            Place::Camera(booth, name) => {
                let known = self.is_measured(&Subject::Camera(booth.clone(), name.clone()))?;
                (!known).then(|| {
                    format!(
                        "of: no photo of camera `{name}` of booth `{booth}` was counted so far; \
                         GET /v1/telemetry/series?of=camera&step=day lists cameras"
                    )
                })
            }
            Place::EachCamera => {
                let since = now.saturating_sub(LATELY_MS);
                let cameras = self.subjects_since("camera", since, MOST_CAMERAS + 1)?.len();
                (cameras > usize::try_from(MOST_CAMERAS).unwrap_or(usize::MAX)).then(|| {
                    format!("of: there are more than {MOST_CAMERAS} cameras, which is as many as a rule looks at; name one, or take booths")
                })
            }
            Place::All | Place::EachBooth | Place::EachRecognizer | Place::Recognizer(_) => None,
        })
    }

    fn next_version(
        &self,
        now: Instant,
        actor: &Actor,
        before: &KeptRule,
        change: &str,
        definition: &str,
        deleted: bool,
    ) -> Result<(), LedgerError> {
        let version = before.version.saturating_add(1);
        self.write_version(now, actor, &before.id, version, change, definition, deleted)?;
        self.run(
            "UPDATE alert_rule SET version = ?2, deleted = ?3 WHERE id = ?1",
            params![before.id.as_str(), version, i64::from(deleted)],
        )?;
        self.run("DELETE FROM alert_condition WHERE rule = +?1", params![before.id.as_str()])?;
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "the columns of one row")]
    fn write_version(
        &self,
        now: Instant,
        actor: &Actor,
        id: &str,
        version: u32,
        change: &str,
        definition: &str,
        deleted: bool,
    ) -> Result<(), LedgerError> {
        self.run(
            "INSERT INTO alert_rule_version (rule_id, version, change, definition, deleted, at_ms, actor_role, actor_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                id,
                version,
                change,
                definition,
                i64::from(deleted),
                now,
                actor.role.as_str(),
                actor.id.as_str()
            ],
        )?;
        let detail = json!({ "rule": id, "version": version, "change": change, "name": name(definition) });
        self.append_general(&NewEvent { at: now, kind: EventKind::AlertRuleChanged, actor, detail }, None)
    }
}

fn definition(text: &str) -> Result<Definition, LedgerError> {
    Definition::from_json(text).map_err(|error| LedgerError::Damaged(error.to_string()))
}

fn unreadable(kept: KeptRule, cause: &str) -> UnreadableRule {
    let cause = cause.chars().take(MAX_CAUSE_CHARS).collect();
    UnreadableRule {
        is_off: member(&kept.definition, "enabled").and_then(|enabled| enabled.as_bool()) == Some(false),
        facts: UnreadableRuleFacts { name: name(&kept.definition), id: kept.id, cause },
    }
}

/// What it is called, as far as that can be told of one that cannot be read.
fn name(text: &str) -> Option<String> {
    Some(member(text, "name")?.as_str()?.chars().take(MAX_NAME_CHARS).collect())
}

fn member(definition: &str, name: &str) -> Option<serde_json::Value> {
    let value: serde_json::Value = serde_json::from_str(definition).ok()?;
    value.get(name).cloned()
}

fn kept(columns: &mut Columns) -> Result<KeptRule, LedgerError> {
    Ok(KeptRule {
        id: columns.text()?,
        version: columns.number()?,
        deleted: columns.flag()?,
        definition: columns.text()?,
        created_at: columns.integer()?,
        changed_at: columns.integer()?,
        changed_by: columns.text()?,
    })
}

fn version(columns: &mut Columns) -> Result<RuleVersion, LedgerError> {
    Ok(RuleVersion {
        version: columns.number()?,
        change: columns.text()?,
        definition: columns.text()?,
        deleted: columns.flag()?,
        at: columns.integer()?,
        actor: Actor { role: columns.text()?, id: columns.text()? },
    })
}
