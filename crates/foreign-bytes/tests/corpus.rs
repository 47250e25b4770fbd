//! The corpus and everything fuzzing ever found, replayed with the ordinary toolchain.

use std::fs;
use std::path::Path;

use tollbooth_foreign_bytes::{TARGETS, run};

#[test]
fn every_input_of_the_corpus_keeps_every_promise() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (name, _) in TARGETS {
        let folder = corpus.join(name);
        let files = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        let mut count = 0;
        for file in files {
            let path = file.unwrap().path();
            let data = fs::read(&path).unwrap();
            let outcome = std::panic::catch_unwind(|| run(name, &data));
            assert!(outcome.is_ok(), "{} breaks a promise", path.display());
            count += 1;
        }
        assert!(count >= 3, "{name} has {count} inputs only");
    }
}

#[test]
fn every_folder_of_the_corpus_belongs_to_a_target() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for folder in fs::read_dir(corpus).unwrap() {
        let name = folder.unwrap().file_name().to_string_lossy().into_owned();
        assert!(TARGETS.iter().any(|(known, _)| *known == name), "{name}");
    }
}
