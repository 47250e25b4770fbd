//! Doubts about modification times: copies carry the time of copying, and nobody sees it on a bill.

use std::path::Path;
use std::time::{Duration, SystemTime};

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::capture_time::{exif_time, within_a_zone};

/// Files of one folder that are needed to say anything about it.
const FEW: usize = 3;
/// Below this between two files on average, they were copied: vehicles do not pass that fast.
const COPYING: Duration = Duration::from_millis(500);
/// How long before now all files of a folder may have been written to be doubted.
const JUST_NOW: Duration = Duration::from_secs(600);

/// Why the modification times of these files look like the time of copying, if they do.
#[must_use]
pub fn copied_folder<'a>(files: impl Iterator<Item = &'a Path>, now: SystemTime) -> Option<String> {
    let times: Vec<SystemTime> = files.filter_map(|path| path.metadata().ok()?.modified().ok()).collect();
    doubt(&times, now).map(|why| {
        format!(
            "warning: {why}. If the folder was copied, these are the times of copying, not of the passages: \
             copy with times (`cp -p`, `rsync -t`), or use --captured-at exif"
        )
    })
}

fn doubt(times: &[SystemTime], now: SystemTime) -> Option<String> {
    let (first, last) = (*times.iter().min()?, *times.iter().max()?);
    let count = u32::try_from(times.len()).ok()?;
    if times.len() < FEW {
        return None;
    }
    let span = last.duration_since(first).ok()?;
    if span / (count - 1) < COPYING {
        return Some(format!("all {count} files were last written within {} s", span.as_secs() + 1));
    }
    let age = now.duration_since(first).ok()?;
    (age <= JUST_NOW).then(|| format!("all {count} files were last written in the last {} min", age.as_secs() / 60 + 1))
}

/// Why a photo's modification time contradicts the time inside it, if it does. `zone` is where the camera's clock stands;
/// without one, any whole quarter of an hour that is an offset somewhere may lie between them.
#[must_use]
pub fn far_from_its_own_time(photo: &[u8], modified: SystemTime, zone: Option<&TimeZone>) -> Option<String> {
    let (local, offset) = exif_time(photo)?;
    let modified = jiff::Timestamp::try_from(modified).ok()?;
    let apart = match (offset, zone) {
        (Some(offset), _) => modified.duration_since(offset.to_timestamp(local).ok()?),
        (None, Some(zone)) => modified.duration_since(within_a_zone(local, zone).ok()?),
        (None, None) => remainder(modified, local)?,
    };
    (apart.abs() > TOLERATED).then(|| format!("the photo itself says {local}"))
}

/// A file is written after its exposure, and by a clock that may lag.
const TOLERATED: SignedDuration = SignedDuration::from_mins(5);
const QUARTER_SECONDS: i64 = 900;
/// Offsets in use, in quarters of an hour.
const OFFSETS: std::ops::RangeInclusive<i64> = -48..=56;

/// How far a modification time lies from a local time, under the offset in use that brings them closest.
fn remainder(modified: jiff::Timestamp, local: DateTime) -> Option<SignedDuration> {
    let as_utc = local.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let apart = as_utc.duration_since(modified).as_secs();
    let quarter = (apart as f64 / QUARTER_SECONDS as f64).round() as i64;
    let nearest = quarter.clamp(*OFFSETS.start(), *OFFSETS.end()) * QUARTER_SECONDS;
    Some(SignedDuration::from_secs(apart - nearest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs_f64(1_763_633_730.0 + seconds)
    }

    #[test]
    fn files_that_were_written_faster_than_vehicles_pass_were_copied() {
        let now = at(1e6);
        assert!(doubt(&[at(0.0), at(0.1), at(0.3)], now).is_some());
        assert!(doubt(&[at(0.0), at(40.0), at(95.0)], now).is_none(), "as vehicles pass");
        assert!(doubt(&[at(0.0), at(0.1)], now).is_none(), "two say nothing");
        assert!(doubt(&[], now).is_none());
    }

    #[test]
    fn files_that_were_all_written_minutes_ago_are_doubted() {
        assert!(doubt(&[at(0.0), at(40.0), at(95.0)], at(120.0)).unwrap().contains("last 3 min"));
        assert!(doubt(&[at(-9_000.0), at(40.0), at(95.0)], at(120.0)).is_none());
    }

    #[test]
    fn a_file_that_was_written_when_no_clock_on_earth_showed_the_photos_time_is_doubted() {
        let modified: jiff::Timestamp = "2026-11-20T16:15:40Z".parse().unwrap();
        let apart = |local: &str| remainder(modified, local.parse().unwrap()).unwrap().abs();
        assert!(apart("2026-11-20T10:15:30") < TOLERATED, "six hours west");
        assert!(apart("2026-11-20T22:00:30") < TOLERATED, "five hours and three quarters east");
        assert!(apart("2026-11-20T10:22:40") > TOLERATED, "between two offsets");
        assert!(apart("2026-11-18T10:15:30") > TOLERATED, "days apart");
    }
}
