//! Between the ports' records and the rules' types. A recogniser's answer is checked here before anybody believes it.

use tollbooth_pipeline::ident::check_issuer;
use tollbooth_pipeline::judge::Decision;
use tollbooth_pipeline::reading as rules;
use tollbooth_pipeline::retry::Failure;
use tollbooth_ports::ledger::reading::{self as ledger, Acceptance, Referral};
use tollbooth_ports::recognizer;
use tollbooth_ports::types::{Bounds, Candidate, IssuerRead, JurisdictionRead, Reading, Sighting};

/// More plates than any photo of a lane shows: a longer list is a broken answer.
const MAX_SIGHTINGS: usize = 50;
/// Most names of issuers around one plate.
const MAX_ISSUERS: usize = 20;
/// Longest text that is kept; a plate has ten characters at most.
const MAX_TEXT_BYTES: usize = 64;

/// Refuses an answer that no sound recogniser gives, so that it is retried instead of judged.
///
/// # Errors
/// [`Failure::InvalidAnswer`] names the first rule that is broken.
pub fn check(reading: Reading) -> Result<Reading, Failure> {
    let invalid = |what: &str| Err(Failure::InvalidAnswer(what.to_owned()));
    if reading.sightings.len() > MAX_SIGHTINGS {
        return invalid("more plates than a photo can show");
    }
    for sighting in &reading.sightings {
        if sighting.candidates.is_empty() {
            return invalid("a plate without a text");
        }
        if sighting.jurisdiction.as_ref().is_some_and(|read| check_issuer(&read.code).is_err()) {
            return invalid("a jurisdiction that is no code");
        }
        if sighting.issuers.len() > MAX_ISSUERS {
            return invalid("more issuers than can stand around a plate");
        }
        for read in &sighting.issuers {
            if check_issuer(&read.code).is_err() {
                return invalid("an issuer that is no code");
            }
            if !(read.weight.is_finite() && read.weight >= 0.0) {
                return invalid("a weight of a name that is no number above 0");
            }
        }
        for candidate in &sighting.candidates {
            if candidate.text.len() > MAX_TEXT_BYTES {
                return invalid("a text longer than any plate");
            }
            if !(0.0..=1.0).contains(&candidate.confidence) {
                return invalid("a confidence outside 0..1");
            }
        }
    }
    Ok(reading)
}

/// For the judge; without the raw reply, which it does not read.
pub(crate) fn reading(reading: &Reading) -> rules::Reading {
    rules::Reading {
        recognizer: reading.recognizer.clone(),
        model: reading.model.clone(),
        sightings: reading.sightings.iter().map(sighting).collect(),
        vehicle: reading.vehicle,
        duration_ms: reading.duration_ms,
        cost_micros: reading.cost_micros,
        raw: String::new(),
    }
}

fn sighting(sighting: &Sighting) -> rules::Sighting {
    let bounds = sighting.bounds;
    rules::Sighting {
        bounds: rules::Bounds { x: bounds.x, y: bounds.y, width: bounds.width, height: bounds.height },
        candidates: sighting.candidates.iter().map(candidate).collect(),
        jurisdiction: sighting.jurisdiction.as_ref().map(jurisdiction),
        issuers: sighting.issuers.iter().map(issuer).collect(),
        touches_border: sighting.touches_border,
        plausibility: sighting.plausibility,
        doubts: sighting.doubts.clone(),
    }
}

fn candidate(candidate: &Candidate) -> rules::Candidate {
    rules::Candidate {
        text: candidate.text.clone(),
        confidence: candidate.confidence,
        characters: candidate.characters.clone(),
    }
}

fn issuer(read: &IssuerRead) -> rules::IssuerRead {
    rules::IssuerRead {
        code: read.code.clone(),
        weight: read.weight,
        on_plate: read.on_plate,
        evidence: read.evidence.clone(),
    }
}

fn jurisdiction(read: &JurisdictionRead) -> rules::JurisdictionRead {
    rules::JurisdictionRead { code: read.code.clone(), confidence: read.confidence, evidence: read.evidence.clone() }
}

/// For the ledger.
pub(crate) fn decision(decision: Decision) -> ledger::Decision {
    match decision {
        Decision::Accept { plate, jurisdiction, source, confidence } => ledger::Decision::Accept(Acceptance {
            plate,
            jurisdiction,
            jurisdiction_source: source.as_str().to_owned(),
            confidence,
        }),
        Decision::Review { reason, detail, suggestion } => {
            ledger::Decision::Review(Referral { reason: reason.as_str().to_owned(), detail, plate: suggestion })
        }
    }
}

/// For the ledger, after a failure.
pub(crate) fn next_step(decided: Decision) -> ledger::NextStep {
    match decision(decided) {
        ledger::Decision::Accept(acceptance) => ledger::NextStep::Accept(acceptance),
        ledger::Decision::Review(referral) => ledger::NextStep::Review(referral),
        ledger::Decision::AskSecond(_) => ledger::NextStep::AskSecond,
    }
}

/// A reading that came as JSON, for the ports.
#[must_use]
pub fn wire(reading: rules::Reading) -> Reading {
    Reading {
        recognizer: reading.recognizer,
        model: reading.model,
        sightings: reading.sightings.into_iter().map(wire_sighting).collect(),
        vehicle: reading.vehicle,
        duration_ms: reading.duration_ms,
        cost_micros: reading.cost_micros,
        raw: reading.raw,
    }
}

fn wire_sighting(sighting: rules::Sighting) -> Sighting {
    let bounds = sighting.bounds;
    let candidate =
        |c: rules::Candidate| Candidate { text: c.text, confidence: c.confidence, characters: c.characters };
    Sighting {
        bounds: Bounds { x: bounds.x, y: bounds.y, width: bounds.width, height: bounds.height },
        candidates: sighting.candidates.into_iter().map(candidate).collect(),
        jurisdiction: sighting.jurisdiction.map(|read| JurisdictionRead {
            code: read.code,
            confidence: read.confidence,
            evidence: read.evidence,
        }),
        issuers: sighting
            .issuers
            .into_iter()
            .map(|read| IssuerRead {
                code: read.code,
                weight: read.weight,
                on_plate: read.on_plate,
                evidence: read.evidence,
            })
            .collect(),
        touches_border: sighting.touches_border,
        plausibility: sighting.plausibility,
        doubts: sighting.doubts,
    }
}

/// For the retry policy.
#[must_use]
pub fn failure(failure: recognizer::Failure) -> Failure {
    match failure {
        recognizer::Failure::Throttled(after) => Failure::Throttled(after),
        recognizer::Failure::QuotaExhausted => Failure::QuotaExhausted,
        recognizer::Failure::BadImage(text) => Failure::BadImage(text),
        recognizer::Failure::EmptyFrame(text) => Failure::EmptyFrame(text),
        recognizer::Failure::Unauthorized => Failure::Unauthorized,
        recognizer::Failure::Outage(text) => Failure::Outage(text),
        recognizer::Failure::TimedOut => Failure::TimedOut,
        recognizer::Failure::InvalidAnswer(text) => Failure::InvalidAnswer(text),
    }
}
