//! Where text is: scales the photo, runs the detection network, and turns its probability map into boxes.

use crate::error::RecognitionError;
use crate::network::Network;
use crate::raster::Raster;
use crate::regions::{self, Region};
use crate::window::Window;

/// How large a photo is made for detection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    /// The longer side is scaled to this many pixels.
    pub long_side: u16,
    /// Small photos are enlarged no further than this: beyond it there is nothing more to see.
    pub most_enlarged: f32,
}

/// The network halves its input five times, so sides must be multiples of this.
const STEP: usize = 32;

pub(crate) struct Detector {
    network: Network,
}

impl Detector {
    pub(crate) fn new(network: Network) -> Self {
        Self { network }
    }

    /// Regions that hold a line of text each, top to bottom, in pixels of the photo.
    ///
    /// In a window that is a part of the photo, lines that its edge may have cut are left out.
    pub(crate) fn regions(
        &self,
        photo: &Raster,
        window: &Window,
        scale: &Scale,
    ) -> Result<Vec<Region>, RecognitionError> {
        let (width, height) = scale.input_size((photo.width, photo.height), window);
        let planes = if *window == Window::whole(photo) {
            photo.resized(width, height).planes(width)
        } else {
            window.pixels(photo).resized(width, height).planes(width)
        };
        let output = self.network.run(height, width, planes)?;
        if output.values.len() != width * height {
            return Err(self.network.failed(format!("its map has shape {:?} for {width}x{height}", output.shape)));
        }
        let back = [window.width as f32 / width as f32, window.height as f32 / height as f32];
        let mut found = regions::find(&output.values, width, height, back);
        for region in &mut found {
            region.quad = window.placed(region.quad);
        }
        found.retain(|region| !window.cuts(&region.quad, photo));
        Ok(found)
    }
}

impl Scale {
    /// The size a window is scaled to in a photo of the given size.
    fn input_size(&self, (width, height): (usize, usize), window: &Window) -> (usize, usize) {
        let ratio = (f32::from(self.long_side) / width.max(height) as f32).min(self.most_enlarged);
        let side = |length: usize| {
            let steps = ((length as f32 * ratio).floor() / STEP as f32).round() as usize;
            steps.max(1) * STEP
        };
        (side(window.width), side(window.height))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALE: Scale = Scale { long_side: 960, most_enlarged: 2.0 };

    fn whole(width: usize, height: usize) -> (usize, usize) {
        SCALE.input_size((width, height), &Window { x: 0, y: 0, width, height })
    }

    #[test]
    fn photos_are_scaled_to_the_long_side_in_whole_steps() {
        assert_eq!(whole(1920, 1080), (960, 544));
        assert_eq!(whole(640, 480), (960, 736));
    }

    #[test]
    fn small_photos_are_enlarged_twice_at_most_and_never_vanish() {
        assert_eq!(whole(100, 60), (192, 128));
        assert_eq!(whole(4000, 10), (960, 32));
    }

    #[test]
    fn a_window_is_scaled_like_the_photo_around_it() {
        let window = Window { x: 100, y: 100, width: 960, height: 512 };
        assert_eq!(SCALE.input_size((1920, 1080), &window), (480, 256));
    }
}
