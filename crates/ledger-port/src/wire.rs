//! Readings, as the ports send them and as the domain stores them.

use tollbooth_pipeline::reading as domain;

use crate::bindings::tollbooth::types::types::{Bounds, Candidate, IssuerRead, JurisdictionRead, Reading, Sighting};

/// As the ports send it.
pub fn reading(stored: domain::Reading) -> Reading {
    Reading {
        recognizer: stored.recognizer,
        model: stored.model,
        sightings: stored.sightings.into_iter().map(sent).collect(),
        vehicle: stored.vehicle,
        duration_ms: stored.duration_ms,
        cost_micros: stored.cost_micros,
        raw: stored.raw,
    }
}

fn sent(stored: domain::Sighting) -> Sighting {
    let bounds = stored.bounds;
    Sighting {
        bounds: Bounds { x: bounds.x, y: bounds.y, width: bounds.width, height: bounds.height },
        candidates: stored
            .candidates
            .into_iter()
            .map(|c| Candidate { text: c.text, confidence: c.confidence, characters: c.characters })
            .collect(),
        jurisdiction: stored.jurisdiction.map(|read| JurisdictionRead {
            code: read.code,
            confidence: read.confidence,
            evidence: read.evidence,
        }),
        issuers: stored
            .issuers
            .into_iter()
            .map(|read| IssuerRead {
                code: read.code,
                weight: read.weight,
                on_plate: read.on_plate,
                evidence: read.evidence,
            })
            .collect(),
        touches_border: stored.touches_border,
        plausibility: stored.plausibility,
        doubts: stored.doubts,
    }
}

/// As the domain stores it.
pub fn seen(given: Reading) -> domain::Reading {
    domain::Reading {
        recognizer: given.recognizer,
        model: given.model,
        sightings: given.sightings.into_iter().map(sighting).collect(),
        vehicle: given.vehicle,
        duration_ms: given.duration_ms,
        cost_micros: given.cost_micros,
        raw: given.raw,
    }
}

fn sighting(given: Sighting) -> domain::Sighting {
    domain::Sighting {
        bounds: domain::Bounds {
            x: given.bounds.x,
            y: given.bounds.y,
            width: given.bounds.width,
            height: given.bounds.height,
        },
        candidates: given
            .candidates
            .into_iter()
            .map(|c| domain::Candidate { text: c.text, confidence: c.confidence, characters: c.characters })
            .collect(),
        jurisdiction: given.jurisdiction.map(jurisdiction_read),
        issuers: given.issuers.into_iter().map(issuer_read).collect(),
        touches_border: given.touches_border,
        plausibility: given.plausibility,
        doubts: given.doubts,
    }
}

fn issuer_read(given: IssuerRead) -> domain::IssuerRead {
    domain::IssuerRead { code: given.code, weight: given.weight, on_plate: given.on_plate, evidence: given.evidence }
}

fn jurisdiction_read(given: JurisdictionRead) -> domain::JurisdictionRead {
    domain::JurisdictionRead { code: given.code, confidence: given.confidence, evidence: given.evidence }
}
