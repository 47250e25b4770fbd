//! What the recogniser saw, for the person who decides: the stored reading without the service's raw reply, which may
//! be long and is for engineers.

use serde_json::{Value, json};
use tollbooth_ports::ledger::passages::Attempt;
use tollbooth_web::Problem;

/// The stored reading without its raw reply.
pub fn shown(passage: &str, stored: &str) -> Result<Value, Problem> {
    let mut reading: Value = serde_json::from_str(stored)
        .map_err(|e| Problem::internal(format!("the stored reading of {passage} is no JSON: {e}")))?;
    if let Some(members) = reading.as_object_mut() {
        members.remove("raw");
    }
    Ok(reading)
}

/// Every text of the latest reading, likeliest plate first, each with where it was seen. Empty without a reading.
pub fn of_latest_reading(passage: &str, attempts: &[Attempt]) -> Result<Vec<Value>, Problem> {
    let latest = attempts.iter().rev().find_map(|attempt| Some((attempt.attempt, attempt.reading.as_deref()?)));
    let Some((attempt, stored)) = latest else { return Ok(Vec::new()) };
    let reading = shown(passage, stored)?;
    let sightings = reading.get("sightings").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let crop_of = |number: usize| format!("{}?attempt={attempt}&sighting={number}", crop_url(passage));
    let found = sightings.iter().enumerate();
    Ok(found.flat_map(|(number, sighting)| candidates(number, sighting, crop_of(number))).collect())
}

/// Where the plate that counts is to be had, enlarged.
pub fn crop_url(passage: &str) -> String {
    format!("/v1/crops/{passage}")
}

/// The same of a passage of which that much may be seen; none where nothing was read, so that nobody asks in vain.
pub fn crop_of(passage: &str, attempts: &[Attempt]) -> Result<Option<String>, Problem> {
    Ok((!of_latest_reading(passage, attempts)?.is_empty()).then(|| crop_url(passage)))
}

/// Where this plate was read last, or else what was taken for the likeliest one. None without a reading.
pub fn bounds_of(passage: &str, attempts: &[Attempt], plate: &str) -> Result<Option<Value>, Problem> {
    let all = of_latest_reading(passage, attempts)?;
    let read = all.iter().find(|candidate| candidate.get("text").and_then(Value::as_str) == Some(plate));
    Ok(read.or_else(|| all.first()).and_then(|candidate| candidate.get("bounds")).cloned())
}

fn candidates(number: usize, sighting: &Value, crop_url: String) -> impl Iterator<Item = Value> {
    let texts = sighting.get("candidates").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    texts.iter().map(move |candidate| {
        json!({
            "text": candidate.get("text"),
            "confidence": candidate.get("confidence"),
            "characters": candidate.get("characters"),
            "sighting": number,
            "bounds": sighting.get("bounds"),
            "crop_url": crop_url,
            "jurisdiction": sighting.get("jurisdiction"),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(number: u32, reading: Option<&str>) -> Attempt {
        Attempt {
            attempt: number,
            recognizer: "r".into(),
            model: "m".into(),
            started_at: 0,
            finished_at: Some(1),
            outcome: if reading.is_some() { "read" } else { "outage" }.into(),
            duration_ms: 1,
            cost_micros: 0,
            reading: reading.map(ToOwned::to_owned),
        }
    }

    const READING: &str = r#"{"raw":"{\"secret\":1}","sightings":[
        {"bounds":{"x":1.5,"y":2,"width":3,"height":4},"jurisdiction":null,
         "candidates":[{"text":"ABC","confidence":0.9,"characters":[]},{"text":"A8C","confidence":0.1,"characters":[]}]},
        {"bounds":{"x":9,"y":9,"width":9,"height":9},"jurisdiction":{"code":"us-tx"},
         "candidates":[{"text":"XYZ","confidence":0.5,"characters":[]}]}]}"#;

    #[test]
    fn the_latest_reading_counts_even_when_a_later_attempt_failed() {
        let old = READING.replace("ABC", "OLD");
        let attempts = [attempt(1, Some(&old)), attempt(2, Some(READING)), attempt(3, None)];
        let candidates = of_latest_reading("psg_1", &attempts).unwrap();
        let texts: Vec<_> = candidates.iter().map(|c| c["text"].as_str().unwrap()).collect();
        assert_eq!(texts, ["ABC", "A8C", "XYZ"]);
        assert_eq!(candidates[2]["sighting"], 1);
        assert_eq!(candidates[0]["bounds"]["x"], 1.5);
        let crops: Vec<_> = candidates.iter().map(|c| c["crop_url"].as_str().unwrap()).collect();
        let [first, other] = [0, 1].map(|n| format!("/v1/crops/psg_1?attempt=2&sighting={n}"));
        assert_eq!(crops, [first.as_str(), first.as_str(), other.as_str()], "of the reading that has it");
    }

    #[test]
    fn a_plate_is_where_it_was_read_or_else_where_the_likeliest_was() {
        let attempts = [attempt(1, Some(READING))];
        let x = |plate| bounds_of("psg_1", &attempts, plate).unwrap().unwrap()["x"].as_f64();
        assert_eq!((x("XYZ"), x("A8C"), x("TYPED")), (Some(9.0), Some(1.5), Some(1.5)));
        assert_eq!(bounds_of("psg_1", &[attempt(1, None)], "XYZ").unwrap(), None);
    }

    #[test]
    fn the_raw_reply_is_not_shown() {
        assert!(shown("psg_1", READING).unwrap().get("raw").is_none());
        assert!(shown("psg_1", "{").is_err());
    }

    #[test]
    fn no_reading_gives_no_candidates() {
        assert!(of_latest_reading("psg_1", &[attempt(1, None)]).unwrap().is_empty());
        assert_eq!(crop_of("psg_1", &[attempt(1, None)]).unwrap(), None);
        let nothing = attempt(2, Some(r#"{"sightings":[]}"#));
        assert_eq!(crop_of("psg_1", &[attempt(1, Some(READING)), nothing]).unwrap(), None, "of the latest one");
        assert_eq!(crop_of("psg_1", &[attempt(1, Some(READING))]).unwrap().as_deref(), Some("/v1/crops/psg_1"));
    }
}
