//! How well a person reads who issued a plate, from what was drawn: the words of the column `legible`.
//!
//! The same three words stand beside real photos, where people chose them. Here they follow from the height of the
//! letters in pixels and from what lies over them: capitals of ten pixels are read by anybody, below five by nobody.

use crate::conditions::{TimeOfDay, vocabulary};

vocabulary! {
    /// How well the issuer's name, or its slogan, can be read.
    Legibility {
        /// At a glance.
        Clear = "name-clear",
        /// By somebody who looks for it.
        Hard = "name-hard",
        /// By nobody: covered, too small or blurred.
        Not = "not-legible",
    }
}

/// What decides whether a name can be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sight {
    /// Pixels of a millimetre on the plate.
    pub(crate) px_per_mm: f32,
    /// Height of the name's capitals in millimetres, and the share of them that no frame covers.
    pub(crate) name: (f32, f32),
    /// The slogan's.
    pub(crate) slogan: (f32, f32),
    pub(crate) blur_px: f32,
    /// Of the plate, `0.0..=1.0`.
    pub(crate) dirt: f32,
    /// Of the plate, `0.0..=1.0`.
    pub(crate) glare: f32,
    pub(crate) time: TimeOfDay,
}

/// Capitals that are read at a glance, and those that are read at all, in pixels.
const CLEAR_PX: f32 = 8.0;
const HARD_PX: f32 = 5.0;
/// Less of a letter than this is no letter.
const SHOWN: f32 = 0.85;

/// The better of name and slogan.
pub(crate) fn of(sight: &Sight) -> Legibility {
    let px = |(capital, shown): (f32, f32)| if shown < SHOWN { 0.0 } else { capital * sight.px_per_mm };
    let dimmed = if sight.time == TimeOfDay::Night { 0.9 } else { 1.0 };
    let veiled = (1.0 - 0.35 * sight.dirt) * (1.0 - 0.4 * sight.glare) * dimmed;
    let effective = px(sight.name).max(px(sight.slogan)) * veiled - 1.2 * sight.blur_px;
    if effective >= CLEAR_PX {
        Legibility::Clear
    } else if effective >= HARD_PX {
        Legibility::Hard
    } else {
        Legibility::Not
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGHT: Sight = Sight {
        px_per_mm: 0.5,
        name: (20.0, 1.0),
        slogan: (10.0, 1.0),
        blur_px: 0.0,
        dirt: 0.0,
        glare: 0.0,
        time: TimeOfDay::Day,
    };

    #[test]
    fn a_name_is_clear_until_it_is_small_blurred_or_covered() {
        assert_eq!(of(&SIGHT), Legibility::Clear);
        assert_eq!(of(&Sight { px_per_mm: 0.3, ..SIGHT }), Legibility::Hard);
        assert_eq!(of(&Sight { px_per_mm: 0.2, ..SIGHT }), Legibility::Not);
        assert_eq!(of(&Sight { blur_px: 6.0, ..SIGHT }), Legibility::Not);
        assert_eq!(of(&Sight { name: (20.0, 0.5), ..SIGHT }), Legibility::Hard, "the slogan is there");
        assert_eq!(of(&Sight { name: (20.0, 0.0), slogan: (10.0, 0.0), ..SIGHT }), Legibility::Not);
    }
}
