//! What reading a photo costs in WebAssembly, as a ratio to the same code built for the machine itself, in one run.
//!
//! The built component `recognizer-onnx` and the crate it is made of read the same photos, one after the other and turn by
//! turn; processor time is that of this process, so other work on the machine does not count. Run with
//! `scripts/bench recognition [FOLDER]`; FOLDER holds photos and a `truth.csv`, without it photos are drawn. Set
//! `RTEN_TIMING=1` to have the time of every operator of the networks printed.

use std::path::Path;
use tollbooth_recognition::{Reading, Stages};
use tollbooth_simulator::{Scene, SceneOptions};
use tollbooth_tests::{RecognizerComponent, native_recognizer, processor_time};

/// Photos to draw when none are named.
const DRAWN: u64 = 24;

/// Name and bytes of every photo.
fn photos(folder: Option<&str>) -> Vec<(String, Vec<u8>)> {
    let Some(folder) = folder else {
        let scene = |seed| Scene::draw(seed, &SceneOptions::clear_day()).unwrap().jpeg;
        return (0..DRAWN).map(|seed| (format!("drawn-{seed}"), scene(seed))).collect();
    };
    let truth = std::fs::read_to_string(Path::new(folder).join("truth.csv")).unwrap();
    let file = truth.lines().next().unwrap().split(',').position(|title| title == "file").unwrap();
    let names = truth.lines().skip(1).map(|line| line.split(',').nth(file).unwrap().to_owned());
    names.map(|name| (name.clone(), std::fs::read(Path::new(folder).join(name)).unwrap())).collect()
}

/// Seconds of one photo both ways.
struct Row {
    native: f64,
    wasm: f64,
    native_stages: Stages,
    wasm_stages: Stages,
    looks: usize,
}

fn looks(stages: &Stages) -> usize {
    [stages.glance_ms, stages.full_look_ms, stages.close_look_ms, stages.contrast_look_ms]
        .iter()
        .filter(|ms| **ms > 0.0)
        .count()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

fn main() {
    // cargo passes `--bench` to every benchmark.
    let folder = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let photos = photos(folder.as_deref());
    let native = native_recognizer().with_clock(processor_time);
    eprintln!("compiling the component");
    let mut wasm = RecognizerComponent::load();
    // The first photo loads the models and touches their memory; it is read once more below.
    let (_, first) = &photos[0];
    wasm.read(first).unwrap();
    native.read(first).unwrap();

    let mut rows: Vec<Row> = Vec::new();
    for (index, (name, bytes)) in photos.iter().enumerate() {
        let start = processor_time();
        let read = native.read(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let between = processor_time();
        let answer = wasm.read(bytes).unwrap_or_else(|failure| panic!("{name}: {failure}"));
        let end = processor_time();
        let text = |reading: &Reading| reading.plates.first().and_then(|p| p.best()).map(|best| best.text.clone());
        if text(&answer) != text(&read) {
            println!("{name}: {:?} in WebAssembly, {:?} natively", text(&answer), text(&read));
        }
        rows.push(Row {
            native: (between - start).as_secs_f64(),
            wasm: (end - between).as_secs_f64(),
            native_stages: read.stages,
            wasm_stages: answer.stages,
            looks: looks(&read.stages),
        });
        eprint!("\r{} of {} photos", index + 1, photos.len());
    }
    eprintln!();
    report(&rows, wasm.peak_memory());
}

/// Milliseconds of one stage.
type Part = fn(&Stages) -> f64;

fn report(rows: &[Row], peak: usize) {
    let count = rows.len().max(1) as f64;
    let mean = |value: &dyn Fn(&Row) -> f64| rows.iter().map(value).sum::<f64>() / count;
    println!("{} photos; processor seconds a photo", rows.len());
    println!("{:<16} {:>8} {:>8} {:>7}", "", "native", "wasm", "ratio");
    let line = |name: &str, native: f64, wasm: f64| {
        println!("{name:<16} {native:>8.3} {wasm:>8.3} {:>7.2}", wasm / native.max(f64::EPSILON));
    };
    line("median", median(rows.iter().map(|row| row.native)), median(rows.iter().map(|row| row.wasm)));
    line("mean", mean(&|row| row.native), mean(&|row| row.wasm));
    let stages: [(&str, Part); 5] = [
        ("  decode", |s| s.decode_ms),
        ("  glance", |s| s.glance_ms),
        ("  full look", |s| s.full_look_ms),
        ("  close look", |s| s.close_look_ms),
        ("  contrast look", |s| s.contrast_look_ms),
    ];
    for (name, part) in stages {
        line(name, mean(&|row| part(&row.native_stages) / 1e3), mean(&|row| part(&row.wasm_stages) / 1e3));
    }
    for wanted in 1..=4 {
        let some: Vec<&Row> = rows.iter().filter(|row| row.looks == wanted).collect();
        if !some.is_empty() {
            let part = |value: fn(&Row) -> f64| some.iter().map(|row| value(row)).sum::<f64>() / some.len() as f64;
            line(&format!("{wanted} look(s): {}", some.len()), part(|row| row.native), part(|row| row.wasm));
        }
    }
    println!("linear memory at most {} MB", peak >> 20);
}
