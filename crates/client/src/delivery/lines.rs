//! What billing has of each passage, as the published files say it one after the other.
//!
//! A bill line may stand once for a passage; a correction must name the line that stands, by export, row and hash, and
//! stands then itself. So a line that is billed twice shows, and a correction of no line, and two of one.

use std::collections::BTreeMap;
use std::io::Read;

use tollbooth_pipeline::export::{Content, ContentReader, Kind, Manifest, ReadPiece, raw_rows, row_sha256};

/// Everything published so far. Give it the files in sequence.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    standing: BTreeMap<String, Standing>,
}

#[derive(Debug)]
struct Standing {
    export: u64,
    row: u64,
    sha256: String,
    revision: u32,
}

/// What taking one file found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Lines read, up to the first that cannot be.
    pub(crate) lines: u64,
    /// What is wrong.
    pub(crate) findings: Vec<String>,
}

impl Lines {
    /// Takes a file that is the one its manifest describes, a piece at a time.
    pub(crate) fn take(&mut self, manifest: &Manifest, file: impl Read) -> Taken {
        let mut taken = Taken::default();
        for piece in ContentReader::new(manifest.kind, file) {
            match piece {
                Ok(piece) => self.take_piece(manifest.sequence, &piece, &mut taken),
                Err(error) => {
                    taken.findings.push(error.to_string());
                    return taken;
                }
            }
        }
        if taken.lines != u64::from(manifest.rows) {
            taken.findings.push(format!("{} lines instead of {}", taken.lines, manifest.rows));
        }
        taken
    }

    fn take_piece(&mut self, export: u64, piece: &ReadPiece, taken: &mut Taken) {
        for (index, raw) in raw_rows(&piece.raw).enumerate() {
            let row = taken.lines + index as u64 + 1;
            let line = Standing { export, row, sha256: row_sha256(raw), revision: 1 };
            match &piece.content {
                Content::Lines(lines) => {
                    let Some(billed) = lines.get(index) else { continue };
                    taken.findings.extend(self.bill(billed.passage(), line));
                }
                Content::Corrections(lines) => {
                    let Some(correction) = lines.get(index) else { continue };
                    let line = Standing { revision: correction.revision, ..line };
                    taken.findings.extend(self.correct(&correction.passage, &correction.corrects, line));
                }
            }
        }
        taken.lines += piece.content.rows();
    }

    fn bill(&mut self, passage: &str, line: Standing) -> Option<String> {
        let before = self.standing.insert(passage.to_owned(), line)?;
        Some(format!("{passage} is on export {}, too: a line was billed twice", before.export))
    }

    fn correct(
        &mut self,
        passage: &str,
        corrects: &tollbooth_pipeline::export::Place,
        line: Standing,
    ) -> Option<String> {
        let place = format!("row {} of export {}", corrects.row, corrects.export);
        let row = line.row;
        let Some(standing) = self.standing.get_mut(passage) else {
            return Some(format!("row {row} corrects {place}, and no file before has a line of {passage}"));
        };
        let wrong = if (corrects.export, corrects.row) != (standing.export, standing.row) {
            let (export, stands) = (standing.export, standing.row);
            Some(format!(
                "row {row} corrects {place}, and what stands of {passage} is row {stands} of export {export}: there is no \
                 such line, or it was corrected before"
            ))
        } else if corrects.sha256 != standing.sha256 {
            Some(format!("row {row} corrects {place}, and that line is another one than it names"))
        } else if line.revision != standing.revision + 1 {
            Some(format!("row {row} is revision {} of {passage} and follows {}", line.revision, standing.revision))
        } else {
            None
        };
        *standing = line;
        wrong
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
        };
        render_corrections(&[line]).unwrap()
    }

    fn place_of(file: &[u8], export: u64, row: u64) -> Place {
        let raw = raw_rows(file).nth(usize::try_from(row).unwrap() - 1).unwrap();
        Place { export, row, sha256: row_sha256(raw) }
    }

    #[test]
    fn a_correction_follows_the_line_that_stands_and_nothing_else() {
        let bill = billed(&["psg_1", "psg_2"]);
        let of = |file: &[u8]| {
            let mut lines = Lines::default();
            assert_eq!(lines.take(&manifest(1, Kind::Lines, 2), bill.as_slice()), Taken { lines: 2, findings: vec![] });
            let findings = lines.take(&manifest(2, Kind::Corrections, 1), file).findings;
            (lines, findings)
        };
        let good = correction("psg_2", place_of(&bill, 1, 2), 2);
        let (mut lines, findings) = of(&good);
        assert_eq!(findings, [""; 0]);
        let second = correction("psg_2", place_of(&good, 2, 1), 3);
        assert_eq!(lines.take(&manifest(3, Kind::Corrections, 1), second.as_slice()).findings, [""; 0]);
        let twice = lines.take(&manifest(4, Kind::Corrections, 1), good.as_slice()).findings;
        assert!(twice[0].contains("corrected before"), "{twice:?}");

        let elsewhere = |place| of(&correction("psg_2", place, 2)).1.remove(0);
        assert!(elsewhere(place_of(&bill, 1, 1)).contains("no such line"));
        assert!(elsewhere(Place { row: 3, ..place_of(&bill, 1, 2) }).contains("no such line"));
        assert!(elsewhere(Place { sha256: "ab".repeat(32), ..place_of(&bill, 1, 2) }).contains("another one"));
        let never = of(&correction("psg_3", place_of(&bill, 1, 2), 2)).1;
        assert!(never[0].contains("no file before"), "{never:?}");
        let skipped = of(&correction("psg_2", place_of(&bill, 1, 2), 3)).1;
        assert!(skipped[0].contains("revision 3"), "{skipped:?}");
    }
}
