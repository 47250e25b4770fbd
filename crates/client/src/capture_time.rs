//! When a photo was taken: told on the command line, from the file's modification time, or as the camera wrote it.
//!
//! Most cameras write local time without its offset. A zone that the caller names turns it into a moment; without one it is
//! never guessed, for an hour's error bills another tariff.

use std::io::Cursor;
use std::str::FromStr;
use std::time::SystemTime;

use exif::{In, Tag};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{Timestamp, Zoned};
use tollbooth_pipeline::capture::rfc3339;

/// Where a photo's capture time comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaptureTime {
    /// The file's modification time: right where the camera writes the file itself.
    FileModified,
    /// EXIF `DateTimeOriginal` with `OffsetTimeOriginal`, or in the zone that the caller names.
    Exif,
    /// The same RFC 3339 time for every photo.
    Given(String),
}

/// Why no capture time could be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaptureTimeError {
    /// Not one of the words and not RFC 3339.
    #[error("`{0}` is neither `mtime` nor `exif` nor an RFC 3339 time with offset like 2026-11-20T10:15:30-06:00")]
    Malformed(String),
    /// The photo has no such tags.
    #[error("the photo says no capture time (EXIF DateTimeOriginal): {0}")]
    NoExif(String),
    /// The photo says local time, and nobody says where.
    #[error(
        "the photo says {0} without an offset (no OffsetTimeOriginal); name the zone of the camera's clock: --time-zone America/Chicago"
    )]
    NoOffset(DateTime),
    /// The hour that the end of daylight saving time repeats.
    #[error(
        "the photo says {0} without an offset, and {1} had that time twice, as daylight saving ended; send it with --captured-at and its true time"
    )]
    Twice(DateTime, String),
    /// The hour that the beginning of daylight saving time leaves out.
    #[error(
        "the photo says {0} without an offset, and {1} never had that time, as daylight saving began; is the camera's clock set to another zone?"
    )]
    Never(DateTime, String),
    /// A modification time before 1970, or none at all.
    #[error("the file has no usable modification time")]
    NoModified,
}

impl FromStr for CaptureTime {
    type Err = CaptureTimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "mtime" => Ok(Self::FileModified),
            "exif" => Ok(Self::Exif),
            _ => {
                // `T` and an offset are what tells RFC 3339 from the looser forms that the parser knows, too.
                let offset = text.ends_with(['Z', 'z']) || text.rfind(['+', '-']).is_some_and(|at| at > 10);
                if text.parse::<Timestamp>().is_err() || !text.contains(['T', 't']) || !offset || text.contains('[') {
                    return Err(CaptureTimeError::Malformed(text.to_owned()));
                }
                Ok(Self::Given(text.to_owned()))
            }
        }
    }
}

impl CaptureTime {
    /// The capture time of one photo as RFC 3339. `zone` is where the camera's clock stands; an offset in the photo
    /// outweighs it.
    ///
    /// # Errors
    /// [`CaptureTimeError`] when this photo does not say it.
    pub fn of(
        &self,
        photo: &[u8],
        modified: Option<SystemTime>,
        zone: Option<&TimeZone>,
    ) -> Result<String, CaptureTimeError> {
        match self {
            Self::Given(text) => Ok(text.clone()),
            Self::FileModified => {
                let modified = modified.ok_or(CaptureTimeError::NoModified)?;
                let instant = Timestamp::try_from(modified).map_err(|_| CaptureTimeError::NoModified)?;
                Ok(rfc3339(instant.as_millisecond()))
            }
            Self::Exif => from_exif(photo, zone),
        }
    }
}

/// The time inside a photo, as its camera's clock showed it, and the offset where the camera says it.
pub(crate) fn exif_time(photo: &[u8]) -> Option<(DateTime, Option<Offset>)> {
    read_exif(photo).ok()
}

/// The moment when a zone's clocks showed a local time.
pub(crate) fn within_a_zone(local: DateTime, zone: &TimeZone) -> Result<Timestamp, CaptureTimeError> {
    let name = || zone.iana_name().unwrap_or("the zone").to_owned();
    let ambiguous = zone.to_ambiguous_timestamp(local);
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => {
            ambiguous.unambiguous().map_err(|e| CaptureTimeError::NoExif(e.to_string()))
        }
        AmbiguousOffset::Fold { .. } => Err(CaptureTimeError::Twice(local, name())),
        AmbiguousOffset::Gap { .. } => Err(CaptureTimeError::Never(local, name())),
    }
}

fn from_exif(photo: &[u8], zone: Option<&TimeZone>) -> Result<String, CaptureTimeError> {
    let (local, offset) = read_exif(photo)?;
    let written = match (offset, zone) {
        (Some(offset), _) => {
            TimeZone::fixed(offset).to_zoned(local).map_err(|e| CaptureTimeError::NoExif(e.to_string()))?
        }
        (None, Some(zone)) => Zoned::new(within_a_zone(local, zone)?, zone.clone()),
        (None, None) => return Err(CaptureTimeError::NoOffset(local)),
    };
    Ok(written.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string())
}

fn read_exif(photo: &[u8]) -> Result<(DateTime, Option<Offset>), CaptureTimeError> {
    let unusable = |e: &dyn std::fmt::Display| CaptureTimeError::NoExif(e.to_string());
    let tags = exif::Reader::new().read_from_container(&mut Cursor::new(photo)).map_err(|e| unusable(&e))?;
    let text = |tag: Tag| match tags.get_field(tag, In::PRIMARY).map(|field| &field.value) {
        Some(exif::Value::Ascii(lines)) => lines.first().map(Vec::as_slice),
        _ => None,
    };
    let time = text(Tag::DateTimeOriginal).ok_or_else(|| unusable(&"no DateTimeOriginal"))?;
    let mut time = exif::DateTime::from_ascii(time).map_err(|e| unusable(&e))?;
    // A fraction or an offset that makes no sense loses itself, not the photo.
    let _ = text(Tag::SubSecTimeOriginal).map(|fraction| time.parse_subsec(fraction));
    let _ = text(Tag::OffsetTimeOriginal).map(|offset| time.parse_offset(offset));
    let small = |number: u8| i8::try_from(number).unwrap_or(i8::MAX);
    let local = DateTime::new(
        i16::try_from(time.year).unwrap_or(i16::MAX),
        small(time.month),
        small(time.day),
        small(time.hour),
        small(time.minute),
        // A leap second is the one before it: so the server takes it, too.
        small(time.second.min(59)),
        i32::try_from(time.nanosecond.unwrap_or(0)).unwrap_or(0),
    )
    .map_err(|e| unusable(&e))?;
    let offset = time.offset.and_then(|minutes| Offset::from_seconds(i32::from(minutes) * 60).ok());
    Ok((local, offset))
}

#[cfg(test)]
mod tests {
    use super::*;
    use exif::experimental::Writer;
    use exif::{Field, Value};
    use std::time::Duration;

    #[test]
    fn a_given_time_must_be_rfc_3339_with_offset() {
        assert_eq!("exif".parse(), Ok(CaptureTime::Exif));
        assert_eq!("mtime".parse(), Ok(CaptureTime::FileModified));
        for good in ["2026-11-20T10:15:30-06:00", "2026-11-20T10:15:30.250Z"] {
            assert_eq!(good.parse(), Ok(CaptureTime::Given(good.to_owned())));
        }
        for bad in [
            "now",
            "2026-11-20",
            "2026-11-20T10:15:30",
            "2026-11-20 10:15:30Z",
            "2026-11-20T10:15:30+01:00[Europe/Berlin]",
        ] {
            assert!(bad.parse::<CaptureTime>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_modification_time_is_written_in_utc_with_milliseconds() {
        let modified = SystemTime::UNIX_EPOCH + Duration::from_millis(1_763_633_730_250);
        assert_eq!(CaptureTime::FileModified.of(b"", Some(modified), None), Ok("2025-11-20T10:15:30.250Z".to_owned()));
        assert_eq!(CaptureTime::FileModified.of(b"", None, None), Err(CaptureTimeError::NoModified));
    }

    fn tagged(tags: &[(Tag, &str)]) -> Vec<u8> {
        let fields: Vec<Field> = tags
            .iter()
            .map(|(tag, text)| Field {
                tag: *tag,
                ifd_num: In::PRIMARY,
                value: Value::Ascii(vec![text.as_bytes().to_vec()]),
            })
            .collect();
        let mut writer = Writer::new();
        fields.iter().for_each(|field| writer.push_field(field));
        let mut file = Cursor::new(Vec::new());
        writer.write(&mut file, false).unwrap();
        file.into_inner()
    }

    #[test]
    fn a_cameras_own_time_keeps_its_offset() {
        let photo = tagged(&[
            (Tag::DateTimeOriginal, "2026:11:20 04:15:30"),
            (Tag::OffsetTimeOriginal, "-06:00"),
            (Tag::SubSecTimeOriginal, "25"),
        ]);
        assert_eq!(CaptureTime::Exif.of(&photo, None, None), Ok("2026-11-20T04:15:30.250-06:00".to_owned()));
    }

    #[test]
    fn a_time_without_offset_is_not_guessed() {
        let photo = tagged(&[(Tag::DateTimeOriginal, "2026:11:20 04:15:30")]);
        let error = CaptureTime::Exif.of(&photo, None, None).unwrap_err().to_string();
        assert!(error.contains("OffsetTimeOriginal") && error.contains("--time-zone"), "{error}");
        assert!(CaptureTime::Exif.of(b"no photo", None, None).is_err());
    }

    #[test]
    fn a_time_without_offset_is_that_of_the_zone_that_is_named() {
        let chicago = TimeZone::get("America/Chicago").unwrap();
        let at = |text: &str| CaptureTime::Exif.of(&tagged(&[(Tag::DateTimeOriginal, text)]), None, Some(&chicago));
        assert_eq!(at("2026:11:20 04:15:30"), Ok("2026-11-20T04:15:30.000-06:00".to_owned()));
        assert_eq!(at("2026:07:20 04:15:30"), Ok("2026-07-20T04:15:30.000-05:00".to_owned()));
        assert!(matches!(at("2026:11:01 01:30:00"), Err(CaptureTimeError::Twice(..))), "daylight saving ends");
        assert!(matches!(at("2026:03:08 02:30:00"), Err(CaptureTimeError::Never(..))), "daylight saving begins");
        assert_eq!(at("2026:11:01 00:59:59"), Ok("2026-11-01T00:59:59.000-05:00".to_owned()));
        assert_eq!(at("2026:11:01 02:00:00"), Ok("2026-11-01T02:00:00.000-06:00".to_owned()));
    }

    #[test]
    fn an_offset_in_the_photo_outweighs_the_zone_that_is_named() {
        let photo = tagged(&[(Tag::DateTimeOriginal, "2026:11:20 04:15:30"), (Tag::OffsetTimeOriginal, "+01:00")]);
        let chicago = TimeZone::get("America/Chicago").unwrap();
        assert_eq!(CaptureTime::Exif.of(&photo, None, Some(&chicago)), Ok("2026-11-20T04:15:30.000+01:00".to_owned()));
    }
}
