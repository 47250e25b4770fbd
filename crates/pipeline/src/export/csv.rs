//! Rendering of bill lines as CSV.
//!
//! Profile `lab` is the contract of the system this one replaces: header
//! `FileName,LicensePlateText,TimeStamp,LicensePlateFound`, times like `6/5/2020 6:01:45 AM`. The old system wrote the
//! database's time of last change there; this one writes the capture time, in UTC.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tollbooth_plate::keying::Rules;

use super::BillLine;
use crate::Instant;
use crate::plate_type::PlateType;

/// What every profile begins with: the contract.
pub(super) const LAB_COLUMNS: [&str; 4] = ["FileName", "LicensePlateText", "TimeStamp", "LicensePlateFound"];

/// The issuer's column.
pub(super) const JURISDICTION: &str = "Jurisdiction";
/// The type's column.
pub(super) const PLATE_TYPE: &str = "PlateType";

/// What the full profile adds.
const FULL_COLUMNS: [&str; 11] = [
    "PassageId",
    "Booth",
    "Lane",
    JURISDICTION,
    "JurisdictionSource",
    "CapturedAt",
    "DecidedBy",
    "Confidence",
    "PhotoUrl",
    "LookupKey",
    PLATE_TYPE,
];

/// Which of all of them are `PhotoUrl` and `LookupKey`, from 0: what is made of the others when a file is rendered.
pub(super) const MADE_COLUMNS: [usize; 2] = [LAB_COLUMNS.len() + 8, LAB_COLUMNS.len() + 9];

/// Which columns a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// What billing reads today.
    Lab,
    /// Everything a bill and an audit need.
    Full,
}

/// A text that names no profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no export profile; expected lab or full")]
pub struct UnknownProfile(pub String);

impl std::str::FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "lab" => Ok(Self::Lab),
            "full" => Ok(Self::Full),
            _ => Err(UnknownProfile(text.to_owned())),
        }
    }
}

/// Why bill lines could not be rendered. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The CSV writer refused.
    #[error("cannot write the CSV: {0}")]
    Csv(#[from] csv::Error),
    /// Keying rules that were stored without being checked.
    #[error("the keying rules of the export are refused: {0}")]
    Keying(String),
    /// A capture time that no calendar knows.
    #[error("passage {passage} has a capture time out of range")]
    Time {
        /// The passage.
        passage: String,
    },
}

/// Renders the lines in the order given, with a header and `\r\n` line ends (RFC 4180).
///
/// `photo_base` is prefixed to the photo's name in the full profile's `PhotoUrl`; its `LookupKey` is by the program's own rules.
///
/// # Errors
/// [`RenderError`] for a capture time out of range.
pub fn render(profile: Profile, lines: &[BillLine], photo_base: &str) -> Result<Vec<u8>, RenderError> {
    render_keyed(profile, lines, photo_base, "")
}

/// The same by the keying rules that were in force when the lines were bound: whoever renders an export again arrives at the
/// same file, whatever the rules say by then.
///
/// # Errors
/// [`RenderError`] for a capture time out of range, and for rules that are none.
pub fn render_keyed(
    profile: Profile,
    lines: &[BillLine],
    photo_base: &str,
    keying_rules: &str,
) -> Result<Vec<u8>, RenderError> {
    let mut file = render_header(profile)?;
    file.append(&mut render_rows(profile, lines, photo_base, keying_rules)?);
    Ok(file)
}

/// What a file begins with. With [`render_rows`] the file is rendered in pieces.
///
/// # Errors
/// [`RenderError::Csv`]
pub fn render_header(profile: Profile) -> Result<Vec<u8>, RenderError> {
    let mut writer = writer();
    match profile {
        Profile::Lab => writer.write_record(LAB_COLUMNS)?,
        Profile::Full => writer.write_record(LAB_COLUMNS.into_iter().chain(FULL_COLUMNS))?,
    }
    writer.into_inner().map_err(|e| RenderError::Csv(e.into_error().into()))
}

fn writer() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new())
}

/// Renders lines without a header, by the keying rules that were in force when they were bound.
///
/// # Errors
/// [`RenderError`] for a capture time out of range, and for rules that are none.
pub fn render_rows(
    profile: Profile,
    lines: &[BillLine],
    photo_base: &str,
    keying_rules: &str,
) -> Result<Vec<u8>, RenderError> {
    let rules = Rules::parse(keying_rules).map_err(|problems| RenderError::Keying(problems.join("; ")))?;
    let mut writer = writer();
    for line in lines {
        let time =
            lab_time(line.captured_at_instant).ok_or_else(|| RenderError::Time { passage: line.passage.clone() })?;
        let lab = [line.photo_name.as_str(), line.plate.as_str(), time.as_str(), "True"];
        match profile {
            Profile::Lab => writer.write_record(lab)?,
            Profile::Full => {
                let confidence = line.confidence.map(|c| format!("{c:.4}")).unwrap_or_default();
                let url = format!("{photo_base}{}", line.photo_name);
                let key = rules.lookup_key(&line.jurisdiction, &line.plate);
                let more = [
                    line.passage.as_str(),
                    &line.booth,
                    &line.lane,
                    &line.jurisdiction,
                    &line.jurisdiction_source,
                    &line.captured_at,
                    &line.decided_by,
                    &confidence,
                    &url,
                    &key,
                    line.plate_type.map(PlateType::as_str).unwrap_or_default(),
                ];
                writer.write_record(lab.into_iter().chain(more))?;
            }
        }
    }
    writer.into_inner().map_err(|e| RenderError::Csv(e.into_error().into()))
}

/// `6/5/2020 6:01:45 AM`: month, day and hour without leading zeros, in UTC.
fn lab_time(instant: Instant) -> Option<String> {
    let time = Timestamp::from_millisecond(instant).ok()?.to_zoned(TimeZone::UTC);
    let hour = match time.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let half = if time.hour() < 12 { "AM" } else { "PM" };
    Some(format!(
        "{}/{}/{} {hour}:{:02}:{:02} {half}",
        time.month(),
        time.day(),
        time.year(),
        time.minute(),
        time.second()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> BillLine {
        BillLine {
            passage: "psg_1".into(),
            booth: "north".into(),
            lane: "2".into(),
            plate: "THECAR".into(),
            jurisdiction: "us-tx".into(),
            jurisdiction_source: "read".into(),
            captured_at: "2020-06-05T01:01:45-05:00".into(),
            captured_at_instant: 1_591_336_905_000,
            decided_by: "judge".into(),
            confidence: Some(0.9812),
            photo_name: "psg_1.jpg".into(),
            plate_type: None,
        }
    }

    #[test]
    fn the_lab_profile_is_what_billing_reads_today() {
        let text = String::from_utf8(render(Profile::Lab, &[line()], "").unwrap()).unwrap();
        assert_eq!(
            text,
            "FileName,LicensePlateText,TimeStamp,LicensePlateFound\r\npsg_1.jpg,THECAR,6/5/2020 6:01:45 AM,True\r\n"
        );
    }

    #[test]
    fn the_full_profile_adds_what_an_audit_needs() {
        let text = String::from_utf8(render(Profile::Full, &[line()], "/v1/photos/").unwrap()).unwrap();
        assert!(text.lines().nth(1).unwrap().ends_with(
            "True,psg_1,north,2,us-tx,read,2020-06-05T01:01:45-05:00,judge,0.9812,/v1/photos/psg_1.jpg,THECAR,"
        ));
    }

    #[test]
    fn what_is_made_when_a_file_is_rendered_is_where_it_is_looked_for() {
        let header = render_header(Profile::Full).unwrap();
        let mut reader = csv::Reader::from_reader(header.as_slice());
        let columns = reader.headers().unwrap();
        assert_eq!(MADE_COLUMNS.map(|at| columns.get(at)), [Some("PhotoUrl"), Some("LookupKey")]);
    }

    #[test]
    fn the_lookup_key_is_the_issuer_s_and_the_text_stays_what_is_printed() {
        let florida = BillLine { plate: "AO10XY".into(), jurisdiction: "us-fl".into(), ..line() };
        let text = String::from_utf8(render(Profile::Full, &[florida], "").unwrap()).unwrap();
        assert!(text.contains(",AO10XY,") && text.ends_with(",A010XY,\r\n"), "{text}");
    }

    #[test]
    fn the_type_of_a_plate_is_in_the_full_profile_and_changes_nothing_of_the_contract() {
        let trailer = BillLine { plate_type: Some(PlateType::Trailer), ..line() };
        let full = String::from_utf8(render(Profile::Full, std::slice::from_ref(&trailer), "").unwrap()).unwrap();
        assert!(
            full.lines().next().unwrap().ends_with(",PlateType") && full.ends_with(",THECAR,trailer\r\n"),
            "{full}"
        );
        assert_eq!(render(Profile::Lab, &[trailer], "").unwrap(), render(Profile::Lab, &[line()], "").unwrap());
    }

    #[test]
    fn an_export_is_keyed_by_the_rules_it_was_bound_with() {
        let keyed = |rules| {
            let california = BillLine { plate: "7ABO123".into(), jurisdiction: "us-ca".into(), ..line() };
            String::from_utf8(render_keyed(Profile::Full, &[california], "", rules).unwrap()).unwrap()
        };
        assert!(keyed("").ends_with(",7ABO123,\r\n") && keyed("us-ca key=O0").ends_with(",7AB0123,\r\n"));
        assert!(matches!(render_keyed(Profile::Full, &[line()], "", "us-zz"), Err(RenderError::Keying(_))));
    }

    #[test]
    fn midnight_and_noon_are_twelve() {
        assert_eq!(lab_time(1_591_315_200_000).unwrap(), "6/5/2020 12:00:00 AM");
        assert_eq!(lab_time(1_591_358_400_000).unwrap(), "6/5/2020 12:00:00 PM");
    }

    #[test]
    fn the_hour_that_the_end_of_daylight_saving_repeats_is_two_hours_on_the_bill() {
        // Half past one in Chicago on 2027-11-07, twice: 01:30-05:00 and 01:30-06:00.
        assert_eq!(lab_time(1_825_569_000_000).unwrap(), "11/7/2027 6:30:00 AM");
        assert_eq!(lab_time(1_825_572_600_000).unwrap(), "11/7/2027 7:30:00 AM");
    }

    #[test]
    fn a_lane_with_a_quote_or_comma_cannot_break_the_columns() {
        let odd = BillLine { lane: "a,\"b\"".into(), ..line() };
        let bytes = render(Profile::Full, &[odd], "").unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(&record[6], "a,\"b\"");
    }
}
