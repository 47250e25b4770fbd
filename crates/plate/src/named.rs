//! What a name beside a text says of the text: that it stands on a plate.
//!
//! A fleet's number on a van's door may be larger and clearer than the van's plate, and a sticker as large. Neither has an
//! issuer's name in small letters above or below it. So where names were looked for beside a photo's foremost texts, the one
//! that has a name outweighs writing that has none, and a word between a state's name and its edge is a plate's.

use crate::geometry::Quad;
use crate::issuer;
use crate::keying::Rules;
use crate::pair::{self, CLEARLY_BETTER, IssuerRead, Place, Spelt, Traffic};
use crate::serial;
use crate::sighting::PlateSighting;
use crate::text;

/// A name that is worth this much (logarithm of the odds) stands there.
const CLEAR_NAME: f32 = 5.0;
/// Probability of an issuer by a text alone from which its series is that issuer's.
const ONE_ISSUER: f64 = 0.95;
/// A name that is worth less than this is none.
const LEAST_NAME: f32 = 1.5;
/// Characters of a word that is a whole plate's: fewer are often parts of one.
const WORDS: std::ops::RangeInclusive<usize> = 5..=7;
/// Fewer vehicles than this share have a plate of such a form: without a name it is more often a fleet's number.
const RARE_FORM: f64 = 0.01;
/// Writing on a vehicle's body stands this much higher than its plate, in heights of the plate's text…
const HIGHER: f32 = 1.0;
/// …and is this tall beside it or taller: the plate of a vehicle further back would be higher up, too, but smaller.
const NO_SMALLER: f32 = 0.9;

impl PlateSighting {
    /// The issuer that is clearly named on the plate itself, and no other.
    pub fn clear_name(&self) -> Option<&str> {
        let on_plate = || self.issuers.iter().filter(|read| read.place == Place::Plate);
        let first = on_plate().max_by(|a, b| a.weight.total_cmp(&b.weight)).filter(|read| read.weight >= CLEAR_NAME)?;
        // Plates of a state's other registers name the state as well.
        let is_alone = on_plate().all(|read| read.code == first.code || read.weight <= first.weight - CLEARLY_BETTER);
        (is_alone && issuer::find(&first.code).is_some()).then_some(first.code.as_str())
    }

    /// Takes over what was read beside the text, where names were looked for, and weighs anew what depends on it.
    pub fn name(&mut self, reads: Vec<IssuerRead>) {
        let before = self.evidence.trust();
        self.issuers = reads;
        let is_named = |read: &IssuerRead| read.place == Place::Plate && read.weight >= LEAST_NAME;
        self.evidence.is_nameless = !self.issuers.iter().any(is_named);
        // Where the name was read in a line, this was asked before; letters this small no line has.
        let is_of_no_series = |code: &str| self.best().is_some_and(|best| serial::is_unlikely(&best.text, Some(code)));
        self.evidence.is_unlikely |= self.clear_name().is_some_and(is_of_no_series);
        self.evidence.is_vouched_for = self.is_vouched_for();
        self.trusted_anew(before);
    }

    /// True where the name on the plate makes letters or digits alone no reason to doubt: its series have them, or they
    /// are a word, which no part of a serial is.
    fn is_vouched_for(&self) -> bool {
        let (Some(code), Some(best)) = (self.clear_name(), self.best()) else { return false };
        is_vouched_for(code, &best.text)
    }

    /// True where the text stands on a plate for certain: its issuer is clearly named, or its series is one issuer's alone.
    fn is_a_plate(&self) -> bool {
        !self.evidence.is_no_plate
            && !self.evidence.is_in_margin
            && (self.clear_name().is_some() || self.best().is_some_and(|best| is_one_issuers(&best.text)))
    }
}

/// True where a clear name beside a text of letters or digits alone makes that no reason to doubt: the issuer's series have it,
/// or it is a word, which no part of a serial is.
pub fn is_vouched_for(issuer: &str, read: &str) -> bool {
    let is_word = WORDS.contains(&read.len()) && !text::has_digit(read);
    is_word || serial::fits(issuer, read) == Some(true)
}

/// True where the text alone leaves hardly a doubt who issued it: few of the numbers that fleets write have a series that one
/// issuer alone has, and those of small issuers are met less often than numbers of the same form.
pub fn is_one_issuers(text: &str) -> bool {
    let text = Spelt { text: text.to_owned(), fit: 0.0 };
    let everywhere = Traffic::around("", 0.0);
    pair::weigh(&[text], &[], &everywhere, &Rules::default()).is_some_and(|pairs| pairs.issuer >= ONE_ISSUER)
}

/// Puts the plate before writing that was taken for one: a text with no name beside it that hardly any plate has the form of,
/// or that is as tall as the plate's and higher up.
pub fn plate_before_writing(plates: &mut [PlateSighting]) {
    let Some(first) = plates.first().filter(|first| first.evidence.is_nameless && !first.is_a_plate()) else { return };
    let is_rare = first.best().is_some_and(|best| pair::share_of_form(&best.text) < RARE_FORM);
    let is_behind =
        |plate: &PlateSighting| plate.is_a_plate() && (is_rare || is_on_the_body_of(&first.quad, &plate.quad));
    if let Some(index) = plates.iter().position(is_behind)
        && let Some(until) = plates.get_mut(..=index)
    {
        until.rotate_right(1);
    }
}

/// True for writing that cannot be the plate of a vehicle nearer to the camera, nor of one further back.
fn is_on_the_body_of(writing: &Quad, plate: &Quad) -> bool {
    let ([_, written], [_, plated]) = (writing.centre(), plate.centre());
    written <= plated - HIGHER * plate.height() && writing.height() >= NO_SMALLER * plate.height()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::TextLine;
    use crate::sighting::Doubt;

    fn line(text: &str, x: f32, y: f32, height: f32) -> TextLine {
        TextLine {
            quad: Quad::upright(x, y, 3.6 * height, height),
            text: text.to_owned(),
            confidence: 0.99,
            characters: Vec::new(),
            detection: 0.9,
        }
    }

    fn read(code: &str, weight: f32) -> IssuerRead {
        IssuerRead { code: code.to_owned(), weight, place: Place::Plate, text: code.to_owned() }
    }

    /// The texts of a photo, foremost first, with the name that was found beside each.
    fn named(lines: &[TextLine], names: &[(&str, Option<(&str, f32)>)]) -> Vec<PlateSighting> {
        let mut plates = crate::pick(lines, 1280, 720);
        for plate in &mut plates {
            let text = plate.best().unwrap().text.clone();
            if let Some((_, name)) = names.iter().find(|(own, _)| *own == text) {
                plate.name(name.iter().map(|(code, weight)| read(code, *weight)).collect());
            }
        }
        plate_before_writing(&mut plates);
        plates
    }

    fn texts(plates: &[PlateSighting]) -> Vec<&str> {
        plates.iter().map(|plate| plate.best().unwrap().text.as_str()).collect()
    }

    #[test]
    fn a_fleet_s_number_above_a_plate_that_names_its_state_is_not_the_plate() {
        let lines = [line("XH0148", 740.0, 160.0, 93.0), line("YZX8128", 446.0, 400.0, 78.0)];
        let found = named(&lines, &[("XH0148", None), ("YZX8128", Some(("us-tx", 9.0)))]);
        assert_eq!(texts(&found), ["YZX8128", "XH0148"]);
        assert!(found[1].doubts.contains(&Doubt::Nameless) && !found[0].doubts.contains(&Doubt::Nameless));
    }

    #[test]
    fn a_series_of_one_state_is_a_plate_s_without_a_name() {
        let lines = [line("XU4808", 830.0, 261.0, 67.0), line("NS5C788", 550.0, 464.0, 58.0)];
        assert_eq!(texts(&named(&lines, &[("XU4808", None)])), ["NS5C788", "XU4808"]);
    }

    #[test]
    fn a_text_that_may_be_a_nearer_vehicle_s_plate_keeps_its_place() {
        let behind = line("YZX8128", 446.0, 300.0, 60.0);
        let names = |front| [(front, None), ("YZX8128", Some(("us-tx", 9.0)))];
        for front in [line("BKD0101", 740.0, 420.0, 93.0), line("BKD0101", 740.0, 290.0, 93.0)] {
            let found = named(&[front, behind.clone()], &names("BKD0101"));
            assert_eq!(texts(&found), ["BKD0101", "YZX8128"]);
        }
        // No plate in a hundred has that form.
        let number = named(&[line("XH0148", 740.0, 420.0, 93.0), behind], &names("XH0148"));
        assert_eq!(texts(&number), ["YZX8128", "XH0148"]);
    }

    #[test]
    fn a_text_whose_name_was_not_looked_for_or_is_hardly_legible_keeps_its_place() {
        let lines = [line("XH0148", 740.0, 160.0, 93.0), line("YZX8128", 446.0, 400.0, 78.0)];
        let plate = ("YZX8128", Some(("us-tx", 9.0)));
        assert_eq!(texts(&named(&lines, &[plate])), ["XH0148", "YZX8128"]);
        assert_eq!(texts(&named(&lines, &[("XH0148", Some(("us-me", 2.0))), plate])), ["XH0148", "YZX8128"]);
        let weak = ("YZX8128", Some(("us-tx", 3.0)));
        assert_eq!(texts(&named(&lines, &[("XH0148", None), weak])), ["XH0148", "YZX8128"]);
    }

    #[test]
    fn a_text_in_no_series_of_the_state_whose_name_stands_beside_it_is_doubted_unless_it_is_a_word() {
        let doubts = |text: &str, name| {
            let mut plate = crate::pick(&[line(text, 500.0, 400.0, 40.0)], 1280, 720).remove(0);
            plate.name(name);
            plate.doubts.contains(&Doubt::UnlikelySerial)
        };
        // A trailer's in Texas, and a plate whose first letter is missing.
        for text in ["299209X", "BC1234"] {
            assert!(doubts(text, vec![read("us-tx", 9.0)]), "{text}");
            assert!(!doubts(text, vec![read("us-tx", 3.0)]), "{text}: hardly legible");
            assert!(!doubts(text, vec![read("ca-on", 9.0)]), "{text}: whose series are not listed");
        }
        assert!(!doubts("BKD0101", vec![read("us-tx", 9.0)]));
    }

    #[test]
    fn a_word_under_a_clear_name_is_a_plate_and_a_word_without_one_may_be_anything() {
        let trust = |text: &str, name| {
            let mut plate = crate::pick(&[line(text, 500.0, 400.0, 40.0)], 1280, 720).remove(0);
            plate.evidence.agreement =
                Some(crate::consensus::Agreement { votes: 3, agreeing: 3, ornamented: 0, share: 1.0 });
            plate.name(name);
            plate.evidence.trust()
        };
        assert!(trust("FASTGAL", vec![read("us-tx", 9.0)]) > 0.95);
        assert!(trust("9388384", vec![read("us-il", 9.0)]) > 0.95);
        for (text, name) in [
            ("FASTGAL", vec![]),
            ("FASTGAL", vec![read("us-tx", 3.0)]),
            ("FASTGAL", vec![read("us-tx", 9.0), read("us-ok", 8.0)]),
            ("9388384", vec![read("us-tx", 9.0)]),
            ("TIM3", vec![read("us-tx", 9.0)]),
            ("OWLS", vec![read("us-tx", 9.0)]),
        ] {
            assert!(trust(text, name.clone()) < 0.95, "{text} {name:?}");
        }
    }
}
