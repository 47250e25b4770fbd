//! How issuers key a plate: which characters they never issue, and by which text their register finds the owner.
//!
//! Three things differ: what is printed, what is issued (where O and 0 have one shape, the issuer's series decides by
//! position), and the *lookup key*. Two printed texts with one key are one owner: no doubt about the bill, and no second
//! bill. Each rule has its source; an issuer without a rule is keyed as seen.
//!
//! States change their rules without asking, so an operator may put rules of his own in their place ([`Rules`]).

mod rules;

pub use rules::{MAX_PAIRS, Rules};

/// What one issuer does with characters that look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyingRule<'a> {
    /// `us-fl`
    pub issuer: &'a str,
    /// Characters on none of its plates, personalised ones included.
    pub never: &'a str,
    /// Letters in none of its standard series.
    pub never_in_series: &'a str,
    /// Characters that its register treats as another one, as pairs of what is printed and what is keyed.
    pub keyed_as: &'a [(char, char)],
    /// Where the rule is stated.
    pub source: &'a str,
}

const O_AS_ZERO: &[(char, char)] = &[('O', '0')];
const CMB: &str = "CMB Consulting, keying rules for toll image review (cmbconsultingllc.com/state-rules)";
const MARSHALL: &str = "F. E. Marshall, letters that states leave out (femarshall.blogspot.com, 2011)";

/// The rules that differ from "as seen".
pub const RULES: [KeyingRule<'static>; 10] = [
    rule("us-al", "O", "O", O_AS_ZERO, CMB),
    rule("us-fl", "O", "O", O_AS_ZERO, CMB),
    rule("us-id", "O", "O", O_AS_ZERO, CMB),
    rule(
        "us-wa",
        "",
        "",
        &[('O', '0'), ('I', '1')],
        "Washington treats look-alike letters and digits as one because of their similarity (rule quoted at straightdope.com)",
    ),
    rule(
        "us-tx",
        "",
        "IO",
        &[],
        "Texas Transportation Code 504.0051 and the general issue's series (plates.gamepuppet.com)",
    ),
    rule("us-md", "", "IOQU", &[], MARSHALL),
    rule("us-ms", "", "O", &[], MARSHALL),
    rule("us-pa", "", "IOQU", &[], MARSHALL),
    rule("us-va", "", "IOQ", &[], MARSHALL),
    rule("us-mi", "", "IO", &[], MARSHALL),
];

const fn rule(
    issuer: &'static str,
    never: &'static str,
    never_in_series: &'static str,
    keyed_as: &'static [(char, char)],
    source: &'static str,
) -> KeyingRule<'static> {
    KeyingRule { issuer, never, never_in_series, keyed_as, source }
}

/// True for the issuer that a rule is stated for, and for its temporary and dealer plates.
fn is_of(rule: &str, issuer: &str) -> bool {
    issuer == rule || issuer.strip_prefix(rule).is_some_and(|rest| rest.starts_with('-'))
}

/// The rule of an issuer; none where its plates are keyed as seen. A state's temporary and dealer plates follow its own.
pub fn rule_of(issuer: &str) -> Option<&'static KeyingRule<'static>> {
    RULES.iter().find(|rule| is_of(rule.issuer, issuer))
}

impl KeyingRule<'_> {
    /// The text by which the register finds the owner of a plate (normalised).
    pub fn key(&self, text: &str) -> String {
        let keyed = |c: char| self.keyed_as.iter().find(|(printed, _)| *printed == c).map_or(c, |(_, key)| *key);
        text.chars().map(keyed).collect()
    }
}

/// The text by which the issuer's register finds the owner of a plate (normalised), by the rules stated here.
pub fn lookup_key(issuer: &str, text: &str) -> String {
    rule_of(issuer).map_or_else(|| text.to_owned(), |rule| rule.key(text))
}

/// True when the issuer puts this character on no plate at all, personalised or not.
pub fn is_never_issued(issuer: &str, character: char) -> bool {
    rule_of(issuer).is_some_and(|rule| rule.never.contains(character))
}

/// True when the issuer's standard series leave this letter out.
pub fn is_never_in_series(issuer: &str, letter: char) -> bool {
    rule_of(issuer).is_some_and(|rule| rule.never_in_series.contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o_and_zero_are_one_key_where_the_register_says_so_and_two_elsewhere() {
        assert_eq!(lookup_key("us-fl", "AO10XY"), lookup_key("us-fl", "A010XY"));
        assert_ne!(lookup_key("us-ca", "AO10XY"), lookup_key("us-ca", "A010XY"));
        assert_eq!(lookup_key("us-wa", "BIO1234"), "B101234");
        assert_eq!(lookup_key("us-fl-temporary", "O1"), "01");
    }

    #[test]
    fn every_rule_names_an_issuer_that_exists_and_its_source() {
        for rule in &RULES {
            assert!(crate::issuer::find(rule.issuer).is_some() && !rule.source.is_empty(), "{rule:?}");
            assert!(rule.never.chars().all(|c| rule.never_in_series.contains(c)), "{rule:?}");
        }
    }
}
