//! Whose plate it is: who issued the text that was read, and whether that is known well enough to send a bill.
//!
//! A text names an owner only together with its issuer, so what is decided is a pair. Its probability comes from
//! `tollbooth_plate::pair`: how well the pixels fit each text, names and slogans on and around the plate, the series that
//! issuers form, and what passes at the booth. This module says what of it is enough.

use tollbooth_plate::issuer::{self, IssuerKind};
use tollbooth_plate::keying::Rules;
use tollbooth_plate::pair::{self, Pairs, Place, Seen, Spelt, Traffic};
use tollbooth_plate::serial;

use crate::ident::check_issuer;
use crate::learned::{Booth, LearnedTraffic};
use crate::reading::{IssuerRead, Sighting};
use crate::reason::{ReviewReason, named};
use crate::settings::Settings;

/// Least probability of the issuer by the plate itself, as if vehicles of every state passed in proportion to people, where the
/// plate decides.
const PLATE_DECIDES: f64 = 0.5;
/// Where it has less, what was seen must still be so many times likelier for the issuer than for all others that pass here:
/// else the booth's traffic alone would decide, and that is for an operator to allow.
const PLATE_SPEAKS: f64 = 8.0;
/// Least probability of the issuer by the text alone, from which a text in the photo's margin is a plate.
const SPEAKS_FOR_ITSELF: f64 = 0.95;
/// A name of another issuer on the plate that is worth this much (logarithm of the odds) or more withholds whatever the
/// probabilities say: what is read badly is still there.
const CONTRADICTION: f32 = 1.5;
/// The same for a name around the plate whose issuer the plate itself shows: dealers and teams put names there that are
/// nobody's issuer. Where it does not, a frame's name withholds as one on the plate does.
const FRAME_CONTRADICTION: f32 = 5.0;
/// Least probability of an issuer, as if vehicles of every state passed in proportion to people, from which the plate alone
/// is said to name it.
const NAMED_BY_PLATE: f64 = 0.98;
/// Least share of a text, as if vehicles of every state passed in proportion to people: below, what passes here chose it.
const CHOSEN_BY_PLATE: f64 = 0.5;
/// What an issuer that a recogniser names is worth at even odds, for it chose among about fifty: their logarithm.
const CHOSEN_AMONG: f32 = 3.9;
/// Most that such a choice is worth.
const CHOICE_MOST: f32 = 9.0;
/// Share of all texts that the first of two has which are as likely.
const TORN_SHARE: f64 = 0.35;
/// Sums of confidences up to this are probabilities of one thing, rounded.
const WHOLE: f64 = 1.001;
/// Keeps the odds of a certain choice finite.
const CERTAIN: f32 = 0.999;

named! {
    /// Where the jurisdiction on a bill comes from.
    JurisdictionSource, "source of a jurisdiction" {
        /// From the plate itself: a name, a slogan, or a series that others hardly issue.
        Read = "read",
        /// The plate alone does not say: it fits the issuer well, and what passes at the booth decides; or nothing on it does,
        /// and an operator allows that.
        AssumedFromBooth = "assumed-from-booth",
        /// A reviewer chose it.
        Reviewer = "reviewer",
    }
}

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

/// What is known of a plate's issuer and text together.
#[derive(Debug, Clone)]
pub struct Weighed {
    pairs: Pairs,
    spellings: Vec<Spelt>,
    reads: Vec<pair::IssuerRead>,
    /// Probability that the plate is the vehicle's and was seen whole, 0 to 1.
    trust: f64,
    rules: Rules,
    /// Version of what was learned of the traffic here, and how many vehicles whose issuer is known say so.
    learned: Option<(u32, f64)>,
}

/// Weighs what was read of a plate at a booth; none where no issuer puts any of the texts on one.
#[must_use]
pub fn weighed<'a>(best: &Sighting, booth: impl Into<Booth<'a>>, settings: &Settings) -> Option<Weighed> {
    let booth = booth.into();
    let (reads, spellings, rules) = (reads(best), spellings(best), keying_rules(settings));
    let usual = Traffic::around(booth.jurisdiction, settings.judge_home_share_percent / 100.0);
    let learned = booth.learned.and_then(|learned| learned.traffic.as_ref());
    let traffic = learned.map_or_else(|| usual.clone(), |learned| usual.seen(&learned.observed));
    let pairs = pair::weigh(&spellings, &reads, &traffic, &rules)?;
    let told = |learned: &LearnedTraffic| (learned.version, learned.observed.known());
    Some(Weighed { pairs, spellings, reads, trust: trust(best), rules, learned: learned.map(told) })
}

/// The issuer that the plate alone names, whatever passes at the booth and was learned there; none where it leaves a doubt.
#[must_use]
pub fn named_by_plate(best: &Sighting, settings: &Settings) -> Option<String> {
    let pairs = pair::weigh(&spellings(best), &reads(best), &Traffic::around("", 0.0), &keying_rules(settings))?;
    pairs.best().filter(|_| pairs.issuer >= NAMED_BY_PLATE).map(|owner| owner.issuer.clone())
}

fn spellings(best: &Sighting) -> Vec<Spelt> {
    let seen: Vec<Seen<'_>> = best
        .candidates
        .iter()
        .map(|read| Seen { text: &read.text, confidence: read.confidence, characters: &read.characters })
        .collect();
    pair::spellings(&seen)
}

/// The keying rules in force. Settings are checked before they are stored and whenever they are read; what is no rule all the
/// same changes none.
#[must_use]
pub fn keying_rules(settings: &Settings) -> Rules {
    Rules::parse(&settings.judge_keying_rules).unwrap_or_default()
}

/// Probability that the plate's text is one of those listed: their sum where they are probabilities of one thing, and the
/// first one's where a recogniser gives each a score of its own.
///
/// Only whoever tells each character's probability divides one among its texts. Scores of a service may well add up to less
/// than 1, and are no better for it: 0.55 for one text and 0.42 for another is a service that does not know.
fn trust(best: &Sighting) -> f64 {
    let sum: f64 = best.candidates.iter().map(|read| f64::from(read.confidence)).sum();
    let Some(first) = best.candidates.first() else { return 0.0 };
    let divides_one = !first.characters.is_empty();
    if divides_one && sum <= WHOLE { sum.min(1.0) } else { f64::from(first.confidence) }
}

impl Weighed {
    /// The likeliest text, as it is printed.
    #[must_use]
    pub fn text(&self) -> &str {
        self.pairs.best().map_or("", |owner| &owner.text)
    }

    /// The likeliest issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.pairs.best().map_or("", |owner| &owner.issuer)
    }

    /// The text by which the likeliest issuer's register finds the owner.
    #[must_use]
    pub fn key(&self) -> &str {
        self.pairs.best().map_or("", |owner| &owner.key)
    }

    /// Probability that the plate is the vehicle's and was seen whole, 0 to 1.
    #[must_use]
    pub fn trust(&self) -> f64 {
        self.trust
    }

    /// Share of the likeliest text among all that the pixels and the issuers allow, 0 to 1.
    #[must_use]
    pub fn text_share(&self) -> f64 {
        self.pairs.text_share
    }

    /// True where the plate alone would not have made this text likelier than all others together: what passes at the booth
    /// chose it. That is a reason to ask a person, for a prior is no reading.
    #[must_use]
    pub fn is_chosen_by_traffic(&self) -> bool {
        // A share that is no number was chosen by nothing.
        self.pairs.text_by_plate.is_nan() || self.pairs.text_by_plate < CHOSEN_BY_PLATE
    }

    /// True when a listed series of the likeliest issuer has the text.
    #[must_use]
    pub fn is_in_series(&self) -> bool {
        serial::fits(self.issuer(), self.text()) == Some(true)
    }

    /// Probability that the text is right, 0 to 1, whoever issued it. Texts with one key for the issuer are one.
    #[must_use]
    pub fn sure_of_text(&self) -> f64 {
        self.trust * self.pairs.text
    }

    /// True when another text is as likely, within this margin (0 to 1), and no third one is.
    #[must_use]
    pub fn is_torn(&self, margin: f64) -> bool {
        self.pairs.text_share >= TORN_SHARE && self.pairs.text_share - self.pairs.next_share < margin
    }

    /// Probability that issuer and text are right, 0 to 1.
    #[must_use]
    pub fn sure_of_pair(&self) -> f64 {
        self.sure_of_text() * self.pairs.issuer
    }

    /// True where the text alone leaves hardly a doubt who issued it, whatever stands beside it and passes here: little of what
    /// cameras and fleets write has a series that one issuer alone has.
    #[must_use]
    pub fn speaks_for_itself(&self) -> bool {
        let alone = pair::weigh(&self.spellings, &[], &Traffic::around("", 0.0), &self.rules);
        alone.is_some_and(|alone| {
            alone.issuer_by_plate >= SPEAKS_FOR_ITSELF
                && alone.best().is_some_and(|owner| owner.issuer == self.issuer() && owner.text == self.text())
        })
    }

    /// How often the likeliest issuer is the wrong one in such cases, percent: what `judge.max_wrong_person_percent` is held
    /// to. Not a number where the weights leave no probability.
    #[must_use]
    pub fn wrong_person_percent(&self) -> f64 {
        // `max` would make a number of what is none.
        (100.0 * (1.0 - self.pairs.issuer)).clamp(0.0, 100.0)
    }

    /// Who issued the plate, seen at a booth of `booth`'s jurisdiction.
    ///
    /// # Errors
    /// The reason for asking a person.
    pub fn whose(&self, booth: &str, settings: &Settings) -> Result<Known, Unknown> {
        let Self { pairs, reads, .. } = self;
        let unclear = |detail: String| Err((ReviewReason::IssuerUnclear, detail));
        let Some(owner) = pairs.best() else { return unclear("No issuer is known for this plate.".to_owned()) };
        let name = issuer::in_words(&owner.issuer);
        let words = explained(pairs, self.learned);

        if let Some(other) = contradiction(pairs, reads) {
            let detail = format!(
                "The plate seems to be from {name}, but {:?} beside it names {}.{words}",
                other.text,
                issuer::in_words(&other.code)
            );
            return Err((ReviewReason::JurisdictionConflict, detail));
        }
        let error = self.wrong_person_percent();
        // A weight beyond what a number holds leaves no probability: a person decides.
        if pairs.issuer.is_nan() || error > settings.judge_max_wrong_person_percent {
            return unclear(format!(
                "Who issued it is not sure enough: {name} is likeliest, and wrong in {error:.1} % of such cases \
                 (setting judge.max_wrong_person_percent).{words}"
            ));
        }
        let plate_decides = pairs.issuer_by_plate >= PLATE_DECIDES;
        if !plate_decides && pairs.issuer_ratio < PLATE_SPEAKS && settings.judge_issuer_evidence != "traffic" {
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
        Place::Around => {
            let least = if pairs.issuer_by_plate < SPEAKS_FOR_ITSELF { CONTRADICTION } else { FRAME_CONTRADICTION };
            read.weight >= least && named_on_plate < pair::CLEARLY_BETTER
        }
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
fn explained(pairs: &Pairs, learned: Option<(u32, f64)>) -> String {
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
    let traffic = learned.map_or_else(String::new, |(version, vehicles)| {
        format!(" What passes here is learned from {vehicles:.0} vehicles whose issuer is known without it (version {version}).")
    });
    format!(" Likeliest: {}.{terms}{traffic}", likeliest.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learned::Learned;
    use crate::reading::{Bounds, Candidate, JurisdictionRead};
    use tollbooth_plate::pair::Observed;

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
        weighed(sighting, booth, settings).unwrap().whose(booth, settings).map_err(|(reason, _)| reason)
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
    fn a_series_of_few_issuers_is_the_booths_own_where_that_is_likely_enough_and_a_common_one_never() {
        // Louisiana, Oregon, and many others; at home in Oregon, where it is the series of today.
        let lax = Settings { judge_max_wrong_person_percent: 20.0, ..Settings::default() };
        let homely = Settings { judge_home_share_percent: 99.5, ..Settings::default() };
        assert_eq!(
            at("us-or", &sighting("378DXR"), &Settings::default()),
            known("us-or", JurisdictionSource::AssumedFromBooth)
        );
        for settings in [&lax, &homely] {
            assert_eq!(at("us-tx", &sighting("DHN8018"), settings), Err(ReviewReason::IssuerUnclear));
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
        let ontario = named("CKRH392", &[("ca-on", 9.0, true)]);
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
    fn scores_of_a_service_are_not_added_up() {
        let mut doubtful = sighting("ABC1234");
        doubtful.candidates = [("ABC1234", 0.55), ("ABG1234", 0.42)]
            .map(|(text, confidence)| Candidate { text: text.to_owned(), confidence, characters: vec![] })
            .to_vec();
        let trust = |sighting: &Sighting| weighed(sighting, "us-tx", &Settings::default()).unwrap().trust();
        assert!((trust(&doubtful) - 0.55).abs() < 1e-6);
        // Whoever tells the probability of each character shares one among its texts.
        doubtful.candidates[0].characters = vec![0.9; 7];
        assert!((trust(&doubtful) - 0.97).abs() < 1e-6);
    }

    #[test]
    fn a_frame_s_name_of_another_state_withholds_where_the_plate_names_none() {
        let traffic = Settings {
            judge_issuer_evidence: "traffic".into(),
            judge_max_wrong_person_percent: 30.0,
            ..Settings::default()
        };
        assert!(at("us-tx", &sighting("DHN8018"), &traffic).is_ok());
        let framed = named("DHN8018", &[("us-ga", 2.0, false)]);
        assert_eq!(at("us-tx", &framed, &traffic), Err(ReviewReason::JurisdictionConflict));
        // A series that one state alone has, and a clear name on the plate, say more than a frame.
        let series = named("7ABC123", &[("us-tx", 3.0, false)]);
        assert_eq!(at("us-ca", &series, &Settings::default()), known("us-ca", JurisdictionSource::Read));
        let both = named("DHN8018", &[("us-tx", 9.0, true), ("us-ga", 9.0, false)]);
        assert_eq!(at("us-tx", &both, &Settings::default()), known("us-tx", JurisdictionSource::Read));
    }

    fn observed(list: &[(&str, &str, usize)]) -> Learned {
        let mut observed = Observed::default();
        for (issuer, text, vehicles) in list {
            (0..*vehicles).for_each(|_| observed.add(0, Some(issuer), text));
        }
        Learned { traffic: Some(LearnedTraffic { version: 3, observed }), ..Learned::default() }
    }

    #[test]
    fn what_was_learned_is_a_prior_and_decides_alone_only_where_the_operator_says_so() {
        let learned = observed(&[("us-tx", "BKD0101", 1_900), ("us-ok", "ABC123", 20)]);
        let booth = Booth { jurisdiction: "us-tx", learned: Some(&learned) };
        let whose = |settings: &Settings| {
            weighed(&sighting("DHN8018"), booth, settings)
                .unwrap()
                .whose("us-tx", settings)
                .map_err(|(reason, _)| reason)
        };
        assert_eq!(whose(&Settings::default()), Err(ReviewReason::IssuerUnclear));
        let traffic = Settings { judge_issuer_evidence: "traffic".into(), ..Settings::default() };
        assert_eq!(whose(&traffic), known("us-tx", JurisdictionSource::AssumedFromBooth));
        assert_eq!(at("us-tx", &sighting("DHN8018"), &traffic), Err(ReviewReason::IssuerUnclear), "not learned");
    }

    #[test]
    fn a_name_on_the_plate_is_believed_whatever_was_learned() {
        let learned = observed(&[("us-tx", "BKD0101", 2_000)]);
        let booth = Booth { jurisdiction: "us-tx", learned: Some(&learned) };
        let settings = Settings::default();
        let clear = named("DHN8018", &[("us-oh", 9.0, true)]);
        let whose = weighed(&clear, booth, &settings).unwrap().whose("us-tx", &settings);
        assert_ne!(whose.map(|known| known.issuer).map_err(|(reason, _)| reason), Ok("us-tx".to_owned()));
    }

    #[test]
    fn a_reviewer_is_told_what_was_learned() {
        let learned = observed(&[("us-tx", "BKD0101", 700)]);
        let booth = Booth { jurisdiction: "us-tx", learned: Some(&learned) };
        let settings = Settings::default();
        let (_, detail) =
            weighed(&sighting("DHN8018"), booth, &settings).unwrap().whose("us-tx", &settings).unwrap_err();
        assert!(
            detail.ends_with("learned from 700 vehicles whose issuer is known without it (version 3)."),
            "{detail}"
        );
    }

    #[test]
    fn only_a_plate_that_names_its_issuer_itself_teaches_who_passes() {
        let settings = Settings::default();
        assert_eq!(named_by_plate(&sighting("7ABC123"), &settings).as_deref(), Some("us-ca"));
        assert_eq!(named_by_plate(&named("DHN8018", &[("us-tx", 9.0, true)]), &settings).as_deref(), Some("us-tx"));
        assert_eq!(named_by_plate(&sighting("DHN8018"), &settings), None);
        assert_eq!(named_by_plate(&named("DHN8018", &[("us-tx", 2.0, true)]), &settings), None);
    }

    #[test]
    fn an_operator_s_keying_rules_say_which_texts_are_one_owner() {
        let settings = Settings { judge_keying_rules: "us-tx key=O0".into(), ..Settings::default() };
        let clear = named("BKO1018", &[("us-tx", 9.0, true)]);
        assert_eq!(weighed(&clear, "us-tx", &settings).unwrap().key(), "BK01018");
    }

    #[test]
    fn a_reviewer_is_told_who_is_likely_and_why() {
        let settings = Settings::default();
        let (_, detail) =
            weighed(&sighting("DHN8018"), "us-tx", &settings).unwrap().whose("us-tx", &settings).unwrap_err();
        for word in ["us-tx", "Likeliest", "series", "traffic", "judge."] {
            assert!(detail.contains(word), "{detail}");
        }
    }
}
