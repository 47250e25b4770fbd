//! What is wrong now, rule by rule, by the facts alone.

use crate::acceptance::dropped;
use crate::delivered::delivered;
use crate::export_gap::{gap, late};
use crate::facts::{Facts, RecognizerFacts};
use crate::finding::Finding;
use crate::rule::{Rule, Severity};
use crate::storage::full;
use crate::time::{minute, span};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// A booth is never silent before this.
const SILENT_LEAST_MS: i64 = 15 * MINUTE_MS;
/// A reading comes to an end at least this often while photos wait.
const STALLED_MS: i64 = 10 * MINUTE_MS;
/// Longest wait that is normal.
const WAITING_MS: i64 = 10 * MINUTE_MS;
/// Calls of which fewer say nothing, and the share of failures that is too much.
const CALLS_LEAST: u64 = 20;
const FAILURES_PERCENT: u64 = 20;
/// A circuit that is open for longer than this will not close by itself at once.
const OPEN_MS: i64 = 5 * MINUTE_MS;
const BUDGET_PERCENT: u64 = 80;
const REVIEW_MS: i64 = 24 * HOUR_MS;
/// A channel that took nothing for this long is a matter for people.
const UNDELIVERED_MS: i64 = 15 * MINUTE_MS;

/// What is wrong, each with the rule that says so.
type Found = Vec<(Rule, Finding)>;

/// Everything that is wrong by the built-in rules, at most one finding a rule and subject.
#[must_use]
pub fn conditions(facts: &Facts) -> Vec<(Rule, Finding)> {
    let mut found = Found::new();
    balance(facts, &mut found);
    full(facts, &mut found);
    silence(facts, &mut found);
    reading(facts, &mut found);
    facts.recognizers.iter().for_each(|one| recognizer(facts, one, &mut found));
    dropped(facts, &mut found);
    reviews(facts, &mut found);
    exports(facts, &mut found);
    delivered(facts, &mut found);
    unreadable(facts, &mut found);
    messages(facts, &mut found);
    found
}

fn balance(facts: &Facts, found: &mut Found) {
    if !facts.unbalanced.is_empty() {
        let which: Vec<_> = facts.unbalanced.iter().take(5).map(String::as_str).collect();
        let text = format!("Photos that were received are not all accounted for: {}.", which.join(", "));
        found.push((Rule::BalanceBroken, Finding::new(Rule::BalanceBroken, "", text)));
    }
}

fn silence(facts: &Facts, found: &mut Found) {
    for booth in &facts.booths {
        // A booth that never sent anything is not set up yet, and at an hour without traffic none is missed.
        let Some(last) = booth.last_received_at.filter(|_| booth.usual_in_this_hour > 0) else { continue };
        let usual_gap = HOUR_MS / i64::from(booth.usual_in_this_hour);
        let silent = facts.now.saturating_sub(last);
        if silent >= SILENT_LEAST_MS.max(3 * usual_gap) {
            let text = format!("{} has sent no photo since {}, for {}.", booth.id, minute(last), span(silent));
            found.push((Rule::SilentBooth, Finding::new(Rule::SilentBooth, &booth.id, text)));
        }
    }
}

fn reading(facts: &Facts, found: &mut Found) {
    if facts.reading_is_paused {
        return;
    }
    let waited = facts.oldest_waiting.map(|at| facts.now.saturating_sub(at));
    let read = facts.last_read_at.map_or(i64::MAX, |at| facts.now.saturating_sub(at));
    let stalled = waited.is_some_and(|waited| waited >= STALLED_MS) && read >= STALLED_MS;
    if stalled || facts.overdue_leases > 0 {
        let text = match (facts.oldest_waiting, facts.last_read_at) {
            (Some(at), Some(last)) if stalled => {
                format!("Photos wait since {}, and none was read since {}.", minute(at), minute(last))
            }
            (Some(at), None) if stalled => {
                format!("Photos wait since {}, and none was read in the last half hour.", minute(at))
            }
            _ => format!("{} readings were begun and never ended: their workers are gone.", facts.overdue_leases),
        };
        found.push((Rule::ReadingStalled, Finding::new(Rule::ReadingStalled, "", text)));
    }
    if let (Some(at), Some(waited)) = (facts.oldest_waiting, waited.filter(|waited| *waited > WAITING_MS)) {
        let text = format!("The oldest photo waits to be read since {}, for {}.", minute(at), span(waited));
        found.push((Rule::OldestWaiting, Finding::new(Rule::OldestWaiting, "", text)));
    }
}

fn recognizer(facts: &Facts, one: &RecognizerFacts, found: &mut Found) {
    let often = one.calls >= CALLS_LEAST && one.failures * 100 > one.calls * FAILURES_PERCENT;
    let open = one.open.as_ref().filter(|(_, since)| facts.now.saturating_sub(*since) >= OPEN_MS);
    if let Some((reason, since)) = open {
        let text = format!("{} is not called since {}: {}.", one.name, minute(*since), in_words(reason));
        found.push((Rule::RecognizerFailing, Finding::new(Rule::RecognizerFailing, &one.name, text)));
    } else if often {
        let class = one.commonest_failure.as_deref().unwrap_or("other");
        let text = format!(
            "{} failed in {} of {} calls within ten minutes: {}.",
            one.name,
            one.failures,
            one.calls,
            in_words(class)
        );
        found.push((Rule::RecognizerFailing, Finding::new(Rule::RecognizerFailing, &one.name, text)));
    }
    if let Some(percent) = one.spent_percent.filter(|percent| *percent >= BUDGET_PERCENT) {
        let text = format!(
            "{} percent of what {} may be asked or may cost today (UTC) are spent.",
            percent.min(100),
            one.name
        );
        let severity = if percent >= 100 { Severity::Page } else { Severity::Warning };
        found.push((Rule::BudgetUsed, Finding { severity, ..Finding::new(Rule::BudgetUsed, &one.name, text) }));
    }
}

/// A bad key is not an outage, and an outage is no throttling: each asks for another deed.
fn in_words(class: &str) -> &str {
    match class {
        "unauthorized" => "the service refuses our key",
        "outage" => "it is out of reach or broken down",
        "throttled" => "it asks for fewer calls",
        "quota-exhausted" => "the account's quota is spent",
        "timed-out" => "it does not answer in time",
        "invalid-answer" => "its answers make no sense",
        other => other,
    }
}

fn reviews(facts: &Facts, found: &mut Found) {
    let waited = |at: &i64| facts.now.saturating_sub(*at) > REVIEW_MS;
    if let Some(at) = facts.oldest_review.filter(waited) {
        let text = format!("{} reviews are open, the oldest since {}.", facts.open_reviews, minute(at));
        found.push((Rule::ReviewBacklog, Finding::new(Rule::ReviewBacklog, "", text)));
    }
}

fn exports(facts: &Facts, found: &mut Found) {
    if let Some((_, what)) = late(&facts.export, facts.now) {
        found.push((Rule::ExportLate, Finding::new(Rule::ExportLate, "", format!("The export is late: {what}"))));
    } else if facts.export.ledger_is_older {
        let text = "Nothing is exported: the ledger is older than what was published.".to_owned();
        found.push((Rule::ExportLate, Finding::new(Rule::ExportLate, "", text)));
    }
    for sequence in &facts.export.lost_files {
        let text = format!(
            "The file of export {sequence} is not in the store as it was published. Corrections of its lines wait until it \
             is back; everything else is exported."
        );
        found.push((Rule::ExportFileLost, Finding::new(Rule::ExportFileLost, &format!("export {sequence}"), text)));
    }
    if let Some((_, _, text)) = gap(facts) {
        found.push((Rule::ExportEmpty, Finding::new(Rule::ExportEmpty, "", text)));
    }
}

/// Whoever defined a rule believes that it is looked at.
fn unreadable(facts: &Facts, found: &mut Found) {
    found.extend(facts.unreadable_rules.iter().map(|one| {
        let name = one.name.as_ref().map_or_else(|| one.id.clone(), |name| format!("{name} ({})", one.id));
        let text = format!(
            "The rule {name} cannot be read by this version of TollBooth, so it is not looked at: {}.",
            one.cause.trim_end_matches('.')
        );
        (Rule::RuleUnreadable, Finding::new(Rule::RuleUnreadable, &one.id, text))
    }));
}

fn messages(facts: &Facts, found: &mut Found) {
    let failing = |since: &i64| facts.now.saturating_sub(*since) >= UNDELIVERED_MS;
    for channel in &facts.channels {
        if let Some(since) = channel.failing_since.filter(failing) {
            let text = format!(
                "Messages by {} are not taken since {} ({}): {}.",
                channel.name,
                minute(since),
                channel.reason,
                channel.detail.trim_end_matches('.')
            );
            found.push((Rule::DeliveryDead, Finding::new(Rule::DeliveryDead, &channel.name, text)));
        }
    }
    if facts.dead_messages > 0 {
        let text = format!("{} messages were given up.", facts.dead_messages);
        found.push((Rule::DeliveryDead, Finding::new(Rule::DeliveryDead, "given-up", text)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{BoothFacts, ChannelFacts, ExportFacts, UnreadableRuleFacts};

    fn rules(facts: &Facts) -> Vec<Rule> {
        conditions(facts).into_iter().map(|(rule, _)| rule).collect()
    }

    fn well() -> Facts {
        Facts { now: 100 * HOUR_MS, ..Facts::default() }
    }

    #[test]
    fn an_installation_that_does_nothing_is_well() {
        assert_eq!(rules(&well()), []);
    }

    #[test]
    fn a_booth_is_silent_by_what_is_usual_at_this_hour() {
        let now = well().now;
        let booth = |minutes: i64, usual| BoothFacts {
            id: "north".into(),
            last_received_at: Some(now - minutes * MINUTE_MS),
            usual_in_this_hour: usual,
        };
        let silent = |booth: BoothFacts| rules(&Facts { booths: vec![booth], ..well() }) == [Rule::SilentBooth];
        assert!(silent(booth(15, 12)) && !silent(booth(14, 12)), "busy: a quarter of an hour");
        assert!(silent(booth(180, 1)) && !silent(booth(179, 1)), "one an hour: three of its pauses");
        assert!(!silent(booth(10_000, 0)), "nobody passes at this hour");
        assert!(!silent(BoothFacts { last_received_at: None, ..booth(0, 12) }), "never set up");
    }

    #[test]
    fn reading_that_stalled_is_told_from_reading_that_is_slow() {
        let now = well().now;
        let slow = Facts { oldest_waiting: Some(now - 11 * MINUTE_MS), last_read_at: Some(now), ..well() };
        assert_eq!(rules(&slow), [Rule::OldestWaiting]);
        let stalled = Facts { last_read_at: Some(now - 10 * MINUTE_MS), ..slow.clone() };
        assert_eq!(rules(&stalled), [Rule::ReadingStalled, Rule::OldestWaiting]);
        let long = conditions(&Facts { last_read_at: None, ..stalled.clone() });
        assert!(
            long[0].1.text.ends_with("none was read in the last half hour."),
            "nobody looks back further: {long:?}"
        );
        assert_eq!(rules(&Facts { overdue_leases: 1, ..well() }), [Rule::ReadingStalled]);
        assert_eq!(rules(&Facts { reading_is_paused: true, ..stalled }), [], "somebody paused it");
    }

    #[test]
    fn a_recogniser_is_judged_by_its_calls_its_circuit_and_its_budget() {
        let one = RecognizerFacts {
            name: "azure-vision".into(),
            calls: 20,
            failures: 4,
            commonest_failure: Some("unauthorized".into()),
            open: None,
            spent_percent: Some(79),
        };
        let judged = |one: RecognizerFacts| conditions(&Facts { recognizers: vec![one], ..well() });
        assert_eq!(judged(one.clone()), []);
        let failing = judged(RecognizerFacts { failures: 5, ..one.clone() });
        assert!(failing[0].1.text.contains("refuses our key"), "{failing:?}");
        assert_eq!(judged(RecognizerFacts { calls: 19, failures: 19, ..one.clone() }), [], "too few to say");
        let open = Some(("outage".to_owned(), well().now - OPEN_MS));
        assert_eq!(judged(RecognizerFacts { open, ..one.clone() })[0].0, Rule::RecognizerFailing);
        let spent = |percent| judged(RecognizerFacts { spent_percent: Some(percent), ..one.clone() })[0].1.severity;
        assert_eq!((spent(80), spent(100)), (Severity::Warning, Severity::Page));
    }

    #[test]
    fn what_does_not_leave_the_house_is_told_after_a_quarter_of_an_hour() {
        let channel = |minutes: i64| ChannelFacts {
            name: "mail".into(),
            failing_since: Some(well().now - minutes * MINUTE_MS),
            reason: "credentials".into(),
            detail: "535".into(),
        };
        assert_eq!(rules(&Facts { channels: vec![channel(14)], ..well() }), []);
        assert_eq!(rules(&Facts { channels: vec![channel(15)], ..well() }), [Rule::DeliveryDead]);
        assert_eq!(rules(&Facts { dead_messages: 1, ..well() }), [Rule::DeliveryDead]);
    }

    #[test]
    fn a_rule_that_nobody_looks_at_is_told_by_its_name_with_what_is_wrong_with_it() {
        let told = |name: Option<&str>| {
            let (id, cause) = ("rul_1".to_owned(), "unknown field `colour`".to_owned());
            let unreadable_rules = vec![UnreadableRuleFacts { id, name: name.map(Into::into), cause }];
            conditions(&Facts { unreadable_rules, ..well() })
        };
        let named = told(Some("Dirty lens"));
        assert_eq!((named.len(), named[0].0), (1, Rule::RuleUnreadable));
        let text = &named[0].1.text;
        assert!(text.contains("Dirty lens (rul_1)") && text.ends_with("unknown field `colour`."), "{text}");
        assert!(told(None)[0].1.text.starts_with("The rule rul_1 cannot be read"));
    }

    #[test]
    fn reviews_and_exports_have_their_limits() {
        let old = Facts { oldest_review: Some(well().now - REVIEW_MS - 1), open_reviews: 2, ..well() };
        assert_eq!(rules(&old), [Rule::ReviewBacklog]);
        let empty = ExportFacts { empty_since: Some(1), interval_ms: HOUR_MS, ..ExportFacts::default() };
        assert_eq!(rules(&Facts { export: empty.clone(), ..well() }), [Rule::ExportEmpty]);
        let late = ExportFacts { due_at: Some(1), empty_since: None, ..empty };
        assert_eq!(rules(&Facts { export: late, ..well() }), [Rule::ExportLate, Rule::ExportEmpty]);
        let lost = ExportFacts { lost_files: vec![3], interval_ms: HOUR_MS, ..ExportFacts::default() };
        assert_eq!(rules(&Facts { export: lost, ..well() }), [Rule::ExportFileLost]);
        assert_eq!(rules(&Facts { unbalanced: vec!["h b".into()], ..well() }), [Rule::BalanceBroken]);
    }
}
