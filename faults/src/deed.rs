//! What may happen in a random schedule: deeds of clients, jumps of the clock, and the faults that strike them.

use serde_json::{Value, json};

use crate::actor::Actor;
use crate::calls::Death;
use crate::dice::Dice;
use crate::photos::{damaged, empty, failure, plate, scripted, trap};
use crate::sessions;
use crate::staff::{self, Handling, PEOPLE};
use crate::stage::BOOTHS;
use crate::witness::Upload;

/// One thing somebody does. Numbers choose among what there is when it is done.
#[derive(Debug, Clone)]
pub enum Deed {
    /// A camera sends a new photo: booth, number of the photo, what it shows, seconds since it was taken.
    Photo(usize, u64, Shown, i64),
    /// A camera sends something again.
    Resend(u64),
    /// A camera uses a key again for another photo.
    Conflict(u64, u64),
    /// A camera sends the same photo under another key; with another capture time when true.
    SamePhoto(u64, u64, bool),
    /// The reading stage ticks, by request or by cron.
    Tick(bool),
    /// A person claims a review and does this with it.
    Review(usize, Judgement),
    /// A person decides with what was known some time ago.
    LateVerdict(usize),
    /// The supervisor opens something again.
    Reopen(u64),
    /// The supervisor decides the oldest that is theirs alone, or takes the flag from it.
    Adjudicate(bool),
    /// The supervisor gives something to a person, or that person gives it back.
    Assign(usize, u64, bool),
    /// Billing answers to something: the export, the passage, whether it refuses.
    Acknowledge(u64, u64, bool),
    /// An export, by request, tick or cron.
    Export(u64),
    /// The clock jumps by milliseconds.
    Jump(i64),
    /// A booth's camera gets another token and the old one is revoked.
    Replace(usize),
    /// A setting changes.
    Setting(u64),
    /// Alerts are looked at, and messages delivered.
    Tell,
    /// An operator does something about alerts or mail.
    Handle(Handling),
    /// A person takes back what they decided last.
    Undo(usize),
    /// A person signs in with another browser.
    SignIn(usize),
    /// A person signs out, in one browser or everywhere.
    SignOut(usize, bool),
    /// Ann chooses how the console looks.
    Prefer(u64),
    /// What happened is added up.
    AddUp,
    /// What finally failed is sent to the recogniser again, all of it.
    Bulk(bool),
}

/// What a person does with a claimed review.
#[derive(Debug, Clone, Copy)]
pub enum Judgement {
    /// Types a plate of this number.
    Plate(u64),
    /// Rejects.
    Reject,
    /// Sends it back to the recogniser.
    Reprocess,
    /// Asks a supervisor.
    Flag,
    /// Goes for lunch with the claim.
    Nothing,
}

/// What a photo shows, as far as the recogniser is concerned.
#[derive(Debug, Clone, Copy)]
pub enum Shown {
    /// A plate of this number.
    Plate(u64),
    /// A plate that is hard to read.
    Unsure(u64),
    /// An empty road.
    Road,
    /// A plate, after a failure of this class.
    After(&'static str, u64),
    /// A failure of this class, each time.
    Always(&'static str),
    /// A plate, after the recogniser died.
    Deadly(u64),
    /// Half a file.
    Damaged,
}

/// What strikes a deed.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Nothing.
    None,
    /// Death at this moment, if it comes.
    Death(usize, Death),
    /// Somebody else acts at this moment, if it comes.
    Meanwhile(usize, Box<Deed>),
}

/// A deed with its fault.
#[derive(Debug, Clone)]
pub struct Step {
    /// What is done.
    pub deed: Deed,
    /// What strikes it.
    pub fault: Fault,
}

/// Few plates, so that vehicles come back and front meets rear.
const PLATES: u64 = 12;

/// The schedule of a seed.
#[must_use]
pub fn schedule(seed: u64, deaths: &[Death]) -> Vec<Step> {
    let mut dice = Dice::new(seed);
    let length = 12 + dice.below(36);
    (0..length).map(|number| step(&mut dice, number, deaths)).collect()
}

fn step(dice: &mut Dice, number: u64, deaths: &[Death]) -> Step {
    let deed = deed(dice, number);
    let moment = usize::try_from(dice.below(70)).unwrap_or_default();
    let fault = match dice.below(100) {
        0..25 => {
            let which = usize::try_from(dice.below(deaths.len() as u64)).unwrap_or_default();
            deaths.get(which).map_or(Fault::None, |death| Fault::Death(moment, *death))
        }
        25..45 => Fault::Meanwhile(moment, Box::new(self::deed(dice, 1_000 + number))),
        _ => Fault::None,
    };
    Step { deed, fault }
}

fn deed(dice: &mut Dice, number: u64) -> Deed {
    let booth = usize::try_from(dice.below(2)).unwrap_or_default();
    match dice.below(120) {
        0..30 => Deed::Photo(booth, number, shown(dice), i64::try_from(dice.below(200)).unwrap_or_default()),
        30..37 => Deed::Resend(dice.roll()),
        37..40 => Deed::Conflict(dice.roll(), 10_000 + number),
        40..45 => Deed::SamePhoto(dice.roll(), number, dice.percent(50)),
        45..63 => Deed::Tick(dice.percent(30)),
        63..75 => Deed::Review(booth, judgement(dice)),
        75..77 => Deed::LateVerdict(booth),
        77..79 => Deed::Reopen(dice.roll()),
        79 => Deed::Adjudicate(dice.percent(70)),
        80 => Deed::Assign(booth, dice.roll(), dice.percent(70)),
        81..88 => Deed::Export(dice.below(3)),
        88..90 => Deed::Acknowledge(dice.roll(), dice.roll(), dice.percent(40)),
        90..97 => Deed::Jump(jump(dice)),
        97..98 => Deed::Replace(booth),
        98..101 => Deed::Setting(dice.roll()),
        101..105 => Deed::Tell,
        105..108 => Deed::Handle(Handling::draw(dice)),
        108..111 => Deed::Undo(booth),
        111..113 => Deed::SignIn(booth),
        113..115 => Deed::SignOut(booth, dice.percent(50)),
        115 => Deed::Prefer(dice.roll()),
        116..118 => Deed::AddUp,
        _ => Deed::Bulk(dice.percent(50)),
    }
}

fn shown(dice: &mut Dice) -> Shown {
    let number = dice.below(PLATES);
    match dice.below(100) {
        0..60 => Shown::Plate(number),
        60..70 => Shown::Unsure(number),
        70..75 => Shown::Road,
        75..83 => Shown::After("outage", number),
        83..87 => Shown::After("throttled", number),
        87..91 => Shown::Deadly(number),
        91..94 => Shown::Always("timed-out"),
        94..97 => Shown::Always("unauthorized"),
        _ => Shown::Damaged,
    }
}

fn judgement(dice: &mut Dice) -> Judgement {
    match dice.below(10) {
        0..5 => Judgement::Plate(dice.below(PLATES)),
        5..7 => Judgement::Reject,
        7 => Judgement::Reprocess,
        8 => Judgement::Flag,
        _ => Judgement::Nothing,
    }
}

/// Seconds, minutes, the hour of daylight saving, and back.
fn jump(dice: &mut Dice) -> i64 {
    let size = match dice.below(4) {
        0 => 1_000 + dice.below(5_000),
        1 => 121_000,
        2 => dice.below(600_000),
        _ => 3_600_000 + dice.below(3_600_000),
    };
    let size = i64::try_from(size).unwrap_or_default();
    if dice.percent(25) { -size } else { size }
}

impl Shown {
    fn photo(self, seed: u64) -> Vec<u8> {
        let steps: Vec<Value> = match self {
            Self::Plate(number) => vec![plate(&text(number), 0.99)],
            Self::Unsure(number) => vec![plate(&text(number), 0.6)],
            Self::Road => vec![empty()],
            Self::After(class, number) => vec![failure(class, None), plate(&text(number), 0.99)],
            Self::Always(class) => vec![failure(class, None)],
            Self::Deadly(number) => vec![trap(), plate(&text(number), 0.99)],
            Self::Damaged => return damaged(seed),
        };
        scripted(seed, &steps)
    }
}

fn text(number: u64) -> String {
    format!("DHN{number:04}")
}

impl Deed {
    /// The token that this deed revokes, by name: others may be refused with it from now on.
    #[must_use]
    pub fn revokes(&self) -> Option<String> {
        match self {
            Self::Replace(booth) => BOOTHS.get(*booth).map(|booth| format!("camera-{booth}")),
            _ => None,
        }
    }

    /// Does it. Whether an answer came is nobody's concern here.
    pub fn run(&self, actor: &mut Actor) {
        match self {
            Self::Photo(booth, number, shown, age) => {
                let Some(booth) = BOOTHS.get(*booth) else { return };
                let upload = upload(actor, booth, &format!("k{number}"), *age, shown.photo(*number));
                actor.upload(&upload);
            }
            Self::Resend(which) => {
                if let Some(upload) = sent_before(actor, *which) {
                    actor.upload(&upload);
                }
            }
            Self::Conflict(which, number) => {
                if let Some(before) = sent_before(actor, *which) {
                    let photo = Shown::Plate(number % PLATES).photo(*number);
                    let upload = Upload { photo: photo.into(), ..before };
                    actor.upload(&upload);
                }
            }
            Self::SamePhoto(which, number, later) => {
                if let Some(before) = sent_before(actor, *which) {
                    let mut upload = Upload { key: format!("s{number}"), ..before };
                    if *later {
                        upload.captured_at = capture_time(actor, 7);
                    }
                    actor.upload(&upload);
                }
            }
            Self::Tick(cron) => {
                if *cron {
                    let _ = actor.wire.fire("ocr-call-cron");
                } else {
                    actor.tick();
                }
            }
            Self::Review(person, judgement) => review(actor, *person, *judgement),
            Self::LateVerdict(person) => {
                let (passage, version) = (actor.fact("seen").to_owned(), actor.fact("seen-version").parse());
                if let (Some(person), Ok(version)) = (PEOPLE.get(*person), version) {
                    actor.verdict(person, &passage, version, Some("LATE999"));
                }
            }
            Self::Reopen(which) => reopen(actor, *which),
            Self::Adjudicate(decides) => adjudicate(actor, *decides),
            Self::Assign(person, which, gives) => assign(actor, *person, *which, *gives),
            Self::Acknowledge(export, which, refuses) => acknowledge(actor, *export, *which, *refuses),
            Self::Export(how) => {
                if *how == 2 {
                    let _ = actor.wire.fire("exporter-cron");
                } else {
                    actor.export(*how == 1);
                }
            }
            Self::Jump(by) => actor.clock.jump(*by),
            Self::Replace(booth) => {
                if let Some(booth) = BOOTHS.get(*booth) {
                    replace(actor, booth);
                }
            }
            Self::Setting(which) => {
                let changes = match which % 7 {
                    0 => json!({ "export.max_rows": 1 }),
                    3 => json!({ "export.copies": [{ "name": "records", "columns": "full" }] }),
                    4 => json!({ "review.second_reading_percent": 50, "judge.quality_sample_percent": 30 }),
                    5 => json!({ "alerts.mail_to": staff::receiver(*which), "alerts.all_is_well_at": "" }),
                    1 => json!({ "export.max_rows": null, "export.step_rows": 1, "reading.max_attempts": 2 }),
                    2 => json!({ "reading.concurrency": 1 + which % 3 }),
                    _ => json!({ "reading.backoff_seconds": 1 + which % 60, "reading.max_attempts": 3 }),
                };
                actor.settings(&changes);
            }
            Self::Tell => drop(actor.tell()),
            Self::Handle(handling) => handling.run(actor),
            Self::Undo(person) => staff::undo(actor, *person),
            Self::SignIn(person) => staff::sign_in(actor, *person),
            Self::SignOut(person, everywhere) => staff::sign_out(actor, *person, *everywhere),
            Self::Prefer(which) => {
                let theme = if which.is_multiple_of(2) { "light" } else { "dark" };
                sessions::prefer(actor, &json!({ "theme": theme }));
            }
            Self::AddUp => drop(actor.add_up()),
            Self::Bulk(outages) => {
                let reason = if *outages { "recognizer-exhausted" } else { "recognizer-unauthorized" };
                actor.reprocess_failed(reason);
            }
        }
    }
}

fn upload(actor: &Actor, booth: &str, key: &str, age: i64, photo: Vec<u8>) -> Upload {
    let captured_at = capture_time(actor, age);
    let (lane, camera) = ("1".to_owned(), "front".to_owned());
    Upload { booth: booth.to_owned(), key: key.to_owned(), captured_at, lane, camera, photo: photo.into() }
}

/// As a camera in Chicago writes it, that changes its offset when clocks go back.
fn capture_time(actor: &Actor, age: i64) -> String {
    const CLOCKS_GO_BACK_MS: i64 = 1_793_516_400_000;
    let at = actor.clock.now_ms() - age * 1000;
    let (hours, offset) = if at < CLOCKS_GO_BACK_MS { (5, "-05:00") } else { (6, "-06:00") };
    let local = tollbooth_pipeline::capture::rfc3339(at - hours * 3_600_000);
    format!("{}{offset}", local.trim_end_matches('Z'))
}

fn sent_before(actor: &Actor, which: u64) -> Option<Upload> {
    let sent: Vec<&Upload> = actor.witness.sent.values().flatten().collect();
    let index = usize::try_from(which.checked_rem(sent.len() as u64)?).ok()?;
    sent.get(index).map(|upload| (*upload).clone())
}

fn review(actor: &mut Actor, person: usize, judgement: Judgement) {
    let Some(person) = PEOPLE.get(person) else { return };
    let Some(claimed) = actor.claim(person, None).filter(|claimed| claimed.status == 200) else { return };
    let (passage, version) = (claimed.text("passage"), claimed.json()["version"].as_u64().unwrap_or_default());
    actor.facts.insert("seen".to_owned(), passage.clone());
    actor.facts.insert("seen-version".to_owned(), version.to_string());
    match judgement {
        Judgement::Plate(number) => drop(actor.verdict(person, &passage, version, Some(&text(number)))),
        Judgement::Reject => drop(actor.verdict(person, &passage, version, None)),
        Judgement::Reprocess => drop(actor.reprocess(person, &passage, version)),
        Judgement::Flag => drop(actor.flag(person, &passage, version)),
        Judgement::Nothing => {}
    }
}

fn reopen(actor: &mut Actor, which: u64) {
    let known: Vec<String> = actor.witness.acknowledged.values().map(|known| known.passage.clone()).collect();
    let index = which.checked_rem(known.len() as u64).and_then(|index| usize::try_from(index).ok());
    let Some(passage) = index.and_then(|index| known.get(index)) else { return };
    if let Some(shown) = actor.passage(passage) {
        actor.reopen(passage, shown["version"].as_u64().unwrap_or_default());
    }
}

fn adjudicate(actor: &mut Actor, decides: bool) {
    let body = json!({ "queue": "supervisor" });
    let claimed = actor.wire.post("/v1/reviews/claim", actor.fact("supervisor"), &body);
    let Some(claimed) = claimed.filter(|claimed| claimed.status == 200) else { return };
    let (passage, version) = (claimed.text("passage"), claimed.json()["version"].as_u64().unwrap_or_default());
    if decides {
        actor.verdict("supervisor", &passage, version, None);
    } else {
        actor.unflag("supervisor", &passage, version);
    }
}

fn assign(actor: &mut Actor, person: usize, which: u64, gives: bool) {
    let known: Vec<String> = actor.witness.acknowledged.values().map(|known| known.passage.clone()).collect();
    let index = which.checked_rem(known.len() as u64).and_then(|index| usize::try_from(index).ok());
    let (Some(person), Some(passage)) = (PEOPLE.get(person), index.and_then(|index| known.get(index))) else { return };
    if gives {
        actor.assign(person, passage);
    } else {
        actor.unassign(person, passage);
    }
}

fn acknowledge(actor: &mut Actor, export: u64, which: u64, refuses: bool) {
    let known: Vec<String> = actor.witness.acknowledged.values().map(|known| known.passage.clone()).collect();
    let index = which.checked_rem(known.len() as u64).and_then(|index| usize::try_from(index).ok());
    let Some(passage) = index.and_then(|index| known.get(index)) else { return };
    actor.acknowledge(1 + export % 4, passage, refuses.then_some("unknown tariff"));
}

fn replace(actor: &mut Actor, booth: &str) {
    let name = format!("camera-{booth}");
    if actor.revoke(&name).is_some() {
        actor.new_token(&name, "camera", Some(booth));
    }
}
