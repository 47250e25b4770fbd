//! The cameras of a plaza: what each burns into its photos, always at the same place, and how it hangs.
//!
//! A stamp is short, sharp and shaped like a serial; it is a plate to a reader that only looks for texts. A camera that
//! looks into a mirror or hangs upside down still writes its own name the right way round.

use tiny_skia::Transform;

use crate::canvas::{Brush, Canvas};
use crate::dice::{Dice, Purpose, seed_of};
use crate::shapes::rectangle;
use crate::tone::Tone;
use crate::typeface::{Face, TextStyle, Typefaces};

use super::{RoadCase, RoadOptions};

/// The camera of a photo.
#[derive(Debug, Clone, Default)]
pub(crate) struct CameraLook {
    /// `cam-3`; empty where no road is drawn.
    pub(crate) camera: String,
    pub(crate) overlays: Vec<Overlay>,
    pub(crate) mirrored: bool,
    pub(crate) turned: bool,
}

/// A text in the picture.
#[derive(Debug, Clone)]
pub(crate) struct Overlay {
    text: String,
    /// Place of its upper left corner, in shares of the free width and height.
    place: (f32, f32),
    /// Height of its capitals in a photo 1280 pixels wide.
    capital: f32,
    boxed: bool,
    ink: Tone,
}

/// Cameras of a plaza that hang as they should.
const CAMERAS: usize = 8;
/// Photos of a plaza that come from a camera which does not, of either kind.
const ASKEW_SHARE: f32 = 0.006;
/// Cameras that write their name, and those that write a date as well.
const NAMED_SHARE: f32 = 0.3;
const DATED_SHARE: f32 = 0.2;

const MAKERS: [&str; 9] = ["CAM", "CAM ", "IPC", "IPC ", "CH ", "DVR", "NVR ", "LPR", "TOLL "];
const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// The camera that takes the next photo.
pub(super) fn draw(road: &RoadOptions, dice: &mut Dice) -> CameraLook {
    let (index, sort) = (dice.below(CAMERAS), dice.unit());
    let askew = |case, low: f32| match road.only {
        Some(only) => only == case,
        None => (low..low + ASKEW_SHARE).contains(&sort),
    };
    let mirrored = askew(RoadCase::Mirrored, 0.0);
    let turned = !mirrored && askew(RoadCase::Turned, ASKEW_SHARE);
    let index = if mirrored {
        CAMERAS
    } else if turned {
        CAMERAS + 1
    } else {
        index
    };
    let stamped = matches!(road.only, Some(RoadCase::CameraStamp | RoadCase::StampAlone));
    // A likeness of something else shows nothing but that.
    let plain = road.only.is_some() && !stamped;
    let overlays = if plain { Vec::new() } else { overlays(road, index as u32, stamped, dice) };
    CameraLook { camera: format!("cam-{}", index + 1), overlays, mirrored, turned }
}

/// What this camera writes: place and name are its own, the date is the photo's.
fn overlays(road: &RoadOptions, camera: u32, stamped: bool, photo: &mut Dice) -> Vec<Overlay> {
    let mut own = Dice::new(seed_of(road.plaza, camera), Purpose::Road);
    let own = &mut own;
    let (named, dated) = (own.chance(NAMED_SHARE) || stamped, own.chance(DATED_SHARE));
    let (maker, digits) = (own.pick(&MAKERS), 2 + own.below(3));
    let number: String = (0..digits).map(|_| own.letter("0123456789")).collect();
    let ink = own.pick(&[Tone::WHITE, Tone::WHITE, Tone::rgb(250, 226, 90), Tone::BLACK]);
    let (left, top) = (own.chance(0.6), own.chance(0.6));
    let place = (if left { 0.02 } else { 0.97 }, if top { 0.03 } else { 0.95 });
    let capital = own.between(14.0, 44.0);
    let boxed = own.chance(0.3) && ink != Tone::BLACK;
    let (day, month, year) = (1 + photo.below(28), photo.pick(&MONTHS), 24 + photo.below(3));
    let name = Overlay { text: format!("{maker}{number}"), place, capital, boxed, ink };
    let other_edge = (place.0, 0.98 - place.1);
    let date = Overlay { text: format!("{day:02}{month}{year}"), place: other_edge, ..name.clone() };
    [named.then_some(name), dated.then_some(date)].into_iter().flatten().collect()
}

/// Burns a camera's texts into a picture.
pub(crate) fn paint_overlays(canvas: &mut Canvas, faces: &Typefaces, look: &CameraLook) {
    let (width, height) = (canvas.width() as f32, canvas.height() as f32);
    let unit = width / 1280.0;
    for overlay in &look.overlays {
        let capital = overlay.capital * unit;
        let style = TextStyle { face: Face::Mono, capital, squeeze: 1.0, tracking: 0.06 };
        let line = faces.line(&overlay.text, style);
        let (x, y) = (overlay.place.0 * (width - line.width), overlay.place.1 * (height - capital));
        let Some(path) = line.path.and_then(|path| path.transform(Transform::from_translate(x, y))) else { continue };
        let margin = capital * 0.3;
        let bar = rectangle(x - margin, y - margin, line.width + 2.0 * margin, capital + 2.0 * margin);
        match bar.filter(|_| overlay.boxed) {
            Some(bar) => canvas.fill(&bar, &Brush::flat(Tone::BLACK.paint(0.8))),
            None if overlay.ink != Tone::BLACK => {
                canvas.stroke(&path, 2.4 * unit, &Brush::flat(Tone::BLACK.paint(0.9)))
            }
            None => {}
        }
        canvas.fill(&path, &Brush::flat(overlay.ink.paint(1.0)));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn a_camera_writes_its_name_at_one_place_in_every_photo() {
        let mut dice = Dice::new(1, Purpose::Road);
        let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for index in 0..12_000 {
            let plaza = index % 4;
            let look = draw(&RoadOptions { plaza, ..RoadOptions::of("us-tx").unwrap() }, &mut dice);
            let named = look.overlays.iter().filter(|overlay| !MONTHS.iter().any(|month| overlay.text.contains(month)));
            let stamps = named.map(|overlay| format!("{} {:?} {}", overlay.text, overlay.place, overlay.capital));
            seen.entry(format!("{plaza} {}", look.camera)).or_default().extend(stamps);
        }
        assert_eq!(seen.len(), 4 * (CAMERAS + 2), "{seen:?}");
        assert!(seen.values().all(|stamps| stamps.len() <= 1), "{seen:?}");
        assert!(seen.values().flatten().count() >= 4, "{seen:?}");
    }

    #[test]
    fn plazas_have_cameras_of_their_own() {
        let of = |plaza| {
            let road = RoadOptions { plaza, only: Some(RoadCase::StampAlone), ..RoadOptions::of("us-tx").unwrap() };
            draw(&road, &mut Dice::new(1, Purpose::Road)).overlays[0].text.clone()
        };
        assert_ne!(of(1), of(2));
        assert_eq!(of(1), of(1));
    }
}
