//! Everything that the ledger can be asked, asked once, so that every statement runs.

use std::collections::BTreeMap;

use tollbooth_alerts::Rule;
use tollbooth_alerts::staff::Draft;
use tollbooth_ledger::admin::{Changed, Push, Token};
use tollbooth_ledger::blind::Known;
use tollbooth_ledger::db::Db;
use tollbooth_ledger::desk::What;
use tollbooth_ledger::export::acknowledge::Answer;
use tollbooth_ledger::export::{Artefact, Begun, Cause, Export};
use tollbooth_ledger::failed_readings;
use tollbooth_ledger::intake::NewPassage;
use tollbooth_ledger::log::Wanted;
use tollbooth_ledger::messages;
use tollbooth_ledger::passages::Sought;
use tollbooth_ledger::person::{Arrival, EndedThere};
use tollbooth_ledger::reading::{Decision, Description, NextStep, Seen, ShadowResult};
use tollbooth_ledger::review::Filter;
use tollbooth_ledger::session::Secret;
use tollbooth_ledger::trace::Unsent;
use tollbooth_ledger::{Actor, Ledger};
use tollbooth_messages::{Channel, Class, Outcome};
use tollbooth_pipeline::desk::Queue;
use tollbooth_pipeline::export::{Content, Disposition, Kind, Manifest, Part, PublishedLine};
use tollbooth_pipeline::plate_type::PlateType;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::session::Purpose;
use tollbooth_pipeline::state::State;
use tollbooth_pipeline::token::{FIRST_OPERATOR, NewToken};
use tollbooth_telemetry::{Facts, Span, Step, Subject};

use crate::booth::*;

/// Calls everything once, so that every statement is heard.
pub fn call_everything<D: Db>(ledger: &Ledger<D>) {
    ledger.put_booth(NOW, &operator(), &booth(BOOTH)).unwrap();
    ledger.create_token(NOW, &operator(), &camera_token("tok_1"), &[1; 32]).unwrap();
    for after in [None, Some("tok_1")] {
        ledger.list_tokens(after, 10).unwrap();
        ledger.list_booths(after, 10).unwrap();
    }
    ledger.ensure_first_operator(NOW, &[1; 32]).unwrap();
    ledger.ensure_first_operator(NOW, &[2; 32]).unwrap();
    ledger.revoke_token(NOW, &operator(), "tok_1").unwrap();
    ledger.put_settings(NOW, &operator(), &[("export.max_rows".into(), Some("5".into()))]).unwrap();
    ledger.put_settings(NOW, &operator(), &[("export.max_rows".into(), None)]).unwrap();
    assert!(ledger.authorize("nobody").is_err());
    ledger.admit(BOOTH, "1").unwrap();
    ledger.claim_wake_up(NOW, 500).unwrap();
    for key in ["1", "1", "2", "3", "4"] {
        ledger.record_passage(NOW, &passage(key)).unwrap();
    }
    let leases = ledger.lease_work(NOW, "a", 2, OURS).unwrap().leases;
    ledger.settle(NOW, &leases[0].attempt_token, reading(), acceptance("ABC1234")).unwrap();
    ledger.give_back(NOW, &leases[1].attempt_token).unwrap();
    let leases = ledger.lease_work(NOW, "a", 2, OURS).unwrap().leases;
    let review = NextStep::Review(referral(ReviewReason::BudgetSpent, None));
    ledger.settle_failed(NOW, &leases[0].attempt_token, &failed("quota-exhausted"), review).unwrap();
    assert_eq!(ledger.workers_died(NOW, "b", &["nobody".to_owned()]), Ok(0));
    ledger.lease_work(NOW + HOUR, "a", 2, OURS).unwrap();
    let all =
        Filter { booth: Some(BOOTH.into()), reason: Some("budget-spent".into()), unclaimed: true, ..Filter::default() };
    for filter in [Filter::default(), all, Filter { unclaimed: true, ..Filter::default() }] {
        ledger.list_open(NOW, &reviewer("tok_a"), &filter, Some(0), 10).unwrap();
    }
    let who = reviewer("tok_a");
    let item = ledger.claim_next(NOW, &who, None, &Filter::default()).unwrap().unwrap();
    ledger.release(NOW, &who, &item.passage, item.version).unwrap();
    ledger.claim_for(NOW, &who, Some(&item.passage), &Filter::default(), Some(60)).unwrap();
    let (_, version) = ledger.submit(NOW, &who, &item.passage, item.version, &plate("XYZ9876")).unwrap();
    let undone = ledger.undo(NOW, &who, &item.passage, version).unwrap();
    let typed = plate_of("us-ok", "XYZ9876", Some(PlateType::Trailer));
    let (_, version) = ledger.submit(NOW, &who, &item.passage, undone.version, &typed).unwrap();
    let undone = ledger.undo(NOW, &who, &item.passage, version).unwrap();
    let (_, version) = ledger.submit(NOW, &who, &item.passage, undone.version, &plate("XYZ9877")).unwrap();
    let version =
        ledger.reopen(NOW, &who, &item.passage, version, "doubt", tollbooth_pipeline::export::Cause::Error).unwrap();
    ledger.claim_next(NOW, &who, Some(&item.passage), &Filter::default()).unwrap();
    ledger.reprocess(NOW, &who, &item.passage, version).unwrap();
    let learning = tollbooth_ledger::learning::AgainFilter::default();
    let of_booth = tollbooth_ledger::learning::AgainFilter { booth: Some(BOOTH.into()), ..learning.clone() };
    let one = tollbooth_ledger::learning::AgainFilter { passage: Some("psg_x".into()), ..learning.clone() };
    ledger.read_again(&one, None, 10).unwrap();
    let later = tollbooth_ledger::learning::AgainFilter { since: Some(NOW), ..learning.clone() };
    for filter in [&learning, &of_booth, &later] {
        ledger.read_again(filter, None, 10).unwrap();
    }
    ledger.booth_traffic(BOOTH).unwrap();
    for booth in [None, Some(BOOTH)] {
        ledger.camera_texts(booth, Some(0), 10).unwrap();
    }
    assert!(ledger.forget_camera_text(NOW, &operator(), 1).is_err());
    assert!(ledger.turned_cameras().unwrap().is_empty());
    let found = tollbooth_ledger::learning::NewTurn {
        booth: BOOTH.to_owned(),
        lane: "9".to_owned(),
        camera: "of no passage".to_owned(),
        turned: tollbooth_pipeline::turned::Turned::Mirrored,
        since: None,
    };
    let turn = ledger.decide_turn(NOW, &operator(), &found).unwrap();
    ledger.read_turned_again(NOW, &operator(), turn.id, 10).unwrap();
    ledger.end_turn(NOW, &operator(), turn.id, NOW).unwrap();
    ledger.withdraw_turn(NOW, &operator(), turn.id).unwrap();
    assert_eq!(ledger.camera_turns().unwrap().len(), 1);
    ledger.passage(&item.passage).unwrap();
    ledger.history(&item.passage, 0, 10).unwrap();
    ledger.attempts_of(&item.passage).unwrap();
    for (booth, state) in
        [(None, None), (Some(BOOTH), None), (None, Some(State::Accepted)), (Some(BOOTH), Some(State::Accepted))]
    {
        ledger.search(booth, state, Some(100), 10).unwrap();
    }
    let Begun::Proceed(bound) = ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap() else { panic!() };
    let rows = ledger.export_rows(bound.sequence, 0, 10).unwrap();
    assert_eq!(rows.len(), 1);
    ledger.publish_export(NOW, &exporter(), bound.sequence, &artefact(ledger, &bound)).unwrap();
    assert_eq!(ledger.published_exports(0, 10).unwrap().len(), 1);
    assert_eq!(ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap(), Begun::NothingToExport);
    let known = ledger.export(1).unwrap().unwrap();
    let said = |export: &Export| artefact(ledger, export);
    let mut adopted: Manifest = serde_json::from_str(&said(&known).manifest).unwrap();
    adopted.previous_manifest_sha256 = known.manifest_sha256.clone().unwrap();
    (adopted.sequence, adopted.file_name) = (2, "2.csv".to_owned());
    let manifest = adopted.to_json().unwrap();
    let manifest_sha256 = Manifest::sha256_of(&manifest);
    let taken = Artefact { manifest, manifest_sha256, ..said(&known) };
    let line = PublishedLine {
        photo_name: "psg_1.jpg".into(),
        plate: "ABC1234".into(),
        time: String::new(),
        jurisdiction: Some("us-tx".into()),
        plate_type: Some("trailer".into()),
    };
    let content = Content::Lines(vec![line]);
    for new in [true, false] {
        assert_eq!(ledger.adopt_export(NOW, &operator(), &taken, &content).unwrap().new, new);
    }
    let kept = Answer { passage: "psg_1".into(), outcome: Disposition::Billed, reason: None };
    assert_eq!(ledger.acknowledge(NOW, &operator(), 2, &[kept]).unwrap().recorded, 1);
    ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap();
    assert_eq!(ledger.open_adopted_lines().unwrap(), 1);
    assert_eq!(ledger.latest_export().unwrap(), 2);
    ledger.unknown_exports(&["exports/1/manifest.json".to_owned()]).unwrap();
    ledger.note_older_ledger(NOW, 9).unwrap();
    call_corrections(ledger);
    call_alerts(ledger);
    call_services(ledger);
    call_learning(ledger);
    call_sessions(ledger);
    call_blind(ledger);
    call_desk(ledger);
    for part in [Part::File, Part::Manifest] {
        ledger.note_download(NOW, FIRST_OPERATOR, 1, Some("records"), part).unwrap();
    }
    ledger.note_look(NOW, FIRST_OPERATOR, &tollbooth_pipeline::ident::passage_id(BOOTH, "1")).unwrap();
    for of in Changed::ALL {
        assert!(!ledger.changes(*of, None, 10).unwrap().is_empty(), "{of}");
        ledger.changes(*of, Some(9), 10).unwrap();
    }
    let all = Wanted { who: Some(FIRST_OPERATOR), passage: Some("psg_x"), since: Some(NOW), until: Some(NOW + HOUR) };
    let some = [
        Wanted::default(),
        all,
        Wanted { who: all.who, ..Wanted::default() },
        Wanted { passage: all.passage, ..Wanted::default() },
        Wanted { since: all.since, until: all.until, ..Wanted::default() },
    ];
    for wanted in some {
        for kinds in [vec![], vec!["accepted".to_owned(), "signed-in".to_owned()]] {
            ledger.deeds(&operator(), &wanted, &kinds, Some(9), 10).unwrap();
        }
        ledger.looks(&operator(), &wanted, Some(9), 10).unwrap();
        ledger.downloads(&wanted, Some(9), 10).unwrap();
    }
    ledger.named(None, 10).unwrap();
    ledger.put_preferences(NOW, FIRST_OPERATOR, "{}").unwrap();
    ledger.put_preferences(NOW, FIRST_OPERATOR, r#"{"theme":"dark"}"#).unwrap();
    assert_eq!(ledger.preferences(FIRST_OPERATOR).unwrap().as_deref(), Some(r#"{"theme":"dark"}"#));
    ledger.earlier_for(&operator(), &tollbooth_pipeline::ident::passage_id(BOOTH, "1"), "ABC1234").unwrap();
    ledger.balance(None, None).unwrap();
    ledger.balance(Some("2026"), Some("2027")).unwrap();
    ledger.look(NOW).unwrap();
    ledger.camera_clocks().unwrap();
    ledger.count_refusal(NOW, BOOTH, "image-size").unwrap();
    for at in [NOW, NOW + 5 * SECOND] {
        ledger.count_stranger(at, BOOTH, "unauthorized").unwrap();
        ledger.note_storage_full(at + MINUTE).unwrap();
    }
    ledger.create_token(NOW, &operator(), &camera_token("tok_pushes"), &[9; 32]).unwrap();
    for lane in [None, Some("1".to_owned())] {
        let push = Push { token: "tok_pushes".into(), lane, camera: "c".into(), time_zone: None, updated_at: 0 };
        ledger.put_push(NOW, &operator(), &push).unwrap();
    }
    assert!(ledger.push("tok_pushes").unwrap().is_some());
    assert_eq!(ledger.pushing_camera("tok_pushes").unwrap().unwrap().lane.as_deref(), Some("1"));
    ledger.refusals(Some("2026"), Some("2027")).unwrap();
    ledger.received_in("2026-11-20T10", Some(BOOTH), Some(State::Waiting), None, 10).unwrap();
    assert!(!ledger.received_in("2026-11-20T10", None, None, None, 10).unwrap().0.is_empty());
    call_copies(ledger);
    assert!(ledger.fold_telemetry(NOW, 1_000_000).unwrap().events > 0);
    assert!(!ledger.rollups(&Subject::All, Step::Hour, 0, i64::MAX).unwrap().is_empty());
    assert!(!ledger.rollups_of_all("booth", Step::Hour, 0, i64::MAX).unwrap().is_empty());
    assert!(!ledger.rollups_of_all(&format!("camera:{BOOTH}"), Step::Hour, 0, i64::MAX).unwrap().is_empty());
    for subject in [Subject::All, Subject::Booth(BOOTH.into())] {
        for span in Span::ALL {
            let found = ledger.series(&subject, span, &[], 0, i64::MAX).unwrap();
            let mut expected = BTreeMap::<_, Facts>::new();
            for step in ledger.rollups(&subject, span.step(), 0, i64::MAX).unwrap() {
                expected.entry(span.start(step.start)).or_default().merge(&step.facts);
            }
            let found: BTreeMap<_, _> =
                found.rollups.into_iter().map(|one| (one.rollup.start, one.rollup.facts)).collect();
            assert_eq!(found, expected, "{subject} by {span}");
        }
    }
    let received = ["received".to_owned()];
    let cameras = ledger.series_of_all(&format!("camera:{BOOTH}"), Span::Week, &received, 0, i64::MAX).unwrap();
    assert!(cameras.complete && !cameras.rollups.is_empty());
    assert!(cameras.rollups.iter().all(|one| one.rollup.facts.iter().all(|(name, _)| name == "received")));
    assert!(!ledger.series_of_all("booth", Span::SixHours, &[], 0, i64::MAX).unwrap().rollups.is_empty());
    assert!(ledger.telemetry_standing().unwrap().version > 0);
    assert_eq!(ledger.unsent_spans(NOW, 10), Ok(Unsent::default()), "a collector gets what happens from now on");
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let traced = NewPassage { traceparent: Some(traceparent.to_owned()), ..passage("traced") };
    ledger.record_passage(NOW, &traced).unwrap();
    let unsent = ledger.unsent_spans(NOW + MINUTE, 10).unwrap();
    assert_eq!((unsent.spans.len(), unsent.more), (1, false), "its intake");
    ledger.spans_sent(unsent.until.unwrap()).unwrap();
    assert_eq!(ledger.unsent_spans(NOW + MINUTE, 10), Ok(Unsent::default()));
    ledger.record_passage(NOW, &passage("later")).unwrap();
    assert!(ledger.unsent_spans(NOW + 2 * HOUR, 10).unwrap().left_out, "nobody took it for an hour");
    let found = ledger.trace_for(&operator(), &traced.passage).unwrap().unwrap();
    assert_eq!(ledger.passages_of_trace(found.id).unwrap(), [traced.passage]);
    let inspected = ledger.inspect(0, 10).unwrap();
    let keys: Vec<_> = inspected.photos.into_iter().map(|p| p.photo_key).collect();
    ledger.unreferenced(&keys).unwrap();
    ledger.outdone(&keys).unwrap();
    let text = |text: &str| Some(text.to_owned());
    let one = failed_readings::Filter {
        reason: text("budget-spent"),
        class: text("quota-exhausted"),
        booth: text(BOOTH),
        passage: text("psg_1"),
    };
    for filter in [failed_readings::Filter::default(), one] {
        ledger.failed_readings(&filter, Some(0), 10).unwrap();
        ledger.reprocess_failed(NOW, &operator(), &filter, 10).unwrap();
        ledger.send_back(NOW, &operator(), &filter, 10, Some(1)).unwrap();
    }
}

/// A sample that is disputed and settled, an answer taken back, a second reading, and every look at them.
fn call_blind<D: Db>(ledger: &Ledger<D>) {
    let set = |name: &str, value: &str| {
        ledger.put_settings(NOW, &operator(), &[(name.to_owned(), Some(value.to_owned()))]).unwrap();
    };
    for (name, value) in [
        ("reading.concurrency", "100"),
        ("judge.quality_sample_percent", "100"),
        ("review.second_reading_percent", "100"),
        ("review.min_agreement_percent", "50"),
    ] {
        set(name, value);
    }
    let (ann, sue) = (reviewer("tok_ann"), actor("supervisor".parse().unwrap(), "tok_sue"));
    for key in ["blind-1", "blind-2", "blind-3"] {
        ledger.record_passage(NOW, &passage(key)).unwrap();
    }
    let mut drawn = Vec::new();
    for lease in ledger.lease_work(NOW, "a", 100, OURS).unwrap().leases {
        let plate = format!("BLD{:04}", 100 * drawn.len());
        ledger.settle(NOW, &lease.attempt_token, reading_of(&plate, 0.99), acceptance(&plate)).unwrap();
        drawn.push(lease.passage);
    }
    let claim = |who: &Actor, id: &str| ledger.claim_next(NOW, who, Some(id), &Filter::default()).unwrap().unwrap();
    let id = &drawn[0];
    let (_, version) = ledger.submit(NOW, &ann, id, claim(&ann, id).version, &plate("XYZ0000")).unwrap();
    let undone = ledger.undo(NOW, &ann, id, version).unwrap();
    ledger.submit(NOW, &ann, id, undone.version, &plate("XYZ0000")).unwrap();
    for who in [&ann, &sue] {
        ledger.list_open(NOW, who, &Filter { reason: Some("disputed".into()), ..Filter::default() }, None, 10).unwrap();
        ledger.passage_for(who, id).unwrap();
        ledger.attempts_for(who, id).unwrap();
        ledger.related_for(who, id).unwrap();
        ledger.history_for(who, id, 0, 10).unwrap();
        ledger.answers(who, id).unwrap();
        for (booth, state) in [(None, None), (Some(BOOTH), Some(State::InReview)), (Some(BOOTH), Some(State::Accepted))]
        {
            for hour in [None, Some("2026-11-20T10")] {
                let sought = Sought { booth, state, received_hour: hour, ..Sought::default() };
                ledger.search_for(who, &sought, Some(1_000), 10).unwrap();
            }
            for known in [Known::Plate("XYZ0000"), Known::Key("1")] {
                ledger.find_for(who, known, &Sought { booth, state, ..Sought::default() }, Some(1_000), 10).unwrap();
            }
        }
    }
    let (_, version) = ledger.submit(NOW, &sue, id, claim(&sue, id).version, &plate("XYZ0000")).unwrap();
    ledger.reopen(NOW, &sue, id, version, "doubt", tollbooth_pipeline::export::Cause::Dispute).unwrap();
    ledger.reprocess(NOW, &ann, &drawn[1], claim(&ann, &drawn[1]).version).unwrap();
    set("review.second_reading_percent", "0");
    for lease in ledger.lease_work(NOW, "a", 100, OURS).unwrap().leases {
        let doubt = referral(ReviewReason::LowConfidence, Some("ABC1234"));
        ledger.settle(NOW, &lease.attempt_token, reading_of("ABC1234", 0.7), Decision::Review(doubt)).unwrap();
        let version = claim(&ann, &lease.passage).version;
        ledger.submit(NOW, &ann, &lease.passage, version, &plate(&format!("QQQ{version}"))).unwrap();
    }
    set("judge.quality_sample_percent", "0");
    set("review.min_agreement_percent", "0");
    ledger.record_passage(NOW, &passage("seeded")).unwrap();
    for lease in ledger.lease_work(NOW, "a", 100, OURS).unwrap().leases {
        let doubt = referral(ReviewReason::LowConfidence, Some("SED1234"));
        ledger.settle(NOW, &lease.attempt_token, reading_of("SED1234", 0.7), Decision::Review(doubt)).unwrap();
        ledger.seed(NOW, &sue, &lease.passage, claim(&sue, &lease.passage).version, &plate("SED1234")).unwrap();
    }
    assert!(!ledger.quality_sample(0, NOW + HOUR, 1).unwrap().passages.is_empty());
    assert!(!ledger.quality_people(0, NOW + HOUR).unwrap().is_empty());
    assert!(!ledger.seeds(&sue, None, 10).unwrap().is_empty());
    let change = ("judge.min_confidence".to_owned(), Some("0.97".to_owned()));
    ledger.apply_threshold(NOW, &operator(), &change, "{}").unwrap();
}

/// Copies of what was published, its lines, and destinations.
fn call_copies<D: Db>(ledger: &Ledger<D>) {
    crate::copies::name_copies(ledger, r#"[{"name":"records","columns":"full","interval_minutes":1440}]"#);
    ledger.next_copy(NOW, "records", Cause::Scheduled).unwrap();
    let copy = crate::copies::make(ledger, "records");
    assert_eq!(ledger.published_copies("records", 0, 10).unwrap(), [copy]);
    assert!(ledger.export_copy("records", 2).unwrap().is_none());
    assert_eq!(ledger.export_profiles(NOW).unwrap().len(), 2);
    let stray = ["exports/1/records.copy.json".to_owned(), format!("exports/1/{}.csv", "ab".repeat(32))];
    ledger.unknown_exports(&stray).unwrap();
    for kind in Kind::ALL {
        ledger.export_lines(kind, 1, 0, 10).unwrap();
    }
    ledger.export_answers(1, 1).unwrap();
    for trouble in [Some(tollbooth_pipeline::destination::Trouble::Full), None] {
        let report = crate::destinations::report("share", trouble, 1);
        ledger.report_destination(NOW, &operator(), &report).unwrap();
    }
    assert_eq!(ledger.destinations(NOW).unwrap().len(), 1);
    assert!(ledger.forget_destination("share").unwrap());
    crate::copies::name_copies(ledger, "[]");
    ledger.export_profiles(NOW).unwrap();
}

/// A flag, its decision taken back, a review given to somebody and back, and lists of all that; by people who are limited to a
/// booth, and by some who are not.
fn call_desk<D: Db>(ledger: &Ledger<D>) {
    for (n, role) in [(21, Role::Reviewer), (22, Role::Supervisor)] {
        let booths = (role == Role::Supervisor).then(|| vec![BOOTH.to_owned()]);
        let token = Token { id: format!("tok_desk{n}"), role, booth: None, booths, ..camera_token("") };
        ledger.create_token(NOW, &operator(), &token, &[n; 32]).unwrap();
    }
    let (ann, sue) = (reviewer("tok_desk21"), actor(Role::Supervisor, "tok_desk22"));
    let other = actor(Role::Supervisor, "tok_sue");
    for key in ["desk-1", "desk-2"] {
        ledger.record_passage(NOW, &passage(key)).unwrap();
    }
    let mut open = Vec::new();
    for lease in ledger.lease_work(NOW, "a", 100, OURS).unwrap().leases {
        let doubt = referral(ReviewReason::LowConfidence, Some("DSK1234"));
        ledger.settle(NOW, &lease.attempt_token, reading_of("DSK1234", 0.7), Decision::Review(doubt)).unwrap();
        open.push(lease.passage);
    }
    assert!(ledger.colleagues(&sue).unwrap().len() >= 2);
    assert!(ledger.colleagues(&other).unwrap().len() >= 2);
    let given = ledger.assign(NOW, &sue, &ann.id, &What::These(open.clone())).unwrap();
    assert_eq!(given.passages.len(), 2);
    let item = ledger.claim_next(NOW, &ann, None, &Filter::default()).unwrap().unwrap();
    ledger.unassign(NOW, &ann, &item.passage).unwrap();
    let group = Filter { candidate: Some("DSK1234".to_owned()), ..Filter::default() };
    assert_eq!(ledger.assign(NOW, &sue, &sue.id, &What::Oldest(group.clone(), 5)).unwrap().passages.len(), 0);
    for queue in [None, Some(Queue::Ordinary), Some(Queue::Supervisor)] {
        for who in [&ann, &sue, &other] {
            let one =
                Filter { booth: Some(BOOTH.into()), reason: Some("low-confidence".into()), queue, ..group.clone() };
            for filter in [one, Filter { queue, ..Filter::default() }] {
                ledger.list_open(NOW, who, &filter, Some(0), 10).unwrap();
            }
        }
    }
    ledger.assign(NOW, &other, &ann.id, &What::Oldest(Filter::default(), 1)).unwrap();
    ledger.flag(NOW, &ann, &item.passage, item.version, "two plates").unwrap();
    ledger.flag(NOW, &ann, &item.passage, item.version, "two plates").unwrap();
    ledger.unflag(NOW, &ann, &item.passage, item.version).unwrap();
    let item = ledger.claim_next(NOW, &ann, Some(&item.passage), &Filter::default()).unwrap().unwrap();
    ledger.flag(NOW, &ann, &item.passage, item.version, "three plates").unwrap();
    let item = ledger.claim_next(NOW, &sue, Some(&item.passage), &Filter::default()).unwrap().unwrap();
    let (_, version) = ledger.submit(NOW, &sue, &item.passage, item.version, &plate("DSK7654")).unwrap();
    let undone = ledger.undo(NOW, &sue, &item.passage, version).unwrap();
    assert!(undone.flag.is_some());
    ledger.submit(NOW, &sue, &item.passage, undone.version, &plate("DSK7654")).unwrap();
    for state in [None, Some(State::Accepted)] {
        let any = Sought { state, ..Sought::default() };
        ledger.search_for(&sue, &Sought { booth: Some(BOOTH), ..any }, None, 10).unwrap();
        ledger.search_for(&sue, &Sought { received_hour: Some("2026-11-20T10"), ..any }, None, 10).unwrap();
        for decided_by in ["judge", "tok_ann"] {
            let by = Sought { decided_by: Some(decided_by), ..any };
            ledger.search_for(&sue, &by, None, 10).unwrap();
            ledger
                .search_for(&sue, &Sought { since: Some(NOW - HOUR), until: Some(NOW + HOUR), ..by }, None, 10)
                .unwrap();
        }
        let trailers = Sought { plate_type: Some(PlateType::Trailer), ..any };
        ledger.search_for(&sue, &trailers, None, 10).unwrap();
        ledger.search_for(&sue, &Sought { since: Some(NOW), ..any }, None, 10).unwrap();
        ledger.search_for(&sue, &Sought { until: Some(NOW), ..any }, None, 10).unwrap();
    }
    ledger.passage_for(&sue, &item.passage).unwrap().unwrap();
    ledger.history_for(&sue, &item.passage, 0, 100).unwrap();
}

/// A line that was billed is refused by billing, corrected, and its correction acknowledged.
fn call_corrections<D: Db>(ledger: &Ledger<D>) {
    let billed = ledger.export_rows(1, 0, 10).unwrap().remove(0).1.passage;
    let answer =
        |outcome, reason: Option<&str>| Answer { passage: billed.clone(), outcome, reason: reason.map(Into::into) };
    let who = reviewer("tok_a");
    let refused = answer(Disposition::Refused, Some("unknown tariff"));
    assert_eq!(ledger.acknowledge(NOW, &who, 1, &[refused]).unwrap().to_review, 1);
    let item = ledger.claim_next(NOW, &who, Some(&billed), &Filter::default()).unwrap().unwrap();
    let (_, version) = ledger.submit(NOW, &who, &billed, item.version, &plate("KMN4567")).unwrap();
    ledger.reopen(NOW, &who, &billed, version, "doubt", tollbooth_pipeline::export::Cause::Dispute).unwrap();
    let item = ledger.claim_next(NOW, &who, Some(&billed), &Filter::default()).unwrap().unwrap();
    ledger.submit(NOW, &who, &billed, item.version, &reject()).unwrap();
    let Begun::Proceed(bound) = ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap() else { panic!() };
    assert_eq!((bound.kind, ledger.correction_rows(bound.sequence, 0, 10).unwrap().len()), (Kind::Corrections, 1));
    assert!(ledger.give_up_export(NOW, &exporter(), bound.sequence, 1).unwrap());
    assert_eq!(ledger.lost_files().unwrap(), [1]);
    assert_eq!(ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap(), Begun::NothingToExport);
    ledger.file_is_back(NOW, &exporter(), 1).unwrap();
    let Begun::Proceed(bound) = ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap() else { panic!() };
    // The line corrected is known by its place only where its file is.
    let manifest = Manifest {
        sequence: bound.sequence,
        kind: bound.kind,
        file_name: bound.file_name.clone(),
        profile: bound.profile.clone(),
        keying_rules: None,
        rows: bound.rows,
        bytes: 1,
        sha256: "ab".repeat(32),
        window_from: None,
        window_to: String::new(),
        previous_manifest_sha256: bound.previous_manifest_sha256.clone().unwrap(),
        copy: None,
    };
    let text = manifest.to_json().unwrap();
    let manifest_sha256 = Manifest::sha256_of(&text);
    let artefact = Artefact { sha256: manifest.sha256, bytes: 1, manifest: text, manifest_sha256 };
    let sealed = ledger.seal_corrections(bound.sequence, bound.bound_at, &artefact).unwrap();
    assert_eq!(sealed, ledger.sealed_corrections(bound.sequence).unwrap());
    ledger.publish_export(NOW, &exporter(), bound.sequence, &artefact).unwrap();
    let done = ledger.acknowledge(NOW, &who, bound.sequence, &[answer(Disposition::Billed, None)]).unwrap();
    assert_eq!((done.recorded, done.open), (1, 0));
    assert_eq!(ledger.release_export_file(NOW, &operator(), 1, "nobody has it").unwrap(), Some(0));
    assert_eq!(ledger.released_files().unwrap(), [1]);
}

fn stored(made: &NewToken) -> Secret<'_> {
    Secret { id: &made.id, digest: &made.digest }
}

/// An alert's life, and what becomes of messages.
fn call_alerts<D: Db>(ledger: &Ledger<D>) {
    let set = [("alerts.mail_to".into(), Some("\"a@x.org\"".into()))];
    ledger.put_settings(NOW, &operator(), &set).unwrap();
    call_rules(ledger);
    assert!(ledger.evaluate_alerts(NOW).unwrap().unwrap().fired > 0, "the ledger is older than what was published");
    assert_eq!(ledger.evaluate_alerts(NOW).unwrap(), None);
    let fired = ledger.alerts(None, 10).unwrap().remove(0);
    assert_eq!(ledger.alert_by_id(&fired.id).unwrap().unwrap(), fired);
    assert!(ledger.messages_about(&fired.id, 10).unwrap().iter().any(|message| message.kind == "digest"));
    ledger.acknowledge_alert(NOW, &operator(), &fired.id, Some("on it")).unwrap();
    ledger.snooze_alerts(NOW, &operator(), Rule::BudgetUsed.as_str(), Some(NOW + HOUR), "known").unwrap();
    ledger.alert_rules(NOW).unwrap();
    ledger.snooze_alerts(NOW, &operator(), Rule::BudgetUsed.as_str(), None, "over").unwrap();
    ledger.test_alert(NOW, &operator(), Rule::ExportEmpty.as_str()).unwrap();
    assert!(ledger.messages_wait(NOW, Channel::ALL).unwrap());
    let leases = ledger.lease_messages(NOW, "messenger", 3, Channel::ALL).unwrap();
    let outcomes = [
        Outcome::HandedOver { reference: Some("1".into()) },
        Outcome::Failed(tollbooth_messages::Failure::new(Class::Refused, "unknown")),
    ];
    for (lease, outcome) in leases.iter().zip(&outcomes) {
        assert!(ledger.settle_message(NOW, &lease.token, outcome).unwrap());
    }
    let again = ledger.lease_messages(NOW + HOUR, "messenger", 50, Channel::ALL).unwrap().remove(0);
    let outage = Outcome::Failed(tollbooth_messages::Failure::new(Class::Outage, "down"));
    ledger.settle_message(NOW + HOUR, &again.token, &outage).unwrap();
    let id = &leases[1].message.id;
    ledger.retry_message(NOW + HOUR, &operator(), id).unwrap();
    ledger.withdraw_message(NOW + HOUR, &operator(), id).unwrap();
    ledger.message_attempts(id).unwrap();
    ledger.message_channels(NOW).unwrap();
    for state in [None, Some("dead".to_owned())] {
        ledger.messages(&messages::Filter { state, channel: Some("mail".to_owned()) }, None, 10).unwrap();
    }
    ledger.begin_export(NOW + 2 * HOUR, &exporter(), Cause::Scheduled).unwrap();
    ledger.evaluate_alerts(NOW + 2 * HOUR).unwrap();
}

/// Rules that staff define, one of which is left.
fn call_rules<D: Db>(ledger: &Ledger<D>) {
    ledger.fold_telemetry(NOW, 1_000_000).unwrap();
    let rule_of = |name: &str, metric: &str, of: &str, window: u32| {
        let text = format!(
            r#"{{"name": "{name}", "metric": "{metric}", "of": "{of}", "comparison": "below", "threshold": 1,
                "window_minutes": {window}, "no_data": "alert"}}"#
        );
        serde_json::from_str::<Draft>(&text).unwrap().check().unwrap()
    };
    let rule = |name: &str, of: &str, window: u32| rule_of(name, "received", of, window);
    let first = ledger.define_rule(NOW, &operator(), &rule("First", "each-booth", 60)).unwrap();
    let second = ledger.define_rule(NOW, &operator(), &rule("Second", &format!("booth:{BOOTH}"), 360)).unwrap();
    ledger.change_rule(NOW, &operator(), &first.id, 1, &rule("First", "all", 30)).unwrap();
    ledger.undo_rule(NOW, &operator(), &first.id, 2, None).unwrap();
    ledger.delete_rule(NOW, &operator(), &second.id, 1).unwrap();
    ledger.undo_rule(NOW, &operator(), &second.id, 2, Some(1)).unwrap();
    ledger.delete_rule(NOW, &operator(), &first.id, 3).unwrap();
    // The look at the rules that follows is of cameras and recognisers as well, and tells somebody of several at once.
    ledger.define_rule(NOW, &operator(), &rule("Third", "each-camera", 1_440)).unwrap();
    let camera = passage("1").camera;
    ledger.define_rule(NOW, &operator(), &rule("Fourth", &format!("camera:{BOOTH}/{camera}"), 60)).unwrap();
    ledger.define_rule(NOW, &operator(), &rule_of("Fifth", "calls", "each-recognizer", 60)).unwrap();
    assert_eq!(ledger.defined_rules().unwrap().len(), 4);
    assert_eq!(ledger.defined_rule(&first.id).unwrap().unwrap().1.len(), 4);
    for (of, window) in [("all", 60), ("each-booth", 1_440), ("each-camera", 120)] {
        ledger.preview_rule(NOW, &rule("Tried", of, window)).unwrap();
    }
    ledger.snooze_alerts(NOW, &operator(), &second.id, Some(NOW + HOUR), "known").unwrap();
    ledger.snooze_alerts(NOW, &operator(), &second.id, None, "over").unwrap();
    ledger.test_alert(NOW, &operator(), &second.id).unwrap();
}

/// A link, the session it opens, its use and its end.
fn call_sessions<D: Db>(ledger: &Ledger<D>) {
    let link = Purpose::Link.secret(&[1; 16], &[1; 32]);
    let session = Purpose::Session.secret(&[2; 16], &[2; 32]);
    ledger.create_link(NOW, FIRST_OPERATOR, FIRST_OPERATOR, stored(&link)).unwrap();
    let before = Purpose::Session.secret(&[3; 16], &[3; 32]);
    ledger.open_session(NOW, &link.text, stored(&session), Some(stored(&before))).unwrap();
    let used = ledger.session(NOW + 2 * MINUTE, &session.text).unwrap();
    let who = Actor { id: FIRST_OPERATOR.into(), ..operator() };
    assert_eq!(ledger.sessions_of(NOW + 2 * MINUTE, FIRST_OPERATOR).unwrap().len(), 1);
    assert_eq!(ledger.end_sessions(NOW, &who, FIRST_OPERATOR, Some(&used.id)).unwrap(), 1);
    assert_eq!(ledger.end_sessions(NOW, &who, FIRST_OPERATOR, None).unwrap(), 0);
    // With a provider: new, then again in another role over the session before, then without any.
    let token = tollbooth_pipeline::token::new(&[4; 16], &[4; 32]);
    let arrive = |attempt: u8, role: Role, before: Option<&NewToken>| {
        let arrival = Arrival {
            issuer: "https://id.example",
            subject: "ann",
            name: "Ann",
            role,
            booths: None,
            provider_session: Some("session-1"),
            attempt: &[attempt; 32],
            token: stored(&token),
        };
        let made = Purpose::Session.secret(&[attempt; 16], &[attempt; 32]);
        ledger.arrive(NOW, &arrival, stored(&made), before.map(stored)).unwrap();
        made
    };
    let first = arrive(5, Role::Reviewer, None);
    arrive(6, Role::Supervisor, Some(&first));
    let issuer = "https://id.example";
    for (subject, session) in [(None, Some("session-2")), (Some("bob"), None), (Some("ann"), Some("session-2"))] {
        assert_eq!(ledger.end_by_provider(NOW, &EndedThere { issuer, subject, session, said_at: NOW }).unwrap(), 0);
    }
    assert_eq!(ledger.turn_away(NOW, issuer, "ann", &[9; 32]).unwrap(), 1);
    arrive(7, Role::Reviewer, None);
    let ann = EndedThere { issuer, subject: Some("ann"), session: None, said_at: NOW };
    assert_eq!(ledger.end_by_provider(NOW, &ann).unwrap(), 1);
    ledger.keep_provider_document(NOW, "https://id.example/keys", None).unwrap();
    ledger.keep_provider_document(NOW, "https://id.example/keys", Some("{}")).unwrap();
    assert!(ledger.provider_document("https://id.example/keys").unwrap().is_some());
}

/// A service as the second, then as a shadow.
fn call_services<D: Db>(ledger: &Ledger<D>) {
    let (ours, service) = (OURS, &[Recognizer::PlateRecognizer][..]);
    let set = |policy: &str| {
        let policy = ("reading.policy".into(), Some(format!("\"{policy}\"")));
        let share = ("reading.shadow_percent".into(), Some("100".into()));
        ledger.put_settings(NOW, &operator(), &[policy, share]).unwrap();
    };
    let described = Description { component: "c".into(), model: "m".into(), price_micros: 7 };
    ledger.describe_recognizer(NOW, Recognizer::PlateRecognizer, Some(&described)).unwrap();
    for (number, policy) in ["second-opinion", "fallback"].into_iter().enumerate() {
        set(policy);
        ledger.record_passage(NOW, &passage(&format!("{policy}-1"))).unwrap();
        for lease in ledger.lease_work(NOW, "a", 100, ours).unwrap().leases {
            let doubt = Decision::AskSecond(ReviewReason::LowConfidence);
            ledger.settle(NOW, &lease.attempt_token, reading(), doubt).unwrap();
        }
        let now = NOW + HOUR * i64::try_from(number + 1).unwrap();
        ledger.describe_recognizer(now, Recognizer::PlateRecognizer, Some(&described)).unwrap();
        let lease = ledger.lease_work(now, "s", 1, service).unwrap().leases.remove(0);
        ledger.settle_failed(now, &lease.attempt_token, &failed("unauthorized"), NextStep::Wait).unwrap();
        ledger.related_to(&lease.passage).unwrap();
        ledger.waiting_for(now, &lease.passage).unwrap();
    }
    set("shadow");
    for lease in ledger.lease_work(NOW, "a", 100, ours).unwrap().leases {
        let seen = Seen { reading: reading_of("SHA123", 0.99), print: Some((0..=255).collect()) };
        ledger.settle(NOW, &lease.attempt_token, seen, acceptance("SHA123")).unwrap();
    }
    let later = NOW + 24 * HOUR;
    let shadow = ledger.lease_shadow(later, "s", service).unwrap().lease.unwrap();
    ledger.settle_shadow(later, &shadow.token, ShadowResult::Read(reading())).unwrap();
    ledger.recognizers(later, NOW - HOUR).unwrap();
}

/// A text at one place on five photos while vehicles pass, which is learned and forgotten.
fn call_learning<D: Db>(ledger: &Ledger<D>) {
    ledger.put_settings(NOW, &operator(), &[("reading.policy".into(), None)]).unwrap();
    for n in 0..5_u8 {
        let at = NOW + 48 * HOUR + i64::from(n) * 30 * MINUTE;
        let stamp = passage_with(&format!("stamp-{n}"), &format!("stamp {n}"), at);
        let vehicle = passage_with(&format!("vehicle-{n}"), &format!("vehicle {n}"), at + 10 * MINUTE);
        ledger.record_passage(at, &stamp).unwrap();
        ledger.record_passage(at, &vehicle).unwrap();
        // A few at a time: as many as may be in flight.
        let next = || ledger.lease_work(at, "a", 1, OURS).unwrap().leases.pop();
        while let Some(lease) = next() {
            let is_stamp = lease.passage == stamp.passage;
            let text = if is_stamp { "KBR4651".to_owned() } else { format!("B{}D{n}777", char::from(b'C' + n)) };
            let print = (0..64_u8).map(|cell| (cell * 3).wrapping_add(n * 50)).collect();
            let mut reading = reading_of(&text, 0.99);
            if is_stamp {
                reading.sightings[0].bounds.y = 48.0;
            }
            let seen = Seen { reading, print: is_stamp.then_some(print) };
            let review = referral(ReviewReason::LowConfidence, Some(&text));
            ledger.settle(at, &lease.attempt_token, seen, Decision::Review(review)).unwrap();
        }
    }
    let learned = ledger.camera_texts(None, None, 10).unwrap();
    assert_eq!(learned.len(), 1);
    ledger.forget_camera_text(NOW, &operator(), learned[0].id).unwrap();
}
