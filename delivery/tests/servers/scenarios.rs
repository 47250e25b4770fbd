//! What must hold at every destination, whatever it is.

use std::collections::BTreeSet;

use tollbooth_delivery::{Area, Content, Place, Put};
use tollbooth_pipeline::ident::sha256_hex;

use crate::books::{Books, Desk, manifest_name};

/// Nothing lost, nothing twice, nothing half: exactly these exports lie there, whole, and nothing else where billing reads.
pub fn assert_delivered(place: &mut dyn Place, books: &Books) {
    let all = books.all();
    for area in [Area::Files, Area::Corrections] {
        let of_area = all.iter().map(|book| book.file_name.clone()).filter(|name| Area::of_file(name) == area);
        assert_eq!(visible(place, area), of_area.collect::<BTreeSet<String>>());
    }
    let mut manifests: BTreeSet<String> = all.iter().map(manifest_name).collect();
    manifests.insert("lab.schema.json".to_owned());
    if all.iter().any(|book| Area::of_file(&book.file_name) == Area::Corrections) {
        manifests.insert("corrections.schema.json".to_owned());
    }
    if books.signature.is_some() {
        manifests.extend(all.iter().map(|book| format!("{}.signature.json", book.file_name)));
    }
    assert_eq!(visible(place, Area::Manifests), manifests);
    for book in &all {
        let mut file = Vec::new();
        assert!(place.fetch(Area::of_file(&book.file_name), &book.file_name, &mut file).unwrap());
        assert!(file == book.file, "{} differs", book.file_name);
        assert_eq!(place.text(Area::Manifests, &manifest_name(book)).unwrap(), Some(book.manifest.clone()));
    }
}

/// A broken delivery: what lies there is whole, in sequence, and no manifest names a missing file.
pub fn assert_sound(place: &mut dyn Place, books: &Books) {
    let all = books.all();
    let files = visible(place, Area::Files);
    let manifests = visible(place, Area::Manifests);
    for (index, book) in all.iter().enumerate() {
        if manifests.contains(&manifest_name(book)) {
            assert!(files.contains(&book.file_name), "a manifest names {}, which is missing", book.file_name);
            assert!(all[..index].iter().all(|before| manifests.contains(&manifest_name(before))), "not in sequence");
        }
        if files.contains(&book.file_name) {
            let mut file = Vec::new();
            place.fetch(Area::Files, &book.file_name, &mut file).unwrap();
            assert!(file == book.file, "half of {} is visible", book.file_name);
        }
    }
    assert!(files.iter().all(|name| all.iter().any(|book| book.file_name == *name)), "strangers in {files:?}");
}

/// What people and programs see: no folder, and nothing whose name begins with a dot.
fn visible(place: &mut dyn Place, area: Area) -> BTreeSet<String> {
    place
        .list(area)
        .unwrap()
        .into_iter()
        .filter(|name| !name.starts_with('.') && !["manifests", "corrections"].contains(&name.as_str()))
        .collect()
}

/// In sequence, once, also from a new process and from one that lost its progress; signed and described.
pub fn delivers_in_sequence_and_only_once(destination: &str) {
    let mut books = Books::of(3, 2000);
    books.signature = Some(b"{\"signatures\": []}".to_vec());
    let desk = Desk::new(destination);
    let names: Vec<_> = books.all().into_iter().map(|book| book.file_name).collect();
    assert_eq!(desk.delivers(&books).written, names);
    assert_delivered(desk.open().as_mut(), &books);
    assert_eq!(desk.delivers(&books).written, Vec::<String>::new());

    // Corrections lie apart: nobody may take one for a bill. The description was an earlier version's, of fewer columns.
    let (mut place, schema) = (desk.open(), "lab.schema.json");
    let current = place.text(Area::Manifests, schema).unwrap();
    place.remove(Area::Manifests, schema).unwrap();
    let earlier = b"{\"fields\": []}";
    let sha256 = sha256_hex(earlier);
    let content = Content::text(earlier, &sha256);
    assert_eq!(place.put(Area::Manifests, schema, &content, ".tollbooth-test.partial").unwrap(), Put::Written);
    books.correct();
    books.publish(1_000_000, 0);
    assert_eq!(desk.delivers(&books).written.len(), 2);
    assert!(current.is_some() && place.text(Area::Manifests, schema).unwrap() == current, "it is the newest files'");
    let forgetful = Desk::new(destination);
    let pass = forgetful.delivers(&books);
    assert_eq!((pass.written.len(), pass.found), (0, 5));
    assert_delivered(desk.open().as_mut(), &books);
}

/// B17: the ledger was restored from a backup, and counted on from there.
pub fn refuses_a_ledger_that_is_older_than_what_is_there(destination: &str) {
    let books = Books::of(3, 500);
    let desk = Desk::new(destination);
    desk.delivers(&books);
    let older = books.restored(1);
    for _ in 0..2 {
        // Its own progress knows, and so does the destination.
        for desk in [&desk, &Desk::new(destination)] {
            let (state, words) = desk.fails(&older);
            assert_eq!(state, "ledger-older", "{words}");
            assert!(words.contains("export 3") || words.contains("export 2"), "{words}");
        }
        // The same lines under another number and name.
        older.publish(500, 30);
    }
    assert_delivered(desk.open().as_mut(), &books);
    assert_eq!(desk.delivers(&books).written, Vec::<String>::new());
}

/// A run that ended between a file and its manifest; and a stranger under a name that we need.
pub fn goes_on_between_file_and_manifest_and_leaves_strangers_alone(destination: &str) {
    let books = Books::of(2, 800);
    let desk = Desk::new(destination);
    let all = books.all();
    let mut place = desk.open();
    let put = |place: &mut dyn Place, name: &str, bytes: &[u8]| {
        let sha256 = sha256_hex(bytes);
        place.put(Area::Files, name, &Content::text(bytes, &sha256), ".tollbooth-test.partial").unwrap()
    };
    assert_eq!(put(place.as_mut(), &all[0].file_name, &all[0].file), Put::Written);
    assert_eq!(put(place.as_mut(), &all[1].file_name, b"a stranger"), Put::Written);
    assert_eq!(put(place.as_mut(), &all[1].file_name, b"another"), Put::Taken);

    let (pass, done) = desk.pass(&books);
    let trouble = done.unwrap_err();
    assert_eq!((trouble.state(), pass.written.len()), ("other-file", 0));
    assert!(trouble.to_string().contains(&all[1].file_name), "{trouble}");
    let mut found = Vec::new();
    assert!(place.fetch(Area::Files, &all[1].file_name, &mut found).unwrap());
    assert_eq!(found, b"a stranger");

    place.remove(Area::Files, &all[1].file_name).unwrap();
    assert_eq!(desk.delivers(&books).written, [all[1].file_name.clone()]);
    assert_delivered(place.as_mut(), &books);
}

/// What billing took away is not delivered again, also not by a process that lost its progress.
pub fn what_billing_took_is_not_delivered_again(destination: &str) {
    let books = Books::of(2, 800);
    let desk = Desk::new(destination);
    desk.delivers(&books);
    desk.open().remove(Area::Files, &books.all()[0].file_name).unwrap();
    assert!(desk.delivers(&books).written.is_empty());
    assert!(Desk::new(destination).delivers(&books).written.is_empty());
}

/// The destination comes back as it was some nights ago: its last file and manifest are gone, and billing may have read them.
pub fn an_older_copy_of_the_destination_gets_nothing_again_by_itself(destination: &str) {
    let books = Books::of(3, 800);
    let desk = Desk::new(destination);
    desk.delivers(&books);
    let last = books.all().remove(2);
    let mut place = desk.open();
    place.remove(Area::Files, &last.file_name).unwrap();
    place.remove(Area::Manifests, &manifest_name(&last)).unwrap();
    assert!(desk.delivers(&books).written.is_empty());
    books.publish(800, 0);
    let next = books.all().remove(3).file_name;
    assert_eq!(desk.delivers(&books).written, [next]);
    assert!(Desk::new(destination).delivers(&books).written.is_empty());
}

/// What a process that was killed leaves after each of the steps in which it delivers an export: the file, the description of its
/// columns, its signature, its manifest, and at last what is remembered on its own disk. Whoever goes on delivers it once.
fn goes_on_after_any_step(fresh: &dyn Fn() -> String) {
    let mut books = Books::of(1, 800);
    books.signature = Some(b"{\"signatures\": []}".to_vec());
    let book = books.all().remove(0);
    let whole = Desk::new(&fresh());
    whole.delivers(&books);
    let mut place = whole.open();
    let steps = [
        (Area::Files, book.file_name.clone()),
        (Area::Manifests, "lab.schema.json".to_owned()),
        (Area::Manifests, format!("{}.signature.json", book.file_name)),
        (Area::Manifests, manifest_name(&book)),
    ]
    .map(|(area, name)| {
        let mut bytes = Vec::new();
        assert!(place.fetch(area, &name, &mut bytes).unwrap(), "{name} is not delivered");
        (area, name, bytes)
    });
    for done in 0..=steps.len() {
        let destination = fresh();
        let desk = Desk::new(&destination);
        let mut place = desk.open();
        for (area, name, bytes) in &steps[..done] {
            let sha256 = sha256_hex(bytes);
            let content = Content::text(bytes, &sha256);
            assert_eq!(place.put(*area, name, &content, ".tollbooth-test.partial").unwrap(), Put::Written);
        }
        let pass = desk.delivers(&books);
        let expected = (usize::from(done == 0), u64::from(done == steps.len()));
        assert_eq!((pass.written.len(), pass.found), expected, "killed after {done} steps");
        assert_delivered(place.as_mut(), &books);
        for again in [&desk, &Desk::new(&destination)] {
            assert!(again.delivers(&books).written.is_empty(), "killed after {done} steps");
        }
    }
}

/// All of them.
pub fn all(fresh: impl Fn() -> String) {
    goes_on_after_any_step(&fresh);
    delivers_in_sequence_and_only_once(&fresh());
    refuses_a_ledger_that_is_older_than_what_is_there(&fresh());
    goes_on_between_file_and_manifest_and_leaves_strangers_alone(&fresh());
    what_billing_took_is_not_delivered_again(&fresh());
    an_older_copy_of_the_destination_gets_nothing_again_by_itself(&fresh());
}
