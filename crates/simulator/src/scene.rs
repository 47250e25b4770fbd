//! From a seed to a photo with its truth.

use crate::canvas::{Brush, Canvas};
use crate::conditions::{Conditions, SceneKind};
use crate::dice::{Dice, Purpose};
use crate::error::SimulatorError;
use crate::options::SceneOptions;
use crate::plan::{Plan, PlatePlan, VehiclePlan};
use crate::plate_face;
use crate::projection::Camera;
use crate::road::{CameraLook, Legibility, PlateKind, RoadCase, RoadPlate, SLOGAN_MM, Sight};
use crate::sheet::{CORNERS, HEIGHT, WIDTH};
use crate::stage::Stage;
use crate::tone::Tone;
use crate::typeface::Typefaces;
use crate::{air, backdrop, lens, road, stamp, vehicle};

/// Draws photos.
#[derive(Debug, Clone, Copy)]
pub struct Scene;

/// A rectangle in the photo, in pixels from its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlateBox {
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
    /// Width, at least 1.
    pub width: u32,
    /// Height, at least 1.
    pub height: u32,
}

/// A photo and the truth about it.
#[derive(Debug, Clone)]
pub struct DrawnPhoto {
    /// The file. Not a whole JPEG for [`SceneKind::DamagedFile`].
    pub jpeg: Vec<u8>,
    /// The plate as a person reads it, `A-Z0-9`; empty when `readable` is false.
    pub plate: String,
    /// Who issued it, such as `us-ok`; on a road also `us-tx-temporary` or `us-cherokee-nation`. Empty when `readable` is
    /// false.
    pub jurisdiction: String,
    /// What is on the sheet of an unreadable plate; a reader that answers this was lucky.
    pub hidden_plate: Option<String>,
    /// The plate of the second vehicle of [`SceneKind::TwoVehicles`].
    pub other_plate: Option<String>,
    /// Where the visible part of the plate is; `None` when no plate is in the picture.
    pub plate_box: Option<PlateBox>,
    /// What it was drawn with.
    pub conditions: Conditions,
    /// Whether a person can read the plate.
    pub readable: bool,
    /// What the photo is of.
    pub kind: SceneKind,
    /// What only photos of a road have.
    pub road: Option<RoadTruth>,
}

/// The truth about a photo of a road ([`SceneOptions::road`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoadTruth {
    /// Kind of the plate; none where none can be read.
    pub plate_kind: Option<PlateKind>,
    /// How well a person reads who issued it; none where no plate can be read.
    pub legible: Option<Legibility>,
    /// What makes it easy to bill to the wrong person.
    pub cases: Vec<RoadCase>,
    /// The state that the plate's frame names, `us-tx`.
    pub frame_names: Option<&'static str>,
    /// The camera of the plaza: `cam-3`.
    pub camera: String,
}

impl Scene {
    /// Draws the photo of a seed. The same seed and options give the same bytes on the same build.
    ///
    /// # Errors
    /// [`SimulatorError::Option`] for options out of range; the other kinds mean a broken build or
    /// exhausted memory.
    pub fn draw(seed: u64, options: &SceneOptions) -> Result<DrawnPhoto, SimulatorError> {
        options.check()?;
        let mut plan = Plan::draw(seed, options);
        if let Some(road) = &options.road {
            road::apply(&mut plan, seed, road);
        }
        let faces = Typefaces::load()?;
        let mut canvas =
            if plan.kind == SceneKind::BlackFrame { black(options)? } else { paint(seed, &plan, options, &faces)? };
        expose(&mut canvas, seed, &plan);
        if plan.look.mirrored {
            canvas.mirror();
        }
        if plan.look.turned {
            canvas.turn_over();
        }
        road::paint_overlays(&mut canvas, &faces, &plan.look);
        if plan.stamped {
            let mut dice = Dice::new(seed, Purpose::Stamp);
            stamp::burn_in(&mut canvas, &faces, plan.time, &mut dice);
        }
        let mut jpeg = lens::encode(&canvas, plan.jpeg_quality, seed)?;
        if plan.kind == SceneKind::DamagedFile {
            let kept = Dice::new(seed, Purpose::Damage).between(0.05, 0.6);
            jpeg.truncate((jpeg.len() as f32 * kept) as usize);
        }
        Ok(truth(jpeg, &plan, options))
    }
}

/// A closed shutter is not quite zero.
fn black(options: &SceneOptions) -> Result<Canvas, SimulatorError> {
    let mut canvas = Canvas::new(options.width, options.height)?;
    canvas.flood(&Brush::flat(Tone::grey(3).paint(1.0)));
    Ok(canvas)
}

fn paint(seed: u64, plan: &Plan, options: &SceneOptions, faces: &Typefaces) -> Result<Canvas, SimulatorError> {
    let half = Canvas::new(options.width.div_ceil(2), options.height.div_ceil(2))?;
    let mut behind = Stage { canvas: half, camera: plan.camera.scaled(0.5), light: plan.light, faces };
    backdrop::paint(&mut behind, plan, &mut Dice::new(seed, Purpose::Backdrop));
    let canvas = Canvas::new(options.width, options.height)?;
    let mut stage = Stage { canvas, camera: plan.camera, light: plan.light, faces };
    stage.canvas.enlarge_from(&behind.canvas);
    let mut dice = Dice::new(seed, Purpose::Vehicle);
    for vehicle in &plan.vehicles {
        vehicle::paint(&mut stage, vehicle, &mut dice);
    }
    air::paint(&mut stage, plan, &mut Dice::new(seed, Purpose::Air));
    Ok(stage.canvas)
}

fn expose(canvas: &mut Canvas, seed: u64, plan: &Plan) {
    if plan.kind != SceneKind::BlackFrame {
        lens::soften(canvas);
        lens::smear(canvas, plan.motion_blur_px, plan.motion);
    }
    lens::grain(canvas, plan.light.noise, &mut Dice::new(seed, Purpose::Noise));
}

fn truth(jpeg: Vec<u8>, plan: &Plan, options: &SceneOptions) -> DrawnPhoto {
    let subject = plan.vehicles.last();
    let carried = subject.and_then(|vehicle| vehicle.plate.as_ref());
    let readable = plan.kind.is_readable();
    let told = carried.filter(|_| readable);
    let other = plan.vehicles.first().filter(|_| plan.vehicles.len() > 1);
    let damaged = plan.kind == SceneKind::DamagedFile;
    let plate_box = subject
        .filter(|vehicle| vehicle.plate.is_some() && !damaged)
        .and_then(|vehicle| visible_box(vehicle, &plan.camera, options))
        .map(|seen| as_hung(seen, &plan.look, options));
    DrawnPhoto {
        jpeg,
        plate: told.map(|plate| plate.serial.text.clone()).unwrap_or_default(),
        jurisdiction: told.map(issuer).unwrap_or_default(),
        hidden_plate: carried.filter(|_| !readable && !damaged).map(|plate| plate.serial.text.clone()),
        other_plate: other.and_then(|vehicle| vehicle.plate.as_ref()).map(|plate| plate.serial.text.clone()),
        plate_box,
        conditions: conditions(plan),
        readable,
        kind: plan.kind,
        road: options.road.map(|_| road_truth(plan, told)),
    }
}

fn issuer(plate: &PlatePlan) -> String {
    plate.road.as_ref().map_or_else(|| plate.design.jurisdiction.to_owned(), |road| road.issuer.clone())
}

fn road_truth(plan: &Plan, told: Option<&PlatePlan>) -> RoadTruth {
    let road = told.and_then(|plate| plate.road.as_ref());
    RoadTruth {
        plate_kind: road.map(|road| road.kind),
        legible: told.and_then(|plate| legibility(plan, plate)),
        cases: road::cases(plan),
        frame_names: road.and_then(RoadPlate::frame_names),
        camera: plan.look.camera.clone(),
    }
}

fn legibility(plan: &Plan, plate: &PlatePlan) -> Option<Legibility> {
    let (vehicle, road) = (plan.vehicles.last()?, plate.road.as_ref()?);
    let middle = plate_face::plane(&vehicle.pose, vehicle.style).point(WIDTH / 2.0, HEIGHT / 2.0);
    let (name, slogan) = road.shown(&plate.design);
    Some(road::legibility(&Sight {
        px_per_mm: plan.camera.scale_at(middle) / 1000.0,
        name: (road.heading.capital, name),
        slogan: (SLOGAN_MM, slogan),
        blur_px: plan.motion_blur_px,
        dirt: plate.dirt,
        glare: plate.glare,
        time: plan.time,
    }))
}

/// Where a camera that hangs askew sees what another would see here.
fn as_hung(seen: PlateBox, look: &CameraLook, options: &SceneOptions) -> PlateBox {
    let from_right = options.width.saturating_sub(seen.x + seen.width);
    let from_below = options.height.saturating_sub(seen.y + seen.height);
    PlateBox {
        x: if look.mirrored || look.turned { from_right } else { seen.x },
        y: if look.turned { from_below } else { seen.y },
        ..seen
    }
}

fn conditions(plan: &Plan) -> Conditions {
    let subject = plan.vehicles.last();
    let plate = subject.and_then(|vehicle| vehicle.plate.as_ref());
    let middle =
        subject.map(|vehicle| plate_face::plane(&vehicle.pose, vehicle.style).point(WIDTH / 2.0, HEIGHT / 2.0));
    let angle = subject.map_or(0.0, |vehicle| {
        let aside = vehicle.pose.aside(plan.camera.eye);
        let distance = middle.map_or(1.0, |middle| plan.camera.distance(middle));
        (aside / distance).clamp(-1.0, 1.0).asin().to_degrees()
    });
    Conditions {
        time_of_day: plan.time,
        weather: plan.weather,
        vehicle: subject.map(|vehicle| vehicle.style),
        layout: plate.map(|plate| plate.layout),
        framed: plate.is_some_and(|plate| plate.framed),
        stamped: plan.stamped,
        signs: plan.signs,
        dirt: plate.map_or(0.0, |plate| plate.dirt),
        glare: plate.map_or(0.0, |plate| plate.glare),
        shaded: plate.is_some_and(|plate| plate.shaded),
        motion_blur_px: plan.motion_blur_px,
        distance_m: middle.map_or(0.0, |middle| plan.camera.distance(middle)),
        view_degrees: angle,
        roll_degrees: plan.roll_degrees,
        jpeg_quality: plan.jpeg_quality,
    }
}

/// The rectangle around the plate's corners, cut at the borders; `None` when nothing is left.
fn visible_box(vehicle: &VehiclePlan, camera: &Camera, options: &SceneOptions) -> Option<PlateBox> {
    let plane = plate_face::plane(&vehicle.pose, vehicle.style);
    let (mut left, mut top) = (f32::MAX, f32::MAX);
    let (mut right, mut bottom) = (f32::MIN, f32::MIN);
    for (x, y) in CORNERS {
        let corner = camera.project(plane.point(x, y))?;
        (left, right) = (left.min(corner.x), right.max(corner.x));
        (top, bottom) = (top.min(corner.y), bottom.max(corner.y));
    }
    let clip = |value: f32, end: u32| value.clamp(0.0, end as f32).round() as u32;
    let (x, y) = (clip(left, options.width), clip(top, options.height));
    let width = clip(right, options.width).saturating_sub(x);
    let height = clip(bottom, options.height).saturating_sub(y);
    (width > 0 && height > 0).then_some(PlateBox { x, y, width, height })
}
