//! Drawn likenesses of what cameras at lanes send: the back of a vehicle, its plate, and what else is written in the photo.

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use std::io::Cursor;

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;
const INK: [u8; 3] = [24, 30, 60];

/// A photo in the making.
pub struct Likeness(pub RgbImage);

impl Likeness {
    /// The back of a grey vehicle on a road, with the place for a plate.
    pub fn vehicle() -> Self {
        Self(RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
            let grain = ((x * 7 + y * 13) % 5) as u8;
            let level = match (x, y) {
                (240..=1040, 120..=600) => 96 + (y / 24) as u8,
                (_, 0..=330) => 150 + (y / 12) as u8,
                _ => 74,
            };
            Rgb([level + grain, level + grain, level.saturating_add(6) + grain])
        }))
    }

    /// A plate of 200 by 100 pixels in the middle, with what stands above and below its text.
    pub fn with_plate(mut self, text: &str, above: &str, below: &str) -> Self {
        let (left, top, width, height) = (540, 380, 200, 100);
        for y in top..top + height {
            for x in left..left + width {
                self.0.put_pixel(x, y, Rgb([236, 238, 240]));
            }
        }
        let middle = (left + width / 2) as f32;
        self.write(above, middle, top as f32 + 3.0, 20.0, 180.0, INK);
        self.write(text, middle, top as f32 + 24.0, 58.0, 184.0, INK);
        self.write(below, middle, top as f32 + 81.0, 15.0, 170.0, INK);
        self
    }

    /// A text burned in by a camera, or painted on the vehicle, around `x` and below `y`.
    pub fn with_text(mut self, text: &str, x: f32, y: f32, size: f32, colour: [u8; 3]) -> Self {
        self.write(text, x, y, size, f32::INFINITY, colour);
        self
    }

    /// Letters of this size, squeezed into `most` pixels.
    fn write(&mut self, text: &str, middle: f32, top: f32, size: f32, most: f32, colour: [u8; 3]) {
        let font = FontRef::try_from_slice(dejavu::sans_condensed::bold()).unwrap();
        let advance = |scale: PxScale| -> f32 {
            let font = font.as_scaled(scale);
            text.chars().map(|c| font.h_advance(font.glyph_id(c))).sum()
        };
        let scale = PxScale { x: size * (most / advance(PxScale::from(size)).max(1.0)).min(1.0), y: size };
        let scaled = font.as_scaled(scale);
        let mut x = middle - advance(scale) / 2.0;
        for c in text.chars() {
            let id = scaled.glyph_id(c);
            let glyph = id.with_scale_and_position(scale, point(x, top + scaled.ascent()));
            x += scaled.h_advance(id);
            let Some(outline) = font.outline_glyph(glyph) else { continue };
            let bounds = outline.px_bounds();
            outline.draw(|dx, dy, covered| {
                let (px, py) = (bounds.min.x as i64 + i64::from(dx), bounds.min.y as i64 + i64::from(dy));
                if let (Ok(px), Ok(py)) = (u32::try_from(px), u32::try_from(py))
                    && px < WIDTH
                    && py < HEIGHT
                {
                    let pixel = self.0.get_pixel_mut(px, py);
                    for (level, ink) in pixel.0.iter_mut().zip(colour) {
                        *level = (f32::from(*level) * (1.0 - covered) + f32::from(ink) * covered) as u8;
                    }
                }
            });
        }
    }

    /// As a camera sends it: a little soft, as JPEG.
    pub fn jpeg(self) -> Vec<u8> {
        let soft = image::imageops::blur(&self.0, 0.7);
        let mut out = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(soft).write_to(&mut out, ImageFormat::Jpeg).unwrap();
        out.into_inner()
    }

    /// Through a mirror.
    pub fn mirrored(self) -> Self {
        Self(image::imageops::flip_horizontal(&self.0))
    }

    /// From a camera that hangs upside down.
    pub fn upside_down(self) -> Self {
        Self(image::imageops::rotate180(&self.0))
    }
}
