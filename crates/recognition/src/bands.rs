//! The lines of small letters above and below a plate's text, where its issuer's name and slogans stand.
//!
//! Their letters are a tenth of the plate's height, too small for the detector; but where they must be is known from the
//! text, and what they can say is a closed list. So the rows of pixels beside the text that hold writing are found, cut out
//! tightly and read, and every name is scored under the network's output instead of being looked up in what was read freely
//! ([`crate::marks`]).

use crate::crop;
use crate::error::RecognitionError;
use crate::marks;
use crate::raster::Raster;
use crate::rows;
use crate::speller::Speller;
use tollbooth_plate::pair::{self, IssuerRead, MarkScore, Place};
use tollbooth_plate::{PlateSighting, Quad, has_open_eight, is_one_issuers, may_be_a_county, serial};

/// A strip beside the text in which a line of letters is looked for: its edges in heights of the text from the text's
/// middle, and how many lines in it are read, the nearest to the text first.
struct Strip {
    from: f32,
    to: f32,
    most: usize,
}

/// Names stand above in most series; a frame's line may stand beyond. Slogans stand below.
const STRIPS: [Strip; 2] = [Strip { from: -1.2, to: -0.34, most: 2 }, Strip { from: 0.34, to: 1.2, most: 1 }];
/// Half of what is looked at along the text, in its heights: names and slogans stand in the middle.
const HALF_WIDTH: f32 = 1.35;
/// A line of letters is at least this many rows of pixels high…
const LEAST_ROWS: usize = 4;
/// …and has this share of the busiest row's changes along the row, above what the calm rows have.
const BUSY: f32 = 0.5;
/// Lines are cut out with this share of their height above and below.
const MARGIN: f32 = 0.2;
/// Below this probability the text goes to a person whoever issued it.
const LEAST_CONFIDENCE: f32 = 0.5;
/// A name that was found and is worth this much needs no second look.
const CLEAR_NAME: f32 = 8.0;
/// States whose name nations put on plates of their own, beside the nation's: there both lines are read.
const WITH_NATIONS: [&str; 7] = ["us-az", "us-mn", "us-nm", "us-ok", "us-sd", "us-ut", "us-wi"];

/// True where the issuer is worth finding out and not known yet: the text may be billed, several issuers have its series,
/// and no clear name was found on the plate, or one whose slogan says what an 8 is.
pub(crate) fn are_worth_reading(plate: &PlateSighting) -> bool {
    plate.best().is_some_and(|best| {
        let is_enough = |read: &IssuerRead| settles(read) && !has_open_eight(&read.code, &best.text);
        let is_named = plate.issuers.iter().any(is_enough);
        plate.evidence.trust() >= LEAST_CONFIDENCE && !is_named && !is_one_issuers(&best.text)
    })
}

/// True where a name is clear and no nation of that state may stand in smaller letters on the same plate.
fn settles(read: &IssuerRead) -> bool {
    read.place == Place::Plate && read.weight >= CLEAR_NAME && !WITH_NATIONS.contains(&read.code.as_str())
}

/// What the lines beside a plate's text say.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    /// Scores of names and slogans, best first.
    pub marks: Vec<MarkScore>,
    /// What was read freely, a line each.
    pub words: Vec<String>,
}

/// Reads the lines beside a plate's text. Nothing more is read once a name is clear whose series have the text: what is in none of
/// them may be a trailer's or a temporary plate, and says so below; so do plates on which an 8 may be a zero. `serial` is the
/// text, as read.
pub(crate) fn read(speller: &Speller, photo: &Raster, text: &Quad, serial: &str) -> Result<Beside, RecognitionError> {
    let mut found = Beside::default();
    let says_it_all = |code: &str| serial::fits(code, serial) != Some(false) && !has_open_eight(code, serial);
    let is_enough = |read: &IssuerRead| settles(read) && says_it_all(&read.code);
    let text = &rows::serial_in(photo, text).unwrap_or(*text);
    let along = HALF_WIDTH * text.height() - text.width() / 2.0;
    for strip in &STRIPS {
        for (from, to) in lines(photo, text, strip, along) {
            let rows = speller.rows(&crop::cut(photo, &text.strip(from, to, along)))?;
            found.words.push(marks::read_freely(&rows));
            let scores = marks::score(&rows, Place::Plate);
            let scores = if strip.from > 0.0 { without_counties(scores, serial) } else { scores };
            for score in scores {
                match found.marks.iter_mut().find(|seen| seen.code == score.code && seen.mark == score.mark) {
                    Some(seen) if seen.score < score.score => *seen = score,
                    Some(_) => {}
                    None => found.marks.push(score),
                }
            }
            if pair::reads(&found.marks).iter().any(is_enough) {
                return Ok(ordered(found));
            }
        }
    }
    Ok(ordered(found))
}

/// The scores of a line below the serial without those of a state's name that may be a county's, and without what looks less
/// like the line than that: in WASHINGTON's letters there is WASHINGTON DC's name, too.
fn without_counties(scores: Vec<MarkScore>, serial: &str) -> Vec<MarkScore> {
    let is_county = |score: &&MarkScore| score.is_name && may_be_a_county(&score.code, serial);
    let county = scores.iter().filter(is_county).map(|score| score.score).fold(f32::NEG_INFINITY, f32::max);
    scores.into_iter().filter(|score| score.score > county).collect()
}

fn ordered(mut found: Beside) -> Beside {
    found.marks.sort_by(|a, b| (b.score + b.letters() as f32).total_cmp(&(a.score + a.letters() as f32)));
    found.marks.truncate(marks::MOST_SCORES);
    found
}

/// Where lines of letters lie in a strip, the nearest to the text first: edges in heights of the text.
fn lines(photo: &Raster, text: &Quad, strip: &Strip, along: f32) -> Vec<(f32, f32)> {
    let pixels = crop::straightened(photo, &text.strip(strip.from, strip.to, along));
    let height_of_row = (strip.to - strip.from) / pixels.height.max(1) as f32;
    let mut lines: Vec<(f32, f32)> = rows::busy(&pixels, BUSY)
        .into_iter()
        .filter(|rows| rows.len() >= LEAST_ROWS)
        .map(|rows| {
            let margin = (MARGIN * rows.len() as f32).max(1.0);
            let at = |row: f32| strip.from + row * height_of_row;
            (at(rows.start as f32 - margin), at(rows.end as f32 + margin))
        })
        .collect();
    lines.sort_by(|a, b| (a.0 + a.1).abs().total_cmp(&(b.0 + b.1).abs()));
    lines.truncate(strip.most);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(code: &str, mark: &str, score: f32) -> MarkScore {
        let (code, mark, text) = (code.to_owned(), mark.to_owned(), "WASHINGTON".to_owned());
        MarkScore { code, mark, is_name: true, score, place: Place::Plate, text }
    }

    #[test]
    fn a_county_s_name_below_a_serial_names_no_state_and_neither_does_what_looks_a_little_like_it() {
        let line = || vec![score("us-dc", "WASHINGTONDC", -18.0), score("us-wa", "WASHINGTON", -0.3)];
        assert!(without_counties(line(), "ABC1234").is_empty(), "Georgia has such a county and such serials");
        let better = [line(), vec![score("us-ga", "GEORGIA", -0.1)]].concat();
        let left: Vec<_> = without_counties(better, "ABC1234").into_iter().map(|score| score.code).collect();
        assert_eq!(left, ["us-ga"]);
        let slogan = vec![MarkScore { is_name: false, ..score("us-wa", "EVERGREENSTATE", -0.2) }];
        assert_eq!(without_counties(slogan, "ABC1234").len(), 1);
        assert_eq!(without_counties(vec![score("us-de", "DELAWARE", -0.2)], "123456").len(), 1);
    }
}
