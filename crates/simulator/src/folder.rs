//! Thousands of photos with one truth table, for evaluation and load tests.
//!
//! Photos are written before their row, so a table never names a file that is not there.

use std::fs;
use std::ops::Range;
use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use crate::dice::seed_of;
use crate::error::SimulatorError;
use crate::label;
use crate::options::SceneOptions;
use crate::scene::{DrawnPhoto, Scene};

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FolderSummary {
    /// Number of photos.
    pub photos: u32,
    /// How many of them have a readable plate.
    pub readable: u32,
    /// Size of all photos in bytes.
    pub bytes: u64,
}

/// Photos a thread draws before all are written: few enough to be kept in memory.
const BATCH_PER_THREAD: u32 = 8;

const COLUMNS: [&str; 34] = [
    "file",
    "plate",
    "jurisdiction",
    "condition",
    "kind",
    "cause",
    "readable",
    "time_of_day",
    "weather",
    "vehicle",
    "layout",
    "framed",
    "stamped",
    "signs",
    "dirt",
    "glare",
    "shaded",
    "motion_blur_px",
    "distance_m",
    "view_degrees",
    "roll_degrees",
    "jpeg_quality",
    "x",
    "y",
    "width",
    "height",
    "hidden_plate",
    "other_plate",
    "photo_bytes",
    "seed",
    "legible",
    "plate_kind",
    "frame_text_state",
    "camera",
];

/// Writes `count` photos and `truth.csv` into a folder, which is created. Existing files of the
/// same names are replaced.
///
/// The column `seed` redraws a single photo with [`Scene::draw`]. `plate` is empty where no plate
/// is readable.
///
/// # Errors
/// The first option, drawing or file error; photos written so far remain, the table lists only
/// photos that exist.
pub fn write_folder(
    folder: impl AsRef<Path>,
    count: u32,
    seed: u64,
    options: &SceneOptions,
) -> Result<FolderSummary, SimulatorError> {
    let folder = folder.as_ref();
    options.check()?;
    fs::create_dir_all(folder).map_err(|source| SimulatorError::Write { path: folder.to_owned(), source })?;
    let table = folder.join("truth.csv");
    let truth = |source: csv::Error| SimulatorError::Truth { path: table.clone(), source };
    let mut writer = csv::Writer::from_path(&table).map_err(truth)?;
    writer.write_record(COLUMNS).map_err(truth)?;
    let mut summary = FolderSummary { photos: 0, readable: 0, bytes: 0 };
    let threads = u32::try_from(thread::available_parallelism().map_or(1, usize::from)).unwrap_or(1);
    let mut first = 0;
    while first < count {
        let batch = first..count.min(first + threads * BATCH_PER_THREAD);
        for (index, photo) in batch.clone().zip(draw_all(batch.clone(), threads, seed, options)) {
            let photo = photo?;
            let name = format!("photo-{index:06}.jpg");
            let path = folder.join(&name);
            fs::write(&path, &photo.jpeg).map_err(|source| SimulatorError::Write { path, source })?;
            writer.write_record(row(&name, seed_of(seed, index), &photo)).map_err(truth)?;
            summary.photos += 1;
            summary.readable += u32::from(photo.readable);
            summary.bytes += photo.jpeg.len() as u64;
        }
        first = batch.end;
    }
    writer.flush().map_err(|source| SimulatorError::Write { path: table.clone(), source })?;
    Ok(summary)
}

/// Draws a range of photos on several threads, and gives them in their order. Which thread drew a photo leaves no
/// trace in it.
fn draw_all(
    batch: Range<u32>,
    threads: u32,
    seed: u64,
    options: &SceneOptions,
) -> Vec<Result<DrawnPhoto, SimulatorError>> {
    let part = batch.len().div_ceil(threads as usize).max(1) as u32;
    let draw = |part: Range<u32>| part.map(|index| Scene::draw(seed_of(seed, index), options)).collect::<Vec<_>>();
    thread::scope(|scope| {
        let parts: Vec<_> = batch
            .clone()
            .step_by(part as usize)
            .map(|start| scope.spawn(move || draw(start..batch.end.min(start + part))))
            .collect();
        // A thread that panicked is a broken build; its panic goes on here.
        parts.into_iter().flat_map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

fn row(name: &str, seed: u64, photo: &DrawnPhoto) -> Vec<String> {
    let (conditions, road) = (&photo.conditions, photo.road.as_ref());
    let edge = |pick: fn(&crate::scene::PlateBox) -> u32| {
        photo.plate_box.as_ref().map(|plate| pick(plate).to_string()).unwrap_or_default()
    };
    vec![
        name.to_owned(),
        photo.plate.clone(),
        photo.jurisdiction.clone(),
        label::condition(photo),
        photo.kind.as_str().to_owned(),
        photo.kind.cause().map(|cause| cause.to_string()).unwrap_or_default(),
        photo.readable.to_string(),
        conditions.time_of_day.to_string(),
        conditions.weather.to_string(),
        conditions.vehicle.map(|style| style.to_string()).unwrap_or_default(),
        conditions.layout.map(|layout| layout.to_string()).unwrap_or_default(),
        conditions.framed.to_string(),
        conditions.stamped.to_string(),
        conditions.signs.to_string(),
        format!("{:.2}", conditions.dirt),
        format!("{:.2}", conditions.glare),
        conditions.shaded.to_string(),
        format!("{:.1}", conditions.motion_blur_px),
        format!("{:.2}", conditions.distance_m),
        format!("{:.1}", conditions.view_degrees),
        format!("{:.1}", conditions.roll_degrees),
        conditions.jpeg_quality.to_string(),
        edge(|plate| plate.x),
        edge(|plate| plate.y),
        edge(|plate| plate.width),
        edge(|plate| plate.height),
        photo.hidden_plate.clone().unwrap_or_default(),
        photo.other_plate.clone().unwrap_or_default(),
        photo.jpeg.len().to_string(),
        seed.to_string(),
        road.and_then(|road| road.legible).map(|legible| legible.to_string()).unwrap_or_default(),
        road.and_then(|road| road.plate_kind).map(|kind| kind.to_string()).unwrap_or_default(),
        road.and_then(|road| road.frame_names).unwrap_or_default().to_owned(),
        road.map(|road| road.camera.clone()).unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn folders_of_neighbouring_seeds_share_no_photo() {
        let seeds: HashSet<u64> = (0..20).flat_map(|seed| (0..200).map(move |index| seed_of(seed, index))).collect();
        assert_eq!(seeds.len(), 20 * 200);
    }

    #[test]
    fn a_row_has_a_value_for_every_column() {
        let photo = Scene::draw(1, &SceneOptions::clear_day()).unwrap();
        assert_eq!(row("a.jpg", 1, &photo).len(), COLUMNS.len());
    }
}
