//! Where a vehicle stands, and how large its parts are.

use crate::conditions::VehicleStyle;
use crate::projection::{Plane, Vec3, at};
use crate::tone::Tone;

/// Dark trim: bumpers, rubber, grilles.
pub(crate) const TRIM: Tone = Tone::grey(38);

/// Place and direction of a vehicle. Local `x` is its right, `y` up, `z` forward from its tail.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pose {
    origin: Vec3,
    right: Vec3,
    forward: Vec3,
}

impl Pose {
    /// The middle of the tail at `x`, `z` on the road, turned by `yaw` radians.
    pub(crate) fn new(x: f32, z: f32, yaw: f32) -> Self {
        let (sine, cosine) = yaw.sin_cos();
        Self { origin: at(x, 0.0, z), right: at(cosine, 0.0, -sine), forward: at(sine, 0.0, cosine) }
    }

    /// Distance of the tail along the road.
    pub(crate) fn z(&self) -> f32 {
        self.origin.z
    }

    /// The world point of local coordinates.
    pub(crate) fn point(&self, local: Vec3) -> Vec3 {
        self.origin.plus(self.right.times(local.x)).plus(self.forward.times(local.z)).plus(at(0.0, local.y, 0.0))
    }

    /// Local `x` of a world point: which side of the vehicle it is on.
    pub(crate) fn aside(&self, world: Vec3) -> f32 {
        world.minus(self.origin).dot(self.right)
    }

    /// The upright plane across the vehicle at depth `z`; local `y` up.
    pub(crate) fn across(&self, z: f32) -> Plane {
        Plane { origin: self.point(at(0.0, 0.0, z)), u: self.right, v: at(0.0, 1.0, 0.0) }
    }

    /// A plane across the vehicle that leans from one height and depth to another; its local `y`
    /// runs from 0 at the lower edge to 1 at the upper one.
    pub(crate) fn leaning(&self, low: (f32, f32), high: (f32, f32)) -> Plane {
        let origin = self.point(at(0.0, low.0, low.1));
        Plane { origin, u: self.right, v: self.point(at(0.0, high.0, high.1)).minus(origin) }
    }
}

/// Measures of a body in metres; depths are from the tail forward.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Body {
    /// Half of the width at the belt.
    pub(crate) half: f32,
    pub(crate) bottom: f32,
    /// Lower edge of the windows.
    pub(crate) belt: f32,
    pub(crate) roof: f32,
    /// Depth of the rear window's lower edge.
    pub(crate) glass_depth: f32,
    /// Depth of the roof's rear edge.
    pub(crate) roof_depth: f32,
    /// Depth of the roof's front edge.
    pub(crate) roof_end: f32,
    pub(crate) length: f32,
    /// Half of the roof's width.
    pub(crate) roof_half: f32,
}

impl VehicleStyle {
    /// Measures of a common vehicle of this style.
    pub(crate) const fn body(self) -> Body {
        match self {
            Self::Sedan => Body {
                half: 0.91,
                bottom: 0.24,
                belt: 1.0,
                roof: 1.44,
                glass_depth: 0.52,
                roof_depth: 1.2,
                roof_end: 2.7,
                length: 4.6,
                roof_half: 0.58,
            },
            Self::Suv => Body {
                half: 0.95,
                bottom: 0.28,
                belt: 1.1,
                roof: 1.72,
                glass_depth: 0.06,
                roof_depth: 0.36,
                roof_end: 3.2,
                length: 4.6,
                roof_half: 0.68,
            },
            Self::Pickup => Body {
                half: 0.99,
                bottom: 0.46,
                belt: 1.2,
                roof: 1.86,
                glass_depth: 1.7,
                roof_depth: 1.9,
                roof_end: 3.3,
                length: 5.6,
                roof_half: 0.7,
            },
            Self::Van => Body {
                half: 0.98,
                bottom: 0.36,
                belt: 1.3,
                roof: 2.3,
                glass_depth: 0.02,
                roof_depth: 0.1,
                roof_end: 4.6,
                length: 5.4,
                roof_half: 0.9,
            },
        }
    }

    /// Middle of the plate in local coordinates.
    pub(crate) const fn plate_centre(self) -> Vec3 {
        match self {
            Self::Sedan => at(0.0, 0.79, -0.02),
            Self::Suv => at(0.0, 0.86, -0.02),
            Self::Pickup => at(0.0, 0.63, -0.06),
            Self::Van => at(-0.12, 0.72, -0.02),
        }
    }
}
