//! What is noted of a published line until all lines of its passage come together, and how that is written to be sorted: notes
//! of a passage come one after the other, in the order in which their files were taken.

use tollbooth_pipeline::export::Place;

/// Of a digest in lower-case hex.
const DIGEST: usize = 64;

/// One published line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    /// `psg_…`
    pub(super) passage: String,
    /// Which file in the order in which they were taken, from 0. Where a chain forks, two files have one sequence.
    pub(super) file: u64,
    /// Sequence of its export.
    pub(super) export: u64,
    /// From 1, the header not counted.
    pub(super) row: u64,
    /// Of the row's bytes, 64 digits of lower-case hex.
    pub(super) sha256: String,
    /// None for a bill line.
    pub(super) corrects: Option<Corrected>,
}

/// What a correction says of the line that it corrects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Corrected {
    pub(super) place: Place,
    /// Of the correction, 2 for the first of a passage.
    pub(super) revision: u32,
}

impl Note {
    /// 1 for a bill line, and what a correction says that it is.
    pub(super) fn revision(&self) -> u32 {
        self.corrects.as_ref().map_or(1, |corrects| corrects.revision)
    }

    /// Passage, file and row, in this order, decide how it is sorted: numbers are written with their highest byte first, and
    /// the passage with its length before it, so that none is the beginning of another.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.passage.len() + 160);
        bytes.extend((self.passage.len() as u64).to_be_bytes());
        bytes.extend(self.passage.as_bytes());
        for number in [self.file, self.row, self.export] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.extend(self.sha256.as_bytes());
        if let Some(Corrected { place, revision }) = &self.corrects {
            bytes.extend(revision.to_be_bytes());
            bytes.extend(place.export.to_be_bytes());
            bytes.extend(place.row.to_be_bytes());
            bytes.extend(place.sha256.as_bytes());
        }
        bytes
    }

    /// None for bytes that were not written by [`Note::to_bytes`].
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let length = usize::try_from(number(&mut rest)?).ok()?;
        let passage = text(&mut rest, length)?;
        let [file, row, export] = [number(&mut rest)?, number(&mut rest)?, number(&mut rest)?];
        let sha256 = text(&mut rest, DIGEST)?;
        let corrects = if rest.is_empty() {
            None
        } else {
            let (revision, after) = rest.split_first_chunk()?;
            rest = after;
            let (export, row) = (number(&mut rest)?, number(&mut rest)?);
            let length = rest.len();
            let place = Place { export, row, sha256: text(&mut rest, length)? };
            Some(Corrected { place, revision: u32::from_be_bytes(*revision) })
        };
        Some(Self { passage, file, export, row, sha256, corrects })
    }
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    let (number, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u64::from_be_bytes(*number))
}

fn text(rest: &mut &[u8], length: usize) -> Option<String> {
    let (text, after) = rest.split_at_checked(length)?;
    *rest = after;
    String::from_utf8(text.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(passage: &str, file: u64, row: u64, corrects: Option<Corrected>) -> Note {
        Note { passage: passage.into(), file, export: file + 1, row, sha256: "ab".repeat(32), corrects }
    }

    #[test]
    fn a_note_reads_back_and_a_shorter_one_is_none() {
        let place = Place { export: 7, row: 300, sha256: "cd".repeat(32) };
        let corrected = Corrected { place: place.clone(), revision: 2 };
        // What stands in a file may be anything.
        let odd = Corrected { place: Place { sha256: "no digest".into(), ..place }, revision: u32::MAX };
        for corrects in [None, Some(corrected), Some(odd)] {
            let note = note("psg_é", 1 << 40, 256, corrects);
            let bytes = note.to_bytes();
            assert_eq!(Note::read(&bytes), Some(note));
            assert_eq!(Note::read(&bytes[..70]), None);
        }
        assert_eq!(Note::read(&[]), None);
        assert_eq!(Note::read(&[255; 8]), None);
    }

    #[test]
    fn notes_of_a_passage_come_together_in_the_order_of_their_files_and_rows() {
        let mut notes = [
            note("psg_1", 2, 1, None),
            note("psg_10", 0, 1, None),
            note("psg_1", 0, 255, None),
            note("psg_1", 0, 256, None),
            note("psg_2", 0, 2, None),
            note("psg_10", 300, 1, None),
            note("psg_1", 256, 1, None),
        ]
        .map(|note| note.to_bytes());
        notes.sort();
        let order: Vec<_> =
            notes.iter().filter_map(|bytes| Note::read(bytes)).map(|n| (n.passage, n.file, n.row)).collect();
        let expected = [
            ("psg_1", 0_u64, 255_u64),
            ("psg_1", 0, 256),
            ("psg_1", 2, 1),
            ("psg_1", 256, 1),
            ("psg_2", 0, 2),
            ("psg_10", 0, 1),
            ("psg_10", 300, 1),
        ];
        assert_eq!(order, expected.map(|(passage, file, row)| (passage.to_owned(), file, row)));
    }
}
