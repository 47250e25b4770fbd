//! Documents stay true: what operators look up is there.

use std::fs;

use tollbooth_pipeline::reason::{RejectCode, ReviewReason};
use tollbooth_pipeline::settings::DEFINITIONS;
use tollbooth_tests::repository;

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

#[test]
fn every_setting_is_in_the_operators_manual_with_its_meaning() {
    let manual = read("docs/operations.md");
    for definition in DEFINITIONS {
        let row = format!("| `{}` |", definition.name);
        let line = manual.lines().find(|line| line.starts_with(&row));
        assert!(line.is_some_and(|line| line.contains(definition.meaning)), "{}", definition.name);
    }
}

#[test]
fn every_review_reason_and_reject_code_is_in_the_apis_document() {
    let document = read("docs/api/openapi.json");
    for code in ReviewReason::ALL.iter().map(|r| r.as_str()).chain(RejectCode::ALL.iter().map(|c| c.as_str())) {
        assert!(document.contains(&format!("\"{code}\"")), "{code}");
    }
}

#[test]
fn every_document_the_readme_links_to_exists() {
    for (at, _) in read("README.md").match_indices("](") {
        let readme = read("README.md");
        let target = readme[at + 2..].split(')').next().unwrap_or_default();
        if !target.starts_with("http") {
            assert!(repository().join(target).exists(), "README.md links to {target}");
        }
    }
}

#[test]
fn every_variable_of_a_recognition_service_is_documented_with_its_default() {
    let document = read("docs/recognizers.md");
    let manifest = read("spin.toml");
    let mut found = 0;
    for line in
        manifest.lines().filter(|line| line.starts_with("azure_vision_") || line.starts_with("plate_recognizer_"))
    {
        let Some((name, rest)) = line.split_once(" = { default = \"") else { continue };
        let default = rest.split('"').next().unwrap_or_default();
        let default = if default.is_empty() { "empty".to_owned() } else { format!("`{default}`") };
        assert!(document.contains(&format!("| `{name}` | {default} |")), "{name} with default {default}");
        found += 1;
    }
    assert_eq!(found, 8);
}
