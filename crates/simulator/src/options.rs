//! What may be drawn, and how often: the distribution photos come from.
//!
//! Options are checked before anything is drawn; a bad one is an error, never a silent default.

use std::ops::RangeInclusive;

use crate::conditions::{PlateLayout, SceneKind, TimeOfDay, UnreadableCause, Weather};
use crate::design::JURISDICTIONS;
use crate::error::SimulatorError;
use crate::road::RoadOptions;

/// A value and how often it is drawn, relative to the others of its list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likelihood<T> {
    /// The value.
    pub value: T,
    /// Relative weight, `>= 0`, finite.
    pub weight: f32,
}

impl<T> Likelihood<T> {
    /// A value with its weight.
    pub const fn new(value: T, weight: f32) -> Self {
        Self { value, weight }
    }
}

/// The distribution of photos. Shares are probabilities in `0.0..=1.0`.
#[derive(Debug, Clone, PartialEq)]
pub struct SceneOptions {
    /// Width of the photo in pixels, `320..=4096`.
    pub width: u32,
    /// Height of the photo in pixels, `240..=4096`.
    pub height: u32,
    /// What the photo is of.
    pub kinds: Vec<Likelihood<SceneKind>>,
    /// Light outside.
    pub times: Vec<Likelihood<TimeOfDay>>,
    /// Weather.
    pub weathers: Vec<Likelihood<Weather>>,
    /// Arrangement of the characters.
    pub layouts: Vec<Likelihood<PlateLayout>>,
    /// Who issued the plate; each value is one of [`JURISDICTIONS`].
    pub jurisdictions: Vec<Likelihood<&'static str>>,
    /// Width of the plate in a photo 1280 pixels wide, before perspective shortens it: `16.0..=400.0`.
    pub plate_width_px: RangeInclusive<f32>,
    /// How far the camera may stand beside the vehicle's axis, in shares of its distance: `0.0..=0.7`.
    pub camera_side: f32,
    /// Height of the camera above the road in metres, `0.4..=6.0`.
    pub camera_height_m: RangeInclusive<f32>,
    /// Largest rotation of the camera around its axis, degrees: `0.0..=15.0`.
    pub roll_degrees: f32,
    /// Share of plates with dirt; it stays readable.
    pub dirt_share: f32,
    /// Share of plates with a reflection; it stays readable.
    pub glare_share: f32,
    /// Share of plates with the edge of a shadow over them.
    pub shadow_share: f32,
    /// Share of photos with visible movement; the plate stays readable.
    pub motion_blur_share: f32,
    /// Share of plates in a dealer's frame.
    pub frame_share: f32,
    /// Share of photos with a burned-in time stamp.
    pub stamp_share: f32,
    /// Share of photos with signs and lane markings that carry writing.
    pub sign_share: f32,
    /// JPEG quality, within `20..=98`.
    pub jpeg_quality: RangeInclusive<u8>,
    /// What passes, in place of `jurisdictions` and `layouts`; none for an even mix of states.
    pub road: Option<RoadOptions>,
}

impl SceneOptions {
    /// Names of the presets.
    pub const PRESETS: [&str; 7] = ["mixed", "clear-day", "night", "bad-weather", "hard", "nothing-to-read", "road"];

    /// The options of a preset; none when no preset has this name. The booth of `road` stands in Texas.
    pub fn preset(name: &str) -> Option<Self> {
        match name {
            "mixed" => Some(Self::mixed()),
            "clear-day" => Some(Self::clear_day()),
            "night" => Some(Self::night()),
            "bad-weather" => Some(Self::bad_weather()),
            "hard" => Some(Self::hard()),
            "nothing-to-read" => Some(Self::nothing_to_read()),
            "road" => RoadOptions::of("us-tx").ok().map(Self::road),
            _ => None,
        }
    }

    /// Daylight, dry, one clean vehicle straight ahead: what a recogniser has to get right.
    pub fn clear_day() -> Self {
        Self {
            width: 1280,
            height: 720,
            kinds: vec![Likelihood::new(SceneKind::Vehicle, 1.0)],
            times: vec![Likelihood::new(TimeOfDay::Day, 1.0)],
            weathers: vec![Likelihood::new(Weather::Clear, 3.0), Likelihood::new(Weather::Overcast, 1.0)],
            layouts: vec![Likelihood::new(PlateLayout::Series, 9.0), Likelihood::new(PlateLayout::Vanity, 1.0)],
            jurisdictions: usual_jurisdictions(),
            plate_width_px: 110.0..=180.0,
            camera_side: 0.2,
            camera_height_m: 1.0..=1.8,
            roll_degrees: 2.0,
            dirt_share: 0.0,
            glare_share: 0.0,
            shadow_share: 0.0,
            motion_blur_share: 0.0,
            frame_share: 0.3,
            stamp_share: 0.3,
            sign_share: 0.1,
            jpeg_quality: 82..=91,
            road: None,
        }
    }

    /// Everything a year at a booth brings, hard cases more often than on the road.
    pub fn mixed() -> Self {
        Self {
            kinds: mixed_kinds(),
            times: vec![
                Likelihood::new(TimeOfDay::Day, 5.0),
                Likelihood::new(TimeOfDay::Dusk, 2.0),
                Likelihood::new(TimeOfDay::Night, 3.0),
            ],
            weathers: vec![
                Likelihood::new(Weather::Clear, 5.0),
                Likelihood::new(Weather::Overcast, 3.0),
                Likelihood::new(Weather::Rain, 1.5),
                Likelihood::new(Weather::Fog, 0.5),
            ],
            layouts: vec![
                Likelihood::new(PlateLayout::Series, 86.0),
                Likelihood::new(PlateLayout::Vanity, 10.0),
                Likelihood::new(PlateLayout::Stacked, 4.0),
            ],
            plate_width_px: 75.0..=190.0,
            camera_side: 0.45,
            camera_height_m: 0.8..=3.2,
            roll_degrees: 5.0,
            dirt_share: 0.25,
            glare_share: 0.1,
            shadow_share: 0.15,
            motion_blur_share: 0.25,
            frame_share: 0.35,
            stamp_share: 0.5,
            sign_share: 0.3,
            jpeg_quality: 55..=90,
            ..Self::clear_day()
        }
    }

    /// As [`Self::mixed`], at night.
    pub fn night() -> Self {
        Self { times: vec![Likelihood::new(TimeOfDay::Night, 1.0)], ..Self::mixed() }
    }

    /// As [`Self::mixed`], in rain and fog.
    pub fn bad_weather() -> Self {
        let weathers = vec![Likelihood::new(Weather::Rain, 3.0), Likelihood::new(Weather::Fog, 1.0)];
        Self { weathers, ..Self::mixed() }
    }

    /// Readable plates only, and everything that makes reading hard often and together.
    pub fn hard() -> Self {
        Self {
            kinds: vec![Likelihood::new(SceneKind::Vehicle, 4.0), Likelihood::new(SceneKind::TwoVehicles, 1.0)],
            layouts: vec![
                Likelihood::new(PlateLayout::Series, 2.0),
                Likelihood::new(PlateLayout::Vanity, 1.0),
                Likelihood::new(PlateLayout::Stacked, 1.0),
            ],
            plate_width_px: 70.0..=120.0,
            camera_side: 0.7,
            roll_degrees: 10.0,
            dirt_share: 0.5,
            glare_share: 0.3,
            shadow_share: 0.3,
            motion_blur_share: 0.5,
            jpeg_quality: 40..=75,
            ..Self::mixed()
        }
    }

    /// Nothing but photos without a readable plate, every kind equally often: what reasons are given for them?
    pub fn nothing_to_read() -> Self {
        let mut kinds: Vec<_> =
            [SceneKind::NoVehicle, SceneKind::MissingPlate, SceneKind::BlackFrame, SceneKind::DamagedFile]
                .map(|kind| Likelihood::new(kind, 1.0))
                .to_vec();
        kinds.extend(UnreadableCause::ALL.iter().map(|&cause| Likelihood::new(SceneKind::Unreadable(cause), 1.0)));
        Self { kinds, ..Self::mixed() }
    }

    /// Refuses what cannot be drawn.
    ///
    /// # Errors
    /// [`SimulatorError::Option`] names the first option that is out of range and its range.
    pub fn check(&self) -> Result<(), SimulatorError> {
        inside("width", self.width, &(320..=4096))?;
        inside("height", self.height, &(240..=4096))?;
        weights("kinds", &self.kinds)?;
        weights("times", &self.times)?;
        weights("weathers", &self.weathers)?;
        weights("layouts", &self.layouts)?;
        weights("jurisdictions", &self.jurisdictions)?;
        known_jurisdictions(&self.jurisdictions)?;
        span("plate_width_px", &self.plate_width_px, &(16.0..=400.0))?;
        inside("camera_side", self.camera_side, &(0.0..=0.7))?;
        span("camera_height_m", &self.camera_height_m, &(0.4..=6.0))?;
        inside("roll_degrees", self.roll_degrees, &(0.0..=15.0))?;
        for (name, share) in [
            ("dirt_share", self.dirt_share),
            ("glare_share", self.glare_share),
            ("shadow_share", self.shadow_share),
            ("motion_blur_share", self.motion_blur_share),
            ("frame_share", self.frame_share),
            ("stamp_share", self.stamp_share),
            ("sign_share", self.sign_share),
        ] {
            inside(name, share, &(0.0..=1.0))?;
        }
        span("jpeg_quality", &self.jpeg_quality, &(20..=98))?;
        self.road.as_ref().map_or(Ok(()), RoadOptions::check)
    }
}

impl Default for SceneOptions {
    fn default() -> Self {
        Self::mixed()
    }
}

fn usual_jurisdictions() -> Vec<Likelihood<&'static str>> {
    JURISDICTIONS
        .iter()
        .map(|&code| {
            let weight = match code {
                "us-ok" => 8.0,
                "us-tx" => 6.0,
                "us-nm" => 3.0,
                _ => 1.0,
            };
            Likelihood::new(code, weight)
        })
        .collect()
}

fn mixed_kinds() -> Vec<Likelihood<SceneKind>> {
    let mut kinds = vec![
        Likelihood::new(SceneKind::Vehicle, 82.0),
        Likelihood::new(SceneKind::TwoVehicles, 5.0),
        Likelihood::new(SceneKind::NoVehicle, 2.0),
        Likelihood::new(SceneKind::MissingPlate, 2.0),
        Likelihood::new(SceneKind::BlackFrame, 1.0),
        Likelihood::new(SceneKind::DamagedFile, 1.0),
    ];
    kinds.extend(UnreadableCause::ALL.iter().map(|&cause| Likelihood::new(SceneKind::Unreadable(cause), 1.0)));
    kinds
}

fn weights<T>(option: &'static str, list: &[Likelihood<T>]) -> Result<(), SimulatorError> {
    let sound = list.iter().all(|entry| entry.weight.is_finite() && entry.weight >= 0.0);
    let sum: f32 = list.iter().map(|entry| entry.weight).sum();
    if sound && sum.is_finite() && sum > 0.0 {
        return Ok(());
    }
    let problem = "needs weights that are finite, not negative and not all zero".to_owned();
    Err(SimulatorError::Option { option, problem })
}

fn known_jurisdictions(list: &[Likelihood<&'static str>]) -> Result<(), SimulatorError> {
    match list.iter().find(|entry| !JURISDICTIONS.contains(&entry.value)) {
        None => Ok(()),
        Some(unknown) => Err(SimulatorError::Option {
            option: "jurisdictions",
            problem: format!("has no plate design for `{}`; known are {}", unknown.value, JURISDICTIONS.join(", ")),
        }),
    }
}

fn inside<T: PartialOrd + std::fmt::Debug>(
    option: &'static str,
    value: T,
    range: &RangeInclusive<T>,
) -> Result<(), SimulatorError> {
    if range.contains(&value) {
        return Ok(());
    }
    let problem = format!("is {value:?}, but has to be within {range:?}");
    Err(SimulatorError::Option { option, problem })
}

fn span<T: PartialOrd + Copy + std::fmt::Debug>(
    option: &'static str,
    value: &RangeInclusive<T>,
    range: &RangeInclusive<T>,
) -> Result<(), SimulatorError> {
    inside(option, *value.start(), range)?;
    inside(option, *value.end(), range)?;
    if value.start() <= value.end() {
        return Ok(());
    }
    let problem = format!("is {value:?}: the lower end is above the upper one");
    Err(SimulatorError::Option { option, problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_drawable() {
        for name in SceneOptions::PRESETS {
            SceneOptions::preset(name).unwrap().check().unwrap();
        }
        assert!(SceneOptions::preset("sunny").is_none());
    }

    #[test]
    fn each_option_out_of_range_is_refused_by_name() {
        let base = SceneOptions::clear_day;
        let cases = [
            ("width", SceneOptions { width: 10, ..base() }),
            ("height", SceneOptions { height: 9000, ..base() }),
            ("kinds", SceneOptions { kinds: vec![], ..base() }),
            ("times", SceneOptions { times: vec![Likelihood::new(TimeOfDay::Day, 0.0)], ..base() }),
            ("jurisdictions", SceneOptions { jurisdictions: vec![Likelihood::new("xx", 1.0)], ..base() }),
            ("plate_width_px", SceneOptions { plate_width_px: 9.0..=80.0, ..base() }),
            ("camera_height_m", SceneOptions { camera_height_m: 0.5..=f32::NAN, ..base() }),
            ("roll_degrees", SceneOptions { roll_degrees: f32::NAN, ..base() }),
            ("stamp_share", SceneOptions { stamp_share: 1.5, ..base() }),
            #[expect(clippy::reversed_empty_ranges, reason = "the reversed range is the case")]
            ("jpeg_quality", SceneOptions { jpeg_quality: 90..=60, ..base() }),
        ];
        for (name, options) in cases {
            match options.check() {
                Err(SimulatorError::Option { option, .. }) => assert_eq!(option, name),
                other => panic!("{name} was accepted or misnamed: {other:?}"),
            }
        }
    }
}
