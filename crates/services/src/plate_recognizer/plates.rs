//! From the service's results to sightings.

use tollbooth_pipeline::ident::check_jurisdiction;
use tollbooth_pipeline::reading::{Bounds, Candidate, JurisdictionRead, Sighting};
use tollbooth_plate::Quad;
use tollbooth_plate::text::normalise;
use tollbooth_recognizer_contract::{Failure, MAX_CANDIDATES, MAX_SIGHTINGS, MAX_TEXT_CHARS};

use super::invalid;
use super::shape::{Box, Found, Plate, Region, Valued};
use crate::Fitted;
use crate::share::share;

/// Distance to the photo's edge, as a share of the plate's height, within which the plate may be cut off. The box is
/// around the plate, not its text, so a whole plate keeps more distance than this.
const BORDER_MARGIN: f32 = 0.1;

/// One plate in one shape, whichever of the two the service used.
struct Read {
    place: Box,
    /// Detection, 0..1.
    detection: f32,
    texts: Vec<Candidate>,
    jurisdiction: Option<JurisdictionRead>,
}

/// Sightings, most plausible first. Vehicles without a plate give none.
///
/// # Errors
/// `invalid-answer` for more plates, longer texts or other numbers than a photo can give.
pub fn of(results: &[Found], photo: &Fitted<'_>) -> Result<Vec<Sighting>, Failure> {
    if results.len() > MAX_SIGHTINGS {
        return Err(invalid("it has more plates than a photo can show"));
    }
    let mut weighed = Vec::new();
    for found in results {
        let Some(read) = read(found)? else { continue };
        let quad = quad(&read.place, photo)?;
        weighed.push((read.detection * quad.area(), quad, read));
    }
    weighed.sort_by(|(a, ..), (b, ..)| b.total_cmp(a));
    let weights: Vec<f32> = weighed.iter().map(|(weight, ..)| *weight).collect();
    Ok(weighed
        .into_iter()
        .enumerate()
        .map(|(index, (weight, quad, read))| sighting(read, &quad, plausibility(weight, index, &weights), photo))
        .collect())
}

/// How much this looks like *the* plate: its detection and size against the strongest other one's.
fn plausibility(weight: f32, index: usize, weights: &[f32]) -> f32 {
    let others = weights.iter().enumerate().filter(|(other, _)| *other != index);
    let rival = others.map(|(_, weight)| *weight).fold(0.0, f32::max);
    if weight + rival > 0.0 { weight / (weight + rival) } else { 0.0 }
}

fn sighting(read: Read, quad: &Quad, plausibility: f32, photo: &Fitted<'_>) -> Sighting {
    let (width, height) = (photo.original_width, photo.original_height);
    let touches_border = quad.is_near_edge(width, height, BORDER_MARGIN * quad.height());
    let bounds = quad.bounds(width, height);
    #[expect(clippy::cast_precision_loss, reason = "pixels of a photo are far below 2^24")]
    let bounds =
        Bounds { x: bounds.x as f32, y: bounds.y as f32, width: bounds.width as f32, height: bounds.height as f32 };
    Sighting {
        bounds,
        candidates: read.texts,
        jurisdiction: read.jurisdiction,
        issuers: vec![],
        touches_border,
        plausibility,
        doubts: if touches_border { vec!["touches-border".to_owned()] } else { vec![] },
    }
}

/// A result in one shape; none when it shows no plate or no letter of one.
fn read(found: &Found) -> Result<Option<Read>, Failure> {
    let read = match &found.plate {
        None => return Ok(None),
        Some(Plate::Text(text)) => {
            let place = found.place.ok_or_else(|| invalid("a plate has no place in the photo"))?;
            let score = found.score.ok_or_else(|| invalid("a plate has no score"))?;
            let texts = std::iter::once((text.as_str(), score))
                .chain(found.candidates.iter().map(|other| (other.plate.as_str(), other.score)));
            let region = found.region.as_ref();
            Read {
                place,
                detection: share("dscore", found.dscore.unwrap_or(1.0))?,
                texts: candidates(texts)?,
                jurisdiction: jurisdiction(region.map(|Region { code, score }| (code.as_str(), *score)))?,
            }
        }
        Some(Plate::Object(plate)) => {
            let pair = |valued: &Valued| (valued.value.clone(), valued.score);
            let region = plate.props.region.first().map(pair);
            Read {
                place: plate.place,
                detection: share("a plate's score", plate.score.unwrap_or(1.0))?,
                texts: candidates(plate.props.plate.iter().map(|valued| (valued.value.as_str(), valued.score)))?,
                jurisdiction: jurisdiction(region.as_ref().map(|(code, score)| (code.as_str(), *score)))?,
            }
        }
    };
    Ok((!read.texts.is_empty()).then_some(read))
}

/// The service's texts in billing's form, each once, in the service's order: its own choice stays first.
fn candidates<'a>(texts: impl Iterator<Item = (&'a str, f32)>) -> Result<Vec<Candidate>, Failure> {
    let mut kept: Vec<Candidate> = Vec::new();
    for (text, score) in texts.take(MAX_CANDIDATES) {
        let confidence = share("a score", score)?;
        let text = normalise(text);
        if text.len() > MAX_TEXT_CHARS {
            return Err(invalid("a text is longer than any plate's"));
        }
        if !text.is_empty() && kept.iter().all(|other| other.text != text) {
            kept.push(Candidate { text, confidence, characters: vec![] });
        }
    }
    Ok(kept)
}

/// A region with country and subdivision; a country alone (`us`) says nothing about who is billed.
fn jurisdiction(region: Option<(&str, f32)>) -> Result<Option<JurisdictionRead>, Failure> {
    let Some((code, score)) = region else { return Ok(None) };
    let code = code.to_ascii_lowercase();
    let confidence = share("a region's score", score)?;
    let known = check_jurisdiction(&code).is_ok();
    Ok(known.then(|| JurisdictionRead { evidence: format!("region {code}"), code, confidence }))
}

fn quad(place: &Box, photo: &Fitted<'_>) -> Result<Quad, Failure> {
    let reach = 4.0 * 65_536.0;
    let sane = [place.xmin, place.ymin, place.xmax, place.ymax].iter().all(|value| (-reach..=reach).contains(value));
    if !sane || place.xmax < place.xmin || place.ymax < place.ymin {
        return Err(invalid("a plate's box is no box"));
    }
    let [x0, y0] = photo.to_original([place.xmin, place.ymin]);
    let [x1, y1] = photo.to_original([place.xmax, place.ymax]);
    Ok(Quad::upright(x0, y0, x1 - x0, y1 - y0))
}
