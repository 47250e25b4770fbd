//! The version of a passage, as callers write it.

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// The version the caller looked at: a whole number, `3` or `3.0`, which JSON Schema holds for the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version(pub u32);

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        // Every u32 is exact in an f64, so nothing is rounded into another version.
        if number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number) {
            return Ok(Self(number as u32));
        }
        Err(D::Error::custom("the version must be a whole number from 0 to 4294967295"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_whole_number_in_range() {
        for (text, version) in [("3", 3), ("3.0", 3), ("0", 0), ("4294967295", u32::MAX)] {
            assert_eq!(serde_json::from_str::<Version>(text).unwrap(), Version(version), "{text}");
        }
        for bad in ["3.5", "-1", "4294967296", "\"3\"", "null", "1e99"] {
            assert!(serde_json::from_str::<Version>(bad).is_err(), "{bad}");
        }
    }
}
