//! Whether what was published gets to its readers: copies that are not made, destinations that do not get their files.
//!
//! A copy that waits because billing published nothing is no alert of its own: the empty export is one already.

use tollbooth_pipeline::destination::DestinationState;

use crate::facts::{CopyFacts, DestinationFacts, Facts};
use crate::finding::Finding;
use crate::rule::Rule;
use crate::time::{minute, span};

const MINUTE_MS: i64 = 60_000;
/// A run that comes once a minute has had its chances by then.
const LATE_MS: i64 = 10 * MINUTE_MS;
/// What may pass by itself has not, after this.
const DOWN_MS: i64 = 15 * MINUTE_MS;

pub fn delivered(facts: &Facts, found: &mut Vec<(Rule, Finding)>) {
    found.extend(facts.copies.iter().filter_map(|copy| late(facts, copy)).map(|late| (Rule::ExportLate, late)));
    let down = facts.destinations.iter().filter_map(|destination| down(facts, destination));
    found.extend(down.map(|down| (Rule::DestinationDown, down)));
}

fn late(facts: &Facts, copy: &CopyFacts) -> Option<Finding> {
    let waited = facts.now.saturating_sub(copy.due_at);
    (waited >= LATE_MS).then(|| {
        let text = format!(
            "The copy `{}` waits for its next file since {}, and {} of the published exports are not in it. \
             `tollbooth status` says what it waits for, where it waits for something; what fails is in the log of the exporter.",
            copy.name,
            minute(copy.due_at),
            copy.waiting
        );
        Finding::new(Rule::ExportLate, &copy.name, text)
    })
}

fn down(facts: &Facts, one: &DestinationFacts) -> Option<Finding> {
    let (name, lasted) = (&one.name, facts.now.saturating_sub(one.since));
    let words = one.trouble.map_or("it fails", tollbooth_pipeline::destination::Trouble::words);
    let what = match one.state {
        DestinationState::Well => return None,
        DestinationState::Retrying if lasted < DOWN_MS => return None,
        DestinationState::Retrying => {
            format!("`{name}` fails since {}, for {}: {words}.", minute(one.since), span(lasted))
        }
        DestinationState::Refused | DestinationState::LedgerOlder => {
            format!("`{name}` gets nothing since {}, and people must look: {words}.", minute(one.since))
        }
        DestinationState::Silent => {
            format!("Nobody has delivered to `{name}` since {}: does `tollbooth deliver` run?", minute(one.since))
        }
    };
    let waits = match one.pending {
        0 => String::new(),
        1 => " 1 export waits.".to_owned(),
        many => format!(" {many} exports wait."),
    };
    Some(Finding::new(Rule::DestinationDown, name, format!("{what}{waits}")))
}

#[cfg(test)]
mod tests {
    use tollbooth_pipeline::destination::Trouble;

    use super::*;
    use crate::conditions::conditions;

    const NOW: i64 = 100 * 60 * MINUTE_MS;

    fn of(destination: DestinationFacts) -> Vec<(Rule, Finding)> {
        conditions(&Facts { now: NOW, destinations: vec![destination], ..Facts::default() })
    }

    fn standing(state: DestinationState, trouble: Trouble, minutes: i64) -> DestinationFacts {
        let since = NOW - minutes * MINUTE_MS;
        DestinationFacts { name: "billing".into(), state, trouble: Some(trouble), since, pending: 2 }
    }

    #[test]
    fn an_outage_is_told_after_a_quarter_of_an_hour_and_a_refusal_at_once() {
        assert_eq!(of(standing(DestinationState::Retrying, Trouble::Unreachable, 14)), []);
        let down = of(standing(DestinationState::Retrying, Trouble::Unreachable, 15));
        assert_eq!((down.len(), down[0].0, down[0].1.subject.as_str()), (1, Rule::DestinationDown, "billing"));
        assert!(down[0].1.text.contains("out of reach") && down[0].1.text.contains("2 exports wait"), "{down:?}");
        assert!(
            of(standing(DestinationState::Refused, Trouble::LoginRefused, 0))[0].1.text.contains("refuses the login")
        );
        assert!(of(standing(DestinationState::LedgerOlder, Trouble::LedgerOlder, 0))[0].1.text.contains("restored"));
        assert!(
            of(standing(DestinationState::Silent, Trouble::Full, 0))[0].1.text.contains("does `tollbooth deliver` run")
        );
        assert_eq!(of(standing(DestinationState::Well, Trouble::Full, 60)), []);
    }

    #[test]
    fn each_copy_and_each_destination_is_a_subject_of_its_own() {
        let copy =
            |name: &str, minutes| CopyFacts { name: name.to_owned(), due_at: NOW - minutes * MINUTE_MS, waiting: 3 };
        let facts = Facts { now: NOW, copies: vec![copy("a", 10), copy("b", 9), copy("c", -5)], ..Facts::default() };
        let found = conditions(&facts);
        assert_eq!(
            found.iter().map(|(rule, found)| (*rule, found.subject.as_str())).collect::<Vec<_>>(),
            [(Rule::ExportLate, "a")]
        );
        assert!(found[0].1.text.contains("3 of the published exports"), "{found:?}");
    }
}
