//! When a photo was taken: told on the command line, from the file's modification time, or as the camera wrote it.

use std::io::Cursor;
use std::str::FromStr;
use std::time::SystemTime;

use exif::{In, Tag};
use jiff::Timestamp;
use tollbooth_pipeline::capture::rfc3339;

/// Where a photo's capture time comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaptureTime {
    /// The file's modification time: right where the camera writes the file itself.
    FileModified,
    /// EXIF `DateTimeOriginal` with `OffsetTimeOriginal`.
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
    #[error("the photo says no capture time with offset (EXIF DateTimeOriginal and OffsetTimeOriginal): {0}")]
    NoExif(String),
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
    /// The capture time of one photo as RFC 3339.
    ///
    /// # Errors
    /// [`CaptureTimeError`] when this photo does not say it.
    pub fn of(&self, photo: &[u8], modified: Option<SystemTime>) -> Result<String, CaptureTimeError> {
        match self {
            Self::Given(text) => Ok(text.clone()),
            Self::FileModified => {
                let modified = modified.ok_or(CaptureTimeError::NoModified)?;
                let instant = Timestamp::try_from(modified).map_err(|_| CaptureTimeError::NoModified)?;
                Ok(rfc3339(instant.as_millisecond()))
            }
            Self::Exif => from_exif(photo),
        }
    }
}

fn from_exif(photo: &[u8]) -> Result<String, CaptureTimeError> {
    let missing = |what: &str| CaptureTimeError::NoExif(what.to_owned());
    let tags = exif::Reader::new()
        .read_from_container(&mut Cursor::new(photo))
        .map_err(|e| CaptureTimeError::NoExif(e.to_string()))?;
    let text = |tag: Tag| match tags.get_field(tag, In::PRIMARY).map(|field| &field.value) {
        Some(exif::Value::Ascii(lines)) => lines.first().map(Vec::as_slice),
        _ => None,
    };
    let time = text(Tag::DateTimeOriginal).ok_or_else(|| missing("no DateTimeOriginal"))?;
    let offset = text(Tag::OffsetTimeOriginal).ok_or_else(|| missing("no OffsetTimeOriginal"))?;
    let mut time = exif::DateTime::from_ascii(time).map_err(|e| CaptureTimeError::NoExif(e.to_string()))?;
    time.parse_offset(offset).map_err(|e| CaptureTimeError::NoExif(e.to_string()))?;
    if let Some(fraction) = text(Tag::SubSecTimeOriginal) {
        // A fraction that makes no sense loses the fraction, not the photo.
        let _ = time.parse_subsec(fraction);
    }
    written(&time).ok_or_else(|| missing("the offset is unknown"))
}

fn written(time: &exif::DateTime) -> Option<String> {
    let minutes = time.offset?;
    let (sign, minutes) = if minutes < 0 { ('-', minutes.unsigned_abs()) } else { ('+', minutes.unsigned_abs()) };
    let millis = time.nanosecond.unwrap_or(0) / 1_000_000;
    Some(format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{millis:03}{sign}{:02}:{:02}",
        time.year,
        time.month,
        time.day,
        time.hour,
        time.minute,
        time.second,
        minutes / 60,
        minutes % 60,
    ))
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
        assert_eq!(CaptureTime::FileModified.of(b"", Some(modified)), Ok("2025-11-20T10:15:30.250Z".to_owned()));
        assert_eq!(CaptureTime::FileModified.of(b"", None), Err(CaptureTimeError::NoModified));
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
        assert_eq!(CaptureTime::Exif.of(&photo, None), Ok("2026-11-20T04:15:30.250-06:00".to_owned()));
    }

    #[test]
    fn a_time_without_offset_is_not_guessed() {
        let photo = tagged(&[(Tag::DateTimeOriginal, "2026:11:20 04:15:30")]);
        let error = CaptureTime::Exif.of(&photo, None).unwrap_err().to_string();
        assert!(error.contains("OffsetTimeOriginal"), "{error}");
        assert!(CaptureTime::Exif.of(b"no photo", None).is_err());
    }
}
