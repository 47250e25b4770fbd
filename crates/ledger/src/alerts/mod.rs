//! Alerts: what is wrong, since when, and who was told.
//!
//! Invariants: a rule has one alert at a time; an alert's messages are queued in the transaction that records it, so what
//! was told and what is recorded cannot differ; whoever was told of a beginning is told of the end; the rules are looked at
//! once a minute, however many callers ask. Built-in rules and those that staff define live the same life.

mod apply;
mod facts;
mod handle;
mod look;
mod measured;
mod rules;
mod tell;
mod tellings;

use tollbooth_alerts::Rule;
use tollbooth_pipeline::Instant;

pub use handle::{MAX_SNOOZE_MS, Refusal};
pub use look::RuleStanding;
pub use rules::{DefinedRule, KeptRule, RuleRefusal, RuleVersion};

use crate::columns::Columns;
use crate::error::LedgerError;

/// An alert, from its beginning on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Its place in the order.
    pub sequence: u64,
    /// `alr_…`
    pub id: String,
    /// Its rule: the name of a built-in one, or `rul_…`.
    pub rule: String,
    /// What the rule was called when it began.
    pub title: String,
    /// `warning` or `page`.
    pub severity: String,
    /// `firing` or `resolved`.
    pub state: String,
    /// It in a sentence.
    pub summary: String,
    /// A line for each booth (recogniser, …), as JSON.
    pub lines: String,
    /// When it began.
    pub fired_at: Instant,
    /// When it ended.
    pub resolved_at: Option<Instant>,
    /// When people were last told.
    pub told_at: Option<Instant>,
    /// How often.
    pub tellings: u32,
    /// Another rule explains it.
    pub inhibited: bool,
    /// When somebody took care of it.
    pub acknowledged_at: Option<Instant>,
    /// Who.
    pub acknowledged_by: Option<String>,
    /// What they said.
    pub remark: Option<String>,
    /// Who was told, as JSON: channels and addresses. For this room only.
    told: String,
    told_subjects: u32,
    /// Whom it could not tell yet, in the same form.
    held: String,
}

/// What one look at the rules did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Evaluated {
    /// Alerts that began.
    pub fired: u32,
    /// Alerts that ended.
    pub resolved: u32,
    /// Messages queued.
    pub messages: u32,
}

const COLUMNS: &str =
    "sequence, id, rule, title, severity, state, summary, lines, fired_at_ms, resolved_at_ms, told_at_ms,
    tellings, inhibited, acknowledged_at_ms, acknowledged_by, remark, told, told_subjects, held";

fn alert(columns: &mut Columns) -> Result<Alert, LedgerError> {
    let (sequence, id, rule, title) = (columns.number()?, columns.text()?, columns.text()?, columns.text()?);
    // An alert of before its title was kept is one of a built-in rule.
    let built_in = || rule.parse().map(|rule: Rule| rule.title().to_owned()).unwrap_or_default();
    Ok(Alert {
        sequence,
        id,
        title: if title.is_empty() { built_in() } else { title },
        rule,
        severity: columns.text()?,
        state: columns.text()?,
        summary: columns.text()?,
        lines: columns.text()?,
        fired_at: columns.integer()?,
        resolved_at: columns.opt_integer()?,
        told_at: columns.opt_integer()?,
        tellings: columns.number()?,
        inhibited: columns.flag()?,
        acknowledged_at: columns.opt_integer()?,
        acknowledged_by: columns.opt_text()?,
        remark: columns.opt_text()?,
        told: columns.text()?,
        told_subjects: columns.number()?,
        held: columns.text()?,
    })
}
