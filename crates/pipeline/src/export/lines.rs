//! What a published file says, read back: which passage was billed with which plate.

use super::Kind;
use super::correction::{CorrectionLine, PASSAGE_COLUMN, read_corrections};
use super::csv::{JURISDICTION, LAB_COLUMNS, MADE_COLUMNS, PLATE_TYPE};
use super::unreadable::ReadError;

/// One line of a published file: what decides who gets the bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedLine {
    /// `<passage>.jpg`
    pub photo_name: String,
    /// As it was billed.
    pub plate: String,
    /// Capture time as billing reads it.
    pub time: String,
    /// Issuer of that plate; none in a profile that does not say.
    pub jurisdiction: Option<String>,
    /// Type of that plate as it is written there, known or not; none where nobody recorded one.
    pub plate_type: Option<String>,
}

/// What a published file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Bill lines.
    Lines(Vec<PublishedLine>),
    /// Corrections of lines that were published before.
    Corrections(Vec<CorrectionLine>),
}

impl Content {
    /// Reads a file of the kind that its manifest names.
    ///
    /// # Errors
    /// [`ReadError`] for the first thing that is wrong.
    pub fn read(kind: Kind, file: &[u8]) -> Result<Self, ReadError> {
        match kind {
            Kind::Lines => read_lines(file).map(Self::Lines),
            Kind::Corrections => read_corrections(file).map(Self::Corrections),
        }
    }

    /// How many lines it has.
    #[must_use]
    pub fn rows(&self) -> u64 {
        match self {
            Self::Lines(lines) => lines.len() as u64,
            Self::Corrections(lines) => lines.len() as u64,
        }
    }

    /// The passage of each line, in the order of the file.
    #[must_use]
    pub fn passages(&self) -> Vec<&str> {
        match self {
            Self::Lines(lines) => lines.iter().map(PublishedLine::passage).collect(),
            Self::Corrections(lines) => lines.iter().map(|line| line.passage.as_str()).collect(),
        }
    }
}

impl PublishedLine {
    /// `psg_…`
    #[must_use]
    pub fn passage(&self) -> &str {
        self.photo_name.split('.').next().unwrap_or_default()
    }
}

/// The rows of a file byte for byte, without their line ends and without the header; the first is row 1.
///
/// Nothing in a published file holds a line end: plates, lanes, names and times have none.
pub fn raw_rows(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    let bare = |line: &[u8]| line.len() - usize::from(line.ends_with(b"\r"));
    file.split(|byte| *byte == b'\n')
        .skip(1)
        .map(move |line| line.get(..bare(line)).unwrap_or(line))
        .filter(|l| !l.is_empty())
}

/// The passage of a row of a file that was published, without reading the rest of it.
#[must_use]
pub fn passage_of_row(kind: Kind, row: &[u8]) -> Option<&str> {
    // Neither the columns before the passage nor the passage itself are ever quoted.
    let cell = match kind {
        Kind::Lines => row.split(|byte| *byte == b'.').next(),
        Kind::Corrections => row.split(|byte| *byte == b',').nth(PASSAGE_COLUMN),
    };
    cell.and_then(|cell| std::str::from_utf8(cell).ok()).filter(|passage| passage.starts_with("psg_"))
}

/// Whether two rows bill the same: all that both say is the same, issuer and type of the plate included, for they decide who gets
/// the bill. The photo's address and the lookup key are made of the rest when a file is rendered, and may be those of another
/// address and an earlier version. Columns are only ever added at the end, so a row of an earlier version may be the shorter one.
#[must_use]
pub fn bills_the_same(kind: Kind, row: &[u8], other: &[u8]) -> bool {
    if row == other || kind == Kind::Corrections {
        return row == other;
    }
    let (Some(row), Some(other)) = (cells(row), cells(other)) else { return false };
    let is_whole = |cells: &::csv::StringRecord| cells.len() >= LAB_COLUMNS.len();
    let mut columns = row.iter().zip(&other).enumerate();
    is_whole(&row) && is_whole(&other) && columns.all(|(at, (one, other))| one == other || MADE_COLUMNS.contains(&at))
}

fn cells(row: &[u8]) -> Option<::csv::StringRecord> {
    ::csv::ReaderBuilder::new().has_headers(false).from_reader(row).into_records().next()?.ok()
}

/// What a correction names a row by, beside export and number: SHA-256 of its bytes without the line end.
#[must_use]
pub fn row_sha256(row: &[u8]) -> String {
    crate::ident::sha256_hex(row)
}

/// Reads a published file of any profile.
///
/// # Errors
/// [`ReadError`] for the first thing that is wrong.
pub fn read_lines(file: &[u8]) -> Result<Vec<PublishedLine>, ReadError> {
    let mut reader = ::csv::Reader::from_reader(file);
    let header = reader.headers().map_err(|_| ReadError::Header)?;
    if !header.iter().take(LAB_COLUMNS.len()).eq(LAB_COLUMNS) {
        return Err(ReadError::Header);
    }
    let [issuer, of_type] = [JURISDICTION, PLATE_TYPE].map(|name| header.iter().position(|column| column == name));
    let mut lines = Vec::new();
    for (record, line) in reader.records().zip(2..) {
        let record = record.map_err(|e| ReadError::Line { line, what: e.to_string() })?;
        let cell = |at: usize| record.get(at).unwrap_or_default().to_owned();
        let said = |at: Option<usize>| at.map(cell).filter(|text| !text.is_empty());
        let found = PublishedLine {
            photo_name: cell(0),
            plate: cell(1),
            time: cell(2),
            jurisdiction: said(issuer),
            plate_type: said(of_type),
        };
        if !found.passage().starts_with("psg_") || found.plate.is_empty() {
            return Err(ReadError::Line { line, what: "names no passage or no plate".to_owned() });
        }
        lines.push(found);
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_bill_somebody_else_are_never_the_same() {
        let row = |issuer: &str, key: &str, more: &str| {
            format!(
                "psg_1.jpg,ABC1234,6/5/2020 6:01:45 AM,True,psg_1,north,\"a,b\",{issuer},read,t,judge,0.9,/v1/{more}psg_1.jpg,{key}"
            )
        };
        let same = |one: &str, other: &str| bills_the_same(Kind::Lines, one.as_bytes(), other.as_bytes());
        let stored = row("us-tx", "ABC1234,", "photos/");
        assert!(same(&stored, &row("us-tx", "ABC1234,", "elsewhere/")), "another address of the photo");
        assert!(same(&stored, &row("us-tx", "ABC1234", "elsewhere/")), "a column that an earlier version did not have");
        assert!(same(&stored, &row("us-tx", "A8C1234,", "photos/")), "a key by the rules of an earlier version");
        for other in [row("us-ok", "ABC1234,", ""), row("us-tx", "ABC1234,trailer", "")] {
            assert!(!same(&stored, &other), "{other}");
        }
    }

    #[test]
    fn a_row_tells_its_passage_and_whether_it_bills_the_same_as_another() {
        let full = b"psg_1.jpg,ABC1234,6/5/2020 6:01:45 AM,True,psg_1,north,\"a,b\",us-tx,read,t,judge,0.9,/v1/photos/psg_1.jpg";
        let moved = b"psg_1.jpg,ABC1234,6/5/2020 6:01:45 AM,True,psg_1,north,\"a,b\",us-tx,read,t,judge,0.9,https://x/psg_1.jpg";
        assert_eq!(passage_of_row(Kind::Lines, full), Some("psg_1"));
        assert!(bills_the_same(Kind::Lines, full, moved));
        assert!(!bills_the_same(Kind::Lines, full, b"psg_1.jpg,ABC1235,6/5/2020 6:01:45 AM,True"));
        assert!(!bills_the_same(Kind::Lines, full, b"psg_1.jpg,ABC1234"), "half a row");
        let correction = b"3,17,abab,replace,error,psg_7,2,NEW1234,us-tx,,t,north,1,tok_1";
        assert_eq!(passage_of_row(Kind::Corrections, correction), Some("psg_7"));
        assert!(!bills_the_same(Kind::Corrections, correction, b"3,17,abab,replace,error,psg_7,3"));
        assert_eq!(passage_of_row(Kind::Lines, b"FileName,LicensePlateText"), None);
    }

    #[test]
    fn lines_of_both_profiles_read_back_and_anything_else_is_named() {
        let lab =
            b"FileName,LicensePlateText,TimeStamp,LicensePlateFound\r\npsg_1.jpg,NULL,6/5/2020 6:01:45 AM,True\r\n";
        let lines = read_lines(lab).unwrap();
        assert_eq!((lines[0].passage(), lines[0].plate.as_str()), ("psg_1", "NULL"));
        let full = b"FileName,LicensePlateText,TimeStamp,LicensePlateFound,Booth\r\npsg_1.jpg,A,t,True,north\r\n";
        let before_types = &read_lines(full).unwrap()[0];
        assert_eq!((before_types.jurisdiction.as_deref(), before_types.plate_type.as_deref()), (None, None));
        let full = b"FileName,LicensePlateText,TimeStamp,LicensePlateFound,Jurisdiction,PlateType\r\n\
            psg_1.jpg,A,t,True,us-tx,trailer\r\npsg_2.jpg,B,t,True,us-ok,\r\n";
        let said = read_lines(full).unwrap().into_iter().map(|line| (line.jurisdiction, line.plate_type));
        let expected = [(Some("us-tx"), Some("trailer")), (Some("us-ok"), None)];
        let owned =
            |(issuer, of_type): (Option<&str>, Option<&str>)| (issuer.map(String::from), of_type.map(String::from));
        assert_eq!(said.collect::<Vec<_>>(), expected.map(owned));
        assert_eq!(read_lines(b"a,b\r\n1,2\r\n"), Err(ReadError::Header));
        let torn = b"FileName,LicensePlateText,TimeStamp,LicensePlateFound\r\npsg_1.jpg,A";
        assert!(matches!(read_lines(torn), Err(ReadError::Line { line: 2, .. })));
    }
}
