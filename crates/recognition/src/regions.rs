//! From the detection network's probability map to boxes around lines of text.
//!
//! The post-processing of DB ("Real-time Scene Text Detection with Differentiable Binarization"): threshold,
//! contours, smallest rotated rectangle, mean probability inside it, and widening by the amount the network
//! was trained to shrink.

use rten_imageproc::{PointF, RetrievalMode, RotatedRect, find_contours, min_area_rect};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;
use tollbooth_plate::Quad;

/// Probability from which a pixel belongs to text.
const PIXEL_THRESHOLD: f32 = 0.3;
/// Mean probability inside a box below which it is dropped.
const BOX_THRESHOLD: f32 = 0.5;
/// Area over perimeter times this is added on every side: text is marked shrunk in training.
const WIDENING: f32 = 1.6;
/// Boxes lower than this many pixels of the map hold nothing readable.
const LEAST_SIDE: f32 = 3.0;
/// Boxes kept at most, the surest and largest first: a photo full of text must not cost unbounded time.
const MOST_REGIONS: usize = 48;

/// A box that holds a line of text.
#[derive(Debug, Clone)]
pub(crate) struct Region {
    /// Corners in pixels of the photo.
    pub quad: Quad,
    /// Mean probability of text inside, 0 to 1.
    pub score: f32,
}

/// Boxes in a map of `width` x `height`, scaled to the photo by `scale` (x, y); top to bottom, left to right.
pub(crate) fn find(map: &[f32], width: usize, height: usize, scale: [f32; 2]) -> Vec<Region> {
    let mask = NdTensor::from_data([height, width], dilated(map, width));
    let mut found: Vec<Region> = find_contours(mask.view(), RetrievalMode::External)
        .iter()
        .filter_map(|contour| {
            let points: Vec<PointF> = contour.iter().map(|point| point.to_f32()).collect();
            region(&min_area_rect(&points)?, map, (width, height), scale)
        })
        .collect();
    found.sort_by(|a, b| (b.score * b.quad.area()).total_cmp(&(a.score * a.quad.area())));
    found.truncate(MOST_REGIONS);
    found.sort_by(|a, b| position(a).partial_cmp(&position(b)).unwrap_or(std::cmp::Ordering::Equal));
    found
}

fn position(region: &Region) -> (f32, f32) {
    let [[x, y], ..] = region.quad.0;
    (y, x)
}

/// Pixels of text, each spread one pixel to the right and down, which closes gaps within a line.
fn dilated(map: &[f32], width: usize) -> Vec<bool> {
    let lit: Vec<bool> = map.iter().map(|&value| value > PIXEL_THRESHOLD).collect();
    let width = width.max(1);
    let mut out = lit.clone();
    for (row, line) in lit.chunks(width).enumerate() {
        for (x, _) in line.iter().enumerate().filter(|(_, lit)| **lit) {
            for (dx, dy) in [(1, 0), (0, 1), (1, 1)] {
                if x + dx < width
                    && let Some(pixel) = out.get_mut((row + dy) * width + x + dx)
                {
                    *pixel = true;
                }
            }
        }
    }
    out
}

fn region(rect: &RotatedRect, map: &[f32], size: (usize, usize), scale: [f32; 2]) -> Option<Region> {
    let inner = ordered(rect);
    let (long, short) = (inner.width(), inner.height());
    if long.min(short) < LEAST_SIDE {
        return None;
    }
    let score = mean_inside(&inner, map, size);
    if score < BOX_THRESHOLD {
        return None;
    }
    let margin = long * short * WIDENING / (2.0 * (long + short));
    let outer = ordered(&rect.expanded(2.0 * margin, 2.0 * margin));
    let limit = [size.0 as f32 * scale[0], size.1 as f32 * scale[1]];
    let quad = Quad(
        outer
            .0
            .map(|[x, y]| [(x * scale[0]).round().clamp(0.0, limit[0]), (y * scale[1]).round().clamp(0.0, limit[1])]),
    );
    (quad.width() > LEAST_SIDE && quad.height() > LEAST_SIDE).then_some(Region { quad, score })
}

/// Corners in reading order: of the two left ones the upper first, then clockwise.
fn ordered(rect: &RotatedRect) -> Quad {
    let mut corners = rect.corners().map(|point| [point.x, point.y]);
    corners.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let [a, b, c, d] = corners;
    let (tl, bl) = if a[1] < b[1] { (a, b) } else { (b, a) };
    let (tr, br) = if c[1] < d[1] { (c, d) } else { (d, c) };
    Quad([tl, tr, br, bl])
}

/// Mean of the map inside the quad, with half a pixel of tolerance at its edges.
fn mean_inside(quad: &Quad, map: &[f32], (width, height): (usize, usize)) -> f32 {
    let bounds = quad.bounds(width as u32, height as u32);
    let (mut sum, mut count) = (0.0_f64, 0_u32);
    for y in bounds.y..=(bounds.y + bounds.height).min(height.saturating_sub(1) as u32) {
        for x in bounds.x..=(bounds.x + bounds.width).min(width.saturating_sub(1) as u32) {
            let value = map.get(y as usize * width + x as usize);
            if let Some(value) = value.filter(|_| is_inside(quad, x as f32, y as f32)) {
                sum += f64::from(*value);
                count += 1;
            }
        }
    }
    if count == 0 { 0.0 } else { (sum / f64::from(count)) as f32 }
}

fn is_inside(quad: &Quad, x: f32, y: f32) -> bool {
    let [tl, tr, br, bl] = quad.0;
    [(tl, tr), (tr, br), (br, bl), (bl, tl)].iter().all(|(a, b)| {
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        dx * (y - a[1]) - dy * (x - a[0]) >= -0.5 * dx.hypot(dy).max(1e-3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map_with_bar(width: usize, height: usize, x: std::ops::Range<usize>, y: std::ops::Range<usize>) -> Vec<f32> {
        (0..width * height)
            .map(|i| if x.contains(&(i % width)) && y.contains(&(i / width)) { 0.9 } else { 0.0 })
            .collect()
    }

    #[test]
    fn a_bar_of_probability_becomes_one_widened_box() {
        let found = find(&map_with_bar(128, 64, 40..90, 20..32), 128, 64, [2.0, 2.0]);
        assert_eq!(found.len(), 1);
        let [x0, y0, x1, y1] = found[0].quad.extent();
        assert!(x0 < 80.0 && x1 > 180.0 && y0 < 40.0 && y1 > 64.0, "{:?}", found[0].quad);
        assert!(x0 > 50.0 && x1 < 210.0 && y0 > 10.0 && y1 < 94.0, "{:?}", found[0].quad);
        assert!(found[0].score > 0.7);
    }

    #[test]
    fn faint_and_tiny_marks_are_dropped() {
        let faint: Vec<f32> = map_with_bar(128, 64, 40..90, 20..32).iter().map(|v| v * 0.45).collect();
        assert!(find(&faint, 128, 64, [1.0, 1.0]).is_empty());
        assert!(find(&map_with_bar(128, 64, 40..42, 20..21), 128, 64, [1.0, 1.0]).is_empty());
    }

    #[test]
    fn boxes_never_leave_the_photo() {
        let found = find(&map_with_bar(64, 64, 0..64, 0..20), 64, 64, [3.0, 3.0]);
        let [x0, y0, x1, y1] = found[0].quad.extent();
        assert!(x0 >= 0.0 && y0 >= 0.0 && x1 <= 192.0 && y1 <= 192.0);
    }

    #[test]
    fn a_page_of_text_costs_no_more_than_the_largest_boxes() {
        let bars = |i: usize| (i % 960 % 32 < 24) && (i / 960 % 16 < 8);
        let page: Vec<f32> = (0..960 * 544).map(|i| if bars(i) { 0.9 } else { 0.0 }).collect();
        assert_eq!(find(&page, 960, 544, [1.0, 1.0]).len(), MOST_REGIONS);
    }

    #[test]
    fn an_empty_map_has_no_boxes() {
        assert!(find(&[0.0; 64 * 32], 64, 32, [1.0, 1.0]).is_empty());
    }
}
