//! A line of text cut out of the photo in the shape the recognition network reads.

use crate::raster::Raster;
use tollbooth_plate::Quad;

/// Height of the network's input in pixels.
pub(crate) const HEIGHT: usize = 48;
/// Widest input, 27 times as wide as high: longer lines are squeezed, so that one box cannot cost seconds.
pub(crate) const WIDEST: usize = 1296;
/// Narrowest input; below it there is no room for a character.
const NARROWEST: usize = 8;
/// From this height over width on, text runs from bottom to top and is turned.
const UPRIGHT_TEXT: f32 = 1.5;

/// The photo under the quad, straightened and scaled to the network's height.
pub(crate) fn cut(photo: &Raster, quad: &Quad) -> Raster {
    // Sampling straight down to 48 rows would skip pixels.
    let flat = straightened(photo, quad);
    let flat = if flat.height as f32 / flat.width as f32 >= UPRIGHT_TEXT { flat.turned_left() } else { flat };
    let width = (HEIGHT as f32 * flat.width as f32 / flat.height as f32).ceil() as usize;
    flat.resized(width.clamp(NARROWEST, WIDEST), HEIGHT)
}

/// The photo under the quad, straightened at the photo's own resolution.
pub(crate) fn straightened(photo: &Raster, quad: &Quad) -> Raster {
    let side = |length: f32| (length.round() as usize).clamp(1, photo.width.max(photo.height) * 2);
    photo.straightened(&quad.0, side(quad.width()), side(quad.height()))
}
