//! What kind of mistake a wrong text is: characters that look alike, characters lost or gained, or another text.
//!
//! A text of which at least half of the characters agree with the truth, in order, is a misreading of the plate, and
//! every difference counts; anything else is another text. Nothing here looks at the photo.

use std::fmt;

use super::outcome::{Outcome, Verdict};
use super::truth::normal;

/// One kind of mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// The photo was not taken: damaged, or no photo.
    Refused,
    /// No text was taken for a plate.
    NoPlateFound,
    /// The plate of another vehicle that the table knows of.
    OtherVehicle,
    /// Another text was taken although the plate's was read in the photo too.
    OtherLine,
    /// A text that is nothing like the plate's, which was read nowhere.
    OtherText,
    /// Accepted although the table says that no plate can be read.
    NoPlateToRead,
    /// Accepted, and right, although the table says that nobody can read the plate.
    ReadUnreadable,
    /// A character was taken for another; letters first.
    Confused(char, char),
    /// Characters are missing at the start.
    MissingAtStart,
    /// Characters are missing at the end.
    MissingAtEnd,
    /// Characters are missing inside.
    MissingInside,
    /// Characters too many at the start.
    ExtraAtStart,
    /// Characters too many at the end.
    ExtraAtEnd,
    /// Characters too many inside.
    ExtraInside,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Confused(one, other) => return write!(f, "{one}/{other}"),
            Self::Refused => "photo refused",
            Self::NoPlateFound => "no plate found",
            Self::OtherVehicle => "another vehicle's plate",
            Self::OtherLine => "other text taken, plate read too",
            Self::OtherText => "other text, plate not read",
            Self::NoPlateToRead => "accepted where there is no plate to read",
            Self::ReadUnreadable => "read though thought unreadable",
            Self::MissingAtStart => "character missing at the start",
            Self::MissingAtEnd => "character missing at the end",
            Self::MissingInside => "character missing inside",
            Self::ExtraAtStart => "extra character at the start",
            Self::ExtraAtEnd => "extra character at the end",
            Self::ExtraInside => "extra character inside",
        })
    }
}

/// The mistakes made on one photo, each kind once, in order; none when it was read exactly.
#[must_use]
pub fn error_kinds(outcome: &Outcome) -> Vec<ErrorKind> {
    if outcome.verdict() == Verdict::Exact {
        return Vec::new();
    }
    let (truth, read) = (normal(&outcome.truth), normal(&outcome.read));
    if outcome.state == "refused" {
        return vec![ErrorKind::Refused];
    }
    if truth.is_empty() {
        let hidden = outcome.about.hidden_plate.as_deref();
        return vec![if hidden == Some(&*read) { ErrorKind::ReadUnreadable } else { ErrorKind::NoPlateToRead }];
    }
    if read.is_empty() {
        return vec![ErrorKind::NoPlateFound];
    }
    if outcome.about.other_plate.as_deref() == Some(&*read) {
        return vec![ErrorKind::OtherVehicle];
    }
    let (truth_text, truth, read) =
        (truth.clone(), truth.chars().collect::<Vec<_>>(), read.chars().collect::<Vec<_>>());
    let edits = edits(&truth, &read);
    if edits.len() * 2 > truth.len().max(read.len()) {
        let is_read = outcome.others_read.iter().any(|other| normal(other).contains(&truth_text));
        return vec![if is_read { ErrorKind::OtherLine } else { ErrorKind::OtherText }];
    }
    let mut kinds: Vec<ErrorKind> = edits.iter().map(|edit| edit.kind(truth.len(), read.len())).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// One difference, with the characters before it on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edit {
    Confused(char, char),
    Missing { read_before: usize },
    Extra { truth_before: usize },
}

impl Edit {
    /// At the start means before any character of the other side, at the end after its last.
    fn kind(self, truth: usize, read: usize) -> ErrorKind {
        match self {
            Self::Confused(one, other) => confused(one, other),
            Self::Missing { read_before: 0 } => ErrorKind::MissingAtStart,
            Self::Missing { read_before } if read_before == read => ErrorKind::MissingAtEnd,
            Self::Missing { .. } => ErrorKind::MissingInside,
            Self::Extra { truth_before: 0 } => ErrorKind::ExtraAtStart,
            Self::Extra { truth_before } if truth_before == truth => ErrorKind::ExtraAtEnd,
            Self::Extra { .. } => ErrorKind::ExtraInside,
        }
    }
}

/// The pair in one order whichever was read: a letter before a digit, else alphabetically.
fn confused(one: char, other: char) -> ErrorKind {
    let rank = |c: char| (c.is_ascii_digit(), c);
    if rank(one) <= rank(other) { ErrorKind::Confused(one, other) } else { ErrorKind::Confused(other, one) }
}

/// Pairs that look alike on plates: where an alignment is ambiguous, these are what happened.
const ALIKE: [(char, char); 14] = [
    ('O', '0'),
    ('I', '1'),
    ('B', '8'),
    ('D', '0'),
    ('Q', '0'),
    ('D', 'O'),
    ('O', 'Q'),
    ('S', '5'),
    ('Z', '2'),
    ('G', '6'),
    ('V', 'Y'),
    ('M', 'N'),
    ('C', 'G'),
    ('T', '7'),
];
const ALIKE_COST: u32 = 3;
const OTHER_COST: u32 = 4;
const GAP_COST: u32 = 4;

fn substitution(one: char, other: char) -> u32 {
    if one == other {
        0
    } else if ALIKE.contains(&(one, other)) || ALIKE.contains(&(other, one)) {
        ALIKE_COST
    } else {
        OTHER_COST
    }
}

/// The cheapest way from the truth to what was read.
fn edits(truth: &[char], read: &[char]) -> Vec<Edit> {
    let costs = Costs::of(truth, read);
    let (mut i, mut j) = (truth.len(), read.len());
    let mut edits = Vec::new();
    while i > 0 || j > 0 {
        let here = costs.at(i, j);
        let pair = i.checked_sub(1).zip(j.checked_sub(1));
        let pair = pair.and_then(|(a, b)| Some((costs.at(a, b), *truth.get(a)?, *read.get(b)?)));
        match pair {
            Some((before, one, other)) if here == before + substitution(one, other) => {
                if one != other {
                    edits.push(Edit::Confused(one, other));
                }
                (i, j) = (i - 1, j - 1);
            }
            _ if i > 0 && here == costs.at(i - 1, j) + GAP_COST => {
                i -= 1;
                edits.push(Edit::Missing { read_before: j });
            }
            _ => {
                j = j.saturating_sub(1);
                edits.push(Edit::Extra { truth_before: i });
            }
        }
    }
    edits
}

/// Costs of every pair of beginnings.
struct Costs {
    rows: Vec<Vec<u32>>,
}

impl Costs {
    fn of(truth: &[char], read: &[char]) -> Self {
        let first = (0..).step_by(GAP_COST as usize).take(read.len() + 1).collect();
        let mut costs = Self { rows: vec![first] };
        for (i, one) in truth.iter().enumerate() {
            let mut row = vec![costs.at(i, 0) + GAP_COST];
            for (j, other) in read.iter().enumerate() {
                let left = row.last().copied().unwrap_or(0) + GAP_COST;
                row.push((costs.at(i, j) + substitution(*one, *other)).min(costs.at(i, j + 1) + GAP_COST).min(left));
            }
            costs.rows.push(row);
        }
        costs
    }

    /// Indices are within the table by construction; outside it nothing is cheap.
    fn at(&self, i: usize, j: usize) -> u32 {
        self.rows.get(i).and_then(|row| row.get(j)).copied().unwrap_or(u32::MAX / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::tests::outcome;
    use super::*;

    fn kinds(truth: &str, read: &str) -> Vec<String> {
        error_kinds(&outcome(truth, read, "in-review")).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_exact_reading_has_no_mistake() {
        assert!(kinds("ABC123", "ABC-123").is_empty());
        assert!(kinds("", "ANY").is_empty(), "nothing was accepted");
    }

    #[test]
    fn confused_characters_are_named_in_one_order() {
        assert_eq!(kinds("RON464", "R0N464"), ["O/0"]);
        assert_eq!(kinds("R0N464", "RON464"), ["O/0"]);
        assert_eq!(kinds("ABI123", "AB1123"), ["I/1"]);
        assert_eq!(kinds("8CD123", "BCD123"), ["B/8"]);
        assert_eq!(kinds("ABD123", "AB0123"), ["D/0"]);
        assert_eq!(kinds("ABD123", "ABO123"), ["D/O"]);
        assert_eq!(kinds("ABK123", "ABX123"), ["K/X"]);
        assert_eq!(kinds("OBO888", "0B0B88"), ["B/8", "O/0"], "each kind once");
    }

    #[test]
    fn lost_and_gained_characters_are_told_by_their_place() {
        assert_eq!(kinds("ABC123", "BC123"), ["character missing at the start"]);
        assert_eq!(kinds("ABC123", "ABC1"), ["character missing at the end"]);
        assert_eq!(kinds("ABC123", "AB123"), ["character missing inside"]);
        assert_eq!(kinds("ABC123", "XABC123"), ["extra character at the start"]);
        assert_eq!(kinds("ABC123", "ABC1237"), ["extra character at the end"]);
        assert_eq!(kinds("ABC123", "ABCX123"), ["extra character inside"]);
        assert_eq!(kinds("AOC123", "A0C12"), ["O/0", "character missing at the end"]);
    }

    #[test]
    fn another_text_is_no_misreading() {
        assert_eq!(kinds("ABC123", ""), ["no plate found"]);
        assert_eq!(kinds("ABC123", "SILVERADO"), ["other text, plate not read"]);
        let other_line = Outcome { others_read: vec!["abc 123".into()], ..outcome("ABC123", "TULSA66", "in-review") };
        assert_eq!(error_kinds(&other_line), [ErrorKind::OtherLine]);
        let mut other_vehicle = outcome("ABC123", "XYZ789", "accepted");
        other_vehicle.about.other_plate = Some("XYZ789".into());
        assert_eq!(error_kinds(&other_vehicle), [ErrorKind::OtherVehicle]);
    }

    #[test]
    fn accepting_where_no_plate_can_be_read_is_a_mistake_and_guessing_a_hidden_one_right_another() {
        assert_eq!(error_kinds(&outcome("", "LANE01", "accepted")), [ErrorKind::NoPlateToRead]);
        let mut lucky = outcome("", "ABC123", "accepted");
        lucky.about.hidden_plate = Some("ABC123".into());
        assert_eq!(error_kinds(&lucky), [ErrorKind::ReadUnreadable]);
    }

    #[test]
    fn a_refused_photo_is_not_a_photo_without_a_plate() {
        assert_eq!(error_kinds(&outcome("ABC123", "", "refused")), [ErrorKind::Refused]);
    }
}
