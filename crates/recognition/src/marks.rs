//! How well the network's rows of probabilities fit each name and slogan on the closed list.
//!
//! The score of a name is its probability over all ways to align it with the rows (the forward pass of connectionist
//! temporal classification, Graves 2006). Case, spaces and ornaments do
//! not count, and O and 0, I and 1 are one letter here: names are words.

use crate::ctc::BLANK;
use tollbooth_plate::jurisdiction;
use tollbooth_plate::pair::{self, MarkScore, Place};

/// Rows of class probabilities, as the recognition network gave them for one line.
pub(crate) struct Rows<'a> {
    /// Row after row.
    pub values: Vec<f32>,
    /// Length of a row.
    pub classes: usize,
    /// The characters of classes 1, 2, …; a class beyond is the space.
    pub alphabet: &'a [char],
}

/// Blank and the letters A to Z.
const FOLDED: usize = 27;
/// No letter is less probable than this: it bounds what one spoilt letter takes from a long name.
const LEAST: f64 = 1e-4;
/// Free readings with fewer letters say nothing.
const SHORTEST: usize = 3;
/// A name is not worth a try where the free reading is shorter or longer by more letters than this.
const MOST_LENGTH_DIFFERENCE: usize = 6;
/// A mark with this weight is there, and nothing else is looked for in the line.
const CLEAR: f32 = 5.0;
/// Letters before and behind a mark that may belong to something else: a sticker has three.
const MOST_BESIDE: usize = 3;
/// What it costs to believe that (natural logarithm), on each side.
const SIDE_COST: f32 = 2.0;
/// Shorter marks are not looked for beside other letters: they stand inside too many words.
const SHORTEST_BESIDE: usize = 5;
/// Scores kept of a plate at most.
pub(crate) const MOST_SCORES: usize = 8;
/// Scores per letter below this are of names that are not there.
const LEAST_SCORE: f32 = -3.0;

/// The names and slogans that may stand in the line, with their scores.
pub(crate) fn score(rows: &Rows<'_>, place: Place) -> Vec<MarkScore> {
    let folded: Vec<[f64; FOLDED]> =
        rows.values.chunks_exact(rows.classes.max(1)).map(|row| fold(row, rows.alphabet)).collect();
    let free = freely(&folded);
    if free.len() < SHORTEST {
        return Vec::new();
    }
    let whole = scores(&folded, &free, 0.0, place);
    if pair::reads(&whole).iter().any(|read| read.weight >= CLEAR) {
        return whole;
    }
    // Stickers for month and year stand on the line of many names.
    let mut all = whole;
    for before in 0..=MOST_BESIDE.min(free.len()) {
        for behind in 0..=MOST_BESIDE.min(free.len() - before) {
            let rest = free.get(before..free.len() - behind).unwrap_or_default();
            let sides = usize::from(before > 0) + usize::from(behind > 0);
            if let (Some(first), Some(last), true) = (rest.first(), rest.last(), sides > 0) {
                let rows = folded.get(first.at..=last.until).unwrap_or_default();
                all.extend(scores(rows, rest, SIDE_COST * sides as f32, place));
            }
        }
    }
    all
}

/// What stands in the line, letter by letter, whether it is on the closed list or not.
pub(crate) fn read_freely(rows: &Rows<'_>) -> String {
    let folded: Vec<[f64; FOLDED]> =
        rows.values.chunks_exact(rows.classes.max(1)).map(|row| fold(row, rows.alphabet)).collect();
    freely(&folded).iter().map(|letter| letter.symbol).collect()
}

/// The marks that may stand in these rows, of which `free` is read freely; each costs so much more.
fn scores(rows: &[[f64; FOLDED]], free: &[Letter], cost: f32, place: Place) -> Vec<MarkScore> {
    let text: String = free.iter().map(|letter| letter.symbol).collect();
    jurisdiction::all_marks()
        .filter(|mark| mark.text.len().abs_diff(free.len()) <= MOST_LENGTH_DIFFERENCE)
        .filter(|mark| cost <= 0.0 || mark.text.len() >= SHORTEST_BESIDE)
        .map(|mark| MarkScore {
            code: mark.code.to_owned(),
            mark: mark.text.to_owned(),
            is_name: mark.is_name,
            score: forward(rows, mark.text) as f32 - cost,
            place,
            text: text.clone(),
        })
        .filter(|score| score.score >= LEAST_SCORE * score.letters() as f32)
        .collect()
}

/// One row with its classes gathered into blank and letters.
fn fold(row: &[f32], alphabet: &[char]) -> [f64; FOLDED] {
    let mut out = [0.0; FOLDED];
    for (class, &probability) in row.iter().enumerate() {
        let symbol = class.checked_sub(1).and_then(|index| alphabet.get(index)).copied();
        let slot = match symbol.map(|c| c.to_ascii_uppercase()) {
            Some('0') => letter('O'),
            Some('1') => letter('I'),
            Some(c) if c.is_ascii_uppercase() => letter(c),
            Some('.' | '-' | '\'' | '*' | '~' | ',' | ' ' | '_' | '`') | None => Some(BLANK),
            Some(_) => None,
        };
        if let Some(value) = slot.and_then(|slot| out.get_mut(slot)) {
            *value += f64::from(probability);
        }
    }
    out.map(|value| value.max(LEAST))
}

fn letter(c: char) -> Option<usize> {
    (c as usize).checked_sub('A' as usize).map(|index| index + 1)
}

/// A letter that was read freely, and the rows it stands in.
#[derive(Debug, Clone, Copy)]
struct Letter {
    symbol: char,
    at: usize,
    until: usize,
}

/// The best free reading.
fn freely(rows: &[[f64; FOLDED]]) -> Vec<Letter> {
    let (mut letters, mut previous) = (Vec::<Letter>::new(), BLANK);
    for (at, row) in rows.iter().enumerate() {
        let Some((class, _)) = row.iter().copied().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b)) else {
            continue;
        };
        if class != BLANK && class != previous {
            let symbol = u32::try_from(class + 'A' as usize - 1).ok().and_then(char::from_u32);
            letters.extend(symbol.map(|symbol| Letter { symbol, at, until: at }));
        } else if class != BLANK
            && let Some(last) = letters.last_mut()
        {
            last.until = at;
        }
        previous = class;
    }
    letters
}

/// The logarithm of the probability that the rows spell the word, over all alignments.
fn forward(rows: &[[f64; FOLDED]], word: &str) -> f64 {
    let letters: Vec<usize> =
        word.chars().filter_map(|c| if c.is_ascii_uppercase() { letter(c) } else { None }).collect();
    // Blank, letter, blank, letter, …, blank.
    let labels: Vec<usize> = (0..2 * letters.len() + 1)
        .map(|i| if i % 2 == 0 { BLANK } else { letters.get(i / 2).copied().unwrap_or(BLANK) })
        .collect();
    let mut state = vec![0.0_f64; labels.len()];
    let mut log_scale = 0.0;
    for (step, row) in rows.iter().enumerate() {
        let at = |state: &[f64], index: Option<usize>| index.and_then(|i| state.get(i)).copied().unwrap_or(0.0);
        let next: Vec<f64> = labels
            .iter()
            .enumerate()
            .map(|(i, &label)| {
                let reached = if step == 0 {
                    if i < 2 { 1.0 } else { 0.0 }
                } else {
                    let skips = label != BLANK && i.checked_sub(2).and_then(|j| labels.get(j)) != Some(&label);
                    at(&state, Some(i))
                        + at(&state, i.checked_sub(1))
                        + if skips { at(&state, i.checked_sub(2)) } else { 0.0 }
                };
                reached * row.get(label).copied().unwrap_or(LEAST)
            })
            .collect();
        let largest = next.iter().copied().fold(0.0, f64::max);
        if largest <= 0.0 {
            return f64::NEG_INFINITY;
        }
        log_scale += largest.ln();
        state = next.iter().map(|value| value / largest).collect();
    }
    let end = state.iter().rev().take(2).sum::<f64>();
    end.ln() + log_scale
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows over the alphabet A to Z in which each character of `text` stands for two steps, `-` for a blank.
    fn rows(text: &str, clear: f32) -> Rows<'static> {
        const LETTERS: [char; 26] = [
            'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U',
            'V', 'W', 'X', 'Y', 'Z',
        ];
        let alphabet = &LETTERS;
        let classes = alphabet.len() + 2;
        let mut values = Vec::new();
        for c in text.chars().flat_map(|c| [c, c, '-']) {
            let class = if c == '-' { 0 } else { c as usize - 'A' as usize + 1 };
            let mut row = vec![(1.0 - clear) / (classes - 1) as f32; classes];
            row[class] = clear;
            values.extend(row);
        }
        Rows { values, classes, alphabet }
    }

    fn best(text: &str, clear: f32) -> (String, f32) {
        let mut scores = score(&rows(text, clear), Place::Plate);
        let worth = |score: &MarkScore| score.score + 2.4 * score.letters() as f32;
        scores.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
        scores.first().map(|score| (score.code.clone(), score.score / score.letters() as f32)).unwrap_or_default()
    }

    #[test]
    fn a_clear_name_scores_about_nothing_less_than_the_free_reading() {
        let (code, score) = best("OKLAHOMA", 0.95);
        assert!(code == "us-ok" && score > -0.3, "{code} {score}");
        assert_eq!(best("NEVADA", 0.95).0, "us-nv");
        assert_eq!(best("CHEROKEENATION", 0.95).0, "us-cherokee-nation");
    }

    #[test]
    fn a_spoilt_name_scores_less_and_is_still_the_best() {
        let (code, score) = best("OKIAHQMA", 0.9);
        assert!(code == "us-ok" && (-3.0..-0.3).contains(&score), "{code} {score}");
    }

    fn named(text: &str) -> Vec<(String, f32)> {
        let reads = pair::reads(&score(&rows(text, 0.95), Place::Plate));
        reads.into_iter().filter(|read| read.weight >= 1.5).map(|read| (read.code, read.weight)).collect()
    }

    #[test]
    fn a_sticker_beside_a_name_leaves_it_a_name() {
        for text in ["SEPCALIFORNIA", "CALIFORNIAOC", "MAYTEXAS", "JUNCALIFORNIADEC"] {
            let found = named(text);
            assert!(found.len() == 1 && found[0].1 > 4.0, "{text} {found:?}");
        }
    }

    #[test]
    fn a_name_inside_another_name_or_inside_words_is_none() {
        assert_eq!(named("ARKANSAS").len(), 1);
        for text in ["LASVEGASNEVADA", "GEORGIABULLDOGS", "CAROHIOMOTORS", "VISITSUNNYFLORIDA"] {
            assert!(named(text).is_empty(), "{text} {:?}", named(text));
        }
    }

    #[test]
    fn a_line_is_read_freely_whatever_it_says() {
        assert_eq!(read_freely(&rows("TRAILER", 0.95)), "TRAILER");
        assert_eq!(read_freely(&rows("----", 0.95)), "");
    }

    #[test]
    fn what_names_nobody_has_no_good_score() {
        let (_, score) = best("BIGDOGMOTORS", 0.95);
        assert!(!(-1.5..0.0).contains(&score), "{score}");
        assert!(super::score(&rows("--------", 0.95), Place::Plate).is_empty());
    }
}
