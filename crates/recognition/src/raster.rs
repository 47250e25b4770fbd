//! Pixels, and the two things done to them: scaling and cutting out a tilted box.
//!
//! Bilinear sampling in the manner of OpenCV, with which the networks were trained.

use image::RgbImage;

/// An image in RGB, eight bits a channel, rows top to bottom. Never empty.
#[derive(Debug, Clone)]
pub(crate) struct Raster {
    pub width: usize,
    pub height: usize,
    data: Vec<u8>,
}

/// Red, green, blue.
pub(crate) const CHANNELS: usize = 3;

/// Pixels that one is mixed from in scaling.
const TAPS_OF_A_PIXEL: usize = 4;

/// A position along one axis between two neighbouring pixels.
struct Tap {
    low: usize,
    high: usize,
    weight: f32,
}

impl Raster {
    pub(crate) fn from_rgb(image: RgbImage) -> Self {
        let (width, height) = (image.width() as usize, image.height() as usize);
        Self { width, height, data: image.into_raw() }
    }

    /// `data` holds `height` rows of `width` pixels.
    pub(crate) fn from_parts(width: usize, height: usize, data: Vec<u8>) -> Self {
        debug_assert_eq!(data.len(), width * height * CHANNELS);
        Self { width, height, data }
    }

    /// The bytes of one row; empty below the image.
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        let start = y * self.width * CHANNELS;
        self.data.get(start..start + self.width * CHANNELS).unwrap_or(&[])
    }

    /// The three channels at a column of a row.
    fn pixel(row: &[u8], x: usize) -> [f32; CHANNELS] {
        match row.get(x * CHANNELS..x * CHANNELS + CHANNELS) {
            Some(&[r, g, b]) => [f32::from(r), f32::from(g), f32::from(b)],
            _ => [0.0; CHANNELS],
        }
    }

    /// The pixels of a part that lies inside the image.
    pub(crate) fn part(&self, x: usize, y: usize, width: usize, height: usize) -> Self {
        let bytes = x * CHANNELS..(x + width) * CHANNELS;
        let mut data = Vec::with_capacity(width * height * CHANNELS);
        for line in y..y + height {
            data.extend_from_slice(self.row(line).get(bytes.clone()).unwrap_or(&[]));
        }
        // A part that reached outside would be too short; black is what `pixel` gives there, too.
        data.resize(width * height * CHANNELS, 0);
        Self { width, height, data }
    }

    /// Images of the same height, left to right as one.
    pub(crate) fn side_by_side(images: &[Self]) -> Self {
        let height = images.first().map_or(0, |first| first.height);
        let width = images.iter().map(|image| image.width).sum();
        let mut data = Vec::with_capacity(width * height * CHANNELS);
        for y in 0..height {
            images.iter().for_each(|image| data.extend_from_slice(image.row(y)));
        }
        Self::from_parts(width, height, data)
    }

    /// The image scaled to exactly this size.
    pub(crate) fn resized(&self, width: usize, height: usize) -> Self {
        if (width, height) == (self.width, self.height) {
            return self.clone();
        }
        let columns = taps(self.width, width);
        let mut data = Vec::with_capacity(width * height * CHANNELS);
        for tap in taps(self.height, height) {
            let (above, below) = (self.row(tap.low), self.row(tap.high));
            for column in &columns {
                let upper = mix(Self::pixel(above, column.low), Self::pixel(above, column.high), column.weight);
                let lower = mix(Self::pixel(below, column.low), Self::pixel(below, column.high), column.weight);
                data.extend(mix(upper, lower, tap.weight).map(|value| (value + 0.5) as u8));
            }
        }
        Self { width, height, data }
    }

    /// The image squeezed to exactly this size, each pixel the mean of those it stands for.
    pub(crate) fn averaged(&self, width: usize, height: usize) -> Self {
        let columns = spans(self.width, width);
        let mut data = Vec::with_capacity(width * height * CHANNELS);
        for lines in spans(self.height, height) {
            for column in &columns {
                let mut sums = [0_usize; CHANNELS];
                for y in lines.clone() {
                    let pixels = self.row(y).get(column.start * CHANNELS..column.end * CHANNELS).unwrap_or(&[]);
                    for pixel in pixels.chunks_exact(CHANNELS) {
                        for (sum, level) in sums.iter_mut().zip(pixel) {
                            *sum += usize::from(*level);
                        }
                    }
                }
                let count = lines.len() * column.len();
                data.extend(sums.map(|sum| ((sum + count / 2) / count.max(1)) as u8));
            }
        }
        Self { width, height, data }
    }

    /// Mean brightness as the eye weighs colours (ITU-R BT.601), 0 to 255.
    pub(crate) fn brightness(&self) -> f32 {
        let mut sums = [0_u64; CHANNELS];
        for pixel in self.data.chunks_exact(CHANNELS) {
            for (sum, level) in sums.iter_mut().zip(pixel) {
                *sum += u64::from(*level);
            }
        }
        let [red, green, blue] = sums.map(|sum| sum as f32 / (self.width * self.height) as f32);
        0.299 * red + 0.587 * green + 0.114 * blue
    }

    /// The part under a quad (top left, top right, bottom right, bottom left), straightened to this size.
    ///
    /// Beyond the image's edge its outermost pixels are repeated.
    pub(crate) fn straightened(&self, quad: &[[f32; 2]; 4], width: usize, height: usize) -> Self {
        let [tl, tr, br, bl] = *quad;
        let mut data = Vec::with_capacity(width * height * CHANNELS);
        for y in 0..height {
            let v = y as f32 / height as f32;
            let (left, right) = (between(tl, bl, v), between(tr, br, v));
            for x in 0..width {
                let [px, py] = between(left, right, x as f32 / width as f32);
                data.extend(self.sample(px, py).map(|value| (value + 0.5) as u8));
            }
        }
        Self { width, height, data }
    }

    /// The part under a quad, straightened to the size `from` and scaled to `to`: pixel by pixel what [`Raster::straightened`]
    /// and [`Raster::resized`] make of it one after the other. Of a large text scaling looks at a few rows and columns only, and
    /// the others are not made then.
    pub(crate) fn straightened_to(
        &self,
        quad: &[[f32; 2]; 4],
        from: (usize, usize),
        (width, height): (usize, usize),
    ) -> Self {
        if from.0.saturating_mul(from.1) <= TAPS_OF_A_PIXEL * width * height {
            return self.straightened(quad, from.0, from.1).resized(width, height);
        }
        let [tl, tr, br, bl] = *quad;
        let ends = |y: usize| {
            let v = y as f32 / from.1 as f32;
            (between(tl, bl, v), between(tr, br, v))
        };
        let flat = |x: usize, (left, right): ([f32; 2], [f32; 2])| {
            let [px, py] = between(left, right, x as f32 / from.0 as f32);
            self.sample(px, py).map(|value| f32::from((value + 0.5) as u8))
        };
        let columns = taps(from.0, width);
        let mut data = Vec::with_capacity(width * height * CHANNELS);
        for tap in taps(from.1, height) {
            let (above, below) = (ends(tap.low), ends(tap.high));
            for column in &columns {
                let upper = mix(flat(column.low, above), flat(column.high, above), column.weight);
                let lower = mix(flat(column.low, below), flat(column.high, below), column.weight);
                data.extend(mix(upper, lower, tap.weight).map(|value| (value + 0.5) as u8));
            }
        }
        Self { width, height, data }
    }

    fn sample(&self, x: f32, y: f32) -> [f32; CHANNELS] {
        let (column, line) = (tap_at(x, self.width), tap_at(y, self.height));
        let (above, below) = (self.row(line.low), self.row(line.high));
        let upper = mix(Self::pixel(above, column.low), Self::pixel(above, column.high), column.weight);
        let lower = mix(Self::pixel(below, column.low), Self::pixel(below, column.high), column.weight);
        mix(upper, lower, line.weight)
    }

    /// The image turned a quarter to the left.
    pub(crate) fn turned_left(&self) -> Self {
        let (width, height) = (self.height, self.width);
        let mut data = Vec::with_capacity(self.data.len());
        for y in 0..height {
            for x in 0..width {
                data.extend(Self::pixel(self.row(x), self.width - 1 - y).map(|value| value as u8));
            }
        }
        Self { width, height, data }
    }

    /// Planes of blue, green and red scaled to -1..1, as PP-OCR expects, padded on the right with zeros.
    pub(crate) fn planes(&self, padded_width: usize) -> Vec<f32> {
        self.planes_of(padded_width, [2, 1, 0], |level| level / 127.5 - 1.0)
    }

    /// Planes of these channels, each level scaled, padded on the right with zeros.
    pub(crate) fn planes_of(
        &self,
        padded_width: usize,
        channels: [usize; CHANNELS],
        scaled: impl Fn(f32) -> f32,
    ) -> Vec<f32> {
        let plane = self.height * padded_width;
        let mut out = vec![0.0_f32; CHANNELS * plane];
        for (channel, target) in channels.into_iter().zip(out.chunks_exact_mut(plane.max(1))) {
            for (y, line) in target.chunks_exact_mut(padded_width.max(1)).enumerate() {
                let source = self.row(y).iter().skip(channel).step_by(CHANNELS);
                for (to, from) in line.iter_mut().zip(source) {
                    *to = scaled(f32::from(*from));
                }
            }
        }
        out
    }
}

/// The pixels along one axis that each of `to` pixels stands for; at least one.
fn spans(from: usize, to: usize) -> Vec<std::ops::Range<usize>> {
    let start = |index: usize| (index * from / to).min(from.saturating_sub(1));
    (0..to).map(|index| start(index)..((index + 1) * from / to).max(start(index) + 1)).collect()
}

fn taps(from: usize, to: usize) -> Vec<Tap> {
    let scale = from as f32 / to as f32;
    (0..to).map(|index| tap_at((index as f32 + 0.5) * scale - 0.5, from)).collect()
}

/// `as usize` sends what is negative to 0, so the first pixel repeats; `min` does the same for the last.
fn tap_at(position: f32, length: usize) -> Tap {
    let last = length.saturating_sub(1);
    let position = position.clamp(0.0, last as f32);
    let low = (position as usize).min(last);
    Tap { low, high: (low + 1).min(last), weight: position - low as f32 }
}

fn mix(a: [f32; CHANNELS], b: [f32; CHANNELS], weight: f32) -> [f32; CHANNELS] {
    let [(a0, b0), (a1, b1), (a2, b2)] = [(a[0], b[0]), (a[1], b[1]), (a[2], b[2])];
    [a0 + (b0 - a0) * weight, a1 + (b1 - a1) * weight, a2 + (b2 - a2) * weight]
}

fn between(a: [f32; 2], b: [f32; 2], weight: f32) -> [f32; 2] {
    [a[0] + (b[0] - a[0]) * weight, a[1] + (b[1] - a[1]) * weight]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(width: u32, height: u32) -> Raster {
        Raster::from_rgb(RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 7])))
    }

    #[test]
    fn scaling_keeps_a_ramp_a_ramp() {
        let big = ramp(10, 8).resized(40, 32);
        assert_eq!((big.width, big.height), (40, 32));
        let middle = Raster::pixel(big.row(16), 20);
        assert!((middle[0] - 4.6).abs() < 1.0 && (middle[1] - 3.6).abs() < 1.0 && middle[2] == 7.0);
    }

    #[test]
    fn averaging_sees_every_pixel_and_enlarges_too() {
        let stripes =
            Raster::from_rgb(RgbImage::from_fn(9, 6, |x, _| image::Rgb([if x % 3 == 0 { 90 } else { 0 }; 3])));
        let small = stripes.averaged(3, 2);
        assert_eq!((0..3).map(|x| Raster::pixel(small.row(1), x)[0]).collect::<Vec<_>>(), [30.0; 3]);
        let large = ramp(2, 2).averaged(5, 3);
        assert_eq!((large.row(0).len(), Raster::pixel(large.row(2), 4)[0]), (15, 1.0));
    }

    #[test]
    fn brightness_weighs_colours() {
        let colour = |rgb| Raster::from_rgb(RgbImage::from_pixel(3, 2, image::Rgb(rgb))).brightness();
        assert!((colour([200; 3]) - 200.0).abs() < 0.1);
        assert!((colour([0, 100, 0]) - 58.7).abs() < 0.1 && (colour([0, 0, 100]) - 11.4).abs() < 0.1);
    }

    #[test]
    fn an_upright_quad_is_cut_out_unchanged() {
        let cut = ramp(20, 20).straightened(&[[5.0, 3.0], [9.0, 3.0], [9.0, 6.0], [5.0, 6.0]], 4, 3);
        assert_eq!(Raster::pixel(cut.row(0), 0), [5.0, 3.0, 7.0]);
        assert_eq!(Raster::pixel(cut.row(2), 3), [8.0, 5.0, 7.0]);
    }

    #[test]
    fn a_quad_beyond_the_edge_repeats_the_outermost_pixels() {
        let cut = ramp(4, 4).straightened(&[[-9.0, -9.0], [-1.0, -9.0], [-1.0, -1.0], [-9.0, -1.0]], 2, 2);
        assert_eq!(Raster::pixel(cut.row(1), 1), [0.0, 0.0, 7.0]);
    }

    #[test]
    fn straightening_and_scaling_at_once_is_the_same_pixel_by_pixel() {
        let noise = |x: u32, y: u32| (x * 37 + y * 101 + x * y * 13) as u8;
        let photo = Raster::from_rgb(RgbImage::from_fn(400, 300, |x, y| {
            image::Rgb([noise(x, y), noise(y, x), noise(x + 7, y + 3)])
        }));
        let quads = [
            [[20.0, 30.0], [370.0, 44.5], [361.0, 262.0], [14.0, 247.0]],
            [[-30.0, 10.0], [420.0, 10.0], [420.0, 290.0], [-30.0, 290.0]],
            [[100.3, 80.7], [180.1, 85.2], [178.8, 110.0], [99.0, 106.4]],
        ];
        for quad in quads {
            for from in [(350, 218), (450, 280), (80, 25), (48, 48), (700, 500)] {
                for to in [(78, 48), (192, 48), (8, 48)] {
                    let both = photo.straightened(&quad, from.0, from.1).resized(to.0, to.1);
                    let once = photo.straightened_to(&quad, from, to);
                    assert_eq!((once.width, once.height), to);
                    assert_eq!(once.data, both.data, "{quad:?} {from:?} {to:?}");
                }
            }
        }
    }

    #[test]
    fn turning_left_brings_the_right_edge_to_the_top() {
        let turned = ramp(3, 2).turned_left();
        assert_eq!((turned.width, turned.height), (2, 3));
        assert_eq!(Raster::pixel(turned.row(0), 0), [2.0, 0.0, 7.0]);
        assert_eq!(Raster::pixel(turned.row(2), 1), [0.0, 1.0, 7.0]);
    }

    #[test]
    fn planes_come_in_blue_green_red_order_with_padding_of_zero() {
        let planes = ramp(1, 1).planes(2);
        assert_eq!(planes.len(), 6);
        assert!((planes[0] - (7.0 / 127.5 - 1.0)).abs() < 1e-6 && planes[1] == 0.0);
        assert!((planes[4] + 1.0).abs() < 1e-6);
    }
}
