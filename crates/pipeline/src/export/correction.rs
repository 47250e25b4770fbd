//! The file that says what changed about lines that were published before: never a rewrite of them.
//!
//! Each row names the line it corrects by export, row and hash. Lines of a passage form a chain: the bill line, its first
//! correction, the correction of that one; each is corrected at most once. The columns share no name with those of bill
//! files but where the same thing is meant, and none of the contract's: who takes such a file for a bill finds no plate.

use serde::{Deserialize, Serialize};
use tollbooth_plate::keying::Rules;

use super::unreadable::ReadError;
use super::{GENESIS_SHA256, RenderError};
use crate::plate_type::PlateType;
use crate::reason::named;

/// The columns, in their order. Files of before have all but the last, or the last two.
const COLUMNS: [&str; 16] = [
    "CorrectsExport",
    "CorrectsRow",
    "CorrectsSha256",
    "Action",
    "Cause",
    "PassageId",
    "Revision",
    "NewLicensePlateText",
    "NewJurisdiction",
    "RejectCode",
    "CapturedAt",
    "Booth",
    "Lane",
    "DecidedBy",
    "NewPlateType",
    "NewLookupKey",
];

/// How many columns there were before people recorded types of plates, before corrections said by what the owner is found,
/// and since.
const VERSIONS: [usize; 3] = [14, 15, 16];

/// Which of them names the passage, from 0.
pub(super) const PASSAGE_COLUMN: usize = 5;

named! {
    /// What billing does with the line corrected.
    Action, "action of a correction" {
        /// Bills what the correction says instead.
        Replace = "replace",
        /// Bills nothing for this passage.
        Withdraw = "withdraw",
    }
}

named! {
    /// Why a line that was published was looked at again.
    Cause, "cause of a correction" {
        /// Somebody of ours found that it is wrong.
        Error = "error",
        /// Who was billed objected.
        Dispute = "dispute",
        /// Billing refused the line.
        Refused = "refused",
        /// A backup was restored, and what was corrected after it had to be decided again.
        Restored = "restored",
    }
}

named! {
    /// How a passage that was billed stands to what billing has of it.
    Question, "standing of a correction" {
        /// It is being looked at again.
        Open = "open",
        /// It was decided otherwise than it was billed; the correction is not published yet.
        Due = "due",
        /// Billing was told to bill nothing.
        Withdrawn = "withdrawn",
    }
}

named! {
    /// What billing answers to a line.
    Disposition, "disposition" {
        /// It is on a bill.
        Billed = "billed",
        /// Nobody is known whom the plate belongs to.
        OwnerNotFound = "owner-not-found",
        /// Billing does not take it, for a reason that it gives.
        Refused = "refused",
    }
}

/// A published line, named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Sequence of its export.
    pub export: u64,
    /// From 1, the header not counted; 0 for a line that cannot be named any more.
    pub row: u64,
    /// Of the row's bytes without its line end, lower-case hex; 64 zeros for a line that cannot be named.
    pub sha256: String,
}

impl Place {
    /// A line of an export whose file nobody has any more: which row it was cannot be said. An export has one line of a passage
    /// at most, so it is known by that all the same.
    #[must_use]
    pub fn unnamed(export: u64) -> Self {
        Self { export, row: 0, sha256: GENESIS_SHA256.to_owned() }
    }

    /// Whether it says which row it is.
    #[must_use]
    pub const fn is_named(&self) -> bool {
        self.row > 0
    }
}

/// One row of a file of corrections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorrectionLine {
    /// The line it corrects.
    pub corrects: Place,
    /// What to do with it.
    pub action: Action,
    /// Why it was looked at again.
    pub cause: Cause,
    /// `psg_…`
    pub passage: String,
    /// 2 for the first correction of a passage.
    pub revision: u32,
    /// What is billed now; empty when nothing is.
    pub plate: String,
    /// Issuer of that plate.
    pub jurisdiction: String,
    /// Why nothing is billed; empty when something is.
    pub reject_code: String,
    /// As the camera wrote it, with its offset.
    pub captured_at: String,
    /// Booth id.
    pub booth: String,
    /// Lane at the booth.
    pub lane: String,
    /// `judge`, or the reviewer's token id.
    pub decided_by: String,
    /// Type of that plate, where a person recorded one.
    pub plate_type: Option<PlateType>,
}

/// A row of a file of corrections, read back.
pub type PublishedCorrection = CorrectionLine;

/// Renders corrections in the order given, with a header and `\r\n` line ends (RFC 4180). Lookup keys are by the keying rules that
/// were in force when the corrections were bound, as those of bill lines are.
///
/// # Errors
/// [`RenderError`] for rules that are none.
pub fn render_corrections(lines: &[CorrectionLine], keying_rules: &str) -> Result<Vec<u8>, RenderError> {
    let rules = Rules::parse(keying_rules).map_err(|problems| RenderError::Keying(problems.join("; ")))?;
    let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for line in lines {
        // Of a withdrawal nobody is looked for.
        let key = match line.action {
            Action::Replace => rules.lookup_key(&line.jurisdiction, &line.plate),
            Action::Withdraw => String::new(),
        };
        writer.write_record([
            line.corrects.export.to_string().as_str(),
            &line.corrects.row.to_string(),
            &line.corrects.sha256,
            line.action.as_str(),
            line.cause.as_str(),
            &line.passage,
            &line.revision.to_string(),
            &line.plate,
            &line.jurisdiction,
            &line.reject_code,
            &line.captured_at,
            &line.booth,
            &line.lane,
            &line.decided_by,
            line.plate_type.map(PlateType::as_str).unwrap_or_default(),
            &key,
        ])?;
    }
    writer.into_inner().map_err(|e| RenderError::Csv(e.into_error().into()))
}

/// Reads a file of corrections. Its lookup keys are for who looks owners up, and follow from the rest.
///
/// # Errors
/// [`ReadError`] for the first thing that is wrong.
pub fn read_corrections(file: &[u8]) -> Result<Vec<PublishedCorrection>, ReadError> {
    let mut reader = ::csv::Reader::from_reader(file);
    let header = reader.headers().map_err(|_| ReadError::Header)?;
    if !VERSIONS.into_iter().any(|columns| header.iter().eq(COLUMNS.into_iter().take(columns))) {
        return Err(ReadError::Header);
    }
    let mut lines = Vec::new();
    for (record, line) in reader.records().zip(2..) {
        let record = record.map_err(|e| ReadError::Line { line, what: e.to_string() })?;
        lines.push(correction(&record).map_err(|what| ReadError::Line { line, what })?);
    }
    Ok(lines)
}

fn correction(record: &::csv::StringRecord) -> Result<PublishedCorrection, String> {
    let cell = |at: usize| record.get(at).unwrap_or_default();
    let number = |at: usize| cell(at).parse::<u64>().map_err(|_| format!("{} is no number", column(at)));
    let found = CorrectionLine {
        corrects: Place { export: number(0)?, row: number(1)?, sha256: cell(2).to_owned() },
        action: cell(3).parse().map_err(|e| format!("{e}"))?,
        cause: cell(4).parse().map_err(|e| format!("{e}"))?,
        passage: cell(5).to_owned(),
        revision: u32::try_from(number(6)?).map_err(|_| "Revision is out of range".to_owned())?,
        plate: cell(7).to_owned(),
        jurisdiction: cell(8).to_owned(),
        reject_code: cell(9).to_owned(),
        captured_at: cell(10).to_owned(),
        booth: cell(11).to_owned(),
        lane: cell(12).to_owned(),
        decided_by: cell(13).to_owned(),
        plate_type: match cell(14) {
            "" => None,
            text => Some(text.parse().map_err(|e| format!("{e}"))?),
        },
    };
    if !found.passage.starts_with("psg_") {
        return Err("names no passage".to_owned());
    }
    let replaces = found.action == Action::Replace;
    if replaces == found.plate.is_empty() || replaces == found.jurisdiction.is_empty() {
        return Err("a replacement has a plate and its issuer, a withdrawal neither".to_owned());
    }
    if !replaces && found.plate_type.is_some() {
        return Err("a withdrawal has no plate type".to_owned());
    }
    if replaces != found.reject_code.is_empty() {
        return Err("a withdrawal has a reject code, a replacement none".to_owned());
    }
    Ok(found)
}

fn column(at: usize) -> &'static str {
    COLUMNS.get(at).copied().unwrap_or("the column")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> CorrectionLine {
        CorrectionLine {
            corrects: Place { export: 3, row: 17, sha256: "ab".repeat(32) },
            action: Action::Replace,
            cause: Cause::Dispute,
            passage: "psg_1".into(),
            revision: 2,
            plate: "NULL".into(),
            jurisdiction: "us-tx".into(),
            reject_code: String::new(),
            captured_at: "2020-06-05T01:01:45-05:00".into(),
            booth: "north".into(),
            lane: "2".into(),
            decided_by: "tok_1".into(),
            plate_type: None,
        }
    }

    fn withdrawn() -> CorrectionLine {
        let reject_code = "double-crossing".into();
        CorrectionLine {
            action: Action::Withdraw,
            plate: String::new(),
            jurisdiction: String::new(),
            reject_code,
            ..line()
        }
    }

    #[test]
    fn corrections_read_back_as_they_were_written() {
        let lines = [line(), withdrawn()];
        let file = render_corrections(&lines, "").unwrap();
        assert!(file.ends_with(b"\r\n"));
        assert_eq!(read_corrections(&file).unwrap(), lines);
        let typed = [CorrectionLine { plate_type: Some(PlateType::Trailer), ..line() }];
        let file = render_corrections(&typed, "").unwrap();
        assert_eq!(read_corrections(&file).unwrap(), typed);
        assert!(String::from_utf8(file).unwrap().ends_with(",tok_1,trailer,NULL\r\n"));
    }

    #[test]
    fn a_correction_says_by_what_the_owner_is_found_as_a_bill_line_does() {
        let of = |issuer: &str, rules: &str| {
            let line = CorrectionLine { plate: "AO10XY".into(), jurisdiction: issuer.into(), ..line() };
            String::from_utf8(render_corrections(&[line], rules).unwrap()).unwrap()
        };
        let florida = of("us-fl", "");
        assert!(florida.contains(",AO10XY,us-fl,") && florida.ends_with(",A010XY\r\n"), "{florida}");
        assert!(of("us-ca", "").ends_with(",AO10XY\r\n") && of("us-ca", "us-ca key=O0").ends_with(",A010XY\r\n"));
        assert!(String::from_utf8(render_corrections(&[withdrawn()], "").unwrap()).unwrap().ends_with(",tok_1,,\r\n"));
        assert!(matches!(render_corrections(&[line()], "us-zz"), Err(RenderError::Keying(_))));
    }

    #[test]
    fn corrections_of_before_there_were_types_or_keys_are_read() {
        let file = String::from_utf8(render_corrections(&[line()], "").unwrap()).unwrap();
        let without_keys = file.replace(",NewLookupKey\r", "\r").replace(",tok_1,,NULL\r", ",tok_1,\r");
        let without_types = without_keys.replace(",NewPlateType\r", "\r").replace(",tok_1,\r", ",tok_1\r");
        assert!(file.len() > without_keys.len() && without_keys.len() > without_types.len());
        for before in [without_keys, without_types] {
            assert_eq!(read_corrections(before.as_bytes()).unwrap(), [line()], "{before}");
        }
    }

    #[test]
    fn a_correction_that_contradicts_itself_is_none() {
        for bad in [
            CorrectionLine { plate: String::new(), ..line() },
            CorrectionLine { reject_code: "no-plate".into(), ..line() },
            CorrectionLine { plate: "ABC1234".into(), ..withdrawn() },
            CorrectionLine { reject_code: String::new(), ..withdrawn() },
            CorrectionLine { passage: "north".into(), ..line() },
            CorrectionLine { plate_type: Some(PlateType::Trailer), ..withdrawn() },
        ] {
            let file = render_corrections(std::slice::from_ref(&bad), "").unwrap();
            assert!(matches!(read_corrections(&file), Err(ReadError::Line { line: 2, .. })), "{bad:?}");
        }
        assert_eq!(read_corrections(b"FileName,LicensePlateText\r\n"), Err(ReadError::Header));
    }

    #[test]
    fn a_file_of_corrections_has_no_column_that_a_reader_of_bills_looks_for() {
        for column in crate::export::csv::LAB_COLUMNS {
            assert!(!COLUMNS.contains(&column), "{column}");
        }
        assert_eq!(COLUMNS[PASSAGE_COLUMN], "PassageId");
    }
}
