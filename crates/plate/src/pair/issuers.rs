//! What was read around a plate's text that names an issuer.

use crate::jurisdiction::JurisdictionRead;
use serde::{Deserialize, Serialize};

/// Where a name or slogan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In the plate's own rectangle.
    Plate,
    /// Around it, where frames have their names: dealers', cities', teams'.
    Around,
}

/// How well what stands beside a plate's text fits one name or slogan of the closed list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MarkScore {
    /// `us-tx`
    pub code: String,
    /// The name or slogan, `THELONESTARSTATE`.
    pub mark: String,
    /// True for the issuer's name, false for a slogan.
    pub is_name: bool,
    /// Natural logarithm of the mark's probability over all alignments; about 0 for a clear name.
    pub score: f32,
    /// Where it stands.
    pub place: Place,
    /// What was read freely.
    pub text: String,
}

impl MarkScore {
    /// Letters of the mark; digits are not scored.
    pub fn letters(&self) -> usize {
        self.mark.bytes().filter(u8::is_ascii_uppercase).count()
    }
}

/// A name or slogan of an issuer beside the plate's text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IssuerRead {
    /// `us-tx`
    pub code: String,
    /// How much more probable what was seen is when this issuer's name stands there than when anything else does:
    /// natural logarithm, above 0.
    pub weight: f32,
    /// Where it stands.
    pub place: Place,
    /// What was read, `TEXAS`.
    pub text: String,
}

/// A name is clearly better than another one where it is worth this much more (logarithm of the odds).
pub const CLEARLY_BETTER: f32 = 3.0;
/// Most that a name around the plate says: frames name their owner's state more often than another, and no more.
const AROUND_MOST: f32 = 0.7;

impl IssuerRead {
    /// What the read is worth for deciding the issuer.
    pub(super) fn worth(&self) -> f64 {
        f64::from(match self.place {
            Place::Plate => self.weight,
            Place::Around => self.weight.min(AROUND_MOST),
        })
    }
}

/// What all reads say for one issuer.
pub(super) fn worth_for(code: &str, reads: &[IssuerRead]) -> f64 {
    reads.iter().filter(|read| read.code == code).map(IssuerRead::worth).fold(0.0, f64::max)
}

/// What scores of names and slogans say for issuers, by what such scores were worth on photos with known issuers: the best
/// score of each issuer, where it says anything.
///
/// A line says one thing: NORTH CAROLINA is long enough to look a little like SOUTH CAROLINA, and what it is worth to the
/// latter is what is left of the better one's worth, by how much less probable the letters are.
pub fn reads(scores: &[MarkScore]) -> Vec<IssuerRead> {
    merged(scores.iter().map(|score| IssuerRead {
        code: score.code.clone(),
        weight: worth_of(score).min(left_by_others(score, scores)),
        place: score.place,
        text: score.text.clone(),
    }))
}

/// Most that a score is worth beside better ones for other issuers in the same letters.
fn left_by_others(score: &MarkScore, all: &[MarkScore]) -> f32 {
    let in_the_same_line = |other: &&MarkScore| other.text.contains(&score.text) || score.text.contains(&other.text);
    all.iter()
        .filter(|other| other.code != score.code && other.place == score.place && other.score > score.score)
        .filter(in_the_same_line)
        .map(|other| worth_of(other) - (other.score - score.score))
        .fold(f32::INFINITY, f32::min)
}

/// The most weighty read of each issuer in each place, most weighty first; those that say nothing are left out.
pub fn merged(reads: impl IntoIterator<Item = IssuerRead>) -> Vec<IssuerRead> {
    let mut out: Vec<IssuerRead> = Vec::new();
    for read in reads.into_iter().filter(|read| read.weight > 0.0) {
        match out.iter_mut().find(|seen| seen.code == read.code && seen.place == read.place) {
            Some(seen) if seen.weight < read.weight => *seen = read,
            Some(_) => {}
            None => out.push(read),
        }
    }
    out.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    out
}

/// The issuer that is named on the plate, for those who want one with a confidence: the share that the read would have
/// among two that are as likely.
pub fn clearest(reads: &[IssuerRead]) -> Option<JurisdictionRead> {
    let read = reads.iter().find(|read| read.place == Place::Plate)?;
    let confidence = 1.0 / (1.0 + (-read.weight).exp());
    Some(JurisdictionRead { code: read.code.clone(), confidence, text: read.text.clone() })
}

/// Score per letter (natural logarithm) at which a mark is as likely as any other text. On 111 photos of vehicles and 60
/// drawn ones, all 46 best marks above it were the plate's own, and all 9 below it were not.
const EVEN_SCORE: f32 = -2.4;
/// Letters beyond this add nothing.
const LONGEST_WEIGHED: f32 = 10.0;
/// Most that a name says, and most that a slogan says: several issuers and older plates share some, and what was never
/// wrong a hundred times may be wrong the next.
const NAME_MOST: f32 = 9.0;
const SLOGAN_MOST: f32 = 8.0;

fn worth_of(score: &MarkScore) -> f32 {
    let most = if score.is_name { NAME_MOST } else { SLOGAN_MOST };
    let letters = score.letters() as f32;
    ((score.score / letters.max(1.0) - EVEN_SCORE) * letters.min(LONGEST_WEIGHED)).clamp(0.0, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(code: &str, mark: &str, score: f32, text: &str) -> MarkScore {
        let (code, mark, text) = (code.to_owned(), mark.to_owned(), text.to_owned());
        MarkScore { code, mark, is_name: true, score, place: Place::Plate, text }
    }

    fn weight(reads: &[IssuerRead], code: &str) -> f32 {
        reads.iter().find(|read| read.code == code).map_or(0.0, |read| read.weight)
    }

    #[test]
    fn a_line_that_is_one_state_s_name_says_nothing_for_another_with_nearly_the_same() {
        for (right, name, wrong, other, worse) in [
            ("us-nc", "NORTHCAROLINA", "us-sc", "SOUTHCAROLINA", -18.4),
            ("us-ar", "ARKANSAS", "us-ks", "KANSAS", -8.1),
            ("us-wv", "WESTVIRGINIA", "us-va", "VIRGINIA", -14.0),
        ] {
            let found = reads(&[score(wrong, other, worse, name), score(right, name, -0.2, name)]);
            assert_eq!(weight(&found, right), NAME_MOST);
            assert!(weight(&found, wrong) < 1.5, "{found:?}");
        }
    }

    #[test]
    fn two_names_that_fit_one_line_about_as_well_are_both_left() {
        let found = reads(&[
            score("us-nd", "NORTHDAKOTA", -4.0, "NORTHDAKOTA"),
            score("us-sd", "SOUTHDAKOTA", -5.0, "NORTHDAKOTA"),
        ]);
        assert!(weight(&found, "us-nd") - weight(&found, "us-sd") <= 1.0 + 1e-4, "{found:?}");
    }

    #[test]
    fn names_in_different_lines_have_nothing_to_do_with_each_other() {
        let found = reads(&[
            score("us-ok", "OKLAHOMA", -0.3, "OKLAHOMA"),
            score("us-cherokee-nation", "CHEROKEENATION", -0.1, "CHEROKEENATION"),
        ]);
        assert_eq!((weight(&found, "us-ok"), weight(&found, "us-cherokee-nation")), (NAME_MOST, NAME_MOST));
    }
}
