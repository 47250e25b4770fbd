//! When two prints are of one picture: a frame that a camera sent again, encoded anew or a little smaller.
//!
//! A print is the mean brightness of each cell of a grid over the picture (`tollbooth-photo`). It is compared only among photos
//! of one booth with nearly the same text on the plate, so it need not tell vehicles apart, only the moments of one: a vehicle
//! that comes again stands elsewhere by more than a few pixels, in other light. Measured in docs/reliability.md.

/// Most that a cell may differ, of 255. Quality 30 moves one by 3, a change of size by up to a fifth by 11.
const MOST: u8 = 12;
/// Least between the darkest and the brightest cell: of a picture that is grey all over, a print tells nothing.
const LEAST_CONTRAST: u8 = 40;
/// Longest print that is kept, in bytes.
pub const MAX_BYTES: usize = 1_024;

/// True when both are prints of one picture. Prints of different lengths, by different versions, are not compared.
#[must_use]
pub fn is_same_picture(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && has_contrast(one)
        && has_contrast(other)
        && one.iter().zip(other).all(|(a, b)| a.abs_diff(*b) <= MOST)
}

fn has_contrast(print: &[u8]) -> bool {
    let darkest = print.iter().min();
    print.iter().max().zip(darkest).is_some_and(|(brightest, darkest)| brightest - darkest >= LEAST_CONTRAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_print_that_is_a_little_off_everywhere_is_the_same_and_one_that_is_far_off_somewhere_is_not() {
        let print: Vec<u8> = (0..=200).collect();
        let noisy: Vec<u8> = print.iter().map(|level| level + 12).collect();
        assert!(is_same_picture(&print, &print) && is_same_picture(&print, &noisy));
        let mut moved = print.clone();
        moved[100] += 13;
        assert!(!is_same_picture(&print, &moved));
        assert!(!is_same_picture(&print, &print[1..]));
    }

    #[test]
    fn pictures_without_contrast_and_no_prints_at_all_are_never_the_same() {
        assert!(!is_same_picture(&[100; 432], &[100; 432]));
        assert!(!is_same_picture(&[], &[]));
        let mut night = [8; 432];
        night[200] = 60;
        assert!(is_same_picture(&night, &night));
    }
}
