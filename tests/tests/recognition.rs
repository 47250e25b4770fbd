//! The recogniser in WebAssembly and built for this machine are one recogniser.
//!
//! They multiply matrices differently (16-bit fixed point here, 32-bit floats there), so probabilities differ a little;
//! texts and decisions must not.

use tollbooth_recognition::Reading;
use tollbooth_simulator::{Scene, SceneOptions};
use tollbooth_tests::{RecognizerComponent, native_recognizer};

/// How far the probability of a character may differ.
const TOLERANCE: f32 = 0.03;

fn best(reading: &Reading) -> (String, Vec<f32>) {
    let best = reading.plates.first().and_then(|plate| plate.best());
    best.map(|best| (best.text.clone(), best.characters.clone())).unwrap_or_default()
}

#[test]
fn webassembly_reads_what_the_machine_reads() {
    let native = native_recognizer();
    let mut component = RecognizerComponent::load();
    for seed in 100..108 {
        let drawn = Scene::draw(seed, &SceneOptions::clear_day()).unwrap();
        let (text, characters) = best(&component.read(&drawn.jpeg).unwrap());
        let (expected, expected_characters) = best(&native.read(&drawn.jpeg).unwrap());
        assert_eq!(text, expected, "seed {seed}, plate {}", drawn.plate);
        assert!(!text.is_empty(), "seed {seed}: nothing was read of {}", drawn.plate);
        assert_eq!(characters.len(), expected_characters.len(), "seed {seed}: a probability for every character");
        for (ours, theirs) in characters.iter().zip(&expected_characters) {
            assert!((ours - theirs).abs() < TOLERANCE, "seed {seed}: {characters:?} against {expected_characters:?}");
        }
    }
}
