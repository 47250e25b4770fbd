//! Who issues plates: states, tribal nations, the federal government, provinces, Mexican states, and the kinds of plate
//! whose owners stand in another register.
//!
//! A serial names an owner only together with its issuer, so an issuer has a code of its own wherever it keeps a register
//! of its own. Codes are ISO 3166-2 in lower case (`us-tx`, `ca-on`, `mx-tam`) where there is one; issuers without one are
//! named after their country (`us-gov`, `us-cherokee-nation`), and plates that a state keeps apart from its passenger
//! plates have the state's code with a suffix (`us-tx-temporary`, `us-tx-dealer`).
//!
//! Sources: ISO 3166-2; the compacts on vehicle registration between Oklahoma and the Cherokee, Chickasaw and Choctaw
//! Nations, and the Oklahoma Turnpike Authority's list of nations that issue plates; 41 CFR 102-34 (government plates);
//! the State Department's Office of Foreign Missions (diplomatic plates).

/// What an issuer is; whether it can be billed is a matter of agreements, and of an operator's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IssuerKind {
    /// A state of the United States, or the District of Columbia.
    State,
    /// An outlying area of the United States.
    Territory,
    /// A tribal nation that issues plates of its own.
    Nation,
    /// The United States government, its services, and foreign missions.
    Federal,
    /// A Canadian province or territory.
    Province,
    /// A Mexican state.
    MexicanState,
    /// A state's temporary plates: the buyer stands in the dealers' system, not in the register.
    Temporary,
    /// A state's dealer plates: they name a dealer, not a vehicle.
    Dealer,
}

/// Someone who issues plates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issuer {
    /// `us-tx`
    pub code: &'static str,
    /// `Texas`
    pub name: &'static str,
    /// What it is.
    pub kind: IssuerKind,
    /// How many people live there, in hundred thousands, at least 1: vehicles far from home follow people.
    ///
    /// US Census Bureau and Statistics Canada, estimates of 2023, rounded; INEGI 2020 for the Mexican states at the border.
    /// Nations and federal fleets: registered vehicles, in hundred thousands, rounded up.
    pub people: u16,
}

/// Suffix of a state's temporary plates.
pub const TEMPORARY: &str = "-temporary";
/// Suffix of a state's dealer plates.
pub const DEALER: &str = "-dealer";

use IssuerKind::{Federal, MexicanState, Nation, Province, State, Territory};

/// Every issuer by code, apart from the suffixed kinds of plate, which every state has.
pub const ISSUERS: [Issuer; 121] = [
    issuer("us-ak", "Alaska", State, 7),
    issuer("us-al", "Alabama", State, 51),
    issuer("us-ar", "Arkansas", State, 31),
    issuer("us-az", "Arizona", State, 74),
    issuer("us-ca", "California", State, 390),
    issuer("us-co", "Colorado", State, 59),
    issuer("us-ct", "Connecticut", State, 36),
    issuer("us-dc", "District of Columbia", State, 7),
    issuer("us-de", "Delaware", State, 10),
    issuer("us-fl", "Florida", State, 226),
    issuer("us-ga", "Georgia", State, 110),
    issuer("us-hi", "Hawaii", State, 14),
    issuer("us-ia", "Iowa", State, 32),
    issuer("us-id", "Idaho", State, 20),
    issuer("us-il", "Illinois", State, 125),
    issuer("us-in", "Indiana", State, 69),
    issuer("us-ks", "Kansas", State, 29),
    issuer("us-ky", "Kentucky", State, 45),
    issuer("us-la", "Louisiana", State, 46),
    issuer("us-ma", "Massachusetts", State, 70),
    issuer("us-md", "Maryland", State, 62),
    issuer("us-me", "Maine", State, 14),
    issuer("us-mi", "Michigan", State, 100),
    issuer("us-mn", "Minnesota", State, 57),
    issuer("us-mo", "Missouri", State, 62),
    issuer("us-ms", "Mississippi", State, 29),
    issuer("us-mt", "Montana", State, 11),
    issuer("us-nc", "North Carolina", State, 108),
    issuer("us-nd", "North Dakota", State, 8),
    issuer("us-ne", "Nebraska", State, 20),
    issuer("us-nh", "New Hampshire", State, 14),
    issuer("us-nj", "New Jersey", State, 93),
    issuer("us-nm", "New Mexico", State, 21),
    issuer("us-nv", "Nevada", State, 32),
    issuer("us-ny", "New York", State, 196),
    issuer("us-oh", "Ohio", State, 118),
    issuer("us-ok", "Oklahoma", State, 41),
    issuer("us-or", "Oregon", State, 42),
    issuer("us-pa", "Pennsylvania", State, 130),
    issuer("us-ri", "Rhode Island", State, 11),
    issuer("us-sc", "South Carolina", State, 54),
    issuer("us-sd", "South Dakota", State, 9),
    issuer("us-tn", "Tennessee", State, 71),
    issuer("us-tx", "Texas", State, 305),
    issuer("us-ut", "Utah", State, 34),
    issuer("us-va", "Virginia", State, 87),
    issuer("us-vt", "Vermont", State, 6),
    issuer("us-wa", "Washington", State, 78),
    issuer("us-wi", "Wisconsin", State, 59),
    issuer("us-wv", "West Virginia", State, 18),
    issuer("us-wy", "Wyoming", State, 6),
    issuer("us-as", "American Samoa", Territory, 1),
    issuer("us-gu", "Guam", Territory, 1),
    issuer("us-mp", "Northern Mariana Islands", Territory, 1),
    issuer("us-pr", "Puerto Rico", Territory, 1),
    issuer("us-um", "United States Minor Outlying Islands", Territory, 1),
    issuer("us-vi", "United States Virgin Islands", Territory, 1),
    issuer("us-gov", "United States Government", Federal, 7),
    issuer("us-mil", "United States Armed Forces", Federal, 1),
    issuer("us-ofm", "United States Department of State, foreign missions", Federal, 1),
    issuer("us-usps", "United States Postal Service", Federal, 2),
    issuer("us-absentee-shawnee-tribe", "Absentee Shawnee Tribe", Nation, 1),
    issuer("us-caddo-nation", "Caddo Nation", Nation, 1),
    issuer("us-cherokee-nation", "Cherokee Nation", Nation, 2),
    issuer("us-cheyenne-arapaho-tribes", "Cheyenne and Arapaho Tribes", Nation, 1),
    issuer("us-chickasaw-nation", "Chickasaw Nation", Nation, 1),
    issuer("us-choctaw-nation", "Choctaw Nation", Nation, 1),
    issuer("us-citizen-potawatomi-nation", "Citizen Potawatomi Nation", Nation, 1),
    issuer("us-comanche-nation", "Comanche Nation", Nation, 1),
    issuer("us-delaware-nation", "Delaware Nation", Nation, 1),
    issuer("us-iowa-tribe", "Iowa Tribe of Oklahoma", Nation, 1),
    issuer("us-kaw-nation", "Kaw Nation", Nation, 1),
    issuer("us-kickapoo-tribe", "Kickapoo Tribe", Nation, 1),
    issuer("us-kiowa-tribe", "Kiowa Tribe", Nation, 1),
    issuer("us-miami-tribe", "Miami Tribe", Nation, 1),
    issuer("us-muscogee-nation", "Muscogee (Creek) Nation", Nation, 1),
    issuer("us-navajo-nation", "Navajo Nation", Nation, 1),
    issuer("us-osage-nation", "Osage Nation", Nation, 1),
    issuer("us-otoe-missouria-tribe", "Otoe-Missouria Tribe", Nation, 1),
    issuer("us-pawnee-nation", "Pawnee Nation", Nation, 1),
    issuer("us-ponca-nation", "Ponca Nation", Nation, 1),
    issuer("us-quapaw-nation", "Quapaw Nation", Nation, 1),
    issuer("us-sac-and-fox-nation", "Sac and Fox Nation", Nation, 1),
    issuer("us-seminole-nation", "Seminole Nation", Nation, 1),
    issuer("us-seneca-cayuga-nation", "Seneca-Cayuga Nation", Nation, 1),
    issuer("us-shawnee-tribe", "Shawnee Tribe", Nation, 1),
    issuer("us-wichita-tribes", "Wichita and Affiliated Tribes", Nation, 1),
    issuer("us-wyandotte-nation", "Wyandotte Nation", Nation, 1),
    issuer("us-leech-lake-band", "Leech Lake Band of Ojibwe", Nation, 1),
    issuer("us-red-lake-nation", "Red Lake Nation", Nation, 1),
    issuer("us-white-earth-nation", "White Earth Nation", Nation, 1),
    issuer("us-mille-lacs-band", "Mille Lacs Band of Ojibwe", Nation, 1),
    issuer("us-oneida-nation", "Oneida Nation", Nation, 1),
    issuer("us-menominee-tribe", "Menominee Tribe", Nation, 1),
    issuer("us-oglala-sioux-tribe", "Oglala Sioux Tribe", Nation, 1),
    issuer("ca-ab", "Alberta", Province, 47),
    issuer("ca-bc", "British Columbia", Province, 55),
    issuer("ca-mb", "Manitoba", Province, 15),
    issuer("ca-nb", "New Brunswick", Province, 8),
    issuer("ca-nl", "Newfoundland and Labrador", Province, 5),
    issuer("ca-ns", "Nova Scotia", Province, 11),
    issuer("ca-nt", "Northwest Territories", Province, 1),
    issuer("ca-nu", "Nunavut", Province, 1),
    issuer("ca-on", "Ontario", Province, 156),
    issuer("ca-pe", "Prince Edward Island", Province, 2),
    issuer("ca-qc", "Quebec", Province, 89),
    issuer("ca-sk", "Saskatchewan", Province, 12),
    issuer("ca-yt", "Yukon", Province, 1),
    issuer("mx-agu", "Aguascalientes", MexicanState, 14),
    issuer("mx-bcn", "Baja California", MexicanState, 38),
    issuer("mx-chh", "Chihuahua", MexicanState, 37),
    issuer("mx-coa", "Coahuila", MexicanState, 31),
    issuer("mx-cmx", "Ciudad de México", MexicanState, 92),
    issuer("mx-dur", "Durango", MexicanState, 18),
    issuer("mx-gua", "Guanajuato", MexicanState, 62),
    issuer("mx-jal", "Jalisco", MexicanState, 83),
    issuer("mx-nle", "Nuevo León", MexicanState, 58),
    issuer("mx-slp", "San Luis Potosí", MexicanState, 28),
    issuer("mx-sin", "Sinaloa", MexicanState, 30),
    issuer("mx-son", "Sonora", MexicanState, 29),
    issuer("mx-tam", "Tamaulipas", MexicanState, 35),
];

const fn issuer(code: &'static str, name: &'static str, kind: IssuerKind, people: u16) -> Issuer {
    Issuer { code, name, kind, people }
}

/// The issuer of this code; none for a suffixed one ([`kind_of`] knows those too).
pub fn find(code: &str) -> Option<&'static Issuer> {
    ISSUERS.iter().find(|issuer| issuer.code == code)
}

/// What the issuer of this code is, suffixed codes included; none where there is no such issuer.
pub fn kind_of(code: &str) -> Option<IssuerKind> {
    let of_a_state = |suffix: &str| {
        code.strip_suffix(suffix).and_then(find).is_some_and(|issuer| matches!(issuer.kind, State | Territory))
    };
    if of_a_state(TEMPORARY) {
        Some(IssuerKind::Temporary)
    } else if of_a_state(DEALER) {
        Some(IssuerKind::Dealer)
    } else {
        find(code).map(|issuer| issuer.kind)
    }
}

/// The issuer in words, for people: `Texas`, `Texas, temporary plate`; the code itself where it is not known.
pub fn in_words(code: &str) -> String {
    let name = |code: &str| find(code).map(|issuer| issuer.name);
    if let Some(issuer) = name(code) {
        return issuer.to_owned();
    }
    let kinds = [(TEMPORARY, "temporary plate"), (DEALER, "dealer plate")];
    kinds
        .iter()
        .find_map(|(suffix, kind)| Some(format!("{}, {kind}", name(code.strip_suffix(suffix)?)?)))
        .unwrap_or_else(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_issuer_is_there_once_and_all_states_are() {
        let codes: HashSet<&str> = ISSUERS.iter().map(|issuer| issuer.code).collect();
        assert_eq!(codes.len(), ISSUERS.len());
        let count = |kind| ISSUERS.iter().filter(|issuer| issuer.kind == kind).count();
        assert_eq!((count(State), count(Province)), (51, 13));
        for issuer in &ISSUERS {
            assert!(
                issuer.people > 0 && issuer.code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{issuer:?}"
            );
        }
    }

    #[test]
    fn plates_of_a_state_that_another_register_holds_have_codes_of_their_own() {
        assert_eq!(kind_of("us-tx"), Some(State));
        assert_eq!(kind_of("us-tx-temporary"), Some(IssuerKind::Temporary));
        assert_eq!(kind_of("us-ok-dealer"), Some(IssuerKind::Dealer));
        assert_eq!(kind_of("us-cherokee-nation"), Some(Nation));
        for code in ["us-tz", "us-gov-dealer", "us-tx-other", "-temporary", ""] {
            assert_eq!(kind_of(code), None, "{code}");
        }
        assert_eq!(in_words("us-tx-temporary"), "Texas, temporary plate");
        assert_eq!(in_words("xx-yy"), "xx-yy");
    }
}
