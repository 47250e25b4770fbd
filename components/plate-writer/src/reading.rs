//! `tollbooth:ledger/reading`

use tollbooth_ledger::reading as domain;
use tollbooth_ledger::{Failure, LedgerError};
use tollbooth_pipeline::judge::JurisdictionSource;
use tollbooth_pipeline::reading as seen;

use crate::PlateWriter;
use crate::bindings::exports::tollbooth::ledger::reading::{
    Acceptance, Decision, FailedAttempt, Guest, Lease, LedgerFailure, NextStep, Referral, SettleFailure, Settled, Work,
};
use crate::bindings::tollbooth::types::types::{JurisdictionRead, Reading, Sighting};
use crate::database::with_ledger;
use crate::failure::word;

impl Guest for PlateWriter {
    fn lease_work(now: i64, worker: String, most: u32) -> Result<Work, LedgerFailure> {
        let found = with_ledger(Some(now), |ledger| ledger.lease_work(now, &worker, most))?;
        Ok(Work {
            leases: found.leases.into_iter().map(lease).collect(),
            settings: found.settings,
            backlog: found.backlog,
        })
    }

    fn settle(now: i64, attempt_token: String, read: Reading, decision: Decision) -> Result<Settled, SettleFailure> {
        let decision = domain_decision(decision)?;
        settled(with_ledger(Some(now), |ledger| ledger.settle(now, &attempt_token, reading(read), decision)))
    }

    fn settle_failed(
        now: i64,
        attempt_token: String,
        attempt: FailedAttempt,
        next: NextStep,
    ) -> Result<Settled, SettleFailure> {
        let next = match next {
            NextStep::RetryAt(at) => domain::NextStep::RetryAt(at),
            NextStep::Review(given) => domain::NextStep::Review(referral(given)?),
        };
        let failed = domain::FailedAttempt {
            class: attempt.class,
            detail: attempt.detail,
            duration_ms: attempt.duration_ms,
            cost_micros: attempt.cost_micros,
            recognizer: attempt.recognizer,
            model: attempt.model,
        };
        settled(with_ledger(Some(now), |ledger| ledger.settle_failed(now, &attempt_token, &failed, next)))
    }

    fn give_back(now: i64, attempt_token: String) -> Result<(), SettleFailure> {
        with_ledger(Some(now), |ledger| ledger.give_back(now, &attempt_token)).map_err(settle_failure)
    }
}

impl From<LedgerError> for SettleFailure {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error.into())
    }
}

fn settle_failure(failure: Failure<domain::Refusal>) -> SettleFailure {
    match failure {
        Failure::Refused(domain::Refusal::LostLease) => SettleFailure::LostLease,
        Failure::Ledger(error) => error.into(),
    }
}

fn settled(answer: Result<domain::Settled, Failure<domain::Refusal>>) -> Result<Settled, SettleFailure> {
    let found = answer.map_err(settle_failure)?;
    Ok(Settled { state: found.state.to_string(), reason: found.reason.map(|reason| reason.to_string()) })
}

fn lease(found: domain::Lease) -> Lease {
    Lease {
        passage: found.passage,
        attempt_token: found.attempt_token,
        attempt: found.attempt,
        photo_key: found.photo_key,
        booth: found.booth,
        jurisdiction: found.jurisdiction,
        expires_at: found.expires_at,
    }
}

fn domain_decision(decision: Decision) -> Result<domain::Decision, LedgerError> {
    Ok(match decision {
        Decision::Accept(given) => domain::Decision::Accept(acceptance(given)?),
        Decision::Review(given) => domain::Decision::Review(referral(given)?),
    })
}

fn acceptance(given: Acceptance) -> Result<domain::Acceptance, LedgerError> {
    let named = given.jurisdiction_source.as_str();
    let source = [JurisdictionSource::Read, JurisdictionSource::AssumedFromBooth]
        .into_iter()
        .find(|source| source.as_str() == named)
        .ok_or_else(|| LedgerError::Damaged(format!("`{named}` is no source of a jurisdiction that a judge has")))?;
    Ok(domain::Acceptance {
        plate: given.plate,
        jurisdiction: given.jurisdiction,
        source,
        confidence: given.confidence,
    })
}

fn referral(given: Referral) -> Result<domain::Referral, LedgerError> {
    Ok(domain::Referral { reason: word(&given.reason)?, detail: given.detail, plate: given.plate })
}

fn reading(given: Reading) -> seen::Reading {
    seen::Reading {
        recognizer: given.recognizer,
        model: given.model,
        sightings: given.sightings.into_iter().map(sighting).collect(),
        duration_ms: given.duration_ms,
        cost_micros: given.cost_micros,
        raw: given.raw,
    }
}

fn sighting(given: Sighting) -> seen::Sighting {
    seen::Sighting {
        bounds: seen::Bounds {
            x: given.bounds.x,
            y: given.bounds.y,
            width: given.bounds.width,
            height: given.bounds.height,
        },
        candidates: given
            .candidates
            .into_iter()
            .map(|c| seen::Candidate { text: c.text, confidence: c.confidence, characters: c.characters })
            .collect(),
        jurisdiction: given.jurisdiction.map(jurisdiction_read),
        touches_border: given.touches_border,
        plausibility: given.plausibility,
        doubts: given.doubts,
    }
}

fn jurisdiction_read(given: JurisdictionRead) -> seen::JurisdictionRead {
    seen::JurisdictionRead { code: given.code, confidence: given.confidence, evidence: given.evidence }
}
