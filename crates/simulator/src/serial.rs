//! The characters of a plate: a state's series, an owner's words, or stacked small letters.
//!
//! The truth of a serial is its characters without separators, upper case, `A-Z0-9`.

use crate::conditions::PlateLayout;
use crate::design::Design;
use crate::dice::Dice;

/// Most characters a passenger plate carries.
const LONGEST: usize = 7;

const DIGITS: &str = "0123456789";
const NOT_ZERO: &str = "123456789";

const OPENERS: [&str; 28] = [
    "BIG", "MY", "HOT", "SUN", "TOP", "OKIE", "TEX", "LUV", "GO", "FAST", "OLD", "RED", "SKY", "ZIP", "JOY", "PAPA",
    "MAMA", "COOL", "WILD", "BLU", "ROX", "MOON", "SALT", "DUST", "KIND", "FLY", "NO", "WE",
];

const CLOSERS: [&str; 28] = [
    "DOG", "TRUK", "RIG", "BOY", "GAL", "CAT", "CAR", "VET", "FOX", "JET", "OWL", "BEE", "ROD", "MOM", "DAD", "FUN",
    "WAY", "ONE", "ACE", "ROO", "HOME", "LADY", "PIE", "LIFE", "TIME", "QUAIL", "JAZZ", "IO",
];

/// Digits owners write for letters when the word is taken.
const STAND_INS: [(char, char); 6] = [('O', '0'), ('I', '1'), ('E', '3'), ('A', '4'), ('S', '5'), ('B', '8')];
/// Share of words that are written with one.
const STAND_IN_SHARE: f32 = 0.2;

/// What is stamped into a plate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Serial {
    /// The characters as the truth names them.
    pub(crate) text: String,
    /// Number of characters before the separator; `None` when there is no separator.
    pub(crate) split: Option<usize>,
    /// Number of leading characters that are stacked in small type.
    pub(crate) stacked: usize,
}

/// Draws a serial for a design.
pub(crate) fn draw(design: &Design, layout: PlateLayout, dice: &mut Dice) -> Serial {
    match layout {
        PlateLayout::Series => series(design, dice),
        PlateLayout::Vanity => vanity(dice),
        PlateLayout::Stacked => stacked(design, dice),
    }
}

fn series(design: &Design, dice: &mut Dice) -> Serial {
    let mut text = String::with_capacity(LONGEST);
    let mut split = None;
    for mark in design.pattern.chars() {
        match mark {
            'L' => text.push(dice.letter(design.letters)),
            '#' => text.push(dice.letter(DIGITS)),
            '1' => text.push(dice.letter(NOT_ZERO)),
            _ => split = Some(text.chars().count()),
        }
    }
    Serial { text, split, stacked: 0 }
}

/// Words as owners choose them.
pub(crate) fn vanity(dice: &mut Dice) -> Serial {
    let mut text: String = if dice.chance(0.15) {
        dice.pick(&CLOSERS).to_owned()
    } else {
        format!("{}{}", dice.pick(&OPENERS), dice.pick(&CLOSERS))
    };
    text.truncate(LONGEST);
    if dice.chance(STAND_IN_SHARE) {
        let (letter, digit) = dice.pick(&STAND_INS);
        text = text.replace(letter, &digit.to_string());
    }
    // Few owners add a digit; most vanity plates have none, which is what makes them hard to tell
    // from a badge.
    if text.len() < LONGEST && (text.len() < 3 || dice.chance(0.12)) {
        text.push(dice.letter(NOT_ZERO));
    }
    Serial { text, split: None, stacked: 0 }
}

fn stacked(design: &Design, dice: &mut Dice) -> Serial {
    let mut text: String = (0..2).map(|_| dice.letter(design.letters)).collect();
    let digits = if dice.chance(0.5) { 4 } else { 5 };
    text.extend((0..digits).map(|_| dice.letter(DIGITS)));
    Serial { text, split: None, stacked: 2 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::{DESIGNS, designs_of};
    use crate::dice::Purpose;

    #[test]
    fn a_series_follows_the_pattern_of_its_state() {
        let mut dice = Dice::new(5, Purpose::Plan);
        for design in designs_of("us-tx") {
            let serial = draw(&design, PlateLayout::Series, &mut dice);
            let (letters, digits) = serial.text.split_at(3);
            assert!(letters.chars().all(|letter| "BCDFGHJKLMNPRSTVWXYZ".contains(letter)));
            assert!(digits.len() == 4 && digits.chars().all(|digit| digit.is_ascii_digit()));
            assert_eq!(serial.split, Some(3));
        }
    }

    #[test]
    fn every_layout_yields_at_most_seven_upper_case_letters_and_digits() {
        let mut dice = Dice::new(6, Purpose::Plan);
        for design in DESIGNS {
            for layout in PlateLayout::ALL {
                for _ in 0..50 {
                    let text = draw(&design, *layout, &mut dice).text;
                    assert!((2..=LONGEST).contains(&text.len()), "{text}");
                    assert!(text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()));
                }
            }
        }
    }

    #[test]
    fn most_vanity_plates_have_no_digit() {
        let mut dice = Dice::new(7, Purpose::Plan);
        let plain = (0..400).filter(|_| vanity(&mut dice).text.bytes().all(|byte| byte.is_ascii_uppercase())).count();
        assert!(plain > 290, "{plain} of 400");
    }
}
