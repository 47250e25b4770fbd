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
    let (width, height) = sides(photo, quad);
    if height as f32 / width as f32 >= UPRIGHT_TEXT {
        let flat = straightened(photo, quad).turned_left();
        return flat.resized(read_width(flat.width, flat.height), HEIGHT);
    }
    photo.straightened_to(&quad.0, (width, height), (read_width(width, height), HEIGHT))
}

/// Width of the network's input for a text of this size.
fn read_width(width: usize, height: usize) -> usize {
    let wide = (HEIGHT as f32 * width as f32 / height as f32).ceil() as usize;
    wide.clamp(NARROWEST, WIDEST)
}

/// Size of what is under the quad, in the photo's own pixels.
fn sides(photo: &Raster, quad: &Quad) -> (usize, usize) {
    let side = |length: f32| (length.round() as usize).clamp(1, photo.width.max(photo.height) * 2);
    (side(quad.width()), side(quad.height()))
}

/// The photo under the quad, straightened at the photo's own resolution.
pub(crate) fn straightened(photo: &Raster, quad: &Quad) -> Raster {
    let (width, height) = sides(photo, quad);
    photo.straightened(&quad.0, width, height)
}
