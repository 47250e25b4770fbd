//! The words a photo's row carries in the column `condition`, for figures by condition.
//!
//! A photo with a readable plate has `readable` and every condition that may make it hard; any other photo only says
//! what it is, so that a dark photo without a vehicle is not held against reading at night.

use crate::conditions::{Conditions, PlateLayout, SceneKind};
use crate::scene::DrawnPhoto;

/// Narrower plates are `small`, in pixels of the photo.
const SMALL_PX: u32 = 90;
/// Seen from further aside, the plate is `slanted`, in degrees.
const SLANTED: f32 = 15.0;
/// A camera rotated further is `tilted`, in degrees.
const TILTED: f32 = 2.5;
/// A lower JPEG quality is `coarse-jpeg`.
const COARSE_BELOW: u8 = 65;

/// All words that fit, separated by spaces.
pub(crate) fn condition(photo: &DrawnPhoto) -> String {
    let mut words = match photo.kind {
        SceneKind::Unreadable(cause) => format!("unreadable unreadable-{cause}"),
        SceneKind::Vehicle | SceneKind::TwoVehicles => readable(photo),
        SceneKind::NoVehicle | SceneKind::MissingPlate | SceneKind::BlackFrame | SceneKind::DamagedFile => {
            photo.kind.as_str().to_owned()
        }
    };
    for case in photo.road.iter().flat_map(|road| &road.cases) {
        words.push(' ');
        words.push_str(case.as_str());
    }
    words
}

fn readable(photo: &DrawnPhoto) -> String {
    let drawn = &photo.conditions;
    let mut words = vec!["readable", photo.kind.as_str(), drawn.time_of_day.as_str(), drawn.weather.as_str()];
    words.push(drawn.layout.unwrap_or(PlateLayout::Series).as_str());
    let small = photo.plate_box.is_some_and(|plate| plate.width < SMALL_PX);
    words.extend(hardships(drawn, small).into_iter().filter_map(|(holds, word)| holds.then_some(word)));
    if words.len() == PLAIN_WORDS {
        words.push("plain");
    }
    words.join(" ")
}

/// Words that every readable photo has.
const PLAIN_WORDS: usize = 5;

fn hardships(drawn: &Conditions, small: bool) -> [(bool, &'static str); 10] {
    [
        (small, "small"),
        (drawn.view_degrees.abs() > SLANTED, "slanted"),
        (drawn.roll_degrees.abs() > TILTED, "tilted"),
        (drawn.dirt > 0.0, "dirty"),
        (drawn.glare > 0.0, "glare"),
        (drawn.shaded, "shaded"),
        (drawn.motion_blur_px > 0.0, "motion-blur"),
        (drawn.framed, "framed"),
        (drawn.signs, "signs"),
        (drawn.jpeg_quality < COARSE_BELOW, "coarse-jpeg"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::UnreadableCause;
    use crate::options::{Likelihood, SceneOptions};
    use crate::scene::Scene;

    fn drawn(kind: SceneKind, options: SceneOptions) -> String {
        let options = SceneOptions { kinds: vec![Likelihood::new(kind, 1.0)], width: 320, height: 240, ..options };
        condition(&Scene::draw(3, &options).unwrap())
    }

    #[test]
    fn a_readable_photo_names_every_condition_and_another_only_what_it_is() {
        let options = SceneOptions { dirt_share: 1.0, frame_share: 1.0, shadow_share: 1.0, ..SceneOptions::night() };
        let words = drawn(SceneKind::TwoVehicles, options.clone());
        for word in ["readable", "two-vehicles", "night", "dirty", "framed", "shaded", "small"] {
            assert!(words.split(' ').any(|found| found == word), "{word} is not in `{words}`");
        }
        assert_eq!(drawn(SceneKind::NoVehicle, options.clone()), "no-vehicle");
        let mud = SceneKind::Unreadable(UnreadableCause::Dirt);
        assert_eq!(drawn(mud, options), "unreadable unreadable-dirt");
    }
}
