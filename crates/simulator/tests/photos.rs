//! The promises of the simulator, on whole photos.

use std::collections::HashSet;

use image::GenericImageView;
use tollbooth_simulator::{
    JURISDICTIONS, Legibility, Likelihood, PlateKind, PlateLayout, RoadCase, RoadOptions, Scene, SceneKind,
    SceneOptions, SimulatorError, TimeOfDay, UnreadableCause, Weather, write_folder,
};

fn only(kind: SceneKind) -> SceneOptions {
    SceneOptions { kinds: vec![Likelihood::new(kind, 1.0)], ..SceneOptions::mixed() }
}

#[expect(clippy::unwrap_used, reason = "booths stand in Texas")]
fn road(only: Option<RoadCase>) -> SceneOptions {
    SceneOptions::road(RoadOptions { only, ..RoadOptions::of("us-tx").unwrap() })
}

fn brightness(jpeg: &[u8]) -> image::ImageResult<f32> {
    let grey = image::load_from_memory(jpeg)?.to_luma8();
    Ok(grey.pixels().map(|pixel| f32::from(pixel.0[0])).sum::<f32>() / grey.len() as f32)
}

#[test]
fn the_same_seed_and_options_give_the_same_bytes_and_truth() {
    for options in [SceneOptions::mixed(), SceneOptions::clear_day(), road(None)] {
        for seed in [0, 1, 99, u64::MAX] {
            let (first, second) = (Scene::draw(seed, &options).unwrap(), Scene::draw(seed, &options).unwrap());
            assert!(first.jpeg == second.jpeg, "seed {seed} drew two different photos");
            assert_eq!((first.plate, first.conditions), (second.plate, second.conditions));
        }
    }
}

#[test]
fn different_seeds_give_different_photos_and_mostly_different_plates() {
    let options = SceneOptions::clear_day();
    let photos: Vec<_> = (0..40).map(|seed| Scene::draw(seed, &options).unwrap()).collect();
    let files: HashSet<&[u8]> = photos.iter().map(|photo| photo.jpeg.as_slice()).collect();
    let plates: HashSet<&str> = photos.iter().map(|photo| photo.plate.as_str()).collect();
    assert_eq!(files.len(), 40);
    assert!(plates.len() >= 39, "{} plates", plates.len());
}

#[test]
fn every_photo_is_a_jpeg_of_the_size_asked_for_and_of_a_cameras_weight() {
    let options = SceneOptions { kinds: vec![Likelihood::new(SceneKind::Vehicle, 1.0)], ..SceneOptions::mixed() };
    for seed in 0..12 {
        let photo = Scene::draw(seed, &options).unwrap();
        assert_eq!(image::load_from_memory(&photo.jpeg).unwrap().dimensions(), (1280, 720));
        let kilobytes = photo.jpeg.len() / 1024;
        assert!((40..=280).contains(&kilobytes), "seed {seed} weighs {kilobytes} KB");
    }
    for (width, height) in [(320, 240), (641, 361), (1920, 1080)] {
        let photo = Scene::draw(5, &SceneOptions { width, height, ..options.clone() }).unwrap();
        assert_eq!(image::load_from_memory(&photo.jpeg).unwrap().dimensions(), (width, height));
    }
}

#[test]
fn a_readable_photo_names_a_plate_inside_the_picture_and_its_issuer() {
    for seed in 0..20 {
        let photo = Scene::draw(seed, &only(SceneKind::Vehicle)).unwrap();
        assert!(photo.readable && photo.hidden_plate.is_none() && photo.other_plate.is_none());
        assert!((2..=7).contains(&photo.plate.len()));
        assert!(JURISDICTIONS.contains(&photo.jurisdiction.as_str()));
        let plate = photo.plate_box.unwrap();
        assert!(plate.x > 0 && plate.y > 0 && plate.width >= 40 && plate.height >= 20, "{plate:?}");
        assert!(plate.x + plate.width < 1280 && plate.y + plate.height < 720, "{plate:?}");
    }
}

#[test]
fn the_sheet_is_where_the_plate_box_says() {
    // A clean Texas plate is bright around dark letters; nothing else in a black car's tail is.
    let options = SceneOptions {
        jurisdictions: vec![Likelihood::new("us-tx", 1.0)],
        frame_share: 0.0,
        ..SceneOptions::clear_day()
    };
    for seed in 0..10 {
        let photo = Scene::draw(seed, &options).unwrap();
        let plate = photo.plate_box.unwrap();
        let grey = image::load_from_memory(&photo.jpeg).unwrap().to_luma8();
        let inside = grey.view(plate.x, plate.y, plate.width, plate.height);
        let values: Vec<u8> = inside.pixels().map(|(_, _, pixel)| pixel.0[0]).collect();
        let share =
            |wanted: fn(u8) -> bool| values.iter().filter(|value| wanted(**value)).count() as f32 / values.len() as f32;
        assert!(share(|value| value > 150) > 0.4, "seed {seed}: no bright sheet");
        assert!(share(|value| value < 90) > 0.06, "seed {seed}: no dark letters");
    }
}

#[test]
fn kinds_without_a_readable_plate_name_none() {
    let causes = UnreadableCause::ALL.iter().map(|cause| SceneKind::Unreadable(*cause));
    let others = [SceneKind::NoVehicle, SceneKind::MissingPlate, SceneKind::BlackFrame, SceneKind::DamagedFile];
    for kind in causes.chain(others) {
        let photo = Scene::draw(11, &only(kind)).unwrap();
        assert_eq!(photo.kind, kind);
        assert!(!photo.readable && photo.plate.is_empty() && photo.jurisdiction.is_empty());
        assert_eq!(photo.hidden_plate.is_some(), kind.cause().is_some(), "{kind:?}");
        assert_eq!(photo.conditions.vehicle.is_none(), matches!(kind, SceneKind::NoVehicle | SceneKind::BlackFrame));
    }
}

#[test]
fn two_vehicles_carry_two_plates_and_the_nearer_one_is_the_truth() {
    for seed in 0..6 {
        let photo = Scene::draw(seed, &only(SceneKind::TwoVehicles)).unwrap();
        let other = photo.other_plate.unwrap();
        assert!(photo.readable && photo.plate != other && !other.is_empty());
    }
}

#[test]
fn a_cut_plate_touches_the_border() {
    for seed in 0..12 {
        let photo = Scene::draw(seed, &only(SceneKind::Unreadable(UnreadableCause::CutByBorder))).unwrap();
        let Some(plate) = photo.plate_box else { continue };
        let touches = plate.x == 0 || plate.x + plate.width == 1280 || plate.y + plate.height == 720;
        assert!(touches, "seed {seed}: {plate:?}");
    }
}

#[test]
fn a_plate_too_far_away_is_a_few_pixels_wide() {
    for seed in 0..8 {
        let photo = Scene::draw(seed, &only(SceneKind::Unreadable(UnreadableCause::TooFar))).unwrap();
        assert!(photo.plate_box.unwrap().width <= 30);
    }
}

#[test]
fn a_damaged_file_does_not_hold_a_whole_picture() {
    let options = only(SceneKind::DamagedFile);
    for seed in 0..6 {
        let jpeg = Scene::draw(seed, &options).unwrap().jpeg;
        assert!(jpeg.starts_with(&[0xFF, 0xD8]) && !jpeg.ends_with(&[0xFF, 0xD9]));
    }
}

#[test]
fn a_black_frame_is_black_and_night_is_darker_than_day() {
    let frame = SceneOptions { stamp_share: 0.0, ..only(SceneKind::BlackFrame) };
    assert!(brightness(&Scene::draw(1, &frame).unwrap().jpeg).unwrap() < 12.0);
    let at = |time| SceneOptions {
        times: vec![Likelihood::new(time, 1.0)],
        weathers: vec![Likelihood::new(Weather::Clear, 1.0)],
        ..only(SceneKind::Vehicle)
    };
    let [day, dusk, night] = [TimeOfDay::Day, TimeOfDay::Dusk, TimeOfDay::Night]
        .map(|time| brightness(&Scene::draw(3, &at(time)).unwrap().jpeg).unwrap());
    assert!(day > dusk + 15.0 && dusk > night + 15.0, "{day} {dusk} {night}");
}

#[test]
fn conditions_come_from_the_distribution_asked_for() {
    let options = SceneOptions {
        times: vec![Likelihood::new(TimeOfDay::Dusk, 1.0)],
        weathers: vec![Likelihood::new(Weather::Rain, 1.0)],
        layouts: vec![Likelihood::new(PlateLayout::Stacked, 1.0)],
        jurisdictions: vec![Likelihood::new("us-nm", 1.0)],
        plate_width_px: 100.0..=120.0,
        dirt_share: 1.0,
        glare_share: 0.0,
        motion_blur_share: 1.0,
        frame_share: 1.0,
        stamp_share: 0.0,
        sign_share: 1.0,
        jpeg_quality: 70..=75,
        ..only(SceneKind::Vehicle)
    };
    for seed in 0..6 {
        let photo = Scene::draw(seed, &options).unwrap();
        let drawn = &photo.conditions;
        assert_eq!((drawn.time_of_day, drawn.weather), (TimeOfDay::Dusk, Weather::Rain));
        assert_eq!(drawn.layout, Some(PlateLayout::Stacked));
        assert_eq!(photo.jurisdiction, "us-nm");
        assert!(drawn.framed && drawn.signs && !drawn.stamped);
        assert!(drawn.dirt > 0.0 && drawn.glare == 0.0 && drawn.motion_blur_px > 0.0);
        assert!((70..=75).contains(&drawn.jpeg_quality));
        assert!(photo.plate_box.unwrap().width <= 130);
    }
}

#[test]
fn the_mixed_preset_draws_every_time_weather_and_most_kinds() {
    let options = SceneOptions { width: 320, height: 240, ..SceneOptions::mixed() };
    let photos: Vec<_> = (0..400).map(|seed| Scene::draw(seed, &options).unwrap()).collect();
    let count =
        |wanted: &dyn Fn(&tollbooth_simulator::DrawnPhoto) -> bool| photos.iter().filter(|photo| wanted(photo)).count();
    for time in TimeOfDay::ALL {
        assert!(count(&|photo| photo.conditions.time_of_day == *time) > 40, "{time}");
    }
    for weather in Weather::ALL {
        assert!(count(&|photo| photo.conditions.weather == *weather) > 5, "{weather}");
    }
    let readable = count(&|photo| photo.readable);
    assert!((300..390).contains(&readable), "{readable} of 400 are readable");
    let kinds: HashSet<SceneKind> = photos.iter().map(|photo| photo.kind).collect();
    assert!(kinds.len() >= 10, "{kinds:?}");
}

#[test]
fn options_out_of_range_are_refused_before_anything_is_written() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("photos");
    let options = SceneOptions { width: 5, ..SceneOptions::mixed() };
    let refused = write_folder(&folder, 3, 1, &options);
    assert!(matches!(refused, Err(SimulatorError::Option { option: "width", .. })));
    assert!(!folder.exists());
}

#[test]
fn a_folder_holds_what_its_table_says_and_each_row_redraws_its_photo() {
    let folder = tempfile::tempdir().unwrap();
    let options = SceneOptions { width: 640, height: 360, ..SceneOptions::mixed() };
    let summary = write_folder(folder.path(), 25, 4, &options).unwrap();
    assert_eq!(summary.photos, 25);
    let mut table = csv::Reader::from_path(folder.path().join("truth.csv")).unwrap();
    let columns = table.headers().unwrap().clone();
    assert_eq!(columns.iter().take(4).collect::<Vec<_>>(), ["file", "plate", "jurisdiction", "condition"]);
    let column = |name: &str| columns.iter().position(|column| column == name).unwrap();
    let mut readable = 0;
    for row in table.records() {
        let row = row.unwrap();
        let file = std::fs::read(folder.path().join(&row[column("file")])).unwrap();
        let photo = Scene::draw(row[column("seed")].parse().unwrap(), &options).unwrap();
        assert!(photo.jpeg == file && photo.plate == row[column("plate")]);
        assert_eq!(row[column("plate")].is_empty(), &row[column("readable")] == "false");
        readable += u32::from(&row[column("readable")] == "true");
    }
    assert_eq!(readable, summary.readable);
    let files = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 26);
}

#[test]
fn a_case_of_the_road_that_is_asked_for_is_in_every_photo_and_named_in_its_truth() {
    for case in RoadCase::ALL {
        for seed in 0..16 {
            let options = SceneOptions { width: 320, height: 240, ..road(Some(*case)) };
            let photo = Scene::draw(seed, &options).unwrap();
            let truth = photo.road.unwrap();
            assert!(truth.cases.contains(case), "seed {seed}: {case} is not among {:?}", truth.cases);
            assert_eq!(photo.readable, *case != RoadCase::StampAlone, "{case}");
            assert_eq!(photo.plate.is_empty(), *case == RoadCase::StampAlone, "{case}");
        }
    }
}

#[test]
fn an_issuer_is_whose_register_the_owner_stands_in() {
    for (case, starts, ends) in [
        (RoadCase::Nation, "us-", ""),
        (RoadCase::Government, "us-gov", "us-gov"),
        (RoadCase::Temporary, "us-", "-temporary"),
        (RoadCase::Dealer, "us-", "-dealer"),
    ] {
        let plates =
            (0..40).map(|seed| Scene::draw(seed, &SceneOptions { width: 320, height: 240, ..road(Some(case)) }));
        let issuers: HashSet<String> = plates.map(|photo| photo.unwrap()).map(|photo| photo.jurisdiction).collect();
        assert!(!issuers.is_empty(), "{case}");
        // Provinces and Mexican states have one register for all their plates.
        let is_abroad = |code: &String| !ends.is_empty() && (code.starts_with("ca-") || code.starts_with("mx-"));
        let right = |code: &String| is_abroad(code) || code.starts_with(starts) && code.ends_with(ends);
        assert!(issuers.iter().all(right), "{case}: {issuers:?}");
    }
}

#[test]
fn a_frame_that_names_another_state_never_names_the_plates_own() {
    for seed in 0..20 {
        let photo = Scene::draw(seed, &road(Some(RoadCase::ForeignFrame))).unwrap();
        let named = photo.road.unwrap().frame_names.unwrap();
        assert!(!photo.jurisdiction.starts_with(named), "{named} around {}", photo.jurisdiction);
    }
}

#[test]
fn a_camera_that_hangs_askew_sees_the_same_photo_mirrored_or_turned() {
    let pixels = |case| {
        let options = SceneOptions { width: 320, height: 240, jpeg_quality: 98..=98, ..road(case) };
        let photo = Scene::draw(9, &options).unwrap();
        (image::load_from_memory(&photo.jpeg).unwrap().to_luma8(), photo.plate, photo.plate_box.unwrap())
    };
    let (mirrored, plate, at) = pixels(Some(RoadCase::Mirrored));
    let (turned, turned_plate, turned_at) = pixels(Some(RoadCase::Turned));
    assert_eq!(plate, turned_plate);
    // Turned by half is mirrored both ways: the one picture mirrored upside down is the other.
    assert_eq!((at.x, 240 - at.y - at.height), (turned_at.x, turned_at.y));
    let flipped = image::imageops::flip_vertical(&mirrored);
    let apart: u64 = flipped.pixels().zip(turned.pixels()).map(|(a, b)| u64::from(a.0[0].abs_diff(b.0[0]))).sum();
    assert!(apart / u64::from(320u32 * 240) < 4, "{apart}");
}

#[test]
fn most_plates_of_a_road_are_legible_at_home_and_standard() {
    let options = SceneOptions { width: 320, height: 240, ..road(None) };
    let photos: Vec<_> = (0..400).map(|seed| Scene::draw(seed, &options).unwrap()).filter(|p| p.readable).collect();
    let share = |holds: &dyn Fn(&tollbooth_simulator::DrawnPhoto) -> bool| {
        photos.iter().filter(|photo| holds(photo)).count() as f64 / photos.len() as f64
    };
    let home = share(&|photo| photo.jurisdiction.starts_with("us-tx"));
    let standard = share(&|photo| photo.road.as_ref().unwrap().plate_kind == Some(PlateKind::Standard));
    let named = share(&|photo| photo.road.as_ref().unwrap().legible.is_some());
    assert!((0.79..0.91).contains(&home) && standard > 0.75 && named == 1.0, "{home} {standard} {named}");
    let wide = SceneOptions { width: 1280, height: 720, ..options };
    let clear = (0..60).filter_map(|seed| Scene::draw(seed, &wide).unwrap().road?.legible);
    assert!(clear.filter(|legible| *legible == Legibility::Clear).count() > 20);
}
