//! Colours before they become pixels: three linear factors, no alpha.

use tiny_skia::Color;

/// Red, green and blue, each nominally `0.0..=1.0`; values above survive until they are painted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tone {
    pub(crate) red: f32,
    pub(crate) green: f32,
    pub(crate) blue: f32,
}

impl Tone {
    pub(crate) const BLACK: Tone = Tone::grey(0);
    pub(crate) const WHITE: Tone = Tone::grey(255);

    /// From bytes as they are written in style sheets.
    pub(crate) const fn rgb(red: u8, green: u8, blue: u8) -> Self {
        Self { red: red as f32 / 255.0, green: green as f32 / 255.0, blue: blue as f32 / 255.0 }
    }

    /// A neutral tone.
    pub(crate) const fn grey(level: u8) -> Self {
        Self::rgb(level, level, level)
    }

    /// Brighter or darker by a factor.
    pub(crate) fn times(self, factor: f32) -> Self {
        self.tinted(Tone { red: factor, green: factor, blue: factor })
    }

    /// Seen under light of another colour.
    pub(crate) fn tinted(self, light: Tone) -> Self {
        Self { red: self.red * light.red, green: self.green * light.green, blue: self.blue * light.blue }
    }

    /// `share` of the other tone, the rest of this one.
    pub(crate) fn mixed(self, other: Tone, share: f32) -> Self {
        let blend = |own: f32, foreign: f32| own + (foreign - own) * share;
        Self {
            red: blend(self.red, other.red),
            green: blend(self.green, other.green),
            blue: blend(self.blue, other.blue),
        }
    }

    /// The tone as paint; out-of-range parts are clipped as a sensor would.
    pub(crate) fn paint(self, alpha: f32) -> Color {
        let clip = |part: f32| if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.0 };
        Color::from_rgba(clip(self.red), clip(self.green), clip(self.blue), clip(alpha)).unwrap_or(Color::BLACK)
    }
}
