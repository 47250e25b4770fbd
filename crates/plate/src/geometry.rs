//! Where a line of text lies in the photo.
//!
//! Pixels of the photo as it is shown (after EXIF rotation), origin at the top left, y downwards.

use serde::{Deserialize, Serialize};

/// An upright box in whole pixels, inside the photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Bounds {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width, at least 1 for a box that touches the photo.
    pub width: u32,
    /// Height, at least 1 for a box that touches the photo.
    pub height: u32,
}

/// The four corners of a line of text: top left, top right, bottom right, bottom left, as the text reads.
///
/// Coordinates are pixels and may lie slightly outside the photo.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quad(pub [[f32; 2]; 4]);

impl Quad {
    /// An upright box as corners.
    pub fn upright(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
    }

    /// Length along the reading direction, the longer of top and bottom edge.
    pub fn width(&self) -> f32 {
        let [tl, tr, br, bl] = self.0;
        distance(tl, tr).max(distance(bl, br))
    }

    /// Length across the reading direction, the longer of the two side edges.
    pub fn height(&self) -> f32 {
        let [tl, tr, br, bl] = self.0;
        distance(tl, bl).max(distance(tr, br))
    }

    /// Width over height; 0 for a box without height.
    pub fn aspect(&self) -> f32 {
        let height = self.height();
        if height > 0.0 { self.width() / height } else { 0.0 }
    }

    /// Area in square pixels.
    pub fn area(&self) -> f32 {
        self.width() * self.height()
    }

    /// Mean of the corners.
    pub fn centre(&self) -> [f32; 2] {
        let sum = self.0.iter().fold([0.0, 0.0], |[x, y], [px, py]| [x + px, y + py]);
        [sum[0] / 4.0, sum[1] / 4.0]
    }

    /// Smallest x, smallest y, largest x, largest y.
    pub fn extent(&self) -> [f32; 4] {
        let start = [f32::INFINITY, f32::INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY];
        self.0.iter().fold(start, |[x0, y0, x1, y1], &[x, y]| [x0.min(x), y0.min(y), x1.max(x), y1.max(y)])
    }

    /// The whole pixels this quad touches inside a photo of the given size.
    pub fn bounds(&self, photo_width: u32, photo_height: u32) -> Bounds {
        let [x0, y0, x1, y1] = self.extent();
        // `as` saturates, and turns NaN into 0: exactly what clipping needs.
        let clip = |value: f32, limit: u32| (value.max(0.0) as u32).min(limit);
        let (x, y) = (clip(x0.floor(), photo_width), clip(y0.floor(), photo_height));
        let (right, bottom) = (clip(x1.ceil(), photo_width), clip(y1.ceil(), photo_height));
        Bounds { x, y, width: right.saturating_sub(x), height: bottom.saturating_sub(y) }
    }

    /// True when the point lies inside the upright box around the quad.
    pub fn covers(&self, [x, y]: [f32; 2]) -> bool {
        let [x0, y0, x1, y1] = self.extent();
        (x0..=x1).contains(&x) && (y0..=y1).contains(&y)
    }

    /// The quad moved outwards (or inwards, when negative) by so many pixels along and across its text.
    pub fn widened(&self, along: f32, across: f32) -> Self {
        let [tl, tr, br, bl] = self.0;
        let (dx, dy) = (tr[0] - tl[0], tr[1] - tl[1]);
        let length = dx.hypot(dy).max(f32::EPSILON);
        let [ux, uy] = [dx / length, dy / length];
        let moved = |[x, y]: [f32; 2], u: f32, v: f32| [x + ux * u - uy * v, y + uy * u + ux * v];
        Self([
            moved(tl, -along, -across),
            moved(tr, along, -across),
            moved(br, along, across),
            moved(bl, -along, across),
        ])
    }

    /// A strip beside the quad: from `from` to `to` heights below its middle line (above, when negative), and `along`
    /// pixels longer at either end.
    pub fn strip(&self, from: f32, to: f32, along: f32) -> Self {
        let [tl, tr, br, bl] = self.widened(along, 0.0).0;
        // 0 at the upper edge, 1 at the lower.
        let at = |top: [f32; 2], bottom: [f32; 2], heights: f32| {
            let share = heights + 0.5;
            [top[0] + (bottom[0] - top[0]) * share, top[1] + (bottom[1] - top[1]) * share]
        };
        Self([at(tl, bl, from), at(tr, br, from), at(tr, br, to), at(tl, bl, to)])
    }

    /// The quad that spans both, upright.
    pub fn union(&self, other: &Self) -> Self {
        let [a, b] = [self.extent(), other.extent()];
        let (x0, y0) = (a[0].min(b[0]), a[1].min(b[1]));
        Self::upright(x0, y0, a[2].max(b[2]) - x0, a[3].max(b[3]) - y0)
    }

    /// Slope of the top edge in radians, 0 for level text, positive for text that falls to the right.
    pub fn slope(&self) -> f32 {
        let [tl, tr, ..] = self.0;
        (tr[1] - tl[1]).atan2(tr[0] - tl[0])
    }

    /// True when the quad comes within `margin` pixels of the photo's edge.
    pub fn is_near_edge(&self, photo_width: u32, photo_height: u32, margin: f32) -> bool {
        let [x0, y0, x1, y1] = self.extent();
        x0 <= margin || y0 <= margin || x1 >= photo_width as f32 - margin || y1 >= photo_height as f32 - margin
    }
}

fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_clipped_to_the_photo_and_rounded_outwards() {
        let quad = Quad::upright(-3.5, 10.2, 20.0, 5.0);
        assert_eq!(quad.bounds(100, 100), Bounds { x: 0, y: 10, width: 17, height: 6 });
    }

    #[test]
    fn a_quad_outside_the_photo_has_empty_bounds() {
        let bounds = Quad::upright(200.0, 200.0, 20.0, 5.0).bounds(100, 100);
        assert_eq!((bounds.width, bounds.height), (0, 0));
    }

    #[test]
    fn size_follows_the_reading_direction_of_tilted_text() {
        let quad = Quad([[0.0, 0.0], [30.0, 40.0], [22.0, 46.0], [-8.0, 6.0]]);
        assert!((quad.width() - 50.0).abs() < 1e-4 && (quad.height() - 10.0).abs() < 1e-4);
        assert!((quad.aspect() - 5.0).abs() < 1e-4);
    }

    #[test]
    fn widening_follows_the_text_s_own_direction() {
        assert_eq!(Quad::upright(10.0, 10.0, 20.0, 5.0).widened(2.0, 1.0), Quad::upright(8.0, 9.0, 24.0, 7.0));
        let tilted = Quad([[0.0, 0.0], [30.0, 40.0], [22.0, 46.0], [-8.0, 6.0]]);
        let wide = tilted.widened(5.0, 0.0);
        assert!((wide.width() - 60.0).abs() < 1e-3 && (wide.height() - 10.0).abs() < 1e-3);
    }

    #[test]
    fn strips_lie_beside_the_text_in_its_own_direction() {
        let text = Quad::upright(10.0, 10.0, 20.0, 6.0);
        assert_eq!(text.strip(-1.0, -0.5, 2.0), Quad::upright(8.0, 7.0, 24.0, 3.0));
        assert_eq!(text.strip(0.5, 1.0, 0.0), Quad::upright(10.0, 16.0, 20.0, 3.0));
    }

    #[test]
    fn nearness_to_the_edge_counts_every_side() {
        assert!(!Quad::upright(10.0, 10.0, 20.0, 5.0).is_near_edge(100, 100, 2.0));
        for (x, y) in [(1.0, 50.0), (50.0, 1.0), (79.0, 50.0), (50.0, 94.0)] {
            assert!(Quad::upright(x, y, 20.0, 5.0).is_near_edge(100, 100, 2.0), "at {x},{y}");
        }
    }
}
