//! What a recogniser doubts about a plate, and what is held against a text whoever read it: which of it is never billed without
//! a person, how much a text is worth for what it says, and how people are told.

use tollbooth_plate::pair::CLEARLY_BETTER;

use crate::identity;
use crate::reading::Sighting;
use crate::reason::ReviewReason;

/// The doubt that a camera may have written the text.
pub(crate) const IN_MARGIN: &str = "in-margin";

/// The doubt that a text stands on no plate.
pub(crate) const NAMELESS: &str = "nameless";
/// The doubt that an 8 is a zero with a bar across it.
pub(crate) const BARRED_ZEROS: &str = "barred-zeros";
/// A name on the plate that is worth this much (logarithm of the odds) stands there.
pub(crate) const CLEAR_NAME: f32 = 5.0;

/// Doubts of the recogniser that are never billed, however clear the text.
pub(crate) const WITHHOLDING: &[(&str, ReviewReason, &str)] = &[
    ("mirrored", ReviewReason::PhotoTurned, MIRRORED),
    ("upside-down", ReviewReason::PhotoTurned, UPSIDE_DOWN),
    (
        "no-plate",
        ReviewReason::MayBeNoPlate,
        "The text has the form of a camera's stamp, a unit or fleet number or a sign, and no plate was read beside it.",
    ),
    (
        IN_MARGIN,
        ReviewReason::MayBeNoPlate,
        "The text stands in the photo's margin, where cameras write their own, and no plate was read elsewhere.",
    ),
    (
        "other-register",
        ReviewReason::IssuerNotBilled,
        "A word on the plate says that it stands apart from its issuer's ordinary plates (temporary, a dealer's, a trailer's, \
         a fleet's), and such plates may have the same serial.",
    ),
    (
        "nearer-text",
        ReviewReason::SeveralPlates,
        "Another text is as large and no higher up in the photo: it may be the plate of a vehicle in front.",
    ),
];

/// What people are told of a text that has less confidence for what it says.
pub(crate) const UNLIKE_A_PLATE: &str =
    " It is too short or long, has letters or digits alone, or is in no series of the state that was named.";

/// What people are told of a photo that seems to be turned, whoever found it.
pub(crate) const MIRRORED: &str = "The photo seems to be mirrored: the text reads as well the other way round.";
pub(crate) const UPSIDE_DOWN: &str = "The photo seems to be upside down: the text reads as well turned by half.";

/// Most confidence in a text for what it says, whoever read it. Whether the series of a state that was named have it is asked
/// of recognisers that say nothing of the characters: others were asked with all that they saw of the name.
pub(crate) fn most_for(text: &str, best: &Sighting) -> f64 {
    let is_alone = best.candidates.first().is_none_or(|read| read.characters.is_empty());
    let state = best.jurisdiction.as_ref().map(|read| &*read.code).filter(|_| is_alone);
    let is_vouched_for = clear_name(best).is_some_and(|issuer| tollbooth_plate::is_vouched_for(&issuer, text));
    f64::from(tollbooth_plate::most_for_text(text, state, is_vouched_for))
}

/// The issuer that is clearly named on the plate, and no other.
fn clear_name(best: &Sighting) -> Option<String> {
    let names: Vec<_> = identity::named(best).into_iter().filter(|read| read.on_plate).collect();
    let first = names.iter().max_by(|a, b| a.weight.total_cmp(&b.weight)).filter(|read| read.weight >= CLEAR_NAME)?;
    let is_alone = names.iter().all(|read| read.code == first.code || read.weight <= first.weight - CLEARLY_BETTER);
    is_alone.then(|| first.code.clone())
}

/// True where a name stands on the plate, which shows that the photo is the right way round.
pub(crate) fn is_clearly_named(best: &Sighting) -> bool {
    identity::named(best).iter().any(|read| read.on_plate && read.weight >= CLEAR_NAME)
}

/// The recogniser's own doubts as a sentence for the reviewer; empty without doubts.
pub(crate) fn in_words(doubts: &[String]) -> String {
    let words: Vec<&str> = doubts
        .iter()
        .map(|doubt| match doubt.as_str() {
            "touches-border" => "the text reaches the edge of the photo",
            "rival-plate" => "another text could be the plate as well",
            "lines-joined" => "the text was put together from two lines",
            "crops-disagree" => "looking again gave other characters",
            "unusual-text" => "the text has letters or digits only",
            "letter-or-digit" => "a letter may be a digit, as O and 0",
            "unlikely-serial" => "no state issues such a text, or not the state on the plate: a part may be missing",
            "nearer-text" => "another text is as large and no higher up: it may be the plate of a vehicle in front",
            NAMELESS => "no issuer's name stands beside the text",
            "other-register" => "a word on the plate names a register of its own",
            BARRED_ZEROS => "zeros on this plate have a bar across them and look like an 8",
            "no-plate" => "the text has the form of a stamp, a unit number or a sign",
            "in-margin" => "the text stands in the photo's margin, where cameras write",
            "mirrored" => "the photo may be mirrored",
            "upside-down" => "the photo may be upside down",
            "small-text" => "the characters are very small",
            other => other,
        })
        .collect();
    if words.is_empty() { String::new() } else { format!(" Doubts: {}.", words.join("; ")) }
}
