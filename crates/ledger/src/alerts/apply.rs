//! One look at all rules: what changed is written down, and people are told of it, in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tollbooth_alerts::staff::Kind;
use tollbooth_alerts::{
    Around, Decision, Facts, Finding, Open, Recipient, Rule, Severity, Words, all_is_well, conditions, decide,
    is_quiet, noted, recipients, staff, summary, summary_of_many,
};
use tollbooth_messages::Channel;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::gate::day;
use tollbooth_pipeline::ident::derived_id;
use tollbooth_pipeline::mail_address::addresses;
use tollbooth_pipeline::settings::{Settings, minute_of_day};

use super::facts::list;
use super::measured::Measured;
use super::rules::Kept;
use super::tellings::Tellings;
use super::{Alert, COLUMNS, Evaluated, alert};
use crate::Ledger;
use crate::clock::CLOCK_SLACK_MS;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::event::{Actor, EventKind, NewEvent};
use crate::scope::Scope;
use crate::setting::in_force;

/// The rules are looked at no more often than this.
const PAUSE_MS: i64 = 50_000;
const HOUR_MS: i64 = 3_600_000;

/// What all rules share in one look.
struct Look<'a> {
    facts: &'a Facts,
    settings: &'a Settings,
    quiet: bool,
    /// Channels that take nothing.
    failing: BTreeSet<String>,
    /// Built-in rules that fire, those that were decided already.
    firing: BTreeSet<Rule>,
    /// Photos of the last full day (UTC), where the daily message is due.
    received_yesterday: Option<u64>,
}

/// What one look did so far, and what it has to tell.
#[derive(Default)]
struct Done {
    evaluated: Evaluated,
    tellings: Tellings,
}

/// A rule in one look, wherever it comes from.
pub(super) struct Watched<'a> {
    /// Name of a built-in rule, or `rul_…`.
    key: &'a str,
    /// Built in; otherwise defined by staff.
    built_in: Option<Rule>,
    pub words: Words<'a>,
    severity: Severity,
    hold_ms: i64,
    inhibited: bool,
    quiet: bool,
    /// Among whom it found what it found, where staff defined it: `12 booths`.
    among: String,
    /// Who is told.
    pub whom: Vec<Recipient>,
}

impl<'a> Watched<'a> {
    fn built_in(rule: Rule, look: &Look<'_>) -> Self {
        let inhibited = rule.is_inhibited(&look.firing);
        Self {
            key: rule.as_str(),
            built_in: Some(rule),
            words: rule.words(),
            severity: rule.severity(),
            hold_ms: rule.hold_ms(),
            inhibited,
            quiet: look.quiet,
            among: String::new(),
            whom: recipients(rule, look.settings, inhibited, &look.failing),
        }
    }

    fn defined(id: &'a str, rule: &'a staff::Definition, look: &Look<'_>, known: &staff::Known) -> Self {
        Self {
            key: id,
            built_in: None,
            words: rule.words(id),
            severity: rule.severity(),
            hold_ms: rule.hold_ms(),
            inhibited: false,
            quiet: rule.is_quiet(look.facts.now, look.settings),
            among: match rule.place().kind() {
                Kind::All | Kind::Booth => format!("{} booths", look.facts.booths.len()),
                Kind::Camera if known.cameras_left_out > 0 => {
                    format!("{} cameras ({} more are not looked at)", known.cameras.len(), known.cameras_left_out)
                }
                Kind::Camera => format!("{} cameras", known.cameras.len()),
                Kind::Recognizer => format!("{} recognisers", known.recognizers.len()),
            },
            whom: rule.recipients(look.settings),
        }
    }

    /// A rule that is no longer looked at: it finds nothing, so its alert ends.
    fn gone(id: &'a str) -> Self {
        let over = "the rule was deleted or switched off.";
        Self {
            key: id,
            built_in: None,
            words: Words { rule: id, title: "", advice: "", over },
            severity: Severity::Warning,
            hold_ms: 0,
            inhibited: false,
            quiet: false,
            among: String::new(),
            whom: Vec::new(),
        }
    }

    fn summary(&self, findings: &[Finding], booths: usize) -> String {
        match self.built_in {
            Some(rule) => summary(rule, findings, booths),
            None => summary_of_many(self.words.title, findings, &self.among),
        }
    }
}

impl<D: Db> Ledger<D> {
    /// Looks at every rule, unless somebody did within the last minute: begins and ends alerts, and queues the messages
    /// that tell people. None: it was looked at already.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn evaluate_alerts(&self, now: Instant) -> Result<Option<Evaluated>, LedgerError> {
        let watch = self.watch()?;
        if looked_lately(watch.looked_at, now) {
            return Ok(None);
        }
        let settings = in_force(&self.changed_settings()?)?;
        let mut facts = self.alert_facts(now, &watch, &settings)?;
        let sent = facts.booths.iter().filter(|booth| booth.last_received_at.is_some());
        let measured = self.measured(now, sent.map(|booth| booth.id.clone()).collect())?;
        let missed = measured.unreadable.iter().filter(|rule| !rule.is_off);
        facts.unreadable_rules = missed.map(|rule| rule.facts.clone()).collect();
        // Before the lock, for a busy day is long to count.
        let daily = daily_is_due(now, &settings, watch.told_well_day);
        let received = daily.then(|| self.received_yesterday(now)).transpose()?;
        self.write(Scope::Messages, || {
            // Asked again under the lock: somebody else may have been faster.
            if looked_lately(self.watch()?.looked_at, now) {
                return Ok(None);
            }
            self.run("UPDATE alert_watch SET looked_at_ms = ?1 WHERE one = 1", params![now])?;
            self.apply(&facts, &settings, &measured, received).map(Some)
        })
    }

    fn apply(
        &self,
        facts: &Facts,
        settings: &Settings,
        measured: &Measured,
        received_yesterday: Option<u64>,
    ) -> Result<Evaluated, LedgerError> {
        let mut findings = conditions(facts);
        let failing = findings.iter().filter(|(rule, _)| *rule == Rule::DeliveryDead);
        let mut look = Look {
            facts,
            settings,
            quiet: is_quiet(facts.now, settings),
            failing: failing.map(|(_, finding)| finding.subject.clone()).collect(),
            firing: BTreeSet::new(),
            received_yesterday,
        };
        let (mut done, mut summaries) = (Done::default(), Vec::new());
        for rule in Rule::ALL {
            let mine: Vec<Finding> =
                findings.extract_if(.., |(of, _)| of == rule).map(|(_, finding)| finding).collect();
            // A copy for others that is late explains nothing about what billing gets.
            let explains = *rule != Rule::ExportLate || mine.iter().any(|finding| finding.subject.is_empty());
            if let Some(summary) = self.apply_rule(&Watched::built_in(*rule, &look), mine, &look, &mut done)? {
                if explains {
                    look.firing.insert(*rule);
                }
                summaries.push(summary);
            }
        }
        summaries.extend(self.apply_defined(&look, measured, &mut done)?);
        let Done { mut evaluated, tellings } = done;
        evaluated.messages += self.queue_tellings(facts.now, tellings)?;
        self.tell_daily(&look, &summaries, &mut evaluated)?;
        // Last, so that the end of an alert does not go to a chat that nobody wants any more.
        if !settings.alerts_chat {
            self.withdraw_messages_of(facts.now, Channel::Chat.as_str())?;
        }
        Ok(evaluated)
    }

    /// The rules of staff, and what is left of those that are gone; the summaries of alerts that fire.
    fn apply_defined(&self, look: &Look<'_>, measured: &Measured, done: &mut Done) -> Result<Vec<String>, LedgerError> {
        let mut summaries = Vec::new();
        let Kept { readable, unreadable } = self.kept_rules()?;
        let unreadable: BTreeSet<String> = unreadable.into_iter().map(|rule| rule.facts.id).collect();
        let live: BTreeMap<String, u32> =
            readable.into_iter().filter(|rule| rule.definition.enabled()).map(|rule| (rule.id, rule.version)).collect();
        // What was changed since it was measured waits for the next look.
        for rule in measured.rules.iter().filter(|rule| live.get(&rule.id) == Some(&rule.version)) {
            let before = self.known_conditions(&rule.id)?.into_keys().collect();
            let findings = staff::findings(&rule.definition, &measured.look(), &before);
            let watched = Watched::defined(&rule.id, &rule.definition, look, &measured.known);
            summaries.extend(self.apply_rule(&watched, findings, look, done)?);
        }
        for row in self.run("SELECT rule FROM alert WHERE state = 'firing' ORDER BY rule", &[])? {
            let rule = row.columns().text()?;
            if rule.parse::<Rule>().is_err() && !live.contains_key(&rule) && !unreadable.contains(&rule) {
                self.apply_rule(&Watched::gone(&rule), Vec::new(), look, done)?;
            }
        }
        Ok(summaries)
    }

    /// The summary of the rule's alert when it fires.
    fn apply_rule(
        &self,
        watched: &Watched<'_>,
        findings: Vec<Finding>,
        look: &Look<'_>,
        done: &mut Done,
    ) -> Result<Option<String>, LedgerError> {
        let now = look.facts.now;
        let since = self.note_conditions(watched.key, &findings, now)?;
        let standing = self.firing_alert(watched.key)?;
        if since.is_empty() && standing.is_none() {
            return Ok(None);
        }
        let held = |since: &Instant| now.saturating_sub(*since) >= watched.hold_ms;
        let fresh: Vec<Finding> =
            findings.into_iter().zip(&since).filter(|(_, since)| held(since)).map(|(finding, _)| finding).collect();
        let severity = fresh.iter().map(|finding| finding.severity).max().unwrap_or(watched.severity);
        let open = standing.as_ref().map(open);
        let around = Around {
            now,
            hold_ms: watched.hold_ms,
            inhibited: watched.inhibited,
            snoozed: self.snoozed(watched.key, now)?.is_some(),
            quiet: watched.quiet,
            reminder_ms: i64::try_from(look.settings.alerts_reminder_hours).unwrap_or(24).saturating_mul(HOUR_MS),
        };
        let decision = decide(severity, &since, open.as_ref(), &around);
        let alert = match standing {
            Some(standing) if decision.resolves => {
                self.resolve(now, &standing)?;
                done.evaluated.resolved += 1;
                standing
            }
            Some(standing) => {
                let severity = noted(severity, open.as_ref(), &around);
                // While all that is left is about to be wrong again, the alert stays as it was.
                if fresh.is_empty() { standing } else { self.refresh(&standing, severity, watched, &fresh, look)? }
            }
            None if decision.opens => {
                done.evaluated.fired += 1;
                self.begin_alert(severity, watched, &fresh, look)?
            }
            None => return Ok(None),
        };
        if let Some(tell) = decision.tell {
            self.tell(now, tell, watched, &alert, decision, &mut done.tellings)?;
        } else if may_tell_held(&alert, &around, severity, decision) {
            self.tell_held(now, watched, &alert, &mut done.tellings)?;
        }
        Ok((!decision.resolves).then_some(alert.summary))
    }

    /// What is wrong by this rule, and since when, as it was written down.
    fn known_conditions(&self, rule: &str) -> Result<BTreeMap<String, Instant>, LedgerError> {
        let rows =
            self.run("SELECT subject, since_ms FROM alert_condition WHERE rule = +?1 ORDER BY subject", params![rule])?;
        rows.into_iter()
            .map(|row| {
                let mut columns = row.columns();
                Ok((columns.text()?, columns.integer()?))
            })
            .collect()
    }

    /// Writes down what is wrong by this rule; since when each is, in the order of the findings.
    fn note_conditions(&self, rule: &str, findings: &[Finding], now: Instant) -> Result<Vec<Instant>, LedgerError> {
        let mut known = self.known_conditions(rule)?;
        let mut since = Vec::with_capacity(findings.len());
        for finding in findings {
            // A clock that has been set back since must not make it wait for ever.
            match known.remove(&finding.subject).filter(|at| *at <= now.saturating_add(CLOCK_SLACK_MS)) {
                Some(at) => since.push(at),
                None => {
                    self.run(
                        "INSERT INTO alert_condition (rule, subject, since_ms) VALUES (?1, ?2, ?3)
                         ON CONFLICT (rule, subject) DO UPDATE SET since_ms = excluded.since_ms",
                        params![rule, finding.subject.as_str(), now],
                    )?;
                    since.push(now);
                }
            }
        }
        for subject in known.keys() {
            self.run("DELETE FROM alert_condition WHERE rule = +?1 AND subject = ?2", params![rule, subject.as_str()])?;
        }
        Ok(since)
    }

    fn firing_alert(&self, rule: &str) -> Result<Option<Alert>, LedgerError> {
        let sql = format!("SELECT {COLUMNS} FROM alert WHERE rule = +?1 AND state = 'firing'");
        self.run_one(&sql, params![rule])?.map(|row| alert(&mut row.columns())).transpose()
    }

    fn begin_alert(
        &self,
        severity: Severity,
        watched: &Watched<'_>,
        findings: &[Finding],
        look: &Look<'_>,
    ) -> Result<Alert, LedgerError> {
        let (now, rule) = (look.facts.now, watched.key);
        let id = derived_id("alr", &[rule, &now.to_string()]);
        self.run(
            "INSERT INTO alert (id, rule, title, severity, state, summary, lines, fired_at_ms, inhibited)
             VALUES (?1, ?2, ?3, ?4, 'firing', ?5, ?6, ?7, ?8)",
            params![
                id.as_str(),
                rule,
                watched.words.title,
                severity.as_str(),
                watched.summary(findings, look.facts.booths.len()),
                lines(findings),
                now,
                i64::from(watched.inhibited)
            ],
        )?;
        self.note_alert(now, &Actor::system("messenger"), EventKind::AlertFired, &id, rule)?;
        self.firing_alert(rule)?.ok_or_else(|| LedgerError::Damaged(format!("alert {id} began and is not there")))
    }

    fn refresh(
        &self,
        standing: &Alert,
        severity: Severity,
        watched: &Watched<'_>,
        findings: &[Finding],
        look: &Look<'_>,
    ) -> Result<Alert, LedgerError> {
        let after = Alert {
            severity: severity.as_str().to_owned(),
            summary: watched.summary(findings, look.facts.booths.len()),
            lines: lines(findings),
            inhibited: watched.inhibited,
            ..standing.clone()
        };
        if after != *standing {
            self.run(
                "UPDATE alert SET severity = ?2, summary = ?3, lines = ?4, inhibited = ?5 WHERE id = ?1",
                params![
                    after.id.as_str(),
                    after.severity.as_str(),
                    after.summary.as_str(),
                    after.lines.as_str(),
                    i64::from(after.inhibited)
                ],
            )?;
        }
        Ok(after)
    }

    fn resolve(&self, now: Instant, standing: &Alert) -> Result<(), LedgerError> {
        self.run(
            "UPDATE alert SET state = 'resolved', resolved_at_ms = ?2 WHERE id = ?1",
            params![standing.id.as_str(), now],
        )?;
        self.note_alert(now, &Actor::system("messenger"), EventKind::AlertResolved, &standing.id, &standing.rule)
    }

    pub(super) fn note_alert(
        &self,
        now: Instant,
        actor: &Actor,
        kind: EventKind,
        id: &str,
        rule: &str,
    ) -> Result<(), LedgerError> {
        let detail = json!({ "alert": id, "rule": rule });
        self.append_general(&NewEvent { at: now, kind, actor, detail }, None)
    }

    /// The daily message, at its time or the first look after it.
    fn tell_daily(&self, look: &Look<'_>, firing: &[String], evaluated: &mut Evaluated) -> Result<(), LedgerError> {
        let (now, today) = (look.facts.now, day(look.facts.now));
        let Some(received) = look.received_yesterday else { return Ok(()) };
        // Asked again under the lock: somebody else may have been faster.
        if self.watch()?.told_well_day == today {
            return Ok(());
        }
        self.run("UPDATE alert_watch SET told_well_day = ?1 WHERE one = 1", params![today])?;
        let whom: Vec<&str> = addresses(&look.settings.alerts_mail_to).collect();
        if whom.is_empty() {
            return Ok(());
        }
        let facts = look.facts;
        let text = all_is_well(now, received, facts.booths.len(), facts.open_reviews, firing);
        for address in whom {
            let key = [today.to_string()];
            self.queue(now, "all-is-well", &[&key[0]], (Channel::Mail.as_str(), address), &text, "")?;
            evaluated.messages += 1;
        }
        Ok(())
    }
}

/// Whether the daily message is due: its time of this day is over, and none was told of this day.
fn daily_is_due(now: Instant, settings: &Settings, told_day: i64) -> bool {
    // A day ahead was told of by a clock that has been set back since; twice on one day it is the same message.
    let minute = now.rem_euclid(86_400_000) / 60_000;
    minute_of_day(&settings.alerts_all_is_well_at).is_some_and(|at| minute >= i64::from(at)) && told_day != day(now)
}

/// A look that lies ahead was timed by a clock that has been set back since.
fn looked_lately(looked_at: Instant, now: Instant) -> bool {
    looked_at <= now.saturating_add(CLOCK_SLACK_MS) && now.saturating_sub(looked_at) < PAUSE_MS
}

/// Who had to wait is told as soon as there is room, unless nobody is to hear of it now or somebody takes care of it.
fn may_tell_held(alert: &Alert, around: &Around, severity: Severity, decision: Decision) -> bool {
    let quiet = around.quiet && severity != Severity::Page;
    !decision.resolves && alert.held != "[]" && !around.snoozed && !quiet && alert.acknowledged_at.is_none()
}

fn open(alert: &Alert) -> Open {
    Open {
        fired_at: alert.fired_at,
        severity: alert.severity.parse().unwrap_or(Severity::Page),
        told_at: alert.told_at,
        told_subjects: usize::try_from(alert.told_subjects).unwrap_or(usize::MAX),
        acknowledged: alert.acknowledged_at.is_some(),
    }
}

fn lines(findings: &[Finding]) -> String {
    list(&findings.iter().map(|finding| finding.text.clone()).collect::<Vec<_>>())
}
