//! The rules in force: those of this program, and what an operator put in their place, issuer by issuer.
//!
//! Written as text, so that it is a setting like any other, is kept with each export, and can be compared by eye:
//! `us-fl key=O0 never=O; us-wa key=O0,I1; us-ca`. An entry stands for all that holds of its issuer; one that is named
//! alone is keyed as seen.

use super::{KeyingRule, RULES, is_of};
use crate::issuer;

/// Longest text of rules, in bytes: a rule for every issuer fits.
const MAX_BYTES: usize = 8_000;
/// Most characters that one issuer keys as another: twice as many as look like another one. The ledger looks plates up by
/// one function of SQL inside another for each, and a parser's stack is finite.
pub const MAX_PAIRS: usize = 20;
/// What the source of an operator's rule is called.
const OPERATOR: &str = "setting judge.keying_rules";

/// One rule of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    issuer: String,
    never: String,
    never_in_series: String,
    keyed_as: Vec<(char, char)>,
}

impl Entry {
    fn rule(&self) -> KeyingRule<'_> {
        KeyingRule {
            issuer: &self.issuer,
            never: &self.never,
            never_in_series: &self.never_in_series,
            keyed_as: &self.keyed_as,
            source: OPERATOR,
        }
    }
}

/// The keying rules in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// In the order of issuers.
    entries: Vec<Entry>,
}

impl Rules {
    /// Reads rules; an empty text leaves all as this program has them.
    ///
    /// # Errors
    /// Every violation, a sentence each: then no rule of the text is used.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        if text.len() > MAX_BYTES {
            return Err(vec![format!("keying rules may have at most {MAX_BYTES} bytes")]);
        }
        let (mut entries, mut problems) = (Vec::<Entry>::new(), Vec::new());
        for part in text.split([';', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
            match entry(part) {
                Ok(entry) if entries.iter().any(|known| known.issuer == entry.issuer) => {
                    problems.push(format!("`{}` has two rules", entry.issuer));
                }
                Ok(entry) => entries.push(entry),
                Err(found) => problems.extend(found.into_iter().map(|problem| format!("`{part}`: {problem}"))),
            }
        }
        entries.sort_by(|a, b| a.issuer.cmp(&b.issuer));
        if problems.is_empty() { Ok(Self { entries }) } else { Err(problems) }
    }

    /// The rule of an issuer; none where its plates are keyed as seen. A state's temporary and dealer plates follow its own.
    pub fn of(&self, issuer: &str) -> Option<KeyingRule<'_>> {
        match self.entries.iter().find(|entry| is_of(&entry.issuer, issuer)) {
            Some(entry) => Some(entry.rule()),
            None => RULES.iter().find(|rule| is_of(rule.issuer, issuer)).copied(),
        }
    }

    /// Every rule in force, in the order in which [`Rules::of`] looks: the first that is of an issuer is its rule.
    pub fn all(&self) -> impl Iterator<Item = KeyingRule<'_>> {
        let own = self.entries.iter().map(Entry::rule);
        own.chain(
            RULES.iter().filter(move |rule| self.entries.iter().all(|entry| entry.issuer != rule.issuer)).copied(),
        )
    }

    /// The text by which the issuer's register finds the owner of a plate (normalised).
    pub fn lookup_key(&self, issuer: &str, text: &str) -> String {
        self.of(issuer).map_or_else(|| text.to_owned(), |rule| rule.key(text))
    }
}

fn entry(text: &str) -> Result<Entry, Vec<String>> {
    let mut words = text.split_whitespace();
    let issuer = words.next().unwrap_or_default().to_owned();
    let mut entry = Entry { never: String::new(), never_in_series: String::new(), keyed_as: Vec::new(), issuer };
    let mut problems = Vec::new();
    if issuer::find(&entry.issuer).is_none() {
        problems.push(format!("`{}` is no issuer of plates, like us-fl", entry.issuer));
    }
    let mut series = String::new();
    for word in words {
        match word.split_once('=') {
            Some(("key", value)) => match pairs(value) {
                Some(pairs) => entry.keyed_as.extend(pairs),
                None => problems.push(format!(
                    "key={value} is no list of pairs of a printed and a keyed character, like key=O0,I1"
                )),
            },
            Some(("never", value)) if are_characters(value) => entry.never.push_str(value),
            Some(("series", value)) if are_characters(value) => series.push_str(value),
            Some(("never" | "series", value)) => {
                problems.push(format!("`{value}` is no list of capital letters and digits, like IOQ"));
            }
            _ => problems.push(format!("`{word}` is neither key=, nor never=, nor series=")),
        }
    }
    if entry.keyed_as.len() > MAX_PAIRS {
        problems.push(format!("{} pairs are keyed, and an issuer may have {MAX_PAIRS}", entry.keyed_as.len()));
    }
    let is_keyed_twice =
        |(at, (printed, _)): (usize, &(char, char))| entry.keyed_as.iter().take(at).any(|(other, _)| other == printed);
    if entry.keyed_as.iter().enumerate().any(is_keyed_twice) {
        problems.push("a character is keyed as two others".to_owned());
    }
    // O as 0 and 0 as Q would give a plate another key each time its key is looked up.
    if entry.keyed_as.iter().any(|(_, key)| entry.keyed_as.iter().any(|(printed, _)| printed == key)) {
        problems.push("what one character is keyed as is itself keyed as another".to_owned());
    }
    if entry.keyed_as.iter().any(|(_, key)| entry.never.contains(*key)) {
        problems.push("a character is keyed as one that is never issued".to_owned());
    }
    // What is on no plate is in no series either.
    entry.never_in_series = entry.never.chars().chain(series.chars()).collect();
    if problems.is_empty() { Ok(entry) } else { Err(problems) }
}

fn is_character(c: char) -> bool {
    c.is_ascii_uppercase() || c.is_ascii_digit()
}

fn are_characters(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_character)
}

fn pairs(text: &str) -> Option<Vec<(char, char)>> {
    text.split(',')
        .map(|pair| {
            let mut characters = pair.chars();
            let (printed, key) = (characters.next()?, characters.next()?);
            let is_pair = characters.next().is_none() && printed != key && is_character(printed) && is_character(key);
            is_pair.then_some((printed, key))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_s_rule_stands_in_place_of_the_program_s_and_leaves_the_others() {
        let rules = Rules::parse("us-fl; us-ca key=O0 ;\n us-id never=O series=I key=O0").unwrap();
        assert_eq!(rules.lookup_key("us-fl", "AO10XY"), "AO10XY", "as seen");
        assert_eq!(rules.lookup_key("us-ca", "7ABO123"), "7AB0123");
        assert_eq!(rules.lookup_key("us-ca-temporary", "O1"), "01");
        assert_eq!(rules.lookup_key("us-al", "O1"), "01", "as the program has it");
        let first = |issuer: &str| rules.all().find(|rule| is_of(rule.issuer, issuer)).map(|rule| rule.key("O1"));
        for issuer in ["us-fl", "us-ca-temporary", "us-al", "us-wa", "us-ny"] {
            assert_eq!(first(issuer), rules.of(issuer).map(|rule| rule.key("O1")), "{issuer}");
        }
        let idaho = rules.of("us-id").unwrap();
        assert_eq!((idaho.never, idaho.never_in_series, idaho.source), ("O", "OI", OPERATOR));
    }

    #[test]
    fn no_text_is_no_change() {
        assert_eq!(Rules::parse(" ;\n").unwrap(), Rules::default());
        assert_eq!(Rules::default().lookup_key("us-wa", "BIO1234"), "B101234");
        assert!(Rules::default().of("us-ca").is_none());
    }

    #[test]
    fn every_violation_is_named_and_nothing_is_used() {
        for (text, words) in [
            ("us-zz key=O0", "no issuer"),
            ("us-fl key=O", "no list of pairs"),
            ("us-fl key=o0", "no list of pairs"),
            ("us-fl key=OO", "no list of pairs"),
            ("us-fl key=O0,OQ", "two others"),
            ("us-fl key=O0,0Q", "itself keyed"),
            ("us-fl key=O0 never=0", "never issued"),
            ("us-fl never=", "capital letters"),
            ("us-fl fold=O0", "neither key="),
            ("us-fl; us-fl key=O0", "two rules"),
        ] {
            let problems = Rules::parse(text).unwrap_err();
            assert!(problems.iter().any(|problem| problem.contains(words)), "{text}: {problems:?}");
        }
        assert_eq!(Rules::parse("us-zz; us-yy key=1").unwrap_err().len(), 3);
        assert!(Rules::parse(&" ".repeat(MAX_BYTES + 1)).is_err());
    }

    #[test]
    fn an_issuer_has_a_bounded_number_of_pairs_and_each_issuer_its_own() {
        let keyed = |pairs: usize| -> String {
            ('A'..='Z').take(pairs).map(|printed| format!("{printed}0")).collect::<Vec<_>>().join(",")
        };
        let most = keyed(MAX_PAIRS);
        assert!(Rules::parse(&format!("us-fl key={most}; us-ca key={most}")).is_ok());
        // However they are written.
        for text in [format!("us-fl key={}", keyed(MAX_PAIRS + 1)), format!("us-fl key={most} key=Z0")] {
            let problems = Rules::parse(&text).unwrap_err();
            assert!(matches!(problems.as_slice(), [one] if one.contains("may have 20")), "{text}: {problems:?}");
        }
    }
}
