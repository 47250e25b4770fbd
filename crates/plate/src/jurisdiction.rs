//! Which issuer a text on a plate names.
//!
//! A name or a slogan is evidence that was read; a serial's shape is not and plays no part here. Short
//! abbreviations ("TX") are ignored: they appear in dealer frames and inside serials.

use crate::badges;
use crate::text::{edit_distance, normalise};
use serde::{Deserialize, Serialize};

/// A jurisdiction read from a plate's text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JurisdictionRead {
    /// Country and subdivision in lower case: `us-tx`, `ca-ab`.
    pub code: String,
    /// How sure the reading is, 0 to 1: the line's confidence, less for misspelt names and for slogans.
    pub confidence: f32,
    /// The line of text that names it, as read.
    pub text: String,
}

/// Names and slogans of one jurisdiction, normalised.
struct Marks {
    code: &'static str,
    name: &'static str,
    slogans: &'static [&'static str],
}

/// How far a text may be from a name, by the name's length: short names must be exact.
const LENGTH_FOR_ONE_ERROR: usize = 6;
const LENGTH_FOR_TWO_ERRORS: usize = 11;

/// A slogan names its state less surely than the state's name does: old and specialty plates share some.
const SLOGAN_TRUST: f32 = 0.8;

/// A name that is also a vehicle's badge ("COLORADO", "YUKON") is as likely to be the badge.
const BADGE_TRUST: f32 = 0.7;

/// Share of the trust that each misread character takes away.
const ERROR_COST: f32 = 0.15;

/// Names in the form that stands on plates, for every issuer whose name is known to.
const MARKS: [Marks; 107] = [
    marks("us-al", "ALABAMA", &["SWEETHOMEALABAMA", "HEARTOFDIXIE"]),
    marks("us-ak", "ALASKA", &["THELASTFRONTIER"]),
    marks("us-az", "ARIZONA", &["GRANDCANYONSTATE"]),
    marks("us-ar", "ARKANSAS", &["THENATURALSTATE"]),
    marks("us-ca", "CALIFORNIA", &["DMVCAGOV", "THEGOLDENSTATE"]),
    marks("us-co", "COLORADO", &[]),
    marks("us-ct", "CONNECTICUT", &["CONSTITUTIONSTATE"]),
    marks("us-de", "DELAWARE", &["THEFIRSTSTATE"]),
    marks(
        "us-dc",
        "WASHINGTONDC",
        &["TAXATIONWITHOUTREPRESENTATION", "DISTRICTOFCOLUMBIA", "ENDTAXATIONWITHOUTREPRESENTATION"],
    ),
    marks("us-fl", "FLORIDA", &["MYFLORIDACOM", "SUNSHINESTATE"]),
    marks("us-ga", "GEORGIA", &["PEACHSTATE", "GEORGIAGOV"]),
    marks("us-hi", "HAWAII", &["ALOHASTATE"]),
    marks("us-id", "IDAHO", &["FAMOUSPOTATOES", "SCENICIDAHO"]),
    marks("us-il", "ILLINOIS", &["LANDOFLINCOLN"]),
    marks("us-in", "INDIANA", &["AMBERWAVESOFGRAIN", "CROSSROADSOFAMERICA"]),
    marks("us-ia", "IOWA", &["THEHAWKEYESTATE"]),
    marks("us-ks", "KANSAS", &["TOTHESTARS"]),
    marks("us-ky", "KENTUCKY", &["BLUEGRASSSTATE", "UNBRIDLEDSPIRIT"]),
    marks("us-la", "LOUISIANA", &["SPORTSMANSPARADISE", "BAYOUSTATE"]),
    marks("us-me", "MAINE", &["VACATIONLAND"]),
    marks("us-md", "MARYLAND", &["WAROF1812"]),
    marks("us-ma", "MASSACHUSETTS", &["THESPIRITOFAMERICA", "SPIRITOFAMERICA"]),
    marks("us-mi", "MICHIGAN", &["PUREMICHIGAN", "GREATLAKESTATE", "GREATLAKESSPLENDOR", "WATERWINTERWONDERLAND"]),
    marks("us-mn", "MINNESOTA", &["10000LAKES", "EXPLOREMINNESOTA"]),
    marks("us-ms", "MISSISSIPPI", &["MAGNOLIASTATE", "HOSPITALITYSTATE", "INGODWETRUSTMISSISSIPPI"]),
    marks("us-mo", "MISSOURI", &["SHOWMESTATE"]),
    marks("us-mt", "MONTANA", &["BIGSKYCOUNTRY", "TREASURESTATE"]),
    marks("us-ne", "NEBRASKA", &["CORNHUSKERSTATE"]),
    marks("us-nv", "NEVADA", &["THESILVERSTATE", "HOMEMEANSNEVADA"]),
    marks("us-nh", "NEWHAMPSHIRE", &["LIVEFREEORDIE"]),
    marks("us-nj", "NEWJERSEY", &["GARDENSTATE"]),
    marks("us-nm", "NEWMEXICO", &["LANDOFENCHANTMENT", "NEWMEXICOUSA"]),
    marks("us-ny", "NEWYORK", &["EMPIRESTATE", "THEEMPIRESTATE", "EXCELSIOR"]),
    marks("us-nc", "NORTHCAROLINA", &["FIRSTINFLIGHT", "FIRSTINFREEDOM"]),
    marks("us-nd", "NORTHDAKOTA", &["PEACEGARDENSTATE", "DISCOVERTHESPIRIT"]),
    marks("us-oh", "OHIO", &["BIRTHPLACEOFAVIATION", "BEAUTIFULOHIO"]),
    marks("us-ok", "OKLAHOMA", &["NATIVEAMERICA", "EXPLOREOKLAHOMA", "IMAGINETHAT", "OKLAHOMAISOK"]),
    marks("us-or", "OREGON", &["PACIFICWONDERLAND"]),
    marks("us-pa", "PENNSYLVANIA", &["VISITPACOM", "KEYSTONESTATE", "WWWSTATEPAUS", "LETFREEDOMRING"]),
    marks("us-ri", "RHODEISLAND", &["OCEANSTATE"]),
    marks("us-sc", "SOUTHCAROLINA", &["WHILEIBREATHEIHOPE", "SMILINGFACESBEAUTIFULPLACES"]),
    marks("us-sd", "SOUTHDAKOTA", &["GREATFACESGREATPLACES"]),
    marks("us-tn", "TENNESSEE", &["THEVOLUNTEERSTATE", "VOLUNTEERSTATE", "TNVACATIONCOM"]),
    marks("us-tx", "TEXAS", &["THELONESTARSTATE", "LONESTARSTATE", "ITSBIGGERHERE"]),
    marks("us-ut", "UTAH", &["LIFEELEVATED", "GREATESTSNOWONEARTH", "UTAHCENTENNIAL"]),
    marks("us-vt", "VERMONT", &["GREENMOUNTAINSTATE"]),
    marks("us-va", "VIRGINIA", &["VIRGINIAISFORLOVERS"]),
    marks("us-wa", "WASHINGTON", &["EVERGREENSTATE"]),
    marks("us-wv", "WESTVIRGINIA", &["WILDWONDERFUL"]),
    marks("us-wi", "WISCONSIN", &["AMERICASDAIRYLAND"]),
    marks("us-wy", "WYOMING", &["FOREVERWEST"]),
    marks("ca-ab", "ALBERTA", &["WILDROSECOUNTRY"]),
    marks("ca-bc", "BRITISHCOLUMBIA", &["BEAUTIFULBRITISHCOLUMBIA"]),
    marks("ca-mb", "MANITOBA", &["FRIENDLYMANITOBA"]),
    marks("ca-nb", "NEWBRUNSWICK", &["NOUVEAUBRUNSWICK"]),
    marks("ca-nl", "NEWFOUNDLANDLABRADOR", &["NEWFOUNDLAND"]),
    marks("ca-nt", "NORTHWESTTERRITORIES", &["SPECTACULARNORTHWESTTERRITORIES"]),
    marks("ca-ns", "NOVASCOTIA", &["CANADASOCEANPLAYGROUND"]),
    marks("ca-nu", "NUNAVUT", &[]),
    marks("ca-on", "ONTARIO", &["YOURSTODISCOVER"]),
    marks("ca-pe", "PRINCEEDWARDISLAND", &["BIRTHPLACEOFCONFEDERATION"]),
    marks("ca-qc", "QUEBEC", &["JEMESOUVIENS"]),
    marks("ca-sk", "SASKATCHEWAN", &["LANDOFLIVINGSKIES"]),
    marks("ca-yt", "YUKON", &["THEKLONDIKE"]),
    marks("us-gov", "USGOVERNMENT", &["FOROFFICIALUSEONLY", "OFFICIALUSEONLY", "UNITEDSTATESGOVERNMENT"]),
    marks("us-usps", "USPOSTALSERVICE", &["UNITEDSTATESPOSTALSERVICE", "USMAIL"]),
    marks("us-ofm", "DIPLOMAT", &["DEPARTMENTOFSTATE", "ISSUEDBYTHEUNITEDSTATES"]),
    marks("us-absentee-shawnee-tribe", "ABSENTEESHAWNEE", &["ABSENTEESHAWNEETRIBE"]),
    marks("us-caddo-nation", "CADDONATION", &[]),
    marks("us-cherokee-nation", "CHEROKEENATION", &[]),
    marks("us-cheyenne-arapaho-tribes", "CHEYENNEARAPAHO", &["CHEYENNEANDARAPAHO"]),
    marks("us-chickasaw-nation", "CHICKASAWNATION", &[]),
    marks("us-choctaw-nation", "CHOCTAWNATION", &[]),
    marks("us-citizen-potawatomi-nation", "CITIZENPOTAWATOMI", &["CITIZENPOTAWATOMINATION", "POTAWATOMINATION"]),
    marks("us-comanche-nation", "COMANCHENATION", &["LORDSOFTHEPLAINS"]),
    marks("us-delaware-nation", "DELAWARENATION", &[]),
    marks("us-iowa-tribe", "IOWATRIBE", &["IOWANATION"]),
    marks("us-kaw-nation", "KAWNATION", &[]),
    marks("us-kickapoo-tribe", "KICKAPOOTRIBE", &[]),
    marks("us-kiowa-tribe", "KIOWATRIBE", &["KIOWANATION"]),
    marks("us-miami-tribe", "MIAMITRIBE", &["MIAMINATION"]),
    marks("us-muscogee-nation", "MUSCOGEENATION", &["MUSCOGEECREEKNATION", "MVSKOKENATION", "CREEKNATION"]),
    marks("us-navajo-nation", "NAVAJONATION", &[]),
    marks("us-osage-nation", "OSAGENATION", &["WAHZHAZHE"]),
    marks("us-otoe-missouria-tribe", "OTOEMISSOURIA", &["OTOEMISSOURIATRIBE"]),
    marks("us-pawnee-nation", "PAWNEENATION", &[]),
    marks("us-ponca-nation", "PONCANATION", &["PONCATRIBE"]),
    marks("us-quapaw-nation", "QUAPAWNATION", &["QUAPAWTRIBE"]),
    marks("us-sac-and-fox-nation", "SACFOXNATION", &["SACANDFOXNATION", "SACANDFOX"]),
    marks("us-seminole-nation", "SEMINOLENATION", &[]),
    marks("us-seneca-cayuga-nation", "SENECACAYUGA", &["SENECACAYUGANATION"]),
    marks("us-shawnee-tribe", "SHAWNEETRIBE", &[]),
    marks("us-wichita-tribes", "WICHITATRIBE", &["WICHITAANDAFFILIATEDTRIBES"]),
    marks("us-wyandotte-nation", "WYANDOTTENATION", &[]),
    marks("us-leech-lake-band", "LEECHLAKE", &["LEECHLAKERESERVATION", "LEECHLAKEBAND"]),
    marks("us-red-lake-nation", "REDLAKENATION", &["REDLAKEINDIANRESERVATION"]),
    marks("us-white-earth-nation", "WHITEEARTHNATION", &["WHITEEARTHRESERVATION"]),
    marks("us-mille-lacs-band", "MILLELACSBAND", &["MILLELACSRESERVATION"]),
    marks("us-oneida-nation", "ONEIDANATION", &[]),
    marks("us-menominee-tribe", "MENOMINEE", &["MENOMINEENATION"]),
    marks("us-oglala-sioux-tribe", "OGLALASIOUX", &["OGLALASIOUXTRIBE"]),
    marks("us-pr", "PUERTORICO", &["ISLADELENCANTO"]),
    marks("mx-tam", "TAMAULIPAS", &["TAMPS"]),
    marks("mx-nle", "NUEVOLEON", &[]),
    marks("mx-coa", "COAHUILA", &["COAH"]),
    marks("mx-chh", "CHIHUAHUA", &[]),
    marks("mx-son", "SONORA", &[]),
];

const fn marks(code: &'static str, name: &'static str, slogans: &'static [&'static str]) -> Marks {
    Marks { code, name, slogans }
}

/// A name or slogan, in comparable form, that stands on an issuer's plates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// `us-tx`
    pub code: &'static str,
    /// `THELONESTARSTATE`
    pub text: &'static str,
    /// True for the issuer's name, false for a slogan.
    pub is_name: bool,
}

/// Every name and slogan there is: the closed list that what stands around a plate's text is compared with.
pub fn all_marks() -> impl Iterator<Item = Mark> {
    MARKS.iter().flat_map(|marks| {
        let slogans = marks.slogans.iter().map(|text| Mark { code: marks.code, text, is_name: false });
        std::iter::once(Mark { code: marks.code, text: marks.name, is_name: true }).chain(slogans)
    })
}

/// The jurisdiction that a line of text names, if any.
///
/// `line_confidence` is the recogniser's for the line (0 to 1). Names may stand among other words
/// ("STATE OF TEXAS"); the longest mark that fits best wins, so "WEST VIRGINIA" is not Virginia.
pub fn read(text: &str, line_confidence: f32) -> Option<JurisdictionRead> {
    let found = normalise(text);
    let best = MARKS
        .iter()
        .flat_map(|marks| {
            let slogans = marks.slogans.iter().map(|slogan| (marks.code, *slogan, SLOGAN_TRUST));
            std::iter::once((marks.code, marks.name, name_trust(marks.name))).chain(slogans)
        })
        .filter_map(|(code, mark, trust)| Some((code, mark, trust, errors(&found, mark)?)))
        .min_by_key(|&(_, mark, _, errors)| (errors, std::cmp::Reverse(mark.len())))?;
    let (code, _, trust, errors) = best;
    let cost = 1.0 - ERROR_COST * errors as f32;
    Some(JurisdictionRead { code: code.to_owned(), confidence: line_confidence * trust * cost, text: text.to_owned() })
}

/// True when what the text says of this issuer is its name, and no slogan.
pub(crate) fn is_name_of(code: &str, text: &str) -> bool {
    let found = normalise(text);
    MARKS.iter().any(|marks| marks.code == code && errors(&found, marks.name).is_some())
}

fn name_trust(name: &str) -> f32 {
    if badges::is_badge(name) { BADGE_TRUST } else { 1.0 }
}

/// True when the text is a jurisdiction's name or slogan and nothing else.
pub fn is_only_a_mark(normalised: &str) -> bool {
    MARKS.iter().any(|marks| {
        std::iter::once(&marks.name)
            .chain(marks.slogans)
            .any(|mark| normalised.len() >= SHORTEST_MARK && edit_distance(normalised, mark) <= allowed_errors(mark))
    })
}

/// Below this a text is too short to be held against names.
const SHORTEST_MARK: usize = 4;

/// Errors in the best match of `mark` with the whole of `found`, or 0 where it contains the mark exactly.
fn errors(found: &str, mark: &str) -> Option<usize> {
    if mark.len() >= LENGTH_FOR_ONE_ERROR - 1 && found.contains(mark) {
        return Some(0);
    }
    let errors = edit_distance(found, mark);
    (errors <= allowed_errors(mark)).then_some(errors)
}

fn allowed_errors(mark: &str) -> usize {
    match mark.len() {
        LENGTH_FOR_TWO_ERRORS.. => 2,
        LENGTH_FOR_ONE_ERROR.. => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn code(text: &str) -> Option<String> {
        read(text, 1.0).map(|read| read.code)
    }

    #[test]
    fn names_are_read_in_any_case_and_with_spaces() {
        assert_eq!(code("Texas").as_deref(), Some("us-tx"));
        assert_eq!(code("NEW MEXICO").as_deref(), Some("us-nm"));
        assert_eq!(code("OKLAHOMA").as_deref(), Some("us-ok"));
        assert_eq!(code("Alberta").as_deref(), Some("ca-ab"));
    }

    #[test]
    fn slogans_name_their_state_with_less_confidence() {
        let slogan = read("Land of Enchantment", 1.0).unwrap();
        assert_eq!(slogan.code, "us-nm");
        assert!(slogan.confidence < read("New Mexico", 1.0).unwrap().confidence);
    }

    #[test]
    fn a_misread_letter_costs_confidence_but_long_names_survive_it() {
        let misread = read("CALIFORNLA", 1.0).unwrap();
        assert_eq!(misread.code, "us-ca");
        assert!(misread.confidence < 1.0);
    }

    #[test]
    fn short_names_must_be_exact() {
        assert_eq!(code("OHIQ"), None);
        assert_eq!(code("I0WA"), None);
        assert_eq!(code("OHIO").as_deref(), Some("us-oh"));
    }

    #[test]
    fn the_longer_of_two_names_wins() {
        assert_eq!(code("WEST VIRGINIA").as_deref(), Some("us-wv"));
        assert_eq!(code("WASHINGTON DC").as_deref(), Some("us-dc"));
        assert_eq!(code("ARKANSAS").as_deref(), Some("us-ar"));
    }

    #[test]
    fn a_name_inside_a_dealer_line_still_counts() {
        assert_eq!(code("STATE OF TEXAS 2014").as_deref(), Some("us-tx"));
    }

    #[test]
    fn a_name_that_is_also_a_badge_is_trusted_less() {
        assert!(read("COLORADO", 1.0).unwrap().confidence < 0.8);
        assert_eq!(read("TEXAS", 1.0).unwrap().confidence, 1.0);
    }

    #[test]
    fn a_serial_names_no_state() {
        for serial in ["ABC1234", "TX12345", "SORRY", "THECAR"] {
            assert_eq!(code(serial), None, "{serial}");
        }
    }

    #[test]
    fn every_state_district_and_province_is_there_once_and_everybody_is_an_issuer() {
        let codes: HashSet<&str> = MARKS.iter().map(|marks| marks.code).collect();
        assert_eq!(codes.len(), MARKS.len());
        assert!(codes.iter().all(|code| crate::issuer::find(code).is_some()));
        assert_eq!(codes.iter().filter(|code| code.starts_with("us-") && code.len() == 5).count(), 52);
        assert_eq!(codes.iter().filter(|code| code.starts_with("ca-")).count(), 13);
        for marks in &MARKS {
            assert_eq!(normalise(marks.name), marks.name);
            assert!(marks.slogans.iter().all(|slogan| normalise(slogan) == *slogan));
        }
    }
}
