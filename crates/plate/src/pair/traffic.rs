//! What passes at a booth: the share of each issuer, before a plate is looked at.
//!
//! A prior, never proof. Most vehicles are from the booth's own state, some from its neighbours, and the rest come from
//! everywhere in proportion to the people who live there. Tribal nations, the government and foreign vehicles are few but
//! there, so that a plate which names one can be believed.

use crate::issuer::{ISSUERS, Issuer, IssuerKind};
use std::collections::BTreeMap;

/// Shares of issuers in a booth's traffic.
#[derive(Debug, Clone, PartialEq)]
pub struct Traffic {
    /// By code; they add up to 1.
    shares: BTreeMap<String, f64>,
    /// Share of each listed series among an issuer's standard plates, where it was seen here.
    series: BTreeMap<String, Vec<f64>>,
}

/// A neighbour's people count this many times.
const NEIGHBOUR_WEIGHT: f64 = 8.0;
/// People of Canada and Mexico count this much: few of them drive so far.
const FOREIGN_WEIGHT: f64 = 0.05;
/// Vehicles of nations and of the government are counted, not people; they are everywhere.
const COUNTED_WEIGHT: f64 = 1.0;
/// A nation's vehicles stay near home.
const NATION_NEARBY_WEIGHT: f64 = 20.0;

/// States and the states, provinces and nations beside them, both ways.
const NEIGHBOURS: [(&str, &[&str]); 51] = [
    ("us-ak", &["ca-bc", "ca-yt"]),
    ("us-al", &["us-fl", "us-ga", "us-ms", "us-tn"]),
    ("us-ar", &["us-la", "us-mo", "us-ms", "us-ok", "us-tn", "us-tx"]),
    ("us-az", &["us-ca", "us-nm", "us-nv", "us-ut", "mx-son"]),
    ("us-ca", &["us-az", "us-nv", "us-or", "mx-bcn"]),
    ("us-co", &["us-ks", "us-ne", "us-nm", "us-ok", "us-ut", "us-wy"]),
    ("us-ct", &["us-ma", "us-ny", "us-ri"]),
    ("us-dc", &["us-md", "us-va"]),
    ("us-de", &["us-md", "us-nj", "us-pa"]),
    ("us-fl", &["us-al", "us-ga"]),
    ("us-ga", &["us-al", "us-fl", "us-nc", "us-sc", "us-tn"]),
    ("us-hi", &[]),
    ("us-ia", &["us-il", "us-mn", "us-mo", "us-ne", "us-sd", "us-wi"]),
    ("us-id", &["us-mt", "us-nv", "us-or", "us-ut", "us-wa", "us-wy"]),
    ("us-il", &["us-ia", "us-in", "us-ky", "us-mo", "us-wi"]),
    ("us-in", &["us-il", "us-ky", "us-mi", "us-oh"]),
    ("us-ks", &["us-co", "us-mo", "us-ne", "us-ok"]),
    ("us-ky", &["us-il", "us-in", "us-mo", "us-oh", "us-tn", "us-va", "us-wv"]),
    ("us-la", &["us-ar", "us-ms", "us-tx"]),
    ("us-ma", &["us-ct", "us-nh", "us-ny", "us-ri", "us-vt"]),
    ("us-md", &["us-dc", "us-de", "us-pa", "us-va", "us-wv"]),
    ("us-me", &["us-nh", "ca-nb", "ca-qc"]),
    ("us-mi", &["us-in", "us-oh", "us-wi", "ca-on"]),
    ("us-mn", &["us-ia", "us-nd", "us-sd", "us-wi"]),
    ("us-mo", &["us-ar", "us-ia", "us-il", "us-ks", "us-ky", "us-ne", "us-ok", "us-tn"]),
    ("us-ms", &["us-al", "us-ar", "us-la", "us-tn"]),
    ("us-mt", &["us-id", "us-nd", "us-sd", "us-wy", "ca-ab"]),
    ("us-nc", &["us-ga", "us-sc", "us-tn", "us-va"]),
    ("us-nd", &["us-mn", "us-mt", "us-sd"]),
    ("us-ne", &["us-co", "us-ia", "us-ks", "us-mo", "us-sd", "us-wy"]),
    ("us-nh", &["us-ma", "us-me", "us-vt"]),
    ("us-nj", &["us-de", "us-ny", "us-pa"]),
    ("us-nm", &["us-az", "us-co", "us-ok", "us-tx", "us-ut"]),
    ("us-nv", &["us-az", "us-ca", "us-id", "us-or", "us-ut"]),
    ("us-ny", &["us-ct", "us-ma", "us-nj", "us-pa", "us-vt", "ca-on", "ca-qc"]),
    ("us-oh", &["us-in", "us-ky", "us-mi", "us-pa", "us-wv"]),
    ("us-ok", &["us-ar", "us-co", "us-ks", "us-mo", "us-nm", "us-tx"]),
    ("us-or", &["us-ca", "us-id", "us-nv", "us-wa"]),
    ("us-pa", &["us-de", "us-md", "us-nj", "us-ny", "us-oh", "us-wv"]),
    ("us-ri", &["us-ct", "us-ma"]),
    ("us-sc", &["us-ga", "us-nc"]),
    ("us-sd", &["us-ia", "us-mn", "us-mt", "us-nd", "us-ne", "us-wy"]),
    ("us-tn", &["us-al", "us-ar", "us-ga", "us-ky", "us-mo", "us-ms", "us-nc", "us-va"]),
    ("us-tx", &["us-ar", "us-la", "us-nm", "us-ok", "mx-tam", "mx-nle", "mx-coa", "mx-chh"]),
    ("us-ut", &["us-az", "us-co", "us-id", "us-nm", "us-nv", "us-wy"]),
    ("us-va", &["us-dc", "us-ky", "us-md", "us-nc", "us-tn", "us-wv"]),
    ("us-vt", &["us-ma", "us-nh", "us-ny"]),
    ("us-wa", &["us-id", "us-or", "ca-bc"]),
    ("us-wi", &["us-ia", "us-il", "us-mi", "us-mn"]),
    ("us-wv", &["us-ky", "us-md", "us-oh", "us-pa", "us-va"]),
    ("us-wy", &["us-co", "us-id", "us-mt", "us-ne", "us-sd", "us-ut"]),
];

/// The states, provinces and nations beside a state; none where none are listed.
pub fn neighbours(home: &str) -> &'static [&'static str] {
    NEIGHBOURS.iter().find(|(code, _)| *code == home).map_or(&[], |(_, beside)| *beside)
}

impl Traffic {
    /// A booth that stands in `home`, of whose vehicles a share of `home_share` (0 to 1) is from there.
    pub fn around(home: &str, home_share: f64) -> Self {
        let beside = neighbours(home);
        let weight = |issuer: &Issuer| -> f64 {
            let people = f64::from(issuer.people);
            let neighbour = if beside.contains(&issuer.code) { NEIGHBOUR_WEIGHT } else { 1.0 };
            people
                * match issuer.kind {
                    IssuerKind::State | IssuerKind::Territory => neighbour,
                    IssuerKind::Province | IssuerKind::MexicanState => FOREIGN_WEIGHT * neighbour,
                    IssuerKind::Nation if home == "us-ok" => NATION_NEARBY_WEIGHT,
                    IssuerKind::Nation | IssuerKind::Federal => COUNTED_WEIGHT,
                    IssuerKind::Temporary | IssuerKind::Dealer => 0.0,
                }
        };
        let others: f64 = ISSUERS.iter().filter(|issuer| issuer.code != home).map(weight).sum();
        let mut shares: BTreeMap<String, f64> = ISSUERS
            .iter()
            .filter(|issuer| issuer.code != home)
            .map(|issuer| (issuer.code.to_owned(), (1.0 - home_share) * weight(issuer) / others.max(1.0)))
            .collect();
        shares.insert(home.to_owned(), home_share);
        Self { shares, series: BTreeMap::new() }
    }

    /// Shares that add up to 1, and of series where they are known.
    pub(super) fn of(shares: BTreeMap<String, f64>, series: BTreeMap<String, Vec<f64>>) -> Self {
        Self { shares, series }
    }

    /// Share of each of an issuer's listed series among its standard plates, in their order; none where nothing was seen.
    pub fn series(&self, issuer: &str) -> Option<&[f64]> {
        self.series.get(issuer).map(Vec::as_slice)
    }

    /// The issuers that pass, with their shares.
    pub fn issuers(&self) -> impl Iterator<Item = (&str, f64)> {
        self.shares.iter().map(|(code, share)| (code.as_str(), *share))
    }

    /// The share of one issuer; 0 where it is not known.
    pub fn share(&self, code: &str) -> f64 {
        self.shares.get(code).copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_neighbours_come_more_often_than_their_size_says() {
        let traffic = Traffic::around("us-tx", 0.85);
        let sum: f64 = traffic.issuers().map(|(_, share)| share).sum();
        assert!((sum - 1.0).abs() < 1e-9);
        assert!((traffic.share("us-tx") - 0.85).abs() < 1e-9);
        assert!(traffic.share("us-ok") > traffic.share("us-oh"));
        assert!(traffic.share("us-ok") > traffic.share("us-cherokee-nation"));
        assert!(traffic.share("us-gov") > 0.0);
    }

    #[test]
    fn neighbours_are_neighbours_of_each_other() {
        for (code, beside) in NEIGHBOURS {
            for other in beside.iter().filter(|other| other.starts_with("us-")) {
                let back = NEIGHBOURS.iter().find(|(name, _)| name == other).unwrap().1;
                assert!(back.contains(&code), "{code} and {other}");
            }
        }
    }
}
