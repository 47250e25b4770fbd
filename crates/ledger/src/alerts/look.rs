//! Reading alerts.

use std::collections::BTreeMap;

use tollbooth_alerts::staff::Place;
use tollbooth_alerts::{Rule, RuleState, Severity};
use tollbooth_pipeline::Instant;

use super::{Alert, COLUMNS, MAX_SNOOZE_MS, alert};
use crate::Ledger;
use crate::clock::CLOCK_SLACK_MS;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::passages::MAX_PAGE;

/// A rule and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleStanding {
    /// Name of a built-in rule, or `rul_…`.
    pub rule: String,
    /// For people.
    pub title: String,
    /// Whether staff defined it.
    pub defined: bool,
    /// How serious it is, unless what is found is more so.
    pub severity: Severity,
    /// Whether something is wrong by it.
    pub state: RuleState,
    /// Since when something is wrong by it.
    pub since: Option<Instant>,
    /// The alert, while it fires.
    pub alert: Option<Alert>,
    /// Until when nobody is told of it, why, and who asked for that.
    pub snoozed: Option<(Instant, String, String)>,
    /// Cameras that a rule of each one does not look at, for there are too many.
    pub left_out: u32,
}

impl<D: Db> Ledger<D> {
    /// Every rule, and when they were last looked at; none before the first time.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn alert_rules(&self, now: Instant) -> Result<(Option<Instant>, Vec<RuleStanding>), LedgerError> {
        self.read(|| {
            let looked_at = self.alerts_looked_at()?;
            let mut rules = Vec::new();
            for rule in Rule::ALL {
                rules.push(self.standing(now, rule.as_str(), rule.title(), rule.severity(), false)?);
            }
            let mut counted: Option<u32> = None;
            for found in self.kept_rules()?.readable.into_iter().filter(|found| found.definition.enabled()) {
                let definition = &found.definition;
                let mut standing = self.standing(now, &found.id, definition.name(), definition.severity(), true)?;
                if *definition.place() == Place::EachCamera {
                    let left_out = counted.map_or_else(|| self.cameras_lately(now).map(|(_, left)| left), Ok)?;
                    counted = Some(left_out);
                    standing.left_out = left_out;
                }
                rules.push(standing);
            }
            Ok((looked_at, rules))
        })
    }

    /// When the rules were looked at last; none before the first time.
    pub(crate) fn alerts_looked_at(&self) -> Result<Option<Instant>, LedgerError> {
        Ok(Some(self.watch()?.looked_at).filter(|at| *at > 0))
    }

    /// How many alerts fire, by severity.
    pub(crate) fn alerts_firing(&self) -> Result<BTreeMap<String, u64>, LedgerError> {
        self.run(
            "SELECT severity, count(*) FROM alert WHERE state = 'firing' GROUP BY severity ORDER BY severity",
            &[],
        )?
        .into_iter()
        .map(|row| {
            let mut columns = row.columns();
            Ok((columns.text()?, columns.number()?))
        })
        .collect()
    }

    fn standing(
        &self,
        now: Instant,
        rule: &str,
        title: &str,
        severity: Severity,
        defined: bool,
    ) -> Result<RuleStanding, LedgerError> {
        let since = self.run_one("SELECT min(since_ms) FROM alert_condition WHERE rule = +?1", params![rule])?;
        let since = since.map_or(Ok(None), |row| row.columns().opt_integer())?;
        let sql = format!("SELECT {COLUMNS} FROM alert WHERE rule = +?1 AND state = 'firing'");
        let firing = self.run_one(&sql, params![rule])?.map(|row| alert(&mut row.columns())).transpose()?;
        let snoozed = self.snoozed(rule, now)?;
        let state = match (&firing, since) {
            (Some(_), _) => RuleState::Firing,
            (None, Some(_)) => RuleState::Pending,
            (None, None) => RuleState::Well,
        };
        let (rule, title) = (rule.to_owned(), title.to_owned());
        Ok(RuleStanding { rule, title, defined, severity, state, since, alert: firing, snoozed, left_out: 0 })
    }

    /// Until when nobody is told of a rule, why, and who asked for that. One that ends later than any may was asked for by
    /// a clock that has been set back since.
    pub(super) fn snoozed(&self, rule: &str, now: Instant) -> Result<Option<(Instant, String, String)>, LedgerError> {
        let latest = now.saturating_add(MAX_SNOOZE_MS).saturating_add(CLOCK_SLACK_MS);
        let row = self.run_one(
            "SELECT until_ms, reason, snoozed_by FROM alert_snooze
             WHERE rule = +?1 AND until_ms > +?2 AND until_ms <= +?3",
            params![rule, now, latest],
        )?;
        row.map(|row| {
            let mut columns = row.columns();
            Ok((columns.integer()?, columns.text()?, columns.text()?))
        })
        .transpose()
    }

    /// Alerts before `before`, newest first, those that fire among them.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn alerts(&self, before: Option<u64>, limit: u32) -> Result<Vec<Alert>, LedgerError> {
        self.run(
            &format!("SELECT {COLUMNS} FROM alert WHERE sequence < +?1 ORDER BY sequence DESC LIMIT +?2"),
            params![before.unwrap_or(u64::MAX), limit.min(MAX_PAGE)],
        )?
        .into_iter()
        .map(|row| alert(&mut row.columns()))
        .collect()
    }

    /// One alert.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn alert_by_id(&self, id: &str) -> Result<Option<Alert>, LedgerError> {
        let row = self.run_one(&format!("SELECT {COLUMNS} FROM alert WHERE id = ?1"), params![id])?;
        row.map(|row| alert(&mut row.columns())).transpose()
    }
}
