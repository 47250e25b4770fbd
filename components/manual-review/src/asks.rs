//! What is in doubt of a review: everything, only who issued the plate, or only some characters. A person who is asked for one
//! thing looks at that one thing.

use serde_json::Value;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::said::Asked;

/// A character with less confidence than this is in doubt.
const DOUBTFUL: f64 = 0.9;
/// The issuer is known when what was read of it has this much confidence.
const ISSUER_KNOWN: f64 = 0.9;
/// With more characters in doubt than this the whole text is.
const FEW: usize = 3;

/// What the reviewer is asked for.
pub fn asks(reason: &str, candidates: &[Value]) -> Asked {
    let Some(best) = candidates.first() else { return Asked::All };
    match reason.parse() {
        // The judge looks at the issuer when it has no doubt of the text.
        Ok(ReviewReason::IssuerUnclear | ReviewReason::JurisdictionConflict) => Asked::Issuer,
        Ok(ReviewReason::LowConfidence | ReviewReason::AmbiguousCandidates)
            if few_are_doubtful(best) && is_named(best) =>
        {
            Asked::Characters
        }
        _ => Asked::All,
    }
}

fn few_are_doubtful(candidate: &Value) -> bool {
    let characters = candidate.get("characters").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let doubtful = characters.iter().filter(|sure| sure.as_f64().is_none_or(|sure| sure < DOUBTFUL)).count();
    (1..=FEW).contains(&doubtful) && doubtful < characters.len()
}

fn is_named(candidate: &Value) -> bool {
    let confidence = candidate.get("jurisdiction").and_then(|read| read.get("confidence")).and_then(Value::as_f64);
    confidence.is_some_and(|confidence| confidence >= ISSUER_KNOWN)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn candidate(characters: &[f64], issuer: Option<f64>) -> Value {
        let jurisdiction = issuer.map(|confidence| json!({ "code": "us-tx", "confidence": confidence }));
        json!({ "text": "ABC1234", "characters": characters, "jurisdiction": jurisdiction })
    }

    #[test]
    fn only_what_is_in_doubt_is_asked_for() {
        let one_doubt = [0.99, 0.99, 0.7, 0.99, 0.99, 0.99, 0.99];
        let known = candidate(&one_doubt, Some(0.95));
        assert_eq!(asks("low-confidence", std::slice::from_ref(&known)), Asked::Characters);
        assert_eq!(asks("issuer-unclear", std::slice::from_ref(&known)), Asked::Issuer);
        assert_eq!(asks("jurisdiction-conflict", std::slice::from_ref(&known)), Asked::Issuer);
        assert_eq!(
            asks("possible-double", std::slice::from_ref(&known)),
            Asked::All,
            "what belongs together is the question"
        );
        for doubted in [
            candidate(&one_doubt, None),
            candidate(&one_doubt, Some(0.5)),
            candidate(&[0.99; 7], Some(0.95)),
            candidate(&[0.5; 7], Some(0.95)),
            candidate(&[0.5; 2], Some(0.95)),
            candidate(&[], Some(0.95)),
        ] {
            assert_eq!(asks("low-confidence", &[doubted]), Asked::All);
        }
        assert_eq!(asks("issuer-unclear", &[]), Asked::All, "nothing was read, or it is kept back");
        assert_eq!(asks("unprompted", std::slice::from_ref(&known)), Asked::All);
    }
}
