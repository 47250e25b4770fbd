//! What will be in a photo, decided before anything is painted.
//!
//! Painting draws its own dice for texture only: the truth of a photo is complete here.

use tiny_skia::Point;

use crate::conditions::{PlateLayout, SceneKind, TimeOfDay, UnreadableCause, VehicleStyle, Weather};
use crate::design::{self, Design};
use crate::dice::{Dice, Purpose};
use crate::light::Light;
use crate::measures::Pose;
use crate::options::SceneOptions;
use crate::projection::{Camera, Mounting, at};
use crate::road::{CameraLook, Marking, RoadPlate};
use crate::serial::{self, Serial};
use crate::sheet::PLATE_WIDTH_M;
use crate::tone::Tone;

/// A photo to be painted.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) kind: SceneKind,
    pub(crate) time: TimeOfDay,
    pub(crate) weather: Weather,
    pub(crate) light: Light,
    pub(crate) camera: Camera,
    pub(crate) roll_degrees: f32,
    /// Farthest first; the last one is the subject.
    pub(crate) vehicles: Vec<VehiclePlan>,
    pub(crate) motion_blur_px: f32,
    /// Direction of movement in the image, a unit vector.
    pub(crate) motion: (f32, f32),
    pub(crate) stamped: bool,
    pub(crate) signs: bool,
    pub(crate) jpeg_quality: u8,
    /// The camera, where a road is drawn.
    pub(crate) look: CameraLook,
}

/// A vehicle to be painted.
#[derive(Debug, Clone)]
pub(crate) struct VehiclePlan {
    pub(crate) style: VehicleStyle,
    pub(crate) paint: Tone,
    pub(crate) pose: Pose,
    pub(crate) braking: bool,
    /// `None` leaves the holder empty.
    pub(crate) plate: Option<PlatePlan>,
    /// Writing on the tail that is no badge.
    pub(crate) markings: Vec<Marking>,
}

/// A plate to be painted.
#[derive(Debug, Clone)]
pub(crate) struct PlatePlan {
    pub(crate) design: Design,
    pub(crate) serial: Serial,
    pub(crate) layout: PlateLayout,
    pub(crate) framed: bool,
    /// Thin film and specks, `0.0..=1.0`.
    pub(crate) dirt: f32,
    /// Reflection, `0.0..=1.0`.
    pub(crate) glare: f32,
    /// Whether the edge of a shadow runs over it.
    pub(crate) shaded: bool,
    /// What makes it unreadable.
    pub(crate) spoilt: Option<UnreadableCause>,
    /// What only plates on a road have.
    pub(crate) road: Option<RoadPlate>,
}

const PAINTS: [Tone; 12] = [
    Tone::rgb(225, 226, 226),
    Tone::rgb(190, 193, 197),
    Tone::rgb(120, 124, 130),
    Tone::rgb(60, 63, 68),
    Tone::rgb(28, 29, 32),
    Tone::rgb(150, 28, 34),
    Tone::rgb(34, 62, 112),
    Tone::rgb(58, 92, 140),
    Tone::rgb(64, 78, 60),
    Tone::rgb(168, 154, 128),
    Tone::rgb(92, 34, 40),
    Tone::rgb(206, 206, 200),
];

/// Bodies as often as they are met.
const STYLES: [VehicleStyle; 7] = [
    VehicleStyle::Sedan,
    VehicleStyle::Sedan,
    VehicleStyle::Suv,
    VehicleStyle::Suv,
    VehicleStyle::Pickup,
    VehicleStyle::Pickup,
    VehicleStyle::Van,
];

impl Plan {
    /// Decides everything about the photo of a seed but what a road adds.
    pub(crate) fn draw(seed: u64, options: &SceneOptions) -> Self {
        let mut dice = Dice::new(seed, Purpose::Plan);
        let dice = &mut dice;
        let kind = dice.weighted(&options.kinds, SceneKind::Vehicle);
        let cause = kind.cause();
        let time = match cause {
            Some(UnreadableCause::TooDark) => TimeOfDay::Night,
            _ => dice.weighted(&options.times, TimeOfDay::Day),
        };
        let weather = dice.weighted(&options.weathers, Weather::Clear);
        let light = lighting(time, weather, cause, dice);
        let style = dice.pick(&STYLES);
        let view = View::draw(kind, style, options, dice);
        let vehicles = vehicles(kind, style, &view, options, dice);
        let motion_blur_px = motion_blur(cause, view.plate_px, options, dice);
        let sideways = cause == Some(UnreadableCause::MotionBlur);
        Self {
            kind,
            time,
            weather,
            light,
            camera: view.camera,
            roll_degrees: view.roll_degrees,
            vehicles,
            motion_blur_px,
            motion: movement(sideways, dice),
            stamped: dice.chance(options.stamp_share),
            signs: dice.chance(options.sign_share),
            jpeg_quality: quality(options, dice),
            look: CameraLook::default(),
        }
    }
}

/// Nobody on an empty road; otherwise the subject comes last, painted over what is behind it.
fn vehicles(
    kind: SceneKind,
    style: VehicleStyle,
    view: &View,
    options: &SceneOptions,
    dice: &mut Dice,
) -> Vec<VehiclePlan> {
    let subject = vehicle(style, view.pose, kind, options, dice);
    match kind {
        SceneKind::NoVehicle | SceneKind::BlackFrame => Vec::new(),
        SceneKind::TwoVehicles => vec![second_vehicle(view, options, dice), subject],
        SceneKind::Vehicle | SceneKind::MissingPlate | SceneKind::Unreadable(_) | SceneKind::DamagedFile => {
            vec![subject]
        }
    }
}

/// Length of the movement in pixels. What is to stay readable moves by less than a stroke is wide,
/// about a fiftieth of the plate; what is not moves by two characters or more.
fn motion_blur(cause: Option<UnreadableCause>, plate_px: f32, options: &SceneOptions, dice: &mut Dice) -> f32 {
    let moving = dice.chance(options.motion_blur_share);
    let (slight, strong) = (dice.between(0.012, 0.03), dice.between(0.3, 0.45));
    match cause {
        Some(UnreadableCause::MotionBlur) => plate_px * strong,
        _ if moving => plate_px * slight,
        _ => 0.0,
    }
}

fn lighting(time: TimeOfDay, weather: Weather, cause: Option<UnreadableCause>, dice: &mut Dice) -> Light {
    let light = Light::of(time, weather, dice);
    if cause == Some(UnreadableCause::TooDark) {
        // The flash failed, and the lamps are behind the car.
        return Light { flash: 0.0, plate_gain: 0.0, ambient: light.ambient.times(0.12), ..light };
    }
    let flash = dice.between(0.8, 1.2);
    Light { flash: light.flash * flash, plate_gain: light.plate_gain * flash, ..light }
}

/// Movement is mostly along the lane, hence down or up in the image. A smear that makes characters
/// merge has to go sideways, as when the camera shakes.
fn movement(sideways: bool, dice: &mut Dice) -> (f32, f32) {
    let lean = dice.bell(0.5);
    let (x, y) = if sideways { (1.0, lean) } else { (lean, 1.0) };
    let length = (x * x + y * y).sqrt();
    (x / length, y / length)
}

fn quality(options: &SceneOptions, dice: &mut Dice) -> u8 {
    let (low, high) = (f32::from(*options.jpeg_quality.start()), f32::from(*options.jpeg_quality.end()));
    dice.between(low, high).round() as u8
}

/// Camera and subject in relation to each other.
struct View {
    pose: Pose,
    camera: Camera,
    roll_degrees: f32,
    plate_px: f32,
}

impl View {
    fn draw(kind: SceneKind, style: VehicleStyle, options: &SceneOptions, dice: &mut Dice) -> Self {
        let (width, height) = (options.width as f32, options.height as f32);
        let scale = width / 1280.0;
        let cause = kind.cause();
        let usual = dice.within(&options.plate_width_px);
        let plate_px = scale
            * match cause {
                Some(UnreadableCause::TooFar) => dice.between(17.0, 25.0),
                // Room for the second vehicle beside and behind the first.
                _ if kind == SceneKind::TwoVehicles => usual.min(dice.between(100.0, 130.0)),
                _ => usual,
            };
        let focal = scale * dice.between(1500.0, 2000.0);
        let distance = PLATE_WIDTH_M * focal / plate_px;
        let holder = style.plate_centre();
        let x = dice.bell(options.camera_side) * distance;
        // A steeper view than this is no toll camera's: it would see the roof, not the plate.
        let eye_height = dice.within(&options.camera_height_m).min(holder.y + distance * 0.4);
        let (drop, aside) = (eye_height - holder.y, x);
        let ahead = (distance * distance - drop * drop - aside * aside).max(0.25).sqrt();
        let pose = Pose::new(0.0, ahead, dice.bell(0.08));
        let roll_degrees = dice.bell(options.roll_degrees);
        let mounting =
            Mounting { eye: at(x, eye_height, 0.0), roll: roll_degrees.to_radians(), focal, size: (width, height) };
        let pixel = framing(cause, plate_px, (width, height), dice);
        let camera = Camera::framing(mounting, pose.point(holder), pixel);
        Self { pose, camera, roll_degrees, plate_px }
    }
}

/// Where the middle of the plate appears.
fn framing(cause: Option<UnreadableCause>, plate_px: f32, (width, height): (f32, f32), dice: &mut Dice) -> Point {
    if cause == Some(UnreadableCause::CutByBorder) {
        let inside = plate_px * dice.between(-0.1, 0.25);
        let y = dice.between(0.45, 0.75) * height;
        return match dice.below(3) {
            0 => Point::from_xy(inside, y),
            1 => Point::from_xy(width - inside, y),
            // The lower half or more is missing, and with it most of every character.
            _ => Point::from_xy(width * dice.between(0.35, 0.65), height + plate_px * dice.between(0.0, 0.06)),
        };
    }
    Point::from_xy(width * (0.5 + dice.bell(0.16)), height * dice.between(0.52, 0.74))
}

fn vehicle(style: VehicleStyle, pose: Pose, kind: SceneKind, options: &SceneOptions, dice: &mut Dice) -> VehiclePlan {
    let paint = dice.pick(&PAINTS).times(dice.between(0.9, 1.05));
    let plate = plate(kind.cause(), options, dice);
    VehiclePlan {
        style,
        paint,
        pose,
        braking: dice.chance(0.35),
        plate: (kind != SceneKind::MissingPlate).then_some(plate),
        markings: Vec::new(),
    }
}

fn second_vehicle(view: &View, options: &SceneOptions, dice: &mut Dice) -> VehiclePlan {
    let side = if view.camera.eye.x > 0.0 { -1.0 } else { 1.0 };
    let ahead = view.pose.z() + dice.between(2.5, 7.0);
    let pose = Pose::new(side * dice.between(2.2, 2.9), ahead, dice.bell(0.08));
    let style = dice.pick(&[VehicleStyle::Sedan, VehicleStyle::Suv, VehicleStyle::Pickup]);
    vehicle(style, pose, SceneKind::Vehicle, options, dice)
}

fn plate(cause: Option<UnreadableCause>, options: &SceneOptions, dice: &mut Dice) -> PlatePlan {
    let jurisdiction = dice.weighted(&options.jurisdictions, design::PLAIN.jurisdiction);
    let designs = design::designs_of(jurisdiction);
    let design = designs.get(dice.below(designs.len())).copied().unwrap_or(design::PLAIN);
    let layout = dice.weighted(&options.layouts, PlateLayout::Series);
    let serial = serial::draw(&design, layout, dice);
    let framed = dice.chance(options.frame_share);
    let (dirty, film) = (dice.chance(options.dirt_share), dice.between(0.15, 0.75));
    let (glaring, shine) = (dice.chance(options.glare_share), dice.between(0.2, 0.6));
    let dirt = if cause == Some(UnreadableCause::Dirt) {
        1.0
    } else if dirty {
        film
    } else {
        0.0
    };
    let glare = if cause == Some(UnreadableCause::Glare) {
        1.0
    } else if glaring {
        shine
    } else {
        0.0
    };
    let shaded = dice.chance(options.shadow_share);
    PlatePlan { design, serial, layout, framed, dirt, glare, shaded, spoilt: cause, road: None }
}
