//! Who passes: the issuer of a plate and the kind of plate.

use tollbooth_plate::issuer::{ISSUERS, Issuer, IssuerKind};
use tollbooth_plate::pair::neighbours;

use crate::dice::Dice;
use crate::options::Likelihood;

use super::{PlateKind, RoadCase, RoadOptions};

/// Of the plates from elsewhere, those of states and provinces beside the booth's.
const NEIGHBOUR_SHARE: f32 = 0.5;
/// Of all plates from elsewhere: tribal nations, and the federal government. They are rare, and billing one as a
/// state's is always wrong.
const NATION_SHARE: f32 = 0.05;
const GOVERNMENT_SHARE: f32 = 0.03;
/// People of another country drive so much less far, and less often over a border beside them.
const FOREIGN_PEOPLE: f32 = 0.05;
const NEARBY_ABROAD: f32 = 0.2;
/// Owners' words, as shares of a state's plates: 3.8 % of registrations by the AAMVA's survey of 2007.
const PERSONALISED_SHARE: f32 = 0.045;
const TEMPORARY_SHARE: f32 = 0.03;
const DEALER_SHARE: f32 = 0.008;

/// Draws who issued a plate that is not a trailer's by its vehicle, and its kind.
pub(super) fn draw(road: &RoadOptions, trailer: bool, dice: &mut Dice) -> (&'static Issuer, PlateKind) {
    let drawn = origin(road, dice);
    let issuer = issuer(road, drawn, dice);
    // A likeness of something else is a plate like most.
    let mut chosen = |case, share| {
        let met = dice.chance(share);
        road.only.map_or(met, |only| only == case)
    };
    let (personalised, temporary, dealer) = (
        chosen(RoadCase::Personalised, PERSONALISED_SHARE),
        chosen(RoadCase::Temporary, TEMPORARY_SHARE),
        chosen(RoadCase::Dealer, DEALER_SHARE),
    );
    let kind = match issuer.kind {
        IssuerKind::Nation => PlateKind::Nation,
        IssuerKind::Federal => PlateKind::Government,
        IssuerKind::Province | IssuerKind::MexicanState if issuer.code != road.home => PlateKind::Foreign,
        _ if trailer => PlateKind::Trailer,
        // Only states are known to keep these apart.
        IssuerKind::State if temporary => PlateKind::Temporary,
        IssuerKind::State if dealer => PlateKind::Dealer,
        _ if personalised => PlateKind::Personalised,
        _ => PlateKind::Standard,
    };
    (issuer, kind)
}

/// Where a vehicle comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Home,
    Nation,
    Government,
    Neighbour,
    Abroad,
    Elsewhere,
}

fn origin(road: &RoadOptions, dice: &mut Dice) -> Origin {
    let (local, sort) = (dice.chance(road.home_share), dice.unit());
    match road.only {
        Some(RoadCase::Nation) => return Origin::Nation,
        Some(RoadCase::Government) => return Origin::Government,
        Some(RoadCase::Foreign) => return Origin::Abroad,
        Some(RoadCase::SloganOnly | RoadCase::ForeignFrame) if local => return Origin::Neighbour,
        _ => {}
    }
    if local {
        Origin::Home
    } else if sort < NATION_SHARE {
        Origin::Nation
    } else if sort < NATION_SHARE + GOVERNMENT_SHARE {
        Origin::Government
    } else if sort < NATION_SHARE + GOVERNMENT_SHARE + NEIGHBOUR_SHARE && !neighbours(road.home).is_empty() {
        Origin::Neighbour
    } else {
        Origin::Elsewhere
    }
}

fn issuer(road: &RoadOptions, origin: Origin, dice: &mut Dice) -> &'static Issuer {
    let beside = neighbours(road.home);
    let people = |issuer: &Issuer| f32::from(issuer.people);
    let only = |holds: bool, weight: f32| if holds { weight } else { 0.0 };
    let weight = |issuer: &Issuer| match origin {
        Origin::Home => only(issuer.code == road.home, 1.0),
        Origin::Nation => only(issuer.kind == IssuerKind::Nation, people(issuer)),
        Origin::Government => only(issuer.code == "us-gov", 1.0),
        Origin::Neighbour => only(beside.contains(&issuer.code), people(issuer) * of_kind(issuer.kind, NEARBY_ABROAD)),
        Origin::Abroad => only(is_abroad(issuer.kind) && issuer.code != road.home, people(issuer)),
        Origin::Elsewhere => only(
            issuer.code != road.home && !beside.contains(&issuer.code),
            people(issuer) * of_kind(issuer.kind, FOREIGN_PEOPLE),
        ),
    };
    let choices: Vec<_> = ISSUERS.iter().map(|issuer| Likelihood::new(issuer, weight(issuer))).collect();
    dice.weighted(&choices, &ISSUERS[0])
}

fn is_abroad(kind: IssuerKind) -> bool {
    matches!(kind, IssuerKind::Province | IssuerKind::MexicanState)
}

/// How much the people of an issuer of this kind count.
fn of_kind(kind: IssuerKind, foreign: f32) -> f32 {
    match kind {
        IssuerKind::State => 1.0,
        IssuerKind::Province | IssuerKind::MexicanState => foreign,
        IssuerKind::Territory
        | IssuerKind::Nation
        | IssuerKind::Federal
        | IssuerKind::Temporary
        | IssuerKind::Dealer => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use super::*;
    use crate::dice::Purpose;

    fn shares(road: RoadOptions) -> BTreeMap<&'static str, usize> {
        let mut dice = Dice::new(4, Purpose::Road);
        let mut counts = BTreeMap::new();
        for _ in 0..20_000 {
            *counts.entry(draw(&road, false, &mut dice).0.code).or_default() += 1;
        }
        counts
    }

    #[test]
    fn most_plates_are_from_home_and_neighbours_come_more_often_than_their_size_says() {
        let counts = shares(RoadOptions::of("us-tx").unwrap());
        assert!((16_700..17_300).contains(&counts["us-tx"]), "{}", counts["us-tx"]);
        assert!(counts["us-ok"] > counts["us-oh"] && counts["us-la"] > counts["us-fl"], "{counts:?}");
        assert!(counts.contains_key("us-gov") && counts.contains_key("us-cherokee-nation"), "{counts:?}");
    }

    #[test]
    fn every_state_passes_a_booth_sooner_or_later() {
        let road = RoadOptions { home_share: 0.0, ..RoadOptions::of("us-tx").unwrap() };
        let counts = shares(road);
        let states = ISSUERS.iter().filter(|issuer| issuer.kind == IssuerKind::State && issuer.code != "us-tx");
        let missing: Vec<_> = states.filter(|issuer| !counts.contains_key(issuer.code)).collect();
        assert!(missing.is_empty() && !counts.contains_key("us-tx"), "{missing:?}");
    }

    #[test]
    fn every_kind_of_plate_passes_and_a_trailer_has_a_trailers() {
        let road = RoadOptions { home_share: 0.5, ..RoadOptions::of("us-tx").unwrap() };
        let mut dice = Dice::new(5, Purpose::Road);
        let kinds: HashSet<_> = (0..6_000).map(|index| draw(&road, index % 9 == 0, &mut dice).1).collect();
        assert_eq!(kinds.len(), PlateKind::ALL.len(), "{kinds:?}");
    }
}
