//! A pinhole camera: from metres on the road to pixels.
//!
//! World: `x` to the right, `y` up, `z` away from the booth, metres. Image: `y` down, pixels.
//! Nothing is painted here.

use tiny_skia::{Path, PathBuilder, PathSegment, Point};

/// A point or direction in the world.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Vec3 {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) z: f32,
}

/// Shorthand for a [`Vec3`].
pub(crate) const fn at(x: f32, y: f32, z: f32) -> Vec3 {
    Vec3 { x, y, z }
}

impl Vec3 {
    pub(crate) fn plus(self, other: Vec3) -> Vec3 {
        at(self.x + other.x, self.y + other.y, self.z + other.z)
    }

    pub(crate) fn minus(self, other: Vec3) -> Vec3 {
        self.plus(other.times(-1.0))
    }

    pub(crate) fn times(self, factor: f32) -> Vec3 {
        at(self.x * factor, self.y * factor, self.z * factor)
    }

    pub(crate) fn dot(self, other: Vec3) -> f32 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    pub(crate) fn cross(self, other: Vec3) -> Vec3 {
        at(
            self.y * other.z - self.z * other.y,
            self.z * other.x - self.x * other.z,
            self.x * other.y - self.y * other.x,
        )
    }

    pub(crate) fn length(self) -> f32 {
        self.dot(self).sqrt()
    }

    /// The direction alone; straight ahead for a vector without length.
    pub(crate) fn unit(self) -> Vec3 {
        let length = self.length();
        if length > 1e-6 { self.times(1.0 / length) } else { at(0.0, 0.0, 1.0) }
    }
}

/// A flat surface in the world with its own two axes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plane {
    pub(crate) origin: Vec3,
    /// Direction of local `x`.
    pub(crate) u: Vec3,
    /// Direction of local `y`.
    pub(crate) v: Vec3,
}

impl Plane {
    /// The world point of local coordinates.
    pub(crate) fn point(&self, x: f32, y: f32) -> Vec3 {
        self.origin.plus(self.u.times(x)).plus(self.v.times(y))
    }
}

/// Nearest distance that is still projected.
const NEAR_M: f32 = 0.2;

/// Position, direction and lens of the camera.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Camera {
    pub(crate) eye: Vec3,
    right: Vec3,
    up: Vec3,
    forward: Vec3,
    focal: f32,
    centre: Point,
}

/// What a camera needs to be set up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mounting {
    pub(crate) eye: Vec3,
    /// Rotation around the line of sight, radians.
    pub(crate) roll: f32,
    /// Focal length in pixels.
    pub(crate) focal: f32,
    /// Size of the image in pixels.
    pub(crate) size: (f32, f32),
}

impl Camera {
    /// A camera that looks straight at a point.
    pub(crate) fn looking_at(mounting: Mounting, target: Vec3) -> Self {
        let forward = target.minus(mounting.eye).unit();
        let level = at(0.0, 1.0, 0.0).cross(forward).unit();
        let upright = forward.cross(level);
        let (sine, cosine) = mounting.roll.sin_cos();
        Self {
            eye: mounting.eye,
            right: level.times(cosine).plus(upright.times(sine)),
            up: upright.times(cosine).minus(level.times(sine)),
            forward,
            focal: mounting.focal,
            centre: Point::from_xy(mounting.size.0 / 2.0, mounting.size.1 / 2.0),
        }
    }

    /// A camera turned so that `subject` appears at a pixel. Turning moves a point almost linearly,
    /// so a few corrections of the aim land within a fraction of a pixel.
    pub(crate) fn framing(mounting: Mounting, subject: Vec3, pixel: Point) -> Self {
        let distance = subject.minus(mounting.eye).length();
        let mut aim = subject;
        let mut camera = Self::looking_at(mounting, aim);
        for _ in 0..6 {
            let Some(seen) = camera.project(subject) else { break };
            let metres = distance / mounting.focal;
            let aside = camera.right.times((seen.x - pixel.x) * metres);
            let above = camera.up.times((pixel.y - seen.y) * metres);
            aim = aim.plus(aside).plus(above);
            camera = Self::looking_at(mounting, aim);
        }
        camera
    }

    /// The same view on an image of `share` times the size.
    pub(crate) fn scaled(self, share: f32) -> Self {
        Self { focal: self.focal * share, centre: Point::from_xy(self.centre.x * share, self.centre.y * share), ..self }
    }

    /// Distance along the line of sight.
    pub(crate) fn depth(&self, point: Vec3) -> f32 {
        point.minus(self.eye).dot(self.forward)
    }

    /// Straight distance to the camera.
    pub(crate) fn distance(&self, point: Vec3) -> f32 {
        point.minus(self.eye).length()
    }

    /// Pixels per metre at a point.
    pub(crate) fn scale_at(&self, point: Vec3) -> f32 {
        self.focal / self.depth(point).max(NEAR_M)
    }

    /// The pixel of a point; `None` behind the camera.
    pub(crate) fn project(&self, point: Vec3) -> Option<Point> {
        let ray = point.minus(self.eye);
        let depth = ray.dot(self.forward);
        (depth >= NEAR_M).then(|| {
            let scale = self.focal / depth;
            Point::from_xy(self.centre.x + ray.dot(self.right) * scale, self.centre.y - ray.dot(self.up) * scale)
        })
    }

    /// A drawing on a plane as it appears; `None` when part of it is behind the camera. Control
    /// points are projected like corners, which is exact for lines and close enough for curves
    /// that are small against their distance.
    pub(crate) fn place(&self, plane: &Plane, drawing: &Path) -> Option<Path> {
        let pixel = |point: Point| self.project(plane.point(point.x, point.y));
        let mut placed = PathBuilder::new();
        for segment in drawing.segments() {
            match segment {
                PathSegment::MoveTo(to) => {
                    let to = pixel(to)?;
                    placed.move_to(to.x, to.y);
                }
                PathSegment::LineTo(to) => {
                    let to = pixel(to)?;
                    placed.line_to(to.x, to.y);
                }
                PathSegment::QuadTo(control, to) => {
                    let (control, to) = (pixel(control)?, pixel(to)?);
                    placed.quad_to(control.x, control.y, to.x, to.y);
                }
                PathSegment::CubicTo(first, second, to) => {
                    let (first, second, to) = (pixel(first)?, pixel(second)?, pixel(to)?);
                    placed.cubic_to(first.x, first.y, second.x, second.y, to.x, to.y);
                }
                PathSegment::Close => placed.close(),
            }
        }
        placed.finish()
    }

    /// A polygon in the world as it appears, cut off where it passes the camera.
    pub(crate) fn polygon(&self, corners: &[Vec3]) -> Option<Path> {
        let mut outline = PathBuilder::new();
        let following = corners.iter().cycle().skip(1);
        for (&corner, &next) in corners.iter().zip(following) {
            let (here, there) = (self.depth(corner), self.depth(next));
            if here >= NEAR_M {
                self.extend(&mut outline, corner);
            }
            if (here >= NEAR_M) != (there >= NEAR_M) {
                // A hair further away, or rounding would put the cut behind the near plane again.
                let share = (NEAR_M * 1.01 - here) / (there - here);
                self.extend(&mut outline, corner.plus(next.minus(corner).times(share)));
            }
        }
        outline.close();
        outline.finish()
    }

    fn extend(&self, outline: &mut PathBuilder, corner: Vec3) {
        let Some(pixel) = self.project(corner) else { return };
        if outline.is_empty() {
            outline.move_to(pixel.x, pixel.y);
        } else {
            outline.line_to(pixel.x, pixel.y);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mounting() -> Mounting {
        Mounting { eye: at(1.0, 1.5, 0.0), roll: 0.05, focal: 1700.0, size: (1280.0, 720.0) }
    }

    #[test]
    fn the_point_looked_at_is_in_the_middle() {
        let camera = Camera::looking_at(mounting(), at(0.0, 0.8, 5.0));
        let seen = camera.project(at(0.0, 0.8, 5.0)).unwrap();
        assert!((seen.x - 640.0).abs() < 0.01 && (seen.y - 360.0).abs() < 0.01);
    }

    #[test]
    fn what_is_right_and_above_appears_right_and_above() {
        let level = Mounting { roll: 0.0, eye: at(0.0, 1.0, 0.0), ..mounting() };
        let camera = Camera::looking_at(level, at(0.0, 1.0, 5.0));
        let seen = camera.project(at(0.5, 1.5, 5.0)).unwrap();
        assert!((seen.x - 810.0).abs() < 0.01 && (seen.y - 190.0).abs() < 0.01);
    }

    #[test]
    fn a_subject_can_be_framed_at_any_pixel_even_the_border() {
        let subject = at(0.2, 0.7, 4.0);
        for pixel in [Point::from_xy(0.0, 400.0), Point::from_xy(900.0, 719.0)] {
            let seen = Camera::framing(mounting(), subject, pixel).project(subject).unwrap();
            assert!((seen.x - pixel.x).abs() < 1.0 && (seen.y - pixel.y).abs() < 1.0, "{seen:?}");
        }
    }

    #[test]
    fn a_polygon_that_passes_the_camera_is_cut_and_one_behind_it_is_gone() {
        let camera = Camera::looking_at(mounting(), at(0.0, 0.8, 5.0));
        let road = [at(-2.0, 0.0, -5.0), at(2.0, 0.0, -5.0), at(2.0, 0.0, 50.0), at(-2.0, 0.0, 50.0)];
        assert!(camera.polygon(&road).is_some());
        let behind = [at(-2.0, 0.0, -5.0), at(2.0, 0.0, -5.0), at(2.0, 0.0, -9.0)];
        assert!(camera.polygon(&behind).is_none());
    }
}
