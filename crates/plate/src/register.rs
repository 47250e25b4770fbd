//! Words on a plate which say that it stands apart from its issuer's ordinary plates: temporary and dealers' plates, those of what is
//! towed, and those of fleets, makers and public bodies.
//!
//! Issuers give such plates serials that their ordinary plates have as well, and their owners stand in other registers. The
//! words are few, so one is looked for in each line on the plate, alone or beside the state's name and a year.

use crate::issuer;
use crate::jurisdiction;
use crate::text::{edit_distance, normalise};

/// A register of an issuer's other than that of its ordinary plates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Register {
    /// Of temporary plates: the buyer stands in the dealers' system.
    Temporary,
    /// Of dealers' plates.
    Dealer,
    /// Any other: its plates have no issuer's code of their own.
    Other,
}

impl Register {
    /// What a state's code has behind it for this register; none where there is no such code.
    pub(crate) const fn suffix(self) -> Option<&'static str> {
        match self {
            Self::Temporary => Some(issuer::TEMPORARY),
            Self::Dealer => Some(issuer::DEALER),
            Self::Other => None,
        }
    }
}

/// The words as they stand on plates (normalised). TRUCK and COMMERCIAL are none: several states' listed series are their trucks'.
const WORDS: [(&str, Register); 36] = [
    ("TEMP", Register::Temporary),
    ("TEMPORARY", Register::Temporary),
    ("TEMPTAG", Register::Temporary),
    ("TEMPORARYTAG", Register::Temporary),
    ("TEMPPERMIT", Register::Temporary),
    ("TEMPORARYPERMIT", Register::Temporary),
    ("TEMPORARYPLATE", Register::Temporary),
    ("TEMPORARYREGISTRATION", Register::Temporary),
    ("TRIPPERMIT", Register::Temporary),
    ("INTRANSIT", Register::Temporary),
    ("BUYER", Register::Temporary),
    ("BUYERTAG", Register::Temporary),
    ("BUYERSTAG", Register::Temporary),
    ("DEALER", Register::Dealer),
    ("DEALERPLATE", Register::Dealer),
    ("DEALERTAG", Register::Dealer),
    ("DLR", Register::Dealer),
    ("USEDDEALER", Register::Dealer),
    ("NEWDEALER", Register::Dealer),
    ("TRAILER", Register::Other),
    ("TRLR", Register::Other),
    ("SEMITRAILER", Register::Other),
    ("UTILITYTRAILER", Register::Other),
    ("TRAVELTRAILER", Register::Other),
    ("PERMANENTTRAILER", Register::Other),
    ("TRAILERPERMANENT", Register::Other),
    ("APPORTIONED", Register::Other),
    ("TRANSPORTER", Register::Other),
    ("MANUFACTURER", Register::Other),
    ("MFR", Register::Other),
    ("REPAIR", Register::Other),
    ("REPAIRER", Register::Other),
    ("DRIVEAWAY", Register::Other),
    ("MUNICIPAL", Register::Other),
    ("STATEOWNED", Register::Other),
    ("EXEMPT", Register::Other),
];

/// Letters from which one of a word may be misread: shorter ones are too many other words then.
const LENGTH_FOR_ONE_ERROR: usize = 7;

/// True when a line of text on a plate names a register other than that of its issuer's ordinary plates.
pub fn names_other_register(line: &str) -> bool {
    named(line).is_some()
}

/// The register that a line of text on a plate names, if any.
pub(crate) fn named(line: &str) -> Option<Register> {
    let whole = normalise(line);
    // A sticker's or a permit's year.
    let words = whole.trim_matches(|c: char| c.is_ascii_digit());
    let is_meant = |known: &str, word: &str| {
        known == word || (known.len() >= LENGTH_FOR_ONE_ERROR && edit_distance(known, word) <= 1)
    };
    let known = |word: &str| WORDS.iter().find(|(known, _)| is_meant(known, word)).map(|(_, register)| *register);
    known(words).or_else(|| {
        jurisdiction::all_marks().filter(|mark| mark.is_name).find_map(|mark| {
            let beside = words.strip_prefix(mark.text).or_else(|| words.strip_suffix(mark.text))?;
            known(beside)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_register_is_named_alone_or_beside_the_states_name_and_a_year() {
        for (line, register) in [
            ("TEMPORARY", Register::Temporary),
            ("Texas Buyer Tag", Register::Temporary),
            ("IN-TRANSIT", Register::Temporary),
            ("DEALER OHIO", Register::Dealer),
            ("Dealer", Register::Dealer),
            ("TRAILER 2026", Register::Other),
            ("26 NEW MEXICO TRAILER", Register::Other),
            ("Apportioned", Register::Other),
            ("TRA1LER", Register::Other),
            ("TEMPQRARY", Register::Temporary),
        ] {
            assert_eq!(named(line), Some(register), "{line}");
        }
    }

    #[test]
    fn other_words_and_serials_name_none() {
        for line in
            ["TEXAS", "ABC1234", "DEALERS CHOICE FORD", "TRAILERS FOR RENT", "EXEMPTION", "TEMPE", "HEALER", "2026", ""]
        {
            assert_eq!(named(line), None, "{line}");
        }
    }

    #[test]
    fn words_are_normalised_and_stand_in_the_list_once() {
        let unique: HashSet<&str> = WORDS.iter().map(|(word, _)| *word).collect();
        assert_eq!(unique.len(), WORDS.len());
        assert!(unique.iter().all(|word| normalise(word) == *word && word.bytes().all(|b| b.is_ascii_uppercase())));
    }
}
