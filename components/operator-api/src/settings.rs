//! Settings: what an operator changes at run time. Which values are allowed is decided by the ledger with the rules in
//! `tollbooth-pipeline`, inside the transaction that stores them, so two changes can never contradict each other.

use serde_json::{Map, Value, json};
use tollbooth_pipeline::role::Action;
use tollbooth_pipeline::settings::{DEFINITIONS, Definition, Kind, Settings};
use tollbooth_ports::ledger::admin;
use tollbooth_web::{Answer, Problem, Request, Response, authorize, now};

use crate::views::{self, List};

/// `GET /v1/settings`: every setting there is, with the value in force.
pub fn list(request: &Request) -> Answer {
    authorize(request, Action::Administer)?;
    request.query.only(&[])?;
    in_force()
}

/// `PATCH /v1/settings`: a JSON merge patch (RFC 7396); null puts the default back. All changes hold, or none.
pub async fn change(request: Request) -> Answer {
    let operator = authorize(&request, Action::Administer)?;
    request.query.only(&[])?;
    let patch = request.body.merge_patch().await?;
    let changes: Vec<_> = patch.into_iter().map(|(name, value)| (name, stored(value))).collect();
    if !changes.is_empty() {
        admin::put_settings(now(), &operator.actor(), &changes).map_err(views::refused)?;
    }
    in_force()
}

/// The value as the ledger stores it; none for the default. `30.0` is the whole number 30, by JSON Schema.
pub fn stored(value: Value) -> Option<String> {
    let whole = value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 1e15);
    match (value, whole) {
        (Value::Null, _) => None,
        // Adding zero takes the sign from a negative one.
        (_, Some(whole)) => Some(format!("{:.0}", whole + 0.0)),
        (other, None) => Some(other.to_string()),
    }
}

fn in_force() -> Answer {
    let changed = admin::changed_settings()?;
    let settings = Settings::from_changes(changed.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        .map_err(|e| Problem::internal(format!("the stored settings are invalid: {e}")))?;
    Response::json(200, &List { items: described(&settings) })
}

fn described(settings: &Settings) -> Vec<Value> {
    let defaults = Settings::default().values();
    DEFINITIONS
        .iter()
        .zip(settings.values())
        .zip(defaults)
        .map(|((definition, (_, value)), (_, default))| describe(definition, value, default))
        .collect()
}

fn describe(definition: &Definition, value: Value, default: Value) -> Value {
    let mut described = Map::new();
    described.insert("name".to_owned(), json!(definition.name));
    described.insert("value".to_owned(), value);
    described.insert("default".to_owned(), default);
    let range = match definition.kind {
        Kind::Whole(low, high) => vec![("kind", json!("whole")), ("minimum", json!(low)), ("maximum", json!(high))],
        Kind::Number(low, high) => vec![("kind", json!("number")), ("minimum", json!(low)), ("maximum", json!(high))],
        Kind::Word(words) => vec![("kind", json!("word")), ("words", json!(words))],
        Kind::Switch => vec![("kind", json!("switch"))],
        Kind::Text(form) => vec![("kind", json!("text")), ("form", json!(form.as_str()))],
        Kind::Copies => vec![("kind", json!("copies"))],
    };
    described.extend(range.into_iter().map(|(name, value)| (name.to_owned(), value)));
    described.insert("meaning".to_owned(), json!(definition.meaning));
    Value::Object(described)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_described_with_its_own_value_and_default() {
        let settings = Settings::from_changes([("export.profile", "\"full\"")]).unwrap();
        let described = described(&settings);
        assert_eq!(described.len(), DEFINITIONS.len());
        let profile = described.iter().find(|d| d["name"] == "export.profile").unwrap();
        assert_eq!(profile["value"], "full");
        assert_eq!(profile["default"], "lab");
        assert_eq!(profile["words"], json!(["lab", "full"]));
        for entry in &described {
            assert!(entry["meaning"].as_str().is_some_and(|m| m.ends_with('.')), "{entry}");
        }
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_fraction_of_zero() {
        assert_eq!(stored(json!(30.0)), Some("30".to_owned()));
        assert_eq!(stored(json!(10_485_760)), Some("10485760".to_owned()));
        assert_eq!(stored(json!(-0.0)), Some("0".to_owned()));
        assert_eq!(stored(json!(0.95)), Some("0.95".to_owned()));
        assert_eq!(stored(json!("lab")), Some("\"lab\"".to_owned()));
        assert_eq!(stored(json!(null)), None);
        assert_eq!(stored(json!(1e300)), Some(json!(1e300).to_string()));
    }

    #[test]
    fn values_and_definitions_have_the_same_order() {
        for ((name, _), definition) in Settings::default().values().into_iter().zip(DEFINITIONS) {
            assert_eq!(name, definition.name);
        }
    }
}
