//! One text from several readings of the same plate.
//!
//! A reading from another crop, size or service is a vote, weighted by how clearly its characters were
//! seen. O and 0, I and 1 count as the same character while votes are gathered, because crops waver between
//! them without disagreeing about the plate. The winner is a text that was read, never one put together.

use crate::confusable::fold;
use crate::serial::LONGEST as LONGEST_SERIAL;
use crate::spelling::Spelling;
use serde::{Deserialize, Serialize};

/// Weight of a vote: this power of the mean probability, times the least sure character's.
const MEAN_POWER: i32 = 4;

/// Two of three readings, or more, must be free of ornaments.
const MOST_OF: u32 = 3;

/// How far several readings of one plate agree.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Readings made, those that gave no plate text included.
    pub votes: u32,
    /// Readings that gave the winning text (O as 0, I as 1).
    pub agreeing: u32,
    /// Readings that gave the winning text, which is as long as serials get, and one character more at either end: an
    /// ornament or the plate's frame.
    #[serde(default)]
    pub ornamented: u32,
    /// Share of the winner in the weight of all votes, 0 to 1.
    pub share: f32,
}

impl Agreement {
    /// True when every reading gave the same text.
    pub fn is_unanimous(&self) -> bool {
        self.agreeing == self.votes
    }

    /// True when no reading contradicts the winning text: most gave it, and the others an ornament with it.
    pub fn is_undisputed(&self) -> bool {
        self.is_unanimous()
            || (self.agreeing + self.ornamented == self.votes && MOST_OF * self.agreeing >= (MOST_OF - 1) * self.votes)
    }

    /// Agreeing readings as a share of all, 0 to 1.
    pub fn ratio(&self) -> f32 {
        self.agreeing as f32 / self.votes.max(1) as f32
    }
}

/// One text with the votes for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// The spelling with the most weight behind it, O and 0 told apart again.
    pub text: String,
    /// Mean probability of each character over the votes for this text; empty when none reports any.
    pub characters: Vec<f32>,
    /// Mean probability of all characters over the votes for this text.
    pub mean: f32,
    /// Mean over the votes for this text of the least sure character's probability.
    pub weakest: f32,
    /// The same, of the least sure character that could be another one ([`Spelling::weakest_contested`]).
    pub contested: f32,
    /// Number of votes.
    pub votes: u32,
    /// Sum of the votes' weights.
    pub weight: f32,
}

/// The texts that were read, most weight first, and how far the readings agree.
#[derive(Debug, Clone, PartialEq)]
pub struct Consensus {
    /// At least one text.
    pub tallies: Vec<Tally>,
    /// About the first text.
    pub agreement: Agreement,
}

/// Counts votes; `None` when none of them is a plate's text.
pub fn count(votes: &[Spelling]) -> Option<Consensus> {
    let valid: Vec<&Spelling> = votes.iter().filter(|vote| vote.fits_a_plate()).collect();
    let mut texts: Vec<String> = valid.iter().map(|vote| fold(&vote.text)).collect();
    texts.sort();
    texts.dedup();
    let mut tallies: Vec<Tally> = texts
        .iter()
        .filter_map(|text| tally(&valid.iter().copied().filter(|vote| fold(&vote.text) == *text).collect::<Vec<_>>()))
        .collect();
    tallies.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    let all: f32 = tallies.iter().map(|tally| tally.weight).sum();
    let winner = tallies.first()?;
    let agreement = Agreement {
        votes: u32::try_from(votes.len()).unwrap_or(u32::MAX),
        agreeing: winner.votes,
        ornamented: tallies
            .iter()
            .filter(|tally| is_ornamented(&tally.text, &winner.text))
            .map(|tally| tally.votes)
            .sum(),
        share: if all > 0.0 { winner.weight / all } else { 0.0 },
    };
    Some(Consensus { tallies, agreement })
}

/// True when a text is the other one with a character more, and so longer than any state's serial.
fn is_ornamented(text: &str, serial: &str) -> bool {
    let (text, serial) = (fold(text), fold(serial));
    serial.len() == LONGEST_SERIAL && text.len() == LONGEST_SERIAL + 1 && text.contains(&serial)
}

fn weight(vote: &Spelling) -> f32 {
    vote.mean().powi(MEAN_POWER) * vote.weakest()
}

/// Sums votes for the same text; they may differ in O and 0, I and 1.
fn tally(votes: &[&Spelling]) -> Option<Tally> {
    let backing = |text: &str| votes.iter().filter(|vote| vote.text == text).map(|vote| weight(vote)).sum::<f32>();
    let first = votes.first()?;
    let text = votes
        .iter()
        .map(|vote| vote.text.as_str())
        .fold(first.text.as_str(), |best, text| if backing(text) > backing(best) { text } else { best });
    let known: Vec<Vec<f32>> =
        votes.iter().map(|vote| vote.probabilities()).filter(|each| each.len() == text.len()).collect();
    let count = votes.len() as f32;
    let characters = if known.is_empty() {
        Vec::new()
    } else {
        (0..text.len()).map(|i| known.iter().filter_map(|each| each.get(i)).sum::<f32>() / known.len() as f32).collect()
    };
    Some(Tally {
        text: text.to_owned(),
        characters,
        mean: votes.iter().map(|vote| vote.mean()).sum::<f32>() / count,
        weakest: votes.iter().map(|vote| vote.weakest()).sum::<f32>() / count,
        contested: votes.iter().map(|vote| vote.weakest_contested()).sum::<f32>() / count,
        votes: u32::try_from(votes.len()).unwrap_or(u32::MAX),
        weight: votes.iter().map(|vote| weight(vote)).sum(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::Character;

    fn vote(text: &str, confidence: f32) -> Spelling {
        let characters =
            text.chars().map(|symbol| Character { symbol, confidence, alternatives: Vec::new() }).collect::<Vec<_>>();
        Spelling::normalised(text, confidence, &characters)
    }

    #[test]
    fn the_clearer_readings_outvote_the_blurred_ones() {
        let consensus = count(&[vote("ABC1234", 0.99), vote("A8C1234", 0.6), vote("A8C1234", 0.6)]).unwrap();
        assert_eq!(consensus.tallies[0].text, "ABC1234");
        assert_eq!((consensus.agreement.votes, consensus.agreement.agreeing), (3, 1));
        assert!(consensus.agreement.share > 0.8 && !consensus.agreement.is_unanimous());
    }

    #[test]
    fn o_and_zero_agree_and_the_better_backed_spelling_is_kept() {
        let consensus = count(&[vote("ZOO123", 0.9), vote("ZO0123", 0.9), vote("ZOO123", 0.9)]).unwrap();
        assert_eq!(consensus.tallies.len(), 1);
        assert_eq!(consensus.tallies[0].text, "ZOO123");
        assert!(consensus.agreement.is_unanimous());
    }

    #[test]
    fn an_ornament_beside_a_full_serial_does_not_dispute_it() {
        let votes =
            |texts: &[&str]| count(&texts.iter().map(|text| vote(text, 0.95)).collect::<Vec<_>>()).unwrap().agreement;
        let ornamented = votes(&["5VCF203", "5VCF203", "15VCF203"]);
        assert_eq!((ornamented.agreeing, ornamented.ornamented), (2, 1));
        assert!(ornamented.is_undisputed() && !ornamented.is_unanimous());
        for texts in [
            ["5VCF203", "15VCF203", "15VCF203"],
            ["5VCF203", "5VCF203", "5VCF208"],
            ["ABC123", "ABC123", "1ABC123"],
            ["5VCF203", "5VCF203", "VCF203"],
        ] {
            assert!(!votes(&texts).is_undisputed(), "{texts:?}");
        }
    }

    #[test]
    fn a_reading_that_is_no_plate_text_counts_against_unanimity() {
        let consensus = count(&[vote("ABC1234", 0.9), vote("AB", 0.9)]).unwrap();
        assert_eq!((consensus.agreement.votes, consensus.agreement.agreeing), (2, 1));
        assert_eq!(consensus.agreement.share, 1.0);
    }

    #[test]
    fn character_probabilities_are_averaged_over_the_agreeing_readings() {
        let consensus = count(&[vote("ABC123", 0.8), vote("ABC123", 1.0), vote("XYZ987", 0.1)]).unwrap();
        let winner = &consensus.tallies[0];
        assert!(winner.characters.iter().all(|probability| (probability - 0.9).abs() < 1e-6));
        assert!((winner.weakest - 0.9).abs() < 1e-6);
    }

    #[test]
    fn no_plate_text_at_all_is_no_consensus() {
        assert_eq!(count(&[vote("AB", 0.9)]), None);
        assert_eq!(count(&[]), None);
    }
}
