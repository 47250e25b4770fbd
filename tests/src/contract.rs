//! Every answer that a test sees is held to docs/api/openapi.json, strictly: a member that the document does not name is as
//! wrong as one that it promises and that is not there. So neither code nor document can change alone.
//!
//! What JSON Schema allows and this refuses: members that are not named. What is left out: formats and patterns, which
//! `scripts/check-api` judges.

use std::collections::BTreeSet;
use std::fs;
use std::sync::LazyLock;

use serde_json::Value;

use crate::repository;

#[expect(clippy::expect_used, reason = "without the document every test fails")]
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let text = fs::read_to_string(repository().join("docs/api/openapi.json")).expect("docs/api/openapi.json");
    serde_json::from_str(&text).expect("docs/api/openapi.json is JSON")
});

/// What an answer says against the document; nothing for routes that it does not name.
#[must_use]
pub fn violations(method: &str, target: &str, status: u16, content_type: &str, body: &Value) -> Vec<String> {
    if content_type.starts_with("application/problem+json") {
        return check(&DOCUMENT["components"]["schemas"]["Problem"], body, "problem");
    }
    let Some(operation) = operation(method, target) else { return Vec::new() };
    let status = status.to_string();
    let answer = resolved(&operation["responses"][&status]);
    if answer.is_null() {
        return vec![format!("the document knows no status {status} here")];
    }
    let schema = &answer["content"]["application/json"]["schema"];
    match (schema.is_null(), content_type.starts_with("application/json")) {
        (true, true) => vec![format!("the document has no JSON for status {status}")],
        (false, false) => vec![format!("status {status} should be JSON, not `{content_type}`")],
        (true, false) => Vec::new(),
        (false, true) => check(schema, body, "answer"),
    }
}

/// The operation of a request, if its path is one of the document's as it is written.
fn operation(method: &str, target: &str) -> Option<&'static Value> {
    let path: Vec<&str> = target.split('?').next()?.split('/').collect();
    let paths = DOCUMENT["paths"].as_object()?;
    let fits = |template: &str| {
        let template: Vec<&str> = template.split('/').collect();
        template.len() == path.len() && template.iter().zip(&path).all(|(t, p)| t == p || t.starts_with('{'))
    };
    // A path without parameters outweighs one with them: /v1/reviews/claim.
    let found =
        paths.iter().filter(|(template, _)| fits(template)).min_by_key(|(template, _)| template.matches('{').count());
    found?.1.get(method.to_ascii_lowercase())
}

fn resolved(schema: &'static Value) -> &'static Value {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => resolved(DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null)),
        None => schema,
    }
}

/// What a value says against a schema, with where in the answer.
fn check(schema: &'static Value, value: &Value, at: &str) -> Vec<String> {
    let schema = resolved(schema);
    for choice in ["oneOf", "anyOf"] {
        if let Some(branches) = schema.get(choice).and_then(Value::as_array) {
            let tried = branches.iter().map(|branch| check(branch, value, at));
            return tried.min_by_key(Vec::len).unwrap_or_default();
        }
    }
    let mut found = Vec::new();
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        found.push(format!("{at}: {value} is not among the document's values"));
    }
    if let Some(only) = schema.get("const")
        && only != value
    {
        found.push(format!("{at}: {value} is not {only}"));
    }
    if !is_of_type(&schema["type"], value) {
        found.push(format!("{at}: {value} is no {}", schema["type"]));
    }
    match value {
        Value::Object(members) => {
            let named = schema.get("properties").and_then(Value::as_object);
            for (name, member) in members {
                let place = format!("{at}.{name}");
                match (named.and_then(|named| named.get(name)), schema.get("additionalProperties")) {
                    (Some(schema), _) => found.extend(check(schema, member, &place)),
                    (None, Some(schema @ Value::Object(_))) => found.extend(check(schema, member, &place)),
                    (None, Some(Value::Bool(true))) => {}
                    // An object of which nothing is said is one of any members.
                    (None, None) if named.is_none() => {}
                    (None, _) => found.push(format!("{place} is not in the document")),
                }
            }
            let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
            for name in required.filter_map(Value::as_str).filter(|name| !members.contains_key(*name)) {
                found.push(format!("{at}.{name} is promised and missing"));
            }
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                for (index, item) in items.iter().enumerate() {
                    found.extend(check(schema, item, &format!("{at}[{index}]")));
                }
            }
        }
        _ => {}
    }
    found
}

fn is_of_type(types: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => false,
    };
    match types {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
        _ => true,
    }
}

/// The values that the document lists at a place in its schemas, like `Photo/properties/format`; without null.
#[must_use]
#[expect(clippy::panic, reason = "a place that is gone fails the test")]
pub fn listed(place: &str) -> BTreeSet<String> {
    let schema = DOCUMENT.pointer(&format!("/components/schemas/{place}"));
    let Some(values) = schema.and_then(|schema| schema.get("enum")).and_then(Value::as_array) else {
        panic!("docs/api/openapi.json lists no values at components/schemas/{place}")
    };
    values.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}

/// Every place in the document's schemas at which values are listed, as [`listed`] takes it.
#[must_use]
pub fn lists() -> BTreeSet<String> {
    fn look(schema: &Value, at: &str, found: &mut BTreeSet<String>) {
        if schema.get("enum").is_some_and(Value::is_array) {
            found.insert(at.to_owned());
        }
        let inside = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}/{name}") };
        match schema {
            Value::Object(members) => {
                members.iter().for_each(|(name, member)| look(member, &inside(name), found));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, item)| look(item, &inside(&index.to_string()), found));
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    look(&DOCUMENT["components"]["schemas"], "", &mut found);
    found
}

/// Members of answers that the document does not promise, with the schema that they are of: `Receipt.reason`.
#[must_use]
pub fn optional() -> BTreeSet<String> {
    fn look(schema: &'static Value, of: &str, seen: &mut BTreeSet<&'static str>, found: &mut BTreeSet<String>) {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            if seen.insert(reference) {
                look(resolved(schema), reference.rsplit('/').next().unwrap_or_default(), seen, found);
            }
            return;
        }
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
            let required: BTreeSet<&str> = required.filter_map(Value::as_str).collect();
            let left = properties.keys().filter(|name| !required.contains(name.as_str()));
            found.extend(left.map(|name| format!("{of}.{name}")));
        }
        match schema {
            Value::Object(members) => {
                members.iter().filter(|(name, _)| *name != "example").for_each(|(_, part)| look(part, of, seen, found));
            }
            Value::Array(items) => items.iter().for_each(|item| look(item, of, seen, found)),
            _ => {}
        }
    }
    let (mut seen, mut found) = (BTreeSet::new(), BTreeSet::new());
    for (path, item) in DOCUMENT["paths"].as_object().into_iter().flatten() {
        for operation in item.as_object().into_iter().flat_map(|item| item.values()) {
            if let Some(answers) = operation.get("responses") {
                look(answers, path, &mut seen, &mut found);
            }
        }
    }
    found
}

/// The members that the document gives a schema.
#[must_use]
pub fn members(schema: &str) -> BTreeSet<String> {
    let properties = DOCUMENT["components"]["schemas"][schema]["properties"].as_object();
    properties.into_iter().flatten().map(|(name, _)| name.clone()).collect()
}
