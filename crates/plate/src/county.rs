//! Names that a state and counties of other states share.
//!
//! A plate of Georgia from Washington County says WASHINGTON below its serial, in letters as clear as those of GEORGIA above it; a
//! plate of Washington says so above. So below a serial such a name is the state's only where its series have the serial and
//! no state's has that prints its counties' names there.

use crate::serial;

/// A state whose name is a county's as well, and the states that print that county's name below the serial or put it on a
/// sticker there.
///
/// Sources: US Census Bureau, counties by name; Official Code of Georgia 40-2-9; dotding.com/ohio (stickers of counties);
/// multics.org/coll (Mississippi, Kentucky and Georgia); published designs of the other states' plates.
const COUNTIES: [(&str, &[&str]); 3] = [
    ("us-de", &["us-ia", "us-oh"]),
    ("us-oh", &["us-ky"]),
    ("us-wa", &["us-fl", "us-ga", "us-ia", "us-ky", "us-ms", "us-oh", "us-tn"]),
];

/// True where the state's name below this serial (normalised) may be a county's, and so says nothing of who issued the plate.
pub fn may_be_a_county(state: &str, serial: &str) -> bool {
    let fits = |issuer: &str| serial::fits(issuer, serial) == Some(true);
    COUNTIES
        .iter()
        .find(|(named, _)| *named == state)
        .is_some_and(|(_, printed_by)| !fits(state) || printed_by.iter().any(|issuer| fits(issuer)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_below_the_serial_is_the_states_where_no_other_with_such_a_county_has_the_series() {
        // Georgia, Tennessee and Washington; nobody's, as personalised plates are; no state but Delaware.
        for (state, serial, is_open) in [
            ("us-wa", "ABC1234", true),
            ("us-wa", "GODAWGS", true),
            ("us-oh", "123ABC", true),
            ("us-oh", "AB12CD", false),
            ("us-de", "123456", false),
            ("us-tx", "ABC1234", false),
        ] {
            assert_eq!(may_be_a_county(state, serial), is_open, "{state} {serial}");
        }
    }

    #[test]
    fn every_state_named_here_has_series_that_are_known() {
        for (state, printed_by) in COUNTIES {
            assert!(
                std::iter::once(&state).chain(printed_by).all(|code| !serial::patterns(code).is_empty()),
                "{state}"
            );
        }
    }
}
