//! A reviewer's verdict, from the JSON somebody typed to one that may be billed.
//!
//! Plates are written on paper with spaces and hyphens and in either case; billing looks them up without. Nothing else
//! is repaired: what is still no plate after that is refused, never guessed.

use serde::Deserialize;
use tollbooth_pipeline::ident;
use tollbooth_pipeline::plate_type::PlateType;
use tollbooth_pipeline::reason::RejectCode;
use tollbooth_ports::ledger::review::{self, PlateVerdict};
use tollbooth_web::{Kind, Problem};

use crate::version::Version;

/// A verdict as it came: either `plate` and `jurisdiction` and perhaps `another_crossing` or `confirm_placeholder`, or `reject`
/// and perhaps `remark`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    version: Version,
    plate: Option<String>,
    jurisdiction: Option<String>,
    another_crossing: Option<bool>,
    confirm_placeholder: Option<bool>,
    plate_type: Option<String>,
    reject: Option<String>,
    remark: Option<String>,
}

/// A verdict that is well-formed and allowed.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// To be billed.
    Plate {
        plate: String,
        jurisdiction: String,
        another_crossing: bool,
        confirm_placeholder: bool,
        plate_type: Option<PlateType>,
    },
    /// Not to be billed.
    Reject { code: RejectCode, remark: Option<String> },
}

impl From<Verdict> for review::Verdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Plate { plate, jurisdiction, another_crossing, confirm_placeholder, plate_type } => {
                let plate_type = plate_type.map(|of| of.as_str().to_owned());
                Self::Plate(PlateVerdict { plate, jurisdiction, another_crossing, confirm_placeholder, plate_type })
            }
            Verdict::Reject { code, remark } => Self::Reject((code.as_str().to_owned(), remark)),
        }
    }
}

/// Checks a verdict; the version comes back with it.
pub fn check(draft: Draft) -> Result<(u32, Verdict), Problem> {
    let verdict = match draft {
        Draft {
            plate: Some(plate),
            jurisdiction: Some(jurisdiction),
            another_crossing,
            confirm_placeholder,
            plate_type,
            reject: None,
            remark: None,
            ..
        } => check_plate(
            &plate,
            jurisdiction,
            another_crossing.unwrap_or_default(),
            confirm_placeholder.unwrap_or_default(),
            plate_type.as_deref(),
        ),
        Draft {
            plate: None,
            jurisdiction: None,
            another_crossing: None,
            confirm_placeholder: None,
            plate_type: None,
            reject: Some(code),
            remark,
            ..
        } => check_reject(&code, remark.as_deref()),
        _ => {
            return Err(Problem::new(
                Kind::InvalidRequest,
                "A verdict has `version` and either `plate` and `jurisdiction`, or `reject` and perhaps `remark`.",
            ));
        }
    };
    Ok((draft.version.0, verdict.map_err(Problem::invalid)?))
}

/// Trims a remark and checks it.
pub fn check_remark(text: &str) -> Result<String, String> {
    tollbooth_pipeline::text::remark("remark", text).map_err(|problem| problem.to_string())
}

/// The plate as billing looks it up: capitals, without the spaces and hyphens that are only printed.
pub fn normalised(plate: &str) -> String {
    plate.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect()
}

fn check_plate(
    plate: &str,
    jurisdiction: String,
    another_crossing: bool,
    confirm_placeholder: bool,
    plate_type: Option<&str>,
) -> Result<Verdict, Vec<String>> {
    let plate = normalised(plate);
    let checks = [ident::check_plate(&plate), ident::check_issuer(&jurisdiction)];
    let mut violations: Vec<_> = checks.into_iter().filter_map(Result::err).map(|e| e.to_string()).collect();
    let plate_type = plate_type.map(|text| type_of(text, &jurisdiction)).transpose().unwrap_or_else(|violation| {
        violations.push(violation);
        None
    });
    if violations.is_empty() {
        Ok(Verdict::Plate { plate, jurisdiction, another_crossing, confirm_placeholder, plate_type })
    } else {
        Err(violations)
    }
}

/// A type of the list that this issuer issues.
fn type_of(text: &str, issuer: &str) -> Result<PlateType, String> {
    let found: PlateType = text.parse().map_err(|e| format!("plate_type: {e}"))?;
    found.check(issuer).map(|()| found)
}

fn check_reject(code: &str, remark: Option<&str>) -> Result<Verdict, Vec<String>> {
    let code: RejectCode = code.parse().map_err(|e| vec![format!("reject: {e}")])?;
    let remark = remark.map(check_remark).transpose().map_err(|e| vec![e])?;
    if code == RejectCode::Other && remark.is_none() {
        return Err(vec!["remark: the reject code `other` needs one".to_owned()]);
    }
    Ok(Verdict::Reject { code, remark })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checked(body: serde_json::Value) -> Result<Verdict, Kind> {
        let draft: Draft = serde_json::from_value(body).unwrap();
        check(draft)
            .map(|(version, verdict)| {
                assert_eq!(version, 3);
                verdict
            })
            .map_err(|problem| problem.kind())
    }

    #[test]
    fn a_plate_typed_as_printed_becomes_the_plate_billing_looks_up() {
        let verdict = checked(json!({ "version": 3, "plate": " abc-12 34 ", "jurisdiction": "us-tx" }));
        assert_eq!(
            verdict,
            Ok(Verdict::Plate {
                plate: "ABC1234".into(),
                jurisdiction: "us-tx".into(),
                another_crossing: false,
                confirm_placeholder: false,
                plate_type: None,
            })
        );
    }

    #[test]
    fn what_is_no_plate_is_refused_and_not_repaired() {
        for plate in ["", " - ", "AB*1", "ÄB1", "ABCDEFGHIJK"] {
            let verdict = checked(json!({ "version": 3, "plate": plate, "jurisdiction": "us-tx" }));
            assert_eq!(verdict, Err(Kind::Invalid), "{plate}");
        }
        assert_eq!(checked(json!({ "version": 3, "plate": "A1", "jurisdiction": "Texas" })), Err(Kind::Invalid));
    }

    #[test]
    fn a_plate_type_is_of_the_list_and_one_that_the_issuer_issues() {
        let typed = |issuer: &str, of: &str| {
            checked(json!({ "version": 3, "plate": "A1", "jurisdiction": issuer, "plate_type": of }))
        };
        assert!(matches!(typed("us-tx", "trailer"), Ok(Verdict::Plate { plate_type: Some(PlateType::Trailer), .. })));
        assert_eq!(typed("us-tx", "Trailer"), Err(Kind::Invalid));
        assert_eq!(typed("us-gov", "trailer"), Err(Kind::Invalid));
        assert!(typed("us-gov", "government").is_ok());
        let rejected = json!({ "version": 3, "reject": "blurred", "plate_type": "trailer" });
        assert_eq!(checked(rejected), Err(Kind::InvalidRequest), "what is not billed has no type");
    }

    #[test]
    fn a_verdict_is_one_thing_or_the_other() {
        for body in [
            json!({ "version": 3 }),
            json!({ "version": 3, "plate": "A1" }),
            json!({ "version": 3, "jurisdiction": "us-tx" }),
            json!({ "version": 3, "plate": "A1", "jurisdiction": "us-tx", "reject": "blurred" }),
            json!({ "version": 3, "plate": "A1", "jurisdiction": "us-tx", "remark": "sure" }),
            json!({ "version": 3, "remark": "nothing else" }),
        ] {
            assert_eq!(checked(body.clone()), Err(Kind::InvalidRequest), "{body}");
        }
    }

    #[test]
    fn the_reject_code_other_needs_a_remark() {
        assert_eq!(checked(json!({ "version": 3, "reject": "other" })), Err(Kind::Invalid));
        assert_eq!(checked(json!({ "version": 3, "reject": "other", "remark": "  " })), Err(Kind::Invalid));
        assert_eq!(
            checked(json!({ "version": 3, "reject": "other", "remark": " a cow " })),
            Ok(Verdict::Reject { code: RejectCode::Other, remark: Some("a cow".into()) })
        );
        assert_eq!(
            checked(json!({ "version": 3, "reject": "too-dark" })),
            Ok(Verdict::Reject { code: RejectCode::TooDark, remark: None })
        );
    }

    #[test]
    fn a_remark_has_a_limit() {
        assert!(check_remark(&"x".repeat(1_000)).is_ok());
        assert!(check_remark(&"x".repeat(1_001)).is_err());
        assert!(check_remark("a\u{1b}[31m").is_err());
    }
}
