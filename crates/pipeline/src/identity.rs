//! Whose plate it is: who issued the text that was read, and whether that is known well enough to send a bill.
//!
//! A text names an owner only together with its issuer. The probability of each issuer comes from `tollbooth_plate::pair`:
//! names and slogans on and around the plate, the series that issuers form, and what passes at the booth. This module says
//! what of it is enough. It only withholds: a text that the judge doubts is not looked at here.

use tollbooth_plate::issuer::{self, IssuerKind};
use tollbooth_plate::pair::{self, Pairs, Place, Spelt, Traffic};

use crate::ident::check_issuer;
use crate::judge::JurisdictionSource;
use crate::reading::{IssuerRead, Sighting};
use crate::reason::ReviewReason;
use crate::settings::Settings;

/// Least probability of the issuer by the plate itself, as if vehicles of every state passed in proportion to people. Where it
/// has less, the booth's own traffic would decide, and that is for an operator to allow.
const PLATE_DECIDES: f64 = 0.8;
/// A name of another issuer on the plate that is worth this much (logarithm of the odds) or more withholds whatever the
/// probabilities say: what is read badly is still there.
const CONTRADICTION: f32 = 1.5;
/// The same for a name around the plate: dealers and teams put names there that are nobody's issuer.
const FRAME_CONTRADICTION: f32 = 5.0;
/// What an issuer that a recogniser names is worth at even odds, for it chose among about fifty: their logarithm.
const CHOSEN_AMONG: f32 = 3.9;
/// Most that such a choice is worth.
const CHOICE_MOST: f32 = 9.0;
/// Keeps the odds of a certain choice finite.
const CERTAIN: f32 = 0.999;

/// Who issued the plate.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// `us-tx`
    pub issuer: String,
    /// What says so.
    pub source: JurisdictionSource,
}

/// Why a person must say who issued the plate: the reason, and one sentence.
pub type Unknown = (ReviewReason, String);

/// Who issued a plate with this text, seen at a booth of `booth`'s jurisdiction.
///
/// # Errors
/// The reason for asking a person.
pub fn whose(best: &Sighting, text: &str, booth: &str, settings: &Settings) -> Result<Known, Unknown> {
    let unclear = |detail: String| Err((ReviewReason::IssuerUnclear, detail));
    let reads = reads(best);
    let Some(pairs) = weighed(text, &reads, booth, settings) else {
        return unclear("No issuer is known that puts such a text on a plate.".to_owned());
    };
    let Some(owner) = pairs.best() else { return unclear("No issuer is known for this plate.".to_owned()) };
    let name = issuer::in_words(&owner.issuer);
    let words = explained(&pairs);

    if let Some(other) = contradiction(&pairs, &reads) {
        let detail = format!(
            "The plate seems to be from {name}, but {:?} beside it names {}.{words}",
            other.text,
            issuer::in_words(&other.code)
        );
        return Err((ReviewReason::JurisdictionConflict, detail));
    }
    let error = 100.0 * (1.0 - pairs.issuer).max(0.0);
    // A weight beyond what a number holds leaves no probability: a person decides.
    if pairs.issuer.is_nan() || error > settings.judge_max_wrong_person_percent {
        return unclear(format!(
            "Who issued it is not sure enough: {name} is likeliest, and wrong in {error:.1} % of such cases \
             (setting judge.max_wrong_person_percent).{words}"
        ));
    }
    let plate_decides = pairs.issuer_by_plate >= PLATE_DECIDES;
    if !plate_decides && settings.judge_issuer_evidence != "traffic" {
        return unclear(format!(
            "Nothing on the plate says who issued it: {name} is likeliest because of the booth \
             (setting judge.issuer_evidence).{words}"
        ));
    }
    if !is_billed(&owner.issuer, settings) {
        let detail = format!(
            "The plate is from {name}, who is not billed without a person (setting judge.billed_issuers).{words}"
        );
        return Err((ReviewReason::IssuerNotBilled, detail));
    }
    if owner.issuer != booth && settings.judge_jurisdiction_conflict != "trust-plate" {
        let detail = format!(
            "The plate is from {name}, the booth stands in {booth} (setting judge.jurisdiction_conflict).{words}"
        );
        return Err((ReviewReason::JurisdictionConflict, detail));
    }
    let source = if plate_decides { JurisdictionSource::Read } else { JurisdictionSource::AssumedFromBooth };
    Ok(Known { issuer: owner.issuer.clone(), source })
}

/// The likeliest issuer of a plate with this text, and its probability, 0 to 1, where the text is right; none where no issuer
/// puts such a text on a plate. Whether that is enough for a bill is [`whose`]'s to say.
pub fn likeliest(best: &Sighting, text: &str, booth: &str, settings: &Settings) -> Option<(String, f64)> {
    let pairs = weighed(text, &reads(best), booth, settings)?;
    Some((pairs.best()?.issuer.clone(), pairs.issuer))
}

fn weighed(text: &str, reads: &[pair::IssuerRead], booth: &str, settings: &Settings) -> Option<Pairs> {
    let traffic = Traffic::around(booth, settings.judge_home_share_percent / 100.0);
    pair::weigh(&[Spelt { text: text.to_owned(), fit: 0.0 }], reads, &traffic)
}

/// What was read around the plate: each name, and the issuer that a recogniser settled on where it names none.
#[must_use]
pub fn named(best: &Sighting) -> Vec<IssuerRead> {
    let chosen = best.jurisdiction.iter().filter(|_| best.issuers.is_empty()).map(|read| {
        // A confidence that is no number is still a name.
        let sure = if read.confidence.is_nan() { 0.5 } else { read.confidence.clamp(1.0 - CERTAIN, CERTAIN) };
        let weight = ((sure / (1.0 - sure)).ln() + CHOSEN_AMONG).clamp(CONTRADICTION, CHOICE_MOST);
        IssuerRead { code: read.code.clone(), weight, on_plate: true, evidence: read.evidence.clone() }
    });
    best.issuers.iter().cloned().chain(chosen).filter(|read| check_issuer(&read.code).is_ok()).collect()
}

fn reads(best: &Sighting) -> Vec<pair::IssuerRead> {
    pair::merged(named(best).into_iter().map(|read| pair::IssuerRead {
        code: read.code,
        weight: read.weight.min(CHOICE_MOST),
        place: if read.on_plate { Place::Plate } else { Place::Around },
        text: read.evidence,
    }))
}

/// A name of another issuer that is too clear to be passed over.
fn contradiction<'a>(pairs: &Pairs, reads: &'a [pair::IssuerRead]) -> Option<&'a pair::IssuerRead> {
    let best = pairs.best()?;
    let named_on_plate = reads
        .iter()
        .filter(|read| read.code == best.issuer && read.place == Place::Plate)
        .map(|read| read.weight)
        .fold(0.0, f32::max);
    // A temporary or a dealer plate names its state as well, and as clearly.
    let is_register =
        |read: &pair::IssuerRead| read.code.strip_prefix(&best.issuer).is_some_and(|rest| rest.starts_with('-'));
    reads.iter().filter(|read| read.code != best.issuer).find(|read| match read.place {
        // A clear name beats what looks a little like another one in the same letters.
        Place::Plate => {
            read.weight >= CONTRADICTION && (is_register(read) || read.weight > named_on_plate - pair::CLEARLY_BETTER)
        }
        Place::Around => read.weight >= FRAME_CONTRADICTION && named_on_plate < pair::CLEARLY_BETTER,
    })
}

/// Whether bills to this issuer's register go out without a person.
fn is_billed(code: &str, settings: &Settings) -> bool {
    let kind = issuer::kind_of(code);
    match settings.judge_billed_issuers.as_str() {
        "all" => true,
        "states-and-provinces" => {
            matches!(
                kind,
                Some(IssuerKind::State | IssuerKind::Territory | IssuerKind::Province | IssuerKind::MexicanState)
            )
        }
        _ => matches!(kind, Some(IssuerKind::State | IssuerKind::Territory)),
    }
}

/// The likeliest issuers, and what speaks for the first against the second, for a reviewer.
fn explained(pairs: &Pairs) -> String {
    let likeliest: Vec<String> = pairs
        .owners
        .iter()
        .take(3)
        .map(|owner| format!("{} {:.1} %", owner.issuer, 100.0 * owner.probability))
        .collect();
    let terms: Vec<String> = pairs
        .terms
        .iter()
        .filter(|term| term.name != "pixels")
        .map(|term| format!("{} {:+.1}", term.name, term.weight))
        .collect();
    let terms = if terms.is_empty() { String::new() } else { format!(" First against second: {}.", terms.join(", ")) };
    format!(" Likeliest: {}.{terms}", likeliest.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::{Bounds, Candidate, JurisdictionRead};

    fn sighting(text: &str) -> Sighting {
        Sighting {
            bounds: Bounds { x: 10.0, y: 10.0, width: 100.0, height: 50.0 },
            candidates: vec![Candidate { text: text.to_owned(), confidence: 0.99, characters: vec![] }],
            jurisdiction: None,
            issuers: vec![],
            touches_border: false,
            plausibility: 0.9,
            doubts: vec![],
        }
    }

    fn named(text: &str, reads: &[(&str, f32, bool)]) -> Sighting {
        let issuers = reads
            .iter()
            .map(|(code, weight, on_plate)| IssuerRead {
                code: (*code).to_owned(),
                weight: *weight,
                on_plate: *on_plate,
                evidence: code.to_uppercase(),
            })
            .collect();
        Sighting { issuers, ..sighting(text) }
    }

    fn at(booth: &str, sighting: &Sighting, settings: &Settings) -> Result<Known, ReviewReason> {
        whose(sighting, &sighting.candidates[0].text, booth, settings).map_err(|(reason, _)| reason)
    }

    fn known(issuer: &str, source: JurisdictionSource) -> Result<Known, ReviewReason> {
        Ok(Known { issuer: issuer.to_owned(), source })
    }

    #[test]
    fn a_shared_series_without_a_name_is_nobodys() {
        for booth in ["us-tx", "us-ok", "us-ny", "us-oh"] {
            for text in ["DHN8018", "BXK482", "482BXK"] {
                assert_eq!(
                    at(booth, &sighting(text), &Settings::default()),
                    Err(ReviewReason::IssuerUnclear),
                    "{text} {booth}"
                );
            }
        }
    }

    #[test]
    fn a_series_that_one_state_issues_says_who_it_is_wherever_the_booth_stands() {
        for booth in ["us-tx", "us-ca"] {
            assert_eq!(at(booth, &sighting("7ABC123"), &Settings::default()), known("us-ca", JurisdictionSource::Read));
        }
    }

    #[test]
    fn a_name_on_the_plate_says_whose_a_shared_series_is() {
        let clear = |code| named("DHN8018", &[(code, 9.0, true)]);
        assert_eq!(at("us-tx", &clear("us-tx"), &Settings::default()), known("us-tx", JurisdictionSource::Read));
        assert_eq!(at("us-tx", &clear("us-oh"), &Settings::default()), known("us-oh", JurisdictionSource::Read));
    }

    #[test]
    fn a_plate_of_another_state_goes_to_a_person_where_the_operator_wants_it() {
        let settings = Settings { judge_jurisdiction_conflict: "review".into(), ..Settings::default() };
        let clear = named("DHN8018", &[("us-oh", 9.0, true)]);
        assert_eq!(at("us-tx", &clear, &settings), Err(ReviewReason::JurisdictionConflict));
    }

    #[test]
    fn weak_evidence_for_another_issuer_withholds_whatever_the_settings() {
        let lax = Settings {
            judge_issuer_evidence: "traffic".into(),
            judge_max_wrong_person_percent: 50.0,
            ..Settings::default()
        };
        for settings in [Settings::default(), lax] {
            let doubtful = named("DHN8018", &[("us-ga", 2.0, true)]);
            assert!(at("us-tx", &doubtful, &settings).is_err());
            let torn = named("DHN8018", &[("us-tx", 6.0, true), ("us-ga", 5.5, true)]);
            assert_eq!(at("us-tx", &torn, &settings), Err(ReviewReason::JurisdictionConflict));
        }
    }

    #[test]
    fn two_issuers_around_one_plate_are_the_plates_own_or_nobodys() {
        let frame = [("us-ok", 9.0, true), ("us-tx", 9.0, false)];
        assert_ne!(
            at("us-tx", &named("PRX417", &frame), &Settings::default()).map(|k| k.issuer),
            Ok("us-tx".to_owned())
        );
        assert!(at("us-tx", &named("PRX417", &frame[1..]), &Settings::default()).is_err());
    }

    #[test]
    fn nations_and_the_government_are_no_states_and_not_billed_without_a_person() {
        let all = Settings { judge_billed_issuers: "all".into(), ..Settings::default() };
        // A province that few others' series are like: known well enough, and billed only where that is wanted.
        let ontario = named("CKRT482", &[("ca-on", 9.0, true)]);
        assert_eq!(at("us-ny", &ontario, &Settings::default()), Err(ReviewReason::IssuerNotBilled));
        assert_eq!(at("us-ny", &ontario, &all), known("ca-on", JurisdictionSource::Read));
        let nation = named("CN47281", &[("us-cherokee-nation", 9.0, true)]);
        for settings in [&Settings::default(), &all] {
            assert_ne!(at("us-ok", &nation, settings), known("us-ok", JurisdictionSource::Read));
        }
        assert!(at("us-ok", &nation, &Settings::default()).is_err());
        assert!(at("us-ok", &sighting("CN47281"), &Settings::default()).is_err());
    }

    #[test]
    fn a_weight_that_is_no_probability_any_more_bills_nobody_else() {
        let traffic = Settings { judge_issuer_evidence: "traffic".into(), ..Settings::default() };
        let huge = named("DHN8018", &[("us-tx", f32::MAX, true), ("us-ok", f32::MAX, true)]);
        assert!(at("us-tx", &huge, &traffic).is_err());
    }

    #[test]
    fn a_temporary_plate_is_not_the_states() {
        let temporary = named("DHN8018", &[("us-tx", 9.0, true), ("us-tx-temporary", 6.0, true)]);
        assert!(at("us-tx", &temporary, &Settings::default()).is_err());
    }

    #[test]
    fn what_passes_decides_only_where_the_operator_says_so() {
        let traffic = Settings {
            judge_issuer_evidence: "traffic".into(),
            judge_max_wrong_person_percent: 15.0,
            ..Settings::default()
        };
        assert_eq!(at("us-tx", &sighting("DHN8018"), &traffic), known("us-tx", JurisdictionSource::AssumedFromBooth));
        let strict = Settings { judge_max_wrong_person_percent: 1.0, ..traffic.clone() };
        assert_eq!(at("us-tx", &sighting("DHN8018"), &strict), Err(ReviewReason::IssuerUnclear));
        let homely = Settings { judge_home_share_percent: 99.5, ..strict };
        assert_eq!(at("us-tx", &sighting("DHN8018"), &homely), known("us-tx", JurisdictionSource::AssumedFromBooth));
        // A series that the state never issued is not its own, however much of the traffic is.
        assert!(at("us-tx", &sighting("7ABC123"), &traffic).is_ok_and(|known| known.issuer == "us-ca"));
    }

    #[test]
    fn an_issuer_that_a_service_is_sure_of_counts_and_one_it_doubts_withholds() {
        let chosen = |code: &str, confidence| Sighting {
            jurisdiction: Some(JurisdictionRead { code: code.into(), confidence, evidence: "region".into() }),
            ..sighting("DHN8018")
        };
        assert_eq!(at("us-tx", &chosen("us-tx", 1.0), &Settings::default()), known("us-tx", JurisdictionSource::Read));
        for confidence in [0.7, 0.3, 0.0, f32::NAN] {
            assert!(at("us-tx", &chosen("us-oh", confidence), &Settings::default()).is_err(), "{confidence}");
        }
        assert_eq!(at("us-tx", &chosen("Texas!", 1.0), &Settings::default()), Err(ReviewReason::IssuerUnclear));
    }

    #[test]
    fn a_reviewer_is_told_who_is_likely_and_why() {
        let (_, detail) = whose(&sighting("DHN8018"), "DHN8018", "us-tx", &Settings::default()).unwrap_err();
        for word in ["us-tx", "Likeliest", "series", "traffic", "judge."] {
            assert!(detail.contains(word), "{detail}");
        }
    }
}
