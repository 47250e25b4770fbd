//! Destinations as they are reported: one row each, what is so now.

use tollbooth_alerts::Rule;
use tollbooth_ledger::Failure;
use tollbooth_ledger::destinations::{Refusal, Report};
use tollbooth_pipeline::destination::{DestinationKind, DestinationState, MOST_DESTINATIONS, SILENT_MS, Trouble};

use crate::booth::*;

pub fn report(name: &str, trouble: Option<Trouble>, delivered_through: u64) -> Report {
    Report {
        name: name.to_owned(),
        kind: DestinationKind::Sftp,
        profile: "billing".to_owned(),
        trouble,
        failing_since: NOW - MINUTE,
        failures: u32::from(trouble.is_some()),
        delivered_through,
        pending: 2,
        next_report_at: NOW + MINUTE,
    }
}

#[test]
fn a_report_replaces_the_one_before_and_keeps_what_was_last_wrong_and_delivered() {
    let world = world();
    let tell = |now, report: &Report| world.ledger.report_destination(now, &operator(), report).unwrap();
    let shown = |now| world.ledger.destinations(now).unwrap().remove(0);
    tell(NOW, &report("billing", Some(Trouble::Full), 0));
    let first = shown(NOW);
    assert_eq!((first.state, first.delivered_at), (DestinationState::Retrying, None));
    assert_eq!(first.last_trouble, Some((Trouble::Full, NOW)));
    tell(NOW + 1, &report("billing", None, 3));
    tell(NOW + 2, &report("billing", None, 3));
    let second = shown(NOW + 2);
    assert_eq!((second.state, second.delivered_at), (DestinationState::Well, Some(NOW + 1)));
    assert_eq!((second.last_trouble, second.reported_at), (Some((Trouble::Full, NOW)), NOW + 2));
    assert_eq!(shown(NOW + MINUTE + SILENT_MS + 1).state, DestinationState::Silent);
    assert_eq!(world.number("SELECT count(*) FROM destination"), 1);
    assert!(world.ledger.forget_destination("billing").unwrap());
    assert!(!world.ledger.forget_destination("billing").unwrap());
}

#[test]
fn there_are_only_so_many_destinations_and_those_known_go_on_reporting() {
    let world = world();
    let tell = |name: &str| world.ledger.report_destination(NOW, &operator(), &report(name, None, 1));
    for number in 0..MOST_DESTINATIONS {
        tell(&format!("d{number}")).unwrap();
    }
    assert_eq!(tell("one-more"), Err(Failure::Refused(Refusal::TooMany)));
    assert_eq!(tell("d0"), Ok(()));
}

#[test]
fn several_that_are_down_are_one_alert_which_ends_when_all_are_well() {
    let world = world();
    let tell = |name: &str, trouble| {
        world.ledger.report_destination(NOW, &operator(), &report(name, trouble, 1)).unwrap();
    };
    tell("billing", Some(Trouble::LoginRefused));
    tell("archive", Some(Trouble::Untrusted));
    tell("share", None);
    world.ledger.evaluate_alerts(NOW).unwrap();
    let firing = |now| {
        world.ledger.evaluate_alerts(now).unwrap();
        let alerts = world.ledger.alerts(None, 10).unwrap();
        alerts.into_iter().filter(|alert| alert.rule == Rule::DestinationDown.as_str()).collect::<Vec<_>>()
    };
    let down = firing(NOW + MINUTE);
    assert_eq!(down.len(), 1, "{down:?}");
    let lines: Vec<String> = serde_json::from_str(&down[0].lines).unwrap();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("refuses the login")), "{lines:?}");
    tell("billing", None);
    tell("archive", None);
    let over = firing(NOW + 2 * MINUTE);
    assert!(over[0].resolved_at.is_some(), "{over:?}");
}
