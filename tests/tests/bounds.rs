//! How much the API's document allows is how much the code takes: a bound that is wider makes callers run into refusals, and
//! one that is narrower keeps them from what they may do.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;
use tollbooth_alerts::staff::{MAX_NAME_CHARS as MAX_RULE_NAME_CHARS, MAX_WINDOW_MINUTES};
use tollbooth_pipeline::desk::{MAX_ASSIGNED, MAX_BOOTHS};
use tollbooth_pipeline::destination::LONGEST_NAME;
use tollbooth_pipeline::ident::{MAX_BOOTH_BYTES, MAX_KEY_BYTES, MAX_NAME_BYTES, MAX_PLATE_CHARS};
use tollbooth_pipeline::mail_address::MAX_ADDRESSES;
use tollbooth_pipeline::preferences::{MAX_KEYS, MAX_NAME_CHARS};
use tollbooth_pipeline::settings::{DEFINITIONS, Kind};
use tollbooth_pipeline::text::{MAX_REMARK_CHARS, MAX_TITLE_CHARS};
use tollbooth_tests::contract::listed;
use tollbooth_tests::repository;

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// A number that a source names: components are no libraries that a test could ask.
fn constant(path: &str, name: &str) -> u64 {
    let source = read(path);
    let found = source.split_once(&format!("const {name}: ")).and_then(|(_, rest)| rest.split_once(" = "));
    let value = found.and_then(|(_, rest)| rest.split_once(';')).unwrap_or_else(|| panic!("{path}: no {name}")).0;
    let number: f64 = value.replace('_', "").parse().unwrap_or_else(|e| panic!("{path}: {name}: {e}"));
    number as u64
}

fn of<T: TryInto<u64>>(number: T) -> u64 {
    number.try_into().unwrap_or(u64::MAX)
}

/// What stands at these keywords of the document's schemas, by place; parameters by their name. Settings are held by
/// `components/operator-api/src/openapi.rs`.
fn found(keywords: &[&str]) -> BTreeMap<String, Value> {
    fn look(part: &Value, at: &str, keywords: &[&str], found: &mut BTreeMap<String, Value>) {
        match part {
            Value::Object(members) => {
                for (name, member) in members {
                    let place = format!("{at}/{name}");
                    if keywords.contains(&name.as_str()) && !member.is_object() {
                        found.insert(place.clone(), member.clone());
                    }
                    look(member, &place, keywords, found);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let named = item.get("name").filter(|_| item.get("in").is_some()).and_then(Value::as_str);
                    let name = named.map_or_else(|| index.to_string(), ToOwned::to_owned);
                    look(item, &format!("{at}/{name}"), keywords, found);
                }
            }
            _ => {}
        }
    }
    let document: Value = serde_json::from_str(&read("docs/api/openapi.json")).unwrap();
    let mut all = BTreeMap::new();
    look(&document["paths"], "", keywords, &mut all);
    look(&document["components"]["schemas"], "", keywords, &mut all);
    all.into_iter()
        .filter(|(place, _)| !place.starts_with("/SettingsPatch/"))
        .map(|(place, value)| (place.trim_start_matches('/').to_owned(), value))
        .collect()
}

/// Bounds of what a number is, not of what the code takes: shares, versions, sequences, statuses, what JSON can say exactly.
fn is_of_its_kind(place: &str, bound: u64) -> bool {
    let largest = [1, of(u32::MAX), of(i64::MAX), 9_007_199_254_740_991];
    let is_number = place.ends_with("/maximum");
    let is_share = place.trim_end_matches("/maximum").ends_with("_percent") && bound == 100;
    is_number && (largest.contains(&bound) || is_share || place == "Problem/properties/status/maximum")
}

/// The bounds that the code has.
fn held(places: &BTreeSet<String>) -> BTreeMap<String, u64> {
    let is_page = |place: &&String| place.ends_with("/parameters/limit/schema/maximum");
    let page = constant("crates/web/src/request.rs", "PAGE_MOST");
    let mut held: BTreeMap<String, u64> = places.iter().filter(is_page).map(|place| (place.clone(), page)).collect();
    let exported = |name| constant("components/exporter/src/destinations.rs", name);
    let previewed = |name| constant("components/operator-api/src/preview.rs", name);
    let days = constant("components/quality/src/period.rs", "MOST_DAYS");
    let operator = |file: &str, name| constant(&format!("components/operator-api/src/{file}.rs"), name);
    let reviewed = |file: &str, name| constant(&format!("components/manual-review/src/{file}.rs"), name);
    let parameters = [
        ("v1/balance/get/parameters/limit/schema/maximum", operator("balance", "MAX_ROWS")),
        (
            "v1/audit/photos/get/parameters/limit/schema/maximum",
            constant("components/auditor/src/photos.rs", "MAX_PAGE"),
        ),
        (
            "v1/audit/exports/get/parameters/limit/schema/maximum",
            constant("components/auditor/src/exports.rs", "MAX_PAGE"),
        ),
        ("v1/log/get/parameters/kind/schema/maxItems", operator("log", "MAX_KINDS")),
        ("v1/recognizers/get/parameters/hours/schema/maximum", operator("recognizers", "LONGEST_HOURS")),
        ("v1/quality/get/parameters/days/schema/maximum", days),
        ("v1/quality/people/get/parameters/days/schema/maximum", days),
    ];
    let bodies = [
        ("Name/maxLength", of(MAX_TITLE_CHARS)),
        ("Remark/maxLength", of(MAX_REMARK_CHARS)),
        ("TypedPlate/maxLength", reviewed("reviews", "MAX_TYPED_CHARS")),
        ("Claim/properties/seconds/maximum", reviewed("seconds", "LONGEST")),
        ("Assigning/properties/passages/maxItems", reviewed("desk", "MOST_NAMED")),
        ("Assigning/properties/count/maximum", of(MAX_ASSIGNED)),
        ("DestinationReport/properties/failing_seconds/maximum", exported("LONGEST_FAILURE_SECONDS")),
        ("DestinationReport/properties/next_report_seconds/maximum", exported("LONGEST_WAIT_SECONDS")),
        ("Dispositions/properties/dispositions/maxItems", constant("components/exporter/src/acknowledge.rs", "MOST")),
        (
            "CopyProfile/properties/interval_minutes/maximum",
            constant("crates/pipeline/src/export/copies.rs", "LONGEST_INTERVAL_MINUTES"),
        ),
        ("BoothBody/properties/lanes/maxItems", operator("booths", "MAX_LANES")),
        ("StaffTokenBody/properties/booths/maxItems", of(MAX_BOOTHS)),
        ("Reprocessing/properties/limit/maximum", operator("failed_readings", "MAX_BULK")),
        ("PreviewBody/properties/limit/maximum", previewed("MOST")),
        ("Preview/properties/items/maxItems", previewed("MOST_LISTED")),
        ("EarlierPhotos/properties/items/maxItems", constant("crates/ledger/src/earlier.rs", "MOST_SHOWN")),
        ("Preferences/properties/keys/maxProperties", of(MAX_KEYS)),
        ("Preferences/properties/keys/additionalProperties/maxLength", of(MAX_NAME_CHARS)),
        ("Snoozing/properties/hours/maximum", constant("components/messenger/src/alerts.rs", "MOST_HOURS")),
        ("ThresholdBody/properties/days/maximum", days),
        ("ThresholdBody/properties/value/maximum", largest_threshold()),
    ];
    held.extend(parameters.into_iter().chain(bodies).map(|(place, bound)| (place.to_owned(), bound)));
    let checked = |name| constant("crates/alerts/src/staff/check.rs", name);
    for schema in ["RuleBody", "RuleValues"] {
        for (member, bound) in [
            ("name/maxLength", of(MAX_RULE_NAME_CHARS)),
            ("advice/maxLength", checked("MAX_ADVICE_CHARS")),
            ("threshold/maximum", checked("MAX_THRESHOLD")),
            ("window_minutes/maximum", of(MAX_WINDOW_MINUTES)),
            ("for_minutes/maximum", of(MAX_WINDOW_MINUTES)),
            ("least_count/maximum", checked("MAX_LEAST_COUNT")),
        ] {
            held.insert(format!("{schema}/properties/{member}"), bound);
        }
    }
    held
}

/// Of the settings that the quality sample advises about.
fn largest_threshold() -> u64 {
    let tried = listed("TriedThreshold/properties/setting");
    let most = DEFINITIONS.iter().filter(|definition| tried.contains(definition.name)).map(|definition| {
        let Kind::Number(_, most) = definition.kind else { panic!("{} is no number", definition.name) };
        most as u64
    });
    most.max().unwrap()
}

/// Lengths of texts that the code bounds by their parts: the document's is a round number beyond the longest of them.
fn round() -> BTreeMap<String, u64> {
    let camera = "camera:".len() + MAX_BOOTH_BYTES + "/".len() + MAX_NAME_BYTES;
    let address = constant("crates/pipeline/src/mail_address.rs", "MAX_BYTES") + of(", ".len());
    let mut round = BTreeMap::new();
    for schema in ["RuleBody", "RuleValues"] {
        round.insert(format!("{schema}/properties/of/maxLength"), of(camera));
        round.insert(format!("{schema}/properties/mail_to/maxLength"), of(MAX_ADDRESSES) * address);
    }
    let zone = "America/Argentina/ComodRivadavia".len();
    round.insert("BoothBody/properties/time_zone/maxLength".to_owned(), of(zone));
    round
}

#[test]
fn what_the_apis_document_allows_at_most_is_what_the_code_takes() {
    let all = found(&["maximum", "maxItems", "maxLength", "maxProperties"]);
    let number = |place: &str, value: &Value| value.as_u64().unwrap_or_else(|| panic!("{place}: {value}"));
    let mut bounds: BTreeMap<String, u64> =
        all.iter().map(|(place, value)| (place.clone(), number(place, value))).collect();
    bounds.retain(|place, bound| !is_of_its_kind(place, *bound));
    for (place, least) in round() {
        let bound = bounds.remove(&place).unwrap_or_else(|| panic!("{place} is gone"));
        assert!((least..=least * 2).contains(&bound), "{place}: {bound} for {least}");
    }
    let places: BTreeSet<String> = bounds.keys().cloned().collect();
    assert_eq!(bounds, held(&places));
}

#[test]
fn the_lengths_in_the_patterns_of_the_apis_document_are_the_codes() {
    let (booth, name) = (MAX_BOOTH_BYTES - 1, MAX_NAME_BYTES - 2);
    let lane = format!("^[A-Za-z0-9._:/#-]([A-Za-z0-9 ._:/#-]{{0,{name}}}[A-Za-z0-9._:/#-])?$");
    let key = format!("^(?!\\.$)(?!.*\\.\\.)[A-Za-z0-9._~:-]{{1,{MAX_KEY_BYTES}}}$");
    let profile = constant("crates/pipeline/src/export/copies.rs", "LONGEST_NAME") - 1;
    let profile = format!("^[a-z][a-z0-9-]{{0,{profile}}}$");
    let destination = format!("^[a-z0-9-]{{1,{LONGEST_NAME}}}$");
    let after = format!("^[!-~]{{1,{}}}$", constant("components/auditor/src/cursor.rs", "MAX_BYTES"));
    let class = constant("components/operator-api/src/failed_readings.rs", "MAX_CLASS_BYTES");
    let held = [
        ("BoothId/pattern", format!("^[a-z0-9][a-z0-9-]{{0,{booth}}}$")),
        ("Lane/pattern", lane.clone()),
        ("CameraTurnBody/properties/camera/pattern", lane),
        ("Plate/pattern", format!("^[A-Z0-9]{{1,{MAX_PLATE_CHARS}}}$")),
        ("TypedPlate/pattern", format!("^[ -]*([A-Za-z0-9][ -]*){{1,{MAX_PLATE_CHARS}}}$")),
        ("v1/booths/{booth}/passages/{key}/put/parameters/key/schema/pattern", key.clone()),
        ("v1/passages/get/parameters/key/schema/pattern", key),
        ("CopyProfile/properties/name/pattern", profile.clone()),
        ("DestinationReport/properties/profile/pattern", profile.clone()),
        ("v1/exports/get/parameters/profile/schema/pattern", profile.clone()),
        ("v1/exports/{sequence}/get/parameters/profile/schema/pattern", profile.clone()),
        ("v1/exports/{sequence}/file/get/parameters/profile/schema/pattern", profile.clone()),
        ("v1/exports/{sequence}/signature/get/parameters/profile/schema/pattern", profile.clone()),
        ("v1/exports/{sequence}/manifest/get/parameters/profile/schema/pattern", profile),
        ("v1/destinations/{destination}/put/parameters/destination/schema/pattern", destination.clone()),
        ("v1/destinations/{destination}/delete/parameters/destination/schema/pattern", destination),
        ("v1/audit/photos/get/parameters/after/schema/pattern", after.clone()),
        ("v1/audit/exports/get/parameters/after/schema/pattern", after),
        ("FailureClass/pattern", format!("^[a-z-]{{1,{class}}}$")),
        ("Preferences/properties/keys/propertyNames/pattern", format!("^[A-Za-z]{{1,{MAX_NAME_CHARS}}}$")),
    ];
    // Whatever has a range of lengths is a bound; the tags of issuers are codes of a standard.
    let has_range = |place: &str, pattern: &str| {
        let mut repeated = pattern.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
        repeated.any(|(range, _)| range.contains(',')) && !OF_A_STANDARD.contains(&place)
    };
    let patterns: BTreeMap<String, String> = found(&["pattern"])
        .into_iter()
        .map(|(place, pattern)| (place, pattern.as_str().unwrap().to_owned()))
        .filter(|(place, pattern)| has_range(place, pattern))
        .collect();
    let held: BTreeMap<String, String> = held.into_iter().map(|(place, text)| (place.to_owned(), text)).collect();
    assert_eq!(patterns, held);
}

/// Lengths that are not ours.
const OF_A_STANDARD: &[&str] =
    &["Jurisdiction/pattern", "Issuer/pattern", "Row/pattern", "BoothBody/properties/time_zone/pattern"];
