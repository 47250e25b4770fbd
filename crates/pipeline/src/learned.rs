//! What a booth and a camera have taught: who passes there, and which texts are the camera's own.
//!
//! Beside it what somebody decided about the camera, by which its photo is turned back before it is read.
//! Learned by the ledger, used by the judge, the same for every reading of one lease. Nothing here is proof: who passes is a
//! prior, and a camera's text takes a place from the plates that a photo may show, never a plate from a vehicle elsewhere
//! in the photo.

use serde::{Deserialize, Serialize};
pub use tollbooth_plate::pair::{Observed, SeenIssuer, Traffic};

use crate::reading::{Bounds, Sighting};
use crate::settings::Settings;
use crate::turned::TurnInForce;

/// What was seen to pass at a booth.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LearnedTraffic {
    /// Grows with each change; a reviewer is told it.
    pub version: u32,
    /// What was seen.
    pub observed: Observed,
}

/// A text that a camera shows at the same place on photo after photo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CameraText {
    /// As it was read, normalised.
    pub text: String,
    /// Where it stands, in pixels of the photo.
    pub bounds: Bounds,
}

/// What the ledger has learned of a booth and one of its cameras.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    /// Nothing until enough passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic: Option<LearnedTraffic>,
    /// Texts of the camera's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<CameraText>,
    /// What somebody decided about the camera: its photo is turned back before it is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turned: Option<TurnInForce>,
}

impl Learned {
    /// As the ledger sends it.
    ///
    /// # Errors
    /// The serialiser's; never for what was learned.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// What the ledger sent.
    ///
    /// # Errors
    /// For a text that is nothing learned: somebody else wrote it.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// True when nothing was learned yet.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.traffic.is_none() && self.texts.is_empty() && self.turned.is_none()
    }

    /// What a judge goes by with these settings: who passes only where enough vehicles of known issuer say so.
    #[must_use]
    pub fn in_force(self, settings: &Settings) -> Self {
        // The setting is 2,000 at most.
        let least = u32::try_from(settings.judge_traffic_learned_from).map_or(f64::INFINITY, f64::from);
        Self { traffic: self.traffic.filter(|seen| least > 0.0 && seen.observed.known() >= least), ..self }
    }

    /// The text of the camera's own that stands where this was read; none where it is not known to be one.
    #[must_use]
    pub fn of_camera(&self, sighting: &Sighting) -> Option<&CameraText> {
        self.texts.iter().find(|own| is_same_place(&own.bounds, &sighting.bounds) && reads_alike(own, sighting))
    }
}

/// Where a photo was taken, as far as it matters to whose plate it shows.
#[derive(Debug, Clone, Copy)]
pub struct Booth<'a> {
    /// Its jurisdiction, `us-tx`.
    pub jurisdiction: &'a str,
    /// What was learned of it; none where nothing was.
    pub learned: Option<&'a Learned>,
}

impl<'a> From<&'a str> for Booth<'a> {
    /// A booth of which nothing but its jurisdiction is known.
    fn from(jurisdiction: &'a str) -> Self {
        Self { jurisdiction, learned: None }
    }
}

/// Most that the same writing moves between two photos, as a share of its height: compression and the detector move its box
/// by less, and a vehicle never stops as exactly.
const MOST_SHIFT: f32 = 0.25;
/// Most that its box grows or shrinks, as a share of its size.
const MOST_GROWTH: f32 = 0.15;

/// True for boxes of one writing that a camera puts at one place.
#[must_use]
pub fn is_same_place(one: &Bounds, other: &Bounds) -> bool {
    let height = one.height.max(other.height);
    let near = |a: f32, b: f32| (a - b).abs() <= MOST_SHIFT * height;
    let alike = |a: f32, b: f32| (a - b).abs() <= MOST_GROWTH * a.max(b);
    let centres = (one.y + one.height / 2.0, other.y + other.height / 2.0);
    // A box that is no number is nowhere.
    near(one.x, other.x)
        && near(centres.0, centres.1)
        && alike(one.width, other.width)
        && alike(one.height, other.height)
}

/// The same text, or one whose characters are easily taken for its: a stamp is misread as well.
fn reads_alike(own: &CameraText, sighting: &Sighting) -> bool {
    sighting
        .candidates
        .iter()
        .any(|read| read.text == own.text || crate::crossing::is_nearly_same(&read.text, &own.text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::Candidate;

    fn at(x: f32, y: f32, width: f32, height: f32) -> Bounds {
        Bounds { x, y, width, height }
    }

    fn sighting(text: &str, bounds: Bounds) -> Sighting {
        Sighting {
            bounds,
            candidates: vec![Candidate { text: text.to_owned(), confidence: 0.9, characters: vec![] }],
            jurisdiction: None,
            issuers: vec![],
            touches_border: false,
            plausibility: 1.0,
            doubts: vec![],
        }
    }

    #[test]
    fn a_stamp_is_known_again_although_its_box_and_text_waver() {
        let texts = vec![CameraText { text: "CAM123".into(), bounds: at(56.0, 48.0, 140.0, 34.0) }];
        let learned = Learned { texts, ..Learned::default() };
        for (text, x, width) in [("CAM123", 56.0, 140.0), ("CAMI23", 58.0, 137.0), ("CAM123", 52.0, 146.0)] {
            assert!(learned.of_camera(&sighting(text, at(x, 49.0, width, 33.0))).is_some(), "{text}");
        }
    }

    #[test]
    fn the_same_text_elsewhere_and_another_text_there_are_none() {
        let texts = vec![CameraText { text: "KBR4651".into(), bounds: at(700.0, 470.0, 150.0, 40.0) }];
        let learned = Learned { texts, ..Learned::default() };
        for (text, bounds) in [
            ("KBR4651", at(715.0, 470.0, 150.0, 40.0)),
            ("KBR4651", at(700.0, 490.0, 150.0, 40.0)),
            ("KBR4651", at(700.0, 470.0, 190.0, 52.0)),
            ("XYZ9876", at(700.0, 470.0, 150.0, 40.0)),
            ("KBR4651", at(f32::NAN, 470.0, 150.0, 40.0)),
        ] {
            assert!(learned.of_camera(&sighting(text, bounds)).is_none(), "{text} {bounds:?}");
        }
    }

    #[test]
    fn who_passes_is_in_force_as_the_settings_say_and_a_camera_s_texts_are_always() {
        let mut observed = Observed::default();
        (0..20).for_each(|_| observed.add(0, Some("us-ok"), "ABC123"));
        let texts = vec![CameraText { text: "KBR4651".into(), bounds: at(56.0, 48.0, 140.0, 34.0) }];
        let learned = Learned { traffic: Some(LearnedTraffic { version: 1, observed }), texts, turned: None };
        for (from, expected) in [(0, false), (10, true), (20, true), (21, false)] {
            let settings = Settings { judge_traffic_learned_from: from, ..Settings::default() };
            let found = learned.clone().in_force(&settings);
            assert_eq!((found.traffic.is_some(), found.texts.len()), (expected, 1), "{from}");
        }
    }

    #[test]
    fn nothing_learned_is_written_as_nothing() {
        assert!(Learned::default().is_nothing());
        assert_eq!(serde_json::to_string(&Learned::default()).unwrap(), "{}");
        assert_eq!(serde_json::from_str::<Learned>("{}").unwrap(), Learned::default());
    }
}
