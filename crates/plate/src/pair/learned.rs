//! What passes at one booth, from what was seen there.
//!
//! A prior that was learned may not prove what it was learned from. So only plates count whose issuer is known without it: a
//! person named it, or the plate alone did, as if vehicles of every state passed alike. What nobody knows counts for what is
//! usual, and so does a fixed number of vehicles that nobody saw: few observations change little. No issuer becomes
//! impossible, and no series of an issuer either.

use super::format::usual_shares;
use super::traffic::Traffic;
use crate::{issuer, serial};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Vehicles that are taken to have passed as usual before any was seen.
const UNSEEN_VEHICLES: f64 = 200.0;
/// An issuer passes at least this share of how often it usually does.
const LEAST_OF_USUAL: f64 = 0.1;
/// Plates of an issuer that are taken to be distributed over its series as usual before any was seen.
const UNSEEN_PLATES: f64 = 40.0;
/// A series is at most so many times as frequent, or as rare, among its issuer's plates as usual: it also chooses characters.
const SERIES_MOST: f64 = 4.0;
/// After so many days an observation counts half.
const HALF_LIFE_DAYS: f64 = 30.0;
/// An observation from a clock that was set back is no older than a new one.
const MS_PER_DAY: f64 = 86_400_000.0;

/// What was seen of an issuer's plates at a booth.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SeenIssuer {
    /// Vehicles, older ones counting less.
    pub vehicles: f64,
    /// Of those, by pattern of the issuer's listed series (`AAA9999`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub series: BTreeMap<String, f64>,
}

/// What was seen at a booth.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// Vehicles whose issuer is known without regard to what passes here, by issuer.
    pub issuers: BTreeMap<String, SeenIssuer>,
    /// Vehicles of which it is not.
    pub unknown: f64,
}

impl Observed {
    /// Adds a vehicle that passed `age_ms` ago; `issuer` is none where only what passes here says who it is.
    pub fn add(&mut self, age_ms: i64, issuer: Option<&str>, text: &str) {
        let weight = 0.5_f64.powf(age_ms.max(0) as f64 / MS_PER_DAY / HALF_LIFE_DAYS);
        // Whoever keeps another register, or is on no list, has no share of the traffic of its own.
        let Some(issuer) = issuer.filter(|code| issuer::find(code).is_some()) else {
            self.unknown += weight;
            return;
        };
        let seen = self.issuers.entry(issuer.to_owned()).or_default();
        seen.vehicles += weight;
        for pattern in serial::patterns(issuer).iter().filter(|pattern| serial::matches(pattern, text)) {
            *seen.series.entry((*pattern).to_owned()).or_default() += weight;
        }
    }

    /// Vehicles whose issuer is known, older ones counting less.
    pub fn known(&self) -> f64 {
        self.issuers.values().map(|seen| seen.vehicles).sum()
    }

    /// Largest difference that taking these for the others makes to an issuer's share of a booth's traffic, 0 to 1.
    pub fn difference(&self, other: &Self, usual: &Traffic) -> f64 {
        let (mine, others) = (usual.seen(self), usual.seen(other));
        mine.issuers().map(|(code, share)| (share - others.share(code)).abs()).fold(0.0, f64::max)
    }
}

impl Traffic {
    /// What passes here, by what usually does and what was seen.
    #[must_use]
    pub fn seen(&self, observed: &Observed) -> Self {
        let unseen = UNSEEN_VEHICLES + sound(observed.unknown);
        let vehicles = |code: &str| observed.issuers.get(code).map_or(0.0, |seen| sound(seen.vehicles));
        let all: f64 = self.issuers().map(|(code, _)| vehicles(code)).sum::<f64>() + unseen;
        let shares: BTreeMap<String, f64> = self
            .issuers()
            .map(|(code, usual)| {
                let share = (vehicles(code) + unseen * usual) / all;
                (code.to_owned(), share.max(LEAST_OF_USUAL * usual))
            })
            .collect();
        let sum: f64 = shares.values().sum();
        let shares = shares.into_iter().map(|(code, share)| (code, share / sum.max(f64::MIN_POSITIVE))).collect();
        let series = observed
            .issuers
            .iter()
            .filter(|(_, seen)| !seen.series.is_empty())
            .map(|(code, seen)| (code.clone(), series_shares(code, &seen.series)))
            .collect();
        Self::of(shares, series)
    }
}

/// Share of each pattern among an issuer's standard plates, in the order of its patterns.
fn series_shares(issuer: &str, seen: &BTreeMap<String, f64>) -> Vec<f64> {
    let patterns = serial::patterns(issuer);
    let plates = |pattern: &str| seen.get(pattern).map_or(0.0, |plates| sound(*plates));
    let all: f64 = patterns.iter().map(|pattern| plates(pattern)).sum::<f64>() + UNSEEN_PLATES;
    let shares: Vec<f64> = patterns
        .iter()
        .zip(usual_shares(patterns.len()))
        .map(|(pattern, usual)| {
            let share = (plates(pattern) + UNSEEN_PLATES * usual) / all;
            share.clamp(usual / SERIES_MOST, (usual * SERIES_MOST).min(1.0))
        })
        .collect();
    let sum: f64 = shares.iter().sum();
    shares.into_iter().map(|share| share / sum.max(f64::MIN_POSITIVE)).collect()
}

/// A count that somebody stored: nothing where it is none.
fn sound(count: f64) -> f64 {
    if count.is_finite() { count.max(0.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual() -> Traffic {
        Traffic::around("us-tx", 0.85)
    }

    fn seen(list: &[(&str, &str, usize)]) -> Observed {
        let mut observed = Observed::default();
        for (issuer, text, vehicles) in list {
            (0..*vehicles).for_each(|_| observed.add(0, Some(issuer), text));
        }
        observed
    }

    fn sum(traffic: &Traffic) -> f64 {
        traffic.issuers().map(|(_, share)| share).sum()
    }

    #[test]
    fn what_was_seen_often_passes_more_often_and_the_shares_are_shares() {
        let learned = usual().seen(&seen(&[("us-tx", "BKD0101", 900), ("us-ok", "ABC123", 300)]));
        assert!(learned.share("us-ok") > 0.2 && learned.share("us-tx") < 0.8);
        assert!((sum(&learned) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn few_observations_change_little() {
        let learned = usual().seen(&seen(&[("us-ok", "ABC123", 5)]));
        assert!(learned.share("us-ok") < 0.06 && learned.share("us-tx") > 0.8);
    }

    #[test]
    fn an_issuer_that_was_never_seen_stays_possible() {
        let learned = usual().seen(&seen(&[("us-tx", "BKD0101", 1_000_000)]));
        for (code, share) in usual().issuers() {
            assert!(learned.share(code) > 0.05 * share, "{code}");
        }
    }

    #[test]
    fn what_nobody_knows_counts_for_what_is_usual() {
        let mut observed = seen(&[("us-ok", "ABC123", 400)]);
        let alone = usual().seen(&observed).share("us-ok");
        (0..4_000).for_each(|_| observed.add(0, None, "BKD0101"));
        let among = usual().seen(&observed).share("us-ok");
        assert!(among < alone / 4.0 && among > usual().share("us-ok"), "{alone} {among}");
    }

    #[test]
    fn an_observation_of_a_month_ago_counts_half() {
        let mut observed = Observed::default();
        observed.add(30 * 86_400_000, Some("us-ok"), "ABC123");
        observed.add(-5, Some("us-ok"), "ABC123");
        assert!((observed.known() - 1.5).abs() < 1e-9);
    }

    #[test]
    fn series_that_pass_weigh_more_within_bounds() {
        // Louisiana issues 999AAA today, and AAA999 is on most of its plates that pass.
        let learned = usual().seen(&seen(&[("us-la", "VLX039", 500), ("us-la", "378DXR", 20)]));
        let shares = learned.series("us-la").unwrap();
        assert!(shares[1] > 0.35 && shares[0] > 0.2, "{shares:?}");
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(learned.series("us-tx").is_none());
    }

    #[test]
    fn other_registers_unknown_codes_and_broken_counts_are_nobody_s_share() {
        let mut observed = Observed::default();
        observed.add(0, Some("us-tx-temporary"), "1234A56");
        observed.add(0, Some("xx-yy"), "ABC123");
        assert_eq!((observed.known(), observed.unknown), (0.0, 2.0));
        let broken = Observed {
            issuers: [("us-ok".to_owned(), SeenIssuer { vehicles: f64::NAN, ..SeenIssuer::default() })].into(),
            unknown: f64::INFINITY,
        };
        assert!((sum(&usual().seen(&broken)) - 1.0).abs() < 1e-9);
        assert!((usual().seen(&broken).share("us-ok") - usual().share("us-ok")).abs() < 1e-9);
    }

    #[test]
    fn the_difference_of_what_was_seen_is_that_of_the_shares() {
        let (one, two) =
            (seen(&[("us-tx", "BKD0101", 900)]), seen(&[("us-tx", "BKD0101", 900), ("us-ok", "ABC123", 200)]));
        assert_eq!(one.difference(&one, &usual()), 0.0);
        assert!(one.difference(&two, &usual()) > 0.1);
    }

    #[test]
    fn it_reads_back_as_it_was_written() {
        let observed = seen(&[("us-tx", "BKD0101", 3), ("us-gov", "X", 1)]);
        let text = serde_json::to_string(&observed).unwrap();
        assert_eq!(serde_json::from_str::<Observed>(&text).unwrap(), observed);
    }
}
