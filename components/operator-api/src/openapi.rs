//! The OpenAPI document of the whole API, kept in `docs/api/` and compiled in, so it is the one of this very build.
//!
//! The tests hold its lists against the lists of the code: a code, a setting or a problem that is added to one and not
//! to the other fails here.

use tollbooth_web::{Answer, Request, Response};

const DOCUMENT: &str = include_str!("../../../docs/api/openapi.json");

/// `GET /v1/openapi.json`; needs no token.
pub fn document(request: &Request) -> Answer {
    request.query.only(&[])?;
    Ok(Response::new(200).with_header("content-type", "application/json").with_body(DOCUMENT.as_bytes().to_vec()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tollbooth_pipeline::export::MOST_COPIES;
    use tollbooth_pipeline::reason::{RejectCode, ReviewReason};
    use tollbooth_pipeline::role::Role;
    use tollbooth_pipeline::settings::{DEFINITIONS, Kind as SettingKind, Settings};
    use tollbooth_pipeline::state::State;
    use tollbooth_web::Kind;

    use super::DOCUMENT;

    fn document() -> Value {
        serde_json::from_str(DOCUMENT).unwrap()
    }

    fn schema(name: &str) -> Value {
        let found = document()["components"]["schemas"][name].clone();
        assert!(found.is_object(), "no schema {name}");
        found
    }

    #[test]
    fn the_lists_of_codes_are_those_of_the_code() {
        let reasons: Vec<_> = ReviewReason::ALL.iter().map(|r| r.as_str()).collect();
        assert_eq!(schema("ReviewReason")["enum"], json!(reasons));
        let codes: Vec<_> = RejectCode::ALL.iter().map(|c| c.as_str()).collect();
        assert_eq!(schema("RejectCode")["enum"], json!(codes));
        let states: Vec<_> = State::ALL.iter().map(|s| s.as_str()).collect();
        assert_eq!(schema("PassageState")["enum"], json!(states));
        let roles: Vec<_> = Role::ALL.iter().map(|r| r.as_str()).collect();
        assert_eq!(schema("Role")["enum"], json!(roles));
    }

    #[test]
    fn every_kind_of_problem_is_described_with_its_status() {
        let kinds: Vec<_> = Kind::ALL.iter().map(|k| format!("urn:tollbooth:problem:{}", k.slug())).collect();
        assert_eq!(schema("Problem")["properties"]["type"]["enum"], json!(kinds));
        let text = schema("Problem")["description"].as_str().unwrap().to_owned();
        for kind in Kind::ALL {
            let line = format!("- `{}` ({}): {}", kind.slug(), kind.status(), kind.title());
            assert!(text.contains(&line), "missing: {line}");
        }
    }

    #[test]
    fn every_setting_is_described_with_its_range_and_default() {
        let described = schema("SettingsPatch")["properties"].clone();
        let defaults = Settings::default().values();
        assert_eq!(described.as_object().unwrap().len(), DEFINITIONS.len());
        for (definition, (name, default)) in DEFINITIONS.iter().zip(defaults) {
            assert_eq!(definition.name, name);
            let expected = match definition.kind {
                SettingKind::Whole(low, high) => {
                    json!({ "type": ["integer", "null"], "minimum": low, "maximum": high })
                }
                SettingKind::Number(low, high) => {
                    json!({ "type": ["number", "null"], "minimum": low, "maximum": high })
                }
                SettingKind::Word(words) => {
                    let values: Vec<_> = words.iter().map(|w| json!(w)).chain([Value::Null]).collect();
                    json!({ "type": ["string", "null"], "enum": values })
                }
                SettingKind::Switch => json!({ "type": ["boolean", "null"] }),
                SettingKind::Text(_) => json!({ "type": ["string", "null"] }),
                SettingKind::Copies => {
                    let items = json!({ "$ref": "#/components/schemas/CopyProfile" });
                    json!({ "type": ["array", "null"], "maxItems": MOST_COPIES, "items": items })
                }
            };
            let mut found = described[name].clone();
            let members = found.as_object_mut().unwrap_or_else(|| panic!("{name} is not described"));
            assert_eq!(members.remove("description"), Some(json!(definition.meaning)), "{name}");
            assert_eq!(members.remove("default"), Some(default), "{name}");
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn every_operation_has_an_id_a_summary_and_its_problems() {
        let document = document();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if method == "parameters" {
                    continue;
                }
                for member in ["operationId", "summary"] {
                    assert!(operation[member].is_string(), "{method} {path} has no {member}");
                }
                let responses = operation["responses"].as_object().unwrap();
                // What it may be is in the address: the document has no word for that.
                let pushed_by_address = path.ends_with("/{password}");
                let open = operation["security"] == json!([]) && !pushed_by_address;
                assert_eq!(responses.contains_key("401"), !open, "{method} {path}: 401");
                // A camera that pushes is recognised or it is not: it has no role that something could be closed to.
                let pushed = pushed_by_address || operation["security"].to_string().contains("\"camera-");
                assert!(open || pushed || responses.contains_key("403"), "{method} {path}: 403");
                assert!(responses.contains_key("400"), "{method} {path} answers unknown query parameters with 400");
            }
        }
    }
}
