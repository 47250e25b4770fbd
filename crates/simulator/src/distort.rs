//! Worse copies of real photos: what a recogniser does when the same plates are harder to read.
//!
//! A copy is decided by its seed, its kind and the bytes of the original alone. The plate stays what it is, so a copy can
//! be beyond what anybody could read: figures on copies compare recognisers, they are no rate.

use std::path::Path;

use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageReader};
use tiny_skia::Point;

use crate::canvas::{Brush, Canvas};
use crate::dice::{Dice, Purpose};
use crate::error::SimulatorError;
use crate::lens;
use crate::tone::Tone;

/// One way of making a photo worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Distortion {
    /// Out of focus.
    Blur,
    /// Underexposed, and noisy therefore.
    Dark,
    /// The vehicle or the camera moved.
    Motion,
    /// The camera hangs askew.
    Tilt,
    /// A small sensor.
    Noise,
    /// A lamp or the sun shines into the lens.
    Glare,
    /// From further away: half the pixels or fewer along each side.
    Small,
    /// Compressed hard.
    CoarseJpeg,
}

impl Distortion {
    /// All kinds.
    pub const ALL: [Self; 8] =
        [Self::Blur, Self::Dark, Self::Motion, Self::Tilt, Self::Noise, Self::Glare, Self::Small, Self::CoarseJpeg];

    /// The stable word used in file names and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blur => "blur",
            Self::Dark => "dark",
            Self::Motion => "motion",
            Self::Tilt => "tilt",
            Self::Noise => "noise",
            Self::Glare => "glare",
            Self::Small => "small",
            Self::CoarseJpeg => "coarse-jpeg",
        }
    }

    /// A worse copy of a photo (JPEG, PNG or WebP) as JPEG.
    ///
    /// # Errors
    /// [`SimulatorError::Photo`] when the file cannot be decoded, [`SimulatorError::Canvas`] for a size that cannot be
    /// held, [`SimulatorError::Encode`] when it cannot be written as JPEG.
    pub fn copy(self, photo: &Path, seed: u64) -> Result<Vec<u8>, SimulatorError> {
        let mut dice = Dice::new(seed, Purpose::Distortion);
        let mut picture = decode(photo)?;
        if self == Self::Small {
            let share = dice.between(0.4, 0.65);
            let side = |pixels: u32| ((pixels as f32 * share) as u32).max(1);
            picture = picture.resize_exact(side(picture.width()), side(picture.height()), FilterType::Triangle);
        }
        let mut canvas = Canvas::of_rgba(picture.width(), picture.height(), picture.into_rgba8().into_raw())?;
        // Strengths are meant for a photo of this width, and grow with it.
        let scale = canvas.width() as f32 / 1280.0;
        match self {
            Self::Blur => soften(&mut canvas, dice.between(4.0, 12.0) * scale * scale),
            Self::Dark => {
                dim(&mut canvas, dice.between(0.12, 0.3));
                lens::grain(&mut canvas, dice.between(3.0, 6.0), &mut dice);
            }
            Self::Motion => {
                let (length, lean) = (dice.between(3.0, 9.0) * scale, dice.bell(0.6));
                let norm = (1.0 + lean * lean).sqrt();
                lens::smear(&mut canvas, length, (1.0 / norm, lean / norm));
            }
            Self::Tilt => {
                let side = if dice.chance(0.5) { 1.0 } else { -1.0 };
                canvas = canvas.turned(side * dice.between(4.0, 10.0))?;
            }
            Self::Noise => lens::grain(&mut canvas, dice.between(12.0, 26.0), &mut dice),
            Self::Glare => glare(&mut canvas, &mut dice),
            Self::Small | Self::CoarseJpeg => {}
        }
        let quality = if self == Self::CoarseJpeg { dice.between(12.0, 28.0) } else { 88.0 };
        lens::encode(&canvas, quality as u8, seed)
    }
}

/// As shown: turned as its EXIF orientation says, because the copy has none.
fn decode(path: &Path) -> Result<DynamicImage, SimulatorError> {
    let unreadable = |source| SimulatorError::Photo { path: path.to_owned(), source };
    let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format);
    let mut decoder = reader.map_err(|source| unreadable(source.into()))?.into_decoder().map_err(unreadable)?;
    let orientation = decoder.orientation().map_err(unreadable)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// The lens's own softness, repeated: variances add, so many small kernels are one large one.
fn soften(canvas: &mut Canvas, times: f32) {
    for _ in 0..times.round().clamp(1.0, 60.0) as u32 {
        lens::soften(canvas);
    }
}

fn dim(canvas: &mut Canvas, share: f32) {
    for pixel in canvas.bytes_mut().as_chunks_mut::<4>().0 {
        pixel.iter_mut().take(3).for_each(|part| *part = (f32::from(*part) * share) as u8);
    }
}

fn glare(canvas: &mut Canvas, dice: &mut Dice) {
    let (width, height) = (canvas.width() as f32, canvas.height() as f32);
    let centre = Point::from_xy(width * dice.between(0.2, 0.8), height * dice.between(0.2, 0.8));
    let light = Tone::rgb(255, 246, 226).paint(dice.between(0.5, 0.9));
    canvas.flood(&Brush::glow(centre, width * dice.between(0.35, 0.7), light));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::SceneOptions;
    use crate::scene::Scene;

    fn original() -> tempfile::NamedTempFile {
        let options = SceneOptions { width: 480, height: 300, ..SceneOptions::clear_day() };
        let file = tempfile::Builder::new().suffix(".jpg").tempfile().unwrap();
        std::fs::write(file.path(), Scene::draw(8, &options).unwrap().jpeg).unwrap();
        file
    }

    #[test]
    fn the_same_seed_gives_the_same_copy_and_every_kind_another_picture() {
        let photo = original();
        let mut copies: Vec<Vec<u8>> = Vec::new();
        for kind in Distortion::ALL {
            let copy = kind.copy(photo.path(), 5).unwrap();
            assert!(copy == kind.copy(photo.path(), 5).unwrap(), "{kind:?} is not reproducible");
            // Softening goes in whole steps, of which a photo this small takes one or two.
            let varies = kind != Distortion::Blur;
            assert!(!varies || copy != kind.copy(photo.path(), 6).unwrap(), "{kind:?} ignores its seed");
            assert!(!copies.contains(&copy));
            copies.push(copy);
        }
    }

    #[test]
    fn a_dark_copy_is_dark_and_a_small_one_small() {
        let photo = original();
        let picture = |kind: Distortion| image::load_from_memory(&kind.copy(photo.path(), 3).unwrap()).unwrap();
        let level = |picture: &DynamicImage| {
            let grey = picture.to_luma8();
            grey.pixels().map(|pixel| f32::from(pixel.0[0])).sum::<f32>() / grey.len() as f32
        };
        assert!(level(&picture(Distortion::Dark)) < level(&picture(Distortion::Motion)) * 0.4);
        assert!(level(&picture(Distortion::Glare)) > level(&picture(Distortion::Motion)) + 5.0);
        assert!(picture(Distortion::Small).width() < 320);
        assert!(picture(Distortion::Tilt).width() > 480, "a turned photo keeps its corners");
    }

    #[test]
    fn a_file_that_is_no_photo_is_named() {
        let file = tempfile::Builder::new().suffix(".jpg").tempfile().unwrap();
        std::fs::write(file.path(), "no photo").unwrap();
        let error = Distortion::Blur.copy(file.path(), 1).unwrap_err();
        assert!(matches!(error, SimulatorError::Photo { .. }), "{error}");
    }
}
