//! Random draws that keep their meaning: ChaCha8 is specified, and the mapping from its words to
//! numbers is written here, so an update of a distribution library cannot change photos.
//!
//! Must not be seeded from anything but a photo's seed.

use std::ops::RangeInclusive;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::options::Likelihood;

/// Seed of one photo of a folder. Mixed (the finaliser of SplitMix64), so that the folders of
/// neighbouring seeds share no photo.
pub(crate) fn seed_of(seed: u64, index: u32) -> u64 {
    let step = u64::from(index) + 1;
    let mut mixed = seed.wrapping_add(step.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// Independent sequences of one seed: a new draw in one place leaves the others as they were.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// What is in the photo.
    Plan = 1,
    /// How the surroundings look.
    Backdrop = 2,
    /// How the vehicles look.
    Vehicle = 3,
    /// Rain, dirt and glare.
    Air = 4,
    /// Sensor noise.
    Noise = 5,
    /// The burned-in text.
    Stamp = 6,
    /// Where a damaged file ends.
    Damage = 7,
    /// How a copy of a photo is made worse.
    Distortion = 8,
    /// What passes on the road, and the cameras of a plaza.
    Road = 9,
}

/// A sequence of draws.
#[derive(Debug, Clone)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The sequence of `seed` for one purpose.
    pub(crate) fn new(seed: u64, purpose: Purpose) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(purpose as u64);
        Self(generator)
    }

    /// Uniform in `0.0..1.0`.
    pub(crate) fn unit(&mut self) -> f32 {
        // 24 bits fill the mantissa exactly, so 1.0 cannot come out of rounding.
        (self.0.next_u32() >> 8) as f32 / 16_777_216.0
    }

    /// Uniform between two bounds.
    pub(crate) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Uniform in a range.
    pub(crate) fn within(&mut self, range: &RangeInclusive<f32>) -> f32 {
        self.between(*range.start(), *range.end())
    }

    /// Symmetric around zero, the middle likelier than the ends: `-reach..=reach`.
    pub(crate) fn bell(&mut self, reach: f32) -> f32 {
        (self.unit() + self.unit() + self.unit() - 1.5) / 1.5 * reach
    }

    /// True with probability `share`.
    pub(crate) fn chance(&mut self, share: f32) -> bool {
        self.unit() < share
    }

    /// Uniform in `0..count`; 0 when `count` is 0.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        let wide = u64::from(self.0.next_u32()) * count as u64;
        (wide >> 32) as usize
    }

    /// One entry of a list that is known not to be empty.
    pub(crate) fn pick<T: Copy, const N: usize>(&mut self, items: &[T; N]) -> T {
        const { assert!(N > 0, "nothing to pick from") };
        let index = self.below(N);
        #[expect(clippy::indexing_slicing, reason = "`below` stays under N")]
        items[index]
    }

    /// One character of a text; a space when it is empty.
    pub(crate) fn letter(&mut self, alphabet: &str) -> char {
        let index = self.below(alphabet.chars().count());
        alphabet.chars().nth(index).unwrap_or(' ')
    }

    /// One value according to its weights. Checked options have a positive sum; the last value
    /// with a positive weight absorbs the rounding of the sum.
    pub(crate) fn weighted<T: Copy>(&mut self, choices: &[Likelihood<T>], otherwise: T) -> T {
        let total: f32 = choices.iter().map(|choice| choice.weight).sum();
        let mut left = self.unit() * total;
        let mut chosen = otherwise;
        for choice in choices.iter().filter(|choice| choice.weight > 0.0) {
            chosen = choice.value;
            if left < choice.weight {
                break;
            }
            left -= choice.weight;
        }
        chosen
    }

    /// Raw bytes for sensor noise.
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_without_weight_is_never_chosen() {
        let choices = [Likelihood::new('a', 0.0), Likelihood::new('b', 1.0), Likelihood::new('c', 0.0)];
        let mut dice = Dice::new(1, Purpose::Plan);
        assert!((0..500).all(|_| dice.weighted(&choices, 'z') == 'b'));
    }

    #[test]
    fn weights_are_met_over_many_draws() {
        let choices = [Likelihood::new(true, 3.0), Likelihood::new(false, 1.0)];
        let mut dice = Dice::new(2, Purpose::Plan);
        let hits = (0..4000).filter(|_| dice.weighted(&choices, false)).count();
        assert!((2850..3150).contains(&hits), "3000 expected, {hits} drawn");
    }

    #[test]
    fn purposes_of_one_seed_are_independent() {
        let first = Dice::new(3, Purpose::Plan).unit();
        let second = Dice::new(3, Purpose::Noise).unit();
        assert_ne!(first.to_bits(), second.to_bits());
    }

    #[test]
    fn draws_keep_their_values_across_releases() {
        let mut dice = Dice::new(7, Purpose::Plan);
        let draws: Vec<usize> = (0..6).map(|_| dice.below(1000)).collect();
        assert_eq!(draws, FIRST_DRAWS_OF_SEED_7);
    }

    /// A change here means that every seed now draws another photo: a breaking change.
    const FIRST_DRAWS_OF_SEED_7: [usize; 6] = [659, 992, 107, 9, 966, 721];
}
