//! The outbox: leases, failures, repetitions, and what people do about a message.

use tollbooth_ledger::Failure as Refused;
use tollbooth_ledger::messages::{Filter, LEASE_MS, Lease, Refusal};
use tollbooth_messages::retry::GIVE_UP_AFTER_MS;
use tollbooth_messages::{Channel, Class, Failure, Outcome};
use tollbooth_pipeline::Instant;

use crate::booth::*;

const MAIL: &[Channel] = &[Channel::Mail];
pub const HANDED_OVER: Outcome = Outcome::HandedOver { reference: None };

/// So many e-mails by a test-fire, of which there is one an address.
fn queue(world: &World, addresses: &str) -> usize {
    queue_at(world, NOW, addresses)
}

fn queue_at(world: &World, now: Instant, addresses: &str) -> usize {
    world.set(&[("alerts.mail_to", &format!("\"{addresses}\""))]);
    let ids = world.ledger.test_alert(now, &operator(), tollbooth_alerts::Rule::ExportEmpty.as_str()).unwrap();
    for log in lease(&world.ledger, now, &[Channel::Log]) {
        assert!(world.ledger.settle_message(now, &log.token, &HANDED_OVER).unwrap());
    }
    ids.len() - 1
}

fn lease(ledger: &TestLedger, now: Instant, able: &[Channel]) -> Vec<Lease> {
    ledger.lease_messages(now, "messenger", 10, able).unwrap()
}

fn failed(class: Class) -> Outcome {
    Outcome::Failed(Failure::new(class, "said no"))
}

#[test]
fn a_message_is_leased_once_and_leaves_the_outbox_when_it_is_handed_over() {
    let world = world();
    assert_eq!(queue(&world, "a@x.org"), 1);
    assert!(world.ledger.messages_wait(NOW, MAIL).unwrap());
    let lease = lease(&world.ledger, NOW, MAIL).remove(0);
    assert_eq!((lease.message.attempts, lease.message.doubtful), (1, false));
    assert!(self::lease(&world.another(), NOW, MAIL).is_empty());
    assert!(!world.ledger.messages_wait(NOW, MAIL).unwrap());
    let taken = Outcome::HandedOver { reference: Some("queued as 7".to_owned()) };
    assert!(world.ledger.settle_message(NOW, &lease.token, &taken).unwrap());
    assert!(!world.ledger.settle_message(NOW, &lease.token, &taken).unwrap(), "a second outcome changes nothing");
    let message = world.ledger.message(&lease.message.id).unwrap().unwrap();
    assert_eq!((message.state.as_str(), message.reference.as_deref()), ("handed-over", Some("queued as 7")));
    let attempts = world.ledger.message_attempts(&message.id).unwrap();
    assert_eq!((attempts.len(), attempts[0].outcome.as_str()), (1, "handed-over"));
}

#[test]
fn a_delivery_that_died_is_made_again_with_the_same_id_and_as_a_repetition() {
    let world = world();
    queue(&world, "a@x.org");
    let first = lease(&world.ledger, NOW, MAIL).remove(0);
    assert!(lease(&world.ledger, NOW + LEASE_MS - 1, MAIL).is_empty());
    let second = lease(&world.ledger, NOW + LEASE_MS, MAIL).remove(0);
    assert_eq!(second.message.id, first.message.id);
    assert!(second.message.doubtful && second.token != first.token);
    assert!(!world.ledger.settle_message(NOW + LEASE_MS, &first.token, &HANDED_OVER).unwrap(), "too late");
    assert!(world.ledger.settle_message(NOW + LEASE_MS, &second.token, &HANDED_OVER).unwrap());
    let attempts = world.ledger.message_attempts(&first.message.id).unwrap();
    let log: Vec<_> = attempts.iter().map(|a| (a.number, a.repetition, a.outcome.as_str())).collect();
    assert_eq!(log, [(2, true, "handed-over"), (1, false, "lost")]);
}

#[test]
fn only_a_delivery_that_may_have_arrived_makes_a_repetition() {
    for (class, doubtful) in [(Class::Outage, false), (Class::Throttled, false), (Class::Unclear, true)] {
        let world = world();
        queue(&world, "a@x.org");
        let first = lease(&world.ledger, NOW, MAIL).remove(0);
        world.ledger.settle_message(NOW, &first.token, &failed(class)).unwrap();
        assert!(lease(&world.ledger, NOW, MAIL).is_empty(), "it waits");
        let again = lease(&world.ledger, NOW + HOUR, MAIL).remove(0);
        assert_eq!((again.message.doubtful, again.message.attempts), (doubtful, 2), "{class}");
    }
}

#[test]
fn a_channel_that_fails_is_tried_by_one_message_for_all_and_loses_none() {
    let world = world();
    let addresses: Vec<_> = (0..9).map(|n| format!("a{n}@x.org")).collect();
    assert_eq!(queue(&world, &addresses.join(",")), 9);
    assert_eq!(lease(&world.ledger, NOW, MAIL).len(), 4, "four at once");
    let mut now = NOW + LEASE_MS;
    let first = lease(&world.ledger, now, MAIL);
    for lease in &first {
        world.ledger.settle_message(now, &lease.token, &failed(Class::Outage)).unwrap();
    }
    let mut calls = 0;
    while now < NOW + HOUR {
        now += 10 * SECOND;
        for one in lease(&world.ledger, now, MAIL) {
            calls += 1;
            world.ledger.settle_message(now, &one.token, &failed(Class::Outage)).unwrap();
        }
    }
    assert!((10..30).contains(&calls), "{calls} calls in an hour of outage");
    let standing = world.ledger.message_channels(now).unwrap().remove(1);
    assert_eq!((standing.channel.as_str(), standing.waiting, standing.reason.as_str()), ("mail", 9, "outage"));
    assert!(standing.failing_since.is_some_and(|since| since < NOW + 5 * MINUTE));
    let mut sent = 0;
    while now < NOW + 2 * HOUR {
        now += 10 * SECOND;
        for one in lease(&world.ledger, now, MAIL) {
            sent += 1;
            assert!(world.ledger.settle_message(now, &one.token, &HANDED_OVER).unwrap());
        }
    }
    assert_eq!(sent, 9);
    assert_eq!(world.number("SELECT count(*) FROM message WHERE channel = 'mail' AND state = 'handed-over'"), 9);
    assert_eq!(world.ledger.message_channels(now).unwrap()[1].failing_since, None);
}

#[test]
fn no_more_than_thirty_deliveries_begin_in_a_minute() {
    let world = world();
    let mut sent = Vec::new();
    for round in 0..5 {
        let addresses: Vec<_> = (0..10).map(|n| format!("a{round}x{n}@x.org")).collect();
        queue_at(&world, NOW + round * MINUTE, &addresses.join(","));
    }
    for second in 0..120 {
        let now = NOW + HOUR + second * SECOND;
        for one in lease(&world.ledger, now, MAIL) {
            sent.push(now);
            world.ledger.settle_message(now, &one.token, &HANDED_OVER).unwrap();
        }
    }
    assert_eq!(sent.len(), 50);
    for at in &sent {
        let within = sent.iter().filter(|other| (*at..at + MINUTE).contains(*other)).count();
        assert!(within <= 30, "{within} within a minute");
    }
}

#[test]
fn what_is_refused_or_too_old_is_given_up_recorded_and_can_be_sent_again() {
    let world = world();
    queue(&world, "a@x.org,b@x.org");
    let leases = lease(&world.ledger, NOW, MAIL);
    world.ledger.settle_message(NOW, &leases[0].token, &failed(Class::Refused)).unwrap();
    world.ledger.settle_message(NOW + GIVE_UP_AFTER_MS, &leases[1].token, &failed(Class::Outage)).unwrap();
    let dead = world.ledger.messages(&Filter { state: Some("dead".into()), channel: None }, None, 10).unwrap();
    assert_eq!(dead.len(), 2);
    assert_eq!(world.number("SELECT count(*) FROM event WHERE kind = 'message-dead'"), 2);
    let later = NOW + GIVE_UP_AFTER_MS + HOUR;
    let again = world.ledger.retry_message(later, &operator(), &dead[0].id).unwrap();
    assert_eq!(again.state, "due");
    let lease = lease(&world.ledger, later, MAIL).remove(0);
    world.ledger.settle_message(later, &lease.token, &failed(Class::Outage)).unwrap();
    assert_eq!(world.ledger.message(&again.id).unwrap().unwrap().state, "due", "it has three days again");
    assert_eq!(world.ledger.withdraw_message(later, &operator(), &again.id).unwrap().state, "withdrawn");
    assert_eq!(
        world.ledger.retry_message(later, &operator(), &again.id),
        Err(Refused::Refused(Refusal::WrongState("withdrawn".into())))
    );
    assert_eq!(world.ledger.retry_message(later, &operator(), "msg_none"), Err(Refused::Refused(Refusal::NotFound)));
    let kinds = "SELECT count(*) FROM event WHERE kind IN ('message-retried', 'message-withdrawn') AND actor_id = 'tok_operator'";
    assert_eq!(world.number(kinds), 2);
}

#[test]
fn what_a_message_says_is_never_changed_and_none_is_deleted() {
    let world = world();
    queue(&world, "a@x.org");
    for sql in ["UPDATE message SET body = 'x'", "UPDATE message SET addressee = 'x'", "DELETE FROM message"] {
        assert!(world.sql(sql).is_err(), "{sql}");
    }
}

#[test]
fn a_clock_that_was_far_ahead_holds_no_message_for_long() {
    let world = world();
    queue(&world, "a@x.org");
    let ahead = NOW + 48 * HOUR;
    let lost = lease(&world.ledger, ahead, MAIL).remove(0);
    world.ledger.settle_message(ahead, &lost.token, &failed(Class::Outage)).unwrap();
    assert_eq!(lease(&world.ledger, NOW, MAIL).len(), 1, "neither its own next try nor the channel's");
    let other = self::world();
    queue(&other, "b@x.org");
    assert_eq!(lease(&other.ledger, ahead, MAIL).len(), 1);
    assert_eq!(lease(&other.ledger, NOW, MAIL).len(), 1, "nor a lease from that time");
}
