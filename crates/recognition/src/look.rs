//! The ways of looking at a photo, from cheap to thorough, and what one look finds.
//!
//! Most photos are clear at the first look. The others are looked at larger, where distant plates and their
//! exact edges show, and at last with evened-out contrast, where plates in the dark and in glare show.

use crate::crop;
use crate::detector::{Detector, Scale};
use crate::error::RecognitionError;
use crate::raster::Raster;
use crate::rows;
use crate::settling;
use crate::speller::Speller;
use crate::stack;
use crate::view::{Look, View};
use crate::window::Window;
use tollbooth_plate::{Alternative, Character, PlateSighting, Quad, Spelling, TextLine};

/// Enough for most plates near a booth's camera, at less than half the cost of the full look.
pub(crate) const GLANCE: Scale = Scale { long_side: 640, most_enlarged: 1.0 };
/// Below about 960 pixels, plates 60-90 px wide are lost; above it every photo costs more.
pub(crate) const FULL: Scale = Scale { long_side: 960, most_enlarged: 2.0 };
/// Large enough for plates from 50 px on; costs about 2.8 times the first look, so only where the first saw nothing.
pub(crate) const CLOSE: Scale = Scale { long_side: 1600, most_enlarged: 3.0 };
/// For the look at evened-out contrast, which shows more at less size.
pub(crate) const CONTRAST: Scale = Scale { long_side: 1280, most_enlarged: 3.0 };

/// Lines read with less mean confidence than this are texture, not text.
const LEAST_CONFIDENCE: f32 = 0.5;

/// How far crops are widened for reading a plate again: along and across the text, in text heights.
///
/// A wider crop shows characters that the detector cut off; a tighter one leaves out frames and stickers
/// above and below that bleed into the text.
pub(crate) const REREADINGS: [(f32, f32); 2] = [(0.3, 0.0), (0.0, -0.1)];
/// At a glance whole characters are missed at either end, so one crop is wide enough to show them.
pub(crate) const GLANCE_REREADINGS: [(f32, f32); 2] = [(0.7, 0.0), (0.0, -0.1)];
/// The same along the rows of the serial alone, where the box holds more.
const OWN_ROWS: [f32; 2] = [0.3, 0.0];
/// The same for a plate with a stacked pair, along its text.
const STACKED_REREADINGS: [f32; 2] = [0.0, 0.1];
/// A text at least this high is the nearest vehicle's, in thousandths of the photo's longer side.
const NEAR_TEXT: f32 = 25.0;

/// Lines of one look that are read at most, the largest first: a page of text must not cost unbounded time.
const MOST_LINES: usize = 24;
/// A text with less than this share of the best one's score or area is no rival to it.
const RIVAL_SHARE: f32 = 0.2;
/// A plate's own surroundings, in heights of its text: state names, the other half.
const SURROUNDINGS: f32 = 2.0;

/// Characters of a text that may well be the plate, and their mean probability.
const PROMISING_LENGTH: u32 = 5;
const PROMISING_CHARACTERS: f32 = 0.85;

/// Plates of one look that are read again: the foremost one, and the one that may prove to be the better.
const REREAD_VIEWS: usize = 2;

/// The networks at work on one photo.
pub(crate) struct Eyes<'a> {
    pub detector: &'a Detector,
    pub speller: &'a Speller,
}

/// True when a line can neither rival the best one nor belong to the same plate.
fn is_beside_the_point(line: &Quad, best: &Quad) -> bool {
    let reach = SURROUNDINGS * best.height();
    line.area() < RIVAL_SHARE * best.area() && !best.widened(reach, reach).covers(line.centre())
}

impl Look {
    fn at(lines: Vec<TextLine>, photo: &Raster) -> Self {
        let sightings = tollbooth_plate::pick(&lines, photo.width as u32, photo.height as u32);
        let views = sightings
            .into_iter()
            .map(|sighting| View { sighting, votes: Vec::new(), is_stacked: false, is_reread: false })
            .collect();
        Self { lines, views }
    }

    /// True when something in it may well be the plate, so that looking elsewhere is not worth its cost.
    pub(crate) fn is_promising(&self) -> bool {
        self.views.first().is_some_and(|view| {
            let evidence = &view.sighting.evidence;
            evidence.is_mixed && evidence.length >= PROMISING_LENGTH && evidence.mean_character >= PROMISING_CHARACTERS
        })
    }
}

impl Look {
    /// True when the foremost text is so large that it must be the nearest vehicle's.
    pub(crate) fn is_near(&self, photo: &Raster) -> bool {
        let least = NEAR_TEXT * photo.width.max(photo.height) as f32 / 1000.0;
        self.views.first().is_some_and(|view| view.sighting.evidence.text_height >= least)
    }
}

impl Eyes<'_> {
    /// Looks at the whole photo.
    pub(crate) fn look(&self, photo: &Raster, scale: &Scale) -> Result<Look, RecognitionError> {
        let lines = self.lines(photo, &Window::whole(photo), scale, |_| true)?;
        Ok(Look::at(lines, photo))
    }

    /// Looks closer at the foremost plates of a look before, and takes over what it saw elsewhere; at the whole photo
    /// where nothing that it saw is promising.
    pub(crate) fn look_closer(
        &self,
        photo: &Raster,
        before: Option<&Look>,
        scale: &Scale,
    ) -> Result<Look, RecognitionError> {
        let Some(before) = before.filter(|look| look.is_promising()) else { return self.look(photo, scale) };
        let mut windows: Vec<Window> = Vec::new();
        let mut lines: Vec<TextLine> = Vec::new();
        for view in before.views.iter().take(REREAD_VIEWS) {
            let text = view.sighting.quad;
            if windows.iter().any(|window| window.covers(&text)) {
                continue;
            }
            let window = Window::around(&text, photo);
            let is_new = |line: &Quad| !windows.iter().any(|other| other.shows(line, photo));
            lines.extend(self.lines(photo, &window, scale, is_new)?);
            windows.push(window);
        }
        let is_elsewhere = |line: &&TextLine| !windows.iter().any(|window| window.shows(&line.quad, photo));
        lines.extend(before.lines.iter().filter(is_elsewhere).cloned());
        Ok(Look::at(lines, photo))
    }

    /// The lines of text in a window, of those that are wanted. Others are read only while they may say which is the best.
    ///
    /// Large ones are read first; what is then too small to rival the best of them, and too far away to belong to it,
    /// is left unread.
    fn lines(
        &self,
        photo: &Raster,
        window: &Window,
        scale: &Scale,
        is_wanted: impl Fn(&Quad) -> bool,
    ) -> Result<Vec<TextLine>, RecognitionError> {
        let mut regions = self.detector.regions(photo, window, scale)?;
        regions.sort_by(|a, b| b.quad.area().total_cmp(&a.quad.area()));
        regions.truncate(MOST_LINES);
        let mut lines = Vec::new();
        let mut best: Option<Quad> = None;
        for region in regions {
            let is_wanted = is_wanted(&region.quad);
            if best.is_some_and(|best| !is_wanted || is_beside_the_point(&region.quad, &best)) {
                continue;
            }
            let read = self.speller.spell(&crop::cut(photo, &region.quad))?;
            let confidence = read.mean();
            if confidence < LEAST_CONFIDENCE || read.text.trim().is_empty() {
                continue;
            }
            let line = TextLine {
                quad: region.quad,
                text: read.text,
                confidence,
                characters: read.characters,
                detection: region.score,
            };
            if best.is_none() && tollbooth_plate::is_plain_plate(&line) {
                best = Some(line.quad);
            }
            if is_wanted {
                lines.push(line);
            }
        }
        Ok(lines)
    }

    /// The same look with its foremost plates read again, each from several crops.
    pub(crate) fn reread(
        &self,
        photo: &Raster,
        mut look: Look,
        crops: &[(f32, f32); 2],
    ) -> Result<Look, RecognitionError> {
        let foremost = look.views.first().map_or(0.0, |view| view.sighting.score);
        let is_rival = |view: &&mut View| view.sighting.score >= RIVAL_SHARE * foremost;
        for view in look.views.iter_mut().take(REREAD_VIEWS).filter(is_rival).filter(|view| !view.is_reread) {
            self.reread_view(photo, view, crops, |_| true)?;
            self.read_stacked(photo, view)?;
            view.is_reread = true;
        }
        look.views.sort_by(|a, b| b.sighting.score.total_cmp(&a.sighting.score));
        Ok(look)
    }

    /// The same as [`Eyes::reread`] when the foremost plate may prove to be certain; else it stops as soon as that is
    /// out of the question, for then a better look follows and has the say.
    pub(crate) fn confirm(
        &self,
        photo: &Raster,
        mut look: Look,
        crops: &[(f32, f32); 2],
    ) -> Result<Look, RecognitionError> {
        let Some(view) = look.views.first_mut() else { return Ok(look) };
        if !settling::may_be_certain(&view.sighting) {
            return Ok(look);
        }
        self.reread_view(photo, view, crops, settling::are_unanimous)?;
        if settling::are_unanimous(&view.votes) { self.reread(photo, look, crops) } else { Ok(look) }
    }

    /// Reads a plate from several crops, unless it has been, for as long as the votes so far are worth another.
    fn reread_view(
        &self,
        photo: &Raster,
        view: &mut View,
        crops: &[(f32, f32); 2],
        is_worth_more: impl Fn(&[Spelling]) -> bool,
    ) -> Result<(), RecognitionError> {
        let quad = view.sighting.quad;
        // Two lines were never read as one: do that too.
        let whole = view.sighting.evidence.is_joined.then_some((0.0, 0.0));
        let crops: Vec<_> = whole.into_iter().chain(crops.iter().copied()).collect();
        if view.votes.is_empty() {
            view.votes.push(as_found(&view.sighting));
        }
        let read_before = view.votes.len() - 1;
        for (along, across) in crops.into_iter().skip(read_before) {
            if !is_worth_more(&view.votes) {
                break;
            }
            let around = quad.widened(along * quad.height(), across * quad.height());
            let read = self.speller.spell(&crop::cut(photo, &around))?;
            view.votes.push(Spelling::normalised(&read.text, read.mean(), &read.characters));
        }
        Ok(())
    }

    /// Reads the foremost plate's own rows as well, where its box holds more than the serial: larger, and without what stands
    /// above and below.
    pub(crate) fn read_own_rows(&self, photo: &Raster, look: &mut Look) -> Result<(), RecognitionError> {
        let Some(view) = look.views.first_mut().filter(|view| !view.is_stacked) else { return Ok(()) };
        let Some(rows) = rows::whole_serial_in(photo, &view.sighting.quad) else { return Ok(()) };
        for along in OWN_ROWS {
            let read = self.speller.spell(&crop::cut(photo, &rows.widened(along * rows.height(), 0.0)))?;
            view.votes.push(Spelling::normalised(&read.text, read.mean(), &read.characters));
        }
        Ok(())
    }

    /// Reads two small letters above each other, where the votes leave room for them.
    fn read_stacked(&self, photo: &Raster, view: &mut View) -> Result<(), RecognitionError> {
        let quad = view.sighting.quad;
        for suspicion in stack::suspicions(&view.votes) {
            let mut votes = Vec::new();
            for along in STACKED_REREADINGS {
                let around = quad.widened(along * quad.height(), 0.0);
                let Some(line) = stack::laid_flat(photo, &around, suspicion.digits.len()) else { continue };
                let read = self.speller.spell(&line)?;
                let read = Spelling::normalised(&read.text, read.mean(), &read.characters);
                if stack::is_confirmed(&read, &suspicion.digits) {
                    votes.push(read);
                }
            }
            if votes.is_empty() {
                continue;
            }
            if suspicion.is_contradicted {
                view.votes.append(&mut votes);
            } else {
                view.votes = votes;
                view.is_stacked = true;
                view.sighting.stack();
            }
            return Ok(());
        }
        Ok(())
    }
}

/// The reading that made this a sighting, as a vote. What else its characters could be stands in the other candidates.
fn as_found(sighting: &PlateSighting) -> Spelling {
    let (text, confidences) =
        sighting.best().map(|best| (best.text.clone(), best.characters.as_slice())).unwrap_or_default();
    let mut characters: Vec<Character> = text
        .chars()
        .zip(confidences)
        .map(|(symbol, &confidence)| Character { symbol, confidence, alternatives: Vec::new() })
        .collect();
    for other in sighting.candidates.iter().skip(1) {
        let others = other.text.chars().zip(&other.characters);
        for (character, (symbol, &confidence)) in characters.iter_mut().zip(others) {
            if character.symbol != symbol {
                character.alternatives.push(Alternative { symbol, confidence });
            }
        }
    }
    Spelling { text, confidence: sighting.evidence.mean_character, characters }
}
