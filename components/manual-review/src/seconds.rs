//! How long a claim lasts, as callers write it.

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// A day: nobody looks at one photo for longer.
const LONGEST: f64 = 86_400.0;

/// Seconds: a whole number from 10 to 86400, `60` or `60.0`, which JSON Schema holds for the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seconds(pub u32);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        if number.fract() == 0.0 && (10.0..=LONGEST).contains(&number) {
            return Ok(Self(number as u32));
        }
        Err(D::Error::custom(format_args!("seconds must be a whole number from 10 to {LONGEST}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_a_whole_number_in_range() {
        for (text, seconds) in [("10", 10), ("60.0", 60), ("86400", 86_400)] {
            assert_eq!(serde_json::from_str::<Seconds>(text).unwrap(), Seconds(seconds), "{text}");
        }
        for bad in ["9", "10.5", "-60", "86401", "\"60\""] {
            assert!(serde_json::from_str::<Seconds>(bad).is_err(), "{bad}");
        }
    }
}
