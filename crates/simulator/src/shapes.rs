//! Outlines that vehicles, plates and roads are made of. Pure geometry in the caller's units.

use tiny_skia::{Path, PathBuilder, Rect};

use crate::dice::Dice;

/// A rectangle; `None` when it has no area.
pub(crate) fn rectangle(x: f32, y: f32, width: f32, height: f32) -> Option<Path> {
    Rect::from_xywh(x, y, width, height).map(PathBuilder::from_rect)
}

/// A rectangle with round corners.
pub(crate) fn round_rectangle(x: f32, y: f32, width: f32, height: f32, radius: f32) -> Option<Path> {
    let (right, bottom) = (x + width, y + height);
    round_polygon(&[(x, y), (right, y), (right, bottom), (x, bottom)], radius)
}

/// An ellipse around a centre.
pub(crate) fn ellipse(x: f32, y: f32, radius_x: f32, radius_y: f32) -> Option<Path> {
    Rect::from_xywh(x - radius_x, y - radius_y, radius_x * 2.0, radius_y * 2.0).and_then(PathBuilder::from_oval)
}

/// A polygon whose corners are cut by curves that start `radius` before each corner.
pub(crate) fn round_polygon(corners: &[(f32, f32)], radius: f32) -> Option<Path> {
    let count = corners.len();
    let before = corners.iter().cycle().skip(count.saturating_sub(1));
    let after = corners.iter().cycle().skip(1);
    let mut outline = PathBuilder::new();
    for ((&corner, &previous), &next) in corners.iter().zip(before).zip(after) {
        let start = towards(corner, previous, radius);
        let end = towards(corner, next, radius);
        if outline.is_empty() {
            outline.move_to(start.0, start.1);
        } else {
            outline.line_to(start.0, start.1);
        }
        outline.quad_to(corner.0, corner.1, end.0, end.1);
    }
    outline.close();
    outline.finish()
}

/// A lumpy round spot: mud, a drop, a cloud.
pub(crate) fn blob(x: f32, y: f32, radius: f32, dice: &mut Dice) -> Option<Path> {
    // Corners of a regular octagon; written out, because sine differs between platforms.
    const D: f32 = std::f32::consts::FRAC_1_SQRT_2;
    const AROUND: [(f32, f32); 8] =
        [(1.0, 0.0), (D, D), (0.0, 1.0), (-D, D), (-1.0, 0.0), (-D, -D), (0.0, -1.0), (D, -D)];
    let corners = AROUND.map(|(along, across)| {
        let reach = radius * dice.between(0.7, 1.3);
        (x + along * reach, y + across * reach)
    });
    round_polygon(&corners, radius * 0.38)
}

/// The same outline seen from the left, mirrored at `x = 0`.
pub(crate) fn mirrored<const N: usize>(corners: [(f32, f32); N]) -> [(f32, f32); N] {
    corners.map(|(x, y)| (-x, y))
}

/// The point `reach` away from `corner` in the direction of `other`, at most half-way.
fn towards(corner: (f32, f32), other: (f32, f32), reach: f32) -> (f32, f32) {
    let (dx, dy) = (other.0 - corner.0, other.1 - corner.1);
    let length = (dx * dx + dy * dy).sqrt();
    let share = if length > 0.0 { (reach / length).min(0.5) } else { 0.0 };
    (corner.0 + dx * share, corner.1 + dy * share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Purpose;

    #[test]
    fn rounding_a_corner_stays_inside_the_polygon() {
        let path = round_rectangle(1.0, 2.0, 10.0, 4.0, 50.0).unwrap();
        let bounds = path.bounds();
        assert!(bounds.left() >= 1.0 && bounds.right() <= 11.0);
        assert!(bounds.top() >= 2.0 && bounds.bottom() <= 6.0);
    }

    #[test]
    fn a_blob_is_about_as_large_as_asked() {
        let bounds = blob(0.0, 0.0, 10.0, &mut Dice::new(1, Purpose::Air)).unwrap().bounds();
        assert!((12.0..28.0).contains(&bounds.width()), "{bounds:?}");
    }
}
