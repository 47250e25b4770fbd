//! The steps that are crashed at every moment: what comes before, the step itself, and nothing else.
//!
//! A step is a list of requests in which every answer is awaited. Whoever gets none does the whole step again later,
//! so each deed in it must be one that a client may repeat. False from a step: somebody got no answer.

use serde_json::json;

use crate::actor::Actor;
use crate::before::*;
use crate::deliveries;
use crate::error::BenchError;
use crate::lab::Lab;
use crate::lost;
use crate::photos::{commented, damaged, empty, failure, plate, scripted, trap};
use crate::post::Behaviour;
use crate::provider;
use crate::sessions;
use crate::stage::Stage;
use crate::steps::*;
use crate::threshold;

/// Something that is done, with everything that must have been done before.
pub struct Scenario {
    /// For progress and violations.
    pub name: &'static str,
    /// Whether intake wakes the reading stage.
    pub wakes: bool,
    /// Whether booths and staff are registered before; otherwise the step starts on an empty directory.
    pub furnished: bool,
    /// What comes before, unharmed.
    pub before: fn(&mut Stage) -> Result<(), BenchError>,
    /// The step.
    pub step: fn(&mut Actor) -> bool,
    /// A moment that the step passes when nothing goes wrong: part of its label. Without it, what comes before does
    /// not lead where the name says, and the scenario shows nothing.
    pub through: &'static str,
    /// Whether it talks to somebody over a real socket: how often whoever waits there looks at the clock differs, and a moment
    /// that came once need not come again.
    pub over_socket: bool,
}

impl Scenario {
    /// The same, known to talk over a socket.
    const fn over_socket(self) -> Self {
        Self { over_socket: true, ..self }
    }

    /// The same with a moment that it must pass.
    pub(crate) const fn through(self, moment: &'static str) -> Self {
        Self { through: moment, ..self }
    }

    /// What is wrong with it when its step, undisturbed, passes these moments.
    pub(crate) fn missed(&self, lab: &Lab, moments: &[String]) -> Option<String> {
        // Components never make the schema of PostgreSQL.
        let possible = lab.cluster().is_none() || !self.through.starts_with("CREATE ");
        let passed = moments.iter().any(|moment| moment.contains(self.through));
        let (name, moment) = (self.name, self.through);
        (possible && !passed).then(|| format!("{name} [no fault]: the step never passes `{moment}`, as it should"))
    }
}

/// A scenario with booths and staff, in which nobody is woken.
pub(crate) const fn plain(
    name: &'static str,
    before: fn(&mut Stage) -> Result<(), BenchError>,
    step: fn(&mut Actor) -> bool,
) -> Scenario {
    Scenario { name, wakes: false, furnished: true, before, step, through: " COMMIT", over_socket: false }
}

/// A scenario of a camera that sends something new.
pub(crate) const fn camera(
    name: &'static str,
    before: fn(&mut Stage) -> Result<(), BenchError>,
    step: fn(&mut Actor) -> bool,
) -> Scenario {
    plain(name, before, step).through("KeyValue: set")
}

/// All scenarios.
#[must_use]
pub fn all() -> Vec<Scenario> {
    let mut all = intake();
    all.extend(reading());
    all.extend(review());
    all.extend(export());
    all.extend(messages());
    all.extend(restores());
    all.extend(people());
    all
}

fn people() -> Vec<Scenario> {
    vec![
        plain("sign-in: a link, in place of who was there", sessions::signed_in, sessions::sign_in_again),
        plain("sign-in: everything ended", sessions::signed_in, sessions::sign_out),
        plain("sign-in: out here", sessions::signed_in_twice, sessions::sign_out_here),
        plain("sign-in: out everywhere", sessions::signed_in_twice, sessions::sign_out_everywhere),
        plain("sign-in: whoever left is out at once", sessions::signed_in_twice, sessions::leaves_the_house),
        plain("sign-in: preferences", nothing, sessions::choose).through("INSERT INTO preference"),
        plain("sign-in: with the provider, in place of who was there", sessions::signed_in, provider::comes_in)
            .through("INSERT INTO finished_sign_in")
            .over_socket(),
        plain("sign-in: with the provider, by another role", provider::arrived, provider::comes_as_another)
            .through("UPDATE token SET role")
            .over_socket(),
        plain("sign-in: with the provider, without a role", provider::arrived, provider::comes_without_a_role)
            .through("UPDATE token SET digest")
            .over_socket(),
        plain("sign-in: somebody signs out at the provider", provider::arrived, provider::signs_out_there)
            .through("UPDATE session SET ended_at_ms")
            .over_socket(),
        plain("quality: a threshold that is advised is applied", threshold::advised, threshold::applied)
            .through("INSERT INTO setting"),
    ]
}

fn restores() -> Vec<Scenario> {
    use crate::restored::*;
    vec![
        plain("restored: an export that is taken over, and copied", export_taken_over, goes_on)
            .through("INSERT INTO export_copy"),
        plain("restored: a passage that was billed and lost comes again", passage_lost, comes_again)
            .through("UPDATE adopted_line SET settled"),
        plain("restored: billing answers before it comes again", passage_lost, answered_first)
            .through("INSERT INTO adopted_answer"),
        plain("restored: a correction that is taken over, and decided so", correction_taken_over, decided_as_billed),
        plain("restored: a line with a type that is taken over, and copied", trailer_taken_over, trailer_as_billed)
            .through("UPDATE adopted_line SET settled"),
        plain(
            "restored: a correction of the type that is taken over, and copied",
            corrected_trailer_taken_over,
            trailer_at_last,
        )
        .through("INSERT INTO correction"),
    ]
}

fn intake() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "migration interrupted",
            wakes: false,
            furnished: false,
            before: nothing,
            step: first_request,
            through: "CREATE TABLE export",
            over_socket: false,
        },
        camera("intake: new", |s| note(s, "a", 0, accepted("AAA1111")), |a| sent(a, "a")),
        camera("intake: damaged photo", |s| note(s, "a", 0, damaged(7)), |a| sent(a, "a")),
        camera(
            "intake: resend",
            |s| {
                note(s, "a", 0, accepted("AAA1111"))?;
                send(s, "a")
            },
            |a| sent(a, "a"),
        )
        .through(""),
        camera(
            "intake: conflict",
            |s| {
                note(s, "a", 0, accepted("AAA1111"))?;
                send(s, "a")?;
                note_as(s, "b", "a", 0, accepted("BBB2222"))
            },
            |a| sent(a, "b"),
        )
        .through(""),
        camera(
            "intake: duplicate",
            |s| {
                note(s, "a", 0, accepted("AAA1111"))?;
                send(s, "a")?;
                note(s, "b", 0, accepted("AAA1111"))
            },
            |a| sent(a, "b"),
        ),
        camera(
            "intake: repeated frame",
            |s| {
                note(s, "a", 0, accepted("AAA1111"))?;
                send(s, "a")?;
                note(s, "b", 90, accepted("AAA1111"))
            },
            |a| sent(a, "b"),
        ),
        camera(
            "intake: the same picture with other metadata",
            |s| {
                note(s, "a", 0, accepted("AAA1111"))?;
                send(s, "a")?;
                note(s, "b", 90, commented(accepted("AAA1111")))
            },
            |a| sent(a, "b"),
        ),
        Scenario {
            name: "intake: new, and the reading it wakes",
            wakes: true,
            furnished: true,
            before: |s| note(s, "a", 0, accepted("AAA1111")),
            step: |a| sent(a, "a"),
            through: "ocr-call KeyValue: get",
            over_socket: false,
        },
        camera(
            "intake: token revoked in between",
            |s| {
                s.token("old", "camera", Some("north"))?;
                note(s, "a", 0, accepted("AAA1111"))?;
                note(s, "b", 90, accepted("BBB2222"))
            },
            revoked_in_between,
        ),
        camera("intake: what is billed and what is reviewed, once more", long_known, sent_again_after_all),
    ]
}

fn reading() -> Vec<Scenario> {
    vec![
        plain("reading: accepted", |s| ready(s, &[accepted("AAA1111")]), ticked),
        plain("reading: accepted, by cron", |s| ready(s, &[accepted("AAA1111")]), |a| a.wire.fire("ocr-call-cron")),
        plain("reading: to review", |s| ready(s, &[scripted(1, &[plate("AAA1111", 0.5)])]), ticked),
        plain("reading: empty road", |s| ready(s, &[scripted(1, &[empty()])]), ticked),
        plain(
            "reading: retried",
            |s| ready(s, &[scripted(1, &[failure("outage", None), plate("AAA1111", 0.99)])]),
            twice,
        ),
        plain(
            "reading: retries exhausted",
            |s| {
                few_attempts(s)?;
                ready(s, &[scripted(1, &[failure("outage", None)])])
            },
            twice,
        ),
        plain(
            "reading: recogniser dies",
            |s| ready(s, &[scripted(1, &[trap(), plate("AAA1111", 0.99)])]),
            |a| {
                let _ = a.tick();
                outlast_leases(a);
                a.tick().is_some()
            },
        ),
        plain(
            "reading: front and rear of one crossing",
            |s| ready(s, &[accepted("AAA1111"), scripted(2, &[plate("AAA1111", 0.98)])]),
            ticked,
        ),
        plain(
            "reading: one crossing read one character apart",
            |s| ready(s, &[accepted("KBR4651"), accepted("KBR4657")]),
            ticked,
        ),
        plain(
            "reading: a vehicle and its trailer",
            |s| {
                note(s, "tractor", 2, accepted("TRC4527"))?;
                note_of(s, "trailer", "rear", 0, accepted("TLR9910"))?;
                send(s, "trailer")?;
                send(s, "tractor")
            },
            ticked,
        ),
        plain(
            "reading: the same picture in another encoding",
            |s| {
                let plate = tollbooth_tests::Script::plate("AAA1111");
                note(s, "first", 7_200, tollbooth_tests::frame(120, 92, &plate))?;
                note(s, "again", 0, tollbooth_tests::frame(120, 60, &plate))?;
                send(s, "first")?;
                send(s, "again")
            },
            ticked,
        ),
        plain("reading: a lease that expired", abandoned, ticked).through("KeyValue: get"),
    ]
}

fn review() -> Vec<Scenario> {
    vec![
        plain("review: claim", in_review, |a| {
            let id = a.fact("passage").to_owned();
            a.claim("ann", Some(&id)).is_some()
        }),
        plain("review: plate", claimed, |a| decide(a, "ann", Some("XYZ9876"))),
        plain("review: rejection", claimed, |a| decide(a, "ann", None)),
        plain("review: one verdict twice", claimed, decide_twice),
        plain("review: two people, one claim that ran out", claimed, two_people),
        plain("review: opened again and decided anew", decided, |a| reopened(a) && decide_anew(a)),
        plain("review: a late verdict after opening again", decided, late_after_reopening),
        plain("review: back to the recogniser", claimed, reprocessed),
        plain("review: nearly the same plate as one that is billed", nearly_known, |a| {
            decide(a, "ann", Some("KBR4657")) && decide(a, "ann", None)
        }),
        plain("review: a sample that is read alike", sampled, |a| decide(a, "ann", Some("AAA1111"))),
        plain("review: a sample that is read otherwise", sampled, |a| decide(a, "ann", Some("XYZ9876"))),
        plain("review: a dispute that is settled", disputed, |a| settled(a, "XYZ9876")),
        plain("review: an answer that is taken back", disputed, taken_back),
        plain("review: the first of two answers", read_twice, |a| decide(a, "ann", Some("XYZ9876"))),
        plain("review: a flag", claimed, asked).through("INSERT INTO flag"),
        plain("review: a flag that is taken back", flagged, no_longer_asked).through("UPDATE flag SET ended_at_ms"),
        plain("review: a flag that a supervisor decides", flagged, adjudicated).through("INSERT INTO verdict"),
        plain("review: a flagged sample that a supervisor reads otherwise", flagged_sample, adjudicated),
        plain("review: an answer that nobody confirmed in time", overdue_answer, overdue)
            .through("INSERT INTO verdict"),
        plain("review: given to a person, and back", in_review, given_and_back).through("INSERT INTO assignment"),
        plain("review: a decision that is taken back, and another one", decided, taken_back),
        plain("review: a decision that is taken back when it is billed", billed, taken_back_too_late)
            .through("ROLLBACK"),
        plain("review: two who read alike", read_once, |a| reads(a, "bob", Some("XYZ9876")))
            .through("INSERT INTO verdict"),
        plain("review: two who read otherwise, and it is settled", read_once, read_otherwise)
            .through("UPDATE blind_review SET standing = 'disputed'"),
        plain("review: whoever read first reads again", read_once, |a| reads(a, "ann", Some("XYZ9876")))
            .through("ROLLBACK"),
        plain("review: a known answer, and somebody who is compared with it", in_review, known_and_compared)
            .through("INSERT INTO blind_review"),
        plain("review: failed readings, sent again in bulk", failed_for_good, failed_again),
        plain("review: a placeholder", claimed, |a| decide(a, "ann", Some("NOPLATE")) && decide(a, "ann", None)),
    ]
}

fn messages() -> Vec<Scenario> {
    use crate::alerts::*;
    vec![
        plain("messages: an alert begins and is told", gap, |a| a.tell().is_some())
            .through("UPDATE message SET state = 'handed-over'"),
        plain(
            "messages: an alert ends and is told",
            |s| {
                gap(s)?;
                told(s)?;
                billable(s)?;
                exported(s)
            },
            |a| a.tell().is_some(),
        )
        .through("UPDATE alert SET state = 'resolved'"),
        plain("messages: mail of an alert", |s| gap_by_mail(s, Behaviour::Well), |a| a.tell().is_some())
            .through("notifier-mail OutboundHttp")
            .over_socket(),
        plain("messages: mail of an alert that is taken care of, and of its end", gap_that_ended, taken_care_of)
            .through("UPDATE alert SET acknowledged_at_ms")
            .over_socket(),
        plain("messages: mail whose answer is lost", |s| gap_by_mail(s, Behaviour::Unclear), tell_twice)
            .through("notifier-mail OutboundHttp")
            .over_socket(),
        plain(
            "messages: mail that is given up and taken back",
            |s| gap_by_mail(s, Behaviour::Refuses),
            told_and_taken_back,
        )
        .through("UPDATE message SET state = 'withdrawn'")
        .over_socket(),
        plain("messages: mail that was given up is tried again", given_up, tried_again)
            .through("UPDATE message SET state = 'due'")
            .over_socket(),
        plain("messages: a rule that is silenced, and heard again", gap, silenced_and_heard)
            .through("DELETE FROM alert_snooze"),
        plain("messages: a test", nothing, |a| test(a) && a.tell().is_some()).through("INSERT INTO message ("),
        plain("messages: a rule of staff finds something, and is deleted", photo_came, a_rule_lives)
            .through("INSERT INTO alert ("),
    ]
}

fn export() -> Vec<Scenario> {
    vec![
        plain("export: rows", billable, |a| a.export(false).is_some()),
        plain(
            "export: several files",
            |s| {
                billable(s)?;
                set(s, &json!({ "export.max_rows": 1 }))
            },
            |a| a.export(false).is_some(),
        ),
        plain("export: a copy of it for other readers", copied, |a| a.export(false).is_some())
            .through("INSERT INTO export_copy"),
        plain(
            "export: bound, stored and published in steps",
            |s| {
                billable(s)?;
                set(s, &json!({ "export.step_rows": 1 }))
            },
            |a| a.export(false).is_some(),
        )
        .through("UPDATE export SET told_line"),
        plain("export: scheduled, by cron", billable, |a| a.wire.fire("exporter-cron")),
        plain("export: nothing", nothing, |a| a.export(false).is_some()),
        plain(
            "export: rows arriving meanwhile",
            |s| {
                billable(s)?;
                note(s, "late", 400, accepted("LAT3333"))
            },
            rows_arriving,
        ),
        plain("export: two, one of which died between file and publication", half_published, |a| {
            a.export(false).is_some()
        }),
        plain("telemetry: added up", decided, |a| a.add_up().is_some()),
        plain("telemetry: added up, by cron, and again", billable, |a| {
            a.wire.fire("telemetry-cron") && a.export(false).is_some() && a.wire.fire("telemetry-cron")
        }),
        plain("export: reopened before, billed after", decided, |a| {
            reopened(a) && decide_anew(a) && a.export(false).is_some()
        }),
        plain("export: a billed passage opened again, decided otherwise and corrected", billed, |a| {
            reopened(a) && decide_anew(a) && a.export(false).is_some()
        }),
        plain("export: a correction", correctable, |a| a.export(false).is_some()).through("INSERT INTO correction"),
        plain("export: a correction whose exporter died between file and publication", half_corrected, |a| {
            a.export(false).is_some()
        }),
        plain("export: billing refuses a line, and people decide anew", billed, |a| {
            refused_by_billing(a) && decide_anew(a) && a.export(false).is_some()
        })
        .through("INSERT INTO disposition"),
        plain("export: billing refuses a line that people find right", billed, refused_and_right)
            .through("INSERT INTO correction"),
        plain("export: billing takes a correction", corrected, taken_by_billing).through("INSERT INTO disposition"),
        plain("export: a billed passage that is withdrawn", billed, |a| {
            reopened_and_rejected(a) && a.export(false).is_some()
        })
        .through("INSERT INTO correction"),
        plain("export: a line with the type of its plate", trailer, |a| a.export(false).is_some())
            .through("INSERT INTO bill_line"),
        plain("export: a billed plate that is of another type", billed_without_type, |a| {
            reopened(a) && reads_trailer(a, "bob") && a.export(false).is_some()
        })
        .through("INSERT INTO correction"),
        plain("export: corrections in steps", correctable_in_steps, |a| a.export(false).is_some())
            .through("UPDATE export SET told_line"),
        plain(
            "export: a correction whose file is lost, until it is back",
            lost::correction_without_file,
            lost::the_rest_goes_on,
        )
        .through("DELETE FROM correction"),
        plain("export: a correction whose file is lost and given up", lost::file_lost, lost::given_up_in_between)
            .through("UPDATE export SET sealed_manifest"),
        plain(
            "export: a correction that was stored and lost, and the file that it corrects found",
            lost::stored_and_lost,
            |a| a.export(false).is_some(),
        )
        .through("UPDATE export SET state"),
        plain("deliveries: a destination fails and is well again", deliveries::reported, deliveries::full_and_well)
            .through("INSERT INTO destination"),
        plain("deliveries: a destination that fails is forgotten", deliveries::reported, |a| {
            deliveries::full(a) && deliveries::forgotten(a)
        })
        .through("DELETE FROM destination"),
        plain("export: a copy that is named late", copied_late, |a| a.export(false).is_some())
            .through("INSERT INTO export_copy"),
        plain("export: a copy of a correction", correctable_and_copied, |a| a.export(false).is_some())
            .through("INSERT INTO export_copy"),
    ]
}
