//! Documents stay true: what operators look up is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::{Value, json};
use tollbooth_alerts::staff::{Aggregation, Comparison, Kind, METRICS, NoData};
use tollbooth_alerts::{Rule, RuleState, Severity};
use tollbooth_messages::{Channel, Class};
use tollbooth_pipeline::blind::Standing;
use tollbooth_pipeline::circuit::{OpenReason, Phase};
use tollbooth_pipeline::crossing::Relation;
use tollbooth_pipeline::desk::{Matter, Queue};
use tollbooth_pipeline::destination::{DestinationKind, DestinationState, Trouble};
use tollbooth_pipeline::export::{Action, Cause, Disposition, Kind as ExportKind, Part, Question};
use tollbooth_pipeline::gate::WaitReason;
use tollbooth_pipeline::judge::JurisdictionSource;
use tollbooth_pipeline::plate_type::PlateType;
use tollbooth_pipeline::policy::{Policy, Turn};
use tollbooth_pipeline::preferences::Theme;
use tollbooth_pipeline::preview::Change;
use tollbooth_pipeline::reason::{RejectCode, ReviewReason};
use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::said::{Asked, By, Difference, Finding, Health};
use tollbooth_pipeline::session::OpenedBy;
use tollbooth_pipeline::settings::{DEFINITIONS, Kind as SettingKind};
use tollbooth_pipeline::state::State;
use tollbooth_pipeline::turned::Turned;
use tollbooth_quality::advice::Advice;
use tollbooth_telemetry::{Kind as MetricKind, Span};
use tollbooth_tests::contract::{listed, lists, members, optional, violations};
use tollbooth_tests::repository;
use tollbooth_trace::Stage;

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
fn every_built_in_alert_is_in_the_operators_manual_with_what_to_do() {
    let manual = read("docs/operations.md");
    for part in ["What is told", "Alerts by name"] {
        let text = manual.split_once(&format!("\n### {part}\n")).expect("a part of this name").1;
        let text = text.split_once("\n### ").expect("the next part").0;
        for rule in Rule::ALL {
            let row = format!("| `{rule}`");
            assert!(text.lines().any(|line| line.starts_with(&row)), "{part}: {rule}");
        }
    }
}

/// Values of the code, as the document would list them.
fn names<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str) -> BTreeSet<String> {
    all.iter().map(|value| name(*value).to_owned()).collect()
}

/// The word by which an answer says this.
fn written(value: &impl Serialize) -> String {
    let word = serde_json::to_value(value).unwrap();
    word.as_str().expect("a word").to_owned()
}

/// What the database takes in a column: its schema in words, which the ledger's tests hold to what the migrations make.
fn stored(table: &str, column: &str) -> BTreeSet<String> {
    let schema = read("crates/ledger/schema.sql");
    let table = schema.split_once(&format!("CREATE TABLE {table} (")).expect("a table of this name").1;
    let table = table.split_once("STRICT").expect("its end").0;
    let list = table.split_once(&format!("CHECK ({column} IN (")).expect("a list of what the column may be").1;
    let list = list.split_once(')').expect("the list's end").0;
    list.split(',').map(|value| value.trim().trim_matches('\'').to_owned()).collect()
}

/// Lists that the code has, by their place in the document.
fn held() -> Vec<(&'static str, BTreeSet<String>)> {
    let comparison = || names(Comparison::ALL, Comparison::as_str);
    let no_data = || names(NoData::ALL, NoData::as_str);
    let opened_by = || names(OpenedBy::ALL, OpenedBy::as_str);
    let question = || names(Question::ALL, Question::as_str);
    let severity = || names(&Severity::ALL, Severity::as_str);
    let forms = DEFINITIONS.iter().filter_map(|definition| match definition.kind {
        SettingKind::Text(form) => Some(form.as_str().to_owned()),
        _ => None,
    });
    let units = METRICS.iter().map(|metric| metric.unit.to_owned());
    // A seed that counts for nothing is not shown.
    let standing = Standing::ALL.iter().filter(|standing| **standing != Standing::Void);
    vec![
        ("ReviewReason", names(ReviewReason::ALL, ReviewReason::as_str)),
        ("RejectCode", names(RejectCode::ALL, RejectCode::as_str)),
        ("PlateType", names(PlateType::ALL, PlateType::as_str)),
        ("Queue", names(Queue::ALL, Queue::as_str)),
        ("Matter", names(Matter::ALL, Matter::as_str)),
        ("PassageState", names(&State::ALL, State::as_str)),
        ("JurisdictionSource", names(JurisdictionSource::ALL, JurisdictionSource::as_str)),
        ("Related/properties/relation", names(Relation::ALL, Relation::as_str)),
        ("Span/properties/stage", names(Stage::ALL, Stage::as_str)),
        ("Role", names(&Role::ALL, Role::as_str)),
        ("Turned", names(Turned::ALL, Turned::as_str)),
        ("RecognizerName", names(Recognizer::ALL, Recognizer::as_str)),
        ("Recognizers/properties/policy", names(Policy::ALL, Policy::as_str)),
        ("Recognizer/properties/circuit/properties/state", names(Phase::ALL, Phase::as_str)),
        ("Recognizer/properties/circuit/properties/reason", names(OpenReason::ALL, OpenReason::as_str)),
        ("Waiting/properties/reason", names(WaitReason::ALL, WaitReason::as_str)),
        ("Setting/oneOf/4/properties/form", forms.collect()),
        ("Passage/properties/correction", question()),
        ("PassageWithReadings/properties/correction", question()),
        ("Download/properties/part", names(Part::ALL, Part::as_str)),
        ("Export/properties/kind", names(&ExportKind::ALL, ExportKind::as_str)),
        ("ExportLine/properties/correction/anyOf/0/properties/action", names(Action::ALL, Action::as_str)),
        (CAUSE, names(Cause::ALL, Cause::as_str)),
        (DISPOSITION, names(Disposition::ALL, Disposition::as_str)),
        ("DestinationTrouble", names(Trouble::ALL, Trouble::as_str)),
        ("Destination/properties/state", names(DestinationState::ALL, DestinationState::as_str)),
        ("Destination/properties/kind", names(DestinationKind::ALL, DestinationKind::as_str)),
        ("Seed/properties/standing", standing.map(|standing| standing.as_str().to_owned()).collect()),
        ("Preview/properties/items/items/properties/change", names(Change::ALL, Change::as_str)),
        ("Preferences/properties/theme/anyOf/0", names(Theme::ALL, Theme::as_str)),
        ("SessionTimes/properties/opened_by", opened_by()),
        ("OwnSession/properties/opened_by", opened_by()),
        ("Series/properties/step", names(&Span::ALL, Span::as_str)),
        ("Catalogue/properties/items/items/properties/kind", names(&MetricKind::ALL, MetricKind::as_str)),
        ("AlertRule", names(Rule::ALL, Rule::as_str)),
        ("AlertMetric", METRICS.iter().map(|metric| metric.name.to_owned()).collect()),
        ("AlertAggregation", names(Aggregation::ALL, Aggregation::as_str)),
        ("DefinedRules/properties/metrics/items/properties/unit", units.collect()),
        ("DefinedRules/properties/metrics/items/properties/of/items", names(Kind::ALL, Kind::as_str)),
        ("RuleBody/properties/comparison", comparison()),
        ("RuleBody/properties/no_data", no_data()),
        ("RuleBody/properties/severity", severity()),
        ("RuleValues/properties/comparison", comparison()),
        ("RuleValues/properties/no_data", no_data()),
        ("RuleValues/properties/severity", severity()),
        ("AlertRules/properties/rules/items/properties/severity", severity()),
        ("Alert/properties/severity", severity()),
        ("Channel", names(Channel::ALL, Channel::as_str)),
        ("DeliveryClass", names(Class::ALL, Class::as_str)),
        ("Quality/properties/advice", Advice::ALL.iter().map(written).collect()),
        ("AlertRules/properties/rules/items/properties/state", names(&RuleState::ALL, RuleState::as_str)),
        ("Answered/properties/by", names(By::ALL, By::as_str)),
        ("Earlier/properties/by", names(By::ALL, By::as_str)),
        ("ClaimedReview/properties/asks", names(Asked::ALL, Asked::as_str)),
        ("Health/properties/status", names(Health::ALL, Health::as_str)),
        ("InspectedPassages/properties/findings/items/properties/finding", names(Finding::ALL, Finding::as_str)),
        ("Problem/properties/differs/items", names(Difference::ALL, Difference::as_str)),
        ("Recognizer/properties/used_as", names(Turn::ALL, Turn::as_str)),
        ("Export/properties/state", stored("export", "state")),
        ("Alert/properties/state", stored("alert", "state")),
        ("MessageState", stored("message", "state")),
        ("Photo/properties/format", stored("passage", "photo_format")),
        ("RuleVersions/properties/versions/items/properties/change", stored("alert_rule_version", "change")),
    ]
}

const CAUSE: &str = "ExportLine/properties/correction/anyOf/0/properties/cause";
const DISPOSITION: &str = "ExportLine/properties/answer/anyOf/0/properties/disposition";

/// Lists that say the same as another.
const SAME: &[(&str, &str)] = &[
    ("Export/properties/profile", "SettingsPatch/properties/export.profile"),
    ("CopyProfile/properties/columns", "SettingsPatch/properties/export.profile"),
    ("ExportProfile/properties/columns", "SettingsPatch/properties/export.profile"),
    ("DestinationReport/properties/kind", "Destination/properties/kind"),
    ("ThresholdBody/properties/setting", "TriedThreshold/properties/setting"),
    ("AppliedThreshold/properties/setting", "TriedThreshold/properties/setting"),
    ("Preview/properties/items/items/properties/before/properties/state", "PreviewBody/properties/state"),
    ("Preview/properties/items/items/properties/after/properties/state", "PreviewBody/properties/state"),
];

/// Lists that are a part of another.
const PARTS: &[(&str, &str)] = &[
    ("RejectVerdict/properties/reject", "RejectCode"),
    ("StaffTokenBody/properties/role", "Role"),
    ("Colleague/properties/role", "Role"),
    ("PreviewBody/properties/state", "PassageState"),
    ("Reopening/properties/cause", CAUSE),
    ("Manifest/properties/kind", "Export/properties/kind"),
    ("Disposition/oneOf/0/properties/disposition", DISPOSITION),
    ("Disposition/oneOf/1/properties/disposition", DISPOSITION),
];

#[test]
fn every_list_of_values_in_the_apis_document_is_the_codes() {
    for (place, values) in held() {
        assert_eq!(listed(place), values, "{place}");
    }
    assert!(listed("TriedThreshold/properties/setting").is_subset(&members("SettingsPatch")));
}

#[test]
fn no_list_of_values_in_the_apis_document_is_held_to_nothing() {
    let mut known: BTreeSet<String> = held().into_iter().map(|(place, _)| place.to_owned()).collect();
    known.extend(SAME.iter().chain(PARTS).map(|(place, _)| (*place).to_owned()));
    known.insert("TriedThreshold/properties/setting".to_owned());
    // Settings and types of problems: by `components/operator-api/src/openapi.rs`.
    let elsewhere = |place: &String| place.starts_with("SettingsPatch/") || place == "Problem/properties/type";
    let there: BTreeSet<String> = lists().into_iter().filter(|place| !elsewhere(place)).collect();
    assert_eq!(there, known);
}

#[test]
fn every_list_that_the_apis_document_repeats_says_the_same() {
    for (place, whole) in SAME {
        assert_eq!(listed(place), listed(whole), "{place}");
    }
    for (place, whole) in PARTS {
        assert!(listed(place).is_subset(&listed(whole)), "{place}");
    }
    // `other` needs a remark, and has a verdict of its own.
    let mut with_other = listed("RejectVerdict/properties/reject");
    assert!(with_other.insert("other".to_owned()));
    assert_eq!(with_other, listed("RejectCode"));
    let mut with_camera = listed("StaffTokenBody/properties/role");
    assert!(with_camera.insert("camera".to_owned()));
    assert_eq!(with_camera, listed("Role"));
    let mut dispositions = listed("Disposition/oneOf/0/properties/disposition");
    dispositions.extend(listed("Disposition/oneOf/1/properties/disposition"));
    assert_eq!(dispositions, listed(DISPOSITION));
    for recognizer in ["reading.recognizer", "reading.second_recognizer"] {
        assert_eq!(listed(&format!("SettingsPatch/properties/{recognizer}")), listed("RecognizerName"));
    }
    assert_eq!(listed("SettingsPatch/properties/reading.policy"), listed("Recognizers/properties/policy"));
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
            // Prometheus's rules are its own.
            Rule::RuleUnreadable => &[],
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

/// Members that an answer may lack, beside those of problems. All others are promised, so that none can stay in the document
/// when the code has given it up.
const MAY_BE_MISSING: &[&str] = &[
    // Of what was acknowledged before, and of what was not stored.
    "Receipt.reason",
    "Pushed.passage",
    "Pushed.photo_sha256",
    "Pushed.reason",
    "Pushed.state",
    // Files that were published before there was such a thing stay as they are.
    "Manifest.copy",
    "Manifest.keying_rules",
    "Manifest.kind",
    // Of one schema with what people send, who may leave it out.
    "CopyProfile.interval_minutes",
    "Preferences.keys",
    "Preferences.theme",
];

#[test]
fn answers_have_all_members_of_the_document_but_a_few() {
    let found: BTreeSet<String> = optional().into_iter().filter(|member| !member.starts_with("Problem.")).collect();
    assert_eq!(found, MAY_BE_MISSING.iter().map(|member| (*member).to_owned()).collect());
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

/// Cargo runs its documentation tool over every crate that does not say it has no examples: most of a minute, on one core.
#[test]
fn no_crate_that_says_it_has_no_examples_has_one() {
    let mut quiet = 0;
    for path in sources(&["crates", "delivery", "faults", "siege", "tests"]) {
        let folder = path.ancestors().find(|folder| folder.join("Cargo.toml").is_file()).unwrap();
        if fs::read_to_string(folder.join("Cargo.toml")).unwrap().contains("\ndoctest = false\n") {
            let text = fs::read_to_string(&path).unwrap();
            let begins = |line: &str| ["//! ```", "/// ```"].iter().any(|mark| line.trim_start().starts_with(mark));
            assert!(
                !text.lines().any(begins),
                "{}: nobody runs this example; `doctest = false` has to go",
                path.display()
            );
            quiet += 1;
        }
    }
    assert!(quiet > 20, "only {quiet} files were looked at");
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
