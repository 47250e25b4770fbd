//! Published files read piece by piece, so that whoever reads a million lines holds a few thousand of them.

use std::io::{BufRead, BufReader, Read};

use super::Kind;
use super::lines::Content;
use super::unreadable::ReadError;

/// Lines read at a time.
const ROWS: usize = 5_000;

/// A piece of a published file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadPiece {
    /// What its lines say.
    pub content: Content,
    /// The header of the file and these lines, byte for byte, for [`super::raw_rows`].
    pub raw: Vec<u8>,
}

/// Reads a file of the kind that its manifest names. Ends after the first thing that is wrong.
#[derive(Debug)]
pub struct ContentReader<R> {
    kind: Kind,
    file: BufReader<R>,
    header: Vec<u8>,
    before: u64,
    rows: usize,
    over: bool,
}

impl<R: Read> ContentReader<R> {
    /// Nothing is read before the first piece is asked for.
    #[must_use]
    pub fn new(kind: Kind, file: R) -> Self {
        Self { kind, file: BufReader::new(file), header: Vec::new(), before: 0, rows: ROWS, over: false }
    }

    fn piece(&mut self) -> Result<Option<ReadPiece>, ReadError> {
        let first = self.header.is_empty();
        if first {
            read_line(&mut self.file, &mut self.header)?;
        }
        let mut raw = self.header.clone();
        let mut rows = 0;
        // Nothing in a published file holds a line end, so a line is a row.
        while rows < self.rows && read_line(&mut self.file, &mut raw)? {
            rows += 1;
        }
        if rows == 0 && !first {
            return Ok(None);
        }
        let content = Content::read(self.kind, &raw).map_err(|error| match error {
            ReadError::Line { line, what } => ReadError::Line { line: line + self.before, what },
            other => other,
        })?;
        self.before += rows as u64;
        Ok(Some(ReadPiece { content, raw }))
    }
}

impl<R: Read> Iterator for ContentReader<R> {
    type Item = Result<ReadPiece, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let piece = self.piece().transpose();
        self.over = !matches!(piece, Some(Ok(_)));
        piece
    }
}

/// False at the end.
fn read_line(file: &mut impl BufRead, to: &mut Vec<u8>) -> Result<bool, ReadError> {
    file.read_until(b'\n', to).map(|bytes| bytes > 0).map_err(|e| ReadError::Io(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "FileName,LicensePlateText,TimeStamp,LicensePlateFound\r\n";

    fn file(lines: &[&str]) -> String {
        lines.iter().fold(HEADER.to_owned(), |text, line| format!("{text}{line},6/5/2020 6:01:45 AM,True\r\n"))
    }

    fn read(text: &str, rows: usize) -> Vec<Result<ReadPiece, ReadError>> {
        ContentReader { rows, ..ContentReader::new(Kind::Lines, text.as_bytes()) }.collect()
    }

    #[test]
    fn pieces_together_are_the_file_and_an_empty_file_is_one_piece() {
        let text = file(&["psg_1.jpg,A1", "psg_2.jpg,B2", "psg_3.jpg,C3"]);
        for rows in [1, 2, 3, 100] {
            let pieces: Vec<_> = read(&text, rows).into_iter().map(Result::unwrap).collect();
            let passages: Vec<_> = pieces.iter().flat_map(|piece| piece.content.passages()).collect();
            assert_eq!(passages, ["psg_1", "psg_2", "psg_3"], "{rows}");
            let raw: Vec<u8> = pieces.iter().flat_map(|piece| piece.raw[HEADER.len()..].to_vec()).collect();
            assert_eq!(String::from_utf8(raw).unwrap(), text[HEADER.len()..], "{rows}");
        }
        assert_eq!(read(HEADER, 2).len(), 1);
    }

    #[test]
    fn what_is_wrong_is_named_by_its_line_in_the_file_and_ends_it() {
        let text =
            format!("{}nobody.jpg,X,t,True\r\n{}", file(&["psg_1.jpg,A1", "psg_2.jpg,B2"]), "psg_4.jpg,D4,t,True\r\n");
        let found = read(&text, 1);
        assert_eq!(found.len(), 3);
        assert!(matches!(&found[2], Err(ReadError::Line { line: 4, .. })), "{:?}", found[2]);
        assert_eq!(read("a,b\r\n", 1), [Err(ReadError::Header)]);
    }
}
