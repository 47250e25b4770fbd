//! The ways of looking at a photo, from cheap to thorough, and what one look finds.
//!
//! Most photos are clear at the first look. The others are looked at larger, where distant plates and their
//! exact edges show, and at last with evened-out contrast, where plates in the dark and in glare show.

use crate::crop;
use crate::detector::{Detector, Scale};
use crate::error::RecognitionError;
use crate::raster::Raster;
use crate::speller::Speller;
use tollbooth_plate::{Character, PlateSighting, Spelling, TextLine};

/// Below about 960 pixels, plates 60-90 px wide are lost; above it every photo costs more.
pub(crate) const FIRST: Scale = Scale { long_side: 960, most_enlarged: 2.0 };
/// Large enough for plates from 50 px on; costs about 2.8 times the first look.
pub(crate) const CLOSE: Scale = Scale { long_side: 1600, most_enlarged: 3.0 };
/// For the look at evened-out contrast, which shows more at less size.
pub(crate) const CONTRAST: Scale = Scale { long_side: 1280, most_enlarged: 3.0 };

/// Lines read with less mean confidence than this are texture, not text.
const LEAST_CONFIDENCE: f32 = 0.5;

/// How far crops are widened for reading a plate again: along and across the text, in text heights.
///
/// A wider crop shows characters that the detector cut off; a tighter one leaves out frames and stickers
/// above and below that bleed into the text.
const REREADINGS: [(f32, f32); 2] = [(0.3, 0.0), (0.0, -0.1)];

/// Plates of one look that are read again: the foremost one, and the one that may prove to be the better.
const REREAD_VIEWS: usize = 2;

/// The networks at work on one photo.
pub(crate) struct Eyes<'a> {
    pub detector: &'a Detector,
    pub speller: &'a Speller,
}

/// A plate as one look saw it, with all its readings.
pub(crate) struct View {
    pub sighting: PlateSighting,
    /// The text as found, then as read from other crops.
    pub votes: Vec<Spelling>,
}

/// What one look found.
pub(crate) struct Look {
    pub lines: Vec<TextLine>,
    /// Most plausible first.
    pub views: Vec<View>,
}

impl Eyes<'_> {
    /// Looks at the whole photo.
    pub(crate) fn look(&self, photo: &Raster, scale: &Scale) -> Result<Look, RecognitionError> {
        let mut lines = Vec::new();
        for region in self.detector.regions(photo, scale)? {
            let read = self.speller.spell(&crop::cut(photo, &region.quad))?;
            let confidence = read.mean();
            if confidence >= LEAST_CONFIDENCE && !read.text.trim().is_empty() {
                lines.push(TextLine {
                    quad: region.quad,
                    text: read.text,
                    confidence,
                    characters: read.characters,
                    detection: region.score,
                });
            }
        }
        let sightings = tollbooth_plate::pick(&lines, photo.width as u32, photo.height as u32);
        let views = sightings.into_iter().map(|sighting| View { sighting, votes: Vec::new() }).collect();
        Ok(Look { lines, views })
    }

    /// The same look with its foremost plates read again, each from several crops.
    pub(crate) fn reread(&self, photo: &Raster, mut look: Look) -> Result<Look, RecognitionError> {
        for view in look.views.iter_mut().take(REREAD_VIEWS) {
            let quad = view.sighting.quad;
            view.votes.push(as_found(&view.sighting));
            // Two lines were never read as one: do that too.
            let whole = view.sighting.evidence.is_joined.then_some((0.0, 0.0));
            for (along, across) in whole.into_iter().chain(REREADINGS) {
                let around = quad.widened(along * quad.height(), across * quad.height());
                let read = self.speller.spell(&crop::cut(photo, &around))?;
                view.votes.push(Spelling::normalised(&read.text, read.mean(), &read.characters));
            }
        }
        Ok(look)
    }
}

/// The reading that made this a sighting, as a vote.
fn as_found(sighting: &PlateSighting) -> Spelling {
    let (text, confidences) =
        sighting.best().map(|best| (best.text.clone(), best.characters.as_slice())).unwrap_or_default();
    let character = |(symbol, &confidence)| Character { symbol, confidence, alternatives: Vec::new() };
    let characters = text.chars().zip(confidences).map(character).collect();
    Spelling { text, confidence: sighting.evidence.mean_character, characters }
}
