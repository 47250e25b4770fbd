//! How bright and in which colour things appear at an hour and in a weather.
//!
//! A colour is lit when it is painted, so that a night photo costs no more than a day photo.

use crate::conditions::{TimeOfDay, Weather};
use crate::dice::Dice;
use crate::tone::Tone;

/// Illumination of one photo.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Light {
    /// Light from everywhere, colour included.
    pub(crate) ambient: Tone,
    /// Camera flash on a diffuse surface at [`FLASH_REACH_M`] or nearer.
    pub(crate) flash: f32,
    /// What a retroreflective sheet adds to its own colour under the flash.
    pub(crate) plate_gain: f32,
    /// Sky at the zenith.
    pub(crate) sky_top: Tone,
    /// Sky at the horizon.
    pub(crate) sky_bottom: Tone,
    /// Depth of the shadow under a vehicle, `0.0..=1.0`.
    pub(crate) shadow: f32,
    /// Whether vehicles and booths have their lamps on.
    pub(crate) lamps: bool,
    /// Fog: share of what remains visible is `1 / (1 + haze * distance²)`.
    pub(crate) haze: f32,
    /// Strength of sensor noise in 8-bit levels.
    pub(crate) noise: f32,
    /// Whether the road is wet.
    pub(crate) wet: bool,
}

/// Up to this distance the flash lights evenly; beyond it falls with the square.
const FLASH_REACH_M: f32 = 4.0;

impl Light {
    /// The light of an hour and a weather.
    pub(crate) fn of(time: TimeOfDay, weather: Weather, dice: &mut Dice) -> Self {
        let light = match time {
            TimeOfDay::Day => day(weather),
            TimeOfDay::Dusk => dusk(weather),
            TimeOfDay::Night => night(weather),
        };
        let exposure = dice.between(0.92, 1.08);
        Self { ambient: light.ambient.times(exposure), ..light }
    }

    /// A surface at a distance, before haze.
    fn lit(&self, surface: Tone, distance_m: f32) -> Tone {
        let near = (FLASH_REACH_M / distance_m.max(FLASH_REACH_M)).min(1.0);
        let flash = self.flash * near * near;
        let white = Tone { red: flash, green: flash, blue: flash };
        let ambient = self.ambient;
        surface.tinted(Tone {
            red: ambient.red + white.red,
            green: ambient.green + white.green,
            blue: ambient.blue + white.blue,
        })
    }

    /// How a diffuse surface appears at a distance in metres.
    pub(crate) fn seen(&self, surface: Tone, distance_m: f32) -> Tone {
        self.through_air(self.lit(surface, distance_m), distance_m)
    }

    /// How a plate appears: retroreflective, hence brighter than the car at night.
    pub(crate) fn plate(&self, surface: Tone, distance_m: f32) -> Tone {
        let returned = surface.times(self.plate_gain);
        let diffuse = self.lit(surface, distance_m);
        let sum = Tone {
            red: diffuse.red + returned.red,
            green: diffuse.green + returned.green,
            blue: diffuse.blue + returned.blue,
        };
        self.through_air(sum, distance_m)
    }

    /// How something that shines by itself appears.
    pub(crate) fn through_air(&self, shining: Tone, distance_m: f32) -> Tone {
        let visible = 1.0 / (1.0 + self.haze * distance_m * distance_m);
        shining.mixed(self.sky_bottom, 1.0 - visible)
    }
}

/// Bright sun; the other lights are described by what differs.
const SUN: Light = Light {
    ambient: Tone::rgb(255, 252, 245),
    flash: 0.0,
    plate_gain: 0.0,
    sky_top: Tone::rgb(98, 150, 208),
    sky_bottom: Tone::rgb(206, 222, 236),
    shadow: 0.5,
    lamps: false,
    haze: 0.000_02,
    noise: 2.6,
    wet: false,
};

fn day(weather: Weather) -> Light {
    match weather {
        Weather::Clear => SUN,
        Weather::Overcast => Light {
            ambient: Tone::rgb(218, 222, 226),
            sky_top: Tone::rgb(168, 175, 184),
            sky_bottom: Tone::rgb(210, 214, 218),
            shadow: 0.32,
            ..SUN
        },
        Weather::Rain => Light {
            ambient: Tone::rgb(168, 174, 182),
            sky_top: Tone::rgb(124, 130, 138),
            sky_bottom: Tone::rgb(164, 169, 175),
            shadow: 0.25,
            lamps: true,
            haze: 0.000_9,
            noise: 4.0,
            wet: true,
            ..SUN
        },
        Weather::Fog => Light {
            ambient: Tone::rgb(204, 207, 210),
            sky_top: Tone::rgb(196, 199, 202),
            sky_bottom: Tone::rgb(198, 201, 204),
            shadow: 0.2,
            lamps: true,
            haze: 0.009,
            noise: 3.5,
            ..SUN
        },
    }
}

fn dusk(weather: Weather) -> Light {
    let base = day(weather);
    let clear = weather == Weather::Clear;
    let glow = if clear { Tone::rgb(226, 154, 104) } else { Tone::rgb(132, 122, 128) };
    Light {
        ambient: base.ambient.tinted(Tone::rgb(146, 122, 122)),
        flash: 0.1,
        plate_gain: 0.12,
        sky_top: Tone::rgb(58, 62, 96),
        sky_bottom: glow,
        shadow: 0.3,
        lamps: true,
        noise: 4.5,
        ..base
    }
}

fn night(weather: Weather) -> Light {
    let base = day(weather);
    let wet = weather == Weather::Rain;
    Light {
        ambient: Tone::rgb(22, 24, 32),
        flash: 0.24,
        plate_gain: if wet { 0.48 } else { 0.56 },
        sky_top: Tone::rgb(7, 9, 16),
        sky_bottom: if weather == Weather::Fog { Tone::rgb(64, 62, 60) } else { Tone::rgb(26, 25, 32) },
        shadow: 0.3,
        lamps: true,
        haze: base.haze * 0.5,
        noise: 5.5,
        ..base
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Purpose;

    fn level(tone: Tone) -> f32 {
        tone.red + tone.green + tone.blue
    }

    #[test]
    fn at_night_a_plate_outshines_white_paint_and_day_outshines_both() {
        let mut dice = Dice::new(1, Purpose::Plan);
        let night = Light::of(TimeOfDay::Night, Weather::Clear, &mut dice);
        let day = Light::of(TimeOfDay::Day, Weather::Clear, &mut dice);
        let paint = level(night.seen(Tone::WHITE, 4.0));
        assert!(level(night.plate(Tone::WHITE, 4.0)) > paint * 2.0);
        assert!(level(day.seen(Tone::WHITE, 4.0)) > paint * 2.0);
    }

    #[test]
    fn fog_takes_contrast_with_distance() {
        let fog = Light::of(TimeOfDay::Day, Weather::Fog, &mut Dice::new(1, Purpose::Plan));
        let contrast = |metres| level(fog.seen(Tone::WHITE, metres)) - level(fog.seen(Tone::BLACK, metres));
        assert!(contrast(12.0) < contrast(4.0) * 0.7);
    }
}
