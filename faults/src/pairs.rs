//! Those who may meet: who is held at each of its moments, and who acts there.

use crate::actor::Actor;
use crate::at_once;
use crate::before::*;
use crate::interleave::Pair;
use crate::photos::{plate, scripted};
use crate::scenario::{Scenario, camera, plain};
use crate::stage::Stage;
use crate::steps::*;

/// Those who may meet.
#[must_use]
pub fn all() -> Vec<Pair> {
    let pair = |one: Scenario, other: fn(&mut Actor) -> bool| Pair { one, other };
    let two_photos = |s: &mut Stage| note(s, "a", 0, accepted("AAA1111"));
    let mut all = vec![
        pair(
            Scenario {
                name: "two at once: first start",
                wakes: false,
                furnished: false,
                before: nothing,
                step: first_request,
                through: "CREATE TABLE export",
                over_socket: false,
            },
            first_request,
        ),
        pair(camera("two at once: a photo and its resend", two_photos, |a| sent(a, "a")), |a| sent(a, "a")),
        pair(camera("two at once: two photos under one key", conflicting, |a| sent(a, "a")), |a| sent(a, "b")),
        pair(
            camera(
                "two at once: one photo under two keys",
                |s| {
                    note(s, "a", 0, accepted("AAA1111"))?;
                    note(s, "b", 0, accepted("AAA1111"))
                },
                |a| sent(a, "a"),
            ),
            |a| sent(a, "b"),
        ),
        pair(
            camera("two at once: a photo and the revocation of its token", revocable, |a| {
                let (old, a1) = (a.fact("old").to_owned(), a.uploads.get("a").cloned());
                a1.is_some_and(|u| a.upload_with(&u, &old).is_some())
            }),
            |a| a.revoke("old").is_some(),
        ),
        pair(plain("two at once: two workers, one passage", |s| ready(s, &[accepted("AAA1111")]), ticked), ticked),
        pair(
            plain(
                "two at once: a slow worker and the one who gets its lease",
                |s| ready(s, &[accepted("AAA1111")]),
                ticked,
            ),
            |a| {
                outlast_leases(a);
                ticked(a)
            },
        ),
        pair(
            plain(
                "two at once: front and rear of one crossing",
                |s| ready(s, &[accepted("AAA1111"), scripted(2, &[plate("AAA1111", 0.98)])]),
                ticked,
            ),
            ticked,
        ),
        pair(plain("two at once: two exports", billable, |a| a.export(false).is_some()), |a| a.export(false).is_some()),
        pair(
            plain(
                "two at once: an export and rows arriving",
                |s| {
                    billable(s)?;
                    note(s, "late", 400, accepted("LAT3333"))
                },
                |a| a.export(false).is_some(),
            ),
            |a| sent(a, "late") && ticked(a),
        ),
        pair(plain("two at once: an export and a reopening", decided, |a| a.export(false).is_some()), reopened),
        pair(plain("two at once: a reopening and an export", decided, reopened), |a| a.export(false).is_some()),
        pair(plain("two at once: one verdict twice", claimed, |a| decide(a, "ann", Some("ANN1234"))), |a| {
            decide(a, "ann", Some("ANN1234"))
        }),
        pair(
            plain("two at once: a verdict and somebody who takes over the claim", claimed, |a| {
                decide(a, "ann", Some("ANN1234"))
            }),
            |a| {
                let id = a.fact("passage").to_owned();
                outlast_claims(a);
                a.claim("bob", Some(&id)).is_some() && decide(a, "bob", Some("BOB1234"))
            },
        ),
        pair(
            plain("two at once: a verdict and a reprocessing", claimed, |a| decide(a, "ann", Some("ANN1234"))),
            reprocessed,
        ),
    ];
    all.extend(at_once::all());
    all
}
