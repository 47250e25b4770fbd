//! What one person alone says about an issuer does not teach who passes: whoever errs in one way all day, or means to, would
//! otherwise have the machine err with them.
//!
//! Of each issuer a person's word counts for at most as many vehicles as all others say: other people, and plates that
//! name the issuer themselves. What is beyond that is as good as not said.

use std::collections::BTreeMap;

/// A vehicle whose issuer was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'a> {
    /// `us-tx`
    pub issuer: &'a str,
    /// Who said so; none where the plate alone names it.
    pub by: Option<&'a str>,
}

/// Which of these count, in their order; of a person's words the first ones do.
#[must_use]
pub fn counting(said: &[Said<'_>]) -> Vec<bool> {
    let mut all: BTreeMap<&str, usize> = BTreeMap::new();
    let mut of_one: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for &Said { issuer, by } in said {
        *all.entry(issuer).or_default() += 1;
        if let Some(by) = by {
            *of_one.entry((issuer, by)).or_default() += 1;
        }
    }
    let mut counted: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    said.iter()
        .map(|&Said { issuer, by }| {
            let Some(by) = by else { return true };
            let own = of_one.get(&(issuer, by)).copied().unwrap_or(0);
            let others = all.get(issuer).copied().unwrap_or(0).saturating_sub(own);
            let before = counted.entry((issuer, by)).or_default();
            *before += 1;
            *before <= others
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(issuer: &'static str, by: Option<&'static str>, many: usize) -> Vec<Said<'static>> {
        vec![Said { issuer, by }; many]
    }

    fn counted(said: &[Said<'_>]) -> BTreeMap<(String, Option<String>), usize> {
        let mut counts = BTreeMap::new();
        for (Said { issuer, by }, counts_too) in said.iter().zip(counting(said)) {
            *counts.entry(((*issuer).to_owned(), by.map(ToOwned::to_owned))).or_default() += usize::from(counts_too);
        }
        counts
    }

    #[test]
    fn one_persons_word_counts_as_far_as_others_say_the_same() {
        let all = [
            said("us-tx", None, 300),
            said("us-ok", Some("ann"), 90),
            said("us-ok", None, 4),
            said("us-ok", Some("bob"), 6),
        ];
        let found = counted(&all.concat());
        let of = |issuer: &str, by: Option<&str>| found[&(issuer.to_owned(), by.map(ToOwned::to_owned))];
        assert_eq!((of("us-tx", None), of("us-ok", None)), (300, 4), "a plate that names its issuer needs nobody");
        assert_eq!((of("us-ok", Some("ann")), of("us-ok", Some("bob"))), (10, 6));
    }

    #[test]
    fn what_nobody_else_says_teaches_nothing_and_two_people_are_enough() {
        let alone = said("us-ok", Some("ann"), 50);
        assert!(counting(&alone).iter().all(|counts| !counts));
        let two = [alone, said("us-ok", Some("bob"), 50)].concat();
        assert!(counting(&two).iter().all(|counts| *counts));
        assert_eq!(counting(&[]), [false; 0]);
    }

    #[test]
    fn the_first_words_of_a_person_are_those_that_count() {
        let all = [said("us-ok", Some("ann"), 3), said("us-ok", None, 2)].concat();
        assert_eq!(counting(&all), [true, true, false, true, true]);
    }
}
