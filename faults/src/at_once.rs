//! More who may meet: at the console and the supervisor's desk, around the outbox, and on the way to billing and back.

use serde_json::json;

use crate::actor::Actor;
use crate::alerts::{gap_by_mail, gap_that_ended, given_up, handle_dead, silenced, take_care, tell_later, tried_again};
use crate::before::*;
use crate::interleave::Pair;
use crate::lost;
use crate::post::Behaviour;
use crate::provider;
use crate::scenario::{Scenario, plain};
use crate::sessions;
use crate::steps::*;
use crate::threshold;

fn pair(one: Scenario, other: fn(&mut Actor) -> bool) -> Pair {
    Pair { one, other }
}

/// All of them.
pub fn all() -> Vec<Pair> {
    let mut all = console();
    all.extend(desk());
    all.extend(outbox());
    all.extend(billing());
    all
}

fn console() -> Vec<Pair> {
    vec![
        pair(
            plain("two at once: one link in two browsers", sessions::signed_in, |a| {
                sessions::open(a, "ann", "second", "")
            }),
            |a| sessions::open(a, "ann", "second", ""),
        ),
        pair(
            plain("two at once: looking in and signing out everywhere", sessions::signed_in_twice, sessions::look_in)
                .through("UPDATE session SET used_at_ms"),
            sessions::sign_out_everywhere,
        ),
        pair(
            plain("two at once: preferences from two browsers", nothing, sessions::choose)
                .through("INSERT INTO preference"),
            |a| sessions::prefer(a, &json!({ "theme": "auto" })),
        ),
        pair(
            plain("two at once: one attempt at the provider comes back twice", provider::begun, provider::comes_back)
                .through("INSERT INTO finished_sign_in"),
            provider::comes_back,
        ),
        pair(
            plain("two at once: a threshold that two apply", threshold::advised, threshold::applied)
                .through("INSERT INTO setting"),
            threshold::applied,
        ),
    ]
}

fn desk() -> Vec<Pair> {
    let undo: fn(&mut Actor) -> bool = |a| {
        let id = a.fact("passage").to_owned();
        let version = version(a);
        a.undo("ann", &id, version).is_some()
    };
    let export: fn(&mut Actor) -> bool = |a| a.export(false).is_some();
    vec![
        pair(plain("two at once: one decision taken back twice", decided, undo), undo),
        pair(plain("two at once: a decision taken back and an export", decided, undo), export),
        pair(plain("two at once: an export and a decision taken back", decided, export), undo),
        pair(
            plain("two at once: two who read after the first", read_once, |a| reads(a, "bob", Some("XYZ9876")))
                .through("INSERT INTO verdict"),
            |a| {
                outlast_claims(a);
                reads(a, "supervisor", Some("XYZ9876"))
            },
        ),
        pair(
            plain("two at once: a flag and somebody who takes over the claim", claimed, asked)
                .through("INSERT INTO flag"),
            |a| {
                outlast_claims(a);
                reads(a, "bob", Some("BOB1234"))
            },
        ),
        pair(
            plain("two at once: a supervisor who decides and a flag taken back", flagged, |a| settled(a, "XYZ9876"))
                .through("INSERT INTO verdict"),
            |a| {
                let id = a.fact("passage").to_owned();
                let version = version(a);
                a.unflag("ann", &id, version).is_some()
            },
        ),
        pair(
            plain("two at once: given to somebody and decided by another", in_review, |a| {
                let id = a.fact("passage").to_owned();
                a.assign("bob", &id).is_some()
            })
            .through("INSERT INTO assignment"),
            |a| reads(a, "ann", Some("ANN1234")),
        ),
        pair(plain("two at once: failed readings in bulk and a decision", failed_for_good, failed_again), |a| {
            reads(a, "ann", Some("BBB2222"))
        }),
        pair(plain("two at once: failed readings in bulk, twice", failed_for_good, failed_again), failed_again),
    ]
}

fn outbox() -> Vec<Pair> {
    let tell: fn(&mut Actor) -> bool = |a| a.tell().is_some();
    vec![
        pair(
            plain("two at once: two who tell", |s| gap_by_mail(s, Behaviour::Well), tell)
                .through("notifier-mail OutboundHttp"),
            tell,
        ),
        pair(
            plain(
                "two at once: a slow messenger and the one who gets its lease",
                |s| gap_by_mail(s, Behaviour::Well),
                tell,
            )
            .through("notifier-mail OutboundHttp"),
            tell_later,
        ),
        pair(plain("two at once: an end that is told and somebody who takes care", gap_that_ended, tell), take_care),
        pair(
            plain("two at once: a rule that is looked at and silenced", gap, tell)
                .through("UPDATE message SET state = 'handed-over'"),
            silenced,
        ),
        pair(
            plain("two at once: mail tried again and taken back", given_up, tried_again)
                .through("UPDATE message SET state = 'due'"),
            |a| handle_dead(a, "withdraw"),
        ),
        pair(plain("two at once: two who add up", decided, |a| a.add_up().is_some()), |a| a.add_up().is_some()),
    ]
}

fn billing() -> Vec<Pair> {
    let export: fn(&mut Actor) -> bool = |a| a.export(false).is_some();
    let takes: fn(&mut Actor) -> bool = |a| {
        let id = a.fact("passage").to_owned();
        a.acknowledge(1, &id, None).is_some()
    };
    vec![
        pair(plain("two at once: two exports in steps", billable_in_steps, export), export),
        pair(plain("two at once: an export in steps and a reopening", billable_in_steps, export), reopened),
        pair(
            plain("two at once: a lost file given up and an export", lost::file_lost, lost::given_up)
                .through("INSERT INTO lost_file"),
            export,
        ),
        pair(plain("two at once: an export and a lost file given up", lost::file_lost, export), lost::given_up),
        pair(
            plain("two at once: two exports of a correction", correctable, export).through("INSERT INTO correction"),
            export,
        ),
        pair(plain("two at once: two who copy", copied, export).through("INSERT INTO export_copy"), export),
        pair(
            plain("two at once: a correction and another reopening", correctable, export)
                .through("INSERT INTO correction"),
            |a| look(a) && reopened(a),
        ),
        pair(
            plain("two at once: billing refuses a line and a supervisor opens it", billed, refused_by_billing)
                .through("INSERT INTO disposition"),
            reopened,
        ),
        pair(
            plain("two at once: billing takes a line and refuses it", billed, takes).through("INSERT INTO disposition"),
            refused_by_billing,
        ),
    ]
}
