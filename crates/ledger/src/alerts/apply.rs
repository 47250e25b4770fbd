//! One look at all rules: what changed is written down, and people are told of it, in one transaction.

use std::collections::BTreeSet;

use serde_json::json;
use tollbooth_alerts::{
    Around, Decision, Facts, Finding, Open, Recipient, Rule, Severity, Tell, Text, Told, all_is_well, conditions,
    decide, is_quiet, recipients, summary, telling,
};
use tollbooth_messages::Channel;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::gate::day;
use tollbooth_pipeline::ident::derived_id;
use tollbooth_pipeline::mail_address::addresses;
use tollbooth_pipeline::settings::{Settings, minute_of_day};

use super::facts::list;
use super::{Alert, COLUMNS, Evaluated, alert};
use crate::Ledger;
use crate::clock::CLOCK_SLACK_MS;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::event::{Actor, EventKind, NewEvent};
use crate::messages::NewMessage;
use crate::scope::Scope;
use crate::setting::in_force;

/// The rules are looked at no more often than this.
const PAUSE_MS: i64 = 50_000;
const HOUR_MS: i64 = 3_600_000;
/// E-mails of alerts to one address in an hour; what comes beyond it waits, but pages and ends.
const MOST_AN_HOUR: u32 = 10;

/// What all rules share in one look.
struct Look<'a> {
    facts: &'a Facts,
    settings: &'a Settings,
    quiet: bool,
    /// Channels that take nothing.
    failing: BTreeSet<String>,
    /// Rules that fire, those that were decided already.
    firing: BTreeSet<Rule>,
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
        let facts = self.alert_facts(now, &watch, &settings)?;
        self.write(Scope::Messages, || {
            // Asked again under the lock: somebody else may have been faster.
            if looked_lately(self.watch()?.looked_at, now) {
                return Ok(None);
            }
            self.run("UPDATE alert_watch SET looked_at_ms = ?1 WHERE one = 1", params![now])?;
            self.apply(&facts, &settings).map(Some)
        })
    }

    fn apply(&self, facts: &Facts, settings: &Settings) -> Result<Evaluated, LedgerError> {
        let mut findings = conditions(facts);
        let failing = findings.iter().filter(|finding| finding.rule == Rule::DeliveryDead);
        let mut look = Look {
            facts,
            settings,
            quiet: is_quiet(facts.now, settings),
            failing: failing.map(|finding| finding.subject.clone()).collect(),
            firing: BTreeSet::new(),
        };
        let (mut evaluated, mut summaries) = (Evaluated::default(), Vec::new());
        for rule in Rule::ALL {
            let mine: Vec<Finding> = findings.extract_if(.., |finding| finding.rule == *rule).collect();
            if let Some(summary) = self.apply_rule(*rule, mine, &mut look, &mut evaluated)? {
                summaries.push(summary);
            }
        }
        self.tell_daily(&look, &summaries, &mut evaluated)?;
        Ok(evaluated)
    }

    /// The summary of the rule's alert when it fires.
    fn apply_rule(
        &self,
        rule: Rule,
        findings: Vec<Finding>,
        look: &mut Look<'_>,
        evaluated: &mut Evaluated,
    ) -> Result<Option<String>, LedgerError> {
        let now = look.facts.now;
        let since = self.note_conditions(rule, &findings, now)?;
        let standing = self.firing_alert(rule)?;
        if since.is_empty() && standing.is_none() {
            return Ok(None);
        }
        let held = |since: &Instant| now.saturating_sub(*since) >= rule.hold_ms();
        let fresh: Vec<Finding> =
            findings.into_iter().zip(&since).filter(|(_, since)| held(since)).map(|(finding, _)| finding).collect();
        let severity = fresh.iter().map(|finding| finding.severity).max().unwrap_or_else(|| rule.severity());
        let open = standing.as_ref().map(open);
        let around = Around {
            now,
            firing: &look.firing,
            snoozed: self.snoozed(rule, now)?.is_some(),
            quiet: look.quiet,
            reminder_ms: i64::try_from(look.settings.alerts_reminder_hours).unwrap_or(24).saturating_mul(HOUR_MS),
        };
        let decision = decide(rule, severity, &since, open.as_ref(), &around);
        let alert = match standing {
            Some(standing) if decision.resolves => {
                self.resolve(now, &standing)?;
                evaluated.resolved += 1;
                standing
            }
            Some(standing) => {
                // While all that is left is about to be wrong again, the alert stays as it was.
                if fresh.is_empty() { standing } else { self.refresh(&standing, severity, &fresh, look, decision)? }
            }
            None if decision.opens => {
                evaluated.fired += 1;
                self.begin_alert(rule, severity, &fresh, look, decision)?
            }
            None => return Ok(None),
        };
        if let Some(tell) = decision.tell {
            evaluated.messages += self.tell(tell, rule, &alert, look, decision)?;
        }
        if decision.resolves {
            return Ok(None);
        }
        look.firing.insert(rule);
        Ok(Some(alert.summary))
    }

    /// Writes down what is wrong by this rule; since when each is, in the order of the findings.
    fn note_conditions(&self, rule: Rule, findings: &[Finding], now: Instant) -> Result<Vec<Instant>, LedgerError> {
        let mut known = std::collections::BTreeMap::new();
        for row in self.run(
            "SELECT subject, since_ms FROM alert_condition WHERE rule = +?1 ORDER BY subject",
            params![rule.as_str()],
        )? {
            let mut columns = row.columns();
            known.insert(columns.text()?, columns.integer()?);
        }
        let mut since = Vec::with_capacity(findings.len());
        for finding in findings {
            // A clock that has been set back since must not make it wait for ever.
            match known.remove(&finding.subject).filter(|at| *at <= now.saturating_add(CLOCK_SLACK_MS)) {
                Some(at) => since.push(at),
                None => {
                    self.run(
                        "INSERT INTO alert_condition (rule, subject, since_ms) VALUES (?1, ?2, ?3)
                         ON CONFLICT (rule, subject) DO UPDATE SET since_ms = excluded.since_ms",
                        params![rule.as_str(), finding.subject.as_str(), now],
                    )?;
                    since.push(now);
                }
            }
        }
        for subject in known.keys() {
            self.run(
                "DELETE FROM alert_condition WHERE rule = +?1 AND subject = ?2",
                params![rule.as_str(), subject.as_str()],
            )?;
        }
        Ok(since)
    }

    fn firing_alert(&self, rule: Rule) -> Result<Option<Alert>, LedgerError> {
        let sql = format!("SELECT {COLUMNS} FROM alert WHERE rule = +?1 AND state = 'firing'");
        self.run_one(&sql, params![rule.as_str()])?.map(|row| alert(&mut row.columns())).transpose()
    }

    fn begin_alert(
        &self,
        rule: Rule,
        severity: Severity,
        findings: &[Finding],
        look: &Look<'_>,
        decision: Decision,
    ) -> Result<Alert, LedgerError> {
        let now = look.facts.now;
        let id = derived_id("alr", &[rule.as_str(), &now.to_string()]);
        self.run(
            "INSERT INTO alert (id, rule, severity, state, summary, lines, fired_at_ms, inhibited)
             VALUES (?1, ?2, ?3, 'firing', ?4, ?5, ?6, ?7)",
            params![
                id.as_str(),
                rule.as_str(),
                severity.as_str(),
                summary(rule, findings, look.facts.booths.len()),
                lines(findings),
                now,
                i64::from(decision.inhibited)
            ],
        )?;
        self.note_alert(now, &Actor::system("messenger"), EventKind::AlertFired, &id, rule.as_str())?;
        self.firing_alert(rule)?.ok_or_else(|| LedgerError::Damaged(format!("alert {id} began and is not there")))
    }

    fn refresh(
        &self,
        standing: &Alert,
        severity: Severity,
        findings: &[Finding],
        look: &Look<'_>,
        decision: Decision,
    ) -> Result<Alert, LedgerError> {
        let rule: Rule = standing.rule.parse().map_err(LedgerError::Damaged)?;
        let after = Alert {
            severity: severity.as_str().to_owned(),
            summary: summary(rule, findings, look.facts.booths.len()),
            lines: lines(findings),
            inhibited: decision.inhibited,
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

    /// Queues the messages; how many.
    fn tell(
        &self,
        tell: Tell,
        rule: Rule,
        alert: &Alert,
        look: &Look<'_>,
        decision: Decision,
    ) -> Result<u32, LedgerError> {
        let now = look.facts.now;
        let before = told(alert)?;
        let whom = match tell {
            Tell::Resolved => before.clone(),
            Tell::Fired | Tell::Reminder | Tell::Grew => {
                recipients(rule, look.settings, decision.inhibited, &look.failing)
                    .into_iter()
                    .map(|Recipient { channel, addressee }| (channel.to_owned(), addressee))
                    .collect()
            }
        };
        let severity: Severity = alert.severity.parse().map_err(LedgerError::Damaged)?;
        if whom.is_empty() || (tell != Tell::Resolved && severity != Severity::Page && self.is_too_much(now, &whom)?) {
            return Ok(0);
        }
        let lines: Vec<String> = serde_json::from_str(&alert.lines)
            .map_err(|e| LedgerError::Damaged(format!("the lines of alert {}: {e}", alert.id)))?;
        let about =
            Told { rule, severity, id: &alert.id, summary: &alert.summary, lines: &lines, fired_at: alert.fired_at };
        let text = telling(tell, &about, now);
        let number = alert.tellings.to_string();
        for (channel, addressee) in &whom {
            let key = [alert.id.as_str(), tell.as_str(), number.as_str()];
            self.queue(now, rule.as_str(), &key, (channel, addressee), &text, &alert.id)?;
        }
        if tell != Tell::Resolved {
            let all: BTreeSet<_> = before.union(&whom).collect();
            self.run(
                "UPDATE alert SET told = ?2, told_at_ms = ?3, told_subjects = ?4, tellings = tellings + 1 WHERE id = ?1",
                params![
                    alert.id.as_str(),
                    json!(all).to_string(),
                    now,
                    u32::try_from(decision.subjects).unwrap_or(u32::MAX)
                ],
            )?;
        }
        Ok(u32::try_from(whom.len()).unwrap_or(u32::MAX))
    }

    /// Whether an address got its share of e-mails of this hour.
    fn is_too_much(&self, now: Instant, whom: &BTreeSet<(String, String)>) -> Result<bool, LedgerError> {
        for (channel, addressee) in whom {
            if channel == Channel::Mail.as_str() && self.messages_to(addressee, now, MOST_AN_HOUR)? >= MOST_AN_HOUR {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn queue(
        &self,
        now: Instant,
        kind: &str,
        key: &[&str],
        (channel, addressee): (&str, &str),
        text: &Text,
        thread: &str,
    ) -> Result<String, LedgerError> {
        let (subject, body) = (text.subject.as_str(), text.body.as_str());
        self.queue_message(now, &NewMessage { kind, key, channel, addressee, subject, body, thread })
    }

    /// The daily message, at its time or the first look after it.
    fn tell_daily(&self, look: &Look<'_>, firing: &[String], evaluated: &mut Evaluated) -> Result<(), LedgerError> {
        let now = look.facts.now;
        let Some(at) = minute_of_day(&look.settings.alerts_all_is_well_at) else { return Ok(()) };
        let today = day(now);
        // A day ahead was told of by a clock that has been set back since; twice on one day it is the same message.
        let minute = now.rem_euclid(86_400_000) / 60_000;
        if minute < i64::from(at) || self.watch()?.told_well_day == today {
            return Ok(());
        }
        self.run("UPDATE alert_watch SET told_well_day = ?1 WHERE one = 1", params![today])?;
        let whom: Vec<&str> = addresses(&look.settings.alerts_mail_to).collect();
        if whom.is_empty() {
            return Ok(());
        }
        let facts = look.facts;
        let received = self.received_yesterday(now)?;
        let text = all_is_well(now, received, facts.booths.len(), facts.open_reviews, firing);
        for address in whom {
            let key = [today.to_string()];
            self.queue(now, "all-is-well", &[&key[0]], (Channel::Mail.as_str(), address), &text, "")?;
            evaluated.messages += 1;
        }
        Ok(())
    }
}

/// A look that lies ahead was timed by a clock that has been set back since.
fn looked_lately(looked_at: Instant, now: Instant) -> bool {
    looked_at <= now.saturating_add(CLOCK_SLACK_MS) && now.saturating_sub(looked_at) < PAUSE_MS
}

fn open(alert: &Alert) -> Open {
    Open {
        fired_at: alert.fired_at,
        told_at: alert.told_at,
        told_subjects: usize::try_from(alert.told_subjects).unwrap_or(usize::MAX),
        acknowledged: alert.acknowledged_at.is_some(),
    }
}

fn told(alert: &Alert) -> Result<BTreeSet<(String, String)>, LedgerError> {
    serde_json::from_str(&alert.told).map_err(|e| LedgerError::Damaged(format!("who was told of {}: {e}", alert.id)))
}

fn lines(findings: &[Finding]) -> String {
    list(&findings.iter().map(|finding| finding.text.clone()).collect::<Vec<_>>())
}
