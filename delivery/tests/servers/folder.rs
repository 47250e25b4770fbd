//! A folder of this machine.

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use tollbooth_delivery::{Reporter, RunOptions, Standing, StateDir, Stop, fetch, run};

use crate::books::{Books, Desk, manifest_name};
use crate::ntfs::Ntfs;
use crate::scenarios;
use crate::server::{SmallDisk, until};

#[test]
fn a_folder_gets_everything_in_sequence_and_only_once() {
    let root = tempfile::tempdir().unwrap();
    scenarios::all(|| {
        let path = tempfile::tempdir_in(root.path()).unwrap().keep();
        format!("kind = \"folder\"\npath = \"{}\"", path.display())
    });
}

#[test]
fn a_folder_that_is_not_mounted_is_not_made() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("not-mounted");
    let desk = Desk::new(&format!("kind = \"folder\"\npath = \"{}\"", path.display()));
    let (state, words) = desk.fails(&Books::of(1, 100));
    assert_eq!(state, "folder-missing", "{words}");
    assert!(!path.exists());
}

#[test]
fn a_full_disk_delays_and_loses_nothing() {
    let root = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::at(root.path(), 1) else { return };
    let path = disk.seen_from_outside(root.path());
    let desk = Desk::new(&format!("kind = \"folder\"\npath = \"{}\"", path.display()));
    let books = Books::of(3, 500_000);
    let (state, words) = desk.fails(&books);
    assert_eq!(state, "full", "{words}");
    scenarios::assert_sound(desk.open().as_mut(), &books);
    disk.grow(20);
    desk.delivers(&books);
    scenarios::assert_delivered(desk.open().as_mut(), &books);
}

#[test]
fn room_that_is_missing_in_our_own_folder_is_not_told_as_the_silence_of_the_server() {
    let root = tempfile::tempdir().unwrap();
    let desk = Desk::new(&format!("kind = \"folder\"\npath = \"{}\"", root.path().display()));
    let mut books = Books::of(1, 1_000);
    books.no_room = true;
    let (state, words) = desk.fails(&books);
    assert_eq!(state, "progress-unwritable", "{words}");
    books.no_room = false;
    assert_eq!(desk.delivers(&books).written.len(), 1);
}

#[test]
fn what_is_brought_back_into_a_full_folder_is_told_as_that_and_goes_on_when_there_is_room() {
    let root = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::at(root.path(), 1) else { return };
    let into = disk.seen_from_outside(root.path());
    let place = tempfile::tempdir().unwrap();
    let desk = Desk::new(&format!("kind = \"folder\"\npath = \"{}\"", place.path().display()));
    desk.delivers(&Books::of(1, 2_000_000));
    let destination = &desk.config.destinations[0];
    let trouble = fetch(destination, &into).unwrap_err();
    assert_eq!(trouble.state(), "progress-unwritable", "{trouble}");
    disk.grow(20);
    assert_eq!(fetch(destination, &into).unwrap(), 1);
}

#[test]
fn a_file_that_was_given_up_keeps_nothing_after_it_from_being_delivered() {
    let root = tempfile::tempdir().unwrap();
    let destination = format!("kind = \"folder\"\npath = \"{}\"", root.path().display());
    let desk = Desk::new(&destination);
    let mut books = Books::of(3, 1_000);
    books.given_up = Some(2);
    let all = books.all();
    assert_eq!(desk.delivers(&books).written, [all[0].file_name.clone(), all[2].file_name.clone()]);
    assert!(!root.path().join(&all[1].file_name).exists());
    let manifest = root.path().join("manifests").join(manifest_name(&all[1]));
    assert_eq!(std::fs::read(manifest).unwrap(), all[1].manifest);
    // Neither is it asked for again, by whoever lost the progress either.
    let asked = *books.asked.lock().unwrap();
    let forgetful = Desk::new(&destination).delivers(&books);
    assert_eq!((forgetful.written.len(), forgetful.found), (0, 3));
    assert_eq!(*books.asked.lock().unwrap(), asked);
}

#[test]
fn a_folder_that_may_only_be_read_is_told_as_that_and_gets_everything_later() {
    let root = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::at(root.path(), 5) else { return };
    let path = disk.seen_from_outside(root.path());
    let desk = Desk::new(&format!("kind = \"folder\"\npath = \"{}\"", path.display()));
    let books = Books::of(1, 1_000);
    for round in 1..=2 {
        disk.remount("ro");
        let (state, words) = desk.fails(&books);
        assert_eq!(state, "denied", "round {round}: {words}");
        disk.remount("rw");
        desk.delivers(&books);
        scenarios::assert_delivered(desk.open().as_mut(), &books);
        books.publish(1_000, 0);
    }
}

#[test]
fn what_was_left_by_a_run_that_was_killed_while_it_wrote_counts_for_nothing() {
    let root = tempfile::tempdir().unwrap();
    let desk = Desk::new(&format!("kind = \"folder\"\npath = \"{}\"", root.path().display()));
    let books = Books::of(2, 1_000);
    std::fs::create_dir(root.path().join("manifests")).unwrap();
    for book in books.all() {
        let half = root.path().join(format!("manifests/.tollbooth-{}.partial", book.file_name));
        std::fs::write(half, &book.file[..500]).unwrap();
    }
    scenarios::assert_sound(desk.open().as_mut(), &books);
    assert_eq!(desk.delivers(&books).written.len(), 2);
    scenarios::assert_delivered(desk.open().as_mut(), &books);
}

#[test]
fn a_disk_that_refuses_the_contract_s_names_is_told_as_that_and_takes_the_portable_ones() {
    let root = tempfile::tempdir().unwrap();
    let at = root.path().join("disk");
    std::fs::create_dir(&at).unwrap();
    let Some(disk) = Ntfs::at(&at) else { return };
    let destination = format!("kind = \"folder\"\npath = \"{}\"", disk.seen_from_outside(&at).display());
    let books = Books::of(2, 1_000);
    let (state, words) = Desk::new(&destination).fails(&books);
    assert_eq!(state, "name-refused", "{words}");
    assert!(words.contains("names = \"portable\""), "{words}");
    let desk = Desk::new(&format!("{destination}\nnames = \"portable\""));
    assert_eq!(desk.delivers(&books).written, ["2026-11-21T000100Z-000001.csv", "2026-11-21T000200Z-000002.csv"]);
    assert!(desk.delivers(&books).written.is_empty());
    for (book, name) in books.all().iter().zip(["2026-11-21T000100Z-000001.csv", "2026-11-21T000200Z-000002.csv"]) {
        assert_eq!(std::fs::read(disk.seen_from_outside(&at).join(name)).unwrap(), book.file);
    }
}

/// Keeps the states that it was told.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Told {
    fn is(&self, state: &str) -> bool {
        self.0.lock().unwrap().last().is_some_and(|last| last == state)
    }
}

impl Reporter for Told {
    fn report(&self, standing: &Standing) {
        self.0.lock().unwrap().push(standing.state.to_string());
    }
}

/// Ends what runs also when the test fails.
struct Ending<'a>(&'a Stop);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.set();
    }
}

#[test]
fn a_damaged_progress_is_reported_and_the_delivery_goes_on_when_it_was_mended() {
    let root = tempfile::tempdir().unwrap();
    let desk = Desk::new(&format!("kind = \"folder\"\npath = \"{}\"", root.path().display()));
    let progress = desk.state.path().join("billing.json");
    std::fs::write(&progress, "{").unwrap();
    let books = Books::of(1, 100);
    let state = StateDir::open(desk.state.path()).unwrap();
    let (told, stop) = (Told::default(), Stop::default());
    let options = RunOptions { refused: Duration::from_millis(10), ..RunOptions::default() };
    thread::scope(|scope| {
        let running = scope.spawn(|| run(&desk.config, &state, &books, &told, &options, &stop));
        let ending = Ending(&stop);
        until("it is reported", || told.is("progress-unwritable"));
        std::fs::remove_file(&progress).unwrap();
        until("it is delivered", || told.is("up-to-date"));
        drop(ending);
        let outcomes = running.join().unwrap();
        assert!(outcomes[0].trouble.is_none(), "{outcomes:?}");
    });
    scenarios::assert_delivered(desk.open().as_mut(), &books);
}

#[test]
fn a_destination_with_much_to_catch_up_on_is_heard_of_meanwhile() {
    let root = tempfile::tempdir().unwrap();
    let desk = Desk::new(&format!("kind = \"folder\"\npath = \"{}\"", root.path().display()));
    let books = Books::of(45, 100);
    let state = StateDir::open(desk.state.path()).unwrap();
    let told = Told::default();
    let options = RunOptions { once: true, ..RunOptions::default() };
    let outcomes = run(&desk.config, &state, &books, &told, &options, &Stop::default());
    assert!(outcomes[0].trouble.is_none(), "{outcomes:?}");
    assert_eq!(outcomes[0].done.written.len(), 45);
    assert_eq!(*told.0.lock().unwrap(), ["delivering", "delivering", "up-to-date"]);
    scenarios::assert_delivered(desk.open().as_mut(), &books);
}
