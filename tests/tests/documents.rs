//! Documents stay true: what operators look up is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tollbooth_alerts::staff::{Aggregation, Comparison, METRICS, NoData};
use tollbooth_alerts::{Rule, Severity};
use tollbooth_messages::{Channel, Class};
use tollbooth_pipeline::circuit::{OpenReason, Phase};
use tollbooth_pipeline::desk::{Matter, Queue};
use tollbooth_pipeline::destination::{DestinationKind, DestinationState, Trouble};
use tollbooth_pipeline::gate::WaitReason;
use tollbooth_pipeline::policy::Policy;
use tollbooth_pipeline::reason::{RejectCode, ReviewReason};
use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::settings::DEFINITIONS;
use tollbooth_pipeline::state::State;
use tollbooth_tests::contract::{listed, members, violations};
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

/// Values of the code, as the document would list them.
fn names<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str) -> BTreeSet<String> {
    all.iter().map(|value| name(*value).to_owned()).collect()
}

#[test]
fn every_list_of_values_in_the_apis_document_is_the_codes() {
    assert_eq!(listed("ReviewReason"), names(ReviewReason::ALL, ReviewReason::as_str));
    assert_eq!(listed("RejectCode"), names(RejectCode::ALL, RejectCode::as_str));
    assert_eq!(listed("Queue"), names(Queue::ALL, Queue::as_str));
    assert_eq!(listed("Matter"), names(Matter::ALL, Matter::as_str));
    assert_eq!(listed("PassageState"), names(&State::ALL, State::as_str));
    assert_eq!(listed("Role"), names(&Role::ALL, Role::as_str));
    assert_eq!(listed("RecognizerName"), names(Recognizer::ALL, Recognizer::as_str));
    assert_eq!(listed("Recognizers/properties/policy"), names(Policy::ALL, Policy::as_str));
    assert_eq!(listed("Waiting/properties/reason"), names(WaitReason::ALL, WaitReason::as_str));
    assert_eq!(listed("AlertRule"), names(Rule::ALL, Rule::as_str));
    assert_eq!(listed("DestinationTrouble"), names(Trouble::ALL, Trouble::as_str));
    assert_eq!(listed("Destination/properties/state"), names(DestinationState::ALL, DestinationState::as_str));
    assert_eq!(listed("Destination/properties/kind"), names(DestinationKind::ALL, DestinationKind::as_str));
    assert_eq!(listed("AlertMetric"), METRICS.iter().map(|metric| metric.name.to_owned()).collect());
    assert_eq!(listed("AlertAggregation"), names(Aggregation::ALL, Aggregation::as_str));
    for rule in ["RuleBody", "RuleValues"] {
        let of = |member: &str| listed(&format!("{rule}/properties/{member}"));
        assert_eq!(of("comparison"), names(Comparison::ALL, Comparison::as_str));
        assert_eq!(of("no_data"), names(NoData::ALL, NoData::as_str));
    }
    assert_eq!(listed("Channel"), names(Channel::ALL, Channel::as_str));
    assert_eq!(listed("DeliveryClass"), names(Class::ALL, Class::as_str));
    assert_eq!(listed("Recognizer/properties/circuit/properties/state"), names(Phase::ALL, Phase::as_str));
    assert_eq!(listed("Recognizer/properties/circuit/properties/reason"), names(OpenReason::ALL, OpenReason::as_str));
}

#[test]
fn every_list_that_the_apis_document_repeats_says_the_same() {
    // `other` needs a remark, and has a verdict of its own.
    let mut with_other = listed("RejectVerdict/properties/reject");
    assert!(with_other.insert("other".to_owned()));
    assert_eq!(with_other, listed("RejectCode"));
    let mut with_camera = listed("StaffTokenBody/properties/role");
    assert!(with_camera.insert("camera".to_owned()));
    assert_eq!(with_camera, listed("Role"));
    for recognizer in ["reading.recognizer", "reading.second_recognizer"] {
        assert_eq!(listed(&format!("SettingsPatch/properties/{recognizer}")), listed("RecognizerName"));
    }
    assert_eq!(listed("SettingsPatch/properties/reading.policy"), listed("Recognizers/properties/policy"));
    assert_eq!(listed("SettingsPatch/properties/export.profile"), listed("Export/properties/profile"));
    for columns in ["CopyProfile", "ExportProfile"] {
        assert_eq!(listed(&format!("{columns}/properties/columns")), listed("Export/properties/profile"));
    }
    assert_eq!(listed("DestinationReport/properties/kind"), listed("Destination/properties/kind"));
}

#[test]
fn a_built_in_alert_is_as_serious_to_prometheus_as_to_people() {
    let rules = read("deploy/prometheus/rules.yml");
    let same = |rule: Rule, alert: &str, severity: Severity| {
        let found = rules.split("- alert: ").find(|text| text.starts_with(&format!("{alert}\n")));
        let label = found.and_then(|text| text.split("severity: ").nth(1)).and_then(|text| text.split(' ').next());
        assert_eq!(label, Some(severity.as_str()), "{alert} beside {rule}");
    };
    for rule in Rule::ALL.iter().copied() {
        let alerts: &[&str] = match rule {
            // The balance is no metric, and an empty export is none of Prometheus's business.
            Rule::BalanceBroken | Rule::ExportEmpty => &[],
            // Nor what is usual at an hour of a booth.
            Rule::AcceptanceDropped => &[],
            Rule::StorageFull => &["TollboothStorageFull"],
            Rule::SilentBooth => &["TollboothSilentBooth"],
            Rule::ReadingStalled => &["TollboothReadingStalled"],
            Rule::OldestWaiting => &["TollboothOldestWaiting"],
            Rule::RecognizerFailing => &["TollboothRecognizerFailing", "TollboothCircuitOpen"],
            Rule::BudgetUsed => &["TollboothBudgetNearlySpent"],
            Rule::ReviewBacklog => &["TollboothReviewBacklog"],
            Rule::ExportLate => &["TollboothExportLate"],
            Rule::DestinationDown => &["TollboothDestinationDown"],
            // Nor is a file that is lost, until it is back.
            Rule::ExportFileLost => &[],
            Rule::DeliveryDead => &["TollboothMessagesUndelivered"],
        };
        alerts.iter().for_each(|alert| same(rule, alert, rule.severity()));
    }
    same(Rule::BudgetUsed, "TollboothBudgetSpent", Severity::Page);
}

#[test]
fn every_setting_is_in_the_apis_document_and_no_other_is() {
    let settings: BTreeSet<String> = DEFINITIONS.iter().map(|definition| definition.name.to_owned()).collect();
    assert_eq!(members("SettingsPatch"), settings);
}

#[test]
fn a_problem_has_the_members_that_the_code_gives_it_and_no_others() {
    let mut given: BTreeSet<String> =
        ["type", "title", "status", "detail", "request_id"].into_iter().map(ToOwned::to_owned).collect();
    for file in sources(&["components", "crates/web/src"]) {
        let text = fs::read_to_string(&file).unwrap();
        for (at, _) in text.match_indices(".with(\"") {
            given.extend(text[at + 7..].split('"').next().map(ToOwned::to_owned));
        }
    }
    assert_eq!(members("Problem"), given);
}

/// The Rust files below folders of the repository.
fn sources(folders: &[&str]) -> Vec<PathBuf> {
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| repository().join(folder)).collect();
    let mut found = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    assert!(found.len() > 20, "the sources are where this looks for them");
    found
}

#[test]
fn every_document_the_readme_links_to_exists() {
    for (at, _) in read("README.md").match_indices("](") {
        let readme = read("README.md");
        let target = readme[at + 2..].split([')', '#']).next().unwrap_or_default();
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

/// What the document says of an answer of `GET /v1/health`.
fn health(body: &Value) -> Vec<String> {
    violations("GET", "/v1/health", 200, "application/json", body)
}

#[test]
fn an_answer_with_a_member_too_many_or_too_few_is_found() {
    let mut body = json!({});
    for name in members("Health") {
        body[name] = json!("ok");
    }
    let as_documented = health(&body);
    body["secret"] = json!(1);
    let one_more = health(&body);
    assert_eq!(one_more.len(), as_documented.len() + 1, "{one_more:?}");
    assert!(one_more.iter().any(|line| line.contains("answer.secret is not in the document")), "{one_more:?}");
    assert!(health(&json!({})).iter().any(|line| line.contains("promised and missing")));
}

#[test]
fn an_answer_with_a_status_that_the_document_does_not_give_is_found() {
    let found = violations("POST", "/v1/reviews/claim?x=1", 299, "application/json", &json!({}));
    assert_eq!(found, ["the document knows no status 299 here"]);
    let photo = violations("GET", "/v1/photos/psg_1.jpg", 200, "application/json", &json!({}));
    assert_eq!(photo, ["the document has no JSON for status 200"]);
}

#[test]
fn a_problem_with_a_member_of_which_nothing_is_said_is_found_whatever_the_route() {
    let body = json!({
        "type": "urn:tollbooth:problem:not-found", "title": "t", "status": 404, "detail": "d", "request_id": "r",
        "colour": "red",
    });
    let found = violations("GET", "/nowhere", 404, "application/problem+json", &body);
    assert_eq!(found, ["problem.colour is not in the document"]);
}

#[test]
fn without_the_cron_plugin_the_readme_starts_all_that_answers_requests() {
    let readme = read("README.md");
    let command = readme.split("$ spin up -c image-intake").nth(1).unwrap().split("--listen").next().unwrap();
    let words: Vec<_> = command.split_whitespace().collect();
    let mut started: BTreeSet<_> =
        words.windows(2).filter(|pair| pair[0] == "-c").map(|pair| pair[1].to_owned()).collect();
    // The part of the command that the text was cut at, and the second process.
    started.extend(["image-intake", "ocr-call-ticks"].map(str::to_owned));
    let manifest = read("spin.toml");
    let mut served = BTreeSet::new();
    for trigger in manifest.split("[[trigger.http]]").skip(1) {
        let named = trigger.lines().find_map(|line| line.strip_prefix("component = \"")).unwrap();
        served.insert(named.trim_end_matches('"').to_owned());
    }
    // Woken by service chaining only, in `tollbooth up`; the ticks wake the same stage.
    served.remove("ocr-call");
    assert_eq!(started, served);
    for stage in ["reading", "services", "export", "messages", "telemetry"] {
        assert!(readme.contains(&format!("$ tollbooth tick {stage} --every")), "{stage}");
    }
    assert!(readme.contains("$ export SPIN_VARIABLE_OPERATOR_TOKEN="), "nobody could do anything");
}
