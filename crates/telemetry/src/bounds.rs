//! How long is how long: the bounds by which durations are counted.

/// Upper bounds in milliseconds, from a recogniser's answer to a week's backlog; longer ones are [`BEYOND`].
pub const BOUNDS_MS: [i64; 16] = [
    100,
    250,
    500,
    1_000,
    2_500,
    5_000,
    10_000,
    30_000,
    60_000,
    300_000,
    900_000,
    3_600_000,
    14_400_000,
    43_200_000,
    86_400_000,
    604_800_000,
];
/// The label of what is longer than every bound.
pub const BEYOND: &str = "inf";
/// The label of the sum.
pub const SUM: &str = "sum";

/// The label under which a duration is counted.
#[must_use]
pub fn label(ms: i64) -> String {
    BOUNDS_MS.iter().find(|bound| ms <= **bound).map_or_else(|| BEYOND.to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_what_it_bounds() {
        assert_eq!((label(0), label(100), label(101)), ("100".to_owned(), "100".to_owned(), "250".to_owned()));
        assert_eq!(label(i64::MAX), BEYOND);
    }
}
