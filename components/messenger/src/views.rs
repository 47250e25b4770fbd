//! The shapes of the answers.

use serde::Serialize;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_ports::ledger::alerts::{Alert, Rule};
use tollbooth_ports::ledger::messages::{Attempt, Message, Standing};
use tollbooth_web::Problem;

/// A list that is always whole.
#[derive(Serialize)]
pub struct List<T> {
    pub items: Vec<T>,
}

/// A page of a list, newest first; `next` is the cursor of the page after it, null at the end.
#[derive(Serialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<u64>,
}

/// Every rule, and when they were last looked at.
#[derive(Serialize)]
pub struct RulesView {
    pub looked_at: Option<String>,
    /// Whether anybody hears of the built-in rules.
    pub heard: bool,
    pub rules: Vec<RuleView>,
}

/// A rule and how it stands.
#[derive(Serialize)]
pub struct RuleView {
    rule: String,
    title: String,
    defined: bool,
    severity: String,
    state: String,
    since: Option<String>,
    alert: Option<AlertView>,
    snoozed: Option<SnoozeView>,
    left_out: u32,
}

#[derive(Serialize)]
struct SnoozeView {
    until: String,
    reason: String,
    by: String,
}

/// An alert.
#[derive(Serialize)]
pub struct AlertView {
    id: String,
    rule: String,
    title: String,
    severity: String,
    state: String,
    summary: String,
    lines: Vec<String>,
    fired_at: String,
    resolved_at: Option<String>,
    told_at: Option<String>,
    tellings: u32,
    inhibited: bool,
    acknowledged_at: Option<String>,
    acknowledged_by: Option<String>,
    remark: Option<String>,
}

impl TryFrom<Rule> for RuleView {
    type Error = Problem;

    fn try_from(found: Rule) -> Result<Self, Problem> {
        Ok(Self {
            rule: found.name,
            title: found.title,
            defined: found.defined,
            severity: found.severity,
            state: found.state,
            since: found.since.map(rfc3339),
            alert: found.alert.map(AlertView::try_from).transpose()?,
            snoozed: found.snoozed.map(|snooze| SnoozeView {
                until: rfc3339(snooze.until),
                reason: snooze.reason,
                by: snooze.by,
            }),
            left_out: found.left_out,
        })
    }
}

impl TryFrom<Alert> for AlertView {
    type Error = Problem;

    fn try_from(found: Alert) -> Result<Self, Problem> {
        let lines = serde_json::from_str(&found.lines)
            .map_err(|e| Problem::internal(format!("the lines of alert {}: {e}", found.id)))?;
        Ok(Self {
            id: found.id,
            rule: found.rule,
            title: found.title,
            severity: found.severity,
            state: found.state,
            summary: found.summary,
            lines,
            fired_at: rfc3339(found.fired_at),
            resolved_at: found.resolved_at.map(rfc3339),
            told_at: found.told_at.map(rfc3339),
            tellings: found.tellings,
            inhibited: found.inhibited,
            acknowledged_at: found.acknowledged_at.map(rfc3339),
            acknowledged_by: found.acknowledged_by,
            remark: found.remark,
        })
    }
}

/// An alert with the messages that told of it.
#[derive(Serialize)]
pub struct AlertLife {
    pub alert: AlertView,
    pub messages: Vec<MessageView>,
}

/// A message, without what it says.
#[derive(Serialize)]
pub struct MessageView {
    id: String,
    kind: String,
    channel: String,
    addressee: String,
    subject: String,
    thread: String,
    created_at: String,
    state: String,
    attempts: u32,
    next_attempt_at: Option<String>,
    doubtful: bool,
    last_class: Option<String>,
    last_failure: Option<String>,
    reference: Option<String>,
    closed_at: Option<String>,
}

impl From<Message> for MessageView {
    fn from(found: Message) -> Self {
        Self {
            id: found.id,
            kind: found.kind,
            channel: found.channel,
            addressee: found.addressee,
            subject: found.subject,
            thread: found.thread,
            created_at: rfc3339(found.created_at),
            state: found.state,
            attempts: found.attempts,
            next_attempt_at: found.next_attempt_at.map(rfc3339),
            doubtful: found.doubtful,
            last_class: found.last_class,
            last_failure: found.last_failure,
            reference: found.reference,
            closed_at: found.closed_at.map(rfc3339),
        }
    }
}

/// A message with its text and its last deliveries.
#[derive(Serialize)]
pub struct WholeMessage {
    message: MessageView,
    body: String,
    deliveries: Vec<AttemptView>,
}

#[derive(Serialize)]
struct AttemptView {
    number: u32,
    repetition: bool,
    started_at: String,
    finished_at: Option<String>,
    outcome: String,
    detail: String,
}

impl From<(Message, Vec<Attempt>)> for WholeMessage {
    fn from((message, attempts): (Message, Vec<Attempt>)) -> Self {
        let deliveries = attempts.into_iter().map(|attempt| AttemptView {
            number: attempt.number,
            repetition: attempt.repetition,
            started_at: rfc3339(attempt.started_at),
            finished_at: attempt.finished_at.map(rfc3339),
            outcome: attempt.outcome,
            detail: attempt.detail,
        });
        Self { body: message.body.clone(), deliveries: deliveries.collect(), message: message.into() }
    }
}

/// How a channel stands.
#[derive(Serialize)]
pub struct ChannelView {
    channel: String,
    waiting: u64,
    consecutive_failures: u32,
    failing_since: Option<String>,
    reason: Option<String>,
    detail: Option<String>,
    held_until: Option<String>,
    last_handed_over_at: Option<String>,
}

impl From<Standing> for ChannelView {
    fn from(found: Standing) -> Self {
        let text = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            channel: found.channel,
            waiting: found.waiting,
            consecutive_failures: found.failures,
            failing_since: found.failing_since.map(rfc3339),
            reason: text(found.reason),
            detail: text(found.detail),
            held_until: found.held_until.map(rfc3339),
            last_handed_over_at: found.last_handed_over_at.map(rfc3339),
        }
    }
}
