//! The characters of plates on the road: series as issuers form them, and what owners choose.

use tollbooth_plate::issuer::Issuer;
use tollbooth_plate::{keying, serial};

use crate::design;
use crate::dice::Dice;
use crate::serial::{Serial, vanity};

use super::PlateKind;

const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";
/// Letters that look like digits: series leave them out mostly, even where no rule says so.
const LOOKALIKES: &str = "IOQ";
/// How often one of them stays when it was drawn.
const LOOKALIKE_KEPT: f32 = 0.2;
/// How often the first pattern of an issuer is drawn: it is the one issued today.
const CURRENT_SHARE: f32 = 0.6;

/// The characters of a plate.
pub(super) fn draw(issuer: &Issuer, kind: PlateKind, dice: &mut Dice) -> Serial {
    match kind {
        PlateKind::Standard => of_pattern(series(issuer.code, dice), issuer.code, dice),
        PlateKind::Personalised => personalised(issuer.code, dice),
        PlateKind::Temporary => of_pattern(pick(&["99999A9", "9999A99", "A999999"], dice), issuer.code, dice),
        PlateKind::Dealer => of_pattern(pick(&["P999999", "D99999", "99999D"], dice), issuer.code, dice),
        PlateKind::Trailer => of_pattern(TRAILERS, issuer.code, dice),
        PlateKind::Government => of_pattern(pick(&GOVERNMENT, dice), issuer.code, dice),
        PlateKind::Nation => nations(issuer, dice),
        PlateKind::Foreign => of_pattern(abroad(issuer.code), issuer.code, dice),
    }
}

/// One of some patterns.
fn pick(patterns: &[&'static str], dice: &mut Dice) -> &'static str {
    let at = dice.below(patterns.len());
    patterns.get(at).copied().unwrap_or(TRAILERS)
}

/// Six digits and a letter, as most issuers number trailers; no listed passenger series but Montana's has it.
const TRAILERS: &str = "999999A";
/// The General Services Administration's fleet, then other agencies with a letter of their own (41 CFR 102-34).
const GOVERNMENT: [&str; 4] = ["G999999A", "G999999A", "J999999", "A999999"];

/// A pattern of the issuer, mostly the one it issues today.
fn series(issuer: &str, dice: &mut Dice) -> &'static str {
    let patterns = serial::patterns(issuer);
    let current = dice.chance(CURRENT_SHARE);
    let chosen = dice.below(patterns.len());
    patterns.get(if current { 0 } else { chosen }).copied().unwrap_or(TRAILERS)
}

/// Two letters of the nation's and five digits (the pools of Oklahoma's compacts), or a series like a state's.
fn nations(nation: &Issuer, dice: &mut Dice) -> Serial {
    let words = nation.name.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 2);
    let initials: String = words.filter_map(|word| word.chars().next()).take(2).collect();
    let (pooled, number) = (dice.chance(0.6), of_pattern("99999", nation.code, dice).text);
    let like_a_states = dice.pick(&["AAA999", "999AAA", "A99999"]);
    if pooled {
        return Serial { text: format!("{initials}{number}"), split: Some(2), stacked: 0 };
    }
    of_pattern(like_a_states, nation.code, dice)
}

/// Current passenger series of provinces and Mexican states.
fn abroad(issuer: &str) -> &'static str {
    serial::patterns(issuer).first().copied().unwrap_or("AAA999A")
}

/// A serial of a pattern: `A` is a letter, `9` a digit, anything else stands for itself.
fn of_pattern(pattern: &str, issuer: &str, dice: &mut Dice) -> Serial {
    let marks: Vec<char> = pattern.chars().collect();
    let mut text = String::with_capacity(marks.len());
    for (index, mark) in marks.iter().enumerate() {
        let is_letter = |at: Option<usize>| at.and_then(|at| marks.get(at)) == Some(&'A');
        let inside = is_letter(index.checked_sub(1)) && is_letter(Some(index + 1));
        text.push(match mark {
            'A' => letter(issuer, inside, dice),
            '9' => dice.letter(DIGITS),
            other => *other,
        });
    }
    Serial { text, split: split(&marks), stacked: 0 }
}

/// Where the gap is: the first change between letters and digits with about half of the characters on each side.
fn split(marks: &[char]) -> Option<usize> {
    let middle = marks.len() / 2;
    let changes = |at: &usize| marks.get(at - 1).zip(marks.get(*at)).is_some_and(|(a, b)| a != b);
    let pairs = marks.windows(2).filter(|pair| pair.first() != pair.last()).count();
    match pairs {
        0 => None,
        1 => (1..marks.len()).find(changes).filter(|at| (2..=5).contains(at)),
        // Mixed series are set in two halves.
        _ => Some(middle),
    }
}

fn letter(issuer: &str, inside: bool, dice: &mut Dice) -> char {
    // Texas leaves out vowels in its general issue, so that no words appear.
    let allowed = if issuer == "us-tx" { design::CONSONANTS } else { LETTERS };
    loop {
        let drawn = dice.letter(allowed);
        let kept = dice.chance(LOOKALIKE_KEPT);
        let never = keying::is_never_in_series(issuer, drawn) || keying::is_never_issued(issuer, drawn);
        // California has them as the middle letter of three alone.
        let elsewhere = issuer != "us-ca" || inside;
        if !never && (!LOOKALIKES.contains(drawn) || (kept && elsewhere)) {
            return drawn;
        }
    }
}

/// What an owner chose: words, a name with a year, initials with digits.
fn personalised(issuer: &str, dice: &mut Dice) -> Serial {
    let serial = match dice.below(10) {
        0..=5 => vanity(dice),
        6 | 7 => chosen(dice, 3, 2),
        8 => chosen(dice, 2, 3),
        _ => chosen(dice, 4, 2),
    };
    let keyed = |c: char| match c {
        'O' if keying::is_never_issued(issuer, c) => '0',
        // The DMV, quoted in a column of the Orange County Register, 2020: the letter O only, never a zero.
        '0' if issuer == "us-ca" => 'O',
        _ => c,
    };
    Serial { text: serial.text.chars().map(keyed).collect(), ..serial }
}

/// Initials and a number, in either order.
fn chosen(dice: &mut Dice, letters: usize, digits: usize) -> Serial {
    let word: String = (0..letters).map(|_| dice.letter(LETTERS)).collect();
    let number: String = (0..digits).map(|_| dice.letter(DIGITS)).collect();
    let text = if dice.chance(0.75) { word + &number } else { number + &word };
    Serial { text, split: None, stacked: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Purpose;

    #[test]
    fn series_have_their_issuers_formats_and_never_a_letter_it_does_not_issue() {
        let mut dice = Dice::new(3, Purpose::Road);
        for issuer in ["us-tx", "us-fl", "us-pa", "us-mo", "us-ca", "us-wy"] {
            for _ in 0..300 {
                let pattern = series(issuer, &mut dice);
                let text = of_pattern(pattern, issuer, &mut dice).text;
                assert_eq!(serial::fits(issuer, &text), Some(true), "{issuer} {text}");
                assert!(!text.chars().any(|c| keying::is_never_in_series(issuer, c)), "{issuer} {text}");
            }
        }
    }

    #[test]
    fn california_has_an_o_in_the_middle_of_three_letters_alone() {
        let mut dice = Dice::new(4, Purpose::Road);
        let texts: Vec<_> = (0..3_000).map(|_| of_pattern("9AAA999", "us-ca", &mut dice).text).collect();
        let at = |place: usize| texts.iter().filter(|text| text[place..].starts_with(['O', 'I', 'Q'])).count();
        assert!(at(1) == 0 && at(3) == 0 && at(2) > 20);
    }

    #[test]
    fn the_gap_stands_between_letters_and_digits_or_in_the_middle_of_mixed_series() {
        for (pattern, gap) in [("AAA9999", Some(3)), ("AA9A9A", Some(3)), ("999999", None), ("9AAA999", Some(3))] {
            assert_eq!(split(&pattern.chars().collect::<Vec<_>>()), gap, "{pattern}");
        }
    }

    #[test]
    fn an_owners_text_has_no_letter_that_his_state_never_issues() {
        let mut dice = Dice::new(5, Purpose::Road);
        for _ in 0..500 {
            let text = personalised("us-fl", &mut dice).text;
            assert!(!text.contains('O') && (2..=7).contains(&text.len()), "{text}");
        }
    }
}
