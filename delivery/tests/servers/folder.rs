//! A folder of this machine.

use crate::books::{Books, Desk};
use crate::scenarios;
use crate::server::SmallDisk;

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
