//! Measures `tollbooth verify` on this machine: seconds and memory for folders of so many lines.
//!
//! `cargo run --release -p tollbooth-client --example measure-verify -- [LINES ...]`
//!
//! The folder has files of 100,000 lines, in the last of them one line that was billed before: it must be found, alone. Fails when
//! memory grows by more than 64 MiB. The folder and the files that lines are sorted in are temporary: `TMPDIR` measures another disk.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Instant;

use tollbooth_client::delivery::{MANIFESTS, SUFFIX};
use tollbooth_client::verification::Verification;
use tollbooth_pipeline::export::{BillLine, GENESIS_SHA256, Kind, Manifest, Profile, render_header, render_rows};
use tollbooth_pipeline::ident::Digester;

const SIZES: [u64; 2] = [1_000_000, 10_000_000];
const LINES_OF_A_FILE: u64 = 100_000;
/// Rendered at a time.
const PAGE: u64 = 1_000;
/// Bytes above those before.
const MOST: u64 = 64 << 20;

type Measured<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Measured {
    let given = std::env::args().skip(1).map(|text| text.parse::<u64>()).collect::<Result<Vec<_>, _>>()?;
    let sizes = if given.is_empty() { SIZES.to_vec() } else { given };
    println!("{:>9} {:>9} {:>10} {:>10} {:>14}", "rows", "MB", "seconds", "us a row", "MB above idle");
    for lines in sizes {
        let folder = tempfile::tempdir()?;
        let bytes = publish(folder.path(), lines)?;
        let idle = memory("VmRSS:")?;
        // Where the peak cannot be forgotten it is that of the whole run, which is the stricter one.
        let _ = fs::write("/proc/self/clear_refs", "5");
        let began = Instant::now();
        let found = Verification::make(folder.path(), &[])?;
        let seconds = began.elapsed().as_secs_f64();
        let above = memory("VmHWM:")?.saturating_sub(idle);
        println!(
            "{lines:>9} {:>9.1} {seconds:>10.1} {:>10.1} {:>14.1}",
            bytes as f64 / 1e6,
            seconds * 1e6 / lines as f64,
            above as f64 / 1e6
        );
        if found.lines != lines || found.findings.len() != 1 || !found.findings.iter().all(|it| it.contains("twice")) {
            return Err(format!("{} lines, and this was found: {:?}", found.lines, found.findings).into());
        }
        if above > MOST {
            return Err(format!("{lines} lines take {above} bytes above idle, more than {MOST}").into());
        }
    }
    Ok(())
}

/// Writes a folder as `tollbooth export --into` does; its size in bytes.
fn publish(folder: &Path, lines: u64) -> Measured<u64> {
    fs::create_dir(folder.join(MANIFESTS))?;
    let (mut previous, mut bytes, mut sequence) = (GENESIS_SHA256.to_owned(), 0, 0);
    for first in (0..lines).step_by(usize::try_from(LINES_OF_A_FILE)?) {
        sequence += 1;
        let last = (first + LINES_OF_A_FILE).min(lines);
        let file_name = format!("{sequence:06}.csv");
        let (sha256, size) = write(&folder.join(&file_name), first..last, lines)?;
        let manifest = Manifest {
            sequence,
            kind: Kind::Lines,
            file_name: file_name.clone(),
            profile: "lab".to_owned(),
            keying_rules: None,
            rows: u32::try_from(last - first)?,
            bytes: size,
            sha256,
            window_from: None,
            window_to: "2026-11-20T10:00:00.000Z".to_owned(),
            previous_manifest_sha256: previous,
            copy: None,
        };
        let text = manifest.to_json()?;
        fs::write(folder.join(MANIFESTS).join(format!("{file_name}{SUFFIX}")), &text)?;
        previous = Manifest::sha256_of(&text);
        bytes += size;
    }
    Ok(bytes)
}

/// Digest and size of a file with these lines; the last of all is the first one again.
fn write(path: &Path, numbers: std::ops::Range<u64>, lines: u64) -> Measured<(String, u64)> {
    let (mut file, mut digest, mut bytes) = (BufWriter::new(File::create(path)?), Digester::default(), 0);
    let mut take = |text: &[u8]| {
        digest.take(text);
        bytes += text.len() as u64;
        file.write_all(text)
    };
    take(&render_header(Profile::Lab)?)?;
    for first in numbers.clone().step_by(usize::try_from(PAGE)?) {
        let page = first..(first + PAGE).min(numbers.end);
        let page: Vec<_> = page.map(|number| line(if number + 1 == lines { 0 } else { number })).collect();
        take(&render_rows(Profile::Lab, &page, "", "")?)?;
    }
    file.flush()?;
    Ok((digest.hex(), bytes))
}

fn line(number: u64) -> BillLine {
    // As passages are numbered, in no order.
    let passage = format!("psg_{:026x}", u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 32);
    BillLine {
        booth: "north".to_owned(),
        lane: "1".to_owned(),
        plate: format!("B{number:07}"),
        jurisdiction: "us-tx".to_owned(),
        jurisdiction_source: "read".to_owned(),
        captured_at: "2026-11-20T10:00:00Z".to_owned(),
        captured_at_instant: 1_795_168_800_000,
        decided_by: "judge".to_owned(),
        confidence: Some(0.99),
        photo_name: format!("{passage}.jpg"),
        plate_type: None,
        passage,
    }
}

/// A figure of this process, in bytes.
fn memory(figure: &str) -> Measured<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(figure)).ok_or("/proc does not tell the memory")?;
    let kilobytes = line.split_whitespace().nth(1).ok_or("/proc tells it otherwise")?;
    Ok(kilobytes.parse::<u64>()? * 1024)
}
