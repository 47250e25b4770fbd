//! The state machine of an alert: pending, firing, resolved; and at each step whether people are told.
//!
//! Taken from what Prometheus's Alertmanager does well (group wait, group interval, repeat, inhibition), with two
//! differences: the end is always told to whoever was told of the beginning, and an alert is one for a rule, so "5 of 12
//! booths" is one message by construction.

use tollbooth_pipeline::Instant;

use crate::rule::Severity;

/// How long others that are about to join are waited for, so that what happens together is told together.
pub const GROUP_WAIT_MS: i64 = 5 * 60_000;
/// Shortest time between two messages about an alert that grows.
pub const GROUP_INTERVAL_MS: i64 = 60 * 60_000;

/// An alert that fires, as it stands in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// When it began to fire.
    pub fired_at: Instant,
    /// How serious it was at the look before, by [`noted`].
    pub severity: Severity,
    /// When people were last told; none: not yet.
    pub told_at: Option<Instant>,
    /// How many booths (recognisers, …) they were told of.
    pub told_subjects: usize,
    /// Somebody said that they take care of it.
    pub acknowledged: bool,
}

/// What else matters at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Around {
    /// The time.
    pub now: Instant,
    /// How long something must be wrong by this rule before it counts, in milliseconds.
    pub hold_ms: i64,
    /// Another rule that fires explains this one.
    pub inhibited: bool,
    /// Somebody asked not to hear of this rule for a while.
    pub snoozed: bool,
    /// It is a quiet hour.
    pub quiet: bool,
    /// Time between two reminders, in milliseconds.
    pub reminder_ms: i64,
}

/// Why people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tell {
    /// It fires.
    Fired,
    /// It still fires, and nobody acknowledged it.
    Reminder,
    /// It concerns more than they were told of, or has become a page.
    Grew,
    /// It is over.
    Resolved,
}

impl Tell {
    /// The name, part of the message's identity.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Reminder => "reminder",
            Self::Grew => "grew",
            Self::Resolved => "resolved",
        }
    }
}

/// What happens to a rule's alert now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Decision {
    /// It begins to fire.
    pub opens: bool,
    /// It is over.
    pub resolves: bool,
    /// How many booths (recognisers, …) it concerns.
    pub subjects: usize,
    /// People are told.
    pub tell: Option<Tell>,
    /// Another rule that fires explains it: only whoever asked for this very alert is told.
    pub inhibited: bool,
}

/// Decides about one rule. `since` holds, for each subject of which the condition is true, since when it is.
#[must_use]
pub fn decide(severity: Severity, since: &[Instant], open: Option<&Open>, around: &Around) -> Decision {
    let now = around.now;
    let subjects = since.iter().filter(|since| now.saturating_sub(**since) >= around.hold_ms).count();
    let nothing = Decision { subjects, inhibited: around.inhibited, ..Decision::default() };
    let Some(open) = open else {
        if subjects == 0 {
            return nothing;
        }
        let fresh = Open { fired_at: now, severity, told_at: None, told_subjects: 0, acknowledged: false };
        let tell = telling(severity, since.len(), subjects, &fresh, around);
        return Decision { opens: true, tell, ..nothing };
    };
    if since.is_empty() {
        return Decision { resolves: true, tell: open.told_at.map(|_| Tell::Resolved), ..nothing };
    }
    Decision { tell: telling(severity, since.len(), subjects, open, around), ..nothing }
}

/// How serious an alert is to be noted down as. What becomes a page while nobody is to hear of the rule is news still when
/// that ends, so until then it stays what people were told.
#[must_use]
pub fn noted(severity: Severity, open: Option<&Open>, around: &Around) -> Severity {
    match open {
        Some(open) if around.snoozed && open.told_at.is_some() => severity.min(open.severity),
        _ => severity,
    }
}

fn telling(severity: Severity, seen: usize, subjects: usize, open: &Open, around: &Around) -> Option<Tell> {
    if around.snoozed || (around.quiet && severity != Severity::Page) {
        return None;
    }
    let Some(told_at) = open.told_at else {
        let complete = subjects == seen || around.now.saturating_sub(open.fired_at) >= GROUP_WAIT_MS;
        return (complete && !open.acknowledged).then_some(Tell::Fired);
    };
    // A page is news also to whoever takes care of what was a warning.
    if subjects > 0 && severity > open.severity {
        return Some(Tell::Grew);
    }
    let passed = around.now.saturating_sub(told_at);
    if open.acknowledged {
        None
    } else if passed >= around.reminder_ms {
        Some(Tell::Reminder)
    } else if subjects > open.told_subjects && passed >= GROUP_INTERVAL_MS {
        Some(Tell::Grew)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::rule::Rule;

    const MINUTE: i64 = 60_000;
    const HOUR: i64 = 60 * MINUTE;

    struct Watch {
        firing: BTreeSet<Rule>,
        snoozed: bool,
        quiet: bool,
    }

    impl Watch {
        fn calm() -> Self {
            Self { firing: BTreeSet::new(), snoozed: false, quiet: false }
        }

        fn decide(&self, rule: Rule, since: &[Instant], open: Option<&Open>, now: Instant) -> Decision {
            let around = Around {
                now,
                hold_ms: rule.hold_ms(),
                inhibited: rule.is_inhibited(&self.firing),
                snoozed: self.snoozed,
                quiet: self.quiet,
                reminder_ms: 24 * HOUR,
            };
            decide(rule.severity(), since, open, &around)
        }
    }

    fn open(told_at: Option<Instant>, told_subjects: usize) -> Open {
        Open { fired_at: 0, severity: Severity::Warning, told_at, told_subjects, acknowledged: false }
    }

    #[test]
    fn a_condition_that_does_not_last_is_never_told() {
        let watch = Watch::calm();
        assert_eq!(watch.decide(Rule::SilentBooth, &[0], None, 4 * MINUTE), Decision::default());
        let fired = watch.decide(Rule::SilentBooth, &[0], None, 5 * MINUTE);
        assert_eq!((fired.opens, fired.tell), (true, Some(Tell::Fired)));
    }

    #[test]
    fn twelve_booths_that_fall_silent_within_minutes_are_told_once() {
        let watch = Watch::calm();
        let since: Vec<_> = (0..12).map(|booth| booth * 10_000).collect();
        let (mut standing, mut told) = (None::<Open>, Vec::new());
        for minute in 0..60 {
            let now = minute * MINUTE;
            let seen: Vec<_> = since.iter().copied().filter(|since| *since <= now).collect();
            let decision = watch.decide(Rule::SilentBooth, &seen, standing.as_ref(), now);
            if decision.opens {
                standing = Some(Open { fired_at: now, ..open(None, 0) });
            }
            if let (Some(tell), Some(standing)) = (decision.tell, &mut standing) {
                told.push((tell, decision.subjects));
                standing.told_at = Some(now);
                standing.told_subjects = decision.subjects;
            }
        }
        assert_eq!(told, [(Tell::Fired, 12)]);
    }

    #[test]
    fn one_that_never_joins_holds_the_others_back_for_five_minutes_at_most() {
        let watch = Watch::calm();
        let flapping = [0, GROUP_WAIT_MS - 1];
        assert_eq!(watch.decide(Rule::SilentBooth, &flapping, Some(&open(None, 0)), GROUP_WAIT_MS - 1).tell, None);
        assert_eq!(
            watch.decide(Rule::SilentBooth, &flapping, Some(&open(None, 0)), GROUP_WAIT_MS).tell,
            Some(Tell::Fired)
        );
    }

    #[test]
    fn the_end_is_told_to_whoever_was_told_of_the_beginning_and_to_nobody_else() {
        let watch = Watch { quiet: true, ..Watch::calm() };
        let told = watch.decide(Rule::ExportEmpty, &[], Some(&open(Some(5), 1)), HOUR);
        assert_eq!((told.resolves, told.tell), (true, Some(Tell::Resolved)));
        let untold = watch.decide(Rule::ExportEmpty, &[], Some(&open(None, 0)), HOUR);
        assert_eq!((untold.resolves, untold.tell), (true, None));
    }

    #[test]
    fn a_reminder_comes_after_its_time_unless_somebody_takes_care() {
        let watch = Watch::calm();
        let standing = open(Some(0), 1);
        assert_eq!(watch.decide(Rule::ExportEmpty, &[0], Some(&standing), 24 * HOUR - 1).tell, None);
        assert_eq!(watch.decide(Rule::ExportEmpty, &[0], Some(&standing), 24 * HOUR).tell, Some(Tell::Reminder));
        let taken = Open { acknowledged: true, ..standing };
        assert_eq!(watch.decide(Rule::ExportEmpty, &[0, 0], Some(&taken), 48 * HOUR).tell, None);
    }

    #[test]
    fn an_alert_that_grows_is_told_again_at_most_once_an_hour() {
        let watch = Watch::calm();
        let standing = open(Some(0), 1);
        assert_eq!(watch.decide(Rule::BudgetUsed, &[0, 1], Some(&standing), GROUP_INTERVAL_MS - 1).tell, None);
        assert_eq!(watch.decide(Rule::BudgetUsed, &[0, 1], Some(&standing), GROUP_INTERVAL_MS).tell, Some(Tell::Grew));
        assert_eq!(watch.decide(Rule::BudgetUsed, &[0], Some(&standing), GROUP_INTERVAL_MS).tell, None);
    }

    #[test]
    fn quiet_hours_hold_back_all_but_a_page_and_a_snooze_everything() {
        let quiet = Watch { quiet: true, ..Watch::calm() };
        assert_eq!(quiet.decide(Rule::ExportEmpty, &[0], None, 0).tell, None);
        assert_eq!(quiet.decide(Rule::BalanceBroken, &[0], None, 0).tell, Some(Tell::Fired));
        let snoozed = Watch { snoozed: true, ..Watch::calm() };
        let decision = snoozed.decide(Rule::BalanceBroken, &[0], None, 0);
        assert_eq!((decision.opens, decision.tell), (true, None), "it fires all the same");
    }

    #[test]
    fn a_warning_that_becomes_a_page_is_told_again_at_once_and_once() {
        let around =
            Around { now: MINUTE, hold_ms: 0, inhibited: false, snoozed: false, quiet: true, reminder_ms: 24 * HOUR };
        let warned = Open { acknowledged: true, ..open(Some(0), 1) };
        assert_eq!(decide(Severity::Warning, &[0], Some(&warned), &around).tell, None);
        assert_eq!(decide(Severity::Page, &[0], Some(&warned), &around).tell, Some(Tell::Grew));
        let waits = Around { hold_ms: HOUR, ..around.clone() };
        assert_eq!(decide(Severity::Page, &[0], Some(&warned), &waits).tell, None, "it is not one yet");
        let paged = Open { severity: Severity::Page, ..warned };
        assert_eq!(decide(Severity::Page, &[0], Some(&paged), &around).tell, None);
    }

    #[test]
    fn a_page_that_arises_while_its_rule_is_snoozed_is_told_when_the_snooze_ends() {
        let snoozed =
            Around { now: MINUTE, hold_ms: 0, inhibited: false, snoozed: true, quiet: false, reminder_ms: 24 * HOUR };
        let warned = open(Some(0), 1);
        assert_eq!(decide(Severity::Page, &[0], Some(&warned), &snoozed).tell, None);
        let later = Open { severity: noted(Severity::Page, Some(&warned), &snoozed), ..warned.clone() };
        let heard = Around { now: 2 * MINUTE, snoozed: false, ..snoozed.clone() };
        assert_eq!(decide(Severity::Page, &[0], Some(&later), &heard).tell, Some(Tell::Grew));
        assert_eq!(noted(Severity::Page, Some(&later), &heard), Severity::Page, "once");
        let untold = Open { told_at: None, ..warned };
        assert_eq!(noted(Severity::Page, Some(&untold), &snoozed), Severity::Page, "all of it will be told");
        let paged = Open { severity: Severity::Page, ..untold };
        assert_eq!(noted(Severity::Warning, Some(&paged), &snoozed), Severity::Warning);
    }

    #[test]
    fn what_another_rule_explains_is_marked() {
        let watch = Watch { firing: [Rule::ReadingStalled].into(), ..Watch::calm() };
        assert!(watch.decide(Rule::OldestWaiting, &[0], None, HOUR).inhibited);
        assert!(!watch.decide(Rule::ReviewBacklog, &[0], None, HOUR).inhibited);
    }
}
