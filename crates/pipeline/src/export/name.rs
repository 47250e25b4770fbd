//! File names by the lab's contract: the UTC time, `2020-06-05T07:07:15.csv`.
//!
//! One-second names collided and overwrote each other in the old system; here the ledger keeps names unique and a
//! taken one gets the export's sequence appended.

use super::Kind;
use crate::Instant;
use crate::capture::rfc3339;

fn stem(bound_at: Instant) -> String {
    rfc3339(bound_at).chars().take(19).collect()
}

/// What a file of corrections ends with.
const CORRECTIONS: &str = "-corrections.csv";

const fn ending(kind: Kind) -> &'static str {
    match kind {
        Kind::Lines => ".csv",
        Kind::Corrections => CORRECTIONS,
    }
}

/// The name of an export bound at this time.
#[must_use]
pub fn file_name(bound_at: Instant, kind: Kind) -> String {
    format!("{}{}", stem(bound_at), ending(kind))
}

/// The name when the plain one is taken.
#[must_use]
pub fn file_name_with_sequence(bound_at: Instant, kind: Kind, sequence: u64) -> String {
    format!("{}-{sequence}{}", stem(bound_at), ending(kind))
}

/// The same name as every file system takes it: `2020-06-05T070715Z-000012.csv`. No colon, no second meaning on Windows,
/// unique by the sequence, and in the order of the sequence within one second.
#[must_use]
pub fn portable_file_name(file_name: &str, sequence: u64) -> String {
    let stem = file_name.strip_suffix(".csv").unwrap_or(file_name);
    let time: String = stem.chars().take(19).filter(|c| *c != ':').collect();
    let ending = ending(if file_name.ends_with(CORRECTIONS) { Kind::Corrections } else { Kind::Lines });
    format!("{time}Z-{sequence:06}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_contract() {
        assert_eq!(file_name(1_591_340_835_000, Kind::Lines), "2020-06-05T07:07:15.csv");
        assert_eq!(file_name_with_sequence(1_591_340_835_999, Kind::Lines, 12), "2020-06-05T07:07:15-12.csv");
        assert_eq!(file_name(1_591_340_835_000, Kind::Corrections), "2020-06-05T07:07:15-corrections.csv");
    }

    #[test]
    fn portable_names_have_nothing_that_a_file_system_refuses() {
        let at = 1_591_340_835_999;
        for (kind, name) in [
            (Kind::Lines, "2020-06-05T070715Z-000012.csv"),
            (Kind::Corrections, "2020-06-05T070715Z-000012-corrections.csv"),
        ] {
            for contract in [file_name(at, kind), file_name_with_sequence(at, kind, 12)] {
                assert_eq!(portable_file_name(&contract, 12), name);
            }
        }
    }
}
