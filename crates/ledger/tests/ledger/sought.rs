//! Passages searched by who decided them and when they were received.

use tollbooth_ledger::blind::Known;
use tollbooth_ledger::intake::Recorded;
use tollbooth_ledger::passages::Sought;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::role::Role;

use crate::booth::*;

/// Ids of what a supervisor finds, the newest first, two on a page.
fn found(world: &World, sought: &Sought<'_>) -> Vec<String> {
    let sue = actor(Role::Supervisor, "tok_s");
    let (mut ids, mut before) = (Vec::new(), None);
    loop {
        let (page, next) = world.ledger.search_for(&sue, sought, before, 2).unwrap();
        ids.extend(page.into_iter().map(|passage| passage.id));
        if next.is_none() {
            return ids;
        }
        before = next;
    }
}

fn received(world: &World, key: &str, at: Instant) -> String {
    match world.ledger.record_passage(at, &passage_with(key, key, at)).unwrap() {
        Recorded::New(receipt) => receipt.passage,
        other => panic!("not new: {other:?}"),
    }
}

#[test]
fn passages_are_found_by_who_decided_them() {
    let world = world();
    world.set(&[("reading.concurrency", "100")]);
    let machine = world.accepted("1", "BKD0101").id;
    let open = world.in_review("2");
    let mine = world.in_review("3");
    let claimed = world.claim(NOW, "tok_a", &mine.id);
    world.ledger.submit(NOW, &reviewer("tok_a"), &mine.id, claimed.version, &plate("BKD0303")).unwrap();
    let by = |who| found(&world, &Sought { decided_by: Some(who), ..Sought::default() });
    assert_eq!(by("judge"), [machine.as_str()]);
    assert_eq!(by("tok_a"), [mine.id.as_str()]);
    assert_eq!(by("tok_b"), [""; 0]);
    assert_eq!(found(&world, &Sought::default()), [mine.id.as_str(), open.id.as_str(), machine.as_str()]);
    let known = |who| {
        let sought = Sought { decided_by: Some(who), ..Sought::default() };
        let sue = actor(Role::Supervisor, "tok_s");
        world.ledger.find_for(&sue, Known::Plate("BKD0303"), &sought, None, 10).unwrap().0.len()
    };
    assert_eq!((known("tok_a"), known("judge")), (1, 0), "with a plate as well");
}

#[test]
fn passages_are_found_by_when_they_were_received_and_each_once() {
    let world = world();
    let hours = [0_i64, 1, 5, 5, 30];
    let ids: Vec<_> = hours
        .iter()
        .zip(1_i64..)
        .map(|(hour, n)| received(&world, &n.to_string(), NOW + hour * HOUR + n * MINUTE))
        .collect();
    let between = |since: Option<Instant>, until: Option<Instant>| {
        let mut found = found(&world, &Sought { since, until, ..Sought::default() });
        found.reverse();
        found
    };
    for from in -2..34 {
        for to in from + 1..36 {
            let (since, until) = (NOW + from * HOUR, NOW + to * HOUR);
            let expected: Vec<_> = hours
                .iter()
                .zip(1_i64..)
                .zip(&ids)
                .filter(|((hour, n), _)| (since..until).contains(&(NOW + **hour * HOUR + n * MINUTE)))
                .map(|(_, id)| id.clone())
                .collect();
            assert_eq!(between(Some(since), Some(until)), expected, "from {from} to {to}");
        }
    }
    assert_eq!(between(None, Some(NOW + HOUR)), ids[..1]);
    assert_eq!(between(Some(NOW + 6 * HOUR), None), ids[4..]);
    assert_eq!(between(Some(NOW + 1_000 * HOUR), None), ids[..0]);
    assert_eq!(between(None, None), ids);
}
