//! Whether a photo is mirrored or upside down: what its plate says the other way round.
//!
//! Cameras look through mirrors and hang from ceilings, and write nothing of it into their photos. Most plates are
//! nonsense then and go to a person anyway. Two kinds are worth a look: a text that is as clear the other way round, which
//! nobody can bill, and one that is clear only the other way round, of which the operator should hear.

use crate::crop;
use crate::error::RecognitionError;
use crate::raster::Raster;
use crate::speller::Speller;
use tollbooth_plate::pair::Place;
use tollbooth_plate::{Doubt, PlateSighting, Quad, Spelling, serial, text};

/// Characters that, seen in a mirror, look like a character (`8`, `A`, `2` like `S`, `E` like `3`).
const MIRRORED: &str = "0123578AEHIJLMNOPSTUVWXYZ";
/// Characters that, turned by half, look like a character (`6` like `9`, `M` like `W`, `7` like `L`).
const UPSIDE_DOWN: &str = "012356789ABDEHILMNOQSUVWXZ";
/// From this probability on, a text that can be no other in a mirror is not looked at the other way round.
const SURE: f32 = 0.9;
/// Below this probability a text is not billed, whoever else reads it.
const BILLABLE: f32 = 0.5;
/// A text is as clear the other way round where its characters are, on average, at most this much less probable.
const AS_CLEAR: f32 = 0.05;
/// A text that is clear the other way round has this much mean probability or more…
const CLEAR: f32 = 0.93;
/// …and leads what was read by this much.
const CLEARER: f32 = 0.08;
/// A name on the plate that is worth this much shows that the photo is the right way round.
const NAMED: f32 = 5.0;

/// A way to turn a text's corners.
struct Turn {
    doubt: Doubt,
    likenesses: &'static str,
    corners: fn(&Quad) -> Quad,
}

const TURNS: [Turn; 2] = [
    Turn { doubt: Doubt::Mirrored, likenesses: MIRRORED, corners: |Quad([tl, tr, br, bl])| Quad([*tr, *tl, *bl, *br]) },
    Turn {
        doubt: Doubt::UpsideDown,
        likenesses: UPSIDE_DOWN,
        corners: |Quad([tl, tr, br, bl])| Quad([*br, *bl, *tl, *tr]),
    },
];

/// The doubt that the photo is turned, where its plate gives rise to it.
pub(crate) fn doubt(
    speller: &Speller,
    photo: &Raster,
    plate: &PlateSighting,
) -> Result<Option<Doubt>, RecognitionError> {
    let is_named = plate.issuers.iter().any(|read| read.place == Place::Plate && read.weight >= NAMED);
    let Some(best) = plate.best().filter(|_| !is_named) else { return Ok(None) };
    let mean = plate.evidence.mean_character;
    let is_sure = best.confidence >= SURE;
    for turn in &TURNS {
        let is_alike = best.confidence >= BILLABLE && best.text.chars().all(|c| turn.likenesses.contains(c));
        if is_sure && !is_alike {
            continue;
        }
        let read = speller.spell(&crop::cut(photo, &(turn.corners)(&plate.quad)))?;
        let read = Spelling::normalised(&read.text, read.mean(), &read.characters);
        // A text that some issuer's series have, and the other way round none, is the right way round.
        let is_serial = serial::fits_any(&read.text) || !serial::fits_any(&best.text);
        let as_clear = is_alike && is_serial && read.text.len() == best.text.len() && read.mean() >= mean - AS_CLEAR;
        let is_turned =
            as_clear || (!is_sure && is_a_serial(&read.text) && read.mean() >= CLEAR && read.mean() >= mean + CLEARER);
        if is_turned {
            return Ok(Some(turn.doubt));
        }
    }
    Ok(None)
}

fn is_a_serial(read: &str) -> bool {
    text::mixes_letters_and_digits(read) && serial::fits_any(read)
}
