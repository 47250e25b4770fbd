//! What spreadsheets and data frames make of plates: the ways that the manual shows lose nothing, the usual ways do.

use std::process::Command;

use tollbooth_pipeline::export::{BillLine, Profile, render};
use tollbooth_tests::repository;

/// Look like a number, a number of an octal kind, a date, an infinite number and a missing value.
const NASTY: [&str; 8] = ["219E01", "012345", "MAR2024", "1E12345", "NULL", "NAN", "TRUE", "NA"];

fn file(plates: &[&str]) -> Vec<u8> {
    let line = |(number, plate): (usize, &&str)| BillLine {
        passage: format!("psg_{number}"),
        booth: "north".into(),
        lane: "-1".into(),
        plate: (*plate).to_owned(),
        jurisdiction: "us-tx".into(),
        jurisdiction_source: "read".into(),
        captured_at: "2026-11-20T10:15:30-06:00".into(),
        captured_at_instant: 1_795_191_330_000,
        decided_by: "judge".into(),
        confidence: Some(0.99),
        photo_name: format!("psg_{number}.jpg"),
        plate_type: None,
    };
    let lines: Vec<_> = plates.iter().enumerate().map(line).collect();
    render(Profile::Full, &lines, "/v1/photos/").unwrap()
}

/// Runs a piece of Python that leaves what it read in `plates`.
fn plates(code: &str, file: &std::path::Path) -> Vec<String> {
    let code = format!("{code}\nprint(*plates, sep='\\n')\n");
    let output = Command::new("python3")
        .args(["-c", &code])
        .arg(file)
        .env("PYTHONPATH", repository().join("target/billing-tools"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{code}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(ToOwned::to_owned).collect()
}

#[test]
fn every_way_that_the_manual_shows_reads_plates_as_they_are() {
    let installed = Command::new(repository().join("scripts/billing-tools")).status().unwrap();
    assert!(installed.success(), "scripts/billing-tools");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bills.csv");
    let manual = std::fs::read_to_string(repository().join("docs/operations.md")).unwrap();
    let (_, part) = manual.split_once("### Reading the files").unwrap();
    let part = part.split("\n#").next().unwrap();
    let ways: Vec<_> = part.split("```python\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(ways.len(), 2, "pandas and DuckDB");
    let columns = file(&[]).split(|byte| *byte == b',').count();
    let named: String = (1..=columns).map(|column| format!("/{column}/2")).collect();
    assert!(part.contains(&format!(",{} ", &named[1..])), "LibreOffice, {columns} columns, each as text: {part}");
    // Together, and each alone: a reader guesses by what is in the column.
    let alone = NASTY.iter().map(std::slice::from_ref);
    for nasty in alone.chain([NASTY.as_slice()]) {
        std::fs::write(&path, file(nasty)).unwrap();
        for way in &ways {
            assert_eq!(plates(way, &path), nasty, "{way}");
        }
    }
    let usual = "import sys, pandas\nplates = pandas.read_csv(sys.argv[1])['LicensePlateText'].tolist()";
    std::fs::write(&path, file(&["219E01"])).unwrap();
    assert_ne!(plates(usual, &path), ["219E01"], "the usual way guesses, so this test can fail");
}

/// LibreOffice, or none where it is not installed, said loudly. `TOLLBOOTH_NEED_LIBREOFFICE` makes that a failure.
fn libreoffice_or_skip() -> Option<()> {
    let found = Command::new("soffice").arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        let text = "LibreOffice is not installed; scripts/libreoffice installs it";
        assert!(std::env::var_os("TOLLBOOTH_NEED_LIBREOFFICE").is_none(), "{text}");
        // Past the capture of the test harness, which shows nothing of tests that pass.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("\n*** SKIPPED *** {text}\n\n").as_bytes());
    }
    found.then_some(())
}

/// What the cells of the column of plates hold, by a sheet's own file: kind and text of each.
fn cells(sheet: &std::path::Path) -> Vec<String> {
    const READ: &str = r#"
import re, sys, zipfile
text = zipfile.ZipFile(sys.argv[1]).read("content.xml").decode()
rows = re.findall(r"<table:table-row.*?</table:table-row>", text, re.S)[1:]
for row in rows:
    cells = re.findall(r"<table:table-cell(.*?)(?:/>|</table:table-cell>)", row, re.S)
    kind = re.search(r'office:value-type="(\w+)"', cells[1])
    print((kind and kind.group(1)) or "nothing", "".join(re.findall(r"<text:p>(.*?)</text:p>", cells[1])))
"#;
    let output = Command::new("python3").args(["-c", READ]).arg(sheet).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(ToOwned::to_owned).collect()
}

#[test]
fn libreoffice_reads_plates_as_they_are_the_way_that_the_manual_shows() {
    let Some(()) = libreoffice_or_skip() else { return };
    let manual = std::fs::read_to_string(repository().join("docs/operations.md")).unwrap();
    let (_, part) = manual.split_once("### Reading the files").unwrap();
    let command = part.lines().find_map(|line| line.strip_prefix("$ soffice ")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let profile = format!("-env:UserInstallation=file://{}/profile", folder.path().display());
    let convert = |command: &str, name: &str, plates: &[&str]| {
        let csv = folder.path().join(format!("{name}.csv"));
        std::fs::write(&csv, file(plates)).unwrap();
        let line = format!("soffice {profile} {command}");
        let output = Command::new("sh")
            .args(["-euc", &line.replace("SHEETS", "$SHEETS").replace("FILE", "$FILE")])
            .envs([("SHEETS", folder.path()), ("FILE", &csv), ("HOME", folder.path())])
            .output()
            .unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        cells(&folder.path().join(format!("{name}.ods")))
    };
    let texts: Vec<_> = NASTY.iter().map(|plate| format!("string {plate}")).collect();
    assert_eq!(convert(command, "nasty", &NASTY), texts);
    let usual = command.split(' ').filter(|word| !word.starts_with("--infilter")).collect::<Vec<_>>().join(" ");
    assert_ne!(convert(&usual, "usual", &NASTY), texts, "the usual way guesses, so this test can fail");
}
