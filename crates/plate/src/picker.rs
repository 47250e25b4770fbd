//! Which of the lines of text in a photo is the plate.
//!
//! Every reading gets a score from what it says and from how large it is; the order of the result is the
//! order of scores. Nothing is invented: a sighting's text is text that was read.

use crate::barred;
use crate::confidence::Evidence;
use crate::county;
use crate::geometry::Quad;
use crate::issuer;
use crate::joining::{self, Reading};
use crate::jurisdiction::{self, JurisdictionRead};
use crate::line::{ASPECTS, TextLine};
use crate::nearer;
use crate::noise::{self, Noise};
use crate::pair::{self, IssuerRead, Place};
use crate::register::{self, Register};
use crate::serial;
use crate::sighting::{self, Candidate, DIGITS_WEIGHT, JOINED_WEIGHT, MOST_CANDIDATES, PlateSighting};
use crate::spelling::Spelling;
use crate::text;

/// Weight of the recogniser's confidence: its cube, so that a doubtful large text loses to a clear smaller one.
const CONFIDENCE_POWER: i32 = 3;
/// Characters of a text that is a plate without question, and their mean probability.
const PLAIN_LENGTH: usize = 5;
const PLAIN_CHARACTERS: f32 = 0.85;
/// Weight of a text with four characters: there are such plates, but far more parts of plates and badges.
const SHORT_WEIGHT: f32 = 0.3;
/// Weight of letters alone: badges, signs and vanity plates.
const LETTERS_WEIGHT: f32 = 0.15;
/// Weight of a text in the photo's margin, where cameras write: some plates are there, and never win over one elsewhere.
const MARGIN_WEIGHT: f32 = 0.1;
/// The margin above and below, as a share of the photo's height. Five of 111 photos of vehicles that nobody framed show
/// their plate there; cameras at lanes are aimed at theirs.
const MARGIN: f32 = 0.12;
/// Weight of a text that is a badge, a frame's word or a camera's or fleet's label.
const NOISE_WEIGHT: f32 = 0.05;
/// Sightings with less than this share of the best score are left out.
const LEAST_SHARE: f32 = 0.02;
/// Sightings reported at most.
const MOST_SIGHTINGS: usize = 6;
/// A candidate is reported when it is at least this probable compared with the best one.
const LEAST_CANDIDATE_RATIO: f32 = 0.02;
/// Distance to the photo's edge, as a share of the text's height, within which characters may be cut off.
///
/// A plate reaches further than its text, by more than this on every side: a plate this near to the edge is
/// not whole in the photo even where its text seems to be.
const BORDER_MARGIN: f32 = 0.35;
/// A jurisdiction is looked for this many text heights around the plate's text.
const SURROUNDINGS: f32 = 1.5;
/// Where a plate ends above and below the middle of its text, in heights of the text.
const PLATE_EDGE: f32 = 1.05;
/// What a line that names an issuer is worth when it was read with certainty: logarithm of the odds.
const LINE_WEIGHT: f32 = 9.0;

/// Orders the plates among a photo's lines of text, most plausible first.
///
/// Lines come from any recogniser, in any order; `width` and `height` are the photo's, in the same pixels.
/// An empty result means that no line can be a plate, not that the photo shows none.
pub fn pick(lines: &[TextLine], width: u32, height: u32) -> Vec<PlateSighting> {
    let mut scored: Vec<(f32, Reading)> = joining::readings(lines)
        .into_iter()
        .filter_map(|reading| {
            let place = if is_in_margin(&reading.quad, height) { MARGIN_WEIGHT } else { 1.0 };
            Some((place * score(&reading)?, reading))
        })
        .collect();
    scored.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let kept = without_overlap(scored);
    let best = kept.first().map_or(0.0, |(score, _)| *score);
    kept.iter()
        .take(MOST_SIGHTINGS)
        .filter(|(score, _)| *score >= best * LEAST_SHARE)
        .map(|(score, reading)| {
            let rival = kept.iter().filter(|(_, other)| is_rival(reading, other)).map(|(score, _)| *score);
            let plausibility = score / (score + rival.fold(0.0, f32::max));
            sighting(reading, *score, plausibility, lines, (width, height))
        })
        .collect()
}

/// True when the line by itself has all that most plates have: letters and digits, enough of them, clearly read, in a
/// line of a plate's proportions.
pub fn is_plain_plate(line: &TextLine) -> bool {
    let spelling = Spelling::normalised(&line.text, line.confidence, &line.characters);
    spelling.fits_a_plate()
        && spelling.text.len() >= PLAIN_LENGTH
        && text::mixes_letters_and_digits(&spelling.text)
        && spelling.mean() >= PLAIN_CHARACTERS
        && ASPECTS.contains(&line.quad.aspect())
        && noise::kind(&line.text).is_none()
}

/// True for a text whose middle lies where cameras write into their photos.
fn is_in_margin(quad: &Quad, height: u32) -> bool {
    let [_, y] = quad.centre();
    let margin = MARGIN * height as f32;
    y < margin || y > height as f32 - margin
}

/// How much a reading looks like a plate, in weighted square pixels; `None` where it cannot be one.
fn score(reading: &Reading) -> Option<f32> {
    let Reading { spelling, quad, .. } = reading;
    if !spelling.fits_a_plate() || !ASPECTS.contains(&quad.aspect()) {
        return None;
    }
    let mut weight = match reading.noise {
        Some(Noise::Stamp | Noise::Sign | Noise::Jurisdiction) => return None,
        Some(Noise::Frame | Noise::Badge | Noise::Label) => NOISE_WEIGHT,
        None => 1.0,
    };
    if spelling.text.len() == text::SHORTEST {
        weight *= SHORT_WEIGHT;
    }
    if !text::has_digit(&spelling.text) {
        weight *= LETTERS_WEIGHT;
    } else if !text::mixes_letters_and_digits(&spelling.text) {
        weight *= DIGITS_WEIGHT;
    }
    if reading.lines.len() > 1 {
        weight *= JOINED_WEIGHT;
    }
    Some(spelling.confidence.powi(CONFIDENCE_POWER) * quad.area() * weight)
}

/// The readings in order of score, without those that share a line with a better one.
fn without_overlap(scored: Vec<(f32, Reading)>) -> Vec<(f32, Reading)> {
    let mut kept: Vec<(f32, Reading)> = Vec::new();
    for (score, reading) in scored {
        let is_part = |(_, other): &(f32, Reading)| other.lines.iter().any(|line| reading.lines.contains(line));
        if !kept.iter().any(is_part) {
            kept.push((score, reading));
        }
    }
    kept
}

/// True when the other reading is another plate, not the same one or a part of it.
fn is_rival(reading: &Reading, other: &Reading) -> bool {
    let (a, b) = (&reading.spelling.text, &other.spelling.text);
    !b.contains(a) && !a.contains(b)
}

fn sighting(
    reading: &Reading,
    score: f32,
    plausibility: f32,
    lines: &[TextLine],
    (width, height): (u32, u32),
) -> PlateSighting {
    let Reading { spelling, quad, .. } = reading;
    let jurisdiction = jurisdiction_near((&spelling.text, quad), lines);
    let touches_border = quad.is_near_edge(width, height, BORDER_MARGIN * quad.height());
    let evidence = Evidence {
        mean_character: spelling.confidence,
        weakest_character: spelling.weakest(),
        contested_character: spelling.weakest_contested(),
        length: u32::try_from(spelling.text.len()).unwrap_or(u32::MAX),
        is_mixed: text::mixes_letters_and_digits(&spelling.text),
        is_joined: reading.lines.len() > 1,
        touches_border,
        plausibility,
        text_height: quad.height(),
        is_ambiguous: serial::is_ambiguous(&spelling.text),
        is_no_plate: reading.noise.is_some(),
        is_in_margin: is_in_margin(quad, height),
        is_unlikely: serial::is_unlikely(&spelling.text, jurisdiction.as_ref().map(|read| &*read.code)),
        has_nearer_text: nearer::has_nearer_text(&spelling.text, quad, lines, |other| is_in_margin(other, height)),
        is_vouched_for: false,
        is_nameless: false,
        is_of_other_register: registers_on(quad, lines).next().is_some(),
        has_barred_zeros: lines_on(quad, lines).any(|line| barred::names_barred_zeros(&line.text)),
        agreement: None,
    };
    PlateSighting {
        bounds: quad.bounds(width, height),
        quad: *quad,
        candidates: candidates(spelling, evidence.trust()),
        jurisdiction,
        touches_border,
        plausibility,
        score,
        doubts: sighting::doubts(&evidence),
        evidence,
        marks: Vec::new(),
        issuers: issuers_near((&spelling.text, quad), lines),
        votes: Vec::new(),
    }
}

/// The text as read, then the texts with one character replaced by an alternative, most probable first. They share the trust
/// in the plate, as those of a plate that was read several times do.
fn candidates(spelling: &Spelling, confidence: f32) -> Vec<Candidate> {
    let probabilities = spelling.probabilities();
    let as_read = Candidate { text: spelling.text.clone(), confidence, characters: probabilities.clone() };
    let mut out = vec![as_read];
    for (position, character) in spelling.characters.iter().enumerate() {
        for other in &character.alternatives {
            let ratio = other.confidence / character.confidence.max(f32::EPSILON);
            if ratio < LEAST_CANDIDATE_RATIO {
                continue;
            }
            let mut characters = probabilities.clone();
            if let Some(slot) = characters.get_mut(position) {
                *slot = other.confidence;
            }
            out.push(Candidate {
                text: spelling.with(position, other.symbol),
                confidence: confidence * ratio.min(1.0),
                characters,
            });
        }
    }
    // Stable, so the text as read stays first among equals.
    out.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    out.truncate(MOST_CANDIDATES);
    let sum: f32 = out.iter().map(|candidate| candidate.confidence).sum();
    for candidate in &mut out {
        candidate.confidence *= confidence / sum.max(f32::MIN_POSITIVE);
    }
    out
}

/// Every issuer named around the plate's text in lines that were found, and where.
fn issuers_near((serial, plate): (&str, &Quad), lines: &[TextLine]) -> Vec<IssuerRead> {
    let on_plate = own_rectangle(plate);
    let named = named_near((serial, plate), lines).map(|(line, read)| {
        let place = if on_plate.covers(line.quad.centre()) { Place::Plate } else { Place::Around };
        IssuerRead { code: read.code, weight: LINE_WEIGHT * read.confidence, place, text: read.text }
    });
    with_registers(named.collect(), plate, lines)
}

/// The lines around the plate that name an issuer; a county's name below the serial is none.
fn named_near<'a>(
    (serial, plate): (&'a str, &'a Quad),
    lines: &'a [TextLine],
) -> impl Iterator<Item = (&'a TextLine, JurisdictionRead)> {
    let reach = SURROUNDINGS * plate.height();
    let (around, [_, middle]) = (plate.widened(reach, reach), plate.centre());
    lines.iter().filter(move |line| around.covers(line.quad.centre())).filter_map(move |line| {
        let read = jurisdiction::read(&line.text, line.confidence)?;
        let [_, y] = line.quad.centre();
        let is_county = y > middle
            && county::may_be_a_county(&read.code, serial)
            && jurisdiction::is_name_of(&read.code, &line.text);
        (!is_county).then_some((line, read))
    })
}

/// What names issuers on and around a plate, with the registers that words on it name: temporary and dealer plates stand in
/// registers of their own, whichever state names itself on them, and however its name was found.
pub fn with_registers(mut reads: Vec<IssuerRead>, plate: &Quad, lines: &[TextLine]) -> Vec<IssuerRead> {
    let states: Vec<String> =
        reads.iter().filter(|read| read.place == Place::Plate).map(|read| read.code.clone()).collect();
    for (line, suffix) in registers_on(plate, lines).filter_map(|(line, register)| Some((line, register.suffix()?))) {
        // Nations and provinces have none that is known.
        let codes = states.iter().map(|state| format!("{state}{suffix}"));
        reads.extend(codes.filter(|code| issuer::kind_of(code).is_some()).map(|code| IssuerRead {
            code,
            weight: LINE_WEIGHT * line.confidence,
            place: Place::Plate,
            text: line.text.clone(),
        }));
    }
    pair::merged(reads)
}

/// The plate around its text, above and below as far as plates reach.
fn own_rectangle(plate: &Quad) -> Quad {
    plate.strip(-PLATE_EDGE, PLATE_EDGE, PLATE_EDGE * plate.height())
}

/// The lines on the plate.
fn lines_on<'a>(plate: &Quad, lines: &'a [TextLine]) -> impl Iterator<Item = &'a TextLine> + use<'a> {
    let on_plate = own_rectangle(plate);
    lines.iter().filter(move |line| on_plate.covers(line.quad.centre()))
}

/// The lines on the plate that name a register other than the one of its issuer's ordinary plates.
fn registers_on<'a>(plate: &Quad, lines: &'a [TextLine]) -> impl Iterator<Item = (&'a TextLine, Register)> + use<'a> {
    lines_on(plate, lines).filter_map(|line| Some((line, register::named(&line.text)?)))
}

/// The surest jurisdiction named right above, below or beside the plate's text.
fn jurisdiction_near((serial, plate): (&str, &Quad), lines: &[TextLine]) -> Option<JurisdictionRead> {
    named_near((serial, plate), lines).map(|(_, read)| read).max_by(|a, b| a.confidence.total_cmp(&b.confidence))
}
