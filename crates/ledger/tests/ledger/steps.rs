//! Exports that are larger than one step, files that are lost, and answers to lines that were taken over.

use tollbooth_ledger::db::Db;
use tollbooth_ledger::export::acknowledge::{Acknowledged, Answer, Refusal};
use tollbooth_ledger::export::adopt::Adopted;
use tollbooth_ledger::export::{Artefact, Begun, Cause, Export};
use tollbooth_ledger::log::Wanted;
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_ledger::{Failure, Ledger};
use tollbooth_pipeline::export::{Cause as Why, Content, Disposition, Kind, Manifest, Question};
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::state::State;
use tollbooth_postgres_server::{Commits, SUPERUSER, Server, programs_or_skip};

use crate::booth::*;

fn take<D: Db>(ledger: &Ledger<D>, key: &str, plate: &str) -> String {
    let id = ledger.record_passage(NOW, &passage(key)).map(|_| passage(key).passage).unwrap();
    let lease = ledger.lease_work(NOW, "a", 1, OURS).unwrap().leases.remove(0);
    ledger.settle(NOW, &lease.attempt_token, reading(), acceptance(plate)).unwrap();
    id
}

fn begin<D: Db>(ledger: &Ledger<D>) -> Export {
    match ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap() {
        Begun::Proceed(bound) => *bound,
        other => panic!("{other:?}"),
    }
}

fn published<D: Db>(ledger: &Ledger<D>) -> (Export, Artefact, Content) {
    let bound = begin(ledger);
    let lines = Content::read(bound.kind, &content(ledger, &bound)).unwrap();
    let artefact = artefact(ledger, &bound);
    (ledger.publish_export(NOW, &exporter(), bound.sequence, &artefact).unwrap(), artefact, lines)
}

fn set<D: Db>(ledger: &Ledger<D>, name: &str, value: &str) {
    ledger.put_settings(NOW, &operator(), &[(name.to_owned(), Some(value.to_owned()))]).unwrap();
}

fn correct<D: Db>(ledger: &Ledger<D>, passage: &str, text: &str) {
    let who = reviewer("tok_r");
    let version = ledger.passage(passage).unwrap().unwrap().version;
    ledger.reopen(NOW, &who, passage, version, "misread", Why::Dispute).unwrap();
    let item = ledger.claim_next(NOW, &who, Some(passage), &Default::default()).unwrap().unwrap();
    ledger.submit(NOW, &who, passage, item.version, &plate(text)).unwrap();
}

fn sound<D: Db>(ledger: &Ledger<D>) {
    balanced(ledger);
    assert_eq!(ledger.inspect(0, 100).unwrap().contradictions, []);
}

/// What both databases must do.
fn in_steps<D: Db>(ledger: &Ledger<D>) {
    ledger.put_booth(NOW, &operator(), &booth(BOOTH)).unwrap();
    set(ledger, "export.step_rows", "2");
    set(ledger, "export.max_rows", "5");
    let ids: Vec<_> = (0..7).map(|n| take(ledger, &format!("k{n}"), &format!("PLT{n}{n}{n}{n}"))).collect();
    let (first, ..) = published(ledger);
    assert_eq!((first.rows, first.kind), (5, Kind::Lines), "three steps, and no more than fits");
    let lines: Vec<_> = ledger.export_rows(1, 0, 100).unwrap().into_iter().map(|(_, line)| line.passage).collect();
    assert_eq!(lines, ids[..5]);
    let (second, ..) = published(ledger);
    assert_eq!(second.rows, 2, "what was left over");
    sound(ledger);
    for (n, id) in ids[..3].iter().enumerate() {
        correct(ledger, id, &format!("COR{n}{n}{n}{n}"));
    }
    let (corrections, ..) = published(ledger);
    assert_eq!((corrections.rows, corrections.kind), (3, Kind::Corrections), "two steps");
    assert_eq!(ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap(), Begun::NothingToExport);
    sound(ledger);
    for id in &ids[..3] {
        assert_eq!(ledger.passage(id).unwrap().unwrap().export_sequence, Some(3));
    }
}

/// What both databases must do: corrections of a line in a lost file wait, and nothing else does.
fn lost<D: Db>(ledger: &Ledger<D>) {
    ledger.put_booth(NOW, &operator(), &booth(BOOTH)).unwrap();
    let one = take(ledger, "one", "ONE1234");
    published(ledger);
    let two = take(ledger, "two", "TWO1234");
    published(ledger);
    correct(ledger, &one, "COR1111");
    correct(ledger, &two, "COR2222");
    let bound = begin(ledger);
    assert_eq!((bound.sequence, bound.rows), (3, 2));
    assert!(ledger.give_up_export(NOW, &exporter(), 3, 1).unwrap());
    assert!(!ledger.give_up_export(NOW, &exporter(), 3, 1).unwrap(), "somebody else was faster");
    assert_eq!(ledger.lost_files().unwrap(), [1]);
    sound(ledger);
    // Its number is used by what comes next: bill lines first, then the correction whose file is there.
    take(ledger, "three", "THR1234");
    let (lines, ..) = published(ledger);
    assert_eq!((lines.sequence, lines.kind, lines.rows), (3, Kind::Lines, 1));
    let (corrections, ..) = published(ledger);
    assert_eq!((corrections.sequence, corrections.kind, corrections.rows), (4, Kind::Corrections, 1));
    assert_eq!(ledger.correction_rows(4, 0, 10).unwrap()[0].corrects_export, 2);
    assert_eq!(ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap(), Begun::NothingToExport);
    assert_eq!(ledger.passage(&one).unwrap().unwrap().correction, Some(Question::Due), "it waits");
    sound(ledger);
    for _ in 0..2 {
        ledger.file_is_back(NOW, &exporter(), 1).unwrap();
    }
    assert_eq!(ledger.lost_files().unwrap(), [0; 0]);
    let (late, ..) = published(ledger);
    assert_eq!((late.sequence, late.rows), (5, 1));
    let published_stays = ledger.give_up_export(NOW, &exporter(), 5, 1);
    assert_eq!(published_stays, Ok(false));
    sound(ledger);
}

/// What both databases must do: nothing waits for a file that was given up.
fn released<D: Db>(ledger: &Ledger<D>) {
    ledger.put_booth(NOW, &operator(), &booth(BOOTH)).unwrap();
    let one = take(ledger, "one", "ONE1234");
    assert_eq!(ledger.release_export_file(NOW, &operator(), 1, "gone").unwrap(), None, "there is none");
    begin(ledger);
    assert_eq!(ledger.release_export_file(NOW, &operator(), 1, "gone").unwrap(), None, "nobody has seen it");
    published(ledger);
    correct(ledger, &one, "COR1111");
    let bound = begin(ledger);
    assert!(ledger.give_up_export(NOW, &exporter(), bound.sequence, 1).unwrap());
    assert_eq!(ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap(), Begun::NothingToExport);
    for reason in ["the disk broke", "the disk broke, and so did this one"] {
        assert_eq!(ledger.release_export_file(NOW, &operator(), 1, reason).unwrap(), Some(1));
    }
    assert_eq!((ledger.lost_files().unwrap(), ledger.released_files().unwrap()), (vec![], vec![1]));
    // Whoever found the file lost a moment before does not have its corrections wait any more.
    let bound = begin(ledger);
    assert!(!ledger.give_up_export(NOW, &exporter(), bound.sequence, 1).unwrap());
    assert_eq!(ledger.release_export_file(NOW, &operator(), 1, "again").unwrap(), Some(1), "bound, and on its way");
    let (corrections, ..) = published(ledger);
    assert_eq!((corrections.sequence, corrections.kind, corrections.rows), (2, Kind::Corrections, 1));
    assert_eq!(ledger.release_export_file(NOW, &operator(), 1, "again").unwrap(), Some(0));
    assert_eq!(ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap(), Begun::NothingToExport);
    // It turns up: what was said stays.
    ledger.file_is_back(NOW, &exporter(), 1).unwrap();
    assert_eq!(ledger.released_files().unwrap(), [1]);
    sound(ledger);
    // Told once, with the first reason.
    let deeds = ledger.deeds(&operator(), &Wanted::default(), &[], None, 100).unwrap();
    let told: Vec<_> = deeds.iter().filter(|deed| deed.kind == "export-file-released").collect();
    assert!(told.len() == 1 && told[0].detail.contains("the disk broke\""), "{told:?}");
}

/// What both databases must do: an export of corrections is given up or published as it was sealed, never both.
fn sealed<D: Db>(ledger: &Ledger<D>) {
    ledger.put_booth(NOW, &operator(), &booth(BOOTH)).unwrap();
    let one = take(ledger, "one", "ONE1234");
    published(ledger);
    correct(ledger, &one, "COR1111");
    let seal = |bound: &Export, of: &Artefact| ledger.seal_corrections(bound.sequence, bound.bound_at, of).unwrap();
    // Given up first: whoever rendered it meanwhile stores no manifest, whatever its number is used for.
    let bound = begin(ledger);
    let rendered = artefact(ledger, &bound);
    assert_eq!(ledger.sealed_corrections(bound.sequence).unwrap(), None);
    assert!(ledger.give_up_export(NOW, &exporter(), bound.sequence, 1).unwrap());
    assert_eq!(seal(&bound, &rendered), None);
    take(ledger, "two", "TWO1234");
    let (lines, ..) = published(ledger);
    assert_eq!((lines.sequence, lines.kind), (bound.sequence, Kind::Lines));
    assert_eq!(seal(&bound, &rendered), None, "its number is another's");
    // Sealed first: it is not given up, and the first rendering stays.
    ledger.file_is_back(NOW, &exporter(), 1).unwrap();
    let bound = begin(ledger);
    let rendered = artefact(ledger, &bound);
    assert_eq!(ledger.seal_corrections(bound.sequence, bound.bound_at + 1, &rendered).unwrap(), None, "bound again");
    assert_eq!(seal(&bound, &rendered), Some(rendered.clone()));
    let manifest = rendered.manifest.replace(&rendered.sha256, &"ab".repeat(32));
    let other =
        Artefact { sha256: "ab".repeat(32), manifest_sha256: Manifest::sha256_of(&manifest), manifest, ..rendered };
    let rendered = seal(&bound, &other).unwrap();
    assert_ne!(rendered, other);
    assert!(!ledger.give_up_export(NOW, &exporter(), bound.sequence, 1).unwrap());
    assert_eq!(ledger.lost_files().unwrap(), [0; 0]);
    assert_eq!(ledger.sealed_corrections(bound.sequence).unwrap().as_ref(), Some(&rendered));
    let published = ledger.publish_export(NOW, &exporter(), bound.sequence, &rendered).unwrap();
    assert_eq!(published.sha256.as_deref(), Some(rendered.sha256.as_str()));
    assert_eq!(seal(&bound, &rendered), Some(rendered), "whoever is late says the same");
    sound(ledger);
}

fn answer(passage: &str, outcome: Disposition, reason: Option<&str>) -> Answer {
    Answer { passage: passage.to_owned(), outcome, reason: reason.map(ToOwned::to_owned) }
}

/// What both databases must do: billing answers to lines whose passage was lost with the ledger.
fn adopted_answers<D: Db, E: Db>(newer: &Ledger<D>, older: &Ledger<E>) {
    for ledger in [newer as &dyn Booth, older] {
        ledger.register();
    }
    let ids = [take(newer, "a", "AAA1234"), take(newer, "b", "BBB5678")];
    let (_, artefact, lines) = published(newer);
    let adopted = older.adopt_export(NOW, &operator(), &artefact, &lines).unwrap();
    assert_eq!(adopted, Adopted { sequence: 1, new: true, lines: 2, open: 2 });
    let billing = actor(Role::Billing, "tok_billing");
    let send = |answers: &[Answer]| older.acknowledge(NOW, &billing, 1, answers);
    let refused = answer(&ids[1], Disposition::Refused, Some("unknown tariff"));
    let both = [answer(&ids[0], Disposition::Billed, None), refused];
    let done = send(&both).unwrap();
    assert_eq!(done, Acknowledged { recorded: 2, known: 0, to_review: 0, open: 0 });
    assert_eq!(send(&both).unwrap(), Acknowledged { recorded: 0, known: 2, to_review: 0, open: 0 }, "idempotent");
    let otherwise = send(&[answer(&ids[0], Disposition::OwnerNotFound, None)]).unwrap_err();
    assert_eq!(otherwise, Failure::Refused(Refusal::Contradictions(vec![ids[0].clone()])));
    let never = send(&[answer("psg_never", Disposition::Billed, None)]).unwrap_err();
    assert_eq!(never, Failure::Refused(Refusal::UnknownRows(vec!["psg_never".to_owned()])));
    sound(older);
    // The cameras resend: the lines are settled, and with them the answers; what was refused comes to people.
    for (key, plate) in [("a", "AAA1234"), ("b", "BBB5678")] {
        take(older, key, plate);
    }
    assert_eq!(older.begin_export(NOW, &exporter(), Cause::Requested).unwrap(), Begun::NothingToExport);
    assert_eq!(older.passage(&ids[0]).unwrap().unwrap().state, State::Accepted);
    let asked = older.passage(&ids[1]).unwrap().unwrap();
    assert_eq!((asked.state, asked.correction), (State::InReview, Some(Question::Open)));
    let counts = older.balance(None, None).unwrap().remove(0).from_state;
    assert_eq!((counts.acknowledged, counts.refused_by_billing), (1, 1));
    assert_eq!(send(&both).unwrap(), Acknowledged { recorded: 0, known: 2, to_review: 0, open: 0 }, "still the same");
    sound(older);
}

trait Booth {
    fn register(&self);
}

impl<D: Db> Booth for Ledger<D> {
    fn register(&self) {
        self.put_booth(NOW, &operator(), &booth(BOOTH)).unwrap();
    }
}

#[test]
fn an_export_larger_than_a_step_is_whole_in_order_and_balanced() {
    in_steps(&open(&folder().1));
}

#[test]
fn corrections_wait_for_a_lost_file_and_everything_else_goes_on() {
    lost(&open(&folder().1));
}

#[test]
fn nothing_waits_for_a_file_that_was_given_up_and_its_corrections_are_due() {
    released(&open(&folder().1));
}

#[test]
fn an_export_of_corrections_is_given_up_or_sealed_and_never_both() {
    sealed(&open(&folder().1));
}

#[test]
fn billing_answers_to_lines_that_were_taken_over_and_the_answers_are_settled_with_them() {
    let (newer, older) = (folder(), folder());
    adopted_answers(&open(&newer.1), &open(&older.1));
}

#[test]
fn steps_lost_files_and_adopted_answers_are_the_same_on_postgresql() {
    let Some(programs) = programs_or_skip("exports in steps on PostgreSQL") else { return };
    let server = Server::start(&programs, Commits::Unsynced).unwrap();
    let all: [fn(&Ledger<PostgresDb>); 5] = [in_steps, lost, released, sealed, |older| {
        let (_folder, path) = folder();
        adopted_answers(&open(&path), older);
    }];
    for (number, what) in all.into_iter().enumerate() {
        let name = format!("steps{number}");
        server.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE template0 LOCALE 'C.UTF-8'")).unwrap();
        let db = PostgresDb::open(&server.url(SUPERUSER, &name)).unwrap();
        what(&Ledger::migrate(db, Some(NOW)).unwrap());
    }
}

/// An export that a backup holds half bound was published by the ledger that went on: its lines are all taken over.
#[test]
fn an_export_that_was_half_bound_in_the_backup_is_taken_over_whole() {
    let (newer, older) = (world(), world());
    for world in [&newer, &older] {
        for n in 0..4 {
            world.accepted(&format!("k{n}"), &format!("PLT{n}{n}{n}{n}"));
        }
    }
    let (_, artefact, lines) = published(&newer.ledger);
    // What a crash after the first of two steps leaves.
    older.set(&[("export.step_rows", "2")]);
    begin(&older.ledger);
    older.sql("DROP TRIGGER bill_line_stays_there").unwrap();
    older.sql("DROP TRIGGER passage_stays_bound").unwrap();
    let last = "(SELECT passage_sequence FROM bill_line WHERE line > 2)";
    older.sql(&format!("UPDATE passage SET export_sequence = NULL WHERE sequence IN {last}")).unwrap();
    older.sql("DELETE FROM bill_line WHERE line > 2").unwrap();
    older.sql("UPDATE export SET filling = 1, row_count = 2").unwrap();
    let adopted = older.ledger.adopt_export(NOW, &operator(), &artefact, &lines).unwrap();
    assert_eq!(adopted, Adopted { sequence: 1, new: true, lines: 4, open: 0 });
    assert_eq!(older.number("SELECT count(*) FROM bill_line WHERE export_sequence = 1"), 4);
    let rows = |world: &World| world.ledger.export_rows(1, 0, 10).unwrap();
    let passages = |world: &World| rows(world).into_iter().map(|(_, line)| line.passage).collect::<Vec<_>>();
    assert_eq!(passages(&older), passages(&newer));
    assert_eq!(older.ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap(), Begun::NothingToExport);
    sound(&older.ledger);
}

/// Corrections that a backup holds bound were given up by the ledger that went on, and their number was used by bill lines.
#[test]
fn an_export_of_corrections_that_was_given_up_after_the_backup_makes_room_for_what_was_published() {
    let (newer, older) = (world(), world());
    for world in [&newer, &older] {
        let one = take(&world.ledger, "one", "ONE1234");
        published(&world.ledger);
        correct(&world.ledger, &one, "COR1111");
        assert_eq!(begin(&world.ledger).kind, Kind::Corrections);
    }
    assert!(newer.ledger.give_up_export(NOW, &exporter(), 2, 1).unwrap());
    for world in [&newer, &older] {
        take(&world.ledger, "two", "TWO1234");
    }
    let (_, artefact, lines) = published(&newer.ledger);
    let adopted = older.ledger.adopt_export(NOW, &operator(), &artefact, &lines).unwrap();
    assert_eq!(adopted, Adopted { sequence: 2, new: true, lines: 1, open: 0 });
    let due = begin(&older.ledger);
    assert_eq!((due.sequence, due.kind, due.rows), (3, Kind::Corrections, 1));
    sound(&older.ledger);
}

/// The same, and their number was used by other corrections.
#[test]
fn an_export_of_corrections_that_was_given_up_makes_room_for_other_corrections() {
    let (newer, older) = (world(), world());
    let mut ids = Vec::new();
    for world in [&newer, &older] {
        ids = vec![take(&world.ledger, "one", "ONE1234"), take(&world.ledger, "two", "TWO1234")];
        published(&world.ledger);
        correct(&world.ledger, &ids[0], "COR1111");
        assert_eq!(begin(&world.ledger).kind, Kind::Corrections);
    }
    assert!(newer.ledger.give_up_export(NOW, &exporter(), 2, 1).unwrap());
    newer.ledger.file_is_back(NOW, &exporter(), 1).unwrap();
    correct(&newer.ledger, &ids[1], "COR2222");
    let Begun::Proceed(bound) = newer.ledger.begin_export(NOW + MINUTE, &exporter(), Cause::Requested).unwrap() else {
        panic!("two corrections are due")
    };
    assert_eq!((bound.sequence, bound.rows), (2, 2));
    let lines = Content::read(bound.kind, &content(&newer.ledger, &bound)).unwrap();
    let artefact = artefact(&newer.ledger, &bound);
    newer.ledger.publish_export(NOW + MINUTE, &exporter(), 2, &artefact).unwrap();
    let adopted = older.ledger.adopt_export(NOW + HOUR, &operator(), &artefact, &lines).unwrap();
    assert_eq!(adopted, Adopted { sequence: 2, new: true, lines: 2, open: 0 });
    let one = older.ledger.passage(&ids[0]).unwrap().unwrap();
    assert_eq!((one.state, one.correction, one.export_sequence), (State::Accepted, None, Some(2)), "billing has it");
    let two = older.ledger.passage(&ids[1]).unwrap().unwrap();
    assert_eq!((two.state, two.correction), (State::InReview, Some(Question::Open)));
    sound(&older.ledger);
}
