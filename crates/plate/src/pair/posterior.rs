//! From the four terms to the probability of each owner.

use super::certainty;
use super::format::{Form, Formats};
use super::issuers::{self, IssuerRead};
use super::spelt::Spelt;
use super::traffic::Traffic;
use crate::keying::Rules;
use crate::serial;
use std::collections::BTreeMap;

/// Share of vehicles whose issuer is on no list. They are nobody's to bill.
const UNLISTED_SHARE: f64 = 0.001;

/// One owner: the issuer, and the key by which its register finds the vehicle.
#[derive(Debug, Clone, PartialEq)]
pub struct Owner {
    /// `us-tx`
    pub issuer: String,
    /// What the register is asked for.
    pub key: String,
    /// The likeliest printed text with that key.
    pub text: String,
    /// Probability, 0 to 1, given that the text is a whole plate's.
    pub probability: f64,
}

/// One reason for the decision, for people.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// `name`, `series`, `traffic` or `pixels`.
    pub name: &'static str,
    /// How much it speaks for the best issuer against the next one: natural logarithm of the ratio.
    pub weight: f64,
}

/// The owners that a plate may have.
#[derive(Debug, Clone, PartialEq)]
pub struct Pairs {
    /// Most probable first; at least one.
    pub owners: Vec<Owner>,
    /// Probability of the best owner's issuer over all texts.
    pub issuer: f64,
    /// The same if every state's vehicles passed in proportion to its people: what the plate itself says.
    pub issuer_by_plate: f64,
    /// How many times likelier what was seen on the plate is under the best owner's issuer than under all others together,
    /// as they pass here; whatever share of the traffic the issuer itself has.
    pub issuer_ratio: f64,
    /// Probability that the best owner's text is right, where it is a whole plate's: its share over all issuers, for what
    /// such shares are worth. Texts with one key for the best issuer count as one.
    pub text: f64,
    /// Share of the best owner's text among all texts, 0 to 1, before it is held against what such shares are worth.
    pub text_share: f64,
    /// The same if every state's vehicles passed in proportion to its people: what passes here has no say in it.
    pub text_by_plate: f64,
    /// The same of the next text.
    pub next_share: f64,
    /// What speaks for the best owner against the best one of another issuer, by term; empty where there is no other.
    pub terms: Vec<Term>,
}

/// One pair before its key is looked at.
struct Pair<'a> {
    issuer: &'a str,
    spelt: &'a Spelt,
    /// Pixels, name, series; traffic comes apart.
    likelihood: f64,
}

/// Weighs every issuer with every text. None where no issuer puts any of the texts on a plate.
pub fn weigh(spellings: &[Spelt], reads: &[IssuerRead], traffic: &Traffic, rules: &Rules) -> Option<Pairs> {
    let forms: Vec<(&Spelt, Form<'_>)> = spellings.iter().map(|spelt| (spelt, Form::of(&spelt.text))).collect();
    let pairs: Vec<Pair<'_>> = traffic
        .issuers()
        .flat_map(|(issuer, _)| {
            let (named, formats) = (issuers::worth_for(issuer, reads).exp(), Formats::of(issuer, traffic, rules));
            forms.iter().map(move |(spelt, form)| Pair {
                issuer,
                spelt,
                likelihood: f64::from(spelt.fit).exp() * named * formats.probability(form),
            })
        })
        .filter(|pair| pair.likelihood > 0.0)
        .collect();
    let anybody = Formats::of("", traffic, rules);
    let unlisted: f64 = UNLISTED_SHARE
        * forms.iter().map(|(spelt, form)| f64::from(spelt.fit).exp() * anybody.probability(form)).sum::<f64>();
    let sum: f64 = pairs.iter().map(|pair| traffic.share(pair.issuer) * pair.likelihood).sum::<f64>() + unlisted;
    if sum <= 0.0 {
        return None;
    }
    let owners = owners(&pairs, traffic, rules, sum);
    let best = owners.first()?;
    let of_best = |pair: &&Pair<'_>| pair.issuer == best.issuer;
    let issuer =
        pairs.iter().filter(of_best).map(|pair| traffic.share(pair.issuer) * pair.likelihood).sum::<f64>() / sum;
    let odds = |share: f64| share / (1.0 - share).max(f64::MIN_POSITIVE);
    let issuer_ratio = odds(issuer) / odds(traffic.share(&best.issuer)).max(f64::MIN_POSITIVE);
    let everywhere = Traffic::around("", 0.0);
    let flat = |pair: &Pair<'_>| everywhere.share(pair.issuer) * pair.likelihood;
    let flat_sum: f64 = pairs.iter().map(flat).sum::<f64>() + unlisted;
    let issuer_by_plate = pairs.iter().filter(of_best).map(flat).sum::<f64>() / flat_sum.max(f64::MIN_POSITIVE);
    let mut texts: BTreeMap<String, f64> = BTreeMap::new();
    let mut text_by_plate = 0.0;
    for pair in &pairs {
        let key = rules.lookup_key(&best.issuer, &pair.spelt.text);
        if key == best.key {
            text_by_plate += flat(pair) / flat_sum.max(f64::MIN_POSITIVE);
        }
        *texts.entry(key).or_default() += traffic.share(pair.issuer) * pair.likelihood / sum;
    }
    let share = texts.remove(&best.key).unwrap_or(0.0);
    let next = texts.values().copied().fold(0.0, f64::max);
    let is_in_series = serial::fits(&best.issuer, &best.text) == Some(true);
    let terms = terms(&owners, reads, (traffic, rules), spellings);
    Some(Pairs {
        issuer,
        issuer_by_plate,
        issuer_ratio,
        text: certainty::certainty(share, is_in_series),
        text_share: share,
        text_by_plate,
        next_share: next,
        terms,
        owners,
    })
}

fn owners(pairs: &[Pair<'_>], traffic: &Traffic, rules: &Rules, sum: f64) -> Vec<Owner> {
    let mut by_key: BTreeMap<(&str, String), (f64, f64, &str)> = BTreeMap::new();
    for pair in pairs {
        let probability = traffic.share(pair.issuer) * pair.likelihood / sum;
        let key = rules.lookup_key(pair.issuer, &pair.spelt.text);
        let slot = by_key.entry((pair.issuer, key)).or_insert((0.0, -1.0, ""));
        slot.0 += probability;
        if probability > slot.1 {
            slot.1 = probability;
            slot.2 = &pair.spelt.text;
        }
    }
    let mut owners: Vec<Owner> = by_key
        .into_iter()
        .map(|((issuer, key), (probability, _, text))| Owner {
            issuer: issuer.to_owned(),
            key,
            text: text.to_owned(),
            probability,
        })
        .collect();
    owners.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    owners
}

/// Each term's part in the ratio of the best owner to the best one of another issuer.
fn terms(
    owners: &[Owner],
    reads: &[IssuerRead],
    (traffic, rules): (&Traffic, &Rules),
    spellings: &[Spelt],
) -> Vec<Term> {
    let Some(best) = owners.first() else { return Vec::new() };
    let Some(other) = owners.iter().find(|owner| owner.issuer != best.issuer) else { return Vec::new() };
    let fit = |text: &str| spellings.iter().find(|spelt| spelt.text == text).map_or(0.0, |spelt| f64::from(spelt.fit));
    let ratio = |a: f64, b: f64| (a.max(f64::MIN_POSITIVE) / b.max(f64::MIN_POSITIVE)).ln();
    let series = |owner: &Owner| Formats::of(&owner.issuer, traffic, rules).probability(&Form::of(&owner.text));
    vec![
        Term { name: "pixels", weight: fit(&best.text) - fit(&other.text) },
        Term {
            name: "name",
            weight: issuers::worth_for(&best.issuer, reads) - issuers::worth_for(&other.issuer, reads),
        },
        Term { name: "series", weight: ratio(series(best), series(other)) },
        Term { name: "traffic", weight: ratio(traffic.share(&best.issuer), traffic.share(&other.issuer)) },
    ]
}

impl Pairs {
    /// The most probable owner.
    pub fn best(&self) -> Option<&Owner> {
        self.owners.first()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pair::Place;

    fn texts(list: &[(&str, f32)]) -> Vec<Spelt> {
        list.iter().map(|(text, fit)| Spelt { text: (*text).to_owned(), fit: *fit }).collect()
    }

    fn read(code: &str, weight: f32, place: Place) -> IssuerRead {
        IssuerRead { code: code.to_owned(), weight, place, text: code.to_owned() }
    }

    fn at_texas(spellings: &[Spelt], reads: &[IssuerRead]) -> Pairs {
        weigh(spellings, reads, &Traffic::around("us-tx", 0.85), &Rules::default()).unwrap()
    }

    #[test]
    fn the_series_of_one_state_decides_both_the_state_and_the_character() {
        let found = at_texas(&texts(&[("GTOX4B", 0.0), ("GT0X4B", -0.5)]), &[]);
        let best = found.best().unwrap();
        assert_eq!((best.issuer.as_str(), best.text.as_str()), ("us-mo", "GT0X4B"));
        assert!(best.probability > 0.8 && found.issuer_by_plate > 0.95, "{found:?}");
    }

    #[test]
    fn a_shared_series_without_a_name_leaves_the_issuer_open() {
        let found = at_texas(&texts(&[("ABC1234", 0.0)]), &[]);
        assert_eq!(found.best().unwrap().issuer, "us-tx");
        assert!(found.best().unwrap().probability < 0.97 && found.issuer_by_plate < 0.5, "{found:?}");
        assert!(found.issuer_ratio < 5.0, "a dozen states issue such texts");
        let at_home =
            weigh(&texts(&[("ABC1234", 0.0)]), &[], &Traffic::around("us-tx", 0.99), &Rules::default()).unwrap();
        let change = at_home.issuer_ratio / found.issuer_ratio;
        assert!((0.9..1.1).contains(&change), "hardly by what passes here: {change}");
        assert!(found.text > 0.99);
    }

    #[test]
    fn a_name_on_the_plate_outweighs_the_traffic_and_a_name_on_the_frame() {
        let reads = [read("us-ok", 7.0, Place::Plate), read("us-tx", 7.0, Place::Around)];
        let found = at_texas(&texts(&[("PRX417", 0.0)]), &reads);
        assert_eq!(found.best().unwrap().issuer, "us-ok");
        let frame = at_texas(&texts(&[("PRX417", 0.0)]), &reads[1..]);
        assert!(frame.best().unwrap().probability < 0.97);
    }

    #[test]
    fn a_series_that_a_province_has_as_well_is_not_one_state_s_where_its_vehicles_pass() {
        // New Jersey's of old, and British Columbia's of today.
        let at = |home: &str| {
            weigh(&texts(&[("KX393C", 0.0)]), &[], &Traffic::around(home, 0.85), &Rules::default()).unwrap()
        };
        assert!(at("us-wa").issuer < 0.7 && at("us-wa").issuer_by_plate < 0.5, "{:?}", at("us-wa"));
        assert_eq!(at("us-nj").best().unwrap().issuer, "us-nj");
        // Mexico's, at the border.
        let mexican =
            weigh(&texts(&[("KXC393K", 0.0)]), &[], &Traffic::around("us-tx", 0.85), &Rules::default()).unwrap();
        assert!(mexican.best().unwrap().issuer.starts_with("mx-"), "{mexican:?}");
    }

    #[test]
    fn two_printed_texts_with_one_key_are_one_owner() {
        let florida = |code| {
            weigh(
                &texts(&[("AO10XY", 0.0), ("A010XY", -0.1)]),
                &[read(code, 9.0, Place::Plate)],
                &Traffic::around(code, 0.85),
                &Rules::default(),
            )
            .unwrap()
        };
        assert!(florida("us-fl").best().unwrap().probability > 0.98);
        assert_eq!(florida("us-fl").best().unwrap().key, "A010XY");
    }

    #[test]
    fn two_texts_are_one_owner_where_an_operator_says_so() {
        let rules = Rules::parse("us-ca key=O0").unwrap();
        let seen = texts(&[("7AOC123", 0.0), ("7A0C123", -0.1)]);
        let reads = [read("us-ca", 9.0, Place::Plate)];
        let keyed = |rules: &Rules| weigh(&seen, &reads, &Traffic::around("us-ca", 0.85), rules).unwrap();
        assert_eq!(keyed(&rules).best().unwrap().key, "7A0C123");
        assert_eq!(keyed(&Rules::default()).best().unwrap().key, "7AOC123");
        assert!(keyed(&rules).text_share > keyed(&Rules::default()).text_share);
    }

    #[test]
    fn what_the_text_is_by_the_plate_alone_does_not_depend_on_what_passes() {
        let seen = texts(&[("ABC1D34", 0.0), ("ABC1034", -0.3)]);
        let at = |home, share| weigh(&seen, &[], &Traffic::around(home, share), &Rules::default()).unwrap();
        let (texas, everywhere) = (at("us-tx", 0.85), at("", 0.0));
        assert_eq!(texas.best().unwrap().text, everywhere.best().unwrap().text);
        assert!((texas.text_by_plate - everywhere.text_share).abs() < 1e-9, "{texas:?} {everywhere:?}");
    }

    #[test]
    fn a_nation_that_is_named_is_not_the_state_around_it() {
        let traffic = Traffic::around("us-ok", 0.85);
        let reads = [read("us-cherokee-nation", 10.0, Place::Plate)];
        let found = weigh(&texts(&[("CN47281", 0.0)]), &reads, &traffic, &Rules::default()).unwrap();
        assert_eq!(found.best().unwrap().issuer, "us-cherokee-nation");
    }

    #[test]
    fn the_terms_add_up_to_the_ratio_of_the_best_to_the_next_issuer() {
        let found = at_texas(&texts(&[("ABC1234", 0.0)]), &[read("us-tx", 3.0, Place::Plate)]);
        let sum: f64 = found.terms.iter().map(|term| term.weight).sum();
        let other = found.owners.iter().find(|owner| owner.issuer != "us-tx").unwrap();
        assert!((sum - (found.best().unwrap().probability / other.probability).ln()).abs() < 1e-6);
    }
}
