//! What billing has of each passage, as the published files say it one after the other.
//!
//! A bill line may stand once for a passage; a correction must name the line that stands, by export, row and hash, and
//! stands then itself. So a line that is billed twice shows, and a correction of no line, and two of one.
//!
//! Lines of one passage may be in files years apart. Every line is noted and the notes are sorted by passage, in temporary files
//! (ADR 0036), so what is held does not grow with what was published; what is wrong is known when all files were taken.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind, Read};

use tollbooth_pipeline::export::{Content, ContentReader, Kind, Manifest, ReadPiece, raw_rows, row_sha256};

use super::note::{Corrected, Note};
use super::sorted::Sorter;
use crate::ClientError;

/// Wrong lines of one file that are named; more are counted. A file that was played again is wrong in every line.
const MOST_OF_A_FILE: usize = 20;
/// Wrong lines that are named in all, beside the first of each file.
const MOST: usize = 2_000;

/// Everything published so far. Give it the files in sequence.
#[derive(Default)]
pub(crate) struct Lines {
    /// How findings name each file, in sequence.
    labels: Vec<String>,
    /// Exports whose lines are not known.
    missing: BTreeSet<u64>,
    notes: Sorter,
}

/// What taking one file found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Lines read, up to the first that cannot be.
    pub(crate) lines: u64,
    /// What is wrong with the file. What is wrong between its lines and those of other files is said at the end.
    pub(crate) findings: Vec<String>,
}

impl Lines {
    /// Takes a file that is the one its manifest describes, a piece at a time. Findings begin with the label.
    ///
    /// # Errors
    /// [`ClientError::File`] when the temporary folder does not take what has to be noted.
    pub(crate) fn take(&mut self, label: &str, manifest: &Manifest, file: impl Read) -> Result<Taken, ClientError> {
        let index = self.labels.len() as u64;
        self.labels.push(label.to_owned());
        let mut taken = Taken::default();
        for piece in ContentReader::new(manifest.kind, file) {
            match piece {
                Ok(piece) => self.take_piece((index, manifest.sequence), &piece, &mut taken).map_err(noting())?,
                Err(error) => {
                    taken.findings.push(error.to_string());
                    return Ok(taken);
                }
            }
        }
        if taken.lines != u64::from(manifest.rows) {
            taken.findings.push(format!("{} lines instead of {}", taken.lines, manifest.rows));
        }
        Ok(taken)
    }

    /// Takes note of an export whose file is missing, or another one: that is said of it, and not once more of every correction
    /// of its lines.
    pub(crate) fn miss(&mut self, export: u64) {
        self.missing.insert(export);
    }

    fn take_piece(&mut self, (file, export): (u64, u64), piece: &ReadPiece, taken: &mut Taken) -> io::Result<()> {
        for (index, raw) in raw_rows(&piece.raw).enumerate() {
            let row = taken.lines + index as u64 + 1;
            let line = Note { passage: String::new(), file, export, row, sha256: row_sha256(raw), corrects: None };
            let note = match &piece.content {
                Content::Lines(lines) => {
                    let Some(billed) = lines.get(index) else { continue };
                    Note { passage: billed.passage().to_owned(), ..line }
                }
                Content::Corrections(lines) => {
                    let Some(correction) = lines.get(index) else { continue };
                    let corrects = Corrected { place: correction.corrects.clone(), revision: correction.revision };
                    Note { passage: correction.passage.clone(), corrects: Some(corrects), ..line }
                }
            };
            self.notes.push(&note.to_bytes())?;
        }
        taken.lines += piece.content.rows();
        Ok(())
    }

    /// What is wrong between all the lines that were taken, in sequence.
    ///
    /// # Errors
    /// [`ClientError::File`] when the temporary folder does not give back what was noted.
    pub(crate) fn findings(self) -> Result<Vec<String>, ClientError> {
        let mut wrong = Wrong::default();
        let mut standing: Option<Note> = None;
        for note in self.notes.sorted().map_err(noting())? {
            let note = note.and_then(|bytes| {
                Note::read(&bytes).ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "a note came back changed"))
            });
            let note = note.map_err(noting())?;
            let before = standing.take().filter(|before| before.passage == note.passage);
            let found = match &note.corrects {
                None => before.map(|before| billed_twice(&before)),
                Some(corrects) => wrongly_corrected(&note, corrects, before.as_ref(), &self.missing),
            };
            if let Some(what) = found {
                wrong.take(&note, what);
            }
            standing = Some(note);
        }
        Ok(wrong.told(&self.labels))
    }
}

fn noting() -> impl FnOnce(io::Error) -> ClientError {
    ClientError::file("sort lines in", std::env::temp_dir())
}

fn billed_twice(before: &Note) -> String {
    format!("{} is on export {}, too: a line was billed twice", before.passage, before.export)
}

/// What is wrong with a correction, given the line that stands and the exports whose lines are not known.
fn wrongly_corrected(
    note: &Note,
    corrects: &Corrected,
    standing: Option<&Note>,
    missing: &BTreeSet<u64>,
) -> Option<String> {
    let (passage, row) = (&note.passage, note.row);
    let named = &corrects.place;
    // What stands came after the file that is missing: whatever was there, this corrects it once more.
    let corrected = standing.is_some_and(|standing| standing.export > named.export);
    if missing.contains(&named.export) && !corrected {
        return None;
    }
    let place = if named.is_named() {
        format!("row {} of export {}", named.row, named.export)
    } else {
        format!("a line of export {} that it cannot name", named.export)
    };
    let Some(standing) = standing else {
        return Some(format!("row {row} corrects {place}, and no file before has a line of {passage}"));
    };
    if named.export != standing.export || (named.is_named() && named.row != standing.row) {
        let (export, stands) = (standing.export, standing.row);
        Some(format!(
            "row {row} corrects {place}, and what stands of {passage} is row {stands} of export {export}: there is no \
             such line, or it was corrected before"
        ))
    } else if named.is_named() && named.sha256 != standing.sha256 {
        Some(format!("row {row} corrects {place}, and that line is another one than it names"))
    } else if corrects.revision != standing.revision().saturating_add(1) {
        Some(format!("row {row} is revision {} of {passage} and follows {}", corrects.revision, standing.revision()))
    } else {
        None
    }
}

/// What is wrong, by file and row: the first of each file, and how many more there are.
#[derive(Default)]
struct Wrong {
    files: BTreeMap<u64, OfFile>,
    kept: usize,
}

#[derive(Default)]
struct OfFile {
    first: BTreeMap<u64, String>,
    lines: usize,
}

impl Wrong {
    fn take(&mut self, note: &Note, what: String) {
        let of_file = self.files.entry(note.file).or_default();
        of_file.lines += 1;
        if of_file.first.len() >= MOST_OF_A_FILE {
            of_file.first.insert(note.row, what);
            of_file.first.pop_last();
        } else if self.kept < MOST || of_file.first.is_empty() {
            of_file.first.insert(note.row, what);
            self.kept += 1;
        }
    }

    fn told(self, labels: &[String]) -> Vec<String> {
        let mut told = Vec::new();
        for (file, label) in (0..).zip(labels) {
            let Some(of_file) = self.files.get(&file) else { continue };
            told.extend(of_file.first.values().map(|what| format!("{label}: {what}")));
            let more = of_file.lines - of_file.first.len();
            if more > 0 {
                told.push(format!("{label}: {more} more of its lines are wrong like these"));
            }
        }
        told
    }
}

/// Where a file lies in a folder, by what it is.
pub(crate) fn place(kind: Kind, name: &str) -> std::path::PathBuf {
    kind.folder().map_or_else(|| name.into(), |folder| std::path::Path::new(folder).join(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollbooth_pipeline::export::{
        Action, BillLine, Cause, CorrectionLine, GENESIS_SHA256, Place, Profile, render, render_corrections,
    };

    fn manifest(sequence: u64, kind: Kind, rows: u32) -> Manifest {
        Manifest {
            sequence,
            kind,
            file_name: format!("{sequence}.csv"),
            profile: "lab".into(),
            keying_rules: None,
            rows,
            bytes: 0,
            sha256: String::new(),
            window_from: None,
            window_to: String::new(),
            previous_manifest_sha256: GENESIS_SHA256.into(),
            copy: None,
        }
    }

    fn billed(passages: &[&str]) -> Vec<u8> {
        let line = |passage: &&str| BillLine {
            passage: (*passage).into(),
            booth: "north".into(),
            lane: "1".into(),
            plate: "ABC1234".into(),
            jurisdiction: "us-tx".into(),
            jurisdiction_source: "read".into(),
            captured_at: "2026-11-20T10:00:00Z".into(),
            captured_at_instant: 0,
            decided_by: "judge".into(),
            confidence: None,
            photo_name: format!("{passage}.jpg"),
            plate_type: None,
        };
        render(Profile::Lab, &passages.iter().map(line).collect::<Vec<_>>(), "").unwrap()
    }

    fn correction(passage: &str, corrects: Place, revision: u32) -> Vec<u8> {
        let line = CorrectionLine {
            corrects,
            action: Action::Replace,
            cause: Cause::Error,
            passage: passage.into(),
            revision,
            plate: "XYZ9876".into(),
            jurisdiction: "us-tx".into(),
            reject_code: String::new(),
            captured_at: "2026-11-20T10:00:00Z".into(),
            booth: "north".into(),
            lane: "1".into(),
            decided_by: "tok_1".into(),
            plate_type: None,
        };
        render_corrections(&[line], "").unwrap()
    }

    fn place_of(file: &[u8], export: u64, row: u64) -> Place {
        let raw = raw_rows(file).nth(usize::try_from(row).unwrap() - 1).unwrap();
        Place { export, row, sha256: row_sha256(raw) }
    }

    #[test]
    fn a_correction_follows_the_line_that_stands_and_nothing_else() {
        let bill = billed(&["psg_1", "psg_2"]);
        let after = |corrections: &[&[u8]]| {
            let mut files = vec![(Kind::Lines, 2, bill.as_slice())];
            files.extend(corrections.iter().map(|file| (Kind::Corrections, 1, *file)));
            found(Lines::default(), &files)
        };
        let good = correction("psg_2", place_of(&bill, 1, 2), 2);
        let second = correction("psg_2", place_of(&good, 2, 1), 3);
        assert_eq!(after(&[good.as_slice(), second.as_slice()]), [""; 0]);
        let twice = after(&[good.as_slice(), second.as_slice(), good.as_slice()]);
        assert!(twice.len() == 1 && twice[0].starts_with("export 4: row 1 corrects row 2 of export 1"), "{twice:?}");
        assert!(twice[0].contains("corrected before"), "{twice:?}");

        let elsewhere = |place| after(&[correction("psg_2", place, 2).as_slice()]).remove(0);
        assert!(elsewhere(place_of(&bill, 1, 1)).contains("no such line"));
        assert!(elsewhere(Place { row: 3, ..place_of(&bill, 1, 2) }).contains("no such line"));
        assert!(elsewhere(Place { sha256: "ab".repeat(32), ..place_of(&bill, 1, 2) }).contains("another one"));
        let never = after(&[correction("psg_3", place_of(&bill, 1, 2), 2).as_slice()]);
        assert!(never[0].contains("no file before"), "{never:?}");
        let skipped = after(&[correction("psg_2", place_of(&bill, 1, 2), 3).as_slice()]);
        assert!(skipped[0].contains("revision 3"), "{skipped:?}");
        // A line that comes later does not make a correction right that came before it.
        let early =
            found(Lines::default(), &[(Kind::Corrections, 1, good.as_slice()), (Kind::Lines, 2, bill.as_slice())]);
        assert!(early[0].contains("no file before") && early[1].contains("billed twice"), "{early:?}");
    }

    /// What is said of files that were taken as exports 1, 2, 3 …
    fn found(mut lines: Lines, files: &[(Kind, u32, &[u8])]) -> Vec<String> {
        for ((kind, rows, file), sequence) in files.iter().zip(1..) {
            let label = format!("export {sequence}");
            let taken = lines.take(&label, &manifest(sequence, *kind, *rows), *file).unwrap();
            assert_eq!(taken, Taken { lines: u64::from(*rows), findings: vec![] });
        }
        lines.findings().unwrap()
    }

    #[test]
    fn a_correction_that_names_no_row_follows_what_stands_of_its_passage_in_that_export() {
        let bill = billed(&["psg_1", "psg_2"]);
        let unnamed = |passage, export, revision| correction(passage, Place::unnamed(export), revision);
        let after = |files: &[(Kind, u32, &[u8])]| found(Lines::default(), files);
        let good = unnamed("psg_2", 1, 2);
        let next = correction("psg_2", place_of(&good, 2, 1), 3);
        let lines = (Kind::Lines, 2, bill.as_slice());
        let of_good = (Kind::Corrections, 1, good.as_slice());
        assert_eq!(after(&[lines, of_good, (Kind::Corrections, 1, next.as_slice())]), [""; 0]);
        let twice = after(&[lines, of_good, of_good]);
        assert!(twice.len() == 1 && twice[0].contains("a line of export 1 that it cannot name"), "{twice:?}");
        assert!(twice[0].contains("corrected before"), "{twice:?}");
        for (passage, export, revision, what) in [
            ("psg_3", 1, 2, "no file before has a line of psg_3"),
            ("psg_2", 7, 2, "there is no such line"),
            ("psg_2", 1, 3, "is revision 3"),
        ] {
            let wrong = unnamed(passage, export, revision);
            let told = after(&[lines, (Kind::Corrections, 1, wrong.as_slice())]);
            assert!(told.len() == 1 && told[0].contains(what), "{told:?}");
        }
        // The file of export 7 is missing, which is said of export 7; named or not, its lines are not known.
        for lost in [unnamed("psg_3", 7, 2), correction("psg_3", Place { export: 7, ..place_of(&bill, 1, 1) }, 2)] {
            let mut missing = Lines::default();
            missing.miss(7);
            assert_eq!(found(missing, &[lines, (Kind::Corrections, 1, lost.as_slice())]), [""; 0]);
        }
        // That one of them is corrected twice is known all the same.
        let mut missing = Lines::default();
        missing.miss(1);
        for sequence in [2, 3] {
            let label = format!("export {sequence}");
            missing.take(&label, &manifest(sequence, Kind::Corrections, 1), good.as_slice()).unwrap();
        }
        let told = missing.findings().unwrap();
        assert!(
            told.len() == 1 && told[0].starts_with("export 3: ") && told[0].contains("corrected before"),
            "{told:?}"
        );
    }

    #[test]
    fn more_lines_than_memory_holds_are_checked_as_a_few_are() {
        let names: Vec<_> = (0..300).map(|number| format!("psg_{number}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let files: Vec<_> = names.chunks(50).map(billed).collect();
        let good = correction("psg_120", place_of(&files[2], 3, 21), 2);
        let wrong = correction("psg_120", place_of(&files[2], 3, 22), 3);
        let again = billed(&["psg_299", "psg_300", "psg_0"]);
        let mut all: Vec<_> = files.iter().map(|file| (Kind::Lines, 50, file.as_slice())).collect();
        for (kind, rows, file) in
            [(Kind::Corrections, 1, &good), (Kind::Corrections, 1, &wrong), (Kind::Lines, 3, &again)]
        {
            all.push((kind, rows, file.as_slice()));
        }
        let expected = [
            "export 8: row 1 corrects row 22 of export 3, and what stands of psg_120 is row 1 of export 7: there is no such \
             line, or it was corrected before",
            "export 9: psg_299 is on export 6, too: a line was billed twice",
            "export 9: psg_0 is on export 1, too: a line was billed twice",
        ];
        assert_eq!(found(Lines { notes: Sorter::tiny(), ..Lines::default() }, &all), expected);
        assert_eq!(found(Lines::default(), &all), expected);
    }

    #[test]
    fn of_a_file_that_was_played_again_the_first_lines_are_named_and_all_are_counted() {
        let names: Vec<_> = (0..500).map(|number| format!("psg_{number}")).collect();
        let file = billed(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let told = found(Lines::default(), &[(Kind::Lines, 500, file.as_slice()), (Kind::Lines, 500, file.as_slice())]);
        assert_eq!(told.len(), MOST_OF_A_FILE + 1);
        assert_eq!(told[0], "export 2: psg_0 is on export 1, too: a line was billed twice");
        assert_eq!(told[MOST_OF_A_FILE], "export 2: 480 more of its lines are wrong like these");
    }

    #[test]
    fn every_file_with_a_wrong_line_is_named_however_many_there_are() {
        let names: Vec<_> = (0..30).map(|number| format!("psg_{number}")).collect();
        let file = billed(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let times = MOST / MOST_OF_A_FILE + 20;
        let told = found(Lines::default(), &vec![(Kind::Lines, 30, file.as_slice()); times]);
        for again in 2..=times {
            let label = format!("export {again}: ");
            let of_file: Vec<_> = told.iter().filter(|what| what.starts_with(&label)).collect();
            assert!(of_file.len() >= 2 && of_file[0].contains("billed twice"), "{label}{of_file:?}");
        }
        assert!(told.len() <= MOST + 2 * times, "{}", told.len());
    }
}
