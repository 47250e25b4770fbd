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
pub fn reads(scores: &[MarkScore]) -> Vec<IssuerRead> {
    merged(scores.iter().map(|score| IssuerRead {
        code: score.code.clone(),
        weight: worth_of(score),
        place: score.place,
        text: score.text.clone(),
    }))
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
